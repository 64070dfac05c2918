"""The properties of user packets in a handover, by name (11).

They have a case where a configuration has numbered packets.  Those of loss and order hold
under assumptions only, each with a run that breaks the property without it
(tests/properties/test_handover_packets.py).
"""

from collections.abc import Callable

from pmip6.model.fast_handover.new_gateway import has_context
from pmip6.model.fast_handover.packets import is_under_way
from pmip6.model.fast_handover.previous_gateway import keeps_packets, serves
from pmip6.model.fast_handover.state import (
    PACKET,
    Link,
    NewState,
    handover_packets,
    incoming,
    is_buffered,
    is_delivered,
    is_of_node,
    is_of_prefix,
    is_packet_sent,
    is_to_anchor,
    is_uplink,
    new_state,
    one_packet_buffers,
    precedes,
)
from pmip6.model.language.terms import (
    Term,
    after,
    all_of,
    any_of,
    exists,
    forall,
    implies,
)
from pmip6.model.lma.forwarding import is_suspended
from pmip6.model.lma.tunnels import is_routed
from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, attached
from pmip6.properties.property import invariant, step_property

LINKS = "links are first in, first out"
PATHS = "the old path is empty before the anchor's packets on the new one arrive"
ROOM = "the buffers have room for all packets"
LASTING = "tunnel and context last until the node is registered at the new gateway"
REGISTERED = "the previous gateway does not end the registration while it forwards"
ANNOUNCED = (
    "the node leaves only when its packets are kept or forwarded, and for where they go "
    "(predictive)"
)
COPIES = "a gateway that keeps packets does not deliver copies of them"
SIGNALLED = "no HI, HAck or command is lost, or so late that it is repeated or given up"


def some_packet(body: Callable[[Term], Term]) -> Term:
    """The body holds for some packet."""
    return handover_packets() & exists(PACKET, body)


def every_packet(body: Callable[[Term], Term]) -> Term:
    """The body holds for every packet."""
    return implies(handover_packets(), forall(PACKET, body))


def is_somewhere(packet: Term) -> Term:
    """The packet is on its way, or kept."""
    return exists(GATEWAY, lambda g: is_under_way(packet, g))


def is_in_two_places(packet: Term) -> Term:
    """Two copies of the packet are under way, or one is that was delivered already."""
    two = exists(
        GATEWAY,
        lambda g: any_of(
            is_buffered[packet, g] & is_to_anchor[packet, g],
            (incoming[packet, g] != Link.NONE)
            & (is_buffered[packet, g] | is_to_anchor[packet, g]),
        ),
    )
    apart = exists(
        GATEWAY,
        lambda g: (
            is_under_way(packet, g)
            & exists(GATEWAY, lambda h: (h != g) & is_under_way(packet, h))
        ),
    )
    return any_of(two, apart, is_delivered[packet] & is_somewhere(packet))


@invariant(
    "handover.no-duplicate",
    premise=lambda: some_packet(lambda p: is_delivered[p]),
    requirement=(),
    assumptions=(COPIES,),
)
def no_packet_is_there_twice() -> Term:
    """A packet is in one place at a time, and nowhere once it was delivered."""
    return every_packet(lambda p: ~is_in_two_places(p))


def is_lost(packet: Term) -> Term:
    """The packet was sent, and neither was delivered nor is anywhere."""
    return all_of(is_packet_sent[packet], ~is_delivered[packet], ~is_somewhere(packet))


@invariant(
    "handover.no-loss",
    premise=lambda: some_packet(lambda p: ~is_uplink(p) & is_delivered[p]),
    requirement=("5949-4.1-1", "5949-4.2-8"),
    assumptions=(ANNOUNCED, SIGNALLED, ROOM, LASTING, REGISTERED),
)
def no_packet_to_the_node_is_lost() -> Term:
    """Each packet that was sent to the node is delivered, on its way, or kept for it."""
    return every_packet(lambda p: is_uplink(p) | ~is_lost(p))


def gets_lost(packet: Term) -> Term:
    """The step loses the packet."""
    return ~is_lost(packet) & after(is_lost(packet))


def is_abandoned(packet: Term) -> Term:
    """The node has left the gateway, which was not asked yet to keep or forward."""
    return exists(
        MOBILE_NODE,
        lambda n: (
            is_of_node(packet, n)
            & exists(
                GATEWAY,
                lambda g: all_of(
                    incoming[packet, g] == Link.FROM_ANCHOR,
                    attached[n] != g,
                    ~keeps_packets(n, g),
                    ~has_context(n, g),
                ),
            )
        ),
    )


def is_in_deletion_delay(packet: Term) -> Term:
    """The session of the packet is in its deletion delay: the anchor drops it."""
    return exists(PREFIX, lambda p: is_of_prefix(packet, p) & is_suspended(p))


@step_property(
    "handover.loss",
    premise=lambda: some_packet(lambda p: ~is_uplink(p) & gets_lost(p)),
    requirement=("5949-4.1-1", "5949-4.2-7"),
    assumptions=(ANNOUNCED, SIGNALLED, ROOM, LASTING),
)
def only_what_came_before_the_request_is_lost() -> Term:
    """A handover loses what comes after the node has left and before an HI asks for it.

    Where the previous gateway has ended the registration before, the anchor drops it.
    """
    return every_packet(
        lambda p: implies(
            ~is_uplink(p) & gets_lost(p), is_abandoned(p) | is_in_deletion_delay(p)
        )
    )


def has_no_way_up(packet: Term) -> Term:
    """The gateway of the node has neither a registration nor a tunnel for it."""
    return exists(
        MOBILE_NODE,
        lambda n: (
            is_of_node(packet, n)
            & exists(
                GATEWAY,
                lambda g: all_of(
                    attached[n] == g,
                    ~serves(n, g),
                    new_state[n, g] != NewState.TUNNELLED,
                ),
            )
        ),
    )


def comes_from_old_gateway(packet: Term) -> Term:
    """The packet comes to the anchor from a gateway that does not serve its source."""
    return exists(
        GATEWAY,
        lambda g: all_of(
            is_to_anchor[packet, g],
            forall(
                PREFIX, lambda p: implies(is_of_prefix(packet, p), ~is_routed(p, g))
            ),
        ),
    )


@step_property(
    "handover.uplink-loss",
    premise=lambda: some_packet(lambda p: is_uplink(p) & gets_lost(p)),
    requirement=("5949-4.2-9",),
    assumptions=(ANNOUNCED, LASTING),
)
def the_tunnel_between_gateways_loses_no_uplink() -> Term:
    """The node's packets are lost without tunnel and registration, or at the switch-over."""
    return every_packet(
        lambda p: implies(
            is_uplink(p) & gets_lost(p),
            any_of(
                has_no_way_up(p), comes_from_old_gateway(p), is_in_deletion_delay(p)
            ),
        )
    )


@step_property(
    "handover.in-order",
    premise=lambda: some_packet(lambda p: ~is_delivered[p] & after(is_delivered[p])),
    requirement=("5949-4.2-10",),
    assumptions=(LINKS, PATHS),
)
def packets_are_delivered_in_order() -> Term:
    """No packet is delivered after one that was sent later in the same direction."""
    return every_packet(
        lambda p: implies(
            ~is_delivered[p] & after(is_delivered[p]),
            forall(PACKET, lambda q: ~(precedes(p, q) & is_delivered[q])),
        )
    )


@invariant(
    "handover.buffer-bound",
    premise=lambda: (
        one_packet_buffers()
        & some_packet(lambda p: exists(GATEWAY, lambda g: is_buffered[p, g]))
    ),
    requirement=("5568-5.4-1",),
)
def no_buffer_has_more_than_there_is_room_for() -> Term:
    """A gateway whose buffer is for one packet never keeps two."""
    return implies(
        one_packet_buffers(),
        every_packet(
            lambda p: forall(
                PACKET,
                lambda q: (
                    (p == q)
                    | forall(
                        GATEWAY, lambda g: ~(is_buffered[p, g] & is_buffered[q, g])
                    )
                ),
            )
        ),
    )
