"""Which configuration notices a fault of the rules: by a property, or by what it counts.

Only configurations in which the fault leaves another rule than before are explored.
Their counts are pinned by tests, so that a fault that changes one does not pass them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from pmip6.model.domain import Configuration, Model, shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.folding import decided_rule
from pmip6.model.language.table import Channel, Rule
from pmip6.model.language.terms import (
    TRUE,
    Op,
    Sort,
    SortKind,
    Term,
    all_of,
    forall,
    implies,
    substitute,
    variable,
)
from pmip6.model.shipped.named import NAMED
from pmip6.model.state import has_slow_clock
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, Property, Scope, with_a_case
from pmip6.properties.result import Outcome, Run

assert protocol  # it records the properties

SMALL: tuple[str, ...] = (
    "addresses+losses",
    "addresses+forwarding",
    "addresses+restarts",
    "other-readings",
    "strangers",
    "late-requests",
    "prefix-sets+addresses",
    "forwarding+losses",
    "prefix-sets+forwarding",
    "waiting",
    "rejections",
    "restart-lost",
    "waiting-in-vain",
    "forwarding+restarts",
    "interfaces+addresses",
    "restart-persisted",
    "restart-no-timestamps",
    "sequences+addresses",
    "prefix-sets+sequences",
    "answers",
    "sequences+forwarding",
    "prefix-sets+restarts",
    "forwarding",
    "addresses",
    "prefix-sets",
    "interfaces+prefix-sets",
    "sequences+losses",
    "waiting+addresses",
    "waiting+losses",
    "waiting+forwarding",
    "no-restart",
    "short-lifetime",
    "forgotten-timestamps",
    "late-interfaces",
    "two-sets",
    "waiting-addresses",
    "waiting-forwarding",
    "waiting-assigned",
    "two-numbered",
    "waiting-numbers",
    "waiting-sessions",
)
"""The configurations that are looked at: small ones first, and such that notice much."""
AT_ONCE = 60
"""So many claims are decided by one exploration."""
Counts = tuple[int | None, int | None, int | None]
COUNTED: tuple[str, ...] = ("states", "transitions", "steps to the last state")
"""What is counted, in the order of `Counts`."""


@dataclass(frozen=True)
class Notice:
    """What tells a fault.

    Args:
        configuration: Name of the configuration.
        failed: The property that fails there; empty where none does but by right.
        passed: The property that has to fail there, as tests pin, and does not.
        counts: States, transitions and depth, with the fault and without it.
    """

    configuration: str
    failed: str = ""
    passed: str = ""
    counts: tuple[Counts, ...] = ()

    @property
    def is_of_a_property(self) -> bool:
        """A property has another verdict than without the fault."""
        return bool(self.failed or self.passed)

    @property
    def text(self) -> str:
        """Where it is, and what."""
        if self.failed:
            return f"{self.failed} in {self.configuration}"
        if self.passed:
            return f"{self.passed} in {self.configuration}, where it fails by right"
        for what, wrong, right in zip(COUNTED, *self.counts, strict=True):
            if wrong != right:
                return f"{self.configuration}: {wrong} {what} instead of {right}"
        raise AssertionError(f"nothing tells {self.configuration}")


def parts_of(rule: Rule) -> tuple[object, ...]:
    """What a rule asks and does; terms are interned, so that each is told by its id."""

    def ids(terms: Iterable[Term]) -> tuple[int, ...]:
        return tuple(map(id, terms))

    return (
        ids(rule.guard),
        tuple((u.map.name, ids(u.args), id(u.value)) for u in rule.updates),
        tuple((s.channel.name, ids(s.values)) for s in rule.sends),
        tuple((t.timer.name, ids(t.args), id(t.level)) for t in rule.timers),
    )


@dataclass(frozen=True, eq=False)
class RuleChange:
    """A rule with a fault.

    A fault of a condition that several rules share is one of these for each, all with its
    name.

    Args:
        name: Name of the fault.
        right: The rule without it.
        wrong: The rule with it; None where it is left out.
    """

    name: str
    right: Rule
    wrong: Rule | None

    @property
    def is_in_the_guard(self) -> bool:
        """All that the fault does is to drop conditions, or to change them."""
        wrong = self.wrong
        return wrong is not None and parts_of(self.right)[1:] == parts_of(wrong)[1:]

    @property
    def claim(self) -> str:
        """Name of the claim that the rule is taken as without the fault."""
        return f"{self.name}/{self.right.name}"

    def is_felt_in(self, chosen: Configuration) -> bool:
        """Whether the rule is another one with the fault, as the facts leave both."""
        on = self.right.on
        if isinstance(on, Channel) and not chosen.room(on.name):
            return False
        if self.right.role not in chosen.roles or self.right.name in chosen.disabled:
            return False
        holding = frozenset(name for name, held in chosen.facts.items() if held)
        return self.differs(holding)

    def differs(self, holding: frozenset[str]) -> bool:
        """Whether the rule is another one with the fault where these facts hold."""
        right, wrong = (
            None if rule is None else decided_rule(rule, holding)
            for rule in (self.right, self.wrong)
        )
        if right is None or wrong is None:
            return right is not wrong
        return parts_of(right) != parts_of(wrong)

    def is_taken_alike(self, model: Model) -> Property:
        """That the rule with the fault is taken just where the one without it is."""
        assert self.wrong is not None
        common = [c for c in self.wrong.guard if any(c is o for o in self.right.guard)]
        one, other = (
            all_of(TRUE, *(c for c in rule.guard if all(c is not o for o in common)))
            for rule in (self.right, self.wrong)
        )
        alike = all_of(implies(one, other), implies(other, one))
        return Property(
            name=self.claim,
            term=model.decided(
                _for_all(self.right.indices, implies(all_of(TRUE, *common), alike))
            ),
            scope=Scope.MESSAGE if isinstance(self.right.on, Channel) else Scope.STATE,
            premise=TRUE,
            requirements=(),
            doc="The conditions hold together with the fault as without it.",
            channel=self.right.on if isinstance(self.right.on, Channel) else None,
        )


def _for_all(indices: Sequence[tuple[str, Sort]], term: Term) -> Term:
    """The term for every choice of the indices; no condition asks for the time chosen."""
    for name, sort in indices:
        index = variable(name, sort)
        at = partial(_at, term, index)
        if sort.kind is SortKind.OPEN:
            term = forall(sort, at)
        elif sort.kind is SortKind.ENUM:
            every = (Term.make(Op.LITERAL, (), sort, name) for name in sort.literals)
            term = all_of(TRUE, *map(at, every))
    return term


def _at(term: Term, index: Term, element: Term) -> Term:
    return substitute(term, {index: element})


# ---- the explorations ------------------------------------------------------------------


def _explored(chosen: Configuration, rules: tuple[Rule, ...] | None) -> Run:
    """Explored with all properties that have a case without the fault."""
    right, model = Model(chosen), Model(chosen, rules)
    properties = [*with_a_case(right, PROPERTIES), *derived_properties(model)]
    return _whole(explore(model, properties, threads=1, lasting=rules is None))


def _whole(run: Run) -> Run:
    """The run, which has met all states.

    Raises:
        Pmip6Error: It has not, as where there is no C compiler.
    """
    if run.notes:
        raise Pmip6Error(
            run.configuration, "; ".join(run.notes), "install a C compiler"
        )
    return run


@cache
def _without_fault(name: str) -> Run:
    return _explored(NAMED[name], None)


def _violated(run: Run) -> list[str]:
    return [p.name for p in run.properties if p.outcome is Outcome.VIOLATED]


def _counts(run: Run) -> Counts:
    return run.states, run.transitions, run.depth


def faulty_rules(changes: Sequence[RuleChange]) -> tuple[Rule, ...]:
    """All rules with a fault, those that it changes first."""
    right = {id(change.right) for change in changes}
    wrong = [change.wrong for change in changes if change.wrong is not None]
    return (*wrong, *(rule for rule in shipped_rules() if id(rule) not in right))


def _notice(chosen: Configuration, changes: Sequence[RuleChange]) -> Notice | None:
    """What a configuration tells of a fault: a property by its verdict, else a count."""
    wrong, right = (
        _explored(chosen, faulty_rules(changes)),
        _without_fault(chosen.name),
    )
    known, found = _violated(right), _violated(wrong)
    failed = [name for name in found if name not in known]
    if failed:
        return Notice(chosen.name, failed[0])
    passed = [name for name in known if name not in found]
    if passed:
        return Notice(chosen.name, passed=passed[0])
    if _counts(wrong) != _counts(right):
        return Notice(chosen.name, counts=(_counts(wrong), _counts(right)))
    return None


def _claims(model: Model, changes: Sequence[RuleChange]) -> Iterator[Property]:
    """That rules are taken as without a fault: one claim for all of a fault and trigger."""
    every: dict[tuple[str, object], list[Property]] = {}
    for change in changes:
        of_one = every.setdefault((change.name, change.right.on), [])
        of_one.append(change.is_taken_alike(model))
    for alike in every.values():
        terms = [claim.term for claim in alike]
        yield replace(alike[0], term=all_of(*terms))


def may_show(chosen: Configuration, changes: Sequence[RuleChange]) -> set[str]:
    """The faults that can show in a configuration.

    One in a guard shows where the guard differs in a reachable state, which one
    exploration without any fault tells of many; another one shows where its rule is taken.
    Of a message that waits, as for a slow clock, no claim is asked.
    """
    model, steps = Model(chosen), _without_fault(chosen.name).rules
    felt = [change for change in changes if change.is_felt_in(chosen)]
    others = [change for change in felt if not change.is_in_the_guard]
    found = {change.name for change in others if steps.get(change.right.name)}
    if chosen.facts.get(has_slow_clock.name):
        found |= {c.name for c in felt if isinstance(c.right.on, Channel)}
    claims = list(_claims(model, [c for c in felt if c.is_in_the_guard]))
    names = {c.claim: c.name for c in felt}
    for n in range(0, len(claims), AT_ONCE):
        some = claims[n : n + AT_ONCE]
        run = explore(model, some, threads=1, lasting=False, deadlock=False)
        unread = {p.name for p in run.properties if p.method == "not applicable"}
        shown = (
            set(_violated(run)) | unread
        )  # what no state holds is asked of the fault
        if len(shown) < len(some):  # else it stops when it has found all
            _whole(run)
        found |= {names[claim] for claim in shown}
    return found


def first_notices(
    changes: Sequence[RuleChange], names: Sequence[str] = SMALL
) -> dict[str, Notice]:
    """What the first configuration tells that notices a fault, by its name.

    Args:
        changes: The faults.
        names: The configurations that are looked at, in this order.
    """
    found: dict[str, Notice] = {}
    parts: dict[str, list[RuleChange]] = {}
    for change in changes:
        parts.setdefault(change.name, []).append(change)
    for chosen in (NAMED[name] for name in names):
        left = [change for change in changes if change.name not in found]
        shown = may_show(chosen, left) if left else set[str]()
        for name in (n for n in parts if n in shown):
            notice = _notice(chosen, parts[name])
            if notice is not None:
                found[name] = notice
    return found


def notice_in(name: str, changes: Sequence[RuleChange]) -> Notice | None:
    """What the configuration of this name tells of one fault."""
    felt = any(change.is_felt_in(NAMED[name]) for change in changes)
    return _notice(NAMED[name], changes) if felt else None
