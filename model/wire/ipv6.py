"""IPv6 packets that carry mobility messages, with the extension headers of RFC 6275.

The Home Address option and the type 2 routing header have no place in proxy
signalling; they can be made and read here so that a wrong packet can be sent and
judged.  Sources: RFC 8200, sections 3 and 4; RFC 6275, sections 6.1, 6.3 and 6.4.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address
from struct import Struct

from pmip6.model.findings import FormatFault, FormatFinding, FormatRule
from pmip6.model.wire.decoding import Decoded, decode
from pmip6.model.wire.message_conditions import BA, BU, PBA, PBU, kind_of
from pmip6.model.wire.numbers import IPPROTO_MOBILITY

IPPROTO_HOP_BY_HOP = 0
IPPROTO_IPV6 = 41
"""Next Header value of an IPv6 packet within a tunnel packet (RFC 2473, section 5)."""
IPPROTO_ROUTING = 43
IPPROTO_FRAGMENT = 44
IPPROTO_DESTINATION_OPTIONS = 60
HOME_ADDRESS_OPTION = 0xC9
_HEADER = Struct(">IHBB16s16s")
_EXTENSIONS = (IPPROTO_HOP_BY_HOP, IPPROTO_ROUTING, IPPROTO_DESTINATION_OPTIONS)
_FAULT = FormatFault.EXTENSION_HEADER

PACKET_COMPLETE = FormatRule("ipv6_complete", ("5213-5.3.6-x1",), _FAULT)
HOME_ADDRESS_FORM = FormatRule(
    "home_address_form", ("6275-6.3-y1", "6275-6.3-y2"), _FAULT
)
ROUTING_FORM = FormatRule("routing_header_form", ("6275-6.4.1-y1",), _FAULT)
NO_HOME_ADDRESS = FormatRule(
    "pbu_without_home_address", ("5213-6.9.1.5-13", "6275-6.1-2"), _FAULT
)
NO_ROUTING_HEADER = FormatRule(
    "pba_without_routing_header",
    ("5213-5.3.6-29", "6275-6.1-1", "6275-6.1-3", "6275-9.5.4-11"),
    _FAULT,
)
MESSAGE_WITHOUT_HOME_ADDRESS = FormatRule(
    "message_without_home_address", ("6275-6.1-2",), _FAULT
)
MESSAGE_WITHOUT_ROUTING_HEADER = FormatRule(
    "message_without_routing_header", ("6275-6.1-1",), _FAULT
)

PACKET_RULES = (
    PACKET_COMPLETE,
    HOME_ADDRESS_FORM,
    ROUTING_FORM,
    NO_HOME_ADDRESS,
    NO_ROUTING_HEADER,
    MESSAGE_WITHOUT_HOME_ADDRESS,
    MESSAGE_WITHOUT_ROUTING_HEADER,
)
"""The rules about the packet around the Mobility Header."""


@dataclass(frozen=True, slots=True)
class Ipv6Packet:
    """An IPv6 packet with its extension headers read.

    Args:
        source: Source Address of the IPv6 header.
        destination: Destination Address of the IPv6 header.
        next_header: Protocol of the payload, after the extension headers.
        payload: Octets after the extension headers.
        payload_offset: Where they begin in the packet.
        hop_limit: Hop Limit.
        home_address: Address of the Home Address option, None without it.
        routed_home_address: Address of the type 2 routing header, None without it.
        findings: What is wrong, with offsets from the start of the packet.
    """

    source: IPv6Address
    destination: IPv6Address
    next_header: int
    payload: bytes
    payload_offset: int = 40
    hop_limit: int = 64
    home_address: IPv6Address | None = None
    routed_home_address: IPv6Address | None = None
    findings: tuple[FormatFinding, ...] = ()

    @property
    def checksum_source(self) -> IPv6Address:
        """Source of the pseudo header: the home address if there is one (6.1.1)."""
        return self.source if self.home_address is None else self.home_address

    @property
    def checksum_destination(self) -> IPv6Address:
        """Destination of the pseudo header: the final one."""
        if self.routed_home_address is None:
            return self.destination
        return self.routed_home_address


def encode_ipv6(
    source: IPv6Address,
    destination: IPv6Address,
    payload: bytes,
    *,
    next_header: int = IPPROTO_MOBILITY,
    hop_limit: int = 64,
    traffic_class: int = 0,
    home_address: IPv6Address | None = None,
    routed_home_address: IPv6Address | None = None,
) -> bytes:
    """Make a packet; the routing header stands before the destination options (6.3).

    The payload's checksum is the caller's: see `Ipv6Packet.checksum_source`.
    """
    if home_address is not None:
        option = bytes((HOME_ADDRESS_OPTION, 16)) + home_address.packed
        payload = bytes((next_header, 2, 1, 2, 0, 0)) + option + payload
        next_header = IPPROTO_DESTINATION_OPTIONS
    if routed_home_address is not None:
        routing = bytes((next_header, 2, 2, 1, 0, 0, 0, 0))
        payload = routing + routed_home_address.packed + payload
        next_header = IPPROTO_ROUTING
    return (
        _HEADER.pack(
            6 << 28 | traffic_class << 20,
            len(payload),
            next_header,
            hop_limit,
            source.packed,
            destination.packed,
        )
        + payload
    )


def decode_ipv6(data: bytes) -> Ipv6Packet | None:
    """Read a packet down to its payload; None where there is no IPv6 header."""
    if len(data) < _HEADER.size or data[0] >> 4 != 6:
        return None
    _, length, following, hop_limit, source, destination = _HEADER.unpack_from(data)
    findings: list[FormatFinding] = []
    at, end = _HEADER.size, _HEADER.size + length
    if end > len(data):
        text = f"payload length says {length} octets, {len(data) - at} came"
        findings.append(FormatFinding(PACKET_COMPLETE, text, 4))
        end = len(data)
    home_address: IPv6Address | None = None
    routed: IPv6Address | None = None
    while following in _EXTENSIONS:
        after = at + (data[at + 1] + 1) * 8 if at + 2 <= end else end + 1
        if after > end:
            text = f"extension header {following} runs past the packet"
            findings.append(FormatFinding(PACKET_COMPLETE, text, at))
            break
        if following == IPPROTO_ROUTING and data[at + 2] == 2:
            if data[at + 1] == 2 and data[at + 3] == 1:
                routed = IPv6Address(data[at + 8 : at + 24])
            else:
                text = "type 2 routing header without exactly one address left"
                findings.append(FormatFinding(ROUTING_FORM, text, at))
        elif following == IPPROTO_DESTINATION_OPTIONS:
            found = _home_address(data, at, after, findings)
            home_address = found or home_address
        following, at = data[at], after
    return Ipv6Packet(
        IPv6Address(source),
        IPv6Address(destination),
        following,
        data[at:end],
        at,
        hop_limit,
        home_address,
        routed,
        tuple(findings),
    )


def _home_address(
    data: bytes, start: int, end: int, findings: list[FormatFinding]
) -> IPv6Address | None:
    """Find the Home Address option within a destination options header."""
    at = start + 2
    while at < end:
        if data[at] == 0:
            at += 1
            continue
        after = at + 2 + data[at + 1] if at + 1 < end else end + 1
        if after > end:
            text = "destination option runs past its header"
            findings.append(FormatFinding(PACKET_COMPLETE, text, at))
            return None
        if data[at] == HOME_ADDRESS_OPTION:
            if data[at + 1] != 16 or (at - start) % 8 != 6:
                text = f"Home Address option of length {data[at + 1]} at octet {at}"
                findings.append(FormatFinding(HOME_ADDRESS_FORM, text, at))
            if data[at + 1] == 16:
                return IPv6Address(data[at + 2 : after])
        at = after
    return None


def decode_packet(
    data: bytes, *, proxy_expected: bool = False
) -> tuple[Ipv6Packet, Decoded] | None:
    """Read a packet and the mobility message in it; None where there is no message.

    The packet's findings then include extension headers that its message forbids.
    """
    packet = decode_ipv6(data)
    if packet is None or packet.next_header != IPPROTO_MOBILITY:
        return None
    decoded = decode(
        packet.payload,
        packet.checksum_source,
        packet.checksum_destination,
        proxy_expected=proxy_expected,
    )
    findings = packet.findings + tuple(_forbidden_headers(packet, decoded))
    read = Ipv6Packet(
        packet.source,
        packet.destination,
        packet.next_header,
        packet.payload,
        packet.payload_offset,
        packet.hop_limit,
        packet.home_address,
        packet.routed_home_address,
        findings,
    )
    return read, decoded


def _forbidden_headers(packet: Ipv6Packet, decoded: Decoded) -> list[FormatFinding]:
    """Extension headers that a message must not have (6275-6.1-1 and -2).

    RFC 6275 allows the Home Address option for a direct Binding Update and the type 2
    routing header for its acknowledgement; RFC 5213 takes both away from a proxy.
    """
    kind = None if decoded.message is None else kind_of(decoded.message)
    findings: list[FormatFinding] = []
    if packet.home_address is not None and kind is not BU:
        rule = NO_HOME_ADDRESS if kind is PBU else MESSAGE_WITHOUT_HOME_ADDRESS
        text = f"Home Address option {packet.home_address}"
        findings.append(FormatFinding(rule, text, 40))
    if packet.routed_home_address is not None and kind is not BA:
        rule = NO_ROUTING_HEADER if kind is PBA else MESSAGE_WITHOUT_ROUTING_HEADER
        text = f"type 2 routing header to {packet.routed_home_address}"
        findings.append(FormatFinding(rule, text, 40))
    return findings
