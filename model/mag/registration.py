"""Registration by the gateway: RFC 5213, 6.9.1.1."""

from pmip6.model.fast_handover.new_gateway import has_context
from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import Term, one_of
from pmip6.model.mag.binding_update_list import (
    begin_registration,
    is_attached,
    refuse,
)
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    UpdateListState,
    awaits_clock,
    bule_state,
    clock_synchronisation,
    is_proposed,
    may_fail_authentication,
)

registration = RoleTable(Role.MAG)

ATTACHMENT = (
    "5213-6.9.1.1-1",
    "5213-6.9.1.1-2",
    "5213-6.9.1.1-9",
    "5213-6.9.1.1-13",
    "5213-6.9.1.1-16",
    "5213-6.9.1.1-26",
    "5213-6.9.1.5-9",
)


def detects_attachment(step: Step, node: Term, gateway: Term) -> None:
    """A node is on the link and no entry serves it."""
    step.require(
        is_attached(node, gateway),
        one_of(
            bule_state[node, gateway],
            UpdateListState.ABSENT,
            UpdateListState.DEREGISTERING,
        ),
    )


@registration.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=(*ATTACHMENT, "5213-6.9.1.1-6"),
)
def request_allocation(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """A node attaches; the gateway asks the anchor for any prefix."""
    detects_attachment(step, node, gateway)
    step.require(~has_context(node, gateway))
    begin_registration(step, node, gateway, now, PREFIX.none)


@registration.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    prefix=PREFIX,
    now=TIME,
    requirement=(*ATTACHMENT, "5213-6.9.1.1-5"),
)
def propose_prefix(
    step: Step, node: Term, gateway: Term, prefix: Term, now: Term
) -> None:
    """A node attaches; the gateway asks for the prefix that it knows for the node."""
    detects_attachment(step, node, gateway)
    step.require(is_proposed(node, gateway, prefix), ~has_context(node, gateway))
    begin_registration(step, node, gateway, now, prefix)


@registration.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement="5213-6.5-1")
def fail_authentication(step: Step, node: Term, gateway: Term) -> None:
    """A node attaches whose access is not granted: no request is sent."""
    step.require(
        is_attached(node, gateway),
        bule_state[node, gateway] == UpdateListState.ABSENT,
        may_fail_authentication(node),
    )
    refuse(step, node, gateway)


@registration.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=("5213-6.9.1.2-13",),
)
def register_after_synchronisation(
    step: Step, node: Term, gateway: Term, now: Term
) -> None:
    """The clock is right now: a node that was refused with 156 gets another attempt."""
    step.require(
        clock_synchronisation(),
        bule_state[node, gateway] == UpdateListState.REFUSED,
        awaits_clock[node, gateway],
        is_attached(node, gateway),
    )
    begin_registration(step, node, gateway, now, PREFIX.none)
