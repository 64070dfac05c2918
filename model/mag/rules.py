"""The rules of the mobile access gateway (RFC 5213, section 6.9).

    ABSENT --> REGISTERING --> REGISTERED --> DEREGISTERING --> ABSENT
                   |   ^            |
                   v   +------------+  a rejection that asks for another attempt
                REFUSED

One binding update list entry for each node and gateway.

| section | rules | file |
|---|---|---|
| 6.9.1.1 | attachment | `registration.py` |
| 6.9.1.2 | acknowledgements of registrations | `answers.py` |
| 6.9.2, 6.9.1.3, 6.9.4 | advertisement, renewal, retransmission | `upkeep.py` |
| 6.9.1.4, 6.13 | detachment, de-registration | `departure.py` |
| 6.10.3, 6.10.5 | user packets | `user_packets.py` |
| none | what a restart leaves; clocks that are slow | `restart.py`, `slow_clocks.py` |

What these rules ask of the binding update list and do to it is in
`binding_update_list.py`.
"""

from pmip6.model.language.table import Role, RoleTable
from pmip6.model.mag.answers import answers
from pmip6.model.mag.departure import departure
from pmip6.model.mag.registration import registration
from pmip6.model.mag.restart import restarts
from pmip6.model.mag.slow_clocks import clocks
from pmip6.model.mag.upkeep import upkeep
from pmip6.model.mag.user_packets import forwarding_at_gateway

mag = RoleTable(
    Role.MAG,
    [
        *registration.rules,
        *answers.rules,
        *upkeep.rules,
        *departure.rules,
        *forwarding_at_gateway.rules,
        *restarts.rules,
        *clocks.rules,
    ],
)
