"""The record of a run of a domain: who is where, and all that happened.

Plain values: it is read, judged and drawn where there are no Linux sockets, too.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv6Address, IPv6Network

from pmip6.model.wire.esp import KEY_SIZE, SecurityAssociation

LMAA = IPv6Address("2001:db8:1::1")
PROXY_COAS = (IPv6Address("2001:db8:1::11"), IPv6Address("2001:db8:1::12"))
HOME_NETWORKS = IPv6Network("2001:db8:100::/48")
CORRESPONDENT = IPv6Address("2001:db8:200::5")
CORRESPONDENT_ROUTER = IPv6Address("2001:db8:200::1")
ROUTER_LINK_LOCAL = IPv6Address("fe80::1")
NODE_LINK_LAYER = bytes.fromhex("020000000101")


HANDOVER_ASSOCIATIONS = tuple(
    SecurityAssociation(
        0x5949 + number,
        bytes((number + 1,)) * KEY_SIZE,
        PROXY_COAS[number],
        PROXY_COAS[1 - number],
    )
    for number in range(len(PROXY_COAS))
)
"""What each gateway sends its HI and HAck under to the other one."""

NODE, CORRESPONDENT_NODE, BETWEEN = "node", "correspondent", "between gateways"
"""Places that are watched; those of the gateways are `gateway_place`.  The link between
the gateways is watched at the first one."""


class Mode(StrEnum):
    """How the node is handed over."""

    NONE = "without fast handover"
    PREDICTIVE = "predictive"
    REACTIVE = "reactive"


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
class Stream:
    """Numbered datagrams in one direction.

    Attributes:
        sent_ns: When each was sent, nanoseconds since 1970; its place is its number.
        arrivals: The number of each that came and when it came, in the order of coming.
    """

    sent_ns: list[int] = field(default_factory=list[int])
    arrivals: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def first_arrivals(self) -> dict[int, int]:
        """When each that came has come first, by its number."""
        return {number: when for number, when in reversed(self.arrivals)}

    def lost(self) -> list[int]:
        """The numbers that have not come."""
        came = {number for number, _ in self.arrivals}
        return [number for number in range(len(self.sent_ns)) if number not in came]

    def duplicated(self) -> int:
        """How many came again."""
        return len(self.arrivals) - len({number for number, _ in self.arrivals})

    def reordered(self) -> int:
        """How many came first after one that was sent later (RFC 4737, section 3)."""
        latest, found, seen = -1, 0, set[int]()
        for number, _ in self.arrivals:
            found += number < latest and number not in seen
            seen.add(number)
            latest = max(latest, number)
        return found


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
        indicated_ns: When the one that it leaves was told, None where it was not.
    """

    start: int | None
    end: int
    left_ns: int
    arrived_ns: int
    addresses: tuple[IPv6Address, ...]
    routers: tuple[IPv6Address, ...]
    indicated_ns: int | None = None

    @property
    def begin_ns(self) -> int:
        """When the first of all hears of it."""
        return self.left_ns if self.indicated_ns is None else self.indicated_ns


@dataclass
class DomainRun:
    """What happened.

    Attributes:
        mode: How the node was handed over.
        moves: The first attachment, then the handoffs.
        seen: Every packet at every place, by time.
        up: The numbered datagrams from the node to its correspondent.
        down: Those in the other direction.
        connection: The TCP connection, which was there from the first move to the end.
        mtu: What IPv6 used on the node's interface.
    """

    mode: Mode = Mode.NONE
    moves: list[Move] = field(default_factory=list[Move])
    seen: list[Seen] = field(default_factory=list[Seen])
    up: Stream = field(default_factory=Stream)
    down: Stream = field(default_factory=Stream)
    connection: Connection = field(default_factory=Connection)
    mtu: int = 0
