"""User packets at the gateway, as rules of the model: RFC 5213, 6.10.3 and 6.10.5.

A packet on an access link comes from the node of the link and names the prefix of its
source; one out of the tunnel names that of its destination.  Each is passed on or dropped
by exactly one rule.
"""

from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import Term, all_of, exists
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    access_delivery,
    access_packet,
    access_route,
    delivery,
    gateway_forwarding,
    has_tunnel,
    packet,
    routes_locally,
)

forwarding_at_gateway = RoleTable(Role.MAG)


def comes_out_of_tunnel(message: Message) -> Term:
    """The packet was tunnelled to a gateway that has its end of the tunnel."""
    return gateway_forwarding() & (message.gateway != GATEWAY.none)


def is_hosted(message: Message) -> Term:
    """A node of the gateway has the prefix, and the gateway has its end of the tunnel."""
    return has_tunnel[message.gateway] & exists(
        MOBILE_NODE, lambda n: access_route[n, message.gateway] == message.prefix
    )


def has_own_source(message: Message) -> Term:
    """The node has a binding, and the source of the packet is of its prefix."""
    return all_of(
        message.source != PREFIX.none,
        access_route[message.node, message.gateway] == message.source,
        has_tunnel[message.gateway],
    )


def is_local(message: Message, node: Term) -> Term:
    """The destination is a node of the same gateway, which may route to it directly."""
    return all_of(
        routes_locally(message.gateway),
        message.destination != PREFIX.none,
        access_route[node, message.gateway] == message.destination,
    )


@forwarding_at_gateway.rule(
    on=delivery,
    node=MOBILE_NODE,
    requirement=("5213-6.10.5-1", "5213-6.10.5-2"),
)
def deliver_to_node(step: Step, message: Message, node: Term) -> None:
    """A packet out of the tunnel goes to the link that hosts its prefix."""
    step.require(
        comes_out_of_tunnel(message),
        has_tunnel[message.gateway],
        access_route[node, message.gateway] == message.prefix,
    )
    step.send(
        access_delivery, node=node, gateway=message.gateway, prefix=message.prefix
    )


@forwarding_at_gateway.rule(on=delivery, requirement=("5213-6.10.5-4",))
def drop_hosted_nowhere(step: Step, message: Message) -> None:
    """A packet out of the tunnel whose prefix no link hosts is dropped."""
    step.require(comes_out_of_tunnel(message), ~is_hosted(message))


@forwarding_at_gateway.rule(
    on=access_packet,
    requirement=(
        "5213-6.9.1.2-20",
        "5213-6.10.5-8",
        "5213-6.10.5-9",
        "5213-6.10.5-10",
        "5213-6.10.5-12",
    ),
)
def tunnel_to_anchor(step: Step, message: Message) -> None:
    """A packet of a registered node goes through the tunnel to the anchor."""
    step.require(
        gateway_forwarding(),
        has_own_source(message),
        ~exists(MOBILE_NODE, lambda n: is_local(message, n)),
    )
    step.send(packet, node=message.node, gateway=message.gateway, prefix=message.source)


@forwarding_at_gateway.rule(
    on=access_packet,
    node=MOBILE_NODE,
    requirement=("5213-6.10.3-1", "5213-6.10.5-9", "5213-6.10.5-11"),
)
def route_locally(step: Step, message: Message, node: Term) -> None:
    """A packet to another node of the gateway goes there directly, where that is on."""
    step.require(gateway_forwarding(), has_own_source(message), is_local(message, node))
    step.send(
        access_delivery,
        node=node,
        gateway=message.gateway,
        prefix=message.destination,
    )


@forwarding_at_gateway.rule(
    on=access_packet, requirement=("5213-6.9.1.2-16", "5213-6.10.5-8")
)
def drop_from_access_link(step: Step, message: Message) -> None:
    """A packet of a node without a binding, or from another's prefix, is dropped."""
    step.require(gateway_forwarding(), ~has_own_source(message))
