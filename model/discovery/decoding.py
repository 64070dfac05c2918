"""Bytes to Neighbor Discovery messages, as far as they can be read, with findings.

Nothing here raises on bytes: what is wrong is a finding with its requirement ids and
its offset, and reading goes on where a receiver could go on.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address
from struct import Struct

from pmip6.model.discovery.conditions import (
    UNASSIGNED_ADVERTISEMENT_BITS,
    DiscoveryView,
    PlacedDiscoveryOption,
)
from pmip6.model.discovery.messages import (
    DISCOVERY_CLASSES,
    HOP_LIMIT,
    DiscoveryMessage,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from pmip6.model.discovery.options import (
    DISCOVERY_OPTION_CLASSES,
    UNIT,
    DiscoveryOption,
    UnknownDiscoveryOption,
)
from pmip6.model.discovery.rules import (
    DISCARDED_BY,
    DISCOVERY_CHECKSUM,
    DISCOVERY_COMPLETE,
    DISCOVERY_OPTION_COMPLETE,
    DISCOVERY_OPTION_LENGTHS,
    DISCOVERY_OPTION_NOT_EMPTY,
    ICMPV6_COMPLETE,
    violations_of,
)
from pmip6.model.findings import FormatFault, FormatFinding
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.ipv6 import Ipv6Packet, decode_ipv6
from pmip6.model.wire.numbers import IPPROTO_ICMPV6
from pmip6.model.wire.option_words import option_title

_ICMPV6 = Struct(">BBH")
_ADVERTISEMENT = Struct(">BBHII")
_CLASS_OF = {int(kind.TYPE): kind for kind in DISCOVERY_CLASSES}


@dataclass(frozen=True, slots=True)
class DecodedDiscovery:
    """A Neighbor Discovery message as far as it could be read.

    Args:
        message: The typed message; None where it is cut off.
        layout: Every option with its offset, in wire order.
        findings: What is wrong with it, by offset.
    """

    message: DiscoveryMessage | None
    layout: tuple[PlacedDiscoveryOption, ...]
    findings: tuple[FormatFinding, ...]

    def faults(self) -> frozenset[FormatFault]:
        """Kinds of the findings."""
        return frozenset(finding.fault for finding in self.findings)

    @property
    def is_valid(self) -> bool:
        """Whether a receiver processes it; else it is discarded without a word."""
        return self.message is not None and not any(
            finding.rule in DISCARDED_BY for finding in self.findings
        )

    @property
    def valid_message(self) -> DiscoveryMessage | None:
        """The message if a receiver processes it, else None."""
        return self.message if self.is_valid else None


def is_discovery(payload: bytes) -> bool:
    """Whether ICMPv6 octets are of a type that is read here."""
    return len(payload) > 0 and payload[0] in _CLASS_OF


def decode_discovery(
    data: bytes,
    source: IPv6Address,
    destination: IPv6Address,
    hop_limit: int = HOP_LIMIT,
) -> DecodedDiscovery | None:
    """Decode ICMPv6 octets; None where their type is not one of Neighbor Discovery.

    Args:
        data: The ICMPv6 message.
        source: IPv6 source of the packet.
        destination: IPv6 destination of the packet.
        hop_limit: Hop Limit of the packet.
    """
    if not is_discovery(data):
        return None
    kind = _CLASS_OF[data[0]]
    findings: list[FormatFinding] = []
    if len(data) < _ICMPV6.size:
        text = f"{len(data)} octets are no ICMPv6 message"
        findings.append(FormatFinding(ICMPV6_COMPLETE, text, 0))
        return DecodedDiscovery(None, (), tuple(findings))
    _, code, checksum = _ICMPV6.unpack_from(data)
    if checksum_of(data, source, destination, IPPROTO_ICMPV6):
        text = f"checksum {checksum:#06x} does not verify"
        findings.append(FormatFinding(DISCOVERY_CHECKSUM[kind.TYPE], text, 2))
    if len(data) < kind.FIXED_LENGTH:
        text = f"{len(data)} octets, at least {kind.FIXED_LENGTH} are needed"
        findings.append(FormatFinding(DISCOVERY_COMPLETE[kind.TYPE], text, len(data)))
        return DecodedDiscovery(None, (), tuple(findings))
    layout = _read_options(data, kind, findings)
    options = tuple(option for _, option in layout)
    message, reserved = _read_message(kind, data, options)
    view = DiscoveryView(
        message, source, destination, hop_limit, code, layout, reserved
    )
    findings += [
        FormatFinding(rule, text, at) for rule, (text, at) in violations_of(view)
    ]
    findings.sort(key=lambda finding: finding.offset)
    return DecodedDiscovery(message, layout, tuple(findings))


def _read_message(
    kind: type[DiscoveryMessage], data: bytes, options: tuple[DiscoveryOption, ...]
) -> tuple[DiscoveryMessage, int]:
    """Read the message and its reserved bits."""
    word = int.from_bytes(data[4:8])
    if kind is RouterSolicitation:
        return RouterSolicitation(options), word
    if kind is RouterAdvertisement:
        hop_limit, flags, lifetime, reachable, timer = _ADVERTISEMENT.unpack_from(
            data, 4
        )
        advertisement = RouterAdvertisement(
            lifetime,
            options,
            hop_limit,
            flags & 0x80 != 0,
            flags & 0x40 != 0,
            reachable,
            timer,
        )
        return advertisement, flags & UNASSIGNED_ADVERTISEMENT_BITS
    target = IPv6Address(data[8:24])
    if kind is NeighborSolicitation:
        return NeighborSolicitation(target, options), word
    flags = word >> 29
    return (
        NeighborAdvertisement(
            target, options, flags & 4 != 0, flags & 2 != 0, flags & 1 != 0
        ),
        word & 0x1FFFFFFF,
    )


def _read_options(
    data: bytes, kind: type[DiscoveryMessage], findings: list[FormatFinding]
) -> tuple[PlacedDiscoveryOption, ...]:
    """Read the options with their offsets, up to one that has no end."""
    layout: list[PlacedDiscoveryOption] = []
    at = kind.FIXED_LENGTH
    while at < len(data):
        number, units = data[at], data[at + 1] if at + 1 < len(data) else 1
        if units == 0:
            text = f"option of type {number} has length 0"
            rule = DISCOVERY_OPTION_NOT_EMPTY[kind.TYPE]
            findings.append(FormatFinding(rule, text, at + 1))
            break
        after = at + units * UNIT
        if after > len(data):
            text = f"option of type {number} runs past the message"
            findings.append(FormatFinding(DISCOVERY_OPTION_COMPLETE, text, at))
            break
        layout.append((at, _read_option(number, data[at + 2 : after], at, findings)))
        at = after
    return tuple(layout)


def _read_option(
    number: int, data: bytes, at: int, findings: list[FormatFinding]
) -> DiscoveryOption:
    known = DISCOVERY_OPTION_CLASSES.get(number)
    if known is None:
        return UnknownDiscoveryOption(number, data)
    units = (2 + len(data)) // UNIT
    if units not in known.LENGTHS:
        text = f"{option_title(known)} of length {units}"
        rule = DISCOVERY_OPTION_LENGTHS[number]
        findings.append(FormatFinding(rule, text, at + 1))
        return UnknownDiscoveryOption(number, data)
    return known.from_data(data)


def decode_discovery_packet(data: bytes) -> tuple[Ipv6Packet, DecodedDiscovery] | None:
    """Read an IPv6 packet and the message in it; None where there is no such message."""
    packet = decode_ipv6(data)
    if packet is None or packet.next_header != IPPROTO_ICMPV6:
        return None
    decoded = decode_discovery(
        packet.payload, packet.source, packet.destination, packet.hop_limit
    )
    return None if decoded is None else (packet, decoded)
