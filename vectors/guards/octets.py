"""Boundaries of what stands on the wire: fields, lengths, reserved bits, enumerations.

What there is comes from the declarations: the fields of messages and options, how wide the
codec writes them, the lengths that an option may have, the enumerations, and the bits that
the format rules want to be zero.  A boundary is a quantity and one value of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from ipaddress import IPv6Address

from pmip6.model.errors import Pmip6Error
from pmip6.model.findings import FormatFault
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.decoding import Decoded, decode
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.field_rules import OPTION_READERS
from pmip6.model.wire.message_data import FIXED_LENGTH
from pmip6.model.wire.messages import MobilityMessage
from pmip6.model.wire.numbers import MobilityHeaderType
from pmip6.model.wire.option_format import MobilityOption, Pad1
from pmip6.vectors.packs.message_samples import (
    ENUMERATIONS,
    OTHER_OPTIONS,
    SESSION,
    ordinary_messages,
)

Boundary = tuple[str, int]
"""A quantity by its name, and a value of it."""

MOST_BITS = 64
ADDRESS_BITS = 128
LINK_BITS = 64
"""How long the prefix of a link is (RFC 4291, section 2.5.1)."""
MOST_HEADER_LEN = 255
MOST_DATA = 255
"""Octets of data in an option, at most."""
CHECKSUM = slice(4, 6)


@dataclass(frozen=True)
class ReservedBit:
    """A bit that a sender leaves zero, from the start of a message or of an option."""

    part: str
    octet: int
    mask: int

    @property
    def name(self) -> str:
        """The quantity: it is 1 where no other reserved bit is set."""
        return f"{self.part}: only reserved bit {self.mask:#04x} of octet {self.octet}"


# ---- what a packet shows ---------------------------------------------------------------


def shown_by(data: bytes, decoded: Decoded) -> Iterator[Boundary]:
    """Every quantity of a Mobility Header with its value."""
    header, message = decoded.header, decoded.message
    if header is not None and header.mh_type in FIXED_LENGTH:
        yield _header_len_of(header.mh_type), header.header_len
    if message is None:
        return
    kind = message.MH_TYPE.name
    yield from _numbers_in(kind, message)
    set_bits = [b for b in reserved_bits() if b.part == kind and data[b.octet] & b.mask]
    for at, option in decoded.layout:
        reader = OPTION_READERS.get(int(option.type_number))
        if reader is None:
            continue
        part = reader.option.__name__
        yield f"{part}: octets of data", len(option.data())
        yield from _numbers_in(part, option)
        end = at + 2 + len(option.data())
        set_bits += [
            b
            for b in reserved_bits()
            if b.part == part and at + b.octet < end and data[at + b.octet] & b.mask
        ]
    if len(set_bits) == 1:
        yield set_bits[0].name, 1


def _header_len_of(mh_type: int) -> str:
    return f"{MobilityHeaderType(mh_type).name}: Header Len"


def _numbers_in(
    part: str, item: MobilityMessage | MobilityOption
) -> Iterator[Boundary]:
    for field in fields(item):
        value: object = getattr(item, field.name)
        if isinstance(value, int):
            yield f"{part}.{field.name}", int(value)


# ---- what there is ---------------------------------------------------------------------


def boundaries() -> frozenset[Boundary]:
    """All boundaries."""
    return frozenset((name, number) for name, numbers in _every() for number in numbers)


def _every() -> Iterator[tuple[str, list[int]]]:
    for message, source, destination in _ordinary().values():
        kind = message.MH_TYPE.name
        holding = -(-FIXED_LENGTH[int(message.MH_TYPE)] // 8) - 1
        bare = encode(replace(message, options=()), source, destination)
        is_whole = not decode(bare, source, destination).findings
        lengths = [holding - 1, *([holding] if is_whole else []), MOST_HEADER_LEN]
        yield _header_len_of(int(message.MH_TYPE)), lengths
        for name in _fields_of(message):
            numbers = _edges(
                message, name, _written(message, name, source, destination)
            )
            yield f"{kind}.{name}", numbers
    for option, write in _options():
        part = type(option).__name__
        for name in _fields_of(option):
            yield f"{part}.{name}", _edges(option, name, _most(option, name, write))
    for reader in OPTION_READERS.values():
        if reader.option is Pad1:
            continue  # it has no length
        low, high = reader.lengths.start, reader.lengths.stop - 1
        beside = {low - 1, low, high, high + 1}
        lengths = [n for n in sorted(beside) if 0 <= n <= MOST_DATA]
        yield f"{reader.option.__name__}: octets of data", lengths
    yield from ((bit.name, [1]) for bit in reserved_bits())


def _fields_of(item: MobilityMessage | MobilityOption) -> Iterator[str]:
    """Fields with a number; reserved ones are told by their bits."""
    for field in fields(item):
        if field.name != "reserved" and isinstance(getattr(item, field.name), int):
            yield field.name


def _edges(item: MobilityMessage | MobilityOption, name: str, most: int) -> list[int]:
    """The boundaries of a field: of its values, of its meanings, of its sign bit."""
    if isinstance(getattr(item, name), bool):
        return [0, 1]
    found = {0, most}
    members = ENUMERATIONS.get(type(item))
    if members is not None and name in ("status", "code", "value"):
        known = sorted(map(int, members))
        found |= {n + d for n in known for d in (-1, 0, 1)}
    elif name == "prefix_length":
        limits = (LINK_BITS, ADDRESS_BITS)
        found |= {n + d for n in limits for d in (-1, 0, 1)}
    else:
        half = (most + 1) // 2
        found |= {1, half - 1, half, most - 1}
    return sorted(n for n in found if 0 <= n <= most)


Ordinary = tuple[MobilityMessage, IPv6Address, IPv6Address]
Write = Callable[[MobilityOption], bytes]


@cache
def _ordinary() -> Mapping[str, Ordinary]:
    """An ordinary message of each kind, with the addresses of its packet."""
    found: dict[str, Ordinary] = {}
    for message, source, destination in ordinary_messages():
        found.setdefault(message.MH_TYPE.name, (message, source, destination))
    return found


def _options() -> Iterator[tuple[MobilityOption, Write]]:
    """Each option that the decoder knows, and how it is written into a message."""
    message, source, destination = next(iter(_ordinary().values()))
    for option in (*SESSION, *OTHER_OPTIONS):
        if int(option.type_number) in OPTION_READERS:
            others = tuple(o for o in message.options if type(o) is not type(option))

            def write(
                written: MobilityOption, kept: tuple[MobilityOption, ...] = others
            ) -> bytes:
                whole = replace(message, options=(*kept, written))
                return encode(whole, source, destination)

            yield option, write


def _written(
    message: MobilityMessage, name: str, source: IPv6Address, destination: IPv6Address
) -> int:
    def write(number: int) -> None:
        changed = replace(message, **{name: number})  # type: ignore[arg-type]  # a field
        encode(changed, source, destination)

    return _greatest(write)


def _most(option: MobilityOption, name: str, write: Write) -> int:
    def write_number(number: int) -> None:
        write(replace(option, **{name: number}))

    return _greatest(write_number)


def _greatest(write: Callable[[int], None]) -> int:
    """The greatest number of so many bits that is written."""
    for bits in range(1, MOST_BITS + 1):
        try:
            write((1 << bits) - 1)
        except Pmip6Error:
            return (1 << bits - 1) - 1
    return (1 << MOST_BITS) - 1


@cache
def reserved_bits() -> tuple[ReservedBit, ...]:
    """Every bit whose change alone makes a message one with a reserved bit set."""
    found: dict[ReservedBit, None] = {}
    for message, source, destination in _ordinary().values():
        kind = message.MH_TYPE.name
        for option in (*SESSION, *OTHER_OPTIONS):
            others = tuple(o for o in message.options if type(o) is not type(option))
            data = encode(
                replace(message, options=(*others, option)), source, destination
            )
            layout = decode(data, source, destination).layout
            fixed = FIXED_LENGTH[int(message.MH_TYPE)]
            parts = [(kind, 0, fixed)] if option is SESSION[0] else []
            parts += [
                (type(each).__name__, at, at + 2 + len(each.data()))
                for at, each in layout
                if type(each) is type(option)
            ]
            for part, start, end in parts:
                for octet in range(start, end):
                    for bit in range(8):
                        if _is_reserved(data, octet, 1 << bit, source, destination):
                            found[ReservedBit(part, octet - start, 1 << bit)] = None
    return tuple(found)


def _is_reserved(
    data: bytes, octet: int, mask: int, source: IPv6Address, destination: IPv6Address
) -> bool:
    changed = bytearray(data)
    changed[octet] ^= mask
    if octet not in range(*CHECKSUM.indices(len(data))):
        changed[CHECKSUM] = bytes(2)
        changed[CHECKSUM] = checksum_of(changed, source, destination).to_bytes(2)
    read = decode(bytes(changed), source, destination, proxy_expected=True)
    before = decode(data, source, destination)
    types = [[int(o.type_number) for _, o in d.layout] for d in (before, read)]
    is_same = type(before.message) is type(read.message) and types[0] == types[1]
    return is_same and any(f.fault is FormatFault.RESERVED for f in read.findings)
