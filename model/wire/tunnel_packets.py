"""Tunnels over IPv6: original packets to tunnel packets, and back.

Between gateways there can be a GRE header with a key around the original (RFC 5949, 4.2).

Octets to octets, the same for both ends of the tunnel between an anchor and a gateway.
Sources: RFC 2473, sections 3 to 7; RFC 5213, section 5.6; RFC 4291, section 2.5.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from ipaddress import IPv6Address

from pmip6.model.wire.esp import OVERHEAD
from pmip6.model.wire.gre import GRE_SIZE, gre_payload, read_gre
from pmip6.model.wire.icmp_errors import ERRONEOUS_HEADER_FIELD, LEAST_MTU, report
from pmip6.model.wire.ipv6 import (
    IPPROTO_DESTINATION_OPTIONS,
    IPPROTO_FRAGMENT,
    IPPROTO_HOP_BY_HOP,
    IPPROTO_IPV6,
    IPPROTO_ROUTING,
    PACKET_COMPLETE,
    decode_ipv6,
    encode_ipv6,
)
from pmip6.model.wire.numbers import (
    IPPROTO_GRE,
    PACKET_TOO_BIG,
    PARAMETER_PROBLEM,
    TIME_EXCEEDED,
)

HEADER_SIZE = 40
ROUTER_HOP_LIMIT = 64
"""Hop Limit that a router gives a tunnel packet (RFC 2473, section 6.3)."""
ENCAPSULATION_LIMIT_OPTION = 4
ETHERNET_MTU = 1500

_FRAGMENT_HEADER_SIZE = 8
_ENCAPSULATION_LIMIT_SIZE = 8
_HOP_LIMIT_AT = 7


class Ecn(IntEnum):
    """The two low bits of a traffic class (5213-5.6.3)."""

    NOT_ECT = 0
    ECT_1 = 1
    ECT_0 = 2
    CE = 3


class Loss(Enum):
    """Why a packet goes no further."""

    MALFORMED = "it is no complete IPv6 packet"
    SCOPE = "its addresses do not leave their link"
    HOP_LIMIT = "its hop limit is used up"
    TOO_BIG = "it is larger than the tunnel and than the least MTU"
    ENCAPSULATION_LIMIT = "it may enter no further tunnel"
    LOOPBACK = "it is a packet of the same tunnel"


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One direction of a tunnel, as its entry point is told of it (RFC 2473, section 6).

    Args:
        entry_point: Source of the tunnel packets.
        exit_point: Destination of the tunnel packets.
        path_mtu: Octets that a packet on the path between the two can have.
        hop_limit: Hop Limit of the tunnel packets, whatever the original has.
        encapsulation_limit: How many further tunnels a packet may enter, None without
            limit.
        protect: What puts a tunnel packet under ESP before it is cut up, None where it
            goes as it is.
        gre_key: Key of the GRE header around each packet, None without such headers.
    """

    entry_point: IPv6Address
    exit_point: IPv6Address
    path_mtu: int = ETHERNET_MTU
    hop_limit: int = ROUTER_HOP_LIMIT
    encapsulation_limit: int | None = None
    protect: Callable[[bytes], bytes] | None = None
    gre_key: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """What becomes of a packet that a router is to pass on.

    Args:
        packets: What goes on; several are the fragments of one tunnel packet, in order.
        loss: Why nothing goes on, None where something does.
        reply: ICMPv6 message to the source of the original packet, None without one.
    """

    packets: tuple[bytes, ...] = ()
    loss: Loss | None = None
    reply: bytes | None = None


@dataclass(frozen=True, slots=True)
class Decapsulated:
    """What comes out of a tunnel.

    Args:
        entry_point: Source of the tunnel packet.
        exit_point: Destination of the tunnel packet.
        original: The original packet, marked as its tunnel header was; its hop limit
            is as it came, for the tunnel is one hop and the next one is not taken yet.
        gre_key: Key of the GRE header around it, None without one.
    """

    entry_point: IPv6Address
    exit_point: IPv6Address
    original: bytes
    gre_key: int | None = None


def forward(data: bytes, router: IPv6Address) -> Passage:
    """Take a packet over one hop: the hop limit, and what never leaves a link.

    Args:
        data: The packet as it came.
        router: Source of the reply, if one is due.
    """
    packet = decode_ipv6(data)
    if packet is None or _is_incomplete(data):
        return Passage(loss=Loss.MALFORMED)
    if _stays_on_link(packet.source) or _stays_on_link(packet.destination):
        return Passage(loss=Loss.SCOPE)
    if packet.hop_limit <= 1:
        reply = report(TIME_EXCEEDED, 0, 0, data, router)
        return Passage(loss=Loss.HOP_LIMIT, reply=reply)
    after = bytearray(data[: HEADER_SIZE + int.from_bytes(data[4:6])])
    after[_HOP_LIMIT_AT] -= 1
    return Passage((bytes(after),))


def encapsulate(data: bytes, tunnel: Tunnel, identification: int = 0) -> Passage:
    """Forward an original packet into a tunnel (RFC 2473, sections 3.1, 4.1 and 7.1).

    Args:
        data: The original packet as it came.
        tunnel: The tunnel.
        identification: What marks the fragments of this packet, if there have to be
            any; the caller never gives it twice within a minute.
    """
    passage = forward(data, tunnel.entry_point)
    if passage.loss is not None:
        return passage
    (original,) = passage.packets
    packet = decode_ipv6(original)
    assert packet is not None
    ends = tunnel.entry_point, tunnel.exit_point
    if ends == (packet.source, packet.destination):
        return Passage(loss=Loss.LOOPBACK)
    limit, at = tunnel.encapsulation_limit, _encapsulation_limit_at(original)
    if at is not None:
        if original[at] == 0:
            code = ERRONEOUS_HEADER_FIELD
            reply = report(PARAMETER_PROBLEM, code, at, data, tunnel.entry_point)
            return Passage(loss=Loss.ENCAPSULATION_LIMIT, reply=reply)
        limit = original[at] - 1
    size = HEADER_SIZE + (0 if limit is None else _ENCAPSULATION_LIMIT_SIZE)
    size += 0 if tunnel.protect is None else OVERHEAD
    size += 0 if tunnel.gre_key is None else GRE_SIZE
    tunnel_mtu = tunnel.path_mtu - size
    if len(original) > max(tunnel_mtu, LEAST_MTU):
        mtu = max(tunnel_mtu, LEAST_MTU)
        reply = report(PACKET_TOO_BIG, 0, mtu, data, tunnel.entry_point)
        return Passage(loss=Loss.TOO_BIG, reply=reply)
    ecn = ecn_of(original)
    traffic_class = tunnel_ecn(ecn) if tunnel.protect is None else ecn
    next_header, payload = IPPROTO_IPV6, original
    if tunnel.gre_key is not None:
        next_header, payload = IPPROTO_GRE, gre_payload(original, tunnel.gre_key)
    if limit is not None:
        option = bytes((ENCAPSULATION_LIMIT_OPTION, 1, limit, 1, 1, 0))
        payload = bytes((next_header, 0)) + option + payload
        next_header = IPPROTO_DESTINATION_OPTIONS
    tunnelled = encode_ipv6(
        *ends,
        payload,
        next_header=next_header,
        hop_limit=tunnel.hop_limit,
        traffic_class=traffic_class,
    )
    if tunnel.protect is not None:
        tunnelled = tunnel.protect(tunnelled)
    return Passage(fragment(tunnelled, tunnel.path_mtu, identification))


def decapsulate(data: bytes, *, takes_gre: bool = False) -> Decapsulated | None:
    """Take the tunnel headers off; None where no complete original packet is in it.

    Fragments are no tunnel packets yet: see `pmip6.model.wire.reassembly`.

    Args:
        data: A packet to this node, as it came.
        takes_gre: Packets with a GRE header that has a key are taken, too.
    """
    packet = decode_ipv6(data)
    if packet is None or _is_incomplete(data):
        return None
    payload, key = packet.payload, None
    if takes_gre and packet.next_header == IPPROTO_GRE:
        keyed = read_gre(payload)
        if keyed is None:
            return None
        payload, key = keyed.original, keyed.key
    elif packet.next_header != IPPROTO_IPV6:
        return None
    if decode_ipv6(payload) is None or _is_incomplete(payload):
        return None
    length = HEADER_SIZE + int.from_bytes(payload[4:6])
    inner = payload[:length]
    original = with_ecn(inner, original_ecn(ecn_of(data), ecn_of(inner)))
    return Decapsulated(packet.source, packet.destination, original, key)


def narrowed(tunnel: Tunnel, mtu: int) -> Tunnel:
    """The tunnel after a Packet Too Big about one of its packets (RFC 2473, 8.1)."""
    return replace(tunnel, path_mtu=max(LEAST_MTU, min(mtu, tunnel.path_mtu)))


# ---- explicit congestion notification ---------------------------------------------------


def tunnel_ecn(original: Ecn) -> Ecn:
    """What a tunnel header says of congestion: the full-functionality option.

    A mark that was made before the tunnel stays in the original header, so that one
    made within the tunnel can be told (5213-5.6.3-1 and -2; RFC 3168, section 9.1.1).
    Under ESP every mark is copied (5213-5.6.3-3; RFC 4301, section 5.1.2).
    """
    return Ecn.ECT_0 if original is Ecn.CE else original


def original_ecn(tunnel: Ecn, original: Ecn) -> Ecn:
    """What an original packet says of congestion after a tunnel (5213-5.6.3-4, -5)."""
    is_capable = original in (Ecn.ECT_0, Ecn.ECT_1)
    return Ecn.CE if tunnel is Ecn.CE and is_capable else original


def ecn_of(data: bytes) -> Ecn:
    """What the IPv6 header at the start of some octets says of congestion."""
    return Ecn(data[1] >> 4 & 3)


def with_ecn(data: bytes, ecn: Ecn) -> bytes:
    """The same packet, saying something else of congestion."""
    return data[:1] + bytes((data[1] & 0xCF | ecn << 4,)) + data[2:]


# ---- sizes and headers ------------------------------------------------------------------


def fragment(data: bytes, path_mtu: int, identification: int) -> tuple[bytes, ...]:
    """Cut a tunnel packet into pieces that a path carries (RFC 8200, section 4.5).

    Args:
        data: A tunnel packet; all its extension headers are for its destination.
        path_mtu: Octets that a piece can have.
        identification: The Identification of all pieces.
    """
    if len(data) <= path_mtu:
        return (data,)
    room = (path_mtu - HEADER_SIZE - _FRAGMENT_HEADER_SIZE) // 8 * 8
    rest, next_header = data[HEADER_SIZE:], data[6]
    pieces: list[bytes] = []
    for offset in range(0, len(rest), room):
        piece = rest[offset : offset + room]
        more = int(offset + room < len(rest))
        header = bytes((next_header, 0)) + (offset | more).to_bytes(2)
        payload = header + identification.to_bytes(4) + piece
        start = data[:4] + len(payload).to_bytes(2) + bytes((IPPROTO_FRAGMENT,))
        pieces.append(start + data[_HOP_LIMIT_AT:HEADER_SIZE] + payload)
    return tuple(pieces)


def _is_incomplete(data: bytes) -> bool:
    packet = decode_ipv6(data)
    findings = () if packet is None else packet.findings
    return any(finding.rule is PACKET_COMPLETE for finding in findings)


def _stays_on_link(address: IPv6Address) -> bool:
    """Whether a router passes on no packet from or to an address (RFC 4291, 2.5)."""
    if address.is_multicast:
        return address.packed[1] & 0x0F <= 2
    return address.is_link_local or address.is_loopback or address.is_unspecified


def _encapsulation_limit_at(data: bytes) -> int | None:
    """Where the value of a Tunnel Encapsulation Limit option stands (RFC 2473, 4.1.1).

    Headers are looked at from left to right, down to the first that is none of the
    extension headers.
    """
    following, at = data[6], HEADER_SIZE
    while following in (
        IPPROTO_HOP_BY_HOP,
        IPPROTO_ROUTING,
        IPPROTO_DESTINATION_OPTIONS,
    ):
        end = at + (data[at + 1] + 1) * 8
        option = at + 2
        while following == IPPROTO_DESTINATION_OPTIONS and option < end - 1:
            if data[option] == ENCAPSULATION_LIMIT_OPTION and data[option + 1] == 1:
                return option + 2
            option += 1 if data[option] == 0 else 2 + data[option + 1]
        following, at = data[at], end
    return None
