"""Faults of rules that change nothing in any situation that there can be: proved by Z3.

The situations are those in which guards are asked in the settings of the packs
(properties/guards/situations.py).  As long as nothing differs, an implementation with the
fault is in the states of one without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import z3

from pmip6.model.language.table import Channel, Rule
from pmip6.model.language.terms import Op, Term, all_of
from pmip6.properties.faults.noticed import RuleChange, parts_of
from pmip6.properties.guards.decisions import rules_where
from pmip6.properties.guards.proved import Settings, known_of, settled_of
from pmip6.properties.proof.open_world import AnyState, fresh, has_none, none
from pmip6.properties.proof.solving import answer_of, interruptible
from pmip6.properties.proof.z3_terms import Translator

SEARCH = 10_000_000
"""Resource units of Z3 for one question; where they do not suffice, nothing is proved."""


@interruptible()
def never_differs(
    change: RuleChange,
    rules: Iterable[Rule],
    world: Settings,
    idle: Mapping[str, Term] | None = None,
) -> bool:
    """Whether a fault in what a rule asks makes no difference: proved, not just not refuted.

    In no situation is the rule taken with the fault and not without it, or the other way
    round; of a rule that does nothing it is enough that no other does anything there.

    Args:
        change: The rule with and without the fault.
        rules: All rules that take part.
        world: The settings that there are.
        idle: That acts are not possible which come before the rule, by their names.
    """
    right, wrong = change.right, change.wrong
    if wrong is not None and not (
        change.is_in_the_guard and _is_same_trigger(right, wrong)
    ):
        return False
    situation = _Situation(right, world, idle or {})
    parts = list(_between(_held(world, right), _held(world, wrong)))
    if _does_something(right):
        return not any(map(situation.is_possible, parts))
    same = (r for r in rules if r.on == right.on and r.name != right.name)
    others = list(filter(_does_something, _held(world, *same)))
    return not any(situation.is_possible(p, other) for p in parts for other in others)


def _held(world: Settings, *rules: Rule | None) -> list[Rule]:
    """The rules as the settings leave their guards; without those that none takes."""
    every = filter(None, rules)
    return list(rules_where(every, world.may_hold, world.always))


def _trigger(rule: Rule) -> list[Term]:
    """The timer that is due."""
    return [condition for condition in rule.guard if condition.op is Op.DUE]


def _is_same_trigger(right: Rule, wrong: Rule) -> bool:
    return {*map(id, _trigger(right))} == {*map(id, _trigger(wrong))}


def _does_something(rule: Rule) -> bool:
    return any(parts_of(rule)[1:])


def _between(
    right: Sequence[Rule], wrong: Sequence[Rule]
) -> Iterator[tuple[Term, ...]]:
    """What holds where one of the two is taken and the other is not, in either order.

    Each is there once, or not at all.
    """
    for one, other in ((right, wrong), (wrong, right)):
        for rule in one:
            if not other:
                yield rule.guard
                continue
            asked, told = set(map(id, rule.guard)), other[0].guard
            own = [condition for condition in told if id(condition) not in asked]
            if own:
                yield (*rule.guard, ~all_of(*own))


class _Situation:
    """Any in which a rule may be asked: its trigger is there, and what is always true."""

    def __init__(self, rule: Rule, world: Settings, idle: Mapping[str, Term]) -> None:
        self._rule, self._world = rule, world
        self._terms = Translator(world, AnyState())
        self._fields: dict[str, z3.ExprRef] = {}
        if isinstance(rule.on, Channel):
            names = {f"message.{name}": sort for name, sort in rule.on.fields}
            self._fields = {n: fresh((s,), n)[0] for n, s in names.items()}
        self._known = [
            *known_of(rule.role, self._fields, self._terms).values(),
            *settled_of(rule.role, self._terms, idle).values(),
        ]

    def is_possible(
        self, conditions: Sequence[Term], other: Rule | None = None
    ) -> bool:
        """Whether all hold for some choice of indices, and another rule may be taken."""
        solver = self._world.solver(SEARCH)
        solver.add(*self._known, *self._taken(self._rule, conditions))
        if other is not None:
            solver.add(*self._taken(other, other.guard))
        return answer_of(solver) != z3.unsat

    def _taken(self, rule: Rule, conditions: Sequence[Term]) -> Iterator[z3.BoolRef]:
        values = dict(self._fields)
        for name, sort in rule.indices:
            values[name] = fresh((sort,), name)[0]
            if has_none(sort):
                yield values[name] != none(sort)
        yield from self._terms.all([*_trigger(rule), *conditions], values)
