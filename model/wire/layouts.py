"""Where the fields of the proxy messages stand, with the requirements that say so.

One table, for those who have to tell fields apart without reading the message: it says
which octets and bits of a packet belong to a field.  The codec reads and writes whole
messages (`pmip6.model.wire.decoding`, `pmip6.model.wire.encoding`); that both put a field at the
same place is tested.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pmip6.model.wire.ipv6 import decode_packet
from pmip6.model.wire.message_conditions import PBA, PBU, kind_of
from pmip6.model.wire.numbers import MobilityOptionType

IPV6_HEADER = 40


class Part(Enum):
    """The part of a packet that a field belongs to; its octets count from its start."""

    PACKET = "IPv6 header"
    HEADER = "Mobility Header"
    UPDATE = "Proxy Binding Update"
    ACKNOWLEDGEMENT = "Proxy Binding Acknowledgement"
    PADDING = "PadN option"
    NODE_IDENTIFIER = "Mobile Node Identifier option"
    PREFIX = "Home Network Prefix option"
    HANDOFF = "Handoff Indicator option"
    TECHNOLOGY = "Access Technology Type option"
    LINK_LAYER = "Mobile Node Link-layer Identifier option"
    LINK_LOCAL = "Link-local Address option"
    TIMESTAMP = "Timestamp option"


OPTIONS: dict[int, Part] = {
    MobilityOptionType.PADN: Part.PADDING,
    MobilityOptionType.MOBILE_NODE_IDENTIFIER: Part.NODE_IDENTIFIER,
    MobilityOptionType.HOME_NETWORK_PREFIX: Part.PREFIX,
    MobilityOptionType.HANDOFF_INDICATOR: Part.HANDOFF,
    MobilityOptionType.ACCESS_TECHNOLOGY_TYPE: Part.TECHNOLOGY,
    MobilityOptionType.MOBILE_NODE_LINK_LAYER_IDENTIFIER: Part.LINK_LAYER,
    MobilityOptionType.LINK_LOCAL_ADDRESS: Part.LINK_LOCAL,
    MobilityOptionType.TIMESTAMP: Part.TIMESTAMP,
}
"""The parts that are options, by type number."""


@dataclass(frozen=True)
class Field:
    """A field of a part.

    Args:
        octet: Where it begins, from the start of the part.
        octets: How many it fills; None for all to the end of the option.
        mask: The bits of it in its octet, where it fills no whole one.
        requirements: Ids that say where it stands, how wide it is, and what it is for.
    """

    part: Part
    name: str
    octet: int
    octets: int | None
    requirements: tuple[str, ...]
    mask: int = 0xFF

    def __str__(self) -> str:
        """The field in words."""
        return f"{self.name} of the {self.part.value}"


def _field(
    part: Part,
    name: str,
    octet: int,
    octets: int | None,
    requirements: str,
    mask: int = 0xFF,
) -> Field:
    return Field(part, name, octet, octets, tuple(requirements.split()), mask)


_BU = "5213-8.1-x2 5213-8.1-x3 5213-8.1-x12 6275-6.1.7-x2"
_BA = "5213-8.2-x2 5213-8.2-x3 5213-8.2-x17 6275-6.1.8-x2"

FIELDS: tuple[Field, ...] = (
    _field(Part.PACKET, "Next Header", 6, 1, "6275-6.1.1-x1 6275-14-x1"),
    _field(Part.HEADER, "Header Len", 1, 1, "6275-6.1.1-x4 6275-6.1.1-x16"),
    _field(Part.HEADER, "MH Type", 2, 1, "6275-6.1.1-x5 6275-6.1.1-x15"),
    _field(Part.UPDATE, "MH Type", 2, 1, f"{_BU} 6275-6.1.7-x1 6275-14-x2"),
    _field(Part.UPDATE, "Sequence Number", 6, 2, f"{_BU} 6275-6.1.7-x7"),
    _field(Part.UPDATE, "P flag", 8, 1, f"{_BU} 5213-10-x14", mask=0x02),
    _field(Part.UPDATE, "Lifetime", 10, 2, f"{_BU} 6275-6.1.7-x8"),
    _field(Part.ACKNOWLEDGEMENT, "MH Type", 2, 1, f"{_BA} 6275-6.1.8-x1 6275-14-x3"),
    _field(Part.ACKNOWLEDGEMENT, "Status", 6, 1, f"{_BA} 5213-8.2-x13 6275-6.1.8-x3"),
    _field(Part.ACKNOWLEDGEMENT, "K flag", 7, 1, f"{_BA} 5213-10-x17", mask=0x80),
    _field(Part.ACKNOWLEDGEMENT, "P flag", 7, 1, f"{_BA} 5213-10-x19", mask=0x20),
    _field(Part.ACKNOWLEDGEMENT, "Sequence Number", 8, 2, f"{_BA} 6275-6.1.8-x24"),
    _field(Part.ACKNOWLEDGEMENT, "Lifetime", 10, 2, _BA),
    _field(Part.PADDING, "Option Length", 1, 1, "6275-6.2.3-x2 6275-6.2.3-x3"),
    *(
        _field(part, "Option Length", 1, 1, "6275-6.2.1-x4 6275-6.2.1-x5")
        for part in OPTIONS.values()
        if part is not Part.PADDING
    ),
    _field(
        Part.NODE_IDENTIFIER,
        "Option Type",
        0,
        1,
        "4283-3-x2 4283-3-x4 4283-3-x5 4283-3-x6 4283-3.1-x1 6275-6.2.1-x3",
    ),
    _field(
        Part.NODE_IDENTIFIER,
        "Subtype",
        2,
        1,
        "4283-3-x3 4283-3-x4 4283-3-x8 4283-3.1-x2 4283-5-x2",
    ),
    _field(
        Part.NODE_IDENTIFIER, "Identifier", 3, None, "4283-3-x4 4283-3-x9 5213-5.1-x2"
    ),
    _field(Part.PREFIX, "Type", 0, 1, "5213-8.3-x1 5213-8.3-x5 5213-10-x1"),
    _field(Part.PREFIX, "Prefix Length", 3, 1, "5213-8.3-x4 5213-8.3-x7"),
    _field(Part.PREFIX, "Home Network Prefix", 4, 16, "5213-8.3-x4 5213-8.3-x8"),
    _field(Part.HANDOFF, "Type", 0, 1, "5213-8.4-x1 5213-8.4-x4 5213-10-x1"),
    _field(Part.HANDOFF, "Handoff Indicator", 3, 1, "5213-8.4-x3 5213-8.4-x6"),
    _field(Part.TECHNOLOGY, "Type", 0, 1, "5213-8.5-x1 5213-8.5-x4 5213-10-x1"),
    _field(Part.TECHNOLOGY, "Access Technology Type", 3, 1, "5213-8.5-x3 5213-8.5-x6"),
    _field(Part.LINK_LAYER, "Type", 0, 1, "5213-8.6-x1 5213-8.6-x3 5213-10-x1"),
    _field(
        Part.LINK_LAYER, "Link-layer Identifier", 4, None, "5213-8.6-x2 5213-8.6-x5"
    ),
    _field(Part.LINK_LOCAL, "Type", 0, 1, "5213-8.7-x1 5213-8.7-x4 5213-10-x1"),
    _field(Part.LINK_LOCAL, "Link-local Address", 2, 16, "5213-8.7-x3 5213-8.7-x6"),
    _field(Part.TIMESTAMP, "Type", 0, 1, "5213-8.8-x1 5213-8.8-x4 5213-10-x1"),
    _field(
        Part.TIMESTAMP,
        "Timestamp",
        2,
        8,
        "5213-8.8-x3 5213-8.8-x6 5213-8.8-x7 5213-8.8-x8",
    ),
)
"""Every field that is read at the other end, by part.

Not here: what is reserved, padding, checksums, Payload Proto, and the flags that an
anchor need not heed in a request (A, H, L, K, M, R).
"""

WHOLE: dict[Part, tuple[str, ...]] = {
    Part.UPDATE: ("5213-8.1-x7",),
    Part.ACKNOWLEDGEMENT: ("5213-8.2-x8",),
}
"""What all fields of a message and its options together show: every kind is valid."""


def fields_of_part(part: Part) -> tuple[Field, ...]:
    """The fields of a part, in the order of the table."""
    return tuple(field for field in FIELDS if field.part is part)


def requirements_of(part: Part) -> tuple[str, ...]:
    """The ids behind a part, each once."""
    found = (name for field in fields_of_part(part) for name in field.requirements)
    return tuple(dict.fromkeys((*found, *WHOLE.get(part, ()))))


def places(packet: bytes, field: Field) -> Iterator[range]:
    """Where the octets of a field stand in a packet without extension headers.

    Nothing where the packet has no such part; several ranges where an option repeats.
    """
    read = decode_packet(packet)
    if read is None or read[1].message is None:
        return
    decoded, kind = read[1], kind_of(read[1].message)
    starts: list[tuple[int, int]] = []
    match field.part:
        case Part.PACKET:
            starts = [(0, IPV6_HEADER)]
        case Part.HEADER:
            starts = [(IPV6_HEADER, len(packet))]
        case Part.UPDATE | Part.ACKNOWLEDGEMENT:
            if kind is (PBU if field.part is Part.UPDATE else PBA):
                starts = [(IPV6_HEADER, len(packet))]
        case _:
            for at, option in decoded.layout:
                if OPTIONS.get(option.type_number) is field.part:
                    start = IPV6_HEADER + at
                    starts.append((start, start + 2 + len(option.data())))
    for start, end in starts:
        first = start + field.octet
        yield range(first, end if field.octets is None else first + field.octets)
