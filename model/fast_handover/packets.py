"""User packets in a handover: RFC 5949, sections 4.1 and 4.2.

Packets are numbered and few.  Where one is, is told by relations: on its way to a gateway
from the anchor or from another gateway, in the buffer of a gateway, on its way to the
anchor, delivered.  `is_behind` is the order of those that are in one queue.  One that is
nowhere is lost.  The anchor forwards as in RFC 5213, section 5.6.2; its tunnel ends where
its routes say.
"""

from pmip6.model.fast_handover.new_gateway import has_context
from pmip6.model.fast_handover.previous_gateway import keeps_packets
from pmip6.model.fast_handover.state import (
    PACKET,
    HandoverRequest,
    Link,
    NewState,
    PreviousState,
    handover_packets,
    handover_request,
    incoming,
    is_behind,
    is_buffered,
    is_of_node,
    is_packet_sent,
    is_to_anchor,
    new_state,
    one_packet_buffers,
    ordered_paths,
    precedes,
    previous_state,
    unordered_links,
)
from pmip6.model.language.table import Step
from pmip6.model.language.terms import (
    FALSE,
    TRUE,
    Term,
    all_of,
    any_of,
    enum_literal,
    exists,
    forall,
    implies,
    one_of,
)
from pmip6.model.state import GATEWAY, attached

# ---- conditions ------------------------------------------------------------------------


def may_be_sent(packet: Term) -> Term:
    """The packet is the next one in its direction."""
    earlier = forall(PACKET, lambda q: implies(precedes(q, packet), is_packet_sent[q]))
    return ~is_packet_sent[packet] & earlier


def arrives(packet: Term, gateway: Term, *links: Link) -> Term:
    """The packet comes out of one of these links: it is the first one in it."""
    link = incoming[packet, gateway]
    overtakes = exists(
        PACKET, lambda q: is_behind[packet, q] & (incoming[q, gateway] == link)
    )
    return all_of(
        handover_packets(), one_of(link, *links), unordered_links() | ~overtakes
    )


def is_first_in_buffer(packet: Term, gateway: Term) -> Term:
    """The packet is in the buffer, and no other one came before it."""
    return all_of(
        handover_packets(),
        is_buffered[packet, gateway],
        ~exists(PACKET, lambda q: is_behind[packet, q] & is_buffered[q, gateway]),
    )


def is_empty(node: Term, gateway: Term) -> Term:
    """Nothing of the node is in the buffer of the gateway."""
    return ~exists(PACKET, lambda q: is_of_node(q, node) & is_buffered[q, gateway])


def has_room(gateway: Term) -> Term:
    """One more packet goes into the buffer."""
    return ~one_packet_buffers() | ~exists(PACKET, lambda q: is_buffered[q, gateway])


def is_under_way(packet: Term, place: Term) -> Term:
    """The packet is on its way to this gateway, in its buffer, or from it to the anchor."""
    return any_of(
        incoming[packet, place] != Link.NONE,
        is_buffered[packet, place],
        is_to_anchor[packet, place],
    )


def is_old_path_empty(packet: Term, gateway: Term) -> Term:
    """No earlier packet is on its way by another gateway, or out of the tunnel from it."""
    return ~ordered_paths() | forall(
        PACKET,
        lambda q: implies(
            precedes(q, packet),
            all_of(
                incoming[q, gateway] != Link.FROM_PREVIOUS,
                forall(GATEWAY, lambda h: (h == gateway) | ~is_under_way(q, h)),
            ),
        ),
    )


def takes_from_previous(node: Term, gateway: Term, packet: Term) -> Term:
    """What comes from the tunnel is taken where it is, or where it was asked for."""
    return any_of(
        incoming[packet, gateway] != Link.FROM_PREVIOUS,
        new_state[node, gateway] == NewState.TUNNELLED,
        one_of(
            handover_request[node, gateway],
            HandoverRequest.ASK_TO_FORWARD,
            HandoverRequest.FETCH_AND_FORWARD,
        ),
    )


def comes_down(node: Term, gateway: Term, packet: Term) -> Term:
    """A packet for the node comes to the gateway."""
    return all_of(
        arrives(packet, gateway, Link.FROM_ANCHOR, Link.FROM_PREVIOUS),
        is_of_node(packet, node),
        (incoming[packet, gateway] == Link.FROM_PREVIOUS)
        | is_old_path_empty(packet, gateway),
    )


def passes_on(node: Term, gateway: Term) -> Term:
    """The gateway forwards at once: nothing that came before waits in its buffer."""
    return (previous_state[node, gateway] == PreviousState.FORWARDING) & is_empty(
        node, gateway
    )


def has_to_wait(node: Term, gateway: Term) -> Term:
    """The packet goes into the buffer, if there is room."""
    keeps = keeps_packets(node, gateway)
    awaited = has_context(node, gateway) & (attached[node] != gateway)
    behind = (attached[node] == gateway) & ~is_empty(node, gateway)
    return ~passes_on(node, gateway) & any_of(keeps, awaited, behind)


def is_first_to_anchor(packet: Term, gateway: Term) -> Term:
    """No other packet from the gateway to the anchor is before this one."""
    return unordered_links() | ~exists(
        PACKET, lambda q: is_behind[packet, q] & is_to_anchor[q, gateway]
    )


# ---- effects ---------------------------------------------------------------------------


def leave(step: Step, packet: Term, gateway: Term) -> None:
    """The packet is out of the link to the gateway."""
    step.set(incoming[packet, gateway], Link.NONE)


def enter(step: Step, packet: Term, target: Term, link: Link) -> None:
    """The packet goes into a link to the target, behind what is in it."""
    step.set(incoming[packet, target], link)
    kind = enum_literal(link)
    step.set_each(
        PACKET,
        lambda q: is_behind[packet, q],
        lambda q: (q != packet) & (incoming[q, target] == kind),
    )


def stay_behind(step: Step, packet: Term, gateway: Term) -> None:
    """The packet goes into the buffer of the gateway, behind what is in it."""
    step.set(is_buffered[packet, gateway], TRUE)
    step.set_each(
        PACKET,
        lambda q: is_behind[packet, q],
        lambda q: (q != packet) & is_buffered[q, gateway],
    )


def rest(step: Step, packet: Term) -> None:
    """The packet is in no queue any more."""
    step.set_each(PACKET, lambda q: is_behind[packet, q], lambda q: FALSE)


def to_anchor(step: Step, packet: Term, gateway: Term) -> None:
    """The packet goes into the gateway's tunnel to the anchor."""
    step.set(is_to_anchor[packet, gateway], TRUE)
    step.set_each(
        PACKET,
        lambda q: is_behind[packet, q],
        lambda q: (q != packet) & is_to_anchor[q, gateway],
    )
