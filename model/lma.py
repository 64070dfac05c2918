"""The rules of the local mobility anchor (RFC 5213, section 5).

                 accepted PBU                    PBU with lifetime 0
        FREE ------------------> REGISTERED ------------------------> DEREGISTERED
          ^                      |    ^  |                               |    |
          |   lifetime expires   |    |  | accepted PBU: extension,      |    |
          +----------------------+    |  | handoff                       |    |
          |                           +--+<----- accepted PBU -----------+    |
          +------------ MinDelayBeforeBCEDelete has passed -------------------+

Each received PBU is answered or ignored by exactly one rule.

| section | rules | file |
|---|---|---|
| 5.3.1 | the checks, each with its refusal | `lma_checks.py` |
| 5.4.1, 5.3.2, 5.3.3, 5.3.4 | lookup, new session, extension, handoff | `lma_registration.py` |
| 5.4.1.2, 5.4.1.3 | the wait for a de-registration | `lma_waiting.py` |
| 5.3.5 | de-registration, deletion delay, end of lifetime | `lma_deregistration.py` |
| none | restart, with what survives it | `lma_restart.py` |
| 5.6.2 | user packets, into tunnels and out of them | `lma_forwarding.py` |

What these rules ask of the binding cache and do to it is in `binding_cache.py`, and to
tunnels and routes in `tunnels.py`.
"""

from pmip6.model.lma_checks import checks
from pmip6.model.lma_deregistration import deregistration
from pmip6.model.lma_forwarding import data_plane
from pmip6.model.lma_registration import registration
from pmip6.model.lma_restart import restarts
from pmip6.model.lma_waiting import waiting
from pmip6.model.table import Role, RoleTable

lma = RoleTable(
    Role.LMA,
    [
        *checks.rules,
        *registration.rules,
        *waiting.rules,
        *deregistration.rules,
        *restarts.rules,
        *data_plane.rules,
    ],
)
