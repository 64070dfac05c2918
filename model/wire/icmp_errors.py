"""ICMPv6 error messages: made, and read down to the packet in error (RFC 4443)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address

from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.ipv6 import decode_ipv6, encode_ipv6
from pmip6.model.wire.messages import UNSPECIFIED
from pmip6.model.wire.numbers import IPPROTO_ICMPV6, PACKET_TOO_BIG

ERRONEOUS_HEADER_FIELD = 0
"""Code of a Parameter Problem about a wrong field (RFC 4443, section 3.4)."""
ECHO_REQUEST, ECHO_REPLY = 128, 129
LEAST_MTU = 1280
"""Octets that every link carries (RFC 8200, section 5)."""

_LEAST_INFORMATIONAL_TYPE = 128


@dataclass(frozen=True, slots=True)
class IcmpError:
    """An ICMPv6 error message.

    Args:
        kind: Its type, below 128.
        word: The four octets after the checksum: a pointer, an MTU or zero.
        about: The packet in error, as much of it as came back.
    """

    kind: int
    word: int
    about: bytes


def error_in(data: bytes) -> IcmpError | None:
    """The ICMPv6 error in a packet; None for other packets, and a wrong checksum."""
    packet = decode_ipv6(data)
    if packet is None or packet.next_header != IPPROTO_ICMPV6:
        return None
    told = packet.payload
    if len(told) < 8 or told[0] >= _LEAST_INFORMATIONAL_TYPE:
        return None
    if checksum_of(told, packet.source, packet.destination, IPPROTO_ICMPV6):
        return None
    return IcmpError(told[0], int.from_bytes(told[4:8]), told[8:])


def echo(
    kind: int, body: bytes, source: IPv6Address, destination: IPv6Address
) -> bytes:
    """Make an Echo Request or Reply (RFC 4443, section 4).

    Args:
        kind: ECHO_REQUEST or ECHO_REPLY.
        body: What comes after the checksum: identifier, sequence number and data.
        source: Where it comes from.
        destination: Where it goes.
    """
    header = bytes((kind, 0))
    checksum = checksum_of(header + b"\0\0" + body, source, destination, IPPROTO_ICMPV6)
    return encode_ipv6(
        source,
        destination,
        header + checksum.to_bytes(2) + body,
        next_header=IPPROTO_ICMPV6,
    )


@dataclass(frozen=True)
class ReportRule:
    """One row: what an ICMPv6 error has to be; `holds` takes a right one."""

    name: str
    requirements: tuple[str, ...]
    holds: Callable[[IPv6Address, IcmpError], bool]


def _is_for_the_source(destination: IPv6Address, error: IcmpError) -> bool:
    about = decode_ipv6(error.about)
    return about is not None and about.source == destination


REPORT_RULES: tuple[ReportRule, ...] = (
    ReportRule(
        "destination of an error",
        ("5213-6.10.5-5",),
        _is_for_the_source,
    ),
)
"""Whom an error is told: who sent the packet in error, be it in the tunnel or around it
(RFC 4443, section 2.2; RFC 2473, section 8)."""


def report_faults(data: bytes) -> Iterator[ReportRule]:
    """The rows that a packet breaks, if it is an ICMPv6 error."""
    packet, error = decode_ipv6(data), error_in(data)
    if packet is None or error is None:
        return
    for rule in REPORT_RULES:
        if not rule.holds(packet.destination, error):
            yield rule


def icmp_error(
    kind: int,
    code: int,
    word: int,
    data: bytes,
    source: IPv6Address,
    destination: IPv6Address,
) -> bytes:
    """Make an ICMPv6 error message, whoever may be told of the error.

    Args:
        kind: Type, below 128.
        code: Code.
        word: The four octets after the checksum: a pointer, an MTU or zero.
        data: The packet in error; as much of it as fits comes back.
        source: Address of the node that reports the error.
        destination: Address of the node that is told.
    """
    header = bytes((kind, code))
    body = word.to_bytes(4) + data[: LEAST_MTU - 48]
    checksum = checksum_of(header + b"\0\0" + body, source, destination, IPPROTO_ICMPV6)
    return encode_ipv6(
        source,
        destination,
        header + checksum.to_bytes(2) + body,
        next_header=IPPROTO_ICMPV6,
    )


def report(
    kind: int, code: int, word: int, data: bytes, source: IPv6Address
) -> bytes | None:
    """Make the message that tells the source of a packet of an error of it.

    None goes out about an ICMPv6 error, to an address that is no unicast one, and,
    other than Packet Too Big, about a packet for a group (RFC 4443, section 2.4).

    Args:
        kind: Type, below 128.
        code: Code.
        word: The four octets after the checksum.
        data: The packet in error.
        source: Address of the node that reports the error.
    """
    packet = decode_ipv6(data)
    if packet is None:
        return None
    if packet.source.is_multicast or packet.source == UNSPECIFIED:
        return None
    if packet.destination.is_multicast and kind != PACKET_TOO_BIG:
        return None
    is_icmp = packet.next_header == IPPROTO_ICMPV6 and packet.payload != b""
    if is_icmp and packet.payload[0] < _LEAST_INFORMATIONAL_TYPE:
        return None
    return icmp_error(kind, code, word, data, source, packet.source)
