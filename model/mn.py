"""The mobile node: an ordinary IPv6 host (RFC 5213, section 7).

It attaches to a link, hears router advertisements and leaves.  It knows nothing of
mobility and sends no mobility message.
"""

from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, address, attached
from pmip6.model.table import Role, RoleTable, Step
from pmip6.model.terms import Term

mn = RoleTable(Role.MN)


@mn.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement=())
def attach(step: Step, node: Term, gateway: Term) -> None:
    """A node that is on no link comes to one."""
    step.require(attached[node] == GATEWAY.none)
    step.set(attached[node], gateway)


@mn.rule(node=MOBILE_NODE, requirement=())
def detach(step: Step, node: Term) -> None:
    """A node leaves its link, and with it what the link told it."""
    step.require(attached[node] != GATEWAY.none)
    step.set(attached[node], GATEWAY.none)
    step.set(address[node], PREFIX.none)
