"""A packet in words: its fields by the names of the RFCs, an option a line."""

from collections.abc import Iterator, Mapping
from typing import cast

from pmip6.vectors.packs.packet_fields import Fields, packet_fields

APART = ("kind", "source", "destination", "options", "inner", "about", "flags")
"""Keys that have a place of their own."""
INDENT = "  "


def packet_words(data: bytes) -> Iterator[str]:
    """The lines that tell an IPv6 packet; what is zero or false is left out."""
    yield from _lines(packet_fields(data))


def _lines(told: Fields) -> Iterator[str]:
    ends = f"{told['source']} → {told['destination']}" if "source" in told else ""
    kind = str(told.get("kind", "Packet"))
    rest = {key: value for key, value in told.items() if key not in APART}
    yield " ".join(part for part in (kind, ends, _values(rest)) if part)
    options = cast("Mapping[str, list[Fields]]", told.get("options") or {})
    for name, every in options.items():
        for option in every:
            yield f"{INDENT}{name} {_values(option)}".rstrip()
    for name in ("inner", "about"):
        inner = told.get(name)
        if isinstance(inner, dict):
            yield from (f"{INDENT}{line}" for line in _lines(cast("Fields", inner)))
    for flag in cast("list[str]", told.get("flags") or []):
        yield f"{INDENT}breaks {flag}"


def _values(told: Fields) -> str:
    return " ".join(
        name if value is True else f"{name}={_text(name, value)}"
        for name, value in told.items()
        if value not in (0, None, "", [])
    )


def _text(name: str, value: object) -> str:
    """A value; an identifier of readable octets as they read."""
    if name == "identifier" and isinstance(value, str):
        octets = bytes.fromhex(value)
        if octets.isascii() and octets.decode("ascii").isprintable():
            return octets.decode("ascii")
    return str(value)
