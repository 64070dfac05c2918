"""What a step does to a binding cache entry, as terms of properties."""

from pmip6.model.language.terms import Term, after, all_of, forall
from pmip6.model.lma.binding_cache import in_use
from pmip6.model.state import (
    GATEWAY,
    PREFIX,
    bce_link_layer,
    bce_node,
    bce_prefix,
    bce_proxy_coa,
    bce_state,
    bce_technology,
)


def lives_on(entry: Term) -> Term:
    """The session of the entry lives before and after the step."""
    return (
        in_use(entry)
        & after(in_use(entry))
        & (after(bce_node[entry]) == bce_node[entry])
    )


def is_unchanged(entry: Term) -> Term:
    """The step leaves the entry as it was."""
    return all_of(
        after(bce_state[entry]) == bce_state[entry],
        after(bce_node[entry]) == bce_node[entry],
        after(bce_link_layer[entry]) == bce_link_layer[entry],
        after(bce_technology[entry]) == bce_technology[entry],
        forall(PREFIX, lambda p: after(bce_prefix[entry, p]) == bce_prefix[entry, p]),
        forall(
            GATEWAY, lambda g: after(bce_proxy_coa[entry, g]) == bce_proxy_coa[entry, g]
        ),
    )
