"""What a restart of the anchor must not change for the nodes (14 of the project's list).

The properties 1 to 7 speak of the binding cache as it is; these speak of what was before.
"""

from pmip6.model.language.table import Message
from pmip6.model.language.terms import (
    Term,
    after,
    all_of,
    before,
    exists,
    forall,
    implies,
)
from pmip6.model.lma.binding_cache import in_use, is_stamped
from pmip6.model.state import (
    ENTRY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    accepted_before_restart,
    address,
    anchor_restarts,
    bce_node,
    last_accepted,
    pbu,
)
from pmip6.properties.binding_steps import is_unchanged
from pmip6.properties.property import invariant, message_property, step_property


def is_served(node: Term) -> Term:
    """The anchor may restart, and the node has an address on its link."""
    return anchor_restarts() & (address[node] != PREFIX.none)


@step_property(
    "restart.prefix",
    premise=lambda: exists(
        MOBILE_NODE,
        lambda n: is_served(n) & before(last_accepted[n], after(last_accepted[n])),
    ),
    requirement=("5213-5.3.3-1",),
    assumptions=("no lifetime ends",),
)
def a_node_on_its_link_keeps_its_prefix() -> Term:
    """A node that stays on its link hears of no other prefix than the one that it has."""
    return forall(
        MOBILE_NODE,
        lambda n: implies(
            is_served(n) & (after(address[n]) != PREFIX.none),
            after(address[n]) == address[n],
        ),
    )


@invariant(
    "restart.two-nodes",
    premise=lambda: exists(
        MOBILE_NODE,
        lambda n: exists(
            MOBILE_NODE, lambda m: all_of(m != n, is_served(m), is_served(n))
        ),
    ),
    requirement=("5213-5.3.2-2",),
    assumptions=("no lifetime ends",),
)
def two_nodes_have_two_prefixes() -> Term:
    """No two nodes have the same prefix on their links."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            MOBILE_NODE,
            lambda m: implies(is_served(m) & (address[m] == address[n]), m == n),
        ),
    )


def is_older_than_restart(message: Message) -> Term:
    """The request is not newer than one that was accepted before a restart."""
    known = accepted_before_restart[message.node]
    return all_of(
        anchor_restarts(),
        is_stamped(message),
        known != TIME.none,
        ~before(known, message.timestamp),
    )


@message_property(
    "restart.stale-request",
    pbu,
    premise=is_older_than_restart,
    requirement=("5213-5.5-17", "5213-5.5-19"),
    assumptions=("timestamps do not wrap",),
)
def what_is_older_than_a_restart_stays_stale(message: Message) -> Term:
    """A request that was stale before a restart changes no binding after it."""
    return forall(
        ENTRY,
        lambda b: implies(
            is_older_than_restart(message) & (after(bce_node[b]) == message.node),
            in_use(b) & is_unchanged(b),
        ),
    )
