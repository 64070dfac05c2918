"""What a gateway does as long as a session lasts: RFC 5213, 6.9.1.3, 6.9.2 and 6.9.4."""

from pmip6.model.fast_handover.new_gateway import has_to_withdraw
from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import Term, enum_literal, ite, raised
from pmip6.model.mag.binding_update_list import (
    forget,
    is_active,
    is_attached,
    known_handoff,
    request,
    start_backoff,
)
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    TIME,
    UpdateListState,
    address,
    backoff,
    bule_prefix,
    bule_state,
    registration_lifetime,
    registration_lifetimes,
    renewal,
    retransmission,
    router_solicitations,
)
from pmip6.model.wire.numbers import HandoffIndicator

upkeep = RoleTable(Role.MAG)

# ---- 6.9.2, router advertisements ------------------------------------------------------


@upkeep.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5213-6.9.1.2-23", "5213-6.9.2-2", "5213-6.9.2-3", "5213-6.9.2-4"),
)
def advertise(step: Step, node: Term, gateway: Term) -> None:
    """The node on the link hears the prefix of its session in an RA."""
    step.require(
        bule_state[node, gateway] == UpdateListState.REGISTERED,
        is_attached(node, gateway),
        address[node] != bule_prefix[node, gateway],
        ~has_to_withdraw(node, gateway),
    )
    step.set(address[node], bule_prefix[node, gateway])


@upkeep.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5213-6.9.2-2", "5213-6.9.2-3", "5213-6.9.2-4"),
)
def answer_solicitation(step: Step, node: Term, gateway: Term) -> None:
    """A node that asks for an RA gets one, once its session is accepted."""
    step.require(
        router_solicitations(),
        bule_state[node, gateway] == UpdateListState.REGISTERED,
        is_attached(node, gateway),
        ~has_to_withdraw(node, gateway),
    )
    step.set(address[node], bule_prefix[node, gateway])


# ---- 6.9.1.3 and 6.9.4, extending the lifetime and retransmission ----------------------


@upkeep.rule(
    expiry=renewal,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=(
        "5213-6.9.1.3-1",
        "5213-6.9.1.3-2",
        "5213-6.9.1.3-3",
        "5213-6.13-1",
    ),
)
def renew(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """The gateway extends the lifetime of a node that is still there."""
    step.require(
        bule_state[node, gateway] == UpdateListState.REGISTERED,
        is_attached(node, gateway),
    )
    request(
        step,
        node,
        gateway,
        now,
        deregistration=False,
        prefix=bule_prefix[node, gateway],
        handoff_indicator=HandoffIndicator.NOT_CHANGED,
    )
    start_backoff(step, node, gateway)


@upkeep.rule(
    expiry=retransmission,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=("5213-6.9.4-2", "5213-6.9.4-3", "5213-6.9.4-4", "5213-6.9.4-6"),
)
def retransmit(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """Without an answer the request is sent again, with twice the waiting time."""
    step.require(is_active(node, gateway), is_attached(node, gateway))
    registered = bule_state[node, gateway] == UpdateListState.REGISTERED
    request(
        step,
        node,
        gateway,
        now,
        deregistration=False,
        prefix=bule_prefix[node, gateway],
        handoff_indicator=ite(
            registered,
            enum_literal(HandoffIndicator.NOT_CHANGED),
            known_handoff(node),
        ),
    )
    step.set(backoff[node, gateway], raised(backoff[node, gateway]))
    step.start(retransmission, node, gateway, level=raised(backoff[node, gateway]))


@upkeep.rule(
    expiry=registration_lifetime,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("6275-11.7.3-7",),
)
def end_registration(step: Step, node: Term, gateway: Term) -> None:
    """A registration that was not renewed in time has ended at the anchor, too."""
    step.require(
        registration_lifetimes(),
        bule_state[node, gateway] == UpdateListState.REGISTERED,
    )
    forget(step, node, gateway)
