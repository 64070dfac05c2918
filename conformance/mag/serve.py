"""The reference gateway as a process of its own, in the foreground.

`python -m pmip6.conformance.mag.serve FILE.toml` is what a domain starts in the
network of a gateway; `pmip6 serve mag FILE.toml` is the same for people.  The process
says nothing of the protocol: what goes out is what the gateway gives.
"""

import argparse
import os
import selectors
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pmip6.conformance.conduct import Conduct
from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.lma.serve import READY, PacketSender
from pmip6.conformance.mag.access_port import AccessFrame, AccessPort
from pmip6.conformance.mag.access_triggers import (
    AboutToMove,
    Attached,
    ClockSet,
    Detached,
    TriggerSocket,
    decode_trigger,
)
from pmip6.conformance.mag.link_events import LinkMonitor
from pmip6.conformance.mag.port import Gateway, Sent, ToNetwork
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.toml_files import load
from pmip6.conformance.wire.link import MILLISECOND_NS, SECOND_NS, timestamp_of
from pmip6.conformance.wire.packet_port import ipv6_packet
from pmip6.conformance.wire.sockets import MobilitySocket
from pmip6.conformance.wire.tunnel_socket import (
    ControlSocket,
    EspSocket,
    ProtocolSocket,
    RelaySocket,
    TunnelSocket,
)
from pmip6.model.errors import Pmip6Error
from pmip6.model.mag.dhcp_relay import SERVER_PORT
from pmip6.model.wire.numbers import IPPROTO_GRE, PACKET_TOO_BIG

BURST = 64
"""Packets that are taken from one socket before the others have their turn."""


class GatewayFile(GatewaySettings):
    """The file of `pmip6 serve mag`: the settings of a gateway, and its access links.

    Attributes:
        access_interfaces: Names of its access interfaces; they may come and go.
        trigger_port: UDP port of the Proxy-CoA where the access network tells which
            node is there (`pmip6.conformance.mag.access_triggers`): for tests, as anyone
            may tell it.  Without it a node is
            there from its first frame on, until its link loses the carrier.
    """

    access_interfaces: Annotated[
        tuple[str, ...], Field(examples=[["access0"]], min_length=1)
    ]
    trigger_port: Annotated[int | None, Field(examples=[5213], ge=1, le=0xFFFF)] = None


class GatewayProcess:
    """A gateway on the wire.

    Args:
        gateway: What takes and gives packets.
        told: Its file: addresses, access links, and how it knows who is there.
        report: Called with one line for each event.
        conduct: What it hears, on all links, and says on its network.

    Raises:
        Pmip6Error: Without the privilege, or the address is not an own one.
    """

    def __init__(
        self,
        gateway: Gateway,
        told: GatewayFile,
        report: Callable[[str], None],
        conduct: Conduct | None = None,
    ) -> None:
        self._gateway = gateway
        self._conduct = conduct or Conduct()
        self._told = told
        self._offset_ns = 0  # of the clock, to the system's
        self._report = report
        self._signalling = MobilitySocket(told.proxy_coa, kernel_checksum=False)
        self._packets: list[ProtocolSocket] = [TunnelSocket(told.proxy_coa)]
        self._packets.append(ControlSocket(told.proxy_coa, frozenset({PACKET_TOO_BIG})))
        if told.dhcp_servers:
            self._packets.append(RelaySocket(told.proxy_coa, SERVER_PORT))
        handover = told.fast_handover
        if told.esp or (handover is not None and handover.esp):
            self._packets.append(EspSocket(told.proxy_coa))
        if handover is not None and handover.gre_keys:
            self._packets.append(
                ProtocolSocket(told.proxy_coa, IPPROTO_GRE, "GRE socket")
            )
        self._triggers: TriggerSocket | None = None
        if told.trigger_port is not None:
            self._triggers = TriggerSocket(told.proxy_coa, told.trigger_port)
        self._network = PacketSender()
        self._links = LinkMonitor()
        self._ports: dict[str, AccessPort] = {}
        self._nodes: dict[bytes, AccessPort] = {}
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT comes."""
        stop, stopped = os.pipe()
        os.set_blocking(stopped, False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: None)
        signal.set_wakeup_fd(stopped)
        for each in (self._signalling, self._links, stop):
            self._selector.register(each, selectors.EVENT_READ)
        for opened in self._packets:
            self._selector.register(opened, selectors.EVENT_READ)
        if self._triggers is not None:
            self._selector.register(self._triggers, selectors.EVENT_READ)
        self._follow_links()
        print(READY, flush=True)
        while True:
            ready = {key.fd for key, _ in self._selector.select(self._timeout())}
            if stop in ready:
                self._emit(self._gateway.stop(_now_ms(), self._time_of_day()))
                return
            self._serve()

    def _timeout(self) -> float | None:
        """Seconds until the next timer falls due; None where none runs."""
        deadline = self._gateway.next_deadline()
        return None if deadline is None else max(0.0, (deadline - _now_ms()) / 1000)

    def _serve(self) -> None:
        """Take what has come, and let time pass."""
        self._emit(self._gateway.advance(_now_ms(), self._time_of_day()))
        self._follow_links()
        if self._triggers is not None:
            while (line := self._triggers.receive(0)) is not None:
                self._follow_links()  # the link that it tells of may have come just now
                self._follow_trigger(line)
        for _ in range(BURST):
            datagram = self._signalling.receive(0)
            if datagram is None:
                break
            self._take_from_network(
                ipv6_packet(datagram.source, datagram.destination, datagram.data)
            )
        for opened in self._packets:
            self._serve_network(opened)
        for port in list(self._ports.values()):
            self._serve_access(port)

    def _serve_network(self, opened: ProtocolSocket) -> None:
        for _ in range(BURST):
            packet = opened.receive(0)
            if packet is None:
                return
            self._take_from_network(packet)

    def _take_from_network(self, packet: bytes) -> None:
        if self._conduct.hears(packet):
            now = _now_ms(), self._time_of_day()
            self._emit(self._gateway.receive_from_network(packet, *now))

    def _serve_access(self, port: AccessPort) -> None:
        for _ in range(BURST):
            try:
                frame = port.receive(0)
            except Pmip6Error as error:  # it went away; the monitor tells it, too
                self._report(error.line())
                return
            if frame is None:
                return
            self._take(port, frame)

    def _follow_trigger(self, line: bytes) -> None:
        """A node came or left, as the access network tells."""
        if not self._conduct.hears(line):
            return
        trigger = decode_trigger(line)
        if trigger is None:
            self._report(f"no trigger: {line!r}")
            return
        if isinstance(trigger, ClockSet) and trigger.unix_seconds is not None:
            self._offset_ns = trigger.unix_seconds * SECOND_NS - time.time_ns()
        now = _now_ms(), self._time_of_day()
        match trigger:
            case Attached(node, handoff, point):
                sent = self._gateway.attach(node, *now, handoff, point)
            case AboutToMove(node, point):
                sent = self._gateway.indicate_handover(node, point, *now)
            case Detached(node):
                sent = self._gateway.detach(node, *now)
            case ClockSet():
                sent = self._gateway.synchronise(*now)
        self._emit(sent)

    def _time_of_day(self) -> int:
        return timestamp_of(time.time_ns() + self._offset_ns)

    def _take(self, port: AccessPort, frame: AccessFrame) -> None:
        # The time of sending counts: with that of reception a request could be older
        # than the de-registration that another gateway sent meanwhile (5213-8.8-x7).
        if not self._conduct.hears(frame.packet):
            return
        node, now_ms, time_of_day = frame.source, _now_ms(), self._time_of_day()
        if self._nodes.get(node) is not port:
            self._nodes[node] = port
            self._report(f"{node.hex(':')} is on {port.interface}")
            if self._triggers is None:
                self._emit(self._gateway.attach(node, now_ms, time_of_day))
        self._emit(
            self._gateway.receive_from_node(node, frame.packet, now_ms, time_of_day)
        )

    def _port_of(self, node: bytes) -> AccessPort | None:
        """Where a node was seen last; the only link there is, where it was not seen."""
        if node in self._nodes or len(self._ports) != 1:
            return self._nodes.get(node)
        return next(iter(self._ports.values()))

    def _emit(self, sent: list[Sent]) -> None:
        for each in sent:
            try:
                if isinstance(each, ToNetwork):
                    for said in self._conduct.says(each.packet):
                        self._network.send(said)
                elif (port := self._port_of(each.node)) is not None:
                    port.send(each.node, each.packet)
                else:
                    self._report(f"{each.node.hex(':')} is on no link: packet dropped")
            except Pmip6Error as error:  # a packet that has nowhere to go
                self._report(error.line())

    # ---- access links ----------------------------------------------------------------

    def _follow_links(self) -> None:
        """Open a port on each access interface with a carrier, and on no other."""
        for event in self._links.events():
            if event.interface not in self._told.access_interfaces:
                continue
            if event.is_up and event.interface not in self._ports:
                self._open(event.interface)
            elif not event.is_up and event.interface in self._ports:
                self._close(self._ports.pop(event.interface))

    def _open(self, interface: str) -> None:
        try:
            port = AccessPort(interface, self._told.link_layer)
        except Pmip6Error as error:  # it came and went before we looked
            self._report(error.line())
            return
        self._ports[interface] = port
        self._selector.register(port, selectors.EVENT_READ)
        self._report(f"{interface} has a carrier")

    def _close(self, port: AccessPort) -> None:
        self._selector.unregister(port)
        # The kernel takes tens of milliseconds for it, and packets must not wait so long.
        threading.Thread(target=port.close, name="closing").start()
        self._report(f"{port.interface} has no carrier")
        for node in [node for node, at in self._nodes.items() if at is port]:
            del self._nodes[node]
            self._emit(self._gateway.detach(node, _now_ms(), self._time_of_day()))

    def close(self) -> None:
        """Closes every socket."""
        for port in self._ports.values():
            port.close()
        for each in (self._signalling, self._network, self._links):
            each.close()
        for opened in self._packets:
            opened.close()
        if self._triggers is not None:
            self._triggers.close()
        self._selector.close()


def _now_ms() -> int:
    return time.monotonic_ns() // MILLISECOND_NS


Start = Callable[[GatewayFile, Callable[[str], None], int], Gateway]


def _reference(
    told: GatewayFile, report: Callable[[str], None], start_ms: int
) -> Gateway:
    return gateway_of(told, report=report, start_ms=start_ms)


def serve_mag(
    path: Path,
    *,
    verbose: bool = False,
    start: Start = _reference,
    conduct: Conduct | None = None,
) -> int:
    """Run a gateway from its settings file until it is told to end.

    Args:
        path: The settings, as `GatewayFile` describes them.
        verbose: Tell each event on standard error.
        start: Makes the gateway; it is given its file, what to report to, and the time.
        conduct: What it hears, on all links, and says on its network.

    Returns:
        The exit code: 0 after SIGTERM or SIGINT.

    Raises:
        Pmip6Error: The settings are wrong, or sockets or the address are refused.
    """

    def report(line: str) -> None:
        if verbose:
            print(line, file=sys.stderr, flush=True)

    told = load(path, GatewayFile)
    process = GatewayProcess(start(told, report, _now_ms()), told, report, conduct)
    try:
        process.run()
    finally:
        process.close()
    return 0


def main(arguments: list[str]) -> int:
    """Run `serve_mag` on the arguments; errors are one line."""
    parser = argparse.ArgumentParser(
        prog="serve_gateway", description="The reference gateway."
    )
    parser.add_argument("settings", type=Path, metavar="FILE.toml")
    parser.add_argument("--verbose", action="store_true", help="tell each event")
    chosen = parser.parse_args(arguments)
    try:
        return serve_mag(chosen.settings, verbose=chosen.verbose)
    except Pmip6Error as error:
        print(error.line(), file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
