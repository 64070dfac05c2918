"""What a gateway in memory takes and gives: the seam between its logic and its sockets.

`Gateway` is all that the process of a gateway (`serve.py`) and a link in memory
know of it.  Nodes on the access link are told apart by their link-layer address alone.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pmip6.model.wire.numbers import HandoffIndicator

GROUP_PREFIX = bytes.fromhex("3333")
"""First octets of the link-layer address of an IPv6 group (RFC 2464, section 7)."""


@dataclass(frozen=True, slots=True)
class ToNetwork:
    """An IPv6 packet for the network between gateways and anchors.

    Attributes:
        packet: From its IPv6 header on: signalling, or a tunnel packet.
    """

    packet: bytes


@dataclass(frozen=True, slots=True)
class ToNode:
    """An IPv6 packet for one mobile node, whatever its destination address is.

    Attributes:
        node: Link-layer address that the frame goes to.
        packet: From its IPv6 header on: an advertisement, or a packet for the node.
    """

    node: bytes
    packet: bytes


Sent: TypeAlias = ToNetwork | ToNode


class Gateway(Protocol):
    """A mobile access gateway that knows neither sockets nor clocks.

    `now_ms` is a time on a clock of the caller's that only goes forward; `time_of_day`
    the same moment in the format of the Timestamp option (RFC 5213, section 8.8).
    """

    def attach(
        self,
        node: bytes,
        now_ms: int,
        time_of_day: int,
        handoff: HandoffIndicator | None = None,
        old_access_point: str | None = None,
    ) -> list[Sent]:
        """A node is on the access link; nothing happens where it is known to be.

        Args:
            node: Its link-layer address.
            now_ms: The time now.
            time_of_day: The time of day now.
            handoff: What the access network tells of the attachment for certain; None
                where it tells nothing.
            old_access_point: The access point that it comes from (RFC 5949, 4.1);
                None where the network does not tell.
        """
        ...

    def indicate_handover(
        self, node: bytes, access_point: str, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """A node is about to move to an access point (RFC 5949, section 4.1, step b)."""
        ...

    def detach(self, node: bytes, now_ms: int, time_of_day: int) -> list[Sent]:
        """A node has left the access link; nothing happens where it was not on it."""
        ...

    def receive_from_network(
        self, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """Take an IPv6 packet to the Proxy-CoA: signalling, or out of the tunnel."""
        ...

    def receive_from_node(
        self, node: bytes, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """Take an IPv6 packet that a node sent on the access link.

        Whether a frame is a sign of attachment is the caller's matter: see `attach`.

        Args:
            node: Source of the frame.
            packet: From its IPv6 header on, without link-layer padding.
            now_ms: Time of reception.
            time_of_day: Time of day of the reception.
        """
        ...

    def advance(self, now_ms: int, time_of_day: int) -> list[Sent]:
        """Let time pass; what falls due meanwhile happens in order."""
        ...

    def synchronise(self, now_ms: int, time_of_day: int) -> list[Sent]:
        """The clock follows the common time source again: who waits for that goes on."""
        ...

    def stop(self, now_ms: int, time_of_day: int) -> list[Sent]:
        """It is told to end; what goes out is the last of it."""
        ...

    def next_deadline(self) -> int | None:
        """When the next timer falls due; None where none runs."""
        ...
