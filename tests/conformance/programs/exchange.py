"""What the sockets do between two hosts, one scenario each; run by test_sockets.py.

A scenario returns facts, which are printed as JSON; the test judges them.
"""

import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from ipaddress import IPv6Address
from pathlib import Path

from pmip6.conformance.wire.namespaces import (
    PEER_INTERFACE,
    TESTER_INTERFACE,
    Network,
    enter_private_network,
    link,
)
from pmip6.conformance.wire.packet_port import Frame, PacketPort, ipv6_packet
from pmip6.conformance.wire.sockets import IPV6_IN_IPV6, MobilitySocket
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.numbers import IPPROTO_MOBILITY, IPPROTO_NONE

LISTED = [IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2")]
UNLISTED = IPv6Address("2001:db8::3")
FOREIGN = IPv6Address("2001:db8:ffff::9")
ANCHOR = IPv6Address("2001:db8::100")
REPORT, MESSAGE = 250, 251
QUIET = 0.2


def message(
    source: IPv6Address, mark: int, kind: int = MESSAGE, *, wrong: int = 0
) -> bytes:
    """A hand-made Mobility Header; its checksum is right, or `wrong` away from it."""
    text = struct.pack("!BBBBHBB", IPPROTO_NONE, 0, kind, 0, 0, mark, 0)
    checksum = (checksum_of(text, source, ANCHOR) + wrong) & 0xFFFF
    return text[:4] + struct.pack("!H", checksum) + text[6:]


def facts_of(frame: Frame | None) -> dict[str, str | int] | None:
    """A frame in words, None for none."""
    if frame is None:
        return None
    return {
        "source": str(IPv6Address(frame.data[8:24])),
        "destination": str(IPv6Address(frame.data[24:40])),
        "protocol": frame.data[6],
        "kind": frame.data[40] if frame.data[6] == 58 else frame.data[42],
        "code": frame.data[41] if frame.data[6] == 58 else 0,
        "mark": frame.data[46],
        "checksum": checksum_of(
            frame.data[40:],
            IPv6Address(frame.data[8:24]),
            IPv6Address(frame.data[24:40]),
            frame.data[6],
        ),
    }


def echo(network: Network) -> object:
    """Messages from three addresses go to a peer process and come back."""
    peer_program = Path(__file__).with_name("echo_peer.py")
    peer = network.spawn(
        [sys.executable, str(peer_program)], stdout=subprocess.PIPE
    ).process
    assert peer.stdout is not None and peer.stdout.readline() == b"listening\n"
    answers: list[object] = []
    seconds: list[float] = []
    with PacketPort(TESTER_INTERFACE, LISTED[0]) as port:
        for mark in range(30):
            source = [*LISTED, UNLISTED][mark % 3]
            begin = time.perf_counter()
            sent = port.send(ipv6_packet(source, ANCHOR, message(source, mark)), ANCHOR)
            back = port.receive(2.0)
            seconds.append(time.perf_counter() - begin)
            answers.append(facts_of(back))
            assert back is None or 0 < back.time_ns - sent.time_ns < 2 * 10**9
        wrong = message(LISTED[0], 99, wrong=1)
        port.send(ipv6_packet(LISTED[0], ANCHOR, wrong), ANCHOR)
        to_wrong = facts_of(port.receive(QUIET))
        report = message(LISTED[0], 0, REPORT)
        port.send(ipv6_packet(LISTED[0], ANCHOR, report), ANCHOR)
        return {
            "answers": answers,
            "seconds": sorted(seconds),
            "to_wrong_checksum": to_wrong,
            "report": facts_of(port.receive(2.0)),
            "after": facts_of(port.receive(QUIET)),
            "lost": port.lost,
        }


def whole(network: Network) -> object:
    """A socket that leaves checksums alone: wrong ones come in and go out."""
    anchor = network.run(lambda: MobilitySocket(ANCHOR, kernel_checksum=False))
    with anchor, PacketPort(TESTER_INTERFACE, LISTED[0]) as port:
        wrong = message(FOREIGN, 7, wrong=1)
        port.send(ipv6_packet(FOREIGN, ANCHOR, wrong), ANCHOR)
        got = anchor.receive(2.0)
        assert got is not None
        anchor.send(wrong, source=ANCHOR, destination=LISTED[1])
        back = port.receive(2.0)
        return {
            "source": str(got.source),
            "destination": str(got.destination),
            "in_as_sent": got.data == wrong,
            "out_as_sent": back is not None and back.data[40:] == wrong,
            "dropped": anchor.dropped,
        }


def quiet(network: Network) -> object:
    """What a host hears when it sends protocols 135 and 41 to the tester."""
    inner = ipv6_packet(ANCHOR, LISTED[0], b"", protocol=IPPROTO_NONE)
    payloads = {
        IPPROTO_MOBILITY: message(LISTED[0], 1),
        IPV6_IN_IPV6: inner,
        200: b"unassigned",
    }
    heard: dict[str, object] = {}
    far = network.run(lambda: PacketPort(PEER_INTERFACE, ANCHOR))

    network.run(lambda: far.resolve(LISTED[0]))

    def tell(name: str) -> None:
        for protocol, payload in payloads.items():
            packet = ipv6_packet(ANCHOR, LISTED[0], payload, protocol=protocol)
            far.send(packet, LISTED[0])
            heard[f"{name} {protocol}"] = facts_of(far.receive(QUIET))

    with far:
        with PacketPort(TESTER_INTERFACE, LISTED[0]):
            tell("open")
        tell("closed")
    return heard


def errors(network: Network) -> object:
    """The line of each error that a user can cause."""
    told: list[str] = []

    def attempt(action: Callable[[], object]) -> None:
        try:
            action()
        except Pmip6Error as error:
            told.append(error.line())
        else:
            told.append("no error")

    with PacketPort(TESTER_INTERFACE, LISTED[0]) as port, MobilitySocket() as mobility:
        nobody = IPv6Address("2001:db8::999")
        packet = ipv6_packet(LISTED[0], ANCHOR, bytes(3000))
        attempt(lambda: PacketPort("none0", LISTED[0]))
        attempt(lambda: port.resolve(nobody, timeout=0.3))
        attempt(lambda: port.send(packet, ANCHOR))
        attempt(lambda: PacketPort(TESTER_INTERFACE, FOREIGN).resolve(ANCHOR))
        attempt(lambda: MobilitySocket(FOREIGN))
        attempt(lambda: mobility.send(bytes(8), source=FOREIGN, destination=ANCHOR))
        attempt(lambda: mobility.send(bytes(4), source=LISTED[0], destination=ANCHOR))
        network.close()
        attempt(lambda: port.receive(5.0))
    return told


def main(scenario: str) -> None:
    """Runs one scenario between two new hosts."""
    scenarios = {"echo": echo, "whole": whole, "quiet": quiet, "errors": errors}
    enter_private_network()
    with Network() as network:
        link(network, here=[*LISTED, UNLISTED], there=[ANCHOR])
        print(json.dumps(scenarios[scenario](network)))


if __name__ == "__main__":
    main(sys.argv[1])
