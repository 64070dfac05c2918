"""Checksum of the Mobility Header over the IPv6 pseudo header.

Source: RFC 6275, section 6.1.1 (6275-6.1.1-x8 to x14), RFC 8200, section 8.1.
"""

from ipaddress import IPv6Address

from pmip6.model.wire.numbers import IPPROTO_MOBILITY


def checksum_of(
    header: bytes | bytearray | memoryview,
    source: IPv6Address,
    destination: IPv6Address,
    protocol: int = IPPROTO_MOBILITY,
) -> int:
    """Give the checksum of a header whose checksum field is zero.

    Over a header that carries its right checksum the result is 0: one function
    makes and verifies.  2^16 is 1 modulo 65535, so that one modulo folds all words.
    """
    length = len(header)
    number = int.from_bytes(header) << (8 * (length & 1))
    return -(int(source) + int(destination) + length + protocol + number) % 0xFFFF
