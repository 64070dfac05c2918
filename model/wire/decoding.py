"""Bytes to mobility messages, as far as they can be read, with format findings.

Nothing here raises on bytes: what is wrong is a finding with its requirement ids and
its offset, and reading goes on where a receiver could go on.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address
from struct import Struct
from typing import NamedTuple

from pmip6.model.findings import FormatFault, FormatFinding
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.field_rules import (
    CHECKSUM,
    HEADER_COMPLETE,
    HEADER_RESERVED,
    MESSAGE_COMPLETE,
    MH_TYPE,
    OCTETS_LEFT_OVER,
    OCTETS_MISSING,
    OPTION_COMPLETE,
    OPTION_READERS,
    PADN_PREFERRED,
    PAYLOAD_PROTO,
)
from pmip6.model.wire.format_rules import check_message
from pmip6.model.wire.message_conditions import MessageView, PlacedOption
from pmip6.model.wire.message_data import FIXED_LENGTH, read_message
from pmip6.model.wire.messages import MobilityMessage
from pmip6.model.wire.numbers import (
    IPPROTO_NONE,
    MobilityHeaderType,
    MobilityOptionType,
    named_header_type,
)
from pmip6.model.wire.option_words import option_title
from pmip6.model.wire.options import MobilityOption, Pad1, UnknownOption

_HEADER = Struct(">BBBBH")
_PAD1_TYPE = int(MobilityOptionType.PAD1)
_PADN_TYPE = int(MobilityOptionType.PADN)
_PAD1 = Pad1()


class MobilityHeader(NamedTuple):
    """The first six octets as they came (RFC 6275, section 6.1.1)."""

    payload_proto: int
    header_len: int
    mh_type: int
    reserved: int
    checksum: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """A Mobility Header as far as it could be read.

    Args:
        message: The typed message; None where the header is cut off or of a type
            that has no class.
        header: The fixed header; None below six octets.
        layout: Every option with its offset, padding included, in wire order.
        findings: What is wrong with it, by offset.
    """

    message: MobilityMessage | None
    header: MobilityHeader | None
    layout: tuple[PlacedOption, ...]
    findings: tuple[FormatFinding, ...]

    def faults(self) -> frozenset[FormatFault]:
        """Kinds of the findings."""
        return frozenset(finding.fault for finding in self.findings)


def decode(
    data: bytes,
    source: IPv6Address,
    destination: IPv6Address,
    *,
    proxy_expected: bool = False,
) -> Decoded:
    """Decode the octets that follow the last IPv6 header.

    Args:
        data: The Mobility Header and whatever follows it.
        source: IPv6 source of the packet, for the checksum and the care-of address
            (with a Home Address option: the home address).
        destination: IPv6 destination of the packet, for the checksum.
        proxy_expected: The message must be proxy signalling, so that a missing P
            flag is a finding.
    """
    findings: list[FormatFinding] = []
    if len(data) < _HEADER.size:
        text = f"{len(data)} octets are no Mobility Header"
        findings.append(FormatFinding(HEADER_COMPLETE, text, 0))
        return Decoded(None, None, (), tuple(findings))
    header = MobilityHeader(*_HEADER.unpack_from(data))
    declared = (header.header_len + 1) * 8
    body = data
    if declared != len(data):
        body = data[:declared]
        text = f"Header Len says {declared} octets, {len(data)} came"
        rule = OCTETS_MISSING if declared > len(data) else OCTETS_LEFT_OVER
        findings.append(FormatFinding(rule, text, 1))
    _check_header(header, body, source, destination, findings)
    message: MobilityMessage | None = None
    layout: list[PlacedOption] = []
    fixed = FIXED_LENGTH.get(header.mh_type)
    if fixed is None:
        if not isinstance(named_header_type(header.mh_type), MobilityHeaderType):
            text = f"MH Type {header.mh_type} is unknown"
            findings.append(FormatFinding(MH_TYPE, text, 2))
    elif len(body) < fixed:
        text = f"{len(body)} octets cannot hold MH Type {header.mh_type}"
        findings.append(FormatFinding(MESSAGE_COMPLETE, text, 1))
    else:
        placed: dict[int, list[PlacedOption]] = {}
        options = _read_options(body, fixed, layout, placed, findings)
        message = read_message(header.mh_type, body, options, findings)
        view = MessageView(message, placed, layout, source)
        findings += check_message(view, proxy_expected=proxy_expected)
    if len(findings) > 1:
        findings.sort(key=_offset_of)
    return Decoded(message, header, tuple(layout), tuple(findings))


def _offset_of(finding: FormatFinding) -> int:
    return finding.offset


def _check_header(
    header: MobilityHeader,
    body: bytes,
    source: IPv6Address,
    destination: IPv6Address,
    findings: list[FormatFinding],
) -> None:
    """Apply the rules about the fixed header, except Header Len and MH Type."""
    if checksum_of(body, source, destination):
        text = f"checksum {header.checksum:#06x} does not verify"
        findings.append(FormatFinding(CHECKSUM, text, 4))
    if header.payload_proto != IPPROTO_NONE:
        text = f"Payload Proto is {header.payload_proto}, not {IPPROTO_NONE}"
        findings.append(FormatFinding(PAYLOAD_PROTO, text, 0))
    if header.reserved:
        text = f"reserved octet of the header is {header.reserved:#04x}"
        findings.append(FormatFinding(HEADER_RESERVED, text, 3))


def _read_options(
    body: bytes,
    start: int,
    layout: list[PlacedOption],
    placed: dict[int, list[PlacedOption]],
    findings: list[FormatFinding],
) -> tuple[MobilityOption, ...]:
    """Read the options from `start`; give those that are no padding.

    All of them go to `layout`; `placed` tells where each type but padding stands.
    """
    options: list[MobilityOption] = []
    at, end = start, len(body)
    after_pad1 = -1
    while at < end:
        kind = body[at]
        if kind == _PAD1_TYPE:
            if at == after_pad1:
                text = "Pad1 repeated where one PadN would do"
                findings.append(FormatFinding(PADN_PREFERRED, text, at))
            layout.append((at, _PAD1))
            at += 1
            after_pad1 = at
            continue
        after = at + 2 + body[at + 1] if at + 1 < end else end + 1
        if after > end:
            text = f"option of type {kind} runs past the message"
            findings.append(FormatFinding(OPTION_COMPLETE, text, at))
            break
        option = _read_option(kind, body[at + 2 : after], at, findings)
        place = (at, option)
        layout.append(place)
        if kind != _PADN_TYPE:
            options.append(option)
            if kind in placed:
                placed[kind].append(place)
            else:
                placed[kind] = [place]
        at = after
    return tuple(options)


def _read_option(
    kind: int, data: bytes, at: int, findings: list[FormatFinding]
) -> MobilityOption:
    """Read one option and judge its length, value, reserved bits and alignment."""
    reader = OPTION_READERS.get(kind)
    if reader is None:
        return UnknownOption(kind, data)
    known, from_data, lengths, start, sized, aligned, zeroed, valued = reader
    if len(data) not in lengths:
        text = f"{option_title(known)} of length {len(data)}"
        findings.append(FormatFinding(sized, text, at + 1))
        return UnknownOption(kind, data)
    option = from_data(data)
    if valued and (wrong := option.wrong_value()):
        findings.append(FormatFinding(valued, wrong, at + 2))
    if zeroed and option.reserved_bits:
        text = f"{option_title(known)} has reserved bits {option.reserved_bits:#x}"
        findings.append(FormatFinding(zeroed, text, at + 2))
    step, shift = start or option.alignment
    if aligned and at % step != shift:
        text = f"{option_title(known)} at octet {at}, not at {option.alignment}"
        findings.append(FormatFinding(aligned, text, at))
    return option
