"""The world of a configuration in Z3: every sort finite, every cell a constant of its own.

Elements are bit-vectors (0 is `none`), so that all queries are propositional.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import z3

from pmip6.model.domain import CHANNELS, MAPS, RIGIDS, TIMERS, Element, Model
from pmip6.model.language.interpreter import Message, State, Value
from pmip6.model.language.table import Channel
from pmip6.model.language.terms import BOOL, Op, Sort, SortKind, Term
from pmip6.properties.proof.lemma import issued
from pmip6.properties.proof.z3_terms import Arguments, conjunction, disjunction, equal

Cell = tuple[str, tuple[Element, ...]]


class FiniteWorld:
    """Sorts, literals, order and quantifiers of one model.

    Args:
        model: The model.
        latest: The greatest time that may occur.
    """

    def __init__(self, model: Model, latest: int) -> None:
        self.model = model
        self.latest = latest

    def top(self, sort: Sort) -> int:
        """The greatest number that stands for an element of the sort."""
        if sort.kind is SortKind.ORDERED:
            return self.latest
        count = len(self.model.elements(sort))
        return count if sort.kind is SortKind.OPEN else count - 1

    def constant(self, name: str, sort: Sort) -> z3.ExprRef:
        """A constant of the sort; its range is not limited yet."""
        if sort == BOOL:
            return z3.Bool(name)
        return z3.BitVec(name, max(1, self.top(sort).bit_length()))

    def in_range(self, value: z3.ExprRef, sort: Sort, lowest: int = 0) -> z3.BoolRef:
        """The value stands for an element of the sort."""
        if sort == BOOL:
            return z3.BoolVal(True)
        least, most = self.number(lowest, sort), self.number(self.top(sort), sort)
        return z3.And(z3.ULE(least, value), z3.ULE(value, most))

    def number(self, number: int, sort: Sort) -> z3.ExprRef:
        """The Z3 value of the element with this number."""
        return z3.BitVecVal(number, max(1, self.top(sort).bit_length()))

    def element(self, value: Value, sort: Sort) -> z3.ExprRef:
        """The Z3 value of a value of the interpreter."""
        if sort == BOOL:
            return z3.BoolVal(value is True)
        if sort.kind in (SortKind.ORDERED, SortKind.LEVEL):
            return self.number(cast("int", value), sort)
        if value is None:
            return self.number(0, sort)
        offset = 1 if sort.kind is SortKind.OPEN else 0
        return self.number(self.model.elements(sort).index(value) + offset, sort)

    def value(self, found: z3.ExprRef, sort: Sort) -> Value:
        """The value of the interpreter that a Z3 value stands for."""
        if sort == BOOL:
            return z3.is_true(found)
        number = cast("z3.BitVecNumRef", found).as_long()
        if sort.kind in (SortKind.ORDERED, SortKind.LEVEL):
            return number
        offset = 1 if sort.kind is SortKind.OPEN else 0
        return None if number < offset else self.model.elements(sort)[number - offset]

    def literal(self, term: Term) -> z3.ExprRef:
        """The Z3 constant of a literal."""
        if term.sort.kind is SortKind.ORDERED:
            return self.number(0, term.sort)
        return self.element(term.payload, term.sort)

    def before(self, earlier: z3.ExprRef, later: z3.ExprRef) -> z3.BoolRef:
        """The strict order of time."""
        return z3.ULT(earlier, later)

    def raised(self, level: z3.ExprRef) -> z3.ExprRef:
        """The next level, at most the highest of the configuration."""
        number = cast("z3.BitVecRef", level)
        most = z3.BitVecVal(
            self.model.levels - 1, max(1, (self.model.levels - 1).bit_length())
        )
        return z3.If(level == most, level, number + 1)

    def rigid(self, name: str, args: Arguments) -> z3.BoolRef:
        """The predicate as the configuration fixes it."""
        sorts = RIGIDS[name].index
        if not args:
            return z3.BoolVal(self.model.is_fact(name, ()))
        return disjunction(
            [
                equal(args, self.elements(elements, sorts))
                for elements in self.model.tuples(sorts)
                if self.model.is_fact(name, elements)
            ]
        )

    def elements(
        self, values: tuple[Element, ...], sorts: tuple[Sort, ...]
    ) -> Arguments:
        """The Z3 values of several elements."""
        return tuple(self.element(v, s) for v, s in zip(values, sorts, strict=True))

    def quantify(
        self, op: Op, sort: Sort, body: Callable[[z3.ExprRef], z3.BoolRef]
    ) -> z3.BoolRef:
        """The body for each element of the sort in turn."""
        parts = [body(self.element(e, sort)) for e in self.model.elements(sort)]
        return conjunction(parts) if op is Op.FORALL else disjunction(parts)


@dataclass(frozen=True)
class Slot:
    """One place of a queue: whether a message is in it, and the message's fields."""

    full: z3.BoolRef
    fields: Arguments


@dataclass(frozen=True)
class FiniteState:
    """One state: an expression for each cell, timer and place of a queue.

    `latest` is the greatest time that was issued so far.
    """

    world: FiniteWorld
    cells: Mapping[Cell, z3.ExprRef]
    timers: Mapping[Cell, z3.ExprRef]
    queues: Mapping[tuple[str, Element], tuple[Slot, ...]]
    latest: int

    def _chosen(
        self,
        table: Mapping[Cell, z3.ExprRef],
        name: str,
        sorts: tuple[Sort, ...],
        args: Arguments,
        otherwise: z3.ExprRef,
    ) -> z3.ExprRef:
        result = otherwise
        for elements in self.world.model.tuples(sorts):
            which = self.world.elements(elements, sorts)
            cell = table[name, elements]
            if all(a.eq(b) for a, b in zip(args, which, strict=True)):
                return cell
            if not any(_differ(a, b) for a, b in zip(args, which, strict=True)):
                result = z3.If(equal(args, which), cell, result)
        return result

    def read(self, name: str, args: Arguments) -> z3.ExprRef:
        """The value of the cell; the initial one at `none`."""
        if name == issued.name:
            return self.world.number(self.latest, issued.value)
        found = MAPS[name]
        first = z3.BoolVal(False)
        nothing = first if found.value == BOOL else self.world.number(0, found.value)
        return self._chosen(self.cells, name, found.index, args, nothing)

    def _ticks(self, name: str, args: Arguments) -> z3.ExprRef:
        off = timer_value(self.world.model, 0)
        return self._chosen(self.timers, name, TIMERS[name].index, args, off)

    def running(self, name: str, args: Arguments) -> z3.BoolRef:
        """The timer has ticks left."""
        return self._ticks(name, args) != timer_value(self.world.model, 0)

    def due(self, name: str, args: Arguments) -> z3.BoolRef:
        """The timer has run out."""
        return self._ticks(name, args) == timer_value(self.world.model, 1)

    def sent(self, channel: str, values: Arguments) -> z3.BoolRef:
        """The message is in a queue."""
        slots = [s for (c, _), q in self.queues.items() if c == channel for s in q]
        return disjunction([z3.And(s.full, equal(s.fields, values)) for s in slots])

    def read_back(self, found: z3.ModelRef) -> State:
        """The state that a Z3 model gives."""

        def value(expression: z3.ExprRef, sort: Sort) -> Value:
            return self.world.value(found.eval(expression, True), sort)

        def queue(channel: Channel, slots: tuple[Slot, ...]) -> tuple[Message, ...]:
            sorts = [sort for _, sort in channel.fields]
            return tuple(
                tuple(value(f, s) for f, s in zip(slot.fields, sorts, strict=True))
                for slot in slots
                if z3.is_true(found.eval(slot.full, True))
            )

        cells = (
            value(self.cells[name, args], MAPS[name].value)
            for name, args in self.world.model.cells
        )
        timers = (
            cast("z3.BitVecNumRef", found.eval(self.timers[t], True)).as_long()
            for t in self.world.model.timers
        )
        by_name = {c.name: c for c in CHANNELS}
        queues = (queue(by_name[c], q) for (c, _), q in self.queues.items())
        return State(tuple(cells), tuple(timers), tuple(queues))


def _differ(left: z3.ExprRef, right: z3.ExprRef) -> bool:
    return z3.is_bv_value(left) and z3.is_bv_value(right) and not left.eq(right)


def longest(model: Model) -> int:
    """The greatest value of a timer: 1 and the longest duration."""
    real = (d for ds in model.configuration.durations.values() for d in ds)
    return 1 + max(real, default=0)


def timer_value(model: Model, ticks: int) -> z3.BitVecNumRef:
    """The value of a timer as a bit-vector: 0 off, 1 due, else 1 + ticks left."""
    return z3.BitVecVal(ticks, longest(model).bit_length())
