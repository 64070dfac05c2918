"""The restart of a gateway in the middle of a handover, whichever of the two it is.

Nothing of a handover is on stable storage: the gateway forwards no more, has no context,
awaits no HAck and has lost the packets that it kept.  The other gateway hears of it by HIs
that are not answered, or refused, or by the end of its own timers.
"""

from pmip6.model.fast_handover.state import (
    PACKET,
    HandoverRequest,
    NewState,
    PreviousState,
    context_lifetime,
    fast_handover,
    former_gateway,
    forwarding_lifetime,
    handover_awaited,
    handover_backoff,
    handover_packets,
    handover_request,
    handover_retransmission,
    is_buffered,
    new_state,
    next_gateway,
    previous_state,
    transferred_prefix,
)
from pmip6.model.language.table import LEVEL, StateMap, Step
from pmip6.model.language.terms import FALSE, Term, enum_literal, ite, level
from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, TIME

_AT_FIRST: dict[StateMap, Term] = {
    previous_state: enum_literal(PreviousState.IDLE),
    next_gateway: GATEWAY.none,
    new_state: enum_literal(NewState.IDLE),
    former_gateway: GATEWAY.none,
    transferred_prefix: PREFIX.none,
    handover_request: enum_literal(HandoverRequest.NOTHING),
    handover_awaited: TIME.none,
    handover_backoff: level(0, LEVEL),
}


def _lose(step: Step, gateway: Term, lost: StateMap, value: Term) -> None:
    step.set_each(
        MOBILE_NODE,
        lambda n: lost[n, gateway],
        lambda n: ite(fast_handover(), value, lost[n, gateway]),
    )


def lose_handovers(step: Step, gateway: Term) -> None:
    """The gateway takes part in no handover any more."""
    for lost, value in _AT_FIRST.items():
        _lose(step, gateway, lost, value)
    for timer in (forwarding_lifetime, context_lifetime, handover_retransmission):
        step.stop_each(timer, MOBILE_NODE, lambda n: (n, gateway), having=fast_handover)
    step.set_each(
        PACKET,
        lambda q: is_buffered[q, gateway],
        lambda q: ite(handover_packets(), FALSE, is_buffered[q, gateway]),
    )
