"""Packets towards the node in a handover: RFC 5949, sections 4.1 and 4.2."""

from pmip6.model.fast_handover.new_gateway import has_context
from pmip6.model.fast_handover.packets import (
    comes_down,
    enter,
    has_room,
    has_to_wait,
    is_first_in_buffer,
    leave,
    may_be_sent,
    passes_on,
    rest,
    stay_behind,
    takes_from_previous,
)
from pmip6.model.fast_handover.previous_gateway import keeps_packets
from pmip6.model.fast_handover.state import (
    PACKET,
    Link,
    PreviousState,
    copying_buffers,
    handover_packets,
    is_buffered,
    is_delivered,
    is_of_node,
    is_of_prefix,
    is_packet_sent,
    is_uplink,
    next_gateway,
    previous_state,
)
from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import (
    FALSE,
    TRUE,
    Term,
    all_of,
    any_of,
)
from pmip6.model.lma.forwarding import is_suspended
from pmip6.model.lma.tunnels import is_routed
from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, attached

carriage = RoleTable(Role.AN)  # by correspondent nodes and the anchor's tunnels
downlink = RoleTable(Role.MAG)

# ---- from a correspondent node to the gateways --------------------------------------------------


@carriage.rule(packet=PACKET, prefix=PREFIX, gateway=GATEWAY, requirement=())
def send_downlink(step: Step, packet: Term, prefix: Term, gateway: Term) -> None:
    """A correspondent node sends the next packet; the anchor tunnels it to the gateway."""
    step.require(
        handover_packets(),
        ~is_uplink(packet),
        may_be_sent(packet),
        is_of_prefix(packet, prefix),
        is_routed(prefix, gateway),
        ~is_suspended(prefix),
    )
    step.set(is_packet_sent[packet], TRUE)
    enter(step, packet, gateway, Link.FROM_ANCHOR)


@carriage.rule(packet=PACKET, prefix=PREFIX, requirement=())
def lose_at_anchor(step: Step, packet: Term, prefix: Term) -> None:
    """The anchor drops the packet: the session is in its deletion delay."""
    step.require(
        handover_packets(),
        ~is_uplink(packet),
        may_be_sent(packet),
        is_of_prefix(packet, prefix),
        is_suspended(prefix),
    )
    step.set(is_packet_sent[packet], TRUE)


# ---- towards the node --------------------------------------------------------------------


@downlink.rule(
    packet=PACKET,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    target=GATEWAY,
    requirement=("5949-4.2-7", "5949-6.1.1-x7"),
)
def forward_to_new_gateway(
    step: Step, packet: Term, node: Term, gateway: Term, target: Term
) -> None:
    """The previous gateway sends the packet into the tunnel to the new one (step f)."""
    step.require(
        comes_down(node, gateway, packet),
        takes_from_previous(node, gateway, packet),
        passes_on(node, gateway),
        next_gateway[node, gateway] == target,
    )
    leave(step, packet, gateway)
    enter(step, packet, target, Link.FROM_PREVIOUS)


@downlink.rule(
    packet=PACKET,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5949-4.1-1", "5949-4.1-7", "5949-4.2-8", "5568-6.2.1.1-4"),
)
def buffer_packet(step: Step, packet: Term, node: Term, gateway: Term) -> None:
    """A gateway keeps the packet: it was asked to, or the node is not there yet.

    With `copying_buffers` a node that still is there gets it as well (docs/findings.md).
    """
    step.require(
        comes_down(node, gateway, packet),
        takes_from_previous(node, gateway, packet),
        has_to_wait(node, gateway),
        has_room(gateway),
    )
    leave(step, packet, gateway)
    copied = all_of(
        copying_buffers(),
        attached[node] == gateway,
        previous_state[node, gateway] == PreviousState.BUFFERING,
    )
    step.set(is_delivered[packet], is_delivered[packet] | copied)
    stay_behind(step, packet, gateway)


@downlink.rule(
    packet=PACKET,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5949-4.1-8", "5949-4.2-8"),
)
def deliver_packet(step: Step, packet: Term, node: Term, gateway: Term) -> None:
    """The node is on the link, and nothing that came before waits: it gets the packet."""
    step.require(
        comes_down(node, gateway, packet),
        takes_from_previous(node, gateway, packet),
        ~passes_on(node, gateway),
        ~has_to_wait(node, gateway),
        attached[node] == gateway,
    )
    leave(step, packet, gateway)
    step.set(is_delivered[packet], TRUE)
    rest(step, packet)


@downlink.rule(packet=PACKET, node=MOBILE_NODE, gateway=GATEWAY, requirement=())
def lose_packet(step: Step, packet: Term, node: Term, gateway: Term) -> None:
    """The node is not there, and the packet is not kept, or there is no room for it."""
    step.require(
        comes_down(node, gateway, packet),
        any_of(
            ~takes_from_previous(node, gateway, packet),
            has_to_wait(node, gateway) & ~has_room(gateway),
            all_of(
                ~passes_on(node, gateway),
                ~has_to_wait(node, gateway),
                attached[node] != gateway,
            ),
        ),
    )
    leave(step, packet, gateway)
    rest(step, packet)


@downlink.rule(
    packet=PACKET,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5949-4.2-8", "5568-5.4-2"),
)
def drain_to_node(step: Step, packet: Term, node: Term, gateway: Term) -> None:
    """What was kept goes to the node, the oldest first."""
    step.require(
        is_first_in_buffer(packet, gateway),
        is_of_node(packet, node),
        attached[node] == gateway,
        ~keeps_packets(node, gateway),
    )
    step.set(is_buffered[packet, gateway], FALSE)
    step.set(is_delivered[packet], TRUE)
    rest(step, packet)


@downlink.rule(
    packet=PACKET,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    target=GATEWAY,
    requirement=("5949-4.2-10", "5949-6.1.1-x7"),
)
def drain_to_new_gateway(
    step: Step, packet: Term, node: Term, gateway: Term, target: Term
) -> None:
    """What was kept goes to the new gateway once that has asked for it."""
    step.require(
        is_first_in_buffer(packet, gateway),
        is_of_node(packet, node),
        previous_state[node, gateway] == PreviousState.FORWARDING,
        next_gateway[node, gateway] == target,
    )
    step.set(is_buffered[packet, gateway], FALSE)
    enter(step, packet, target, Link.FROM_PREVIOUS)


@downlink.rule(packet=PACKET, node=MOBILE_NODE, gateway=GATEWAY, requirement=())
def discard_kept_packet(step: Step, packet: Term, node: Term, gateway: Term) -> None:
    """The node is not expected here any more: what was kept for it is thrown away."""
    step.require(
        is_first_in_buffer(packet, gateway),
        is_of_node(packet, node),
        attached[node] != gateway,
        ~keeps_packets(node, gateway),
        ~has_context(node, gateway),
    )
    step.set(is_buffered[packet, gateway], FALSE)
    rest(step, packet)
