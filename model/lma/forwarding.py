"""User packets at the anchor: RFC 5213, sections 5.6.2 and 5.3.5.

A packet that has no tunnel header comes from a correspondent node and is for the prefix;
one that has comes from the mobile node, and its source is of the prefix.  Where sessions
have several prefixes, the packet names all of the session that its address is of.  Each
packet is passed on or dropped by exactly one rule.
"""

from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import Term, exists
from pmip6.model.lma.tunnels import is_routed
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    BindingState,
    bce_prefix,
    bce_state,
    delivery,
    forwarding,
    packet,
)

data_plane = RoleTable(Role.LMA)


def is_suspended(prefix: Term) -> Term:
    """The session of the prefix is in its deletion delay (RFC 5213, 5.3.5)."""
    return exists(
        ENTRY,
        lambda b: (bce_state[b] == BindingState.DEREGISTERED) & bce_prefix[b, prefix],
    )


def comes_from_correspondent(message: Message) -> Term:
    """The packet has no tunnel header."""
    return forwarding() & (message.gateway == GATEWAY.none)


def comes_from_gateway(message: Message) -> Term:
    """The packet comes out of a tunnel."""
    return forwarding() & (message.gateway != GATEWAY.none)


@data_plane.rule(
    on=packet,
    gateway=GATEWAY,
    requirement=(
        "5213-5.3.2-11",
        "5213-5.3.4-7",
        "5213-5.6.1-1",
        "5213-5.6.2-3",
    ),
)
def tunnel_to_gateway(step: Step, message: Message, gateway: Term) -> None:
    """A packet for a prefix goes through the tunnel to the serving gateway."""
    step.require(
        comes_from_correspondent(message),
        is_routed(message.prefix, gateway),
        ~is_suspended(message.prefix),
    )
    step.send(delivery, node=message.node, gateway=gateway, prefix=message.prefix)


@data_plane.rule(on=packet, requirement=("5213-5.3.5-5",))
def drop_in_deletion_delay(step: Step, message: Message) -> None:
    """A packet for a prefix whose session waits for its deletion is dropped."""
    step.require(comes_from_correspondent(message), is_suspended(message.prefix))


@data_plane.rule(on=packet, requirement=("5213-5.3.5-7",))
def drop_without_route(step: Step, message: Message) -> None:
    """A packet for a prefix that has no session is dropped."""
    step.require(
        comes_from_correspondent(message),
        ~exists(GATEWAY, lambda g: is_routed(message.prefix, g)),
        ~is_suspended(message.prefix),
    )


@data_plane.rule(
    on=packet,
    requirement=("5213-5.6.1-1", "5213-5.6.2-5", "6275-10.3.1-35"),
)
def route_from_gateway(step: Step, message: Message) -> None:
    """A packet of a mobile node out of the tunnel of its gateway is routed on."""
    step.require(
        comes_from_gateway(message),
        is_routed(message.prefix, message.gateway),
        ~is_suspended(message.prefix),
    )
    step.send(delivery, node=message.node, gateway=GATEWAY.none, prefix=message.prefix)


@data_plane.rule(on=packet, requirement=("5213-5.3.5-5",))
def drop_from_node_in_deletion_delay(step: Step, message: Message) -> None:
    """A packet from a prefix whose session waits for its deletion is dropped."""
    step.require(comes_from_gateway(message), is_suspended(message.prefix))


@data_plane.rule(on=packet, requirement=("6275-10.4.5-y1",))
def drop_from_other_gateway(step: Step, message: Message) -> None:
    """A packet from a prefix that the tunnel's gateway does not serve is dropped."""
    step.require(
        comes_from_gateway(message),
        ~is_routed(message.prefix, message.gateway),
        ~is_suspended(message.prefix),
    )
