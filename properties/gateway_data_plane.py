"""The properties of a gateway's data plane, by name (8 and the gateway's part of 10).

They have a case where a configuration has user packets at gateways.
"""

from pmip6.model.language.table import Message
from pmip6.model.language.terms import (
    Term,
    after,
    all_of,
    any_of,
    exists,
    forall,
    implies,
)
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    UpdateListState,
    access_delivery,
    access_packet,
    access_route,
    bule_prefix,
    bule_state,
    delivery,
    gateway_forwarding,
    has_tunnel,
    packet,
    routes_locally,
)
from pmip6.properties.property import invariant, message_property


def is_registered(node: Term, gateway: Term) -> Term:
    """The node has an established binding through the gateway."""
    return bule_state[node, gateway] == UpdateListState.REGISTERED


def serves_some_node(gateway: Term) -> Term:
    """Some node has an established binding through the gateway."""
    return exists(MOBILE_NODE, lambda n: is_registered(n, gateway))


# ---- 8, tunnel and routes --------------------------------------------------------------


@invariant(
    "gateway-tunnel.route",
    premise=lambda: (
        gateway_forwarding()
        & exists(MOBILE_NODE, lambda n: exists(GATEWAY, lambda g: is_registered(n, g)))
    ),
    requirement=("5213-6.9.1.2-20", "5213-6.9.1.2-21"),
)
def every_registration_has_its_route() -> Term:
    """The prefix of a registered node, and no other, is routed to and from its link."""
    return implies(
        gateway_forwarding(),
        forall(
            MOBILE_NODE,
            lambda n: forall(
                GATEWAY,
                lambda g: implies(
                    is_registered(n, g), access_route[n, g] == bule_prefix[n, g]
                ),
            ),
        ),
    )


@invariant(
    "gateway-tunnel.no-other-route",
    premise=lambda: (
        gateway_forwarding()
        & exists(
            MOBILE_NODE,
            lambda n: exists(
                GATEWAY, lambda g: bule_state[n, g] == UpdateListState.DEREGISTERING
            ),
        )
    ),
    requirement=("5213-6.9.1.2-16", "5213-6.10.5-8"),
)
def no_route_without_a_registration() -> Term:
    """Nothing is routed to or from the link of a node without a registration."""
    return implies(
        gateway_forwarding(),
        forall(
            MOBILE_NODE,
            lambda n: forall(
                GATEWAY,
                lambda g: implies(
                    ~is_registered(n, g), access_route[n, g] == PREFIX.none
                ),
            ),
        ),
    )


@invariant(
    "gateway-tunnel.tunnel",
    premise=lambda: gateway_forwarding() & exists(GATEWAY, serves_some_node),
    requirement=("5213-6.9.1.2-18", "5213-6.9.1.2-19", "5213-5.6.1-3"),
)
def every_registration_has_its_tunnel() -> Term:
    """A gateway that serves a node has its end of the tunnel to the anchor."""
    return implies(
        gateway_forwarding(),
        forall(GATEWAY, lambda g: implies(serves_some_node(g), has_tunnel[g])),
    )


@invariant(
    "gateway-tunnel.no-other-tunnel",
    premise=lambda: gateway_forwarding() & exists(GATEWAY, lambda g: ~has_tunnel[g]),
    requirement=("5213-6.9.1.2-19", "5213-6.9.1.4-8", "5213-5.6.1-6"),
)
def no_tunnel_without_a_registration() -> Term:
    """A gateway that serves no node has no tunnel to the anchor."""
    return implies(
        gateway_forwarding(),
        forall(GATEWAY, lambda g: implies(has_tunnel[g], serves_some_node(g))),
    )


# ---- 10, traffic at the gateway --------------------------------------------------------


def is_delivered(message: Message, node: Term, prefix: Term) -> Term:
    """The step sends a packet for the prefix to the link of the node."""
    sent = access_delivery.sent(node=node, gateway=message.gateway, prefix=prefix)
    return after(sent) & ~sent


def hosts(message: Message, node: Term, prefix: Term) -> Term:
    """The prefix is that of the node, which has a binding through the gateway."""
    return is_registered(node, message.gateway) & (
        bule_prefix[node, message.gateway] == prefix
    )


@message_property(
    "gateway-traffic.delivered",
    delivery,
    premise=lambda m: (
        gateway_forwarding() & exists(MOBILE_NODE, lambda n: hosts(m, n, m.prefix))
    ),
    requirement=("5213-6.10.5-1", "5213-6.10.5-4"),
)
def a_packet_goes_to_the_link_of_its_node(message: Message) -> Term:
    """A packet out of the tunnel goes to the link of its prefix's node, and only there."""
    return forall(
        MOBILE_NODE,
        lambda n: implies(
            gateway_forwarding() & (message.gateway != GATEWAY.none),
            is_delivered(message, n, message.prefix)
            == hosts(message, n, message.prefix),
        ),
    )


def is_tunnelled(message: Message) -> Term:
    """The step sends the packet into the tunnel to the anchor."""
    sent = packet.sent(
        node=message.node, gateway=message.gateway, prefix=message.source
    )
    return after(sent) & ~sent


def may_send(message: Message) -> Term:
    """The sender has a binding, and the source is of its prefix."""
    return hosts(message, message.node, message.source)


def is_for_neighbour(message: Message) -> Term:
    """The destination is a registered node of the same gateway."""
    return (message.destination != PREFIX.none) & exists(
        MOBILE_NODE, lambda n: hosts(message, n, message.destination)
    )


@message_property(
    "gateway-traffic.source-checked",
    access_packet,
    premise=lambda m: gateway_forwarding() & ~may_send(m),
    requirement=("5213-6.9.1.2-16", "5213-6.9.1.2-20", "5213-6.10.5-8"),
)
def nothing_passes_without_a_binding(message: Message) -> Term:
    """A packet of a node without a binding, or from another's prefix, goes nowhere."""
    return implies(
        gateway_forwarding() & ~may_send(message),
        ~any_of(
            is_tunnelled(message),
            exists(
                MOBILE_NODE, lambda n: is_delivered(message, n, message.destination)
            ),
        ),
    )


@message_property(
    "gateway-traffic.tunnelled",
    access_packet,
    premise=lambda m: gateway_forwarding() & may_send(m),
    requirement=(
        "5213-6.10.5-9",
        "5213-6.10.5-10",
        "5213-6.10.5-11",
        "5213-6.10.5-12",
    ),
)
def a_packet_goes_through_the_tunnel_unless_local(message: Message) -> Term:
    """A packet of a registered node is tunnelled just if it is not routed locally."""
    return implies(
        gateway_forwarding() & may_send(message),
        is_tunnelled(message)
        == ~(routes_locally(message.gateway) & is_for_neighbour(message)),
    )


@message_property(
    "gateway-traffic.local",
    access_packet,
    premise=lambda m: gateway_forwarding() & may_send(m) & is_for_neighbour(m),
    requirement=("5213-6.10.3-1", "5213-6.10.5-9", "5213-6.10.5-11"),
)
def local_routing_is_only_where_enabled(message: Message) -> Term:
    """A packet goes to a node of the same gateway directly just where that is enabled."""
    return forall(
        MOBILE_NODE,
        lambda n: implies(
            all_of(
                gateway_forwarding(),
                may_send(message),
                message.destination != PREFIX.none,
            ),
            is_delivered(message, n, message.destination)
            == (
                routes_locally(message.gateway) & hosts(message, n, message.destination)
            ),
        ),
    )
