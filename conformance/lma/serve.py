"""The reference anchor as a process of its own, in the foreground.

`python -m pmip6.conformance.lma.serve FILE.toml` is what a campaign starts in the network of
the peer; `pmip6 serve lma FILE.toml` is the same for people.
"""

import argparse
import gc
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from ipaddress import IPv6Address
from pathlib import Path

from pmip6.conformance.conduct import PREFIX as CONDUCT
from pmip6.conformance.conduct import Conduct, conduct_named
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.faulty_peers import FaultyPeer, faulty_peer
from pmip6.conformance.lma.permitted_variants import (
    PermittedVariant,
    permitted_variants,
)
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.toml_files import load
from pmip6.conformance.wire.link import MILLISECOND_NS, timestamp_of
from pmip6.conformance.wire.packet_port import ipv6_packet
from pmip6.conformance.wire.sockets import MobilitySocket, ReadySocket, open_raw
from pmip6.conformance.wire.tunnel_socket import (
    EspSocket,
    ProtocolSocket,
    RoutedPort,
    TunnelSocket,
)
from pmip6.model.errors import Pmip6Error
from pmip6.model.lma.acknowledgement import EXCHANGE_RULES, FIELD_RULES
from pmip6.model.wire.encoding import PaddingStyle

READY = "ready"
"""The line on standard output that says that packets are received from now on."""
DESTINATION = slice(24, 40)


class PacketSender(ReadySocket):
    """A raw socket that sends whole IPv6 packets as they are.

    Raises:
        Pmip6Error: Without the privilege.
    """

    def __init__(self) -> None:
        super().__init__(
            open_raw(
                socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW, "packet sender"
            )
        )

    def send(self, packet: bytes) -> None:
        """Send a packet to the destination in its header.

        Raises:
            Pmip6Error: The kernel refuses it.
        """
        destination = IPv6Address(packet[DESTINATION])
        try:
            self.socket.sendto(packet, (str(destination), 0))
        except OSError as error:
            raise Pmip6Error(
                f"packet to {destination}",
                f"cannot be sent: {error.strerror}",
                "check addresses and routes",
                exit_code=3,
            ) from error


class AnchorProcess:
    """A reference anchor on the wire: sockets, clocks and signals around it.

    Args:
        settings: What the anchor is told.
        report: Called with one line for each event.
        faulty: The rules of a faulty anchor; it follows those of the model where None.
        conduct: What it hears and says.
        variant: What it chooses where the RFC leaves a choice; as the reference where None.
    """

    def __init__(
        self,
        settings: AnchorSettings,
        report: Callable[[str], None],
        faulty: FaultyPeer | None = None,
        conduct: Conduct | None = None,
        variant: PermittedVariant | None = None,
    ) -> None:
        self._report = report
        self._conduct = conduct or Conduct()
        chosen = variant or faulty
        self._anchor = ReferenceAnchor(
            settings,
            rules=None if faulty is None else faulty.rules,
            exchange_rules=chosen.exchange_rules if chosen else EXCHANGE_RULES,
            field_rules=chosen.field_rules if chosen else FIELD_RULES,
            padding=variant.padding if variant else PaddingStyle.MINIMAL,
            report=report,
            start_ms=_now_ms(),
        )
        self._requests = MobilitySocket(settings.lma_address, kernel_checksum=False)
        self._answers = PacketSender()
        self._packets: list[ProtocolSocket | RoutedPort] = []
        if settings.home_interface:
            own = (prefix for node in settings.nodes for prefix in node.prefixes)
            networks = (settings.prefix_pool, *own)
            self._packets += [
                TunnelSocket(settings.lma_address),
                RoutedPort(settings.home_interface, networks),
            ]
        if settings.esp:
            self._packets.append(EspSocket(settings.lma_address))

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT comes."""
        stop, stopped = os.pipe()
        os.set_blocking(stopped, False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: None)
        signal.set_wakeup_fd(stopped)
        with ExitStack() as stack:
            selector = stack.enter_context(selectors.DefaultSelector())
            stack.enter_context(self._answers)
            for opened in (self._requests, *self._packets):
                selector.register(stack.enter_context(opened), selectors.EVENT_READ)
            selector.register(stop, selectors.EVENT_READ)
            gc.freeze()  # so that no collection looks through the model while it serves
            print(READY, flush=True)
            while True:
                ready = {key.fd for key, _ in selector.select(self._timeout())}
                if stop in ready:
                    return
                self._serve()

    def _timeout(self) -> float | None:
        """Seconds until the next timer falls due; None where none runs."""
        deadline = self._anchor.next_deadline()
        return None if deadline is None else max(0.0, (deadline - _now_ms()) / 1000)

    def _serve(self) -> None:
        """Answer what has come, from each socket in turn, and let time pass."""
        self._send(self._anchor.advance(_now_ms()))
        is_busy = True
        while is_busy:
            is_busy = False
            datagram = self._requests.receive(0)
            if datagram is not None:
                is_busy = True
                packet = ipv6_packet(
                    datagram.source, datagram.destination, datagram.data
                )
                self._take(packet, timestamp_of(datagram.time_ns))
            for opened in self._packets:
                passing = opened.receive(0)
                if passing is not None:
                    is_busy = True
                    self._take(passing, timestamp_of(time.time_ns()))

    def _take(self, packet: bytes, time_of_day: int) -> None:
        """Give the anchor a packet, and send what it makes of it."""
        if self._conduct.hears(packet):
            self._send(self._anchor.receive(packet, _now_ms(), time_of_day))

    def _send(self, answers: list[bytes]) -> None:
        for answer in (said for each in answers for said in self._conduct.says(each)):
            try:
                self._answers.send(answer)
            except Pmip6Error as error:  # an answer that has nowhere to go
                self._report(error.line())


def _now_ms() -> int:
    return time.monotonic_ns() // MILLISECOND_NS


def serve_lma(
    path: Path, *, verbose: bool = False, mutant: str = "", variant: str = ""
) -> int:
    """Run a reference anchor from its settings file until it is told to end.

    Args:
        path: The settings, as `AnchorSettings` describes them.
        verbose: Tell each event on standard error.
        mutant: Name of the fault that it has; none where empty.
        variant: Name of the permitted variant that it is; the reference where empty.

    Returns:
        The exit code: 0 after SIGTERM or SIGINT.

    Raises:
        Pmip6Error: The settings are wrong, or raw sockets or the address are refused.
    """

    def report(line: str) -> None:
        if verbose:
            print(line, file=sys.stderr, flush=True)

    settings = load(path, AnchorSettings)
    if variant:
        chosen = permitted_variants()[variant]
        process = AnchorProcess(settings, report, variant=chosen)
    elif mutant.startswith(CONDUCT):
        process = AnchorProcess(settings, report, conduct=conduct_named(mutant))
    else:
        faulty = faulty_peer(mutant) if mutant else None
        process = AnchorProcess(settings, report, faulty)
    process.run()
    return 0


def main(arguments: list[str]) -> int:
    """Run `serve_lma` on the arguments; errors are one line."""
    parser = argparse.ArgumentParser(prog="serve", description="The reference anchor.")
    parser.add_argument("settings", type=Path, metavar="FILE.toml")
    parser.add_argument("--verbose", action="store_true", help="tell each event")
    parser.add_argument(
        "--mutant",
        default="",
        metavar="NAME",
        help="a faulty peer for testing the tester: the names that make kill-matrix prints",
    )
    parser.add_argument(
        "--variant",
        default="",
        choices=permitted_variants(),
        help="an anchor that chooses otherwise where the RFC leaves a choice",
    )
    chosen = parser.parse_args(arguments)
    try:
        return serve_lma(
            chosen.settings,
            verbose=chosen.verbose,
            mutant=chosen.mutant,
            variant=chosen.variant,
        )
    except Pmip6Error as error:
        print(error.line(), file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
