"""The binding cache of the anchor (RFC 5213, 5.1): what rules ask of it and do to it."""

from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    BindingState,
    bce_node,
    bce_prefix,
    bce_proxy_coa,
    bce_state,
    binding_lifetime,
    last_accepted,
    may_request,
    min_delay_before_bce_delete,
    second_session_by_name,
    timestamp_ends_with_binding,
)
from pmip6.model.table import Message, Step
from pmip6.model.terms import FALSE, Term, exists, ite

# ---- conditions on the entries ---------------------------------------------------------


def in_use(entry: Term) -> Term:
    """The entry is in the binding cache, its deletion delay included."""
    return bce_state[entry] != BindingState.FREE


def holds(entry: Term, prefix: Term) -> Term:
    """The entry is in the binding cache and has the prefix."""
    return in_use(entry) & bce_prefix[entry, prefix]


def is_bound_to(entry: Term, node: Term) -> Term:
    """The entry is in the binding cache and is the node's."""
    return in_use(entry) & (bce_node[entry] == node)


def is_free(prefix: Term) -> Term:
    """No entry has the prefix (RFC 5213, 5.3.2)."""
    return ~exists(ENTRY, lambda b: holds(b, prefix))


def matches(entry: Term, message: Message) -> Term:
    """The lookup: the request belongs to the session of this entry (RFC 5213, 5.4.1).

    By the prefix where the request names one, else by the node; a node has one interface.
    """
    named = message.prefix != PREFIX.none
    return is_bound_to(entry, message.node) & (
        ~named | bce_prefix[entry, message.prefix]
    )


def has_session(message: Message) -> Term:
    """The request belongs to an existing mobility session."""
    return exists(ENTRY, lambda b: matches(b, message))


def is_held_by_another(message: Message) -> Term:
    """The requested prefix is in an entry of another node (RFC 5213, 5.4.1.1)."""
    return exists(
        ENTRY,
        lambda b: holds(b, message.prefix) & (bce_node[b] != message.node),
    )


def may_have(message: Message) -> Term:
    """The node may have the prefix that the request names (RFC 5213, 5.3.2)."""
    has_another = exists(ENTRY, lambda b: is_bound_to(b, message.node))
    return may_request(message.node, message.prefix) & (
        ~has_another | second_session_by_name()
    )


# ---- effects on an entry ---------------------------------------------------------------


def register(step: Step, message: Message, entry: Term) -> None:
    """Update the entry with the accepted registration values (RFC 5213, 5.3.2-4)."""
    step.set(bce_state[entry], BindingState.REGISTERED)
    step.set_each(
        GATEWAY,
        lambda g: bce_proxy_coa[entry, g],
        lambda g: g == message.gateway,
    )
    step.set(last_accepted[message.node], message.timestamp)
    step.start(binding_lifetime, entry)


def create(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """Fill a free entry for a new mobility session (RFC 5213, 5.3.2)."""
    step.require(bce_state[entry] == BindingState.FREE)
    step.set(bce_node[entry], message.node)
    step.set(bce_prefix[entry, prefix], True)
    register(step, message, entry)


def delete(step: Step, entry: Term) -> None:
    """Take the entry out of the binding cache, with all that it holds."""
    step.set(bce_state[entry], BindingState.FREE)
    step.set(bce_node[entry], MOBILE_NODE.none)
    step.set_each(PREFIX, lambda p: bce_prefix[entry, p], lambda p: FALSE)
    step.set_each(GATEWAY, lambda g: bce_proxy_coa[entry, g], lambda g: FALSE)
    step.stop(binding_lifetime, entry)
    step.stop(min_delay_before_bce_delete, entry)
    step.set_each(
        MOBILE_NODE,
        lambda n: last_accepted[n],
        lambda n: ite(
            timestamp_ends_with_binding() & (bce_node[entry] == n),
            TIME.none,
            last_accepted[n],
        ),
    )
