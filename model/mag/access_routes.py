"""Routes and tunnel of a gateway (RFC 5213, 6.9.1.2, 6.10.4): what its rules do to them.

They are state of their own, which the rules of the binding update list keep in step with
it; nothing derives them from it.  All sessions of a gateway share its tunnel to the anchor.
"""

from pmip6.model.language.table import Step
from pmip6.model.language.terms import TRUE, Term, exists, ite
from pmip6.model.state import (
    MOBILE_NODE,
    PREFIX,
    access_route,
    gateway_forwarding,
    has_tunnel,
)


def is_shared(node: Term, gateway: Term) -> Term:
    """Another node of the gateway has its route over the tunnel."""
    return exists(
        MOBILE_NODE,
        lambda n: (n != node) & (access_route[n, gateway] != PREFIX.none),
    )


def set_up_route(step: Step, node: Term, gateway: Term, prefix: Term) -> None:
    """Route the prefix to and from the link of the node, over the tunnel (6.9.1.2)."""
    route, tunnel = access_route[node, gateway], has_tunnel[gateway]
    step.set(route, ite(gateway_forwarding(), prefix, route))
    step.set(tunnel, ite(gateway_forwarding(), TRUE, tunnel))


def take_down_route(step: Step, node: Term, gateway: Term) -> None:
    """Remove the route of the node, and the tunnel unless another node uses it (5.6.1)."""
    route, tunnel = access_route[node, gateway], has_tunnel[gateway]
    step.set(route, ite(gateway_forwarding(), PREFIX.none, route))
    step.set(
        tunnel, ite(gateway_forwarding(), tunnel & is_shared(node, gateway), tunnel)
    )
