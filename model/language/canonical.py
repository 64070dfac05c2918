"""Canonical states: one for all states that no rule can tell apart.

The times of a node count by their order alone, so that a run never runs out of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pmip6.model.domain import CHANNELS, MAPS, Element, Model
from pmip6.model.language.evaluation import (
    Environment,
    Evaluator,
    Message,
    State,
    Value,
    initial_value,
    number,
)
from pmip6.model.language.terms import Sort
from pmip6.model.state import TIME

_TIME_POSITIONS = {
    c.name: [i for i, (_, sort) in enumerate(c.fields) if sort == TIME]
    for c in CHANNELS
}
_TIME_FIELDS = {
    f"message.{n}" for c in CHANNELS for n, sort in c.fields if sort == TIME
}


class CanonicalStates(Evaluator):
    """Finds the times in use in a state, and the canonical state of it."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._sorts = {m.name: m.value for m in MAPS}

    # ---- times in use ----------------------------------------------------------------

    def latest(self, state: State, env: Environment) -> int:
        """The latest time in use."""
        times = [number(t) for t in self._times(state)]
        times += [number(v) for k, v in env.items() if k in _TIME_FIELDS]
        return max(times, default=0)

    def may_choose_time(self, state: State, env: Environment) -> bool:
        """The nodes chosen so far have not as many times in use as they may have."""
        most = self.model.configuration.times
        if most is None:
            return True
        nodes = set(self.model.configuration.nodes)
        read = {number(v) for k, v in env.items() if k in self._time_names}
        for node in nodes & set(env.values()):
            times = set(self._ranks(state, node)) | read
            if len(times - {0}) >= most:
                return False
        return True

    @cached_property
    def _time_cells(self) -> dict[int, Element]:
        """The positions of the cells that hold times, with the node of each."""
        named = enumerate(self.model.cells)
        return {at: args[0] for at, (name, args) in named if self._sorts[name] == TIME}

    @cached_property
    def _time_positions(self) -> dict[str, tuple[int, ...]]:
        """Where the messages of each channel hold times."""
        return {
            c.name: tuple(
                i
                for i, (name, sort) in enumerate(c.fields)
                if sort == TIME and name in self.model.fields[c.name]
            )
            for c in CHANNELS
        }

    @cached_property
    def _time_names(self) -> frozenset[str]:
        """The names of the times that messages hold, as rules read them."""
        return frozenset(
            f"message.{c.fields[i][0]}"
            for c in CHANNELS
            for i in self._time_positions[c.name]
        )

    def _times(self, state: State) -> Iterator[Value]:
        for position in self._time_cells:
            yield state.cells[position]
        for (name, _), queue in zip(self.model.queues, state.queues, strict=True):
            for message in queue:
                for position in _TIME_POSITIONS[name]:
                    yield message[position]

    def _ranks(self, state: State, node: Element) -> dict[int, int]:
        times = {0}
        for position, of in self._time_cells.items():
            if of == node:
                times.add(number(state.cells[position]))
        for (name, of), queue in zip(self.model.queues, state.queues, strict=True):
            for message in queue if of == node else ():
                times |= {number(message[p]) for p in self._time_positions[name]}
        return {time: rank for rank, time in enumerate(sorted(times))}

    # ---- canonical states ------------------------------------------------------------

    def canonical(self, state: State) -> State:
        """The one state that stands for all that no rule can tell apart.

        The times of each node are replaced by their order, messages in a bag are sorted,
        and message fields that the model does not hold get their initial value; but a
        field to which every sender gives the same value keeps it.
        """
        ranks = {n: self._ranks(state, n) for n in self.model.configuration.nodes}
        cells = list(state.cells)
        for position, node in self._time_cells.items():
            cells[position] = ranks[node][number(cells[position])]
        queues: list[tuple[Message, ...]] = []
        for (name, node), queue in zip(self.model.queues, state.queues, strict=True):
            plain = [self._reduced(name, m, ranks[node]) for m in queue]
            if self.model.configuration.reorder:
                plain.sort(key=repr)
            queues.append(tuple(plain))
        return State(tuple(cells), state.timers, tuple(queues))

    @cached_property
    def _kept(self) -> dict[str, tuple[tuple[Sort, bool], ...]]:
        """For each field of each channel its sort, and whether states keep it."""
        fields, constant = self.model.fields, self.model.constant
        return {
            c.name: tuple(
                (sort, n in fields[c.name] or constant(c, n) is not None)
                for n, sort in c.fields
            )
            for c in CHANNELS
        }

    def _reduced(
        self, channel: str, message: Message, ranks: dict[int, int]
    ) -> Message:
        reduced: list[Value] = []
        for (sort, kept), value in zip(self._kept[channel], message, strict=True):
            if not kept:
                reduced.append(initial_value(sort))
            elif sort == TIME:
                reduced.append(ranks[number(value)])
            else:
                reduced.append(value)
        return tuple(reduced)
