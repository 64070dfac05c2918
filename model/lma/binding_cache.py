"""The binding cache of the anchor (RFC 5213, 5.1): what rules ask of it and do to it."""

from collections.abc import Callable

from pmip6.model.language.table import Message, Step
from pmip6.model.language.terms import FALSE, TRUE, Term, exists, ite
from pmip6.model.lma.tunnels import remove_routes, route_over
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
    alternate_addresses,
    bce_link_layer,
    bce_node,
    bce_prefix,
    bce_proxy_coa,
    bce_sequence,
    bce_state,
    bce_technology,
    binding_lifetime,
    last_accepted,
    min_delay_before_bce_delete,
    overlaps,
    sequence_numbers,
    several_prefixes,
    timestamp_ends_with_binding,
)

# ---- conditions on the entries ---------------------------------------------------------


def in_use(entry: Term) -> Term:
    """The entry is in the binding cache, its deletion delay included."""
    return bce_state[entry] != BindingState.FREE


def holds(entry: Term, prefix: Term) -> Term:
    """The entry is in the binding cache and has this prefix, or exactly this set."""
    return in_use(entry) & bce_prefix[entry, prefix]


def is_held(prefix: Term, by: Callable[[Term], Term]) -> Term:
    """An entry of this kind is in the binding cache and has the prefix.

    Where sessions have several, the entry has one or more of the prefixes.
    """

    def has(held: Term) -> Term:
        return exists(ENTRY, lambda b: holds(b, held) & by(b))

    return ite(
        several_prefixes(),
        exists(PREFIX, lambda p: share_one(p, prefix) & has(p)),
        has(prefix),
    )


def share_one(prefix: Term, other: Term) -> Term:
    """The two are the same prefix, or sets that have a prefix in common."""
    return (prefix == other) | (
        several_prefixes() & (overlaps(prefix, other) | overlaps(other, prefix))
    )


def is_bound_to(entry: Term, node: Term) -> Term:
    """The entry is in the binding cache and is the node's."""
    return in_use(entry) & (bce_node[entry] == node)


def is_free(prefix: Term) -> Term:
    """No entry has the prefix, or one of the prefixes (RFC 5213, 5.3.2)."""
    return ~is_held(prefix, lambda b: TRUE)


def is_proxy_coa(address: Term, message: Message) -> Term:
    """The address is the Proxy-CoA of the request (RFC 5213, 6.9.1.5).

    The source of the request, or what an Alternate Care-of Address option names.
    """
    return ite(
        alternate_addresses(), address == message.proxy_coa, address == message.gateway
    )


def is_from_serving_gateway(entry: Term, message: Message) -> Term:
    """The Proxy-CoA of the request is that of the entry (RFC 5213, 5.3.1 and 5.3.5)."""
    return ite(
        alternate_addresses(),
        bce_proxy_coa[entry, message.proxy_coa],
        bce_proxy_coa[entry, message.gateway],
    )


def is_stamped(message: Message) -> Term:
    """A timestamp orders the request; else its sequence number does (5.5)."""
    return ~sequence_numbers() | message.has_timestamp


# ---- effects on an entry ---------------------------------------------------------------


def register(
    step: Step,
    message: Message,
    entry: Term,
    prefix: Term,
    latest: Term | None = None,
) -> None:
    """Update the entry with the accepted registration values (RFC 5213, 5.3.2-4).

    The prefix of the session is reached through its gateway from now on.  `latest` is the
    last accepted timestamp from then on, where it is not that of the request.
    """
    step.set(bce_state[entry], BindingState.REGISTERED)
    step.set_each(
        GATEWAY,
        lambda g: bce_proxy_coa[entry, g],
        lambda g: is_proxy_coa(g, message),
    )
    step.set(bce_link_layer[entry], message.link_layer)
    step.set(bce_technology[entry], message.technology)
    remember(step, message, entry, latest)
    step.start(binding_lifetime, entry)
    route_over(step, entry, prefix, lambda g: is_proxy_coa(g, message))


def remember(
    step: Step, message: Message, entry: Term, latest: Term | None = None
) -> None:
    """Keep what orders the next request: timestamp, else sequence number (5.5).

    With a timestamp the sequence number is ignored, so that none is kept.
    """
    stamped = is_stamped(message)
    step.set(
        last_accepted[message.node],
        ite(stamped, message.timestamp, last_accepted[message.node])
        if latest is None
        else latest,
    )
    step.set(bce_sequence[entry], ite(stamped, SEQUENCE.none, message.sequence))


def create(
    step: Step,
    message: Message,
    entry: Term,
    prefix: Term,
    latest: Term | None = None,
) -> None:
    """Fill a free entry for a new mobility session (RFC 5213, 5.3.2)."""
    step.require(bce_state[entry] == BindingState.FREE)
    step.set(bce_node[entry], message.node)
    step.set(bce_prefix[entry, prefix], True)
    register(step, message, entry, prefix, latest)


def delete(step: Step, entry: Term) -> None:
    """Take the entry out of the binding cache, with all that it holds."""
    step.set(bce_state[entry], BindingState.FREE)
    step.set(bce_node[entry], MOBILE_NODE.none)
    step.set_each(PREFIX, lambda p: bce_prefix[entry, p], lambda p: FALSE)
    step.set_each(GATEWAY, lambda g: bce_proxy_coa[entry, g], lambda g: FALSE)
    step.set(bce_link_layer[entry], LINK_LAYER.none)
    step.set(bce_technology[entry], TECHNOLOGY.none)
    step.set(bce_sequence[entry], SEQUENCE.none)
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
    remove_routes(step, entry)
