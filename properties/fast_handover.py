"""The properties of fast handover, by name: its signalling (part of 11).

They have a case where a configuration has fast handover (RFC 5949).  That the anchor takes
no part is told by the table: none of its rules reads or writes anything of it.
"""

from collections.abc import Callable

from pmip6.model.fast_handover.messages import (
    OF_PREVIOUS_GATEWAY,
    answers_request,
    is_accepted,
    is_awaiting,
    is_offer,
    lacks_forwarding,
)
from pmip6.model.fast_handover.new_gateway import has_context, has_to_withdraw
from pmip6.model.fast_handover.previous_gateway import (
    asked_state,
    has_tunnel,
    may_answer_fetch,
)
from pmip6.model.fast_handover.state import (
    NewState,
    PreviousState,
    context_lifetime,
    fast_handover,
    former_gateway,
    forwarding_lifetime,
    handover_acknowledge,
    handover_awaited,
    handover_initiate,
    handover_request,
    handover_retransmission,
    new_state,
    next_gateway,
    previous_state,
    transferred_prefix,
)
from pmip6.model.language.table import Message
from pmip6.model.language.terms import (
    Term,
    after,
    all_of,
    any_of,
    enum_literal,
    exists,
    forall,
    implies,
    ite,
    one_of,
)
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    address,
    bule_prefix,
    bule_state,
)
from pmip6.properties.property import invariant, message_property, step_property


def at_some_gateway(body: Callable[[Term, Term], Term]) -> Term:
    """The body holds for some node at some gateway."""
    return fast_handover() & exists(
        MOBILE_NODE, lambda n: exists(GATEWAY, lambda g: body(n, g))
    )


def at_every_gateway(body: Callable[[Term, Term], Term]) -> Term:
    """The body holds for every node at every gateway."""
    return implies(
        fast_handover(),
        forall(MOBILE_NODE, lambda n: forall(GATEWAY, lambda g: body(n, g))),
    )


# ---- an end to everything ----------------------------------------------------------------


@invariant(
    "handover.unanswered-request",
    premise=lambda: at_some_gateway(is_awaiting),
    requirement=("5568-6.2.1.1-10", "5568-6.2.1.1-11", "5568-6.2.1.1-x8"),
)
def a_request_is_repeated_or_given_up() -> Term:
    """A timer runs as long as an HI is not answered, and for no other reason."""
    return at_every_gateway(
        lambda n, g: all_of(
            handover_retransmission.running(n, g) == is_awaiting(n, g),
            implies(
                any_of(
                    one_of(
                        previous_state[n, g],
                        PreviousState.OFFERING,
                        PreviousState.COMPLETING,
                    ),
                    new_state[n, g] == NewState.FETCHING,
                ),
                is_awaiting(n, g),
            ),
        )
    )


@invariant(
    "handover.tunnel-end",
    premise=lambda: at_some_gateway(lambda n, g: has_tunnel(n, g) | has_context(n, g)),
    requirement=(),
)
def no_tunnel_and_no_context_lasts_for_ever() -> Term:
    """A timer of ours runs for every agreement of a gateway, as its previous or new one."""
    return at_every_gateway(
        lambda n, g: all_of(
            forwarding_lifetime.running(n, g) == has_tunnel(n, g),
            context_lifetime.running(n, g) == has_context(n, g),
        )
    )


def has_tunnel_between(node: Term, previous: Term, new: Term) -> Term:
    """One gateway forwards to the other, and that one takes what comes."""
    return all_of(
        previous_state[node, previous] == PreviousState.FORWARDING,
        next_gateway[node, previous] == new,
        new_state[node, new] == NewState.TUNNELLED,
        former_gateway[node, new] == previous,
    )


@invariant(
    "handover.no-loop",
    premise=lambda: at_some_gateway(
        lambda n, g: exists(GATEWAY, lambda h: has_tunnel_between(n, g, h))
    ),
    requirement=(),
)
def no_two_gateways_forward_to_each_other() -> Term:
    """No packet goes back and forth between two gateways."""
    return at_every_gateway(
        lambda n, g: forall(
            GATEWAY,
            lambda h: ~(has_tunnel_between(n, g, h) & has_tunnel_between(n, h, g)),
        )
    )


# ---- answers -----------------------------------------------------------------------------


def is_unchanged(message: Message) -> Term:
    """What the gateway does for the node in a handover stays as it is."""
    node, gateway = message.node, message.destination
    return all_of(
        *(
            after(cell[node, gateway]) == cell[node, gateway]
            for cell in (
                previous_state,
                new_state,
                transferred_prefix,
                handover_awaited,
                bule_state,
                bule_prefix,
            )
        )
    )


@message_property(
    "handover.unexpected-answer",
    handover_acknowledge,
    premise=lambda m: fast_handover() & ~answers_request(m),
    requirement=("5568-6.2.1.2-x4",),
)
def an_unexpected_answer_changes_nothing(message: Message) -> Term:
    """A HAck with another number than that of the HI that is open changes nothing."""
    return implies(fast_handover() & ~answers_request(message), is_unchanged(message))


def is_refused(message: Message) -> Term:
    """The HAck refuses what the gateway asked for."""
    return all_of(
        fast_handover(),
        answers_request(message),
        ~is_accepted(message),
        ~lacks_forwarding(message),
    )


@message_property(
    "handover.refused",
    handover_acknowledge,
    premise=is_refused,
    requirement=("5949-4.2-11", "5568-6.2.1.2-9"),
)
def a_refusal_leaves_base_pmipv6(message: Message) -> Term:
    """A refusal cancels the handover and leaves the registration alone."""
    node, gateway = message.node, message.destination
    own = one_of(handover_request[node, gateway], *OF_PREVIOUS_GATEWAY)
    return implies(
        is_refused(message),
        all_of(
            ite(
                own,
                after(previous_state[node, gateway]) == PreviousState.IDLE,
                after(new_state[node, gateway]) == NewState.IDLE,
            ),
            after(bule_state[node, gateway]) == bule_state[node, gateway],
            after(bule_prefix[node, gateway]) == bule_prefix[node, gateway],
        ),
    )


def is_asked_for_context(message: Message) -> Term:
    """The HI asks a gateway that has an agreement on the node for its context."""
    node, gateway = message.node, message.destination
    return all_of(fast_handover(), may_answer_fetch(message), has_tunnel(node, gateway))


@message_property(
    "handover.asked",
    handover_initiate,
    premise=is_asked_for_context,
    requirement=("5949-4.2-7", "5949-4.2-11"),
)
def who_is_asked_agrees_or_cancels(message: Message) -> Term:
    """A gateway does what the HI asks for; where it does not, nothing is tunnelled."""
    state = previous_state[message.node, message.destination]
    agreed = asked_state(message, enum_literal(PreviousState.AGREED))
    return implies(
        is_asked_for_context(message),
        (after(state) == PreviousState.IDLE) | (after(state) == agreed),
    )


# ---- the context -------------------------------------------------------------------------


def takes_context(message: Message) -> Term:
    """After the step the gateway has a context from the sender of the HI."""
    node, gateway = message.node, message.destination
    return all_of(
        fast_handover(),
        is_offer(message),
        after(has_context(node, gateway)),
        after(former_gateway[node, gateway]) == message.source,
    )


@message_property(
    "handover.context",
    handover_initiate,
    premise=takes_context,
    requirement=("5949-4.1-4", "5949-6.1.2-x18"),
)
def a_gateway_keeps_the_context_that_it_was_given(message: Message) -> Term:
    """The prefix that a gateway keeps is that of the previous gateway's HI."""
    kept = after(transferred_prefix[message.node, message.destination])
    return implies(takes_context(message), kept == message.prefix)


@step_property(
    "handover.withdrawn",
    premise=lambda: at_some_gateway(has_to_withdraw),
    requirement=("5949-5.2-3",),
)
def an_early_prefix_is_withdrawn_before_another_is_advertised() -> Term:
    """Where the registration is for another prefix, no RA follows before the withdrawal."""
    return at_every_gateway(
        lambda n, g: implies(
            has_to_withdraw(n, g),
            any_of(after(address[n]) == PREFIX.none, after(address[n]) == address[n]),
        )
    )
