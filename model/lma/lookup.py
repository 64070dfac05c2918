"""To which session a request belongs: the lookup of RFC 5213, section 5.4.1.

Where the nodes have one interface each, node and prefix decide.  Where they have several,
one of the rows of `LOOKUP` has to hold as well: the rows of section 5.4.1.1 where the
request names a prefix, else those of 5.4.1.2 where it names a link-layer identifier, else
those of 5.4.1.3.  A request for which no row holds is one for a new session.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass

from pmip6.model.language.table import Message
from pmip6.model.language.terms import Term, all_of, any_of, exists, one_of
from pmip6.model.lma.binding_cache import (
    is_bound_to,
    is_free,
    is_from_serving_gateway,
    is_held,
)
from pmip6.model.state import (
    ENTRY,
    LINK_LAYER,
    PREFIX,
    BindingState,
    bce_link_layer,
    bce_node,
    bce_prefix,
    bce_state,
    bce_technology,
    may_request,
    second_session_by_name,
    several_interfaces,
    several_prefixes,
    unknown_handoff_is_new_session,
)
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator

Conditions = tuple[Term, ...]


@dataclass(frozen=True)
class LookupRow:
    """One way in which a request belongs to an entry of its node.

    Args:
        name: Which one.
        requirements: Ids of the rules that say so.
        conditions: What has to hold, of the entry and the request.
    """

    name: str
    requirements: tuple[str, ...]
    conditions: Callable[[Term, Message], Conditions]

    def holds(self, entry: Term, message: Message) -> Term:
        """All conditions of the row hold."""
        return all_of(*self.conditions(entry, message))


# ---- what the rows ask -----------------------------------------------------------------


def names_prefix(message: Message) -> Term:
    """The request has a prefix other than ALL_ZERO (5.4.1.1)."""
    return message.prefix != PREFIX.none


def is_identified(message: Message) -> Term:
    """The request has a link-layer identifier other than ALL_ZERO (5.4.1.2)."""
    return message.link_layer != LINK_LAYER.none


def is_same_technology(entry: Term, message: Message) -> Term:
    """The access technology is that of the entry."""
    return bce_technology[entry] == message.technology


def is_same_interface(entry: Term, message: Message) -> Term:
    """Link-layer identifier and access technology are those of the entry."""
    return all_of(
        is_identified(message),
        bce_link_layer[entry] == message.link_layer,
        is_same_technology(entry, message),
    )


def has_interface_entry(message: Message) -> Term:
    """The node has an entry for the interface of the request."""
    return exists(
        ENTRY,
        lambda b: is_bound_to(b, message.node) & is_same_interface(b, message),
    )


def has_several_entries(message: Message) -> Term:
    """The node has more than one entry."""
    return exists(
        ENTRY,
        lambda b: exists(
            ENTRY,
            lambda c: all_of(
                is_bound_to(b, message.node), is_bound_to(c, message.node), b != c
            ),
        ),
    )


def is_over(entry: Term, message: Message) -> Term:
    """The session is de-registered already, or the request ends it.

    An anchor that does not wait for a de-registration, as it may, asks for this, or
    takes every such request for one for a new session (docs/findings.md).
    """
    is_ended = bce_state[entry] == BindingState.DEREGISTERED
    return ~unknown_handoff_is_new_session() & (is_ended | message.deregistration)


# ---- the rows --------------------------------------------------------------------------


def _by_prefix(entry: Term, message: Message) -> Conditions:
    return (
        names_prefix(message),
        is_identified(message),
        bce_link_layer[entry] == message.link_layer,
        is_same_technology(entry, message),
    )


def _by_prefix_between_interfaces(entry: Term, message: Message) -> Conditions:
    return (
        names_prefix(message),
        message.handoff_indicator == HandoffIndicator.BETWEEN_INTERFACES,
    )


def _by_prefix_without_identifier(entry: Term, message: Message) -> Conditions:
    return (
        names_prefix(message),
        ~is_identified(message),
        bce_link_layer[entry] == LINK_LAYER.none,
        is_same_technology(entry, message),
        message.handoff_indicator == HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
    )


def _by_prefix_from_serving_gateway(entry: Term, message: Message) -> Conditions:
    return (
        names_prefix(message),
        is_from_serving_gateway(entry, message),
        is_same_technology(entry, message),
    )


def _by_interface(entry: Term, message: Message) -> Conditions:
    return (
        ~names_prefix(message),
        is_identified(message),
        bce_link_layer[entry] == message.link_layer,
        is_same_technology(entry, message),
    )


def _by_node_between_interfaces(entry: Term, message: Message) -> Conditions:
    return (
        ~names_prefix(message),
        is_identified(message),
        message.handoff_indicator == HandoffIndicator.BETWEEN_INTERFACES,
        ~has_several_entries(message),
        ~has_interface_entry(message),
    )


def _by_node_after_the_end(entry: Term, message: Message) -> Conditions:
    return (
        ~names_prefix(message),
        is_identified(message),
        message.handoff_indicator == HandoffIndicator.UNKNOWN,
        is_over(entry, message),
        ~has_several_entries(message),
        ~has_interface_entry(message),
    )


def _by_node_alone(entry: Term, message: Message) -> Conditions:
    return (
        ~names_prefix(message),
        ~is_identified(message),
        one_of(
            message.handoff_indicator,
            HandoffIndicator.BETWEEN_INTERFACES,
            HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
        ),
        ~has_several_entries(message),
    )


def _by_node_alone_after_the_end(entry: Term, message: Message) -> Conditions:
    return (
        ~names_prefix(message),
        ~is_identified(message),
        message.handoff_indicator == HandoffIndicator.UNKNOWN,
        is_over(entry, message),
        ~has_several_entries(message),
    )


_BY_PREFIX = ("5213-5.4.1.1-1", "5213-5.4.1.1-2", "5213-5.4.1.1-6")
_BY_INTERFACE = ("5213-5.4.1.2-1", "5213-5.4.1.2-2")
_BY_NODE = ("5213-5.4.1.3-1", "5213-5.4.1.3-2")
LOOKUP = (
    LookupRow("prefix and interface", _BY_PREFIX, _by_prefix),
    LookupRow(
        "prefix, handoff between interfaces",
        (*_BY_PREFIX, "5213-5.4-4", "5213-5.4-5"),
        _by_prefix_between_interfaces,
    ),
    LookupRow(
        "prefix without identifiers, handoff between gateways",
        (*_BY_PREFIX, "5213-5.4-5"),
        _by_prefix_without_identifier,
    ),
    LookupRow(
        "prefix, from the serving gateway", _BY_PREFIX, _by_prefix_from_serving_gateway
    ),
    LookupRow("interface", (*_BY_INTERFACE, "5213-5.4.1.2-3"), _by_interface),
    LookupRow(
        "only session, handoff between interfaces",
        (
            *_BY_INTERFACE,
            "5213-5.4.1.2-4",
            "5213-5.4.1.2-5",
            "5213-5.4.1.2-6",
            "5213-5.4-4",
            "5213-5.4-5",
        ),
        _by_node_between_interfaces,
    ),
    LookupRow(
        "only session, which is over",
        (*_BY_INTERFACE, "5213-5.4.1.2-7", "5213-5.4.1.2-8", "5213-5.4-5"),
        _by_node_after_the_end,
    ),
    LookupRow(
        "only session, no identifier, handoff",
        (*_BY_NODE, "5213-5.4.1.3-3", "5213-5.4-5"),
        _by_node_alone,
    ),
    LookupRow(
        "only session, no identifier, which is over",
        (*_BY_NODE, "5213-5.4-5"),
        _by_node_alone_after_the_end,
    ),
)
"""The rows of section 5.4.1 in their order; the names are ours."""


# ---- where no row holds ----------------------------------------------------------------


def has_only_one_entry(message: Message) -> Term:
    """The node has an entry, and no other one."""
    has_one = exists(ENTRY, lambda b: is_bound_to(b, message.node))
    return has_one & ~has_several_entries(message)


def _unmatched_interface(entry: Term, message: Message) -> Conditions:
    return ~names_prefix(message), is_identified(message)


def _several_to_move_between_interfaces(entry: Term, message: Message) -> Conditions:
    return (
        *_unmatched_interface(entry, message),
        message.handoff_indicator == HandoffIndicator.BETWEEN_INTERFACES,
        ~has_only_one_entry(message),
    )


def _several_to_move_unknown(entry: Term, message: Message) -> Conditions:
    return (
        *_unmatched_interface(entry, message),
        message.handoff_indicator == HandoffIndicator.UNKNOWN,
        ~has_only_one_entry(message),
    )


def _one_that_may_move(entry: Term, message: Message) -> Conditions:
    return (
        *_unmatched_interface(entry, message),
        message.handoff_indicator == HandoffIndicator.UNKNOWN,
        has_only_one_entry(message),
    )


def _unmatched_node(entry: Term, message: Message) -> Conditions:
    return ~names_prefix(message), ~is_identified(message)


def _one_that_may_move_without_identifier(entry: Term, message: Message) -> Conditions:
    return (
        *_unmatched_node(entry, message),
        message.handoff_indicator == HandoffIndicator.UNKNOWN,
        has_only_one_entry(message),
    )


def _ending_without_identifier(entry: Term, message: Message) -> Conditions:
    return (*_unmatched_node(entry, message), message.deregistration)


UNMATCHED = (
    LookupRow(
        "prefix",
        ("5213-5.4.1.1-1", "5213-5.4.1.1-2", "5213-5.4.1.1-7"),
        lambda entry, message: (names_prefix(message),),
    ),
    LookupRow("interface", (*_BY_INTERFACE, "5213-5.4.1.2-12"), _unmatched_interface),
    LookupRow(
        "interface, handoff between interfaces, not one session",
        ("5213-5.4.1.2-4", "5213-5.4.1.2-5"),
        _several_to_move_between_interfaces,
    ),
    LookupRow(
        "interface, unknown handoff, not one session",
        ("5213-5.4.1.2-7", "5213-5.4.1.2-8"),
        _several_to_move_unknown,
    ),
    LookupRow(
        "interface, unknown handoff, one session",
        ("5213-5.4.1.2-7", "5213-5.4.1.2-8", "5213-5.4.1.2-11"),
        _one_that_may_move,
    ),
    LookupRow("node alone", (*_BY_NODE, "5213-5.4.1.3-7"), _unmatched_node),
    LookupRow(
        "node alone, unknown handoff, one session",
        ("5213-5.4.1.3-6",),
        _one_that_may_move_without_identifier,
    ),
    LookupRow(
        "node alone, lifetime zero", ("5213-5.4.1.3-8",), _ending_without_identifier
    ),
)
"""What section 5.4.1 says of a request for which no row of `LOOKUP` holds.

All that hold count; none of them reads the entry.
"""


# ---- the lookup ------------------------------------------------------------------------


def matches(entry: Term, message: Message) -> Term:
    """The lookup: the request belongs to the session of this entry (RFC 5213, 5.4.1)."""
    return all_of(
        is_bound_to(entry, message.node),
        ~names_prefix(message) | bce_prefix[entry, message.prefix],
        ~several_interfaces() | any_of(*(row.holds(entry, message) for row in LOOKUP)),
    )


def has_session(message: Message) -> Term:
    """The request belongs to an existing mobility session."""
    return exists(ENTRY, lambda b: matches(b, message))


def is_held_by_another(message: Message) -> Term:
    """The requested prefix is in an entry of another node (RFC 5213, 5.4.1.1)."""
    return is_held(message.prefix, lambda b: bce_node[b] != message.node)


def names_other_set(message: Message) -> Term:
    """The request names prefixes of a session of the node, but not exactly all of them.

    Source: RFC 5213, section 5.4.1.1.
    """
    return several_prefixes() & is_held(
        message.prefix,
        lambda b: (bce_node[b] == message.node) & ~bce_prefix[b, message.prefix],
    )


def statuses_of_lookup(
    status: BindingAckStatus | int, named: Set[str], held: Set[str]
) -> tuple[int, ...]:
    """What may stand in an answer for this status, itself first.

    Any prefix of a request can be used for the lookup (5213-5.4.1.1-1): where one is not
    the node's, that one leads to 155 (docs/findings.md, prefix that decides the lookup).

    Args:
        status: That of the model, for which the prefixes of the node's session decide.
        named: The prefixes that the request names.
        held: Those of the sessions of its node.
    """
    if status == BindingAckStatus.BCE_PBU_PREFIX_SET_DO_NOT_MATCH and named - held:
        return status, BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    return (status,)


def may_have(message: Message) -> Term:
    """The node may have the prefix that the request names (RFC 5213, 5.3.2)."""
    has_another = exists(
        ENTRY,
        lambda b: (
            is_bound_to(b, message.node)
            & (~several_interfaces() | is_same_interface(b, message))
        ),
    )
    is_in_another_session = several_interfaces() & ~is_free(message.prefix)
    return all_of(
        may_request(message.node, message.prefix),
        ~is_in_another_session,
        ~has_another | second_session_by_name(),
    )
