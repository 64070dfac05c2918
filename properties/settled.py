"""What gateways and anchor agree on when nothing is open between them (2 of the list).

It is asked where gateways number their requests; elsewhere a node that comes back before
its gateway notices it has left gets another prefix (docs/findings.md).
"""

from pmip6.model.language.terms import Term, all_of, exists, forall, implies
from pmip6.model.lma.binding_cache import is_bound_to
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    BindingState,
    UpdateListState,
    awaited,
    bce_prefix,
    bce_proxy_coa,
    bce_state,
    bule_prefix,
    bule_state,
    counted_requests,
)
from pmip6.properties.property import invariant


def is_settled(node: Term, gateway: Term, entry: Term) -> Term:
    """The gateway serves the node and awaits nothing; the session of the node is with it."""
    return all_of(
        counted_requests(),
        bule_state[node, gateway] == UpdateListState.REGISTERED,
        awaited[node, gateway] == TIME.none,
        is_bound_to(entry, node),
        bce_state[entry] == BindingState.REGISTERED,
        bce_proxy_coa[entry, gateway],
    )


def has_the_prefix(node: Term, gateway: Term, entry: Term) -> Term:
    """What the gateway advertises is a prefix of the session."""
    return exists(
        PREFIX, lambda p: (bule_prefix[node, gateway] == p) & bce_prefix[entry, p]
    )


@invariant(
    "preserved-prefix.settled",
    premise=lambda: exists(
        MOBILE_NODE,
        lambda n: exists(
            GATEWAY, lambda g: exists(ENTRY, lambda b: is_settled(n, g, b))
        ),
    ),
    requirement=("5213-6.9.1.2-7", "5213-6.9.1.2-22"),
    assumptions=("no lifetime ends",),
)
def a_gateway_with_nothing_open_has_the_prefix_of_the_session() -> Term:
    """A gateway that awaits no answer advertises the prefix of the session it serves."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: forall(
                ENTRY, lambda b: implies(is_settled(n, g, b), has_the_prefix(n, g, b))
            ),
        ),
    )
