"""Masks: what a packet has to say where an implementation may choose.

A mask is JSON in the form of the fields of a packet.  In place of a value may stand an
object of conditions, all of which have to hold:

    {"any": true}                          free
    {"between": [1, 75]}                   a number, both ends included
    {"one_of": [0, 3]}                     one of these values or masks
    {"same": "sequence"}                   the value of that field in the request
    {"clock_ms": 300}                      a timestamp this close to the clock
    {"within": "2001:db8:100::/40"}        an address or prefix of that network
    {"newer_than": "sequence1"}            after that variable, on a counter that wraps
    {"learn": "prefix1"}                   keep it as a variable
    {"variable": "prefix1", "plus": 18}    the variable, and so much more

Fields that the mask does not have are free.  Options are told by name: a list has to be
all of them in any order; `{"contain": [...]}` may have others beside; `{"each": ...}`
is for those that there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPV6LENGTH, IPv6Address, IPv6Network
from typing import cast

from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND, is_newer_number
from pmip6.vectors.packs.field_schemas import CONDITIONS as SCHEMAS

Mask = object
CONDITIONS = frozenset(SCHEMAS)


@dataclass
class Memory:
    """What is known when a packet comes.

    Attributes:
        variables: Learnt values: numbers, or addresses as text.
        request: Fields of the last packet that the implementation was given.
        time_of_day: Its clock, in the format of the Timestamp option.
    """

    variables: dict[str, object] = field(default_factory=dict[str, object])
    request: Mapping[str, object] = field(default_factory=dict[str, object])
    time_of_day: int = 0

    def copy(self) -> Memory:
        """A memory to try with."""
        return Memory(dict(self.variables), self.request, self.time_of_day)


def differences(
    mask: Mask, value: object, memory: Memory, at: str = ""
) -> Iterator[str]:
    """Where a packet is not as its mask says, a line each; learns on the way."""
    if isinstance(mask, dict):
        told = cast("dict[str, object]", mask)
        if told and told.keys() <= CONDITIONS:
            yield from _conditions(told, value, memory, at)
        elif not isinstance(value, dict):
            yield f"{at}: {value} instead of {told}"
        else:
            found = cast("dict[str, object]", value)
            for name, part in told.items():
                place = f"{at}.{name}" if at else name
                if name == "options" and isinstance(part, dict):
                    options = cast("dict[str, object]", part)
                    yield from _options(options, found.get(name, {}), memory, place)
                else:
                    yield from differences(part, found.get(name), memory, place)
    elif mask != value:
        yield f"{at} is {value} instead of {mask}"


def _conditions(
    told: Mapping[str, object], value: object, memory: Memory, at: str
) -> Iterator[str]:
    for name, wanted in told.items():
        if name not in ("learn", "plus") and not _holds(
            name, wanted, value, told, memory
        ):
            yield f"{at} is {value}, not {name} {wanted}"
            return
    if "learn" in told:
        memory.variables[str(told["learn"])] = value


def _holds(
    name: str, wanted: object, value: object, told: Mapping[str, object], memory: Memory
) -> bool:
    match name, wanted:
        case "any", _:
            return True
        case "between", [int(least), int(most)]:
            return isinstance(value, int) and least <= value <= most
        case "one_of", list():
            masks = cast("list[object]", wanted)
            return any(agrees(mask, value, memory) for mask in masks)
        case "same", str():
            return value == at_path(memory.request, wanted)
        case "clock_ms", int():
            far = wanted * TIMESTAMP_UNITS_PER_SECOND
            return isinstance(value, int) and (
                abs(value - memory.time_of_day) * 1000 <= far
            )
        case "within", str():
            address = _address(value)
            return address is not None and address in IPv6Network(wanted)
        case "newer_than", str():
            before = memory.variables.get(wanted)
            return isinstance(value, int) and (
                not isinstance(before, int) or is_newer_number(value, before)
            )
        case "variable", str():
            plus = cast("int", told.get("plus", 0))
            return value == _plus(memory.variables.get(wanted), plus)
        case _:
            return False


def _address(value: object) -> IPv6Address | None:
    try:
        return IPv6Address(value) if isinstance(value, str) else None
    except ValueError:
        return None  # text of another kind, such as octets


def _plus(value: object, plus: int) -> object:
    address = _address(value)
    if address is not None and plus:
        return str(IPv6Address((int(address) + plus) % (1 << IPV6LENGTH)))
    return value + plus if isinstance(value, int) else value


def at_path(told: object, path: str) -> object:
    """The value at a path like `options.Timestamp.0.value`; None where there is none."""
    for part in path.split("."):
        if isinstance(told, dict):
            told = cast("dict[str, object]", told).get(part)
        elif isinstance(told, list) and _is_place(part, cast("list[object]", told)):
            told = cast("list[object]", told)[int(part)]
        else:
            return None
    return told


def _is_place(part: str, told: list[object]) -> bool:
    return part.isdecimal() and int(part) < len(told)


def agrees(mask: Mask, value: object, memory: Memory) -> bool:
    """Whether a value is as its mask says; learns only where it is."""
    tried = memory.copy()
    if any(differences(mask, value, tried)):
        return False
    memory.variables = tried.variables
    return True


def _options(
    told: Mapping[str, object], found: object, memory: Memory, at: str
) -> Iterator[str]:
    there = cast("dict[str, list[object]]", found)
    for name, wanted in told.items():
        options = there.get(name, [])
        place = f"{at}.{name}"
        if isinstance(wanted, dict):
            rule = cast("dict[str, object]", wanted)
            if "contain" in rule:
                masks = cast("list[object]", rule["contain"])
                yield from _all_there(masks, options, memory, place)
            elif not all(agrees(rule["each"], each, memory) for each in options):
                yield f"{place} is {options}, not each {rule['each']}"
            continue
        masks = cast("list[object]", wanted)
        if len(options) != len(masks):
            yield f"{place}: {len(options)} instead of {len(masks)}"
        else:
            yield from _all_there(masks, options, memory, place)


def _all_there(
    masks: list[object], options: list[object], memory: Memory, at: str
) -> Iterator[str]:
    left = list(options)
    for mask in masks:
        same = next((o for o in left if agrees(mask, o, memory)), None)
        if same is None:
            yield f"{at} is {options}, without {mask}"
            return
        left.remove(same)


def learns(mask: Mask) -> bool:
    """Whether a value of what agrees with it is kept as a variable."""
    if isinstance(mask, dict):
        told = cast("dict[str, object]", mask)
        return "learn" in told or any(map(learns, told.values()))
    return isinstance(mask, list) and any(map(learns, cast("list[object]", mask)))


# ---- masks as they are read ------------------------------------------------------------


def checked(mask: Mask) -> Mask:
    """The same mask.

    Raises:
        ValueError: It is none: a condition has no value of its kind.
    """
    _check(mask)
    return mask


def _check(mask: object) -> None:
    if isinstance(mask, dict):
        told = cast("dict[str, object]", mask)
        if told and told.keys() <= CONDITIONS:
            _check_conditions(told)
            return
        for name, part in told.items():
            if name == "options" and isinstance(part, dict):
                for option, wanted in cast("dict[str, object]", part).items():
                    _check_option(option, wanted)
            else:
                _check(part)


def _check_conditions(told: Mapping[str, object]) -> None:
    for name, wanted in told.items():
        match name, wanted:
            case "one_of", list():
                for mask in cast("list[object]", wanted):
                    _check(mask)
            case "within", str():
                IPv6Network(wanted)
            case "between", [int(), int()]:
                pass
            case "clock_ms" | "plus", int():
                pass
            case "same" | "newer_than" | "learn" | "variable", str():
                pass
            case "any", _:
                pass
            case _:
                raise ValueError(f"{name} {wanted} is no condition of a mask")


def _check_option(name: str, wanted: object) -> None:
    told = _members(wanted)
    masks = told["contain"] if set(told) == {"contain"} else wanted
    if isinstance(masks, list):
        for mask in cast("list[object]", masks):
            _check(mask)
    elif set(told) == {"each"}:
        _check(told["each"])
    else:
        raise ValueError(f"the mask of {name} has no list, contain or each")


def _members(value: object) -> Mapping[str, object]:
    """What an object of JSON has; nothing where it is none."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
