"""States, and the meaning of terms in them.

A term is turned once into a function of the state and of the indices: an expression
(expressions.py), or a search among the elements of a sort, for a quantifier.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import NamedTuple, cast

from pmip6.model.domain import Element, Model
from pmip6.model.language.candidates import Candidates, Search
from pmip6.model.language.expressions import (
    FACT,
    HIGHEST,
    QUANTIFIERS,
    QUEUES,
    TIMERS,
    cells_of,
    compiled,
)
from pmip6.model.language.live_state import LiveCells
from pmip6.model.language.selection import Selection
from pmip6.model.language.terms import (
    Op,
    Sort,
    SortKind,
    Term,
    bound_variable,
)

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
        self._names: dict[str, object] = {
            FACT: model.is_fact,
            HIGHEST: model.levels - 1,
            TIMERS: model.timers,
            QUEUES: model.queues,
        }  # what expressions call by name
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
        if term.op in QUANTIFIERS:
            return self._quantifier(term)
        expression = compiled(term)
        for name in expression.maps:
            self._has_cells_of(name)
        for name, inner in expression.apart.items():
            self._names[name] = self.meaning(inner)
        return cast("Meaning", FunctionType(expression.code, self._names))

    def _has_cells_of(self, state_map: str) -> None:
        """Where the cells of a map are, for the expressions that read it."""
        name = cells_of(state_map)
        if name not in self._names:
            positions = self.model.ranges[state_map]
            cells = itertools.islice(self.model.cells, positions.start, positions.stop)
            self._names[name] = {
                args: at for (_, args), at in zip(cells, positions, strict=True)
            }

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


def _junction(parts: list[Meaning], *, decisive: bool) -> Meaning:
    """A disjunction, which one true part decides, or a conjunction, which a false one."""

    def junction(state: State, env: Environment, after: State | None) -> Value:
        for part in parts:
            if bool(part(state, env, after)) is decisive:
                return decisive
        return not decisive

    return junction
