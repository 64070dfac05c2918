"""What the parts of a configuration have to be, told in one line where one is not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from difflib import get_close_matches
from types import NoneType
from typing import Any, cast

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Role

ELEMENTS = (
    "nodes",
    "gateways",
    "prefixes",
    "entries",
    "link_layers",
    "technologies",
    "sequences",
    "tunnels",
    "packets",
)
FAULTS = ("lose", "duplicate", "delay")
"""What a channel does to a message: the first word of its rules (model/channels.py)."""

Check = Callable[[Any], bool]


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _are_names(value: object) -> bool:
    return isinstance(value, frozenset | set) and all(
        isinstance(each, str) for each in cast("Collection[object]", value)
    )


def _are_elements(value: object) -> bool:
    """A tuple of elements, no two alike.

    Those of peers that run may be octets or addresses, too.
    """
    if not isinstance(value, tuple):
        return False
    elements = cast("tuple[object, ...]", value)
    return len(set(elements)) == len(elements) and not any(
        isinstance(each, bool | float | NoneType) for each in elements
    )


def _maps_names_to(value: object, is_right: Check) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and is_right(held)
        for name, held in cast("Mapping[object, object]", value).items()
    )


def _are_durations(value: Any) -> bool:
    if not isinstance(value, tuple):
        return False
    ticks = cast("tuple[object, ...]", value)
    return bool(ticks) and all(map(_is_count, ticks))


def _is_limit(value: Any) -> bool:
    return value is None or (_is_count(value) and value > 0)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


WANTED: dict[str, tuple[Check, str]] = {
    **dict.fromkeys(("name", "summary"), (lambda v: isinstance(v, str), "a text")),
    **dict.fromkeys(
        ELEMENTS,
        (_are_elements, 'a tuple of different texts or numbers, as ("mn1", "mn2")'),
    ),
    "facts": (
        lambda v: _maps_names_to(v, lambda held: isinstance(held, Container)),
        "a set of tuples for each name of a predicate",
    ),
    "durations": (
        lambda v: _maps_names_to(v, _are_durations),
        'ticks, 0 or more, in a tuple for each timer, as {"binding_lifetime": (3,)}',
    ),
    "capacity": (
        lambda v: _maps_names_to(v, _is_count),
        'a number of messages for each channel, as {"pbu": 2, "pba": 2}',
    ),
    **dict.fromkeys(("in_flight", "times"), (_is_limit, "a number above 0, or None")),
    **dict.fromkeys(
        ("reorder", "prompt", "endless", "restarts_end"), (_is_flag, "True or False")
    ),
    "roles": (
        lambda v: (
            isinstance(v, frozenset | set)
            and all(isinstance(each, Role) for each in cast("Collection[object]", v))
        ),
        "a set of members of Role",
    ),
    **dict.fromkeys(
        ("faults", "disabled", "silent_on", "broken"),
        (_are_names, 'a set of names, as frozenset({"lose"})'),
    ),
    "variant": (lambda v: v is None or callable(v), "a function of a rule, or None"),
}


def check_parts(parts: Mapping[str, Any], channels: Collection[str]) -> None:
    """Refuse parts of a configuration that no model can be made of.

    Args:
        parts: The parts by their names.
        channels: The names of all channels.

    Raises:
        Pmip6Error: One is of another kind, or names a fault or a channel that there is
            not.
    """
    place = f"configuration {parts['name']}"
    for part, value in parts.items():
        is_right, wanted = WANTED[part]
        if not is_right(value):
            raise Pmip6Error(
                f"{place}: {part}", f"is {value!r:.60}", f"it has to be {wanted}"
            )
    check_names(f"{place}: faults", "a fault of a channel", parts["faults"], FAULTS)
    check_names(f"{place}: capacity", "a channel", parts["capacity"], channels)


def check_names(
    place: str, what: str, given: Collection[str], known: Collection[str]
) -> None:
    """Refuse a name that is not known.

    Raises:
        Pmip6Error: There is one; the fix is those that are like it, or all.
    """
    for name in sorted(set(given) - set(known)):
        near = " or ".join(get_close_matches(name, known, 3))
        some = f"choose from {', '.join(known)}" if len(known) < 10 else ""
        fix = f"did you mean {near}?" if near else some
        raise Pmip6Error(place, f"{name} is not {what}", fix)
