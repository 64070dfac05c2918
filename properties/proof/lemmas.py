"""Lemmas: what is true in every state, and makes the properties inductive.

A property is rarely inductive by itself: there are unreachable states that satisfy it and
from which one step breaks it.  The lemmas exclude those.  They are proved along with the
properties, from the same rules, and are believed only as far as they are proved.
"""

from __future__ import annotations

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
from pmip6.model.lma.binding_cache import in_use, is_bound_to
from pmip6.model.lma.lookup import is_same_interface
from pmip6.model.lma.waiting import is_waiting
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    LINK_LAYER,
    MOBILE_NODE,
    PREFIX,
    SEQUENCE,
    TECHNOLOGY,
    TIME,
    BindingState,
    Origin,
    UpdateListState,
    accepted_before_restart,
    access_packet,
    anchor_restarts,
    awaited,
    bce_link_layer,
    bce_node,
    bce_prefix,
    bce_proxy_coa,
    bce_state,
    bce_technology,
    binding_lifetime,
    bule_prefix,
    bule_state,
    delivery,
    forwarding,
    gateway_forwarding,
    gateways_mix_sessions,
    granted,
    held_proxy_coa,
    held_timestamp,
    last_accepted,
    packet,
    pba,
    pbu,
    renewal,
    retransmission,
    sequence_numbers,
    several_interfaces,
)
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.properties.data_plane import (
    every_session_has_its_route,
    every_session_has_its_tunnel,
    no_other_route_is_left,
    no_other_tunnel_is_left,
)
from pmip6.properties.gateway_data_plane import (
    every_registration_has_its_route,
    every_registration_has_its_tunnel,
    no_route_without_a_registration,
    no_tunnel_without_a_registration,
)
from pmip6.properties.proof import handover_lemmas
from pmip6.properties.proof.lemma import (
    ARRIVALS,
    LEMMAS,
    assumed_on_arrival,
    issued,
    lemma,
    property_as_lemma,
    sent_lemma,
)
from pmip6.properties.protocol import (
    an_acceptance_carries_the_prefix_of_the_session,
    one_entry_for_each_prefix,
    one_entry_for_each_session,
    one_proxy_coa_for_each_entry,
    the_delay_runs_exactly_while_the_entry_waits,
)

__all__ = ["ARRIVALS", "LEMMAS"]  # filled by what follows
assert handover_lemmas  # it records its lemmas


def is_issued(time: Term, node: Term) -> Term:
    """The time is not later than the latest timestamp issued for the node."""
    return ~before(issued[node], time)


# ---- the binding cache -----------------------------------------------------------------

property_as_lemma(one_entry_for_each_session)
property_as_lemma(one_entry_for_each_prefix)
property_as_lemma(one_proxy_coa_for_each_entry)
property_as_lemma(the_delay_runs_exactly_while_the_entry_waits)
property_as_lemma(every_session_has_its_route)
property_as_lemma(no_other_route_is_left)
property_as_lemma(every_session_has_its_tunnel)
property_as_lemma(no_other_tunnel_is_left)
property_as_lemma(every_registration_has_its_route)
property_as_lemma(no_route_without_a_registration)
property_as_lemma(every_registration_has_its_tunnel)
property_as_lemma(no_tunnel_without_a_registration)


@lemma
def a_free_entry_holds_nothing() -> Term:
    """Deletion clears the entry, so that the next session starts with no rest of it."""
    return forall(
        ENTRY,
        lambda b: implies(
            bce_state[b] == BindingState.FREE,
            all_of(
                bce_node[b] == MOBILE_NODE.none,
                bce_link_layer[b] == LINK_LAYER.none,
                bce_technology[b] == TECHNOLOGY.none,
                forall(PREFIX, lambda p: ~bce_prefix[b, p]),
                forall(GATEWAY, lambda g: ~bce_proxy_coa[b, g]),
            ),
        ),
    )


@lemma
def an_entry_in_use_has_a_node() -> Term:
    """An entry is filled from a request, and each request names a node."""
    return forall(ENTRY, lambda b: implies(in_use(b), bce_node[b] != MOBILE_NODE.none))


@lemma
def an_entry_has_one_prefix_at_most() -> Term:
    """One prefix is given at creation, and none is added."""
    return forall(
        ENTRY,
        lambda b: forall(
            PREFIX,
            lambda p: forall(
                PREFIX,
                lambda q: implies(bce_prefix[b, p] & bce_prefix[b, q], p == q),
            ),
        ),
    )


@lemma
def a_bound_node_has_an_accepted_request() -> Term:
    """A binding comes from an accepted request, whose timestamp is remembered.

    It has one where timestamps order all requests.
    """
    return sequence_numbers() | forall(
        ENTRY,
        lambda b: forall(
            MOBILE_NODE,
            lambda n: implies(is_bound_to(b, n), last_accepted[n] != TIME.none),
        ),
    )


@lemma
def a_lifetime_runs_while_the_entry_is_registered() -> Term:
    """A registration starts it; a de-registration and a deletion stop it."""
    return forall(
        ENTRY,
        lambda b: (
            binding_lifetime.running(b) == (bce_state[b] == BindingState.REGISTERED)
        ),
    )


# ---- time ------------------------------------------------------------------------------


@lemma
def accepted_timestamps_were_issued() -> Term:
    """The anchor only remembers timestamps that it received."""
    return forall(MOBILE_NODE, lambda n: is_issued(last_accepted[n], n))


@lemma
def what_was_accepted_before_a_restart_is_remembered() -> Term:
    """The anchor keeps timestamps over a restart, and they only grow."""
    return implies(
        anchor_restarts(),
        forall(
            MOBILE_NODE,
            lambda n: ~before(last_accepted[n], accepted_before_restart[n]),
        ),
    )


@lemma
def a_request_that_waits_is_complete() -> Term:
    """It was received, with an address to answer and a timestamp that was issued.

    It had one where timestamps order all requests.
    """
    return forall(
        MOBILE_NODE,
        lambda n: implies(
            is_waiting(n),
            all_of(
                held_proxy_coa[n] != GATEWAY.none,
                sequence_numbers() | (held_timestamp[n] != TIME.none),
                is_issued(held_timestamp[n], n),
            ),
        ),
    )


@lemma
def awaited_timestamps_were_issued() -> Term:
    """A gateway only waits for answers to what it sent."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(GATEWAY, lambda g: is_issued(awaited[n, g], n)),
    )


# ---- messages --------------------------------------------------------------------------


@sent_lemma(pbu)
def a_request_is_complete(message: Message) -> Term:
    """A request is about a node, comes from a gateway and carries an issued timestamp.

    It carries one where timestamps order all requests.
    """
    return all_of(
        message.node != MOBILE_NODE.none,
        message.gateway != GATEWAY.none,
        message.proxy_coa != GATEWAY.none,
        sequence_numbers() | (message.timestamp != TIME.none),
        is_issued(message.timestamp, message.node),
    )


@sent_lemma(pbu)
def a_request_comes_from_a_gateway(message: Message) -> Term:
    """The mobile node takes no part in the signalling."""
    return message.origin == Origin.GATEWAY


@assumed_on_arrival(pbu)
def a_request_names_no_prefix_of_another_session(message: Message) -> Term:
    """no request that arrives names, for an interface that has a session, the prefix of
    another session of the node (gateways do not mix sessions)"""
    return any_of(
        ~several_interfaces(),
        gateways_mix_sessions(),
        message.prefix == PREFIX.none,
        forall(
            ENTRY,
            lambda b: forall(
                ENTRY,
                lambda c: implies(
                    all_of(
                        is_bound_to(b, message.node),
                        is_same_interface(b, message),
                        is_bound_to(c, message.node),
                        bce_prefix[c, message.prefix],
                    ),
                    b == c,
                ),
            ),
        ),
    )


@sent_lemma(pba)
def an_answer_is_complete(message: Message) -> Term:
    """An answer comes from the anchor, with node, gateway and timestamp of a request.

    The request had one where timestamps order all requests.  The anchor is not at fault:
    it echoes the options of the request.
    """
    return all_of(
        message.origin == Origin.ANCHOR,
        message.is_echo,
        ~message.address_in_use,
        message.node != MOBILE_NODE.none,
        message.gateway != GATEWAY.none,
        sequence_numbers() | (message.request != TIME.none),
        is_issued(message.request, message.node),
    )


def accepts(message: Message) -> Term:
    """The answer accepts its request."""
    return message.status == BindingAckStatus.ACCEPTED


@sent_lemma(pba)
def an_acceptance_is_remembered(message: Message) -> Term:
    """The request that was accepted is, by its timestamp, not newer than the last one.

    It has one where timestamps order all requests.
    """
    return sequence_numbers() | implies(
        accepts(message), ~before(last_accepted[message.node], message.request)
    )


@sent_lemma(pba)
def an_acceptance_carries_a_prefix(message: Message) -> Term:
    """It names that of the session."""
    return implies(accepts(message), message.prefix != PREFIX.none)


@sent_lemma(pba)
def an_acceptance_tells_no_number(message: Message) -> Term:
    """Only a refusal names the sequence number that was accepted last."""
    return implies(accepts(message), message.sequence == SEQUENCE.none)


# one answer belongs to the last request, since no timestamp is used twice
property_as_lemma(an_acceptance_carries_the_prefix_of_the_session)


# ---- gateways --------------------------------------------------------------------------


@lemma
def a_registered_node_is_granted() -> Term:
    """An acceptance registers, and to leave this state withdraws the grant."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: granted[n, g] == (bule_state[n, g] == UpdateListState.REGISTERED),
        ),
    )


@lemma
def a_registered_node_has_a_prefix() -> Term:
    """An acceptance carries one, and to leave this state gives it up."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: implies(
                bule_state[n, g] == UpdateListState.REGISTERED,
                bule_prefix[n, g] != PREFIX.none,
            ),
        ),
    )


@sent_lemma(pbu)
def the_awaited_request_names_the_prefix(message: Message) -> Term:
    """A gateway asks for the prefix in its entry, which changes with an answer only."""
    return forall(
        GATEWAY,
        lambda g: implies(
            (message.timestamp != TIME.none)
            & (message.timestamp == awaited[message.node, g]),
            message.prefix == bule_prefix[message.node, g],
        ),
    )


@lemma
def the_anchor_keeps_the_prefix_that_is_asked_for() -> Term:
    """A request that names a prefix is accepted with this prefix or not at all.

    Which request was accepted last is known where timestamps order all of them, and
    which session it belongs to where the node has one.
    """
    return any_of(
        several_interfaces(),
        sequence_numbers(),
        forall(
            ENTRY,
            lambda b: forall(
                MOBILE_NODE,
                lambda n: forall(
                    GATEWAY,
                    lambda g: forall(
                        PREFIX,
                        lambda p: implies(
                            all_of(
                                is_bound_to(b, n),
                                last_accepted[n] == awaited[n, g],
                                bule_prefix[n, g] == p,
                            ),
                            bce_prefix[b, p],
                        ),
                    ),
                ),
            ),
        ),
    )


@lemma
def the_timers_of_a_gateway_run_in_states_that_have_them() -> Term:
    """Each way out of these states stops them, so that each expiry has its rule."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: all_of(
                implies(
                    renewal.running(n, g),
                    bule_state[n, g] == UpdateListState.REGISTERED,
                ),
                implies(
                    retransmission.running(n, g),
                    one_of(
                        bule_state[n, g],
                        UpdateListState.REGISTERING,
                        UpdateListState.REGISTERED,
                        UpdateListState.DEREGISTERING,
                    ),
                ),
            ),
        ),
    )


# ---- user packets ----------------------------------------------------------------------


def has_packets() -> Term:
    """User packets come to the anchor or to gateways."""
    return forwarding() | gateway_forwarding()


@sent_lemma(packet)
def a_packet_names_a_prefix(message: Message) -> Term:
    """An address is of some prefix, whether a node has it or not."""
    return ~has_packets() | (message.prefix != PREFIX.none)


@sent_lemma(delivery)
def a_packet_that_is_passed_on_names_a_prefix(message: Message) -> Term:
    """It names that of the packet that came."""
    return ~has_packets() | (message.prefix != PREFIX.none)


@sent_lemma(access_packet)
def a_packet_of_a_node_names_the_prefix_of_its_source(message: Message) -> Term:
    """The source of a packet on an access link is of some prefix."""
    return ~gateway_forwarding() | (message.source != PREFIX.none)
