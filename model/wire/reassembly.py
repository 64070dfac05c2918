"""Fragments of IPv6 packets, put together again at their destination.

A tunnel packet that was cut has to be whole before what is in it is looked for
(RFC 2473, section 7).  Source: RFC 8200, section 4.5.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from types import MappingProxyType

from pmip6.model.wire.ipv6 import IPPROTO_FRAGMENT, decode_ipv6

REASSEMBLY_SECONDS = 60.0
"""How long fragments wait for the rest of their packet."""

_HEADER_SIZE = 8

Key = tuple[IPv6Address, IPv6Address, int]
"""Source, destination and Identification: what fragments of one packet share."""


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """The fragments of one packet so far, by their offset in octets."""

    since: float
    next_header: int
    pieces: Mapping[int, bytes]
    end: int | None


@dataclass(frozen=True, slots=True)
class Reassembly:
    """The fragments that wait at a node; a value, like every state."""

    _waiting: Mapping[Key, _Unfinished] = field(default_factory=dict[Key, _Unfinished])

    def add(self, data: bytes, now: float) -> "tuple[Reassembly, bytes | None]":
        """Take a packet; give what then waits, and a packet if one is whole.

        A packet without fragment header is whole.  Fragments that overlap are
        discarded, and those that came before them, too.

        Args:
            data: A packet to this node.
            now: Seconds on any clock that never goes back.
        """
        waiting = {
            key: unfinished
            for key, unfinished in self._waiting.items()
            if now - unfinished.since < REASSEMBLY_SECONDS
        }
        packet = decode_ipv6(data)
        if packet is None or packet.next_header != IPPROTO_FRAGMENT:
            return Reassembly(MappingProxyType(waiting)), data
        header, piece = packet.payload[:_HEADER_SIZE], packet.payload[_HEADER_SIZE:]
        if len(header) < _HEADER_SIZE:
            return Reassembly(MappingProxyType(waiting)), None
        word = int.from_bytes(header[2:4])
        offset, more = word & 0xFFF8, bool(word & 1)
        if more and (len(piece) % 8 or not piece):
            return Reassembly(MappingProxyType(waiting)), None
        key = packet.source, packet.destination, int.from_bytes(header[4:8])
        before = waiting.pop(key, _Unfinished(now, header[0], {}, None))
        end = before.end if more else offset + len(piece)
        pieces = {**before.pieces, offset: piece}
        if offset in before.pieces or _overlap(pieces, end):
            return Reassembly(MappingProxyType(waiting)), None
        if end is not None and sum(map(len, pieces.values())) == end:
            whole = b"".join(pieces[at] for at in sorted(pieces))
            length, first = len(whole).to_bytes(2), bytes((before.next_header,))
            return (
                Reassembly(MappingProxyType(waiting)),
                data[:4] + length + first + data[7:40] + whole,
            )
        next_header = header[0] if offset == 0 else before.next_header
        waiting[key] = _Unfinished(before.since, next_header, pieces, end)
        return Reassembly(MappingProxyType(waiting)), None

    def pieces(self) -> dict[str, dict[int, bytes]]:
        """What waits: source and Identification, and the octets from each offset on."""
        return {
            f"{source} {identification}": dict(unfinished.pieces)
            for (source, _, identification), unfinished in self._waiting.items()
        }


def _overlap(pieces: Mapping[int, bytes], end: int | None) -> bool:
    """Whether an octet comes twice, or one after the last."""
    at = 0
    for offset in sorted(pieces):
        if offset < at:
            return True
        at = offset + len(pieces[offset])
    return end is not None and at > end
