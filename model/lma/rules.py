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
| 5.3.1 | the checks, each with its refusal | `checks.py` |
| 5.4.1, 5.3.2, 5.3.3, 5.3.4 | lookup, new session, extension, handoff | `registration.py` |
| 5.4.1.2, 5.4.1.3 | the wait for a de-registration | `waiting.py` |
| 5.3.5 | de-registration, deletion delay, end of lifetime | `deregistration.py` |
| none | restart, with what survives it | `restart.py` |
| 5.6.2 | user packets, into tunnels and out of them | `forwarding.py` |

What these rules ask of the binding cache and do to it is in `binding_cache.py`, and to
tunnels and routes in `tunnels.py`.
"""

from pmip6.model.language.table import Role, RoleTable
from pmip6.model.lma.checks import checks
from pmip6.model.lma.deregistration import deregistration
from pmip6.model.lma.forwarding import data_plane
from pmip6.model.lma.registration import registration
from pmip6.model.lma.restart import restarts
from pmip6.model.lma.waiting import waiting

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
