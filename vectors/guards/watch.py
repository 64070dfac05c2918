"""What the guards of rules are like each time that they are asked, noted by their sides."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pmip6.model.domain import MAPS, Model
from pmip6.model.language.evaluation import (
    Environment,
    State,
    Value,
    initial_value,
)
from pmip6.model.language.interpreter import Interpreter
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import Sort, SortKind, Term, indices_needed, name_of
from pmip6.properties.guards.decisions import Decision, Decisions, Side, decisive

OTHERS = 2
"""So many elements of a sort are looked at that nothing is known of."""


@dataclass(frozen=True, eq=False)
class _Asked:
    """A decision in a rule, with its parameters as indices of the rule, or free."""

    decision: Decision
    args: tuple[Term, ...]


@dataclass(frozen=True, eq=False)
class _Level:
    """An index of a rule, None before the first, and the parts that it lets decide."""

    index: tuple[str, Sort] | None
    parts: tuple[tuple[int, Term], ...]


class GuardWatch:
    """Notes which sides of which conditions the guards show in one model.

    Args:
        decisions: Those of the rules that are asked.
        model: The model in which they are.

    Attributes:
        interpreter: That of the model, for all machines that are watched.
    """

    def __init__(self, decisions: Decisions, model: Model) -> None:
        self.decisions = decisions
        self._model = model
        self.interpreter = Interpreter(model)
        self._initial = {
            at: (cell, initial_value(MAPS[cell[0]].value))
            for cell, at in model.cells.items()
        }
        self._shown: set[Side] = set()
        self._known: dict[object, frozenset[Side]] = {}
        self._states: dict[State, int] = {}
        self._last: tuple[State, int] | None = None
        self._held: tuple[Sequence[Value], frozenset[Value]] = (), frozenset()

    def ask(
        self,
        rules: Iterable[Rule],
        state: State,
        env: Environment,
        shown: set[Side],
    ) -> None:
        """The guards of these rules are asked in a state, some indices chosen.

        Args:
            rules: Rules of the decisions.
            state: The state.
            env: Indices that are chosen, and the fields of a message.
            shown: Where the sides are noted.
        """
        asked = tuple(rules)
        place = self._place_of(state)
        key = (tuple(r.name for r in asked), place, frozenset(env.items()))
        if key not in self._known:
            self._shown = set()
            self._ask(asked, state, env)
            self._known[key] = frozenset(self._shown)
        shown |= self._known[key]

    def _place_of(self, state: State) -> int:
        """A number for the state; rules are asked one after another in the same."""
        if self._last is None or self._last[0] is not state:
            place = self._states.setdefault(state, len(self._states))
            self._last = (state, place)
        return self._last[1]

    def _ask(self, rules: Iterable[Rule], state: State, env: Environment) -> None:
        elements: dict[Sort, tuple[Value, ...]] = {}
        seen: set[tuple[str, tuple[Value, ...]]] = set()
        for rule in rules:
            decision = self.decisions.of_rules.get(rule.name)
            if decision is None:
                continue
            elements = elements or self._told(state, env)
            self._ask_guard(rule, decision, state, env, elements)
            for asked in _asked(decision):
                self._ask_inner(asked, state, env, elements, seen)

    # ---- guards ------------------------------------------------------------------------

    def _ask_guard(
        self,
        rule: Rule,
        decision: Decision,
        state: State,
        env: Environment,
        elements: Mapping[Sort, tuple[Value, ...]],
    ) -> None:
        self._choose(decision, _levels(rule, decision), state, env, elements, [])

    def _choose(
        self,
        decision: Decision,
        levels: Sequence[_Level],
        state: State,
        env: Environment,
        elements: Mapping[Sort, tuple[Value, ...]],
        failed: list[int],
    ) -> None:
        """Choose indices as long as one part at most fails: else none decides alone."""
        if not levels:
            self._note(decision, state, env)
            return
        level, *rest = levels
        chosen: Iterable[Environment] = (env,)
        if level.index is not None:
            name, sort = level.index
            chosen = ({**env, name: v} for v in _choices(name, sort, env, elements))
        for each in chosen:
            wrong = list(failed)
            for place, part in level.parts:
                if not self.interpreter.value(part, state, each):
                    wrong.append(place)
                    if len(wrong) > 1:
                        break
            else:
                self._choose(decision, rest, state, each, elements, wrong)

    def _note(self, decision: Decision, state: State, env: Environment) -> None:
        def is_true(term: Term) -> bool:
            return bool(self.interpreter.value(term, state, env))

        for number, value in decisive(decision, is_true):
            self._shown.add(Side(decision.name, number, value))

    # ---- decisions inside --------------------------------------------------------------

    def _ask_inner(
        self,
        asked: _Asked,
        state: State,
        env: Environment,
        elements: Mapping[Sort, tuple[Value, ...]],
        seen: set[tuple[str, tuple[Value, ...]]],
    ) -> None:
        choices = [_choices(name_of(a), a.sort, env, elements) for a in asked.args]
        names = [name_of(p) for p in asked.decision.parameters]
        for values in itertools.product(*choices):
            key = (asked.decision.name, values)
            if key not in seen:
                seen.add(key)
                inner = {**env, **dict(zip(names, values, strict=True))}
                self._note(asked.decision, state, inner)

    def _told(self, state: State, env: Environment) -> dict[Sort, tuple[Value, ...]]:
        """The elements that state and message tell of, and some others, by sort."""
        told = self._held_in(state.cells) | set(env.values())
        model = self._model
        found: dict[Sort, tuple[Value, ...]] = {}
        for sort in _sorts(self.decisions):
            if sort.kind is SortKind.ORDERED:
                continue
            every = model.elements(sort)
            known = [e for e in every if e in told]
            others = [e for e in every if e not in told]
            if sort.kind is SortKind.OPEN:
                others = [*others[:OTHERS], *others[OTHERS:][-1:]]
            found[sort] = (*known, *others)
        return found

    def _held_in(self, cells: Sequence[Value]) -> frozenset[Value]:
        """The elements that cells tell of which are not as they are at first."""
        if self._held[0] is not cells:
            told: set[Value] = set()
            for at, value in enumerate(cells):
                (_, args), first = self._initial[at]
                if value != first:
                    told.update(args)
                    told.add(value)
            self._held = cells, frozenset(told)
        return self._held[1]


LATER = 1 << 64
"""A time after all that there are."""


def _choices(
    name: str,
    sort: Sort,
    env: Environment,
    elements: Mapping[Sort, tuple[Value, ...]],
) -> tuple[Value, ...]:
    """The elements that an index may be: the one that is chosen, or else all."""
    if name in env:
        return (env[name],)
    return (LATER,) if sort.kind is SortKind.ORDERED else elements[sort]


@cache
def _levels(rule: Rule, decision: Decision) -> tuple[_Level, ...]:
    """The indices of a rule, each with the parts of its guard that it completes."""
    names = [name for name, _ in rule.indices]
    ready: list[list[tuple[int, Term]]] = [[] for _ in range(len(names) + 1)]
    for place, part in enumerate(decision.term.args):
        ready[indices_needed(part, names)].append((place, part))
    indices: list[tuple[str, Sort] | None] = [None, *rule.indices]
    return tuple(
        _Level(index, tuple(parts)) for index, parts in zip(indices, ready, strict=True)
    )


@cache
def _asked(decision: Decision) -> tuple[_Asked, ...]:
    """The decisions in one, at any depth, with what their parameters are there."""
    found: dict[tuple[str, tuple[Term, ...]], _Asked] = {}
    waiting = [_Asked(inner.decision, inner.args) for inner in decision.inner]
    while waiting:
        asked = waiting.pop()
        key = (asked.decision.name, asked.args)
        if key in found:
            continue
        found[key] = asked
        there = dict(zip(asked.decision.parameters, asked.args, strict=True))
        for inner in asked.decision.inner:
            args = tuple(there.get(a, a) for a in inner.args)
            waiting.append(_Asked(inner.decision, args))
    return tuple(found.values())


@cache
def _sorts(decisions: Decisions) -> tuple[Sort, ...]:
    """The sorts of everything that may be chosen."""
    free = {p.sort for d in decisions for p in d.parameters}
    return tuple(free | {sort for r in decisions.rules for _, sort in r.indices})
