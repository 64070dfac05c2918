"""User packets that come to the anchor, and those that it has sent on (RFC 5213, 5.6.2).

Any correspondent node writes to any prefix, and any gateway, honest or not, sends any
source address through a tunnel.
"""

from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import Term
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    delivery,
    forwarding,
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
    step.require(forwarding(), message.gateway == gateway, message.prefix == prefix)


@traffic.rule(on=delivery, prefix=PREFIX, requirement=())
def arrive_at_correspondent(step: Step, message: Message, prefix: Term) -> None:
    """A packet that was routed on comes to its destination."""
    step.require(
        forwarding(), message.gateway == GATEWAY.none, message.prefix == prefix
    )
