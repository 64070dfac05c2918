"""The record of a run of a domain: who is where, and all that happened.

Plain values: it is read, judged and drawn where there are no Linux sockets, too.
"""

from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network

LMAA = IPv6Address("2001:db8:1::1")
PROXY_COAS = (IPv6Address("2001:db8:1::11"), IPv6Address("2001:db8:1::12"))
HOME_NETWORKS = IPv6Network("2001:db8:100::/48")
CORRESPONDENT = IPv6Address("2001:db8:200::5")
CORRESPONDENT_ROUTER = IPv6Address("2001:db8:200::1")
ROUTER_LINK_LOCAL = IPv6Address("fe80::1")
NODE_LINK_LAYER = bytes.fromhex("020000000101")


NODE, CORRESPONDENT_NODE = "node", "correspondent"
"""Places that are watched; those of the gateways are `gateway_place`."""


def gateway_place(number: int) -> str:
    """The place where the network side of a gateway is watched."""
    return f"gateway {number + 1}"


@dataclass(frozen=True, slots=True)
class Seen:
    """An IPv6 packet on an interface that is watched.

    Attributes:
        time_ns: Nanoseconds since 1970.
        place: Name of the place that is watched.
        is_outbound: Whether the host of that place sent it.
        source: Link-layer source of its frame.
        destination: Link-layer destination of its frame.
        packet: From its IPv6 header on, without link-layer padding.
    """

    time_ns: int
    place: str
    is_outbound: bool
    source: bytes
    destination: bytes
    packet: bytes


@dataclass
class Journey:
    """The way of one numbered datagram to the correspondent node and back.

    Attributes:
        sent_ns: When the mobile node sent it, nanoseconds since 1970.
        is_delivered: Whether the correspondent node got it.
        returned_ns: When the mobile node had it back, None where it had not.
    """

    sent_ns: int
    is_delivered: bool = False
    returned_ns: int | None = None


@dataclass
class Connection:
    """What became of the connection.

    Attributes:
        address: The mobile node's address on it.
        sent: Numbers that the mobile node sent.
        returned: Numbers that came back, in the order of sending.
        fault: What ended it before its time, "" where nothing did.
    """

    address: str = ""
    sent: int = 0
    returned: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """The mobile node goes to a gateway.

    Attributes:
        start: Number of the gateway that it leaves, None at first.
        end: Number of the gateway that it goes to.
        left_ns: When its link was taken from the one, nanoseconds since 1970.
        arrived_ns: When the other had it.
        addresses: Its global addresses when it was served again.
        routers: Its default routers then.
    """

    start: int | None
    end: int
    left_ns: int
    arrived_ns: int
    addresses: tuple[IPv6Address, ...]
    routers: tuple[IPv6Address, ...]


@dataclass
class DomainRun:
    """What happened.

    Attributes:
        moves: The first attachment, then the handoffs.
        seen: Every packet at every place, by time.
        journeys: The numbered datagrams of the node.
        connection: The TCP connection, which was there from the first move to the end.
        mtu: What IPv6 used on the node's interface.
    """

    moves: list[Move] = field(default_factory=list[Move])
    seen: list[Seen] = field(default_factory=list[Seen])
    journeys: list[Journey] = field(default_factory=list[Journey])
    connection: Connection = field(default_factory=Connection)
    mtu: int = 0
