"""What is true of every situation in which a guard of a gateway is asked.

The tables of answers (model/mag/answer_matching.py, model/fast_handover/reception.py) keep
some messages from the machine: its guards are asked about what they let through.
"""

from __future__ import annotations

from pmip6.model.fast_handover.messages import (
    FETCHES,
    OFFERS,
    answers_request,
    is_awaiting,
    is_from_former_gateway,
    is_later_request,
)
from pmip6.model.fast_handover.new_gateway import ASKED, has_context
from pmip6.model.fast_handover.state import (
    HandoverRequest,
    NewState,
    PreviousState,
    context_lifetime,
    ends_attempts,
    former_gateway,
    forwarding_lifetime,
    handover_acknowledge,
    handover_backoff,
    handover_indication,
    handover_initiate,
    handover_request,
    is_sent,
    last_link,
    new_state,
    next_gateway,
    previous_state,
    resolves,
)
from pmip6.model.language.table import Message, Role
from pmip6.model.language.terms import (
    Term,
    all_of,
    any_of,
    enum_literal,
    forall,
    implies,
    one_of,
    raised,
)
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    UpdateListState,
    address,
    attached,
    awaited,
    awaits_clock,
    bule_state,
    pba,
    registration_lifetime,
)
from pmip6.model.wire.numbers import HandoverInitiateCode
from pmip6.properties.fast_handover import at_every_gateway
from pmip6.properties.guards.situations import (
    EVENTS,
    POLICIES,
    STATES,
    of_message,
    recorded,
)
from pmip6.properties.proof import lemmas
from pmip6.properties.proof.handover_lemmas import what_is_repeated_is_open

# ---- messages that the tables let through ------------------------------------------------


@of_message(pba)
def an_address_in_use_is_on_the_link(message: Message) -> Term:
    """A gateway forgets the addresses of a node that leaves."""
    return implies(message.address_in_use, attached[message.node] == message.gateway)


@of_message(handover_acknowledge)
def an_acknowledge_answers_the_open_request(message: Message) -> Term:
    """Others are ignored before: HANDOVER_MATCHING."""
    return answers_request(message)


@of_message(handover_initiate)
def an_initiate_comes_from_a_gateway(message: Message) -> Term:
    """From one that the settings name."""
    return message.source != GATEWAY.none


@of_message(handover_initiate)
def what_asks_for_context_offers_none(message: Message) -> Term:
    """A Handover Initiate offers, completes or fetches: `Offered` tells which."""
    return implies(
        message.context_request,
        (message.prefix == PREFIX.none)
        & (message.code != HandoverInitiateCode.FORWARDING_COMPLETE),
    )


@of_message(handover_initiate)
def a_later_request_comes_from_who_has_agreed(message: Message) -> Term:
    """From others an HI without context asks for it: `Offered` tells which."""
    node, gateway = message.node, message.destination
    return implies(
        is_later_request(message),
        any_of(
            is_from_former_gateway(message),
            all_of(
                previous_state[node, gateway] != PreviousState.IDLE,
                next_gateway[node, gateway] == message.source,
            ),
        ),
    )


@of_message(handover_indication)
def an_access_point_belongs_to_a_gateway(message: Message) -> Term:
    """An indication of an unknown access point comes to nothing before."""
    return resolves(message.gateway, message.target)


# ---- policies ----------------------------------------------------------------------------


@recorded(POLICIES, Role.MAG)
def an_access_point_of_its_own_leads_to_no_other_gateway() -> Term:
    """Settings name other gateways only."""
    return forall(GATEWAY, lambda g: ~resolves(g, g))


@recorded(POLICIES, Role.MAG)
def the_longest_wait_for_an_answer_is_the_last() -> Term:
    """An HI has as many attempts as there are times to wait."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: implies(
                raised(handover_backoff[n, g]) == handover_backoff[n, g],
                ends_attempts(handover_backoff[n, g]),
            ),
        ),
    )


# ---- events ------------------------------------------------------------------------------


@recorded(EVENTS, Role.MAG)
def who_comes_from_another_gateway_is_here() -> Term:
    """That the node has been there is told when it is on the link, as one event."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY, lambda g: implies(resolves(g, last_link[n]), attached[n] == g)
        ),
    )


@recorded(EVENTS, Role.MAG)
def whom_a_gateway_serves_is_nowhere_else() -> Term:
    """No other gateway tells of its link."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: any_of(
                bule_state[n, g] == UpdateListState.ABSENT,
                attached[n] == g,
                attached[n] == GATEWAY.none,
            ),
        ),
    )


# ---- states ------------------------------------------------------------------------------


@recorded(STATES, Role.MAG)
def the_timers_of_a_gateway_run_in_states_that_have_them() -> Term:
    """As the proofs for any size have it (properties/proof/lemmas.py)."""
    return lemmas.the_timers_of_a_gateway_run_in_states_that_have_them.term


@recorded(STATES, Role.MAG)
def a_registration_ends_that_has_begun() -> Term:
    """Its lifetime starts with it, and each way out of this state stops it."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: implies(
                registration_lifetime.running(n, g),
                bule_state[n, g] == UpdateListState.REGISTERED,
            ),
        ),
    )


@recorded(STATES, Role.MAG)
def an_answer_is_awaited_in_a_state_that_asked() -> Term:
    """To give up the state gives up the answer; a de-registration awaits one."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: all_of(
                implies(
                    awaited[n, g] != TIME.none,
                    one_of(
                        bule_state[n, g],
                        UpdateListState.REGISTERING,
                        UpdateListState.REGISTERED,
                        UpdateListState.DEREGISTERING,
                    ),
                ),
                implies(
                    bule_state[n, g] == UpdateListState.DEREGISTERING,
                    awaited[n, g] != TIME.none,
                ),
            ),
        ),
    )


@recorded(STATES, Role.MAG)
def a_clock_is_awaited_after_a_refusal() -> Term:
    """A gateway waits for the clock instead of an answer."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: implies(
                awaits_clock[n, g], bule_state[n, g] == UpdateListState.REFUSED
            ),
        ),
    )


@recorded(STATES, Role.MAG)
def what_is_sent_again_is_open() -> Term:
    """As the proofs for any size have it (properties/proof/handover_lemmas.py)."""
    return what_is_repeated_is_open.term


@recorded(STATES, Role.MAG)
def an_open_request_is_of_its_part() -> Term:
    """A gateway asks for what its part in the handover needs, and changes both at once."""
    return at_every_gateway(
        lambda n, g: all_of(
            (handover_request[n, g] == HandoverRequest.NOTHING) == ~is_awaiting(n, g),
            implies(
                one_of(handover_request[n, g], *OFFERS),
                previous_state[n, g] == PreviousState.OFFERING,
            ),
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
            implies(one_of(handover_request[n, g], *ASKED), has_context(n, g)),
        )
    )


@recorded(STATES, Role.MAG)
def the_timers_of_a_handover_run_in_its_states() -> Term:
    """Each way out of them stops the timer."""
    return at_every_gateway(
        lambda n, g: all_of(
            implies(
                forwarding_lifetime.running(n, g),
                previous_state[n, g] != PreviousState.IDLE,
            ),
            implies(context_lifetime.running(n, g), has_context(n, g)),
        )
    )


@recorded(STATES, Role.MAG)
def who_hands_over_nothing_has_no_next_gateway() -> Term:
    """It comes with an offer or an agreement, and goes with the handover."""
    return at_every_gateway(
        lambda n, g: implies(
            previous_state[n, g] == PreviousState.IDLE,
            next_gateway[n, g] == GATEWAY.none,
        )
    )


@recorded(STATES, Role.MAG)
def a_context_is_of_a_gateway() -> Term:
    """Of the one that has offered it, or is asked for it."""
    return at_every_gateway(
        lambda n, g: implies(
            new_state[n, g] != NewState.IDLE, former_gateway[n, g] != GATEWAY.none
        )
    )


@recorded(STATES, Role.MAG)
def who_forwards_to_its_former_gateway_asks_it_for_nothing() -> Term:
    """It would have asked before it offered the node to it, and got the tunnel."""
    return at_every_gateway(
        lambda n, g: implies(
            all_of(
                new_state[n, g] == NewState.INFORMED,
                next_gateway[n, g] == former_gateway[n, g],
            ),
            all_of(*(~is_sent(enum_literal(request)) for request in ASKED)),
        )
    )


@recorded(STATES, Role.MAG)
def a_node_hears_on_a_link() -> Term:
    """To leave it is to forget what was advertised there."""
    return forall(
        MOBILE_NODE,
        lambda n: implies(address[n] != PREFIX.none, attached[n] != GATEWAY.none),
    )
