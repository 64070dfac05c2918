"""What terms read, written in Promela."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pmip6.model.domain import MAPS, RIGIDS, TIMERS
from pmip6.properties.exploration.layout import Layout
from pmip6.properties.exploration.printer import Expression, disjunction

LENGTH = "length"  # of each queue
CONSTANT = "_"  # ends the name of what never changes


class PromelaSyntax:
    """What terms read, in Promela."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        rules = layout.model.rules
        changes = (change for rule in rules for change in rule.timers)
        started = {c.timer.name for c in changes if c.level is not None}
        self._changing = layout.model.written | started
        self.arrays = dict(self._arrays())
        """Type and size of each array of the state, by its name."""

    def _arrays(self) -> Iterator[tuple[str, tuple[str, int]]]:
        for part in (*MAPS, *TIMERS):
            size = math.prod(self.layout.size(s) for s in part.index)
            yield self.variable(part.name), ("byte", size)
        yield LENGTH, ("byte", len(self.layout.queues))
        for queue, channel in enumerate(self.layout.queues):
            bits = sum(h.bits for h in self.layout.held(channel))
            kind = "byte" if bits <= 8 else "short" if bits <= 15 else "int"
            size = max(1, self.layout.capacity(channel))  # of 0 there is no array
            yield f"queue{queue}", (kind, size)

    def is_constant(self, array: str) -> bool:
        """Whether the configuration never changes a map or timer."""
        return array.endswith(CONSTANT)

    def variable(self, name: str) -> str:
        """The array of a map or timer; pan has functions by the names of some hidden ones."""
        return name if name in self._changing else f"{name}{CONSTANT}"

    def seen(self, array: str, view: str) -> str:
        """What stands for an array in the state that a term reads."""
        return array

    def cell(self, name: str, place: Expression, view: str) -> str:
        """The cell at a place of a map."""
        return f"{self.seen(self.variable(name), view)}[{place}]"

    def timer(self, name: str, place: Expression, view: str) -> str:
        """The timer at a place of its kind."""
        return self.cell(name, place, view)

    def rigid(self, name: str, place: Expression) -> str:
        """The value of a predicate that the configuration fixes."""
        rigid = RIGIDS[name]
        model = self.layout.model
        true: list[Expression] = [
            f"(({place}) == {self.layout.offset(rigid.index, args)})"
            for args in model.tuples(rigid.index)
            if model.is_fact(name, args)
        ]
        return str(disjunction(true))

    def choose(self, condition: str, then: Expression, otherwise: Expression) -> str:
        """A conditional expression."""
        return f"({condition} -> {then} : {otherwise})"

    def waiting(self, queue: int, slot: int, view: str) -> tuple[str, str]:
        """Whether a slot of a queue is in use, and the message in it."""
        length, stored = self.seen(LENGTH, view), self.seen(f"queue{queue}", view)
        return f"({length}[{queue}] > {slot})", f"{stored}[{slot}]"
