"""A link to a gateway in memory, under virtual time: waiting costs nothing.

The tester is the anchor, the access network, its mobile nodes and an ordinary host.
"""

from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.wire.link import MILLISECOND_NS, timestamp_of
from pmip6.conformance.wire.virtual import EPOCH_NS
from pmip6.model.wire.icmp_errors import ECHO_REPLY, ECHO_REQUEST, echo
from pmip6.model.wire.ipv6 import Ipv6Packet, decode_ipv6
from pmip6.model.wire.numbers import IPPROTO_ICMPV6, HandoffIndicator

Start: TypeAlias = Callable[[int], ReferenceGateway]
"""Makes a gateway that starts at a time in ms."""


def _is_echo_request(packet: Ipv6Packet) -> bool:
    is_icmp = packet.next_header == IPPROTO_ICMPV6
    return is_icmp and packet.payload[:1] == bytes((ECHO_REQUEST,))


class VirtualGatewayLink:
    """A link whose time goes on only where the tester waits; packets take no time.

    Args:
        start: Makes the implementation under test, which starts at a time in ms; called
            again when it is to restart.
        epoch_ns: Time of day at the start of the link.
    """

    def __init__(self, start: Start, epoch_ns: int = EPOCH_NS) -> None:
        self._start = start
        self._epoch_ns = epoch_ns
        self._now_ms = 0
        self._waiting: deque[tuple[int, Sent]] = deque()
        self.gateway = start(0)

    def now_ms(self) -> int:
        """Virtual milliseconds since the link was made."""
        return self._now_ms

    def time_of_day(self) -> int:
        """The gateway's time of day, in the format of the Timestamp option."""
        return timestamp_of(self._epoch_ns + self._now_ms * MILLISECOND_NS)

    def is_idle(self) -> bool:
        """The gateway does all that it has to do at once."""
        return True

    def _clock(self) -> tuple[int, int]:
        return self._now_ms, self.time_of_day()

    def _take(self, sent: list[Sent]) -> None:
        self._waiting.extend((self._now_ms, each) for each in sent)

    # ---- what the tester does ----------------------------------------------------------

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        """A node comes to the access link; what the network tells of it for certain."""
        self._take(self.gateway.attach(node, *self._clock(), handoff))

    def link_up(self, node: bytes, old_access_point: str | None) -> None:
        """A node comes from an access point, which the network tells where it can."""
        self._take(
            self.gateway.attach(node, *self._clock(), old_access_point=old_access_point)
        )

    def indicate_handover(self, node: bytes, access_point: str) -> None:
        """The access network tells that a node will move to an access point."""
        self._take(self.gateway.indicate_handover(node, access_point, *self._clock()))

    def detach(self, node: bytes) -> None:
        """A node leaves the access link."""
        self._take(self.gateway.detach(node, *self._clock()))

    def send(self, packet: bytes) -> None:
        """Give a packet of the network to the gateway, or to the host that it is on."""
        header = decode_ipv6(packet)
        if header is not None and _is_echo_request(header):
            body = header.payload[4:]
            ends = header.destination, header.source
            self._waiting.append(
                (self._now_ms, ToNetwork(echo(ECHO_REPLY, body, *ends)))
            )
            return
        self._take(self.gateway.receive_from_network(packet, *self._clock()))

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        """Give a packet of a node to the gateway."""
        self._take(self.gateway.receive_from_node(node, packet, *self._clock()))

    def send_from_host(self, packet: bytes) -> None:
        """Give a packet of an ordinary host to the gateway."""
        self._take(self.gateway.receive_from_host(packet, *self._clock()))

    def set_clock(self, unix_seconds: int) -> None:
        """The common source sets the clock of the gateway."""
        self._epoch_ns = unix_seconds * 10**9 - self._now_ms * MILLISECOND_NS
        self._take(self.gateway.synchronise(*self._clock()))

    def synchronise(self) -> None:
        """The common source sets the clock of the gateway, which was right."""
        self._take(self.gateway.synchronise(*self._clock()))

    def restart(self) -> None:
        """The gateway is stopped, and starts again with the settings that it had."""
        self._take(self.gateway.stop(*self._clock()))
        self.gateway = self._start(self._now_ms)

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        """What the gateway sends next, with its time; None where nothing until then."""
        while not self._waiting and self._now_ms < until_ms:
            due = self.gateway.next_deadline()
            self._now_ms = until_ms if due is None else min(due, until_ms)
            self._take(self.gateway.advance(*self._clock()))
        return self._waiting.popleft() if self._waiting else None
