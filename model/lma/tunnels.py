"""Tunnels and routes of the anchor (RFC 5213, 5.6.1): what rules do to them.

They are state of their own, which registration, handoff and deletion keep in step with
the binding cache; nothing derives them from it.  Tunnels are made on demand and shared
by all sessions that a gateway serves.
"""

from collections.abc import Callable

from pmip6.model.language.table import Step
from pmip6.model.language.terms import FALSE, Term, exists, ite
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    PREFIX,
    TUNNEL,
    BindingState,
    bce_prefix,
    bce_proxy_coa,
    bce_state,
    forwarding,
    is_established,
    leads_to,
    route,
)


def ends_at(tunnel: Term, is_end: Callable[[Term], Term]) -> Term:
    """The other end of the tunnel is an address of this kind."""
    return exists(GATEWAY, lambda g: leads_to(tunnel, g) & is_end(g))


def uses(entry: Term, tunnel: Term) -> Term:
    """The entry is in the binding cache, and the tunnel leads to its gateway."""
    return (bce_state[entry] != BindingState.FREE) & ends_at(
        tunnel, lambda g: bce_proxy_coa[entry, g]
    )


def is_shared(tunnel: Term, entry: Term) -> Term:
    """Another session than that of the entry uses the tunnel (RFC 5213, 5.3.4)."""
    return exists(ENTRY, lambda b: (b != entry) & uses(b, tunnel))


def is_routed(prefix: Term, gateway: Term) -> Term:
    """There is a route for the prefix over an established tunnel to the gateway."""
    return exists(
        TUNNEL,
        lambda t: leads_to(t, gateway) & is_established[t] & route[prefix, t],
    )


def route_over(
    step: Step, entry: Term, prefix: Term, is_end: Callable[[Term], Term]
) -> None:
    """Route the prefix of a session over the tunnel to its gateway, and over no other.

    The tunnel is established if it is not yet, and the one to the previous gateway goes
    unless another session uses it (RFC 5213, 5.3.2 and 5.3.4).
    """
    step.set_each(
        TUNNEL,
        lambda t: route[prefix, t],
        lambda t: forwarding() & ends_at(t, is_end),
    )
    step.set_each(
        TUNNEL,
        lambda t: is_established[t],
        lambda t: (
            forwarding()
            & (ends_at(t, is_end) | (is_established[t] & is_shared(t, entry)))
        ),
    )


def remove_routes(step: Step, entry: Term) -> None:
    """Remove the routes of a session, and its tunnel unless another session uses it."""
    step.set_every(
        (PREFIX, TUNNEL),
        lambda p, t: route[p, t],
        lambda p, t: forwarding() & ite(bce_prefix[entry, p], FALSE, route[p, t]),
    )
    step.set_each(
        TUNNEL,
        lambda t: is_established[t],
        lambda t: forwarding() & is_established[t] & is_shared(t, entry),
    )
