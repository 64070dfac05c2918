"""Mobility options as findings tell them: the RFC's name, then values with their units."""

import enum
import re
from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import cast

from pmip6.model.wire.option_format import MobilityOption, UnknownOption
from pmip6.model.wire.options import HomeNetworkPrefix, RequestedContext, Timestamp

ITS_VALUE = ("value", "address", "identifier", "data")
"""Fields that need no name, as the option is about nothing else."""
RFC_SPELLING = {
    "Care Of": "Care-of",
    "Gre": "GRE",
    "Ipv4": "IPv4",
    "Link Layer": "Link-layer",
    "Link Local": "Link-local",
    "Mtu": "MTU",
    "Pad N": "PadN",
}
"""Words of the RFCs that are written otherwise than the words of our names."""
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def option_in_words(option: MobilityOption) -> str:
    """An option: `home network prefix 2001:db8::/64`, `handoff indicator 4 (unknown)`.

    What has the value that it has when nothing is said, as reserved bits do, is left out.
    """
    name = _words_of(type(option)).lower()
    match option:
        case HomeNetworkPrefix(prefix=prefix, prefix_length=length):
            reserved = f", reserved bits {option.reserved}" if option.reserved else ""
            return f"{name} {prefix}/{length}{reserved}"
        case Timestamp():
            return f"{name} {option.seconds:.3f} s"
        case UnknownOption():
            return f"option of type {option.type_number} with {_shown(option.data())}"
        case _:
            return " ".join((name, ", ".join(_values(option)))).rstrip()


def option_title(kind: type[object]) -> str:
    """An option of either codec by the RFC's name: `Handoff Indicator option`."""
    name = _words_of(kind)
    for ours, written in RFC_SPELLING.items():
        name = name.replace(ours, written)
    return f"{name} option"


def _words_of(kind: type[object]) -> str:
    return _WORD.sub(" ", kind.__name__.removesuffix("Option"))


def options_in_words(options: Iterable[MobilityOption], nothing: str) -> str:
    """Options in the order of their words; what stands for none of them."""
    return ", ".join(sorted(map(option_in_words, options))) or nothing


def _values(option: MobilityOption) -> Iterable[str]:
    for field in fields(option):
        value: object = getattr(option, field.name)
        if field.default is not MISSING and value == field.default:
            continue
        named = "" if field.name in ITS_VALUE else f"{field.name.replace('_', ' ')} "
        yield f"{named}{_shown(value)}"


def _shown(value: object) -> str:
    """A value: octets as text where they are printable, else in hexadecimal digits."""
    match value:
        case bytes():
            text = value.decode("ascii", "replace")
            return text if text.isprintable() and text.isascii() else value.hex(":")
        case enum.IntEnum():
            return f"{int(value)} ({value.name.replace('_', ' ').lower()})"
        case RequestedContext(type=number, content=content):
            return f"type {number}" + (f" with {_shown(content)}" if content else "")
        case tuple():
            return " and ".join(map(_shown, cast("tuple[object, ...]", value)))
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
