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
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def option_in_words(option: MobilityOption) -> str:
    """An option: `home network prefix 2001:db8::/64`, `handoff indicator 4 (unknown)`.

    What has the value that it has when nothing is said, as reserved bits do, is left out.
    """
    name = _WORD.sub(" ", type(option).__name__.removesuffix("Option")).lower()
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
