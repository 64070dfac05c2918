"""Where the parts of a state lie in memory, and the numbers that stand for its values.

An element of an open sort is its position counted from 1, and `none` is 0; a literal of
an enumeration is its position counted from 0; times, levels, timers and truth values are
themselves.  Each index of a map has a place for `none`, which is never written, so that a
read at `none` gives the initial value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pmip6.model.domain import CHANNELS, MAPS, TIMERS, Element, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import Message, State, Value, initial_value
from pmip6.model.language.table import Channel
from pmip6.model.language.terms import Sort, SortKind
from pmip6.model.state import MOBILE_NODE, TIME

WORD = 64


@dataclass(frozen=True)
class Part:
    """A run of bits of the packed state: which word, which shift, how many bits."""

    word: int
    shift: int
    bits: int


@dataclass(frozen=True)
class Held:
    """A message field that the state holds: its sort, and its bits in the message."""

    name: str
    sort: Sort
    shift: int
    bits: int


class Layout:
    """The memory layout of the states of one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.nodes = model.elements(MOBILE_NODE)

    # ---- values ----------------------------------------------------------------------

    def size(self, sort: Sort) -> int:
        """How many values a cell of the sort can have."""
        match sort.kind:
            case SortKind.BOOL:
                return 2
            case SortKind.ENUM:
                return len(sort.literals)
            case SortKind.OPEN:
                return len(self.model.elements(sort)) + 1
            case SortKind.ORDERED:
                return self.times + 1
            case SortKind.LEVEL:
                return self.model.levels

    @cached_property
    def times(self) -> int:
        """The most different times that one node can have in a canonical state.

        A map that no rule writes has none.
        """
        cells = sum(
            1
            for m in MAPS
            if m.value == TIME and m.name in self.model.written
            for args in self.model.tuples(m.index)
            if args[0] == self.nodes[0]
        )
        return cells + sum(
            self.capacity(c)
            for c in CHANNELS
            for name, sort in c.fields
            if sort == TIME and name in self.model.fields[c.name]
        )

    def code(self, sort: Sort, value: Value) -> int:
        """The number that stands for a value."""
        if sort.kind is SortKind.OPEN:
            return 0 if value is None else self.model.elements(sort).index(value) + 1
        if sort.kind is SortKind.ENUM:
            return sort.literals.index(str(value))
        if value is None:
            return 0
        assert isinstance(value, int)
        return int(value)

    def value(self, sort: Sort, code: int) -> Value:
        """The value for which a number stands."""
        if sort.kind is SortKind.OPEN:
            return None if code == 0 else self.model.elements(sort)[code - 1]
        if sort.kind is SortKind.ENUM:
            return sort.literals[code]
        return bool(code) if sort.kind is SortKind.BOOL else code

    # ---- cells and timers ------------------------------------------------------------

    def strides(self, index: tuple[Sort, ...]) -> tuple[int, ...]:
        """The distance between neighbours along each index of a map."""
        sizes = [self.size(s) for s in index]
        return tuple(math.prod(sizes[i + 1 :]) for i in range(len(sizes)))

    @cached_property
    def map_base(self) -> dict[str, int]:
        """Where each map begins in the array of cells.

        Those that no rule writes lie upon each other: all of their cells have the first
        value always, which is 0.
        """
        sizes = {m.name: math.prod(self.size(s) for s in m.index) for m in MAPS}
        bases: dict[str, int] = {}
        end = 0
        for name, size in sizes.items():
            if name in self.model.written:
                bases[name] = end
                end += size
        unwritten = [name for name in sizes if name not in bases]
        bases |= dict.fromkeys(unwritten, end)
        bases[""] = end + max((sizes[name] for name in unwritten), default=0)
        return bases

    @cached_property
    def timer_base(self) -> dict[str, int]:
        """Where each kind of timer begins in the array of timers."""
        bases: dict[str, int] = {}
        end = 0
        for t in TIMERS:
            bases[t.name] = end
            end += math.prod(self.size(s) for s in t.index)
        bases[""] = end
        return bases

    @cached_property
    def cells(self) -> tuple[tuple[int, Sort, tuple[Element, ...]], ...]:
        """Place in the array, value sort and indices of each cell, in model order."""
        values = {m.name: m for m in MAPS}
        return tuple(
            (
                self.map_base[name] + self.offset(values[name].index, args),
                values[name].value,
                args,
            )
            for name, args in self.model.cells
        )

    @cached_property
    def timers(self) -> tuple[tuple[int, int], ...]:
        """Place in the array and greatest value of each timer, in model order."""
        kinds = {t.name: t for t in TIMERS}
        places: list[tuple[int, int]] = []
        for name, args in self.model.timers:
            longest = max(self.model.configuration.durations.get(name, (0,)))
            place = self.timer_base[name] + self.offset(kinds[name].index, args)
            places.append((place, 1 + longest))
        return tuple(places)

    def offset(self, index: tuple[Sort, ...], args: tuple[Element, ...]) -> int:
        """The place of a cell behind the base of its map."""
        return sum(
            self.code(sort, arg) * stride
            for sort, arg, stride in zip(index, args, self.strides(index), strict=True)
        )

    def time_cells(self, node: Element) -> Iterator[int]:
        """Places of the cells that hold times of the node, in maps that are written."""
        for (name, _), (place, sort, args) in zip(
            self.model.cells, self.cells, strict=True
        ):
            if sort == TIME and args[0] == node and name in self.model.written:
                yield place

    # ---- channels --------------------------------------------------------------------

    def capacity(self, channel: Channel) -> int:
        """How many messages the channel holds for one node."""
        return self.model.configuration.room(channel.name)

    def held(self, channel: Channel) -> tuple[Held, ...]:
        """The fields of a stored message; its node is told by its queue."""
        return self._held[channel.name]

    @cached_property
    def _held(self) -> dict[str, tuple[Held, ...]]:
        found: dict[str, tuple[Held, ...]] = {}
        for channel in CHANNELS:
            fields: list[Held] = []
            shift = 0
            for name, sort in channel.fields:
                if name == "node" or name not in self.model.fields[channel.name]:
                    continue
                fresh = 1 if sort == TIME else 0  # before times are ranked again
                size = self.size(sort) + fresh
                bits = (size - 1).bit_length()
                fields.append(Held(name, sort, shift, bits))
                shift += bits
            if shift > 32:
                raise Pmip6Error(
                    channel.name, f"needs {shift} bits for a message, not at most 32"
                )
            found[channel.name] = tuple(fields)
        return found

    @cached_property
    def queues(self) -> tuple[Channel, ...]:
        """The channel of each queue, in model order."""
        kinds = {c.name: c for c in CHANNELS}
        return tuple(kinds[name] for name, _ in self.model.queues)

    def queues_of(self, node: Element) -> tuple[int, ...]:
        """The queues of one node."""
        return tuple(q for (_, n), q in self.model.queues.items() if n == node)

    def encode_message(self, channel: Channel, message: Message) -> int:
        """The number that stands for a message in its queue."""
        values = dict(zip((n for n, _ in channel.fields), message, strict=True))
        return sum(
            self.code(h.sort, values[h.name]) << h.shift for h in self.held(channel)
        )

    def decode_message(self, channel: Channel, node: Element, code: int) -> Message:
        """The canonical message for which a number stands."""
        held = {h.name: h for h in self.held(channel)}
        values: list[Value] = []
        for name, sort in channel.fields:
            same = self.model.constant(channel, name)
            if name == "node":
                values.append(node)
            elif name in held:
                h = held[name]
                values.append(self.value(sort, code >> h.shift & ((1 << h.bits) - 1)))
            elif same is not None:
                values.append(0 if sort == TIME else same.payload)
            else:
                values.append(initial_value(sort))
        return tuple(values)

    # ---- packed states ---------------------------------------------------------------

    @cached_property
    def _packing(self) -> tuple[tuple[Part, ...], tuple[int, ...]]:
        started = {c.timer.name for rule in self.model.rules for c in rule.timers}
        widths = [
            (self.size(sort) - 1).bit_length() if name in self.model.written else 0
            for (name, _), (_, sort, _) in zip(
                self.model.cells, self.cells, strict=True
            )
        ]
        widths += [
            most.bit_length() if name in started else 0
            for (name, _), (_, most) in zip(self.model.timers, self.timers, strict=True)
        ]
        for channel in self.queues:
            size = self.capacity(channel)
            widths.append(size.bit_length())
            widths += [sum(h.bits for h in self.held(channel))] * size
        room: list[int] = []
        parts: dict[int, Part] = {}
        for i in sorted(range(len(widths)), key=lambda i: -widths[i]):
            bits = widths[i]
            word = next((w for w, used in enumerate(room) if used + bits <= WORD), -1)
            if word < 0:
                room.append(0)
                word = len(room) - 1
            parts[i] = Part(word, room[word], bits)
            room[word] += bits
        return tuple(parts[i] for i in range(len(widths))), tuple(room or [0])

    @property
    def words(self) -> int:
        """How many 64-bit words a packed state takes."""
        return len(self.widths)

    @property
    def widths(self) -> tuple[int, ...]:
        """How many bits of each word are in use."""
        return self._packing[1]

    @property
    def cell_parts(self) -> tuple[Part, ...]:
        """Where each cell lies in the packed state."""
        return self._packing[0][: len(self.cells)]

    @property
    def timer_parts(self) -> tuple[Part, ...]:
        """Where each timer lies in the packed state."""
        start = len(self.cells)
        return self._packing[0][start : start + len(self.timers)]

    @cached_property
    def queue_parts(self) -> tuple[tuple[Part, tuple[Part, ...]], ...]:
        """Where the length and the messages of each queue lie in the packed state."""
        start = len(self.cells) + len(self.timers)
        found: list[tuple[Part, tuple[Part, ...]]] = []
        for channel in self.queues:
            end = start + 1 + self.capacity(channel)
            found.append((self._packing[0][start], self._packing[0][start + 1 : end]))
            start = end
        return tuple(found)

    def unpack(self, words: tuple[int, ...]) -> State:
        """The canonical state that is packed in the words, up to the order in a bag."""

        def read(part: Part) -> int:
            return words[part.word] >> part.shift & ((1 << part.bits) - 1)

        cells = tuple(
            self.value(sort, read(part))
            for (_, sort, _), part in zip(self.cells, self.cell_parts, strict=True)
        )
        queues: list[tuple[Message, ...]] = []
        nodes = (node for _, node in self.model.queues)
        for channel, node, (length, slots) in zip(
            self.queues, nodes, self.queue_parts, strict=True
        ):
            waiting = [
                self.decode_message(channel, node, read(slot))
                for slot in slots[: read(length)]
            ]
            if self.model.configuration.reorder:
                waiting.sort(key=repr)
            queues.append(tuple(waiting))
        return State(cells, tuple(read(p) for p in self.timer_parts), tuple(queues))
