"""Packets from the node in a handover: RFC 5949, sections 4.1 and 4.2."""

from pmip6.model.fast_handover.packets import (
    arrives,
    enter,
    is_first_to_anchor,
    is_old_path_empty,
    leave,
    may_be_sent,
    rest,
    to_anchor,
)
from pmip6.model.fast_handover.previous_gateway import serves
from pmip6.model.fast_handover.state import (
    PACKET,
    Link,
    NewState,
    PreviousState,
    former_gateway,
    handover_packets,
    is_delivered,
    is_of_node,
    is_of_prefix,
    is_packet_sent,
    is_to_anchor,
    is_uplink,
    new_state,
    previous_state,
)
from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import (
    FALSE,
    TRUE,
    Term,
)
from pmip6.model.lma.forwarding import is_suspended
from pmip6.model.lma.tunnels import is_routed
from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, address, attached

sending = RoleTable(Role.MN)
uplink = RoleTable(Role.MAG)
delivery_of_uplink = RoleTable(Role.AN)  # by the anchor

# ---- from the node -----------------------------------------------------------------------


def send_next(step: Step, packet: Term, node: Term, gateway: Term) -> None:
    """The node, which has an address, sends its next packet to its gateway."""
    step.require(
        handover_packets(),
        is_uplink(packet),
        is_of_node(packet, node),
        may_be_sent(packet),
        attached[node] == gateway,
        address[node] != PREFIX.none,
    )
    step.set(is_packet_sent[packet], TRUE)


@sending.rule(packet=PACKET, node=MOBILE_NODE, gateway=GATEWAY, requirement=())
def send_uplink(step: Step, packet: Term, node: Term, gateway: Term) -> None:
    """The gateway that has registered the node tunnels its packet to the anchor."""
    send_next(step, packet, node, gateway)
    step.require(serves(node, gateway))
    to_anchor(step, packet, gateway)


@sending.rule(
    packet=PACKET,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    target=GATEWAY,
    requirement=("5949-4.2-9",),
)
def send_uplink_to_previous_gateway(
    step: Step, packet: Term, node: Term, gateway: Term, target: Term
) -> None:
    """Before its registration the new gateway sends it to the previous one (step j)."""
    send_next(step, packet, node, gateway)
    step.require(~serves(node, gateway), new_state[node, gateway] == NewState.TUNNELLED)
    step.require(former_gateway[node, gateway] == target)
    enter(step, packet, target, Link.FROM_NEW)


@sending.rule(packet=PACKET, node=MOBILE_NODE, gateway=GATEWAY, requirement=())
def lose_uplink(step: Step, packet: Term, node: Term, gateway: Term) -> None:
    """Without a registration and a tunnel the gateway drops what the node sends."""
    send_next(step, packet, node, gateway)
    step.require(~serves(node, gateway), new_state[node, gateway] != NewState.TUNNELLED)


@uplink.rule(
    packet=PACKET, node=MOBILE_NODE, gateway=GATEWAY, requirement=("5949-4.2-9",)
)
def relay_uplink(step: Step, packet: Term, node: Term, gateway: Term) -> None:
    """The previous gateway sends on to the anchor what comes out of the tunnel."""
    step.require(
        arrives(packet, gateway, Link.FROM_NEW),
        is_of_node(packet, node),
        previous_state[node, gateway] == PreviousState.FORWARDING,
    )
    leave(step, packet, gateway)
    to_anchor(step, packet, gateway)


@uplink.rule(packet=PACKET, node=MOBILE_NODE, gateway=GATEWAY, requirement=())
def lose_relayed_uplink(step: Step, packet: Term, node: Term, gateway: Term) -> None:
    """There is no tunnel from which the packet could have come."""
    step.require(
        arrives(packet, gateway, Link.FROM_NEW),
        is_of_node(packet, node),
        previous_state[node, gateway] != PreviousState.FORWARDING,
    )
    leave(step, packet, gateway)
    rest(step, packet)


# ---- at the anchor ----------------------------------------------------------------------


@delivery_of_uplink.rule(packet=PACKET, prefix=PREFIX, gateway=GATEWAY, requirement=())
def reach_correspondent(step: Step, packet: Term, prefix: Term, gateway: Term) -> None:
    """The anchor routes on what comes from the serving gateway."""
    step.require(
        handover_packets(),
        is_to_anchor[packet, gateway],
        is_first_to_anchor(packet, gateway),
        is_of_prefix(packet, prefix),
        is_routed(prefix, gateway),
        ~is_suspended(prefix),
        is_old_path_empty(packet, gateway),
    )
    step.set(is_to_anchor[packet, gateway], FALSE)
    step.set(is_delivered[packet], TRUE)
    rest(step, packet)


@delivery_of_uplink.rule(packet=PACKET, prefix=PREFIX, gateway=GATEWAY, requirement=())
def lose_uplink_at_anchor(
    step: Step, packet: Term, prefix: Term, gateway: Term
) -> None:
    """The anchor drops what comes from another gateway than the serving one."""
    step.require(
        handover_packets(),
        is_to_anchor[packet, gateway],
        is_first_to_anchor(packet, gateway),
        is_of_prefix(packet, prefix),
        ~is_routed(prefix, gateway) | is_suspended(prefix),
    )
    step.set(is_to_anchor[packet, gateway], FALSE)
    rest(step, packet)
