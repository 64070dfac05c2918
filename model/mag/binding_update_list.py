"""The binding update list of a gateway (RFC 5213, 6.1): what rules ask of it and do to it.

`awaited` is the timestamp of the request that has not been answered yet.
"""

from pmip6.model.fast_handover.access_network import use_up_last_link
from pmip6.model.language.table import LEVEL, Message, Step
from pmip6.model.language.terms import (
    FALSE,
    Term,
    all_of,
    enum_literal,
    ite,
    level,
    one_of,
)
from pmip6.model.mag.access_routes import set_up_route, take_down_route
from pmip6.model.mag.slow_clocks import read_clock
from pmip6.model.sending import send_request
from pmip6.model.state import (
    PREFIX,
    TIME,
    UpdateListState,
    altered_answers,
    attached,
    awaited,
    awaits_clock,
    backoff,
    bule_prefix,
    bule_state,
    clock_synchronisation,
    granted,
    handoff_hint,
    handoff_hints,
    registration_lifetime,
    registration_lifetimes,
    renewal,
    retransmission,
)
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator

# ---- conditions on the entries ---------------------------------------------------------


def is_attached(node: Term, gateway: Term) -> Term:
    """The node is on the access link of the gateway."""
    return attached[node] == gateway


def is_active(node: Term, gateway: Term) -> Term:
    """The gateway serves the node, or tries to."""
    return one_of(
        bule_state[node, gateway],
        UpdateListState.REGISTERING,
        UpdateListState.REGISTERED,
    )


def is_awaited(message: Message) -> Term:
    """The acknowledgement answers the last request (RFC 5213, 6.9.1.2)."""
    return all_of(
        awaited[message.node, message.gateway] != TIME.none,
        message.request == awaited[message.node, message.gateway],
    )


def is_awaited_registration(message: Message) -> Term:
    """The acknowledgement answers the last request, a registration."""
    return is_awaited(message) & is_active(message.node, message.gateway)


def is_faithful(message: Message) -> Term:
    """The acknowledgement echoes the options of its request (RFC 5213, 6.9.1.2)."""
    return ~altered_answers() | message.is_echo


def is_acceptance(message: Message) -> Term:
    """The anchor accepts the request (RFC 5213, 6.9.1.2)."""
    return message.status == BindingAckStatus.ACCEPTED


def known_handoff(node: Term) -> Term:
    """What a registration tells of how the node has come (RFC 5213, 6.9.1.1)."""
    unknown = enum_literal(HandoffIndicator.UNKNOWN)
    return ite(handoff_hints(), handoff_hint[node], unknown)


# ---- effects on an entry, and on the request that it waits for -------------------------


def request(
    step: Step,
    node: Term,
    gateway: Term,
    now: Term,
    *,
    deregistration: bool,
    prefix: Term,
    handoff_indicator: Term | HandoffIndicator = HandoffIndicator.UNKNOWN,
) -> None:
    """Send a PBU with the latest timestamp and await its answer (RFC 5213, 6.9.4)."""
    timestamp = read_clock(step, node, gateway, now)
    send_request(
        step,
        node,
        gateway,
        timestamp,
        deregistration=deregistration,
        prefix=prefix,
        handoff_indicator=handoff_indicator,
    )
    step.set(awaited[node, gateway], timestamp)


def start_backoff(step: Step, node: Term, gateway: Term) -> None:
    """Wait INITIAL_BINDACK_TIMEOUT for the answer (RFC 5213, 6.9.4)."""
    step.set(backoff[node, gateway], level(0, LEVEL))
    step.start(retransmission, node, gateway)


def stop_waiting(step: Step, node: Term, gateway: Term) -> None:
    """No answer is expected any more."""
    step.set(awaited[node, gateway], TIME.none)
    step.set(backoff[node, gateway], level(0, LEVEL))
    step.stop(retransmission, node, gateway)


def begin_registration(
    step: Step, node: Term, gateway: Term, now: Term, prefix: Term
) -> None:
    """Ask the anchor for a registration, as after an attachment."""
    step.set(bule_state[node, gateway], UpdateListState.REGISTERING)
    step.set(bule_prefix[node, gateway], prefix)
    step.set(granted[node, gateway], False)
    step.stop(renewal, node, gateway)
    step.stop(registration_lifetime, node, gateway, having=registration_lifetimes)
    _wait_for_clock(step, node, gateway, FALSE)
    take_down_route(step, node, gateway)
    use_up_last_link(step, node)
    request(
        step,
        node,
        gateway,
        now,
        deregistration=False,
        prefix=prefix,
        handoff_indicator=known_handoff(node),
    )
    start_backoff(step, node, gateway)


def give_up_answer(step: Step, node: Term, gateway: Term) -> None:
    """Await no answer any more, and repeat the request after a timeout."""
    step.set(bule_state[node, gateway], UpdateListState.REGISTERING)
    step.set(granted[node, gateway], False)
    step.set(awaited[node, gateway], TIME.none)
    step.stop(renewal, node, gateway)
    step.stop(registration_lifetime, node, gateway, having=registration_lifetimes)
    take_down_route(step, node, gateway)
    start_backoff(step, node, gateway)


def take_registration(step: Step, message: Message) -> None:
    """The entry takes the prefixes of an accepted request, and is renewed in time.

    What was granted is observed on the answer itself, whatever the rule makes of it.
    Of a handoff that comes later the gateway knows nothing any more.
    """
    node, gateway = message.node, message.gateway
    step.set(bule_state[node, gateway], UpdateListState.REGISTERED)
    step.set(bule_prefix[node, gateway], message.prefix)
    step.set(granted[node, gateway], is_acceptance(message))
    unknown = enum_literal(HandoffIndicator.UNKNOWN)
    step.set(handoff_hint[node], ite(handoff_hints(), unknown, handoff_hint[node]))
    set_up_route(step, node, gateway, message.prefix)
    stop_waiting(step, node, gateway)
    step.start(renewal, node, gateway)
    step.start(registration_lifetime, node, gateway, having=registration_lifetimes)


def refuse(
    step: Step, node: Term, gateway: Term, *, until_synchronised: Term = FALSE
) -> None:
    """Deny the service: no prefix is advertised, no packet forwarded."""
    _give_up(step, node, gateway, UpdateListState.REFUSED, until_synchronised)


def forget(step: Step, node: Term, gateway: Term) -> None:
    """Remove the binding update list entry (RFC 5213, 6.9.1.4)."""
    _give_up(step, node, gateway, UpdateListState.ABSENT, FALSE)


def _give_up(
    step: Step,
    node: Term,
    gateway: Term,
    state: UpdateListState,
    until_synchronised: Term,
) -> None:
    step.set(bule_state[node, gateway], state)
    step.set(bule_prefix[node, gateway], PREFIX.none)
    step.set(granted[node, gateway], False)
    step.stop(renewal, node, gateway)
    step.stop(registration_lifetime, node, gateway, having=registration_lifetimes)
    _wait_for_clock(step, node, gateway, until_synchronised)
    take_down_route(step, node, gateway)
    stop_waiting(step, node, gateway)


def _wait_for_clock(step: Step, node: Term, gateway: Term, waits: Term) -> None:
    cell = awaits_clock[node, gateway]
    step.set(cell, ite(clock_synchronisation(), waits, cell))
