"""The end of a session at the gateway: RFC 5213, 6.9.1.4 and 6.13."""

from pmip6.model.fast_handover.previous_gateway import keeps_registration
from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import Term
from pmip6.model.mag.access_routes import take_down_route
from pmip6.model.mag.binding_update_list import (
    forget,
    is_acceptance,
    is_active,
    is_attached,
    is_awaited,
    is_faithful,
    request,
    start_backoff,
)
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    TIME,
    UpdateListState,
    bule_prefix,
    bule_state,
    granted,
    pba,
    registration_lifetime,
    registration_lifetimes,
    renewal,
    retransmission,
)

departure = RoleTable(Role.MAG)


@departure.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=(
        "5213-6.9.1.4-1",
        "5213-6.9.1.4-2",
        "5213-6.9.1.4-3",
        "5213-6.9.1.4-4",
        "5213-6.13-3",
    ),
)
def notice_detachment(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """Sooner or later the gateway sees that the node has left, and ends the session."""
    step.require(
        is_active(node, gateway),
        ~is_attached(node, gateway),
        ~keeps_registration(node, gateway),
    )
    step.set(bule_state[node, gateway], UpdateListState.DEREGISTERING)
    step.set(granted[node, gateway], False)
    step.stop(renewal, node, gateway)
    step.stop(registration_lifetime, node, gateway, having=registration_lifetimes)
    take_down_route(step, node, gateway)
    request(
        step,
        node,
        gateway,
        now,
        deregistration=True,
        prefix=bule_prefix[node, gateway],
    )
    start_backoff(step, node, gateway)


@departure.rule(on=pba, requirement=("5213-6.9.1.4-5", "5213-6.9.1.4-6"))
def finish_deregistration(step: Step, message: Message) -> None:
    """The accepted de-registration removes the entry."""
    step.require(
        is_awaited(message),
        is_faithful(message),
        bule_state[message.node, message.gateway] == UpdateListState.DEREGISTERING,
        is_acceptance(message),
    )
    forget(step, message.node, message.gateway)


@departure.rule(on=pba, requirement=("5213-6.9.1.4-5",))
def ignore_refused_deregistration(step: Step, message: Message) -> None:
    """A refused de-registration changes nothing: the entry goes with its timeout."""
    step.require(
        is_awaited(message),
        is_faithful(message),
        bule_state[message.node, message.gateway] == UpdateListState.DEREGISTERING,
        ~is_acceptance(message),
    )


@departure.rule(
    expiry=retransmission,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5213-6.9.1.4-5", "5213-6.9.1.4-6"),
)
def abandon_deregistration(step: Step, node: Term, gateway: Term) -> None:
    """Without an answer the entry is removed after INITIAL_BINDACK_TIMEOUT."""
    step.require(bule_state[node, gateway] == UpdateListState.DEREGISTERING)
    forget(step, node, gateway)


@departure.rule(
    expiry=retransmission,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5213-6.9.4-3", "5213-6.13-4"),
)
def lapse_instead_of_retransmission(step: Step, node: Term, gateway: Term) -> None:
    """A node that has left is not registered again; the entry goes without a word."""
    step.require(is_active(node, gateway), ~is_attached(node, gateway))
    forget(step, node, gateway)


@departure.rule(
    expiry=renewal,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5213-6.13-1", "5213-6.13-2", "5213-6.13-4"),
)
def lapse_instead_of_renewal(step: Step, node: Term, gateway: Term) -> None:
    """A node whose presence is not certain is not renewed; the entry goes."""
    step.require(is_active(node, gateway), ~is_attached(node, gateway))
    forget(step, node, gateway)


@departure.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement="5213-6.13-4")
def forget_refused_node(step: Step, node: Term, gateway: Term) -> None:
    """A refused node that has left is forgotten."""
    step.require(
        bule_state[node, gateway] == UpdateListState.REFUSED,
        ~is_attached(node, gateway),
    )
    forget(step, node, gateway)
