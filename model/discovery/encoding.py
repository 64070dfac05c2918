"""Neighbor Discovery messages to bytes: exact by default, wrong on request.

Every option is filled up with zeros to a multiple of 8 octets.
Source: RFC 4861, section 4; RFC 4443, section 2.3 for the checksum.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address
from struct import Struct
from struct import error as StructError
from typing import assert_never

from pmip6.model.discovery.messages import (
    HOP_LIMIT,
    DiscoveryMessage,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from pmip6.model.discovery.options import UNIT
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.numbers import IPPROTO_ICMPV6

_SOLICITATION = Struct(">I")
_ADVERTISEMENT = Struct(">BBHII")
_NEIGHBOR = Struct(">I16s")
_CHECKSUM = slice(2, 4)


@dataclass(frozen=True, slots=True)
class DiscoveryLies:
    """What the encoder gets wrong on purpose; a field left as it is tells no lie.

    The checksum is right for the octets that go out, unless told otherwise.

    Args:
        type: Value of the ICMPv6 Type.
        code: Value of the ICMPv6 Code.
        reserved: Bits to set in the reserved bits of the message.
        corrupt_checksum: Invert the lowest bit of the right checksum.
        option_lengths: Pairs (index in the message's options, value of its length
            octet); the data stay whole.
        truncate_to: Cut the message to so many octets.
        trailing: Octets after the last option.
    """

    type: int | None = None
    code: int = 0
    reserved: int = 0
    corrupt_checksum: bool = False
    option_lengths: tuple[tuple[int, int], ...] = ()
    truncate_to: int | None = None
    trailing: bytes = b""


_HONEST = DiscoveryLies()


def encode_discovery(
    message: DiscoveryMessage,
    source: IPv6Address,
    destination: IPv6Address,
    *,
    lies: DiscoveryLies | None = None,
) -> bytes:
    """Encode a message as ICMPv6 octets.

    Args:
        message: The message.
        source: IPv6 source of the packet, for the checksum.
        destination: IPv6 destination, for the checksum.
        lies: What is to be wrong.

    Raises:
        Pmip6Error: A value does not fit its field.
    """
    told = lies or _HONEST
    try:
        out = bytearray((message.TYPE if told.type is None else told.type, told.code))
        out += bytes(2) + _fixed_part(message, told.reserved)
        lengths = dict(told.option_lengths)
        for index, option in enumerate(message.options):
            data = option.data()
            data += bytes(-(2 + len(data)) % UNIT)
            units = (2 + len(data)) // UNIT
            out += bytes((option.type_number, lengths.get(index, units))) + data
    except (StructError, OverflowError, ValueError) as error:
        raise Pmip6Error(
            f"{type(message).__name__}",
            f"a value does not fit its field: {error}",
            "keep every number within the width that the RFC gives it",
        ) from error
    out += told.trailing
    if told.truncate_to is not None:
        del out[told.truncate_to :]
    if len(out) >= _CHECKSUM.stop:
        value = checksum_of(out, source, destination, IPPROTO_ICMPV6)
        out[_CHECKSUM] = (value ^ told.corrupt_checksum).to_bytes(2)
    return bytes(out)


def _fixed_part(message: DiscoveryMessage, reserved: int) -> bytes:
    """Lay out what stands between checksum and options."""
    match message:
        case RouterSolicitation():
            return _SOLICITATION.pack(reserved)
        case RouterAdvertisement():
            return _ADVERTISEMENT.pack(
                message.current_hop_limit,
                message.managed << 7 | message.other << 6 | reserved,
                message.router_lifetime,
                message.reachable_time,
                message.retransmission_timer,
            )
        case NeighborSolicitation():
            return _NEIGHBOR.pack(reserved, message.target.packed)
        case NeighborAdvertisement():
            flags = (
                message.router << 31
                | message.solicited << 30
                | message.override << 29
                | reserved
            )
            return _NEIGHBOR.pack(flags, message.target.packed)
        case _ as never:
            assert_never(never)


def discovery_packet(
    message: DiscoveryMessage,
    source: IPv6Address,
    destination: IPv6Address,
    *,
    hop_limit: int = HOP_LIMIT,
    lies: DiscoveryLies | None = None,
) -> bytes:
    """Encode a message as an IPv6 packet.

    Raises:
        Pmip6Error: A value does not fit its field.
    """
    return encode_ipv6(
        source,
        destination,
        encode_discovery(message, source, destination, lies=lies),
        next_header=IPPROTO_ICMPV6,
        hop_limit=hop_limit,
    )
