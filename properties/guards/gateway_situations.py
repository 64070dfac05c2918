"""What is true of every situation in which a guard of a gateway is asked.

The tables of answers (model/mag/answer_matching.py, model/fast_handover/reception.py) keep
some messages from the machine: its guards are asked about what they let through.
"""

from __future__ import annotations

from pmip6.model.fast_handover.messages import answers_request
from pmip6.model.fast_handover.state import (
    handover_acknowledge,
    handover_indication,
    handover_initiate,
    resolves,
)
from pmip6.model.language.table import Message, Role
from pmip6.model.language.terms import Term, all_of, forall, implies, one_of
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    UpdateListState,
    awaited,
    awaits_clock,
    bule_state,
    registration_lifetime,
)
from pmip6.model.wire.numbers import HandoverInitiateCode
from pmip6.properties.guards.situations import STATES, of_message, recorded
from pmip6.properties.proof import lemmas
from pmip6.properties.proof.handover_lemmas import what_is_repeated_is_open

# ---- messages that the tables let through ------------------------------------------------


@of_message(handover_acknowledge)
def an_acknowledge_answers_the_open_request(message: Message) -> Term:
    """Others are ignored before: HANDOVER_MATCHING."""
    return answers_request(message)


@of_message(handover_initiate)
def what_asks_for_context_offers_none(message: Message) -> Term:
    """A Handover Initiate offers, completes or fetches: `Offered` tells which."""
    return implies(
        message.context_request,
        (message.prefix == PREFIX.none)
        & (message.code != HandoverInitiateCode.FORWARDING_COMPLETE),
    )


@of_message(handover_indication)
def an_access_point_belongs_to_a_gateway(message: Message) -> Term:
    """An indication of an unknown access point comes to nothing before."""
    return resolves(message.gateway, message.target)


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
