"""Format rules about one field of the header, the message data or an option.

The decoder applies them while it reads; those about options are derived from the
option classes, which hold the requirement ids.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from pmip6.model.findings import FormatFault, FormatRule
from pmip6.model.requirements.tables import Level
from pmip6.model.wire.numbers import MobilityOptionType
from pmip6.model.wire.option_format import NATURAL, Alignment, MobilityOption, PadN
from pmip6.model.wire.options import OPTION_CLASSES

HEADER_COMPLETE = FormatRule(
    "header_complete", ("6275-6.1.1-x2",), FormatFault.HEADER_TRUNCATED
)
CHECKSUM = FormatRule(
    "checksum",
    (
        "6275-6.1.1-x8",
        "6275-9.2-2",
        "6275-6.1.1-4",
        "6275-6.1.1-x7",
        "6275-6.1.1-x9",
        "6275-6.1.1-x10",
        "6275-6.1.1-x11",
        "6275-6.1.1-x13",
        "6275-6.1.1-x14",
    ),
    FormatFault.CHECKSUM,
)
PAYLOAD_PROTO = FormatRule(
    "payload_proto",
    ("6275-9.2-5", "6275-6.1.1-1", "6275-6.1.1-x3"),
    FormatFault.PAYLOAD_PROTO,
)
OCTETS_MISSING = FormatRule(
    "octets_missing",
    (
        "6275-6.1.1-2",
        "6275-6.1.1-x4",
        "5213-8.1-x5",
        "5213-8.2-x6",
        "6275-6.1.1-x18",
        "6275-6.1.7-x10",
        "6275-6.1.7-x13",
        "6275-6.1.8-x27",
        "6275-6.1.8-x30",
        "6275-6.1.9-x8",
    ),
    FormatFault.OCTETS_MISSING,
)
OCTETS_LEFT_OVER = FormatRule(
    "octets_left_over",
    (
        "6275-6.1.1-2",
        "6275-6.1.1-x4",
        "6275-6.1.1-x16",
        "6275-6.2-x3",
    ),
    FormatFault.OCTETS_LEFT_OVER,
)
MH_TYPE = FormatRule(
    "mh_type",
    ("6275-9.2-3", "6275-6.1.1-x6"),
    FormatFault.UNKNOWN_MESSAGE,
)
MESSAGE_COMPLETE = FormatRule(
    "message_complete",
    ("6275-9.2-8", "6275-6.1.9-x10"),
    FormatFault.MESSAGE_TRUNCATED,
)
HEADER_RESERVED = FormatRule("header_reserved", ("6275-6.1.1-3",), FormatFault.RESERVED)
UPDATE_RESERVED = FormatRule(
    "update_reserved",
    ("6275-6.1.7-5", "5213-8.1-x1", "5213-10-x15"),
    FormatFault.RESERVED,
)
ACKNOWLEDGEMENT_RESERVED = FormatRule(
    "acknowledgement_reserved",
    ("6275-6.1.8-2", "5213-8.2-x1", "5213-10-x20"),
    FormatFault.RESERVED,
)
ERROR_RESERVED = FormatRule("error_reserved", ("6275-6.1.9-1",), FormatFault.RESERVED)
HANDOVER_INITIATE_RESERVED = FormatRule(
    "handover_initiate_reserved",
    (
        "5568-6.2.1.1-6",
        "5568-6.2.1.1-x1",
        "5949-6.1.1-x8",
        "5949-6.1.1-x2",
        "5949-6.1.1-x1",
    ),
    FormatFault.RESERVED,
)
HANDOVER_ACKNOWLEDGE_RESERVED = FormatRule(
    "handover_acknowledge_reserved",
    (
        "5568-6.2.1.2-2",
        "5568-6.2.1.2-x1",
        "5949-6.1.2-x5",
        "5949-6.1.2-x2",
        "5949-6.1.2-x1",
    ),
    FormatFault.RESERVED,
)
OPTION_COMPLETE = FormatRule(
    "option_complete",
    (
        "6275-6.2.1-x2",
        "6275-6.2.1-x4",
        "5213-8.1-x6",
        "5213-8.2-x7",
        "6275-6.1.7-x11",
        "6275-6.1.8-x28",
        "6275-6.2.1-x1",
        "6275-6.1.1-5",
        "6275-6.1.1-x17",
        "6275-6.2-x2",
    ),
    FormatFault.OPTION_TRUNCATED,
)
PADN_PREFERRED = FormatRule(
    "padn_preferred", ("6275-6.2.2-x5",), FormatFault.PADDING, Level.SHOULD
)

HEADER_RULES = (
    HEADER_COMPLETE,
    CHECKSUM,
    PAYLOAD_PROTO,
    OCTETS_MISSING,
    OCTETS_LEFT_OVER,
    MH_TYPE,
    MESSAGE_COMPLETE,
    HEADER_RESERVED,
    UPDATE_RESERVED,
    ACKNOWLEDGEMENT_RESERVED,
    ERROR_RESERVED,
    HANDOVER_INITIATE_RESERVED,
    HANDOVER_ACKNOWLEDGE_RESERVED,
    OPTION_COMPLETE,
    PADN_PREFERRED,
)
"""The rules about header and message data, and about the form of every option."""


class OptionReader(NamedTuple):
    """How the decoder reads one option type, and the rules that it applies.

    `start` is None where the alignment depends on the option's content; a rule is
    None where the type has nothing that could violate it.
    """

    option: type[MobilityOption]
    from_data: Callable[[bytes], MobilityOption]
    lengths: range
    start: Alignment | None
    sized: FormatRule
    aligned: FormatRule | None
    zeroed: FormatRule | None
    valued: FormatRule | None


def option_name(option: type[MobilityOption]) -> str:
    """Name of an option type as rule names spell it."""
    return MobilityOptionType(option.TYPE).name.lower()


def _has_few_values(option: type[MobilityOption]) -> bool:
    """Whether messages repeat the same few data of this type again and again."""
    return option is PadN or option.LENGTHS.stop <= 3


def _kept(read: Callable[[bytes], MobilityOption]) -> Callable[[bytes], MobilityOption]:
    """Keep the latest options read; as immutable values they can be shared."""
    return lru_cache(maxsize=256)(read)


def _reader_of(option: type[MobilityOption]) -> OptionReader:
    name = option_name(option)
    fixed = option.alignment is MobilityOption.alignment
    aligned_by = option.ALIGNED_BY
    if aligned_by and NATURAL not in aligned_by:
        aligned_by = (*aligned_by, NATURAL)
    fault = FormatFault.PADDING if option is PadN else FormatFault.OPTION_VALUE
    return OptionReader(
        option,
        _kept(option.from_data) if _has_few_values(option) else option.from_data,
        option.LENGTHS,
        option.ALIGNMENT if fixed else None,
        FormatRule(f"{name}_length", option.SIZED_BY, FormatFault.OPTION_LENGTH),
        FormatRule(f"{name}_alignment", aligned_by, FormatFault.OPTION_ALIGNMENT)
        if aligned_by
        else None,
        FormatRule(f"{name}_reserved", option.ZEROED_BY, FormatFault.RESERVED)
        if option.ZEROED_BY
        else None,
        FormatRule(f"{name}_value", option.VALUED_BY, fault)
        if option.VALUED_BY
        else None,
    )


OPTION_READERS: dict[int, OptionReader] = {
    int(option.TYPE): _reader_of(option) for option in OPTION_CLASSES
}
"""Decode table: type number to reader, derived from the option classes."""

OPTION_RULES: tuple[FormatRule, ...] = tuple(
    rule
    for reader in OPTION_READERS.values()
    for rule, can_be_violated in (
        (reader.sized, len(reader.lengths) < 256),
        (reader.aligned, reader.start is None or reader.start.step > 1),
        (reader.zeroed, True),
        (reader.valued, True),
    )
    if rule is not None and can_be_violated
)
"""The rules about single options that a message can violate."""
