"""The guards of rules as decisions over conditions, for masking MC/DC.

A decision is a rule's guard, the body of a quantifier, or a compound condition that has
several parents: it counts once, and in those it is a condition.  A condition is a place in
a decision.  It is decisive where all that stands beside it leaves the outcome to it (the
other parts of a conjunction hold, those of a disjunction do not); a side of it is one of
its two values there.  Both sides together are the pair of situations that masking MC/DC
asks for: a condition in one place has one way only in which it moves the outcome.

No conditions are the switches of the model, which are the settings of an implementation,
and the trigger of the rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from operator import is_

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.folding import folded
from pmip6.model.language.table import Channel, Rule, Timer
from pmip6.model.language.terms import (
    BOOL,
    FALSE,
    TRUE,
    Op,
    Term,
    bound_variable,
    name_of,
    substitute,
    variable,
)

_JUNCTIONS = (Op.AND, Op.OR)
_QUANTIFIERS = (Op.FORALL, Op.EXISTS)
DIGEST = 6
"""Hexadecimal digits in the name of a decision that is no rule's own."""


@dataclass(frozen=True)
class Side:
    """A condition of a decision, by its number, that decides alone, with this value."""

    decision: str
    condition: int
    value: bool


@dataclass(frozen=True, eq=False)
class Condition:
    """A condition: the term, and its path from the top of the decision."""

    term: Term
    path: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Inner:
    """A decision in another one, or in a rule, with the indices that it has there."""

    decision: Decision
    args: tuple[Term, ...]


@dataclass(frozen=True, eq=False)
class Decision:
    """A decision: its term, and the conditions in it.

    `parameters` are the free indices (message fields stay what they are).  `inner` are
    the decisions that stand in it as conditions, or in its quantifiers.  `asked_when` is
    the trigger of a rule: a timer that is due.
    """

    name: str
    term: Term
    parameters: tuple[Term, ...]
    conditions: tuple[Condition, ...]
    inner: tuple[Inner, ...] = ()
    asked_when: tuple[Term, ...] = ()

    @cached_property
    def numbers(self) -> Mapping[tuple[int, ...], int]:
        """The number of the condition at each path."""
        return {c.path: number for number, c in enumerate(self.conditions)}

    def words_of(self, number: int) -> str:
        """A condition in words: that of another decision by its name."""
        return _words(self.conditions[number].term, self.inner)

    def sides(self) -> Iterator[Side]:
        """Both sides of each condition."""
        for number in range(len(self.conditions)):
            yield Side(self.name, number, True)
            yield Side(self.name, number, False)


# ---- which terms are decisions ---------------------------------------------------------


def is_compound(term: Term) -> bool:
    """Several conditions decide about it."""
    return term.op in _JUNCTIONS or (term.op is Op.ITE and term.sort == BOOL)


def canonical(term: Term) -> tuple[Term, tuple[Term, ...]]:
    """The term with its free indices named by their order; the indices in that order."""
    found: dict[Term, Term] = {}
    for free in _free(term, frozenset()):
        if free not in found:
            found[free] = variable(f"{free.sort.name}_{len(found) + 1}", free.sort)
    return substitute(term, dict(found)), tuple(found)


def _free(term: Term, bound: frozenset[str]) -> Iterator[Term]:
    if term.op is Op.VARIABLE:
        name = name_of(term)
        if name not in bound and not name.startswith("message."):
            yield term
    elif term.op in _QUANTIFIERS:
        name, _ = bound_variable(term)
        yield from _free(term.args[0], bound | {name})
    else:
        for arg in term.args:
            yield from _free(arg, bound)


def _compounds(term: Term) -> Iterator[Term]:
    """Compound conditions and quantifiers right below a term of sort Bool."""
    for part in term.args:
        if part.op is Op.NOT:
            yield from _compounds(part)
        elif is_compound(part) or part.op in _QUANTIFIERS:
            yield part


def _words(term: Term, inner: Iterable[Inner]) -> str:
    """A term as a line, with the decisions in it by their names."""
    key, args = canonical(_body(term))
    for each in inner:
        if each.decision.term is key and all(map(is_, each.args, args)):
            listed = ", ".join(map(str, args))
            told = f"{each.decision.name}({listed})"
            if term.op not in _QUANTIFIERS:
                return told
            name, sort = bound_variable(term)
            return f"{term.op.value} {name}: {sort.name}. {told}"
    return str(term)


def _body(term: Term) -> Term:
    """The body of a quantifier, which is a term of its own; else the term itself."""
    return term.args[0] if term.op in _QUANTIFIERS else term


class Decisions:
    """All decisions of some rules.

    Args:
        rules: The rules of a role.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        guards = {rule.name: guard_of(rule) for rule in self.rules}
        self._parents = Counter[Term]()
        self._bodies: set[Term] = set()
        self._known: set[Term] = set()
        for guard in guards.values():
            self._count(guard)
        self.shared: dict[Term, Decision] = {}
        self.of_rules = {
            rule.name: replace(
                self._decision(rule.name, guards[rule.name]),
                asked_when=tuple(c for c in rule.guard if c.op is Op.DUE),
            )
            for rule in self.rules
        }
        self.triggers = dict(self._triggers())

    def _triggers(self) -> Iterator[tuple[str, Channel]]:
        """The channel of the messages that a decision is about, by its name."""
        for rule in self.rules:
            if isinstance(rule.on, Channel):
                waiting = [self.of_rules[rule.name]]
                while waiting:
                    decision = waiting.pop()
                    yield decision.name, rule.on
                    waiting += [each.decision for each in decision.inner]

    def _count(self, term: Term) -> None:
        """Count the parents of each compound condition, each parent once."""
        for part in _compounds(term):
            if part.op in _QUANTIFIERS:
                (body,) = part.args
                if is_compound(body):
                    self._bodies.add(canonical(body)[0])
                part = body
            key = canonical(part)[0]
            self._parents[key] += 1
            if key not in self._known:
                self._known.add(key)
                self._count(key)

    def rules_on(self, trigger: Channel | Timer | None) -> list[Rule]:
        """The rules with a trigger; those that act by themselves where it is None."""
        return self._by_trigger.get(trigger, [])

    @cached_property
    def _by_trigger(self) -> dict[Channel | Timer | None, list[Rule]]:
        found: dict[Channel | Timer | None, list[Rule]] = {}
        for rule in self.rules:
            found.setdefault(rule.on, []).append(rule)
        return found

    def __iter__(self) -> Iterator[Decision]:
        yield from self.of_rules.values()
        yield from self.shared.values()

    def _is_own(self, term: Term) -> bool:
        """The term is a decision of its own wherever it stands."""
        key = canonical(term)[0]
        return key in self._bodies or self._parents[key] > 1

    def _decision(self, name: str, term: Term) -> Decision:
        conditions: list[Condition] = []
        inner: list[Inner] = []
        self._walk(term, (), conditions, inner, ())
        _, parameters = canonical(term)
        return Decision(name, term, parameters, tuple(conditions), tuple(inner))

    def _own(self, term: Term) -> Inner:
        key, args = canonical(term)
        if key not in self.shared:
            digest = sha256(str(key).encode()).hexdigest()[:DIGEST]
            self.shared[key] = self._decision(f"shared-{digest}", key)
        return Inner(self.shared[key], args)

    def _walk(
        self,
        term: Term,
        path: tuple[int, ...],
        conditions: list[Condition],
        inner: list[Inner],
        above: tuple[Term, ...],
    ) -> None:
        is_top = not path
        if term.op is Op.NOT:
            self._walk(term.args[0], (*path, 0), conditions, inner, above)
        elif is_compound(term) and (is_top or not self._is_own(term)):
            if term.op is Op.ITE and not is_setting(term.args[0]):
                raise Pmip6Error(str(term), "chooses by what is no switch")
            for place, part in enumerate(term.args):
                self._walk(part, (*path, place), conditions, inner, above)
        elif not is_setting(term):
            conditions.append(Condition(term, path))
            if is_compound(term):
                inner.append(self._own(term))
            elif term.op in _QUANTIFIERS and is_compound(term.args[0]):
                inner.append(self._own(term.args[0]))


def is_setting(term: Term) -> bool:
    """A literal, or a switch of the model: no situation changes it."""
    return term.op is Op.LITERAL or (term.op is Op.RIGID and not term.args)


def guard_of(rule: Rule) -> Term:
    """The guard as one term, without the trigger."""
    return Term.make(Op.AND, tuple(c for c in rule.guard if c.op is not Op.DUE), BOOL)


def rules_where(
    rules: Iterable[Rule], may_hold: Collection[str], always: Collection[str] = ()
) -> Iterator[Rule]:
    """The rules where no other predicates hold than these, without what is idle then.

    Args:
        rules: Any rules.
        may_hold: Predicates that hold in some settings for some elements, and switches
            that are on in some.
        always: Switches that are on in all settings.
    """
    for rule in rules:
        parts = [folded(_without(part, may_hold, always)) for part in rule.guard]
        if not any(part is FALSE for part in parts):
            yield rule.changed(guard=tuple(p for p in parts if p is not TRUE))


def _without(term: Term, may_hold: Collection[str], always: Collection[str]) -> Term:
    if term.op is Op.RIGID and name_of(term) not in may_hold:
        return FALSE
    if term.op is Op.RIGID and not term.args and name_of(term) in always:
        return TRUE
    args = tuple(_without(arg, may_hold, always) for arg in term.args)
    return Term.make(term.op, args, term.sort, term.payload)


# ---- which conditions are decisive -----------------------------------------------------


def decisive(
    decision: Decision, is_true: Callable[[Term], bool]
) -> Iterator[tuple[int, bool]]:
    """The conditions that decide alone, by number, each with its value.

    Args:
        decision: Any decision.
        is_true: The value of each term in the situation.
    """
    yield from _decisive(decision, decision.term, (), is_true)


def _decisive(
    decision: Decision,
    term: Term,
    path: tuple[int, ...],
    is_true: Callable[[Term], bool],
) -> Iterator[tuple[int, bool]]:
    number = decision.numbers.get(path)
    if number is not None:
        yield number, is_true(term)
        return
    match term.op:
        case Op.NOT:
            yield from _decisive(decision, term.args[0], (*path, 0), is_true)
        case Op.AND | Op.OR:
            against = [
                place
                for place, part in enumerate(term.args)
                if is_true(part) is (term.op is Op.OR)
            ]
            if len(against) < 2:
                for place in against or range(len(term.args)):
                    part = term.args[place]
                    yield from _decisive(decision, part, (*path, place), is_true)
        case Op.ITE:
            place = 1 if is_true(term.args[0]) else 2
            yield from _decisive(decision, term.args[place], (*path, place), is_true)
        case _:
            return  # a setting
