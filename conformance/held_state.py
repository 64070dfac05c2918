"""What a reference peer holds, as plain data: all that its next step depends on.

Cells have the names of their maps (model/state.py, model/fast_handover/state.py) and
stand there where their value is not that of the beginning.  An index is the node, or what
else the map is about; a gateway's own address is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Network,
)
from typing import cast

from pmip6.model.domain import MAPS, Element, Model
from pmip6.model.language.evaluation import initial_value
from pmip6.model.language.interpreter import State, Value
from pmip6.model.state import PREFIX

Plain = object
Held = dict[str, Plain]
_SORTS = {each.name: each.value for each in MAPS}
_INITIAL = {name: initial_value(sort) for name, sort in _SORTS.items()}


def held_cells(
    model: Model,
    state: State,
    *,
    without: Collection[str] = (),
    own: Element = None,
    prefixes: Callable[[Value], Plain],
) -> Held:
    """The cells that are not as in the beginning, and what is left of timers, in ms.

    Args:
        model: Has the layout of the state.
        state: Now.
        without: Maps and timers that are told otherwise.
        own: The element that stands for the peer itself.
        prefixes: What an element of the prefixes stands for.
    """
    found: Held = {}

    def put(name: str, args: tuple[Element, ...], value: Plain) -> None:
        index = " ".join(_name(each) for each in args if each != own)
        cast("Held", found.setdefault(name, {}))[index] = value

    for (name, args), value in zip(model.cells, state.cells, strict=True):
        if value != _INITIAL[name] and name not in without:
            is_prefix = _SORTS[name] == PREFIX
            put(name, args, prefixes(value) if is_prefix else as_text(value))
    for (name, args), place in model.timers.items():
        if state.timers[place] and name not in without:
            put(name, args, state.timers[place] - 1)
    return found


def told(**parts: object) -> Held:
    """Parts of a state by their names, without those that are as in the beginning."""
    nothing: tuple[object, ...] = (None, False, "", {}, set[object]())
    return {name: as_text(part) for name, part in parts.items() if part not in nothing}


def as_text(value: object) -> object:
    """A value of the peer's own as JSON has it; octet strings in hexadecimal."""
    match value:
        case bool() | None | str():
            return value
        case int():
            return int(value)
        case bytes():
            return value.hex()
        case (
            IPv4Address()
            | IPv4Interface()
            | IPv4Network()
            | IPv6Address()
            | IPv6Network()
        ):
            return str(value)
        case Mapping():
            pairs = cast("Mapping[object, object]", value).items()
            return {_name(key): as_text(each) for key, each in pairs}
        case Set():
            return sorted(map(as_text, cast("Set[object]", value)), key=str)
        case tuple() | list():
            return list(map(as_text, cast("tuple[object, ...]", value)))
        case _ if is_dataclass(value):
            return dict(_members(value))
        case _:
            return str(value)


def _name(key: object) -> str:
    """What something is known by: a node by its identifier."""
    return key.decode() if isinstance(key, bytes) else str(as_text(key))


def _members(value: object) -> Iterator[tuple[str, object]]:
    """The members of a dataclass that are not as if nothing had happened."""
    for each in fields(cast("type", value)):
        told = getattr(value, each.name)
        if told not in (None, (), 0):
            yield each.name, as_text(told)
