"""Lemmas of fast handover: what makes its properties inductive for any size.

None of the properties of the bindings needs them: the anchor takes no part in a fast
handover, and what a gateway registers is decided by the anchor.
"""

from __future__ import annotations

from pmip6.model.fast_handover.messages import (
    FETCHES,
    OFFERS,
    is_accepted,
    is_awaiting,
    is_completion,
    is_fetch,
    is_offer,
)
from pmip6.model.fast_handover.new_gateway import ASKED, has_context
from pmip6.model.fast_handover.previous_gateway import has_tunnel
from pmip6.model.fast_handover.state import (
    HandoverRequest,
    NewState,
    PreviousState,
    fast_handover,
    former_gateway,
    handover_acknowledge,
    handover_awaited,
    handover_initiate,
    handover_request,
    handover_retransmission,
    new_state,
    next_gateway,
    previous_state,
)
from pmip6.model.language.table import Message
from pmip6.model.language.terms import (
    Term,
    all_of,
    any_of,
    before,
    forall,
    implies,
    one_of,
)
from pmip6.model.state import GATEWAY, TIME
from pmip6.properties.fast_handover import (
    a_request_is_repeated_or_given_up,
    at_every_gateway,
    no_tunnel_and_no_context_lasts_for_ever,
)
from pmip6.properties.proof.lemma import issued, lemma, property_as_lemma, sent_lemma

property_as_lemma(a_request_is_repeated_or_given_up)
property_as_lemma(no_tunnel_and_no_context_lasts_for_ever)

# ---- the part of a gateway and its open request ----------------------------------------------


@lemma
def what_is_repeated_is_open() -> Term:
    """An answer stops the timer, and so does whatever makes the request moot."""
    return at_every_gateway(
        lambda n, g: implies(handover_retransmission.running(n, g), is_awaiting(n, g))
    )


@lemma
def the_open_request_fits_the_state_of_its_gateway() -> Term:
    """A gateway asks for what its part in the handover needs, and changes both at once."""
    return at_every_gateway(
        lambda n, g: all_of(
            (handover_request[n, g] == HandoverRequest.NOTHING) == ~is_awaiting(n, g),
            one_of(handover_request[n, g], *OFFERS)
            == (previous_state[n, g] == PreviousState.OFFERING),
            (handover_request[n, g] == HandoverRequest.COMPLETION)
            == (previous_state[n, g] == PreviousState.COMPLETING),
            implies(
                handover_request[n, g] == HandoverRequest.START_FORWARDING,
                previous_state[n, g] == PreviousState.ANNOUNCED,
            ),
            one_of(handover_request[n, g], *FETCHES)
            == (new_state[n, g] == NewState.FETCHING),
            implies(
                new_state[n, g] == NewState.FETCHING,
                previous_state[n, g] == PreviousState.IDLE,
            ),
            implies(
                one_of(handover_request[n, g], *ASKED),
                has_context(n, g),
            ),
        )
    )


@sent_lemma(handover_initiate)
def an_initiate_is_of_one_kind(message: Message) -> Term:
    """It offers a node, asks for its context, tells of an end or asks for something else."""
    return implies(
        fast_handover(),
        all_of(
            ~(is_offer(message) & is_fetch(message)),
            ~(is_completion(message) & (is_offer(message) | is_fetch(message))),
            any_of(
                is_offer(message),
                is_fetch(message),
                is_completion(message),
                message.buffer,
                message.forward,
            ),
        ),
    )


# ---- which offer an answer is about ----------------------------------------------------------


def is_issued(time: Term, node: Term) -> Term:
    """The number is not greater than the latest one issued for the node."""
    return ~before(issued[node], time)


@lemma
def awaited_numbers_were_issued() -> Term:
    """A gateway only waits for answers to what it sent."""
    return at_every_gateway(lambda n, g: is_issued(handover_awaited[n, g], n))


@sent_lemma(handover_initiate)
def an_initiate_is_complete(message: Message) -> Term:
    """It is about a node and has a number that was issued."""
    return implies(
        fast_handover(),
        (message.number != TIME.none) & is_issued(message.number, message.node),
    )


@sent_lemma(handover_acknowledge)
def an_acknowledge_has_the_number_of_an_initiate(message: Message) -> Term:
    """An answer echoes the number."""
    return implies(fast_handover(), is_issued(message.number, message.node))


@sent_lemma(handover_initiate)
def the_open_initiate_is_an_offer_or_none(message: Message) -> Term:
    """No number is used twice, and a repeated HI says what the first one said."""
    node, source = message.node, message.source
    return implies(
        fast_handover() & (message.number == handover_awaited[node, source]),
        is_offer(message) == one_of(handover_request[node, source], *OFFERS),
    )


def accepts_open_offer(message: Message) -> Term:
    """The HAck accepts the offer that its receiver still waits for an answer to."""
    node, gateway = message.node, message.destination
    return all_of(
        fast_handover(),
        is_accepted(message),
        message.number == handover_awaited[node, gateway],
        one_of(handover_request[node, gateway], *OFFERS),
    )


def hands_back(node: Term, gateway: Term, other: Term) -> Term:
    """The gateway has handed the node over to the one that it has the context from."""
    return all_of(
        has_tunnel(node, gateway),
        next_gateway[node, gateway] == other,
        has_context(node, gateway),
        former_gateway[node, gateway] == other,
    )


@sent_lemma(handover_acknowledge)
def an_offer_is_later_than_what_its_gateway_accepted(message: Message) -> Term:
    """A gateway that accepts an offer of the node drops its own."""
    node, source = message.node, message.source
    return implies(
        accepts_open_offer(message) & one_of(handover_request[node, source], *OFFERS),
        before(message.number, handover_awaited[node, source]),
    )


@sent_lemma(handover_acknowledge)
def a_gateway_that_accepts_an_offer_has_ended_its_own(message: Message) -> Term:
    """Else packets would go from it to the sender of the offer, and back."""
    return implies(
        accepts_open_offer(message),
        ~hands_back(message.node, message.source, message.destination),
    )


@lemma
def no_two_gateways_hand_back_to_each_other() -> Term:
    """Each of them would have accepted the other's offer before it made its own."""
    return at_every_gateway(
        lambda n, g: forall(
            GATEWAY, lambda h: ~(hands_back(n, g, h) & hands_back(n, h, g))
        )
    )
