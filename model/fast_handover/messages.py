"""HI and HAck: how they are sent, what an HI asks for, which HI a HAck answers.

An HI has no field for its direction (docs/findings.md).  The previous gateway puts the
context into its first one, the new gateway a Context Request option; of any other the
receiver knows by its own state from which of the two it comes.
"""

from pmip6.model.fast_handover.state import (
    HandoverRequest,
    NewState,
    former_gateway,
    handover_acknowledge,
    handover_awaited,
    handover_backoff,
    handover_initiate,
    handover_request,
    handover_retransmission,
    new_state,
    next_gateway,
)
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
from pmip6.model.state import PREFIX, TIME, bule_prefix
from pmip6.model.wire.numbers import HandoverAcknowledgeCode, HandoverInitiateCode

OFFERS = (
    HandoverRequest.OFFER,
    HandoverRequest.OFFER_AND_BUFFER,
    HandoverRequest.OFFER_AND_FORWARD,
)
FETCHES = (
    HandoverRequest.FETCH,
    HandoverRequest.FETCH_AND_BUFFER,
    HandoverRequest.FETCH_AND_FORWARD,
)
OF_PREVIOUS_GATEWAY = (
    *OFFERS,
    HandoverRequest.START_FORWARDING,
    HandoverRequest.COMPLETION,
)

# ---- HI: what it says ------------------------------------------------------------------


def buffers(request: Term) -> Term:
    """The request has the U flag."""
    return one_of(
        request,
        HandoverRequest.OFFER_AND_BUFFER,
        HandoverRequest.FETCH_AND_BUFFER,
        HandoverRequest.ASK_TO_BUFFER,
    )


def forwards(request: Term) -> Term:
    """The request has the F flag."""
    return one_of(
        request,
        HandoverRequest.OFFER_AND_FORWARD,
        HandoverRequest.START_FORWARDING,
        HandoverRequest.COMPLETION,
        HandoverRequest.FETCH_AND_FORWARD,
        HandoverRequest.ASK_TO_FORWARD,
    )


def other_end(node: Term, gateway: Term, request: Term) -> Term:
    """The gateway to which the request goes."""
    return ite(
        one_of(request, *OF_PREVIOUS_GATEWAY),
        next_gateway[node, gateway],
        former_gateway[node, gateway],
    )


def is_offer(message: Message) -> Term:
    """The HI has the context: it comes from the previous gateway (step c of figure 2)."""
    return message.prefix != PREFIX.none


def is_fetch(message: Message) -> Term:
    """The HI asks for the context: it comes from the new gateway (step c of figure 3)."""
    return message.context_request


def is_completion(message: Message) -> Term:
    """The HI tells the new gateway that forwarding has ended (RFC 5949, 6.1.1)."""
    return message.code == HandoverInitiateCode.FORWARDING_COMPLETE


def is_later_request(message: Message) -> Term:
    """The HI asks for nothing but what its flags say (step e of figure 2)."""
    return ~is_offer(message) & ~is_fetch(message) & ~is_completion(message)


def is_from_former_gateway(message: Message) -> Term:
    """The receiver has the context from the sender of the HI."""
    node, gateway = message.node, message.destination
    return all_of(
        former_gateway[node, gateway] == message.source,
        one_of(
            new_state[node, gateway],
            NewState.INFORMED,
            NewState.PREPARED,
            NewState.TUNNELLED,
        ),
    )


# ---- sending ---------------------------------------------------------------------------


def put_initiate(
    step: Step, node: Term, gateway: Term, target: Term, number: Term, request: Term
) -> None:
    """Put the HI of a request into the channel."""
    complete = enum_literal(HandoverInitiateCode.FORWARDING_COMPLETE)
    whole = enum_literal(HandoverInitiateCode.ALL_CONTEXT_TRANSFERRED)
    default = enum_literal(HandoverInitiateCode.DEFAULT)
    offers = one_of(request, *OFFERS)
    step.send(
        handover_initiate,
        node=node,
        source=gateway,
        destination=target,
        number=number,
        code=ite(
            request == HandoverRequest.COMPLETION,
            complete,
            ite(offers, whole, default),
        ),
        buffer=buffers(request),
        forward=forwards(request),
        prefix=ite(offers, bule_prefix[node, gateway], PREFIX.none),
        context_request=one_of(request, *FETCHES),
    )


def initiate(
    step: Step, node: Term, gateway: Term, target: Term, now: Term, request: Term
) -> None:
    """Send an HI with a number of its own, and await the answer (RFC 5568, 6.2.1.1)."""
    put_initiate(step, node, gateway, target, now, request)
    step.set(handover_request[node, gateway], request)
    step.set(handover_awaited[node, gateway], now)
    step.set(handover_backoff[node, gateway], level(0, LEVEL))
    step.start(handover_retransmission, node, gateway)


def answer(
    step: Step,
    message: Message,
    code: Term | HandoverAcknowledgeCode,
    *,
    prefix: Term = PREFIX.none,
    buffer: Term = FALSE,
    forward: Term = FALSE,
) -> None:
    """Answer an HI with its own number, to where it came from (RFC 5568, 6.2.1.2)."""
    step.send(
        handover_acknowledge,
        node=message.node,
        source=message.destination,
        destination=message.source,
        number=message.number,
        code=code,
        buffer=buffer,
        forward=forward,
        prefix=prefix,
    )


# ---- HAck ------------------------------------------------------------------------------


def is_awaiting(node: Term, gateway: Term) -> Term:
    """An HI of the gateway for the node is not answered yet."""
    return handover_awaited[node, gateway] != TIME.none


def answers_request(message: Message) -> Term:
    """The HAck has the number of the HI that is not answered yet, and its other end."""
    node, gateway = message.node, message.destination
    request = handover_request[node, gateway]
    return all_of(
        is_awaiting(node, gateway),
        message.number == handover_awaited[node, gateway],
        message.source == other_end(node, gateway, request),
    )


def requested(message: Message, *requests: HandoverRequest) -> Term:
    """The HAck answers an HI of one of these kinds."""
    kind = handover_request[message.node, message.destination]
    return answers_request(message) & one_of(kind, *requests)


def is_accepted(message: Message) -> Term:
    """The code accepts what was asked for (RFC 5949, 6.1.2)."""
    return one_of(
        message.code,
        HandoverAcknowledgeCode.ACCEPTED,
        HandoverAcknowledgeCode.CONTEXT_ACCEPTED,
        HandoverAcknowledgeCode.ALL_CONTEXT_TRANSFERRED,
    )


def is_refusal_code(code: Term) -> Term:
    """The codes with which a gateway refuses a handover (RFC 5949, 6.1.2)."""
    return one_of(
        code,
        HandoverAcknowledgeCode.REASON_UNSPECIFIED,
        HandoverAcknowledgeCode.ADMINISTRATIVELY_PROHIBITED,
        HandoverAcknowledgeCode.INSUFFICIENT_RESOURCES,
    )


def lacks_forwarding(message: Message) -> Term:
    """The context is there, but there will be no tunnel (RFC 5949, 6.1.2)."""
    return message.code == HandoverAcknowledgeCode.FORWARDING_NOT_AVAILABLE


def stop_awaiting(step: Step, node: Term, gateway: Term) -> None:
    """No HAck is expected any more."""
    step.set(handover_request[node, gateway], HandoverRequest.NOTHING)
    step.set(handover_awaited[node, gateway], TIME.none)
    step.set(handover_backoff[node, gateway], level(0, LEVEL))
    step.stop(handover_retransmission, node, gateway)
