"""What has to be proved: each claim in the first state and over each rule.

An obligation is a claim (a property or a lemma) over one rule: there is no step from a
state that satisfies the axioms, the lemmas and the rule's guard that breaks the claim.
The state after is a view of the state before (a weakest precondition), so that a query
has one copy of the state and no frame axioms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import z3

from pmip6.model.domain import RIGIDS
from pmip6.model.language.folding import decided
from pmip6.model.language.table import Channel, Role, Rule
from pmip6.model.language.terms import FALSE, TRUE, Op, Term, name_of, subterms
from pmip6.model.state import has_slow_clock
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.open_world import (
    AnyState,
    FirstState,
    OpenWorld,
    for_each_sent,
    fresh,
    has_none,
    none,
)
from pmip6.properties.proof.z3_terms import AfterRule, Translator, Values, View
from pmip6.properties.property import Property, Scope

Claim = Property | Lemma

# A step on which time passes and nothing else happens.
TIME_PASSES = Rule(
    name="tick",
    role=Role.CHANNEL,
    requirements=(),
    doc="Time passes.",
    on=None,
    expiry_args=(),
    indices=(),
    first=None,
    guard=(),
    updates=(),
    sends=(),
    timers=(),
)


@dataclass(frozen=True, eq=False)
class Obligation:
    """A claim over a rule, or in the first state where there is no rule."""

    claim: Claim
    rule: Rule | None

    @property
    def place(self) -> str:
        """Where the claim has to hold, in words."""
        return "the first state" if self.rule is None else f"rule {self.rule.name}"


def is_of_states(claim: Claim) -> bool:
    """Whether the claim is about single states, so that it has to be inductive."""
    return isinstance(claim, Lemma) or claim.scope is Scope.STATE


def obligations(claim: Claim, rules: Sequence[Rule]) -> Iterator[Obligation]:
    """All obligations of a claim that do not hold at once."""
    if is_of_states(claim):
        yield Obligation(claim, None)
        named = _named(claim)
        for rule in (*rules, TIME_PASSES):
            if named & _changed(rule):
                yield Obligation(claim, rule)
        return
    assert isinstance(claim, Property)
    for rule in (*rules, TIME_PASSES):
        if claim.is_about(rule):
            yield Obligation(claim, rule)


def _named(claim: Claim) -> set[str]:
    kinds = (Op.READ, Op.RUNNING, Op.DUE, Op.SENT)
    found = {name_of(t) for t in subterms(claim.term) if t.op in kinds}
    if isinstance(claim, Lemma) and claim.channel is not None:
        found.add(claim.channel.name)
    return found


def _changed(rule: Rule) -> set[str]:
    found = {u.map.name for u in rule.updates}
    found |= {s.channel.name for s in rule.sends}
    return found | {t.timer.name for t in rule.timers}


def may_hold(switches: Mapping[str, bool]) -> frozenset[str]:
    """The switches that are on, and all predicates with indices.

    Clocks are synchronised unless `has_slow_clock` is named like a switch that is on.
    """
    always = {r.name for r in RIGIDS if r.index and r is not has_slow_clock}
    return frozenset(always | {r.name for r in RIGIDS if switches.get(r.name)})


class Prover:
    """Makes the formulas of obligations in one world.

    Args:
        switches: The readings that are chosen; a switch that is not named is off.
    """

    def __init__(self, switches: dict[str, bool]) -> None:
        self.world = OpenWorld(switches)
        self.holding = may_hold(switches)
        self.axioms = self.world.axioms()
        self._statements: dict[Claim, z3.BoolRef] = {}
        self._choices: dict[Rule, Values] = {}
        self._taken: dict[Rule, list[z3.BoolRef]] = {}
        self._broken: dict[tuple[Claim, Rule | None], list[z3.BoolRef]] = {}

    def is_about(self, claim: Property) -> bool:
        """Whether the property says anything where the switches are as they are."""
        return decided(claim.premise, self.holding) is not FALSE

    def telling(self, lemmas: Sequence[Lemma]) -> list[Lemma]:
        """The lemmas that say anything where the switches are as they are."""
        return [k for k in lemmas if decided(k.term, self.holding) is not TRUE]

    def holds_in(self, claim: Claim, view: View, values: Values) -> z3.BoolRef:
        """The claim about one state; of each message sent, for a lemma on a channel."""
        terms = Translator(self.world, view)
        term = decided(claim.term, self.holding)
        if isinstance(claim, Lemma) and claim.channel is not None:
            return for_each_sent(
                claim.channel, view, lambda m: terms.condition(term, m)
            )
        return terms.condition(term, values)

    def statement(self, claim: Claim) -> z3.BoolRef:
        """A claim about states in the state before the step."""
        if claim not in self._statements:
            self._statements[claim] = self.holds_in(claim, AnyState(), {})
        return self._statements[claim]

    def assumed(self, claims: Sequence[Claim]) -> list[z3.BoolRef]:
        """Claims about states in the state before the step."""
        return [*map(self.statement, claims)]

    def choice(self, rule: Rule | None) -> Values:
        """Constants for the message fields and the indices of the rule."""
        if rule is None:
            return {}
        if rule not in self._choices:
            names = [n for n, _ in rule.variables]
            sorts = tuple(s for _, s in rule.variables)
            constants = (fresh((s,), n)[0] for n, s in zip(names, sorts, strict=True))
            self._choices[rule] = dict(zip(names, constants, strict=True))
        return self._choices[rule]

    def taken(self, rule: Rule) -> list[z3.BoolRef]:
        """The rule can be taken: its message was sent, its guard holds."""
        if rule not in self._taken:
            now, values = AnyState(), self.choice(rule)
            parts = [values[n] != none(s) for n, s in rule.indices if has_none(s)]
            if isinstance(rule.on, Channel):
                fields = tuple(values[f"message.{n}"] for n, _ in rule.on.fields)
                parts.append(now.sent(rule.on.name, fields))
            guard = Translator(self.world, now).all(rule.guard, values)
            self._taken[rule] = parts + guard
        return self._taken[rule]

    def broken(self, duty: Obligation) -> list[z3.BoolRef]:
        """What a counterexample to the obligation satisfies, beside axioms and lemmas."""
        key = (duty.claim, duty.rule)
        if key not in self._broken:
            self._broken[key] = self._break(duty)
        return self._broken[key]

    def _break(self, duty: Obligation) -> list[z3.BoolRef]:
        claim, rule = duty.claim, duty.rule
        if rule is None:
            return [z3.Not(self.holds_in(claim, FirstState(), {}))]
        if is_of_states(claim):
            values = self.choice(rule)
            then = AfterRule(self.world, AnyState(), rule, values)
            kept = self.holds_in(claim, then, values)
        else:
            kept = self.over_step(claim.term, rule)
        return [*self.taken(rule), z3.Not(kept)]

    def over_step(self, term: Term, rule: Rule) -> z3.BoolRef:
        """A term about a step, or about the state before it, over the step of a rule."""
        now, values = AnyState(), self.choice(rule)
        then = AfterRule(self.world, now, rule, values)
        kept = decided(term, self.holding)
        return Translator(self.world, now, then).condition(kept, values)
