"""Anchors whose codec is another one: mutants, and choices that the RFC leaves.

A field that is read or written at another place, or in another way, has some other value
at its own place: here, every bit of it the other way round.  The checksum is made right
again, so that nothing else is wrong with the packet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.ipv6 import decode_ipv6
from pmip6.model.wire.layouts import IPV6_HEADER, Field, places

Change = Callable[[bytes], bytes]
_CHECKSUM = IPV6_HEADER + 4


def unchanged(packet: bytes) -> bytes:
    """The packet as it is."""
    return packet


def inverted(field: Field) -> Change:
    """A change that inverts every bit of a field, wherever it stands in a packet."""

    def change(packet: bytes) -> bytes:
        found = bytearray(packet)
        for place in places(packet, field):
            for at in place:
                found[at] ^= field.mask
        return with_checksum(bytes(found)) if bytes(found) != packet else packet

    return change


def with_checksum(packet: bytes) -> bytes:
    """The packet with the right checksum for its octets."""
    read = decode_ipv6(packet)
    assert read is not None
    plain = packet[:_CHECKSUM] + b"\0\0" + packet[_CHECKSUM + 2 :]
    length = (packet[IPV6_HEADER + 1] + 1) * 8
    right = checksum_of(
        plain[IPV6_HEADER : IPV6_HEADER + length], read.source, read.destination
    )
    return plain[:_CHECKSUM] + right.to_bytes(2) + plain[_CHECKSUM + 2 :]


@dataclass(frozen=True)
class ChangedCodec:
    """How an anchor reads its requests and writes its answers otherwise.

    `reads` gives None for a request that it does not take.
    """

    reads: Callable[[bytes], bytes | None] = unchanged
    writes: Change = unchanged

    def link(self, anchor: ReferenceAnchor) -> VirtualLink:
        """A link to an anchor that has this codec."""
        return _Link(anchor, self)


SAME_CODEC = ChangedCodec()


class _Link(VirtualLink):
    """A link that changes what passes it, as the codec of the anchor would."""

    def __init__(self, anchor: ReferenceAnchor, codec: ChangedCodec) -> None:
        super().__init__(anchor)
        self._codec = codec

    def send(self, packet: bytes) -> None:
        read = self._codec.reads(packet)
        if read is not None:
            super().send(read)

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        found = super().receive(until_ms)
        if found is None:
            return None
        return found[0], self._codec.writes(found[1])
