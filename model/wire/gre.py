"""Generic Routing Encapsulation with a key: the header between tunnel header and original.

Sources: RFC 2784, section 2; RFC 2890, section 2.
"""

from dataclasses import dataclass
from struct import Struct

GRE_SIZE = 8
"""Octets of a header that has a key alone."""
PROTOCOL_IPV6 = 0x86DD
CHECKSUM_PRESENT, KEY_PRESENT, SEQUENCE_PRESENT = 0x8000, 0x2000, 0x1000
_UNKNOWN = 0x4C07  # what a receiver has to discard, and the version
_HEADER = Struct(">HHI")


@dataclass(frozen=True, slots=True)
class GrePayload:
    """What a GRE packet carries.

    Args:
        key: Tells the flow, 32 bits.
        original: An IPv6 packet, as far as the protocol type says.
    """

    key: int
    original: bytes


def gre_payload(original: bytes, key: int) -> bytes:
    """The payload of a tunnel packet: a header with the key, and the original packet."""
    return _HEADER.pack(KEY_PRESENT, PROTOCOL_IPV6, key) + original


def read_gre(payload: bytes) -> GrePayload | None:
    """What a tunnel packet carries; None without a key, or where it is not IPv6.

    A checksum is verified; a sequence number is passed over, as no order is kept.
    """
    if len(payload) < GRE_SIZE:
        return None
    flags, protocol = int.from_bytes(payload[:2]), int.from_bytes(payload[2:4])
    if flags & _UNKNOWN or not flags & KEY_PRESENT or protocol != PROTOCOL_IPV6:
        return None
    at = 4
    if flags & CHECKSUM_PRESENT:
        if _sum(payload) != 0:
            return None
        at += 4
    key, at = payload[at : at + 4], at + 4
    at += 4 if flags & SEQUENCE_PRESENT else 0
    if len(payload) < at:
        return None
    return GrePayload(int.from_bytes(key), payload[at:])


def _sum(data: bytes) -> int:
    """The Internet checksum over octets that have theirs in them: 0 where it is right."""
    return (int.from_bytes(data) << (8 * (len(data) & 1))) % 0xFFFF
