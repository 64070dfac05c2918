"""Mobility messages to bytes: exact by default, wrong on request.

Options stand in the order given, each at the first octet that its alignment allows,
and the message fills a multiple of 8 octets (6275-6.1.1-2, 6275-6.1.1-x18).  `Lies`
says what is to be wrong.
"""

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address
from struct import Struct
from struct import error as StructError
from typing import assert_never

from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.messages import (
    BindingError,
    HandoverAcknowledge,
    HandoverInitiate,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.numbers import IPPROTO_NONE, MobilityOptionType

_UPDATE = Struct(">BBBBHHHH")
_ACKNOWLEDGEMENT = Struct(">BBBBHBBHH")
_ERROR = Struct(">BBBBHBB16s")
_HANDOVER = Struct(">BBBBHHBB")
_CHECKSUM_AT = 4
_PAD1 = int(MobilityOptionType.PAD1)
_PADN = int(MobilityOptionType.PADN)


class PaddingStyle(Enum):
    """How the encoder pads."""

    MINIMAL = "aligned, one PadN (Pad1 for a single octet) per gap"
    PAD1_ONLY = "aligned, Pad1 for every octet"
    UNALIGNED = "options side by side, padding only at the end"
    NONE = "no padding at all, so that the length may be no multiple of 8"


@dataclass(frozen=True, slots=True)
class Lies:
    """What the encoder gets wrong on purpose; a field left as it is tells no lie.

    The checksum is right for the octets that go out, as far as the Header Len that
    goes out covers them, unless `checksum` or `corrupt_checksum` says otherwise: so
    each lie can be told alone.

    Args:
        payload_proto: Value of Payload Proto.
        header_len: Value of Header Len.
        header_len_added: Added to the right Header Len.
        mh_type: Value of MH Type.
        reserved: Value of the reserved octet of the Mobility Header.
        message_reserved: Bits to set in the reserved bits of the message data.
        checksum: Value of the checksum field.
        corrupt_checksum: Invert the lowest bit of the right checksum.
        padding: How to pad.
        padn_content: Value of the octets within PadN.
        option_lengths: Pairs (index in the message's options, value of its length
            octet); the data stay whole.
        truncate_to: Cut the message to so many octets.
        truncate_to_header_len: Cut the message to what its Header Len says.
        trailing: Octets after the Mobility Header, outside its checksum.
    """

    payload_proto: int | None = None
    header_len: int | None = None
    header_len_added: int = 0
    mh_type: int | None = None
    reserved: int = 0
    message_reserved: int = 0
    checksum: int | None = None
    corrupt_checksum: bool = False
    padding: PaddingStyle = PaddingStyle.MINIMAL
    padn_content: int = 0
    option_lengths: tuple[tuple[int, int], ...] = ()
    truncate_to: int | None = None
    truncate_to_header_len: bool = False
    trailing: bytes = b""


_HONEST = Lies()
_ALIGNED = (PaddingStyle.MINIMAL, PaddingStyle.PAD1_ONLY)


def encode(
    message: MobilityMessage,
    source: IPv6Address,
    destination: IPv6Address,
    *,
    lies: Lies | None = None,
) -> bytes:
    """Encode a message as a Mobility Header.

    Args:
        message: The message.
        source: IPv6 source of the packet, for the checksum (with a Home Address
            option: the home address).
        destination: IPv6 destination, for the checksum.
        lies: What is to be wrong.

    Raises:
        Pmip6Error: A value does not fit its field.
    """
    told = lies or _HONEST
    try:
        out = _fixed_part(message, told)
        _add_options(out, message, told)
        return _finish(out, source, destination, told)
    except (StructError, OverflowError, ValueError) as error:
        raise Pmip6Error(
            f"{type(message).__name__}",
            f"a value does not fit its field: {error}",
            "keep every number within the width that the RFC gives it",
        ) from error


def _fixed_part(message: MobilityMessage, told: Lies) -> bytearray:
    """Lay out the header and the fixed message data; Header Len and checksum are 0."""
    proto = IPPROTO_NONE if told.payload_proto is None else told.payload_proto
    mh_type = int(message.MH_TYPE) if told.mh_type is None else told.mh_type
    match message:
        case ProxyBindingUpdate():
            flags = (
                message.acknowledge << 15
                | message.home_registration << 14
                | message.link_local_compatibility << 13
                | message.key_management << 12
                | message.map_registration << 11
                | message.mobile_router << 10
                | message.proxy << 9
                | told.message_reserved
            )
            return bytearray(
                _UPDATE.pack(
                    proto,
                    0,
                    mh_type,
                    told.reserved,
                    0,
                    message.sequence,
                    flags,
                    message.lifetime,
                )
            )
        case ProxyBindingAcknowledgement():
            flags = (
                message.key_management << 7
                | message.mobile_router << 6
                | message.proxy << 5
                | told.message_reserved
            )
            return bytearray(
                _ACKNOWLEDGEMENT.pack(
                    proto,
                    0,
                    mh_type,
                    told.reserved,
                    0,
                    message.status,
                    flags,
                    message.sequence,
                    message.lifetime,
                )
            )
        case BindingError():
            return bytearray(
                _ERROR.pack(
                    proto,
                    0,
                    mh_type,
                    told.reserved,
                    0,
                    message.status,
                    told.message_reserved,
                    message.home_address.packed,
                )
            )
        case HandoverInitiate():
            flags = (
                message.assigned_address << 7
                | message.buffer << 6
                | message.proxy << 5
                | message.forward << 4
                | told.message_reserved
            )
        case HandoverAcknowledge():
            flags = (
                message.buffer << 7
                | message.proxy << 6
                | message.forward << 5
                | told.message_reserved
            )
        case _ as never:
            assert_never(never)
    return bytearray(
        _HANDOVER.pack(
            proto,
            0,
            mh_type,
            told.reserved,
            0,
            message.sequence,
            flags,
            message.code,
        )
    )


def _add_options(out: bytearray, message: MobilityMessage, told: Lies) -> None:
    aligned = told is _HONEST or told.padding in _ALIGNED
    lengths = dict(told.option_lengths) if told.option_lengths else None
    for index, option in enumerate(message.options):
        if aligned:
            step, shift = option.alignment
            if step > 1 and (gap := (shift - len(out)) % step):
                out += _padding(gap, told)
        kind = option.type_number
        out.append(kind)
        if kind != _PAD1:
            data = option.data()
            out.append(lengths.get(index, len(data)) if lengths else len(data))
            out += data
    if told.padding is not PaddingStyle.NONE and (gap := -len(out) % 8):
        out += _padding(gap, told)


def _padding(octets: int, told: Lies) -> bytes:
    """Give padding of so many octets: Pad1 for one, PadN for more (6275-6.2.3-x3)."""
    if octets == 1 or told.padding is PaddingStyle.PAD1_ONLY:
        return bytes(octets)
    count = octets - 2
    return bytes((_PADN, count, *(told.padn_content,) * count))


def _finish(
    out: bytearray, source: IPv6Address, destination: IPv6Address, told: Lies
) -> bytes:
    """Set Header Len and checksum, cut and append as the lies ask."""
    right = (len(out) + 7) // 8 - 1
    units = right if told.header_len is None else told.header_len
    units += told.header_len_added
    out[1] = units
    if told.truncate_to_header_len:
        del out[(units + 1) * 8 :]
    if told.truncate_to is not None:
        del out[told.truncate_to :]
    if len(out) >= _CHECKSUM_AT + 2:
        covered = memoryview(out)[: (units + 1) * 8]
        value = checksum_of(covered, source, destination)
        covered.release()
        if told.corrupt_checksum:
            value ^= 1
        if told.checksum is not None:
            value = told.checksum
        out[_CHECKSUM_AT : _CHECKSUM_AT + 2] = value.to_bytes(2)
    return bytes(out) + told.trailing
