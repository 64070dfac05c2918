"""ESP without encryption, HMAC-SHA-256-128, manual keys: around signalling and tunnel.

Octets to octets, the same for anchor, gateway and tester; what a security association
keeps between packets is passed in and comes back.  Of the signalling only Binding Updates
and Acknowledgements are under ESP, as RFC 5213 has it: an error message is not.  They are
in transport mode.  A tunnel packet, whose header is that of the tunnel, becomes one of
ESP in tunnel mode by the same change of octets.
Sources: RFC 5213, section 4; RFC 4303, sections 2 and 3.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from pmip6.model.wire.ipv6 import IPPROTO_IPV6, decode_ipv6
from pmip6.model.wire.numbers import IPPROTO_ESP, IPPROTO_MOBILITY, MobilityHeaderType
from pmip6.model.wire.reception import Reaction, Reception

KEY_SIZE = 32
"""Octets of a key of HMAC-SHA-256-128."""
FIRST_SEQUENCE = 1
LEAST_SPI = 256
"""Those below are reserved (RFC 4303, section 2.1)."""
LARGEST_WORD = 0xFFFFFFFF

_HEADER, _ESP_HEADER, _TRAILER, _ICV = 40, 8, 2, 16
OVERHEAD = _ESP_HEADER + 3 + _TRAILER + _ICV
"""Octets that a packet grows by at most."""
_WINDOW = 64
_NEXT_HEADER = 6
REGISTRATIONS = frozenset(
    {MobilityHeaderType.BINDING_UPDATE, MobilityHeaderType.BINDING_ACKNOWLEDGEMENT}
)
"""What an anchor and its gateways have under ESP."""
HANDOVERS = frozenset(
    {MobilityHeaderType.HANDOVER_INITIATE, MobilityHeaderType.HANDOVER_ACKNOWLEDGE}
)
"""What gateways have under ESP among each other (RFC 5949, section 7)."""
_SIGNALLING = ("5213-4-1", "5213-4-3")
_REQUESTS = (*_SIGNALLING, "5213-5.3.1-1", "6275-10.3.1-2")
ANSWERS = (*_SIGNALLING, "5213-6.9.1.2-2")
"""Behind the checks that a gateway makes before it takes an answer."""


class EspCheck(enum.Enum):
    """What a receiver sees to before it takes a message of the signalling."""

    PROTECTION = "it is under ESP"
    ASSOCIATION = "its SPI is that of a security association"
    ENDS = "its addresses are the ends of its security association"
    REPLAY = "its sequence number is new"
    INTEGRITY = "its integrity check value is right"
    FORM = "what is in it is what its association is for"

    @property
    def reception(self) -> Reception:
        """What becomes of a request that fails it."""
        return Reception(Reaction.DISCARD, None, _REQUESTS)


ALL_CHECKS = frozenset(EspCheck)


@dataclass(frozen=True, slots=True)
class SecurityAssociation:
    """One direction of the protection between two nodes.

    Args:
        spi: Security Parameters Index, which the receiver tells it by.
        key: Key of the integrity check, KEY_SIZE octets.
        source: Where its packets come from.
        destination: Where they go to.
        carries: What it protects, as a Next Header value: mobility messages, or the
            IPv6 packets of a tunnel.
    """

    spi: int
    key: bytes = field(repr=False)
    source: IPv6Address
    destination: IPv6Address
    carries: int = IPPROTO_MOBILITY

    def icv(self, data: bytes) -> bytes:
        """The integrity check value of an ESP packet, from its SPI to its Next Header."""
        return hmac.digest(self.key, data, hashlib.sha256)[:_ICV]


@dataclass(frozen=True, slots=True)
class ReplayWindow:
    """Which sequence numbers of an association have come (RFC 4303, section 3.4.3).

    Args:
        highest: The right edge, 0 before the first packet.
        seen: Bit n is set where `highest` - n has come.
    """

    highest: int = 0
    seen: int = 0

    def is_new(self, sequence: int) -> bool:
        """Whether a number has not come yet, and is not too old to tell."""
        behind = self.highest - sequence
        if sequence < FIRST_SEQUENCE or behind >= _WINDOW:
            return False
        return behind < 0 or not self.seen >> behind & 1

    def after(self, sequence: int) -> ReplayWindow:
        """The window when a packet with a new number has proved to be genuine."""
        ahead = sequence - self.highest
        if ahead <= 0:
            return ReplayWindow(self.highest, self.seen | 1 << -ahead)
        seen = self.seen << ahead if ahead < _WINDOW else 0
        return ReplayWindow(sequence, (seen | 1) & (1 << _WINDOW) - 1)


@dataclass(frozen=True, slots=True)
class Unprotected:
    """What comes out of an ESP packet.

    Args:
        packet: The packet as it was before it was protected.
        association: Under which one it came.
        sequence: Its sequence number.
    """

    packet: bytes
    association: SecurityAssociation
    sequence: int


def is_esp(packet: bytes) -> bool:
    """Whether the IPv6 header of a packet says that ESP follows."""
    return packet[_NEXT_HEADER : _NEXT_HEADER + 1] == bytes((IPPROTO_ESP,))


def has_to_be_protected(
    packet: bytes, kinds: Collection[MobilityHeaderType] = REGISTRATIONS
) -> bool:
    """Whether a packet is a mobility message of one of these kinds."""
    read = decode_ipv6(packet)
    return (
        read is not None
        and read.next_header == IPPROTO_MOBILITY
        and read.payload[2:3] in {bytes((kind,)) for kind in kinds}
    )


def is_tunnel_packet(packet: bytes) -> bool:
    """Whether the IPv6 header of a packet says that another one follows."""
    return packet[_NEXT_HEADER : _NEXT_HEADER + 1] == bytes((IPPROTO_IPV6,))


def protect(packet: bytes, association: SecurityAssociation, sequence: int) -> bytes:
    """Put what follows the IPv6 header under ESP (RFC 4303, section 3.3).

    Args:
        packet: A packet between the two ends, with its payload length right.
        association: How.
        sequence: A number that no packet of the association has had, from 1 on; when
            they are used up, the association is.
    """
    assert FIRST_SEQUENCE <= sequence <= LARGEST_WORD
    payload = packet[_HEADER:]
    padding = bytes(range(1, 1 + -(len(payload) + _TRAILER) % 4))
    trailer = bytes((len(padding), packet[_NEXT_HEADER]))
    body = association.spi.to_bytes(4) + sequence.to_bytes(4)
    body += payload + padding + trailer
    return _with_payload(packet, IPPROTO_ESP, body + association.icv(body))


def unprotect(
    packet: bytes,
    associations: Mapping[int, SecurityAssociation],
    windows: Mapping[int, ReplayWindow],
    checks: frozenset[EspCheck] = ALL_CHECKS,
) -> Unprotected | EspCheck:
    """Take ESP off a packet, or give the check that it fails (RFC 4303, section 3.4).

    Args:
        packet: An ESP packet, with nothing between its IPv6 header and ESP.
        associations: Those of the receiver, by SPI.
        windows: What has come under them, by SPI.
        checks: Those that are made: all, but by a receiver that is faulty on purpose.
    """
    body = packet[_HEADER : _HEADER + int.from_bytes(packet[4:6])]
    if len(body) < _ESP_HEADER + _TRAILER + _ICV or len(body) % 4:
        return EspCheck.FORM
    spi, sequence = int.from_bytes(body[:4]), int.from_bytes(body[4:_ESP_HEADER])
    ends = IPv6Address(packet[8:24]), IPv6Address(packet[24:_HEADER])
    of_ends = [a for a in associations.values() if (a.source, a.destination) == ends]
    found = associations.get(spi)
    if found is None:
        if EspCheck.ASSOCIATION in checks or not of_ends:
            return EspCheck.ASSOCIATION
        found = of_ends[0]
    elif found not in of_ends and EspCheck.ENDS in checks:
        return EspCheck.ENDS
    window = windows.get(found.spi, ReplayWindow())
    if EspCheck.REPLAY in checks and not window.is_new(sequence):
        return EspCheck.REPLAY
    covered, icv = body[:-_ICV], body[-_ICV:]
    is_genuine = hmac.compare_digest(found.icv(covered), icv)
    if EspCheck.INTEGRITY in checks and not is_genuine:
        return EspCheck.INTEGRITY
    length, next_header = covered[-_TRAILER:]
    end = len(covered) - _TRAILER - length
    padding = covered[end:-_TRAILER]
    if end < _ESP_HEADER or padding != bytes(range(1, 1 + length)):
        return EspCheck.FORM
    original = _with_payload(packet, next_header, covered[_ESP_HEADER:end])
    inner = decode_ipv6(original)
    if inner is None or inner.next_header != found.carries:
        return EspCheck.FORM
    return Unprotected(original, found, sequence)


def without_esp(packet: bytes) -> bytes:
    """What is under ESP with NULL encryption, unchecked; another packet as it is."""
    if not is_esp(packet):
        return packet
    body = packet[_HEADER : _HEADER + int.from_bytes(packet[4:6])]
    if len(body) < _ESP_HEADER + _TRAILER + _ICV:
        return packet
    length, next_header = body[-_ICV - _TRAILER : -_ICV]
    end = len(body) - _ICV - _TRAILER - length
    return _with_payload(packet, next_header, body[_ESP_HEADER:end])


def _with_payload(packet: bytes, next_header: int, payload: bytes) -> bytes:
    """The packet with something else behind its IPv6 header."""
    lengths = len(payload).to_bytes(2) + bytes((next_header,))
    return packet[:4] + lengths + packet[_NEXT_HEADER + 1 : _HEADER] + payload
