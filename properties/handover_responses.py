"""Responses of fast handover: an HI, a tunnel, a kept packet and a wrong prefix end.

The timers by which they do are those of RFC 5568 for an HI, and ours for tunnels
(docs/findings.md).
"""

from __future__ import annotations

from collections.abc import Callable

from pmip6.model.fast_handover.messages import is_awaiting
from pmip6.model.fast_handover.new_gateway import has_context, has_to_withdraw
from pmip6.model.fast_handover.previous_gateway import has_tunnel
from pmip6.model.fast_handover.state import (
    PACKET,
    fast_handover,
    handover_packets,
    is_buffered,
    is_of_node,
)
from pmip6.model.language.terms import Term, after, exists
from pmip6.model.state import GATEWAY, MOBILE_NODE, attached
from pmip6.properties.response import Case, response


@response(
    "response.handover",
    MOBILE_NODE,
    GATEWAY,
    requirement=("5568-6.2.1.1-10", "5568-6.2.1.1-11"),
)
def an_initiate_is_not_awaited_for_ever(node: Term, gateway: Term) -> Case:
    """A gateway that has sent an HI hears of it, or gives it up."""
    awaits = fast_handover() & is_awaiting(node, gateway)
    return Case(trigger=awaits, goal=~awaits)


@response("response.tunnel", MOBILE_NODE, GATEWAY, requirement=("5949-4.1-12",))
def a_tunnel_between_gateways_ends(node: Term, gateway: Term) -> Case:
    """Where no gateway sends an HI for the node any more, what it has agreed to ends."""
    lasts = fast_handover() & (has_tunnel(node, gateway) | has_context(node, gateway))
    return Case(
        trigger=lasts,
        goal=~lasts | exists(GATEWAY, lambda g: is_awaiting(node, g)),
    )


@response("response.withdrawal", MOBILE_NODE, GATEWAY, requirement=("5949-5.2-3",))
def a_wrong_prefix_is_withdrawn(node: Term, gateway: Term) -> Case:
    """A prefix that was advertised before a registration that fails for it is withdrawn."""
    wrong = has_to_withdraw(node, gateway)
    return Case(trigger=wrong, goal=~wrong)


@response("response.kept-packet", PACKET, GATEWAY, requirement=("5949-4.2-8",))
def a_packet_is_not_kept_for_ever(packet: Term, gateway: Term) -> Case:
    """Where no gateway sends an HI any more, and the node stays, no packet of it is kept.

    It is delivered, forwarded to where the node is, or discarded.
    """
    kept = handover_packets() & is_buffered[packet, gateway]

    def some_node(holds: Callable[[Term], Term]) -> Term:
        return exists(MOBILE_NODE, lambda n: is_of_node(packet, n) & holds(n))

    return Case(
        trigger=kept,
        goal=~kept | some_node(lambda n: exists(GATEWAY, lambda g: is_awaiting(n, g))),
        step_goal=some_node(lambda n: after(attached[n]) != attached[n]),
    )
