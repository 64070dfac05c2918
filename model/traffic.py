"""User packets that come to anchor and gateways, and those that they have sent on.

Any correspondent node writes to any prefix; any gateway, honest or not, sends any source
address through a tunnel, and so does any node on its link (RFC 5213, 5.6.2 and 6.10.5).
"""

from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import BOOL, Term, ite
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    access_delivery,
    access_packet,
    attached,
    delivery,
    forwarding,
    gateway_forwarding,
    packet,
)

traffic = RoleTable(Role.PEER)


@traffic.rule(node=MOBILE_NODE, prefix=PREFIX, first="node", requirement=())
def send_packet_to_prefix(step: Step, node: Term, prefix: Term) -> None:
    """A correspondent node sends a packet to an address of any prefix."""
    step.require(forwarding())
    step.send(packet, node=node, gateway=GATEWAY.none, prefix=prefix)


@traffic.rule(
    node=MOBILE_NODE, gateway=GATEWAY, prefix=PREFIX, first="node", requirement=()
)
def send_packet_through_tunnel(
    step: Step, node: Term, gateway: Term, prefix: Term
) -> None:
    """A gateway tunnels a packet with a source address of any prefix to the anchor."""
    step.require(forwarding())
    step.send(packet, node=node, gateway=gateway, prefix=prefix)


@traffic.rule(on=delivery, gateway=GATEWAY, prefix=PREFIX, requirement=())
def arrive_at_gateway(
    step: Step, message: Message, gateway: Term, prefix: Term
) -> None:
    """A packet that went into a tunnel comes out of it."""
    step.require(
        forwarding(),
        ~gateway_forwarding(),
        message.gateway == gateway,
        message.prefix == prefix,
    )


@traffic.rule(on=delivery, prefix=PREFIX, requirement=())
def arrive_at_correspondent(step: Step, message: Message, prefix: Term) -> None:
    """A packet that was routed on comes to its destination."""
    step.require(
        forwarding(), message.gateway == GATEWAY.none, message.prefix == prefix
    )


@traffic.rule(
    node=MOBILE_NODE, gateway=GATEWAY, prefix=PREFIX, first="node", requirement=()
)
def send_packet_out_of_tunnel(
    step: Step, node: Term, gateway: Term, prefix: Term
) -> None:
    """An anchor tunnels a packet for any prefix to a gateway."""
    step.require(gateway_forwarding(), ~forwarding())
    step.send(delivery, node=node, gateway=gateway, prefix=prefix)


@traffic.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    source=PREFIX,
    destination=PREFIX,
    is_elsewhere=BOOL,
    requirement=(),
)
def send_packet_on_access_link(
    step: Step,
    node: Term,
    gateway: Term,
    source: Term,
    destination: Term,
    is_elsewhere: Term,
) -> None:
    """A node sends a packet from any prefix to any, or to a host elsewhere."""
    step.require(gateway_forwarding(), attached[node] == gateway)
    step.send(
        access_packet,
        node=node,
        gateway=gateway,
        source=source,
        destination=ite(is_elsewhere, PREFIX.none, destination),
    )


@traffic.rule(on=access_delivery, gateway=GATEWAY, prefix=PREFIX, requirement=())
def arrive_at_node(step: Step, message: Message, gateway: Term, prefix: Term) -> None:
    """A packet that a gateway sent to the link of a node is there."""
    step.require(
        gateway_forwarding(), message.gateway == gateway, message.prefix == prefix
    )


@traffic.rule(on=packet, gateway=GATEWAY, prefix=PREFIX, requirement=())
def arrive_at_anchor(step: Step, message: Message, gateway: Term, prefix: Term) -> None:
    """A packet that a gateway put into its tunnel comes out at an anchor."""
    step.require(
        gateway_forwarding(),
        ~forwarding(),
        message.gateway == gateway,
        message.prefix == prefix,
    )
