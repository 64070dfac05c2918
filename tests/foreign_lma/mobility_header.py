"""Mobility Header messages as octets: RFC 6275, section 6; RFC 5213, 8; RFC 4283, 3.

Written from those texts with struct, for the LMA beside it; it uses nothing of pmip6.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from ipaddress import IPv6Address

BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT, BINDING_ERROR = 5, 6, 7
NO_NEXT_HEADER = 59
# The least Header Len of each message of RFC 6275, sections 6.1.2 to 6.1.9.
LEAST_HEADER_LEN = {0: 0, 1: 1, 2: 1, 3: 2, 4: 2, 5: 1, 6: 1, 7: 2}

PAD1, PADN, ALTERNATE_CARE_OF, MN_IDENTIFIER = 0, 1, 3, 8
HOME_NETWORK_PREFIX, HANDOFF_INDICATOR, ACCESS_TECHNOLOGY_TYPE = 22, 23, 24
LINK_LAYER_IDENTIFIER, LINK_LOCAL_ADDRESS, TIMESTAMP = 25, 26, 27
# Option Length, where the text fixes it.
FIXED_LENGTH = {
    ALTERNATE_CARE_OF: 16,
    HOME_NETWORK_PREFIX: 18,
    HANDOFF_INDICATOR: 2,
    ACCESS_TECHNOLOGY_TYPE: 2,
    LINK_LOCAL_ADDRESS: 16,
    TIMESTAMP: 8,
}
LEAST_LENGTH = {MN_IDENTIFIER: 1, LINK_LAYER_IDENTIFIER: 2}
UNSPECIFIED = IPv6Address("::")


class MalformedMessage(ValueError):
    """The octets are no message that can be read; it is discarded."""


@dataclass(frozen=True)
class HomeNetworkPrefix:
    """A home network prefix as its option carries it; `::` asks for one."""

    address: IPv6Address
    length: int

    def is_zero(self) -> bool:
        return self.address == UNSPECIFIED


@dataclass
class Options:
    """The mobility options of RFC 5213 in one message; None or empty where absent."""

    mn_identifier: bytes | None = None  # Subtype octet and Identifier
    prefixes: list[HomeNetworkPrefix] = field(default_factory=list[HomeNetworkPrefix])
    handoff: int | None = None
    access_technology: int | None = None
    link_layer_identifier: bytes | None = None
    link_local: IPv6Address | None = None
    timestamp: int | None = None
    alternate_care_of: IPv6Address | None = None


@dataclass(frozen=True)
class BindingUpdate:
    """A Binding Update; lifetime in units of 4 seconds."""

    sequence: int
    home_registration: bool
    proxy: bool
    lifetime: int
    options: Options


def checksum(source: IPv6Address, destination: IPv6Address, message: bytes) -> int:
    """The checksum of RFC 2460, section 8.1; 0 over a message that has a good one."""
    data = (
        source.packed
        + destination.packed
        + struct.pack("!I3xB", len(message), 135)
        + message
    )
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def split_options(data: bytes) -> list[tuple[int, bytes]]:
    """The mobility options without padding; raises MalformedMessage if one is cut off."""
    found: list[tuple[int, bytes]] = []
    position = 0
    while position < len(data):
        kind = data[position]
        if kind == PAD1:
            position += 1
            continue
        if position + 2 > len(data) or position + 2 + data[position + 1] > len(data):
            raise MalformedMessage(f"option {kind} runs over the end of the message")
        value = data[position + 2 : position + 2 + data[position + 1]]
        position += 2 + len(value)
        if kind != PADN:
            found.append((kind, value))
    return found


def read_options(data: bytes) -> Options:
    """The options that an LMA understands; raises MalformedMessage if one is wrong."""
    options = Options()
    seen: set[int] = set()
    for kind, value in split_options(data):
        if len(value) != FIXED_LENGTH.get(kind, len(value)) or len(
            value
        ) < LEAST_LENGTH.get(kind, 0):
            raise MalformedMessage(f"option {kind} has length {len(value)}")
        if (
            kind in seen
            and kind in (*FIXED_LENGTH, *LEAST_LENGTH)
            and kind != HOME_NETWORK_PREFIX
        ):
            raise MalformedMessage(f"option {kind} is there twice")
        seen.add(kind)
        if kind == MN_IDENTIFIER:
            options.mn_identifier = value
        elif kind == HOME_NETWORK_PREFIX:
            if value[1] > 128:
                raise MalformedMessage(f"prefix length {value[1]}")
            options.prefixes.append(HomeNetworkPrefix(IPv6Address(value[2:]), value[1]))
        elif kind == HANDOFF_INDICATOR:
            options.handoff = value[1]
        elif kind == ACCESS_TECHNOLOGY_TYPE:
            options.access_technology = value[1]
        elif kind == LINK_LAYER_IDENTIFIER:
            options.link_layer_identifier = value[2:]
        elif kind == LINK_LOCAL_ADDRESS:
            options.link_local = IPv6Address(value)
        elif kind == TIMESTAMP:
            options.timestamp = int.from_bytes(value, "big")
        elif kind == ALTERNATE_CARE_OF:
            options.alternate_care_of = IPv6Address(value)
    return options


def read_binding_update(message: bytes) -> BindingUpdate:
    """The Binding Update in `message`, a whole Mobility Header of at least 12 octets."""
    sequence, flags, lifetime = struct.unpack("!HHH", message[6:12])
    return BindingUpdate(
        sequence,
        bool(flags & 0x4000),
        bool(flags & 0x0200),
        lifetime,
        read_options(message[12:]),
    )


class OptionWriter:
    """Mobility options behind a fixed part, each aligned."""

    def __init__(self, fixed_part: int) -> None:
        self.fixed_part = fixed_part
        self.octets = b""

    def pad(self, multiple: int, offset: int) -> None:
        """Fill up to `multiple` * n + `offset` octets from the start of the header."""
        missing = (offset - self.fixed_part - len(self.octets)) % multiple
        if missing == 1:
            self.octets += bytes([PAD1])
        elif missing:
            self.octets += bytes([PADN, missing - 2]) + bytes(missing - 2)

    def add(self, kind: int, value: bytes, multiple: int = 1, offset: int = 0) -> None:
        self.pad(multiple, offset)
        self.octets += bytes([kind, len(value)]) + value


def write_options(options: Options, fixed_part: int) -> bytes:
    """The options in the order of RFC 5213, figure 6, with the alignment that each asks for."""
    writer = OptionWriter(fixed_part)
    if options.mn_identifier is not None:
        writer.add(MN_IDENTIFIER, options.mn_identifier)
    for prefix in options.prefixes:
        writer.add(
            HOME_NETWORK_PREFIX, bytes([0, prefix.length]) + prefix.address.packed, 8, 4
        )
    if options.handoff is not None:
        writer.add(HANDOFF_INDICATOR, bytes([0, options.handoff]))
    if options.access_technology is not None:
        writer.add(ACCESS_TECHNOLOGY_TYPE, bytes([0, options.access_technology]))
    if options.timestamp is not None:
        writer.add(TIMESTAMP, options.timestamp.to_bytes(8, "big"), 8, 2)
    if options.link_layer_identifier is not None:
        # Natural boundaries: the identifier starts 4 octets into the option, its Reserved field 2.
        size = len(options.link_layer_identifier)
        multiple, offset = {8: (8, 4), 4: (4, 0)}.get(size, (2, 0))
        writer.add(
            LINK_LAYER_IDENTIFIER,
            bytes(2) + options.link_layer_identifier,
            multiple,
            offset,
        )
    if options.link_local is not None:
        writer.add(LINK_LOCAL_ADDRESS, options.link_local.packed, 8, 6)
    writer.pad(8, 0)
    return writer.octets


def mobility_header(kind: int, data: bytes) -> bytes:
    """A Mobility Header around its message data, the checksum still zero."""
    return (
        struct.pack("!BBBBH", NO_NEXT_HEADER, (6 + len(data)) // 8 - 1, kind, 0, 0)
        + data
    )


def binding_acknowledgement(
    status: int, proxy: bool, sequence: int, lifetime: int, options: Options
) -> bytes:
    """A Binding Acknowledgement; its P flag is set for a proxy registration only."""
    fixed = struct.pack("!BBHH", status, 0x20 if proxy else 0, sequence, lifetime)
    return mobility_header(
        BINDING_ACKNOWLEDGEMENT, fixed + write_options(options, fixed_part=12)
    )


def binding_error(status: int, home_address: IPv6Address) -> bytes:
    """A Binding Error without options."""
    return mobility_header(
        BINDING_ERROR, struct.pack("!BB", status, 0) + home_address.packed
    )
