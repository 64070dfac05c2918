"""A scenario played against an implementation, whatever that is.

The clock is the implementation's: it is told to let time pass until a time.  Where a
packet that has to come is late, all that follows is as much later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Protocol

from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND
from pmip6.vectors.packs.masks import Memory, agrees, differences
from pmip6.vectors.packs.packet_fields import Fields, packet_fields
from pmip6.vectors.packs.scenario_group import Event, Expected, PackRole, ScenarioVector

PATIENCE_MS = 20
"""How often it is asked whether a packet that has to come is there."""
WORD = 0xFFFF
REPEATABLE = frozenset({"RouterAdvertisement", "NeighborAdvertisement"})
"""What may come again as it has come before."""


@dataclass(frozen=True)
class Came:
    """A packet of the implementation, when it sent it and where to."""

    at_ms: int
    to: str
    data: bytes


class Unsupported(Exception):
    """The implementation cannot be configured like that; the argument says why."""


class Implementation(Protocol):
    """What is under test; a packet that it sends is told once."""

    def start(
        self,
        role: PackRole,
        settings: Fields,
        time_of_day: int,
        readings: Sequence[str],
    ) -> None:
        """Begin anew with these settings at time 0, to be read as they say.

        Raises:
            Unsupported: It cannot be configured like that.
        """
        ...

    def apply(self, event: Event, data: bytes) -> Sequence[Came]:
        """Let an event happen now; `data` is the packet of it."""
        ...

    def advance(self, to_ms: int) -> Sequence[Came]:
        """Let time pass."""
        ...

    def observe(self) -> list[Fields] | None:
        """The bindings; None where they cannot be looked at."""
        ...

    def stop(self) -> None:
        """The scenario has ended."""
        ...


@dataclass
class _Open:
    """Something that has to come, or may."""

    expected: Expected
    words: str
    shift_ms: int
    is_met: bool = False

    @property
    def times(self) -> tuple[int, int]:
        """When it may come at the earliest and at the latest."""
        told = self.expected
        return told.from_ms + self.shift_ms, told.until_ms + self.shift_ms

    def is_about(self, came: Came) -> bool:
        earliest, latest = self.times
        return came.to == self.expected.to and earliest <= came.at_ms <= latest


class Fault(Exception):
    """The implementation is not as the scenario wants it; the argument says how."""


def _missing(told: _Open) -> str:
    earliest, latest = told.times
    kind = told.expected.mask.get("kind")
    return f"{told.words}: no {kind} came between {earliest} and {latest} ms"


@dataclass
class _Player:
    scenario: ScenarioVector
    implementation: Implementation
    time_of_day: int
    now_ms: int = 0
    shift_ms: int = 0
    words: str = "begin"
    memory: Memory = field(default_factory=Memory)
    open: list[_Open] = field(default_factory=list[_Open])

    def play(self) -> None:
        for step in self.scenario.steps:
            self._advance(step.at_ms + self.shift_ms)
            self._await()
            self.words = step.words
            self.open += [_Open(e, step.words, self.shift_ms) for e in step.expect]
            if step.event is not None:
                data = filled(step.event, self.memory)
                if data:
                    self.memory.request = packet_fields(data)
                self._take(self.implementation.apply(step.event, data))
        self._advance(self.scenario.end_ms + self.shift_ms)
        self._await()
        for left in self.open:
            if left.expected.required and not left.is_met:
                raise Fault(_missing(left))

    def _advance(self, to_ms: int) -> None:
        if to_ms > self.now_ms:
            came = self.implementation.advance(to_ms)
            self.now_ms = to_ms
            self._take(came)

    def _await(self) -> None:
        """Let time pass until what has to come has come, or is late for good."""
        begin_ms = self.now_ms
        while late := [o for o in self.open if self._is_late(o)]:
            until_ms = max(o.expected.until_ms + o.shift_ms for o in late)
            if self.now_ms >= until_ms:
                raise Fault(_missing(late[0]))
            self._advance(min(until_ms, self.now_ms + PATIENCE_MS))
        self.shift_ms += self.now_ms - begin_ms

    def _is_late(self, told: _Open) -> bool:
        due = told.expected.from_ms + told.shift_ms <= self.now_ms
        return due and told.expected.required and not told.is_met

    def _take(self, packets: Iterable[Came]) -> None:
        for came in packets:
            found = packet_fields(came.data)
            passed = came.at_ms * TIMESTAMP_UNITS_PER_SECOND // 1000
            self.memory.time_of_day = self.time_of_day + passed
            if not self._is_expected(came, found) and not self._is_free(came, found):
                raise Fault(f"{self.words}: {self._unlike(came, found)}")

    def _is_expected(self, came: Came, found: Fields) -> bool:
        for told in self.open:
            is_over = told.is_met and told.expected.required
            if is_over or not told.is_about(came):
                continue
            if agrees(told.expected.mask, found, self.memory):
                told.is_met = True
                return True
        return False

    def _is_free(self, came: Came, found: Fields) -> bool:
        masks = list(self.scenario.free)
        if found["kind"] in REPEATABLE:
            masks += [o.expected.mask for o in self.open if o.expected.to == came.to]
        return any(agrees(mask, found, self.memory.copy()) for mask in masks)

    def _unlike(self, came: Came, found: Fields) -> str:
        """What is wrong with a packet: against the likeliest mask, or that it came."""
        alike = [
            told
            for told in self.open
            if told.expected.mask.get("kind") == found["kind"]
            and told.expected.to == came.to
            and not told.is_met
        ]
        for told in alike:
            if told.is_about(came):
                memory = self.memory.copy()
                wrong = differences(told.expected.mask, found, memory)
                return f"{found['kind']}: {'; '.join(wrong)}"
        status = found.get("status")
        more = "" if status is None else f" with status {status}"
        what = f"{found['kind']}{more} to {came.to} at {came.at_ms} ms"
        for told in alike:
            if agrees(told.expected.mask, found, self.memory.copy()):
                earliest, latest = told.times
                return f"{what}, not between {earliest} and {latest} ms"
        return f"{what} is not expected"


def play(
    scenario: ScenarioVector,
    settings: Fields,
    role: PackRole,
    time_of_day: int,
    implementation: Implementation,
) -> str:
    """Play a scenario; gives what is wrong, empty where nothing is.

    Raises:
        Unsupported: The implementation cannot be configured as the scenario needs it.
    """
    implementation.start(role, settings, time_of_day, scenario.readings)
    wrong, state = "", None
    try:
        _Player(scenario, implementation, time_of_day).play()
        state = implementation.observe()
    except Fault as fault:
        wrong = str(fault)
    implementation.stop()
    if wrong:
        return wrong
    if state is not None and len(state) != len(scenario.state):
        return f"the end: {len(state)} bindings instead of {len(scenario.state)}"
    return ""


# ---- packets that depend on what was learnt --------------------------------------------


def filled(event: Event, memory: Memory) -> bytes:
    """The packet of an event with what was learnt; empty where there is no packet."""
    data = bytearray.fromhex(event.hex or "")
    for insert in event.insert or ():
        value = memory.variables.get(insert.variable)
        if value is None:
            continue  # what the reference implementation chose stays
        number = value if isinstance(value, int) else int(IPv6Address(str(value)))
        number = (number + insert.plus) % (1 << 8 * insert.octets)
        place = slice(insert.at, insert.at + insert.octets)
        before, after = bytes(data[place]), number.to_bytes(insert.octets)
        data[place] = after
        if event.checksum_at is not None:
            at = slice(event.checksum_at, event.checksum_at + 2)
            data[at] = _updated(int.from_bytes(data[at]), before, after).to_bytes(2)
    return bytes(data)


def _updated(checksum: int, before: bytes, after: bytes) -> int:
    """The checksum after a change, wrong where it was wrong before (RFC 1624)."""
    total = ~checksum & WORD
    for at in range(0, len(before), 2):
        total += ~int.from_bytes(before[at : at + 2]) & WORD
        total += int.from_bytes(after[at : at + 2])
    while total > WORD:
        total = (total & WORD) + (total >> 16)
    return ~total & WORD
