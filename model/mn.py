"""The mobile node: an ordinary IPv6 host (RFC 5213, section 7).

It attaches to a link, hears router advertisements and leaves.  It knows nothing of
mobility and sends no mobility message.
"""

from pmip6.model.fast_handover.access_network import (
    arrive,
    may_arrive,
    may_leave,
    remember_link,
)
from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import Term, enum_literal, enum_sort, ite, one_of
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    address,
    attached,
    handoff_hint,
    handoff_hints,
)
from pmip6.model.wire.numbers import HandoffIndicator

mn = RoleTable(Role.MN)


@mn.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement=())
def attach(step: Step, node: Term, gateway: Term) -> None:
    """A node that is on no link comes to one."""
    step.require(
        attached[node] == GATEWAY.none, ~handoff_hints(), may_arrive(node, gateway)
    )
    step.set(attached[node], gateway)
    arrive(step, node)


@mn.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    hint=enum_sort(HandoffIndicator),
    requirement=(),
)
def attach_with_hint(step: Step, node: Term, gateway: Term, hint: Term) -> None:
    """A node comes to a link, and the access network tells what it knows of that."""
    step.require(
        handoff_hints(),
        attached[node] == GATEWAY.none,
        one_of(
            hint,
            HandoffIndicator.NEW_INTERFACE,
            HandoffIndicator.BETWEEN_INTERFACES,
            HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
            HandoffIndicator.UNKNOWN,
        ),
    )
    step.set(attached[node], gateway)
    arrive(step, node)
    step.set(handoff_hint[node], hint)


@mn.rule(node=MOBILE_NODE, requirement=())
def detach(step: Step, node: Term) -> None:
    """A node leaves its link, and with it what the link told it."""
    step.require(attached[node] != GATEWAY.none, may_leave(node))
    remember_link(step, node)
    step.set(attached[node], GATEWAY.none)
    step.set(address[node], PREFIX.none)
    nothing = enum_literal(HandoffIndicator.RESERVED)
    step.set(handoff_hint[node], ite(handoff_hints(), nothing, handoff_hint[node]))
