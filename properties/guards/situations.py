"""What is true of every situation in which a guard is asked, so that Z3 leaves out others.

Statements about messages and policies are true by the way in which packets and settings
become elements of the model, those about events by the way in which these become steps;
tests look at every situation of a sample of cases.
Statements about states are proved by induction, together (properties/guards/proved.py).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pmip6.model.language.table import Channel, Message, Role
from pmip6.model.language.terms import Term, all_of, forall, implies
from pmip6.model.lma.binding_cache import holds, in_use, share_one
from pmip6.model.lma.waiting import is_waiting
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TECHNOLOGY,
    TIME,
    TUNNEL,
    BindingState,
    bce_node,
    bce_state,
    binding_lifetime,
    forwarding,
    is_enabled_node,
    is_established,
    is_known_node,
    last_accepted,
    leads_to,
    max_delay_before_new_bce_assign,
    min_delay_before_bce_delete,
    overlaps,
    pbu,
    route,
)
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.properties.data_plane import is_served_over
from pmip6.properties.proof import lemmas


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement about a role's situations: about messages of a channel, if it has one."""

    name: str
    role: Role
    term: Term
    reason: str
    channel: Channel | None = None


STATES: list[Statement] = []
POLICIES: list[Statement] = []
EVENTS: list[Statement] = []
MESSAGES: list[Statement] = []


def recorded(
    kept: list[Statement], role: Role
) -> Callable[[Callable[[], Term]], Statement]:
    def record(function: Callable[[], Term]) -> Statement:
        reason = inspect.cleandoc(function.__doc__ or "")
        kept.append(Statement(function.__name__, role, function(), reason))
        return kept[-1]

    return record


def of_message(channel: Channel) -> Callable[[Callable[[Message], Term]], Statement]:
    role = Role.LMA if channel is pbu else Role.MAG

    def record(function: Callable[[Message], Term]) -> Statement:
        reason = inspect.cleandoc(function.__doc__ or "")
        term = function(Message(channel))
        MESSAGES.append(Statement(function.__name__, role, term, reason, channel))
        return MESSAGES[-1]

    return record


def about(kept: Sequence[Statement], role: Role) -> list[Statement]:
    """The statements about a role."""
    return [each for each in kept if each.role is role]


# ---- anchors: what becomes of a request ------------------------------------------------


@of_message(pbu)
def what_is_left_out_has_no_value(message: Message) -> Term:
    """An option that is not there gives the element or the literal for nothing."""
    return all_of(
        message.has_prefix | (message.prefix == PREFIX.none),
        message.has_handoff_indicator
        | (message.handoff_indicator == HandoffIndicator(0)),
        message.has_access_technology | (message.technology == TECHNOLOGY.none),
        message.has_timestamp | (message.timestamp == TIME.none),
    )


@of_message(pbu)
def a_request_for_nobody_is_for_no_known_node(message: Message) -> Term:
    """Without an identifier there is no node that a policy could have."""
    return message.has_node_identifier | ~is_known_node(message.node)


@of_message(pbu)
def every_request_is_about_somebody(message: Message) -> Term:
    """A request without an identifier is about a node that is not listed."""
    return message.node != MOBILE_NODE.none


@of_message(pbu)
def without_a_timestamp_none_is_untimely(message: Message) -> Term:
    """What is not there is not out of the window."""
    return message.has_timestamp | message.timely


# ---- anchors: policies -----------------------------------------------------------------


@recorded(POLICIES, Role.LMA)
def a_node_with_the_service_is_known() -> Term:
    """The policy of a node says whether it has the service."""
    return forall(MOBILE_NODE, lambda n: implies(is_enabled_node(n), is_known_node(n)))


@recorded(POLICIES, Role.LMA)
def overlapping_is_mutual() -> Term:
    """Two sets of prefixes have one in common, whichever is named first."""
    return forall(
        PREFIX,
        lambda p: forall(PREFIX, lambda q: implies(overlaps(p, q), overlaps(q, p))),
    )


@recorded(POLICIES, Role.LMA)
def a_tunnel_leads_to_one_gateway() -> Term:
    """Its other end."""
    return forall(
        TUNNEL,
        lambda t: forall(
            GATEWAY,
            lambda g: forall(
                GATEWAY,
                lambda h: implies(leads_to(t, g) & leads_to(t, h), g == h),
            ),
        ),
    )


# ---- anchors: states -------------------------------------------------------------------


@recorded(STATES, Role.LMA)
def a_free_entry_holds_nothing() -> Term:
    """Deletion clears the entry."""
    return lemmas.a_free_entry_holds_nothing.term


@recorded(STATES, Role.LMA)
def an_entry_in_use_is_for_a_node_with_the_service() -> Term:
    """It came from a request that passed the checks."""
    return forall(
        ENTRY,
        lambda b: implies(
            in_use(b), (bce_node[b] != MOBILE_NODE.none) & is_enabled_node(bce_node[b])
        ),
    )


@recorded(STATES, Role.LMA)
def timers_of_an_entry_run_in_their_states() -> Term:
    """A registration runs out, a deletion delay ends."""
    return forall(
        ENTRY,
        lambda b: all_of(
            implies(
                binding_lifetime.running(b), bce_state[b] == BindingState.REGISTERED
            ),
            implies(
                min_delay_before_bce_delete.running(b),
                bce_state[b] == BindingState.DEREGISTERED,
            ),
        ),
    )


@recorded(STATES, Role.LMA)
def the_longest_wait_runs_while_a_request_waits() -> Term:
    """It starts with the wait and ends with it."""
    return forall(
        MOBILE_NODE,
        lambda n: implies(max_delay_before_new_bce_assign.running(n), is_waiting(n)),
    )


@recorded(STATES, Role.LMA)
def a_request_that_waits_is_for_a_node_with_the_service() -> Term:
    """It passed the checks, and has a prefix of its own still to come."""
    return forall(MOBILE_NODE, lambda n: implies(is_waiting(n), is_enabled_node(n)))


@recorded(STATES, Role.LMA)
def a_timestamp_was_accepted_for_a_node_with_the_service() -> Term:
    """It came in a request that passed the checks."""
    return forall(
        MOBILE_NODE,
        lambda n: implies(last_accepted[n] != TIME.none, is_enabled_node(n)),
    )


@recorded(STATES, Role.LMA)
def an_entry_has_one_set_of_prefixes() -> Term:
    """As the proofs for any size have it (properties/proof/lemmas.py)."""
    return lemmas.an_entry_has_one_prefix_at_most.term


@recorded(STATES, Role.LMA)
def no_prefix_is_in_two_sessions() -> Term:
    """A new session gets what no other one has, and none gets anything later."""
    return forall(
        ENTRY,
        lambda b: forall(
            ENTRY,
            lambda c: forall(
                PREFIX,
                lambda p: forall(
                    PREFIX,
                    lambda q: implies(
                        all_of(holds(b, p), holds(c, q), share_one(p, q)), b == c
                    ),
                ),
            ),
        ),
    )


@recorded(STATES, Role.LMA)
def a_route_leads_into_the_tunnel_of_a_session() -> Term:
    """Both come with a session and go with it."""
    return forall(
        PREFIX,
        lambda p: forall(
            TUNNEL,
            lambda t: implies(
                route[p, t],
                all_of(forwarding(), is_established[t], is_served_over(p, t)),
            ),
        ),
    )
