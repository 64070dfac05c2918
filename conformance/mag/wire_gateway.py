"""A link to a gateway on the wire: the tester is its anchor, its access network and nodes.

It is what `VirtualGatewayLink` is in memory, in real time.
"""

import selectors
import time
from collections.abc import Callable
from ipaddress import IPv6Address

from pmip6.conformance.mag.access_port import AccessFrame, EthernetPort
from pmip6.conformance.mag.access_triggers import (
    AboutToMove,
    Attached,
    ClockSet,
    Detached,
    Triggers,
)
from pmip6.conformance.mag.port import GROUP_PREFIX, Sent, ToNetwork, ToNode
from pmip6.conformance.wire.link import MILLISECOND_NS, SECOND_NS, timestamp_of
from pmip6.conformance.wire.packet_port import Frame, PacketPort
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.numbers import HandoffIndicator

DESTINATION = slice(24, 40)


class WireGatewayLink:
    """Links to a gateway: one to its network side, one that is its access link.

    Args:
        port: The tester's port in the network, where the gateway finds its anchor.
        access: The tester's port on the access link.
        proxy_coa: Address of the gateway in the network.
        next_hop: Neighbour that packets to it are given to; itself where None.
        link_layer_address: What the gateway has on the access link.
        triggers: Tells it of nodes that come and go; closed with the link.
        restart: Starts the gateway again, with the settings that it had.
        is_idle: Whether the gateway has nothing to do at the moment, where the tester
            can see that.
    """

    def __init__(
        self,
        port: PacketPort,
        access: EthernetPort,
        *,
        proxy_coa: IPv6Address,
        next_hop: IPv6Address | None = None,
        link_layer_address: bytes,
        triggers: Triggers,
        restart: Callable[[], None],
        is_idle: Callable[[], bool] = lambda: True,
    ) -> None:
        self._port, self._access = port, access
        self.is_idle = is_idle
        self._heads: dict[PacketPort | EthernetPort, tuple[int, Sent]] = {}
        self._next_hop = next_hop or proxy_coa
        self._link_layer = link_layer_address
        self._restart = restart
        self._triggers = triggers
        self._selector = selectors.DefaultSelector()
        for each in (port, access):
            self._selector.register(each, selectors.EVENT_READ)
        self._offset_ns = 0  # of the gateway's clock
        # The kernel stamps frames with the time of day; the start ties both clocks.
        self._start_ns = time.monotonic_ns()
        self._start_of_day_ns = time.time_ns()

    def now_ms(self) -> int:
        """Milliseconds since the link was made."""
        return (time.monotonic_ns() - self._start_ns) // MILLISECOND_NS

    def time_of_day(self) -> int:
        """The gateway's time of day, in the format of the Timestamp option."""
        return timestamp_of(time.time_ns() + self._offset_ns)

    # ---- what the tester does ----------------------------------------------------------

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        """A node comes to the access link; what the network tells of it for certain."""
        self._triggers.tell(Attached(node, handoff))

    def link_up(self, node: bytes, old_access_point: str | None) -> None:
        """A node comes from an access point, which the network tells where it can."""
        self._triggers.tell(Attached(node, None, old_access_point))

    def indicate_handover(self, node: bytes, access_point: str) -> None:
        """The access network tells that a node will move to an access point."""
        self._triggers.tell(AboutToMove(node, access_point))

    def detach(self, node: bytes) -> None:
        """A node leaves the access link."""
        self._triggers.tell(Detached(node))

    def send(self, packet: bytes) -> None:
        """Give a packet of the network to the gateway."""
        self._port.send(packet, self._next_hop)

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        """Give a packet of a node to the gateway."""
        to = IPv6Address(packet[DESTINATION])
        group = GROUP_PREFIX + to.packed[-4:]
        self._access.send_frame(
            node, group if to.is_multicast else self._link_layer, packet
        )

    def send_from_host(self, packet: bytes) -> None:
        """There is no link of ordinary hosts.

        Raises:
            Pmip6Error: Always.
        """
        raise _impossible("has no link of ordinary hosts")

    def set_clock(self, unix_seconds: int) -> None:
        """The common source sets the clock of the gateway."""
        self._offset_ns = unix_seconds * SECOND_NS - time.time_ns()
        self._triggers.tell(ClockSet(unix_seconds))

    def synchronise(self) -> None:
        """The common source sets the clock of the gateway, which was right."""
        self._triggers.tell(ClockSet())

    def restart(self) -> None:
        """The gateway starts again, with the settings that it had."""
        self._restart()

    # ---- what it gets ------------------------------------------------------------------

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        """What the gateway sends next, with its time; None where nothing until then.

        What comes on both links comes in the order in which it was received.

        Raises:
            Pmip6Error: An interface goes down.
        """
        while True:
            deadline_ns = self._start_ns + until_ms * MILLISECOND_NS
            timeout = max(0.0, (deadline_ns - time.monotonic_ns()) / SECOND_NS)
            ready = self._selector.select(0 if self._heads else timeout)
            for port in (self._port, self._access):
                if port not in self._heads and any(k.fileobj is port for k, _ in ready):
                    self._take_first(port)
            if self._heads:
                first = min(self._heads, key=lambda port: self._heads[port][0])
                return self._heads.pop(first)
            if not ready:
                return None

    def _take_first(self, port: PacketPort | EthernetPort) -> None:
        """Take from a port what the gateway has sent, if it has."""
        while (frame := port.receive(0)) is not None:
            came = (
                self._from_access(frame)
                if isinstance(frame, AccessFrame)
                else self._from_network(frame)
            )
            if came is not None:
                self._heads[port] = came
                return

    def _from_network(self, frame: Frame) -> tuple[int, Sent]:
        return self._ms_of(frame.time_ns), ToNetwork(frame.data)

    def _from_access(self, frame: AccessFrame) -> tuple[int, Sent] | None:
        """What the gateway sent to a node; frames of the nodes are the tester's own."""
        if frame.source != self._link_layer:
            return None
        return self._ms_of(frame.time_ns), ToNode(frame.destination, frame.packet)

    def _ms_of(self, time_ns: int) -> int:
        return (time_ns - self._start_of_day_ns) // MILLISECOND_NS

    def drain(self) -> None:
        """Forget what has come, which belongs to nobody any more."""
        while self.receive(0) is not None:
            pass

    def close(self) -> None:
        """Closes what the link opened and its triggers, and not its ports."""
        self._triggers.close()
        self._selector.close()


def _impossible(reason: str) -> Pmip6Error:
    return Pmip6Error(
        "link to a gateway on the wire",
        reason,
        "run it in memory (VirtualGatewayLink)",
        exit_code=3,
    )
