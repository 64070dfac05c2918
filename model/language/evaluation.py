"""States, and the meaning of terms in them.

A term is turned once into a function of the state and of the indices; the function says
what the term says, node by node.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pmip6.model.domain import CHANNELS, Element, Model
from pmip6.model.language.candidates import Candidates, Search
from pmip6.model.language.live_state import LiveCells
from pmip6.model.language.selection import Selection
from pmip6.model.language.terms import (
    Op,
    Sort,
    SortKind,
    Term,
    bound_variable,
    name_of,
)
from pmip6.model.state import TIME

Value = Element  # an element, a literal's name, True or False, a level, a time
Message = tuple[Value, ...]
Environment = Mapping[str, Value]


class State(NamedTuple):
    """A state: cells, timers and queues in the order of the model.

    A timer is 0 where it does not run, 1 where it is due, else 1 + the ticks that are
    left.  A time is 0 for `none`; else a greater number is a later time.
    """

    cells: Sequence[Value]
    timers: Sequence[int]
    queues: tuple[tuple[Message, ...], ...]


Meaning = Callable[[State, Environment, State | None], Value]
"""The value of one term, of a state, the indices, and the state after a step."""


def initial_value(sort: Sort) -> Value:
    """The value that every cell of this sort has at first."""
    match sort.kind:
        case SortKind.BOOL:
            return False
        case SortKind.ENUM:
            return sort.literals[0]
        case SortKind.OPEN:
            return None
        case SortKind.ORDERED | SortKind.LEVEL:
            return 0


def number(value: Value) -> int:
    """A time or a level as the number that it is."""
    assert isinstance(value, int)
    return value


class Evaluator:
    """Gives the meaning of terms in one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._meanings: dict[Term, Meaning] = {}
        self._columns: dict[str, dict[tuple[Element, ...], int]] = {}
        self.candidates = Candidates(model, self.meaning)

    def value(
        self, term: Term, state: State, env: Environment, after: State | None = None
    ) -> Value:
        """The value of a term in a state; `after` is the state after a step."""
        return self.meaning(term)(state, env, after)

    def meaning(self, term: Term) -> Meaning:
        """The function that gives the value of a term; made once."""
        found = self._meanings.get(term)
        if found is None:
            found = self._meanings[term] = self._make(term)
        return found

    def _make(self, term: Term) -> Meaning:
        of = [self.meaning(a) for a in term.args]
        match term.op:
            case Op.LITERAL:
                none = term.payload is None and term.sort == TIME
                literal = 0 if none else term.payload
                return lambda s, e, a: literal
            case Op.VARIABLE:
                name = name_of(term)
                return lambda s, e, a: e[name]
            case Op.READ:
                return self._read(term)
            case Op.RUNNING | Op.DUE:
                return self._timer(term)
            case Op.RIGID:
                name = name_of(term)
                fact = self.model.is_fact
                return lambda s, e, a: fact(name, tuple([f(s, e, a) for f in of]))
            case Op.EQUAL:
                left, right = of
                return lambda s, e, a: left(s, e, a) == right(s, e, a)
            case Op.BEFORE:
                left, right = of
                return lambda s, e, a: number(left(s, e, a)) < number(right(s, e, a))
            case Op.AND | Op.OR:
                return _junction(of, decisive=term.op is Op.OR)
            case Op.NOT:
                return lambda s, e, a: not of[0](s, e, a)
            case Op.ITE:
                test, then, other = of
                return lambda s, e, a: (
                    then(s, e, a) if test(s, e, a) else other(s, e, a)
                )
            case Op.FORALL | Op.EXISTS:
                return self._quantifier(term)
            case Op.SENT:
                return self._sent(term)
            case Op.AFTER:
                return self._after(term)
            case Op.RAISED:
                highest = self.model.levels - 1
                return lambda s, e, a: min(number(of[0](s, e, a)) + 1, highest)

    def _read(self, term: Term) -> Meaning:
        """A cell of a state map; at `none` the map has its initial value."""
        cells = self.model.cells
        name, missing = name_of(term), initial_value(term.sort)
        if any(a.op is not Op.VARIABLE for a in term.args):
            of = [self.meaning(a) for a in term.args]

            def read(state: State, env: Environment, after: State | None) -> Value:
                args = tuple([f(state, env, after) for f in of])
                return missing if None in args else state.cells[cells[name, args]]

            return read
        column = self._columns.get(name)
        if column is None:
            positions = self.model.ranges[name]
            named = itertools.islice(cells, positions.start, positions.stop)
            args_of = (args for _, args in named)
            column = self._columns[name] = dict(zip(args_of, positions, strict=True))
        indices = [name_of(a) for a in term.args]

        def read_at(state: State, env: Environment, after: State | None) -> Value:
            args = tuple([env[index] for index in indices])
            return missing if None in args else state.cells[column[args]]

        return read_at

    def _timer(self, term: Term) -> Meaning:
        of = [self.meaning(a) for a in term.args]
        timers, name, due = self.model.timers, name_of(term), term.op is Op.DUE

        def timer(state: State, env: Environment, after: State | None) -> Value:
            args = tuple([f(state, env, after) for f in of])
            ticks = state.timers[timers[name, args]]
            return ticks == 1 if due else ticks >= 1

        return timer

    def _quantifier(self, term: Term) -> Meaning:
        (inside,), (name, sort) = term.args, bound_variable(term)
        elements, wanted = self.model.elements(sort), term.op is Op.EXISTS
        parts = inside.args if inside.op is Op.AND else (inside,)
        if wanted:
            selection = Selection(self.model, name, elements, parts)
            if selection.first:
                search = self.candidates.search(name, sort, parts)
                return self._selected(name, selection, search)
        body = self.meaning(inside)
        search = self.candidates.search(name, sort, parts) if wanted else None

        def quantifier(state: State, env: Environment, after: State | None) -> Value:
            inner = dict(env)
            some = elements
            if search is not None and isinstance(state.cells, LiveCells):
                some = search(state, env)
            for element in some:
                inner[name] = element
                if bool(body(state, inner, after)) is wanted:
                    return wanted
            return not wanted

        return quantifier

    def _selected(
        self, name: str, selection: Selection, search: Search | None
    ) -> Meaning:
        """Whether one of the elements that are selected meets the other conditions."""
        first = _junction([*map(self.meaning, selection.first)], decisive=False)
        others = _junction([*map(self.meaning, selection.others)], decisive=False)

        def selected(state: State, env: Environment, after: State | None) -> Value:
            inner = dict(env)

            def holds(element: Value) -> bool:
                inner[name] = element
                return bool(first(state, inner, after))

            if search is not None and isinstance(state.cells, LiveCells):
                for element in search(state, env):
                    if holds(element) and others(state, inner, after):
                        return True
                return False
            for element in selection.elements(state.cells, env, holds):
                inner[name] = element
                if others(state, inner, after):
                    return True
            return False

        return selected

    def _sent(self, term: Term) -> Meaning:
        of = [self.meaning(a) for a in term.args]
        queues = self.model.queues
        channel = CHANNELS[name_of(term)]
        node = [n for n, _ in channel.fields].index("node")

        def sent(state: State, env: Environment, after: State | None) -> Value:
            wanted = tuple([f(state, env, after) for f in of])
            return wanted in state.queues[queues[channel.name, wanted[node]]]

        return sent

    def _after(self, term: Term) -> Meaning:
        of = self.meaning(term.args[0])

        def later(state: State, env: Environment, after: State | None) -> Value:
            assert after is not None
            return of(after, env, after)

        return later


def _junction(parts: list[Meaning], *, decisive: bool) -> Meaning:
    """A disjunction, which one true part decides, or a conjunction, which a false one."""

    def junction(state: State, env: Environment, after: State | None) -> Value:
        for part in parts:
            if bool(part(state, env, after)) is decisive:
                return decisive
        return not decisive

    return junction
