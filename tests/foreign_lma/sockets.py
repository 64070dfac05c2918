"""The raw sockets of the LMA: RFC 6275, sections 9.2 and 9.3.3, and the ICMP errors of RFC 4443.

IPv6 raw sockets deliver the payload of a packet only, so the header that an ICMP error
quotes is written again from the addresses and the hop limit.  The kernel computes the
checksum of what leaves an ICMPv6 socket.
"""

from __future__ import annotations

import logging
import select
import socket
import struct
import time
from dataclasses import dataclass
from ipaddress import IPv6Address

from foreign_lma.lma import LocalMobilityAnchor
from foreign_lma.mobility_header import (
    BINDING_UPDATE,
    LEAST_HEADER_LEN,
    NO_NEXT_HEADER,
    UNSPECIFIED,
    MalformedMessage,
    binding_error,
    checksum,
    read_binding_update,
)

IPPROTO_MH = 135
UNRECOGNIZED_MH_TYPE = 2
PARAMETER_PROBLEM = 4
LEAST_MTU = 1280
IPV6_HEADER = 40
PAYLOAD_PROTO_AT, HEADER_LEN_AT = 0, 1

log = logging.getLogger("lma")


@dataclass(frozen=True)
class Packet:
    """A Mobility Header as it came, with what its IPv6 header said."""

    source: IPv6Address
    destination: IPv6Address
    hop_limit: int
    message: bytes


class Server:
    """Receives Mobility Headers for one anchor and sends what it answers."""

    def __init__(self, lma: LocalMobilityAnchor) -> None:
        self.lma = lma
        self.mobility = socket.socket(socket.AF_INET6, socket.SOCK_RAW, IPPROTO_MH)
        self.mobility.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        self.mobility.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        self.mobility.bind((str(lma.settings.address), 0))
        self.icmp = socket.socket(
            socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6
        )
        self.icmp.bind((str(lma.settings.address), 0))
        self.errors_left = float(lma.settings.errors_per_second)
        self.errors_counted_at = time.monotonic()

    def run(self) -> None:
        """Serve for ever; wakes up for each packet and for each entry that ends."""
        print("ready", flush=True)
        while True:
            next_expiry = self.lma.cache.next_expiry()
            timeout = (
                None
                if next_expiry is None
                else max(0.0, next_expiry - time.monotonic())
            )
            readable, _, _ = select.select([self.mobility], [], [], timeout)
            self.lma.cache.expire(time.monotonic())
            if readable:
                self.handle(self.receive())

    def receive(self) -> Packet:
        message, ancillary, _, (source, *_) = self.mobility.recvmsg(65535, 256)
        destination, hop_limit = self.lma.settings.address, 64
        for _, kind, data in ancillary:
            if kind == socket.IPV6_PKTINFO:
                destination = IPv6Address(data[:16])
            elif kind == socket.IPV6_HOPLIMIT:
                (hop_limit,) = struct.unpack("@i", data)
        return Packet(
            IPv6Address(source.split("%")[0]), destination, hop_limit, message
        )

    def handle(self, packet: Packet) -> None:
        """The checks of RFC 6275, section 9.2, in their order, then the update."""
        if len(packet.message) < 8:
            return
        payload_proto, header_len, kind = packet.message[:3]
        message = packet.message[: 8 * (header_len + 1)]
        if (
            len(message) < 8 * (header_len + 1)
            or checksum(packet.source, packet.destination, message) != 0
        ):
            log.info(
                "discard a message of %s: truncated or wrong checksum", packet.source
            )
        elif kind not in LEAST_HEADER_LEN:
            if self.may_send_error(packet.source):
                self.send_mobility(
                    packet, binding_error(UNRECOGNIZED_MH_TYPE, UNSPECIFIED)
                )
        elif payload_proto != NO_NEXT_HEADER:
            self.send_parameter_problem(packet, PAYLOAD_PROTO_AT)
        elif header_len < LEAST_HEADER_LEN[kind]:
            self.send_parameter_problem(packet, HEADER_LEN_AT)
        elif kind == BINDING_UPDATE:
            try:
                answer = self.lma.answer(read_binding_update(message), packet.source)
            except MalformedMessage as reason:
                log.info("discard a Binding Update of %s: %s", packet.source, reason)
                return
            if answer is not None:
                self.send_mobility(packet, answer)

    def may_send_error(self, source: IPv6Address) -> bool:
        """Whether an error may go to `source` now: RFC 4443, section 2.4 (e) and (f)."""
        now, rate = time.monotonic(), self.lma.settings.errors_per_second
        self.errors_left = min(
            rate, self.errors_left + (now - self.errors_counted_at) * rate
        )
        self.errors_counted_at = now
        if source.is_multicast or source.is_unspecified or self.errors_left < 1:
            return False
        self.errors_left -= 1
        return True

    def send_mobility(self, packet: Packet, message: bytes) -> None:
        """Send a Mobility Header back: from the destination of the packet to its source."""
        value = checksum(packet.destination, packet.source, message)
        message = message[:4] + struct.pack("!H", value) + message[6:]
        source = (
            socket.IPPROTO_IPV6,
            socket.IPV6_PKTINFO,
            packet.destination.packed + struct.pack("@I", 0),
        )
        self.mobility.sendmsg([message], [source], 0, (str(packet.source), 0))

    def send_parameter_problem(self, packet: Packet, place: int) -> None:
        """Send ICMPv6 Parameter Problem, code 0, that points at `place` in the Mobility Header."""
        if not self.may_send_error(packet.source):
            return
        header = struct.pack(
            "!IHBB", 6 << 28, len(packet.message), IPPROTO_MH, packet.hop_limit
        )
        quoted = (
            header + packet.source.packed + packet.destination.packed + packet.message
        )
        error = struct.pack("!BBHI", PARAMETER_PROBLEM, 0, 0, IPV6_HEADER + place)
        self.icmp.sendto(
            error + quoted[: LEAST_MTU - IPV6_HEADER - len(error)],
            (str(packet.source), 0),
        )
