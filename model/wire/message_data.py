"""The fixed data of a mobility message, between its header and its options, as values."""

from ipaddress import IPv6Address
from struct import Struct

from pmip6.model.findings import FormatFinding
from pmip6.model.wire.field_rules import (
    ACKNOWLEDGEMENT_RESERVED,
    ERROR_RESERVED,
    HANDOVER_ACKNOWLEDGE_RESERVED,
    HANDOVER_INITIATE_RESERVED,
    UPDATE_RESERVED,
)
from pmip6.model.wire.messages import (
    BindingError,
    HandoverAcknowledge,
    HandoverInitiate,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.numbers import (
    MobilityHeaderType,
    named_ack_status,
    named_acknowledge_code,
    named_error_status,
    named_initiate_code,
)
from pmip6.model.wire.option_format import MobilityOption

_UPDATE = Struct(">HHH")
_ACKNOWLEDGEMENT = Struct(">BBHH")
_ERROR = Struct(">BB16s")
_HANDOVER = Struct(">HBB")
_BINDING_UPDATE = int(MobilityHeaderType.BINDING_UPDATE)
_BINDING_ACKNOWLEDGEMENT = int(MobilityHeaderType.BINDING_ACKNOWLEDGEMENT)
_HANDOVER_INITIATE = int(MobilityHeaderType.HANDOVER_INITIATE)
_HANDOVER_ACKNOWLEDGE = int(MobilityHeaderType.HANDOVER_ACKNOWLEDGE)

FIXED_LENGTH: dict[int, int] = {
    int(kind.MH_TYPE): kind.FIXED_LENGTH
    for kind in (
        ProxyBindingUpdate,
        ProxyBindingAcknowledgement,
        BindingError,
        HandoverInitiate,
        HandoverAcknowledge,
    )
}
"""Octets before the options, by MH Type; every type that has a class."""


def read_message(
    mh_type: int,
    body: bytes,
    options: tuple[MobilityOption, ...],
    findings: list[FormatFinding],
) -> MobilityMessage:
    """Read the fixed message data of a type that has a class."""
    if mh_type == _BINDING_UPDATE:
        sequence, flags, lifetime = _UPDATE.unpack_from(body, 6)
        if flags & 0x01FF:
            text = f"reserved bits of the Binding Update are {flags & 0x01FF:#05x}"
            findings.append(FormatFinding(UPDATE_RESERVED, text, 8))
        return ProxyBindingUpdate(
            sequence,
            lifetime,
            options,
            flags & 0x8000 != 0,
            flags & 0x4000 != 0,
            flags & 0x2000 != 0,
            flags & 0x1000 != 0,
            flags & 0x0800 != 0,
            flags & 0x0400 != 0,
            flags & 0x0200 != 0,
        )
    if mh_type == _BINDING_ACKNOWLEDGEMENT:
        status, flags, sequence, lifetime = _ACKNOWLEDGEMENT.unpack_from(body, 6)
        if flags & 0x1F:
            text = f"reserved bits of the acknowledgement are {flags & 0x1F:#04x}"
            findings.append(FormatFinding(ACKNOWLEDGEMENT_RESERVED, text, 7))
        return ProxyBindingAcknowledgement(
            named_ack_status(status),
            sequence,
            lifetime,
            options,
            flags & 0x80 != 0,
            flags & 0x40 != 0,
            flags & 0x20 != 0,
        )
    if mh_type == _HANDOVER_INITIATE:
        return _read_initiate(body, options, findings)
    if mh_type == _HANDOVER_ACKNOWLEDGE:
        return _read_acknowledge(body, options, findings)
    status, reserved, address = _ERROR.unpack_from(body, 6)
    if reserved:
        text = f"reserved octet of the Binding Error is {reserved:#04x}"
        findings.append(FormatFinding(ERROR_RESERVED, text, 7))
    return BindingError(named_error_status(status), IPv6Address(address), options)


def _read_initiate(
    body: bytes, options: tuple[MobilityOption, ...], findings: list[FormatFinding]
) -> HandoverInitiate:
    sequence, flags, code = _HANDOVER.unpack_from(body, 6)
    if flags & 0x0F:
        text = f"reserved bits of the Handover Initiate are {flags & 0x0F:#03x}"
        findings.append(FormatFinding(HANDOVER_INITIATE_RESERVED, text, 8))
    return HandoverInitiate(
        sequence,
        named_initiate_code(code),
        options,
        flags & 0x80 != 0,
        flags & 0x40 != 0,
        flags & 0x20 != 0,
        flags & 0x10 != 0,
    )


def _read_acknowledge(
    body: bytes, options: tuple[MobilityOption, ...], findings: list[FormatFinding]
) -> HandoverAcknowledge:
    sequence, flags, code = _HANDOVER.unpack_from(body, 6)
    if flags & 0x1F:
        text = f"reserved bits of the Handover Acknowledge are {flags & 0x1F:#04x}"
        findings.append(FormatFinding(HANDOVER_ACKNOWLEDGE_RESERVED, text, 8))
    return HandoverAcknowledge(
        sequence,
        named_acknowledge_code(code),
        options,
        flags & 0x80 != 0,
        flags & 0x40 != 0,
        flags & 0x20 != 0,
    )
