"""The tester's side of a link: packets to and from the implementation under test."""

import time
from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Protocol

from pmip6.conformance.wire.packet_port import Frame, PacketPort
from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND

MILLISECOND_NS = 10**6
SECOND_NS = 10**9


class Link(Protocol):
    """A link with clocks; times are milliseconds from its own start."""

    def now_ms(self) -> int:
        """The time now."""
        ...

    def time_of_day(self) -> int:
        """The time of day now, in the format of the Timestamp option."""
        ...

    def send(self, packet: bytes) -> None:
        """Send an IPv6 packet."""
        ...

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        """The next packet with its time, or None when none comes until a time."""
        ...


def timestamp_of(time_ns: int) -> int:
    """Nanoseconds since 1970 in the format of the Timestamp option (RFC 5213, 8.8)."""
    return time_ns * TIMESTAMP_UNITS_PER_SECOND // SECOND_NS


class WireLink:
    """A link over a packet port, in real time.

    Args:
        port: The tester's port.
        next_hop: The neighbour that packets are given to.
        record: Called with each frame that is sent or received, as evidence.
    """

    def __init__(
        self,
        port: PacketPort,
        next_hop: IPv6Address,
        record: Callable[[Frame], None] | None = None,
    ) -> None:
        self.port = port
        self.next_hop = next_hop
        self._record = record
        # The kernel stamps frames with the time of day; the start ties both clocks.
        self._start_ns = time.monotonic_ns()
        self._start_of_day_ns = time.time_ns()

    def now_ms(self) -> int:
        """Milliseconds since the link was made."""
        return (time.monotonic_ns() - self._start_ns) // MILLISECOND_NS

    def time_of_day(self) -> int:
        """The system's time of day, in the format of the Timestamp option."""
        return timestamp_of(time.time_ns())

    def send(self, packet: bytes) -> None:
        """Send a packet to the next hop.

        Raises:
            Pmip6Error: The neighbour does not answer, or the link is down.
        """
        self._keep(self.port.send(packet, self.next_hop))

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        """The next packet with the kernel's time of reception.

        Raises:
            Pmip6Error: The interface goes down.
        """
        deadline_ns = self._start_ns + until_ms * MILLISECOND_NS
        timeout = (deadline_ns - time.monotonic_ns()) / SECOND_NS
        frame = self.port.receive(max(0.0, timeout))
        if frame is None:
            return None
        self._keep(frame)
        time_ms = (frame.time_ns - self._start_of_day_ns) // MILLISECOND_NS
        return time_ms, frame.data

    def _keep(self, frame: Frame) -> None:
        if self._record is not None:
            self._record(frame)
