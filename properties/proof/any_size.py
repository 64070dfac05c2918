"""Induction for any size: which obligations are met, and which lemmas are inductive.

An answer that was found is kept with the lemmas that it rests on (an unsatisfiable core),
so that a change of one rule costs only the obligations of this rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import z3

from pmip6.model.language.folding import decided_rule
from pmip6.model.language.table import Rule
from pmip6.properties.proof.lemma import Lemma, with_arrivals, with_issued
from pmip6.properties.proof.named_parts import with_named_parts
from pmip6.properties.proof.obligations import (
    Claim,
    Obligation,
    Prover,
    is_of_states,
    obligations,
)
from pmip6.properties.proof.solving import answer_of
from pmip6.properties.proof.z3_terms import Values, conjunction

TIME_LIMIT = 60_000  # milliseconds for a query, on a machine with other work, too
EFFORT = 50_000_000  # resource units of z3 for a query: the same on every machine
SEED = 1


@dataclass(frozen=True, eq=False)
class Failure:
    """An obligation that was not met: a counterexample, or no answer."""

    duty: Obligation
    model: z3.ModelRef | None
    values: Values
    reason: str = ""


class AnySize:
    """Proofs from one setting of the switches; what was proved once is remembered.

    Args:
        switches: The readings that are chosen; a switch that is not named is off.
        effort: Resource units of z3 for each query, beside a limit of time.
    """

    def __init__(
        self, switches: dict[str, bool] | None = None, effort: int = EFFORT
    ) -> None:
        self.switches = dict(switches or {})
        self.prover = Prover(self.switches)
        self.effort = effort
        self.queries = 0
        self._known: dict[Lemma, z3.BoolRef] = {}
        self._met: dict[tuple[Claim, Rule | None], list[frozenset[Lemma]]] = {}
        self._instrumented: dict[Rule, Rule] = {}

    def rules(self, rules: Iterable[Rule]) -> dict[Rule, Rule]:
        """The rule as it was recorded, by what is proved of it.

        That is the rule as the switches leave it, with the ghost of the proof, what is
        assumed on arrival, and names for parts of its guard.
        """
        found: dict[Rule, Rule] = {}
        for rule in rules:
            left = decided_rule(rule, self.prover.holding)
            if left is None:  # the switches rule it out
                continue
            if rule not in self._instrumented:
                self._instrumented[rule] = self._instrument(left)
            found[self._instrumented[rule]] = rule
        return found

    def _instrument(self, rule: Rule) -> Rule:
        assumed = with_arrivals(rule, self.prover.holding)
        return with_named_parts(with_issued(assumed))

    def refute(self, duty: Obligation, lemmas: Sequence[Lemma]) -> Failure | None:
        """The failure of an obligation under the lemmas; None if it is met."""
        key = (duty.claim, duty.rule)
        if any(used <= set(lemmas) for used in self._met.get(key, ())):
            return None
        values = self.prover.choice(duty.rule)
        solver, marks = self.query(duty, lemmas)
        self.queries += 1
        answer = answer_of(solver, *marks)
        if answer == z3.unsat:
            core = {str(c) for c in solver.unsat_core()}
            used = frozenset(k for k in lemmas if _mark(k) in core)
            self._met.setdefault(key, []).append(used)
            return None
        if answer == z3.sat:
            return Failure(duty, solver.model(), values)
        return Failure(duty, None, values, solver.reason_unknown())

    def rests_on(self, duty: Obligation, lemmas: Sequence[Lemma]) -> frozenset[Lemma]:
        """The lemmas that a proof of the obligation needs; all where there is none."""
        if self.refute(duty, lemmas) is not None:
            return frozenset(lemmas)
        met = self._met[duty.claim, duty.rule]
        return next(used for used in met if used <= set(lemmas))

    def solver(self) -> z3.Solver:
        """A solver with a seed and limits, in which the axioms are true."""
        solver = z3.Solver()
        solver.set(timeout=TIME_LIMIT, rlimit=self.effort, random_seed=SEED)
        solver.add(conjunction(self.prover.axioms))
        return solver

    def query(
        self, duty: Obligation, lemmas: Sequence[Lemma]
    ) -> tuple[z3.Solver, list[z3.BoolRef]]:
        """A solver with the query, and the marks that switch the lemmas on."""
        solver = self.solver()
        solver.add(*self.prover.broken(duty))
        marks: list[z3.BoolRef] = []
        if duty.rule is not None:
            marks = [z3.Bool(_mark(known)) for known in lemmas]
            solver.add(conjunction([*map(self._marked, lemmas)]))
            if is_of_states(duty.claim):
                solver.add(*self.prover.assumed((duty.claim,)))
        return solver, marks

    def _marked(self, known: Lemma) -> z3.BoolRef:
        """The lemma holds where its mark is true."""
        if known not in self._known:
            mark = z3.Bool(_mark(known))
            self._known[known] = z3.Implies(mark, self.prover.statement(known))
        return self._known[known]

    def failures(
        self, claim: Claim, rules: Sequence[Rule], lemmas: Sequence[Lemma]
    ) -> list[Failure]:
        """All obligations of a claim that are not met."""
        found = (self.refute(duty, lemmas) for duty in obligations(claim, rules))
        return [f for f in found if f is not None]

    def inductive_part(
        self, rules: Sequence[Rule], lemmas: Sequence[Lemma]
    ) -> tuple[list[Lemma], list[Failure]]:
        """The lemmas that are inductive together, and why the others are not."""
        kept, lost = list(lemmas), list[Failure]()
        while True:
            failed = [
                failure
                for known in kept
                if (failure := self._first_failure(known, rules, kept)) is not None
            ]
            if not failed:
                return kept, lost
            lost += failed
            kept = [k for k in kept if all(k is not f.duty.claim for f in failed)]

    def _first_failure(
        self, claim: Claim, rules: Sequence[Rule], lemmas: Sequence[Lemma]
    ) -> Failure | None:
        found = (self.refute(duty, lemmas) for duty in obligations(claim, rules))
        return next((f for f in found if f is not None), None)


def _mark(known: Lemma) -> str:
    return f"lemma {known.name}"
