"""Proofs and counterexamples in one configuration: k-induction and bounded checking.

Induction comes first, with the lemmas of the proof for any size and what it assumes.  Then
all runs of a bounded length are searched: for a violation of what induction does not prove,
and for the premise of what it proves, as a property whose premise is met nowhere says
nothing.  A run that is found is shortest, and is taken again on the plain interpreter.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import z3

from pmip6.model.domain import CHANNELS, MAPS, Model
from pmip6.model.state import TIME
from pmip6.properties.proof.any_size import SEED
from pmip6.properties.proof.bounded import (
    Bounded,
    BoundedSearch,
    finite_solver,
    holds_in,
    holds_on,
)
from pmip6.properties.proof.finite_messages import FiniteStep
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.lemmas import ARRIVALS, LEMMAS
from pmip6.properties.proof.obligations import Claim, is_of_states
from pmip6.properties.proof.solving import answer_of, interruptible
from pmip6.properties.proof.unrolling import Unrolling
from pmip6.properties.property import Property
from pmip6.properties.result import Outcome, PropertyResult, Run

ENGINE = "prove"
DEPTH = 10
LONGEST_INDUCTION = 2


class Induction:
    """A chain of steps from any state; what is kept holds in all states but the last."""

    def __init__(self, model: Model, length: int) -> None:
        times = _times_in_use(model)
        self.unrolling = Unrolling(model, times + length, "any")
        self.solver = finite_solver()
        self.states = [self.unrolling.unknown(0, times)]
        self.steps: list[FiniteStep] = []
        self.solver.add(*self.unrolling.well_formed(self.states[0]))
        for number in range(length):
            self.steps.append(self.unrolling.step(number, self.states[-1]))
            self.solver.add(*self.steps[-1].formulas)
            self.states.append(self.steps[-1].target)
        self._marks: dict[Claim, z3.BoolRef] = {}

    def mark(self, claim: Claim) -> z3.BoolRef:
        """A literal under which the claim holds in all states but the last."""
        if claim not in self._marks:
            self._marks[claim] = z3.Bool(f"assume {len(self._marks)} {claim.name}")
            for state in self.states[:-1]:
                known = holds_in(self.unrolling, claim, state)
                self.solver.add(z3.Implies(self._marks[claim], known))
        return self._marks[claim]

    def is_possible(self, known: Sequence[Lemma]) -> bool:
        """Whether there is a step at all from states that satisfy the lemmas."""
        return answer_of(self.solver, *(self.mark(k) for k in known)) == z3.sat

    def proves(self, claim: Claim, known: Sequence[Lemma]) -> bool:
        """Whether the last step cannot break the claim."""
        return self.broken(claim, known) == z3.unsat

    def broken(self, claim: Claim, known: Sequence[Lemma]) -> z3.CheckSatResult:
        """Whether the last step can break the claim where the lemmas hold before it."""
        marks = [self.mark(k) for k in known]
        if is_of_states(claim):
            marks.append(self.mark(claim))
            goal = holds_in(self.unrolling, claim, self.states[-1])
        else:
            assert isinstance(claim, Property)
            goal = holds_on(self.unrolling, claim, self.steps[-1])
        broken = z3.Bool(f"broken {claim.name} {len(known)}")
        self.solver.add(z3.Implies(broken, z3.Not(goal)))
        return answer_of(self.solver, broken, *marks)

    def needed(self, claim: Claim, known: Sequence[Lemma]) -> list[Lemma]:
        """Lemmas that prove the claim, none of which can be left out.

        The last answer was that all of them together do.
        """
        core = {mark.get_id() for mark in self.solver.unsat_core()}
        kept = [k for k in known if self.mark(k).get_id() in core]
        for one in list(kept):
            others = [k for k in kept if k is not one]
            if self.proves(claim, others):
                kept = others
        return kept

    def breaking(self) -> str:
        """The rule of the last step in the last answer, that something can break a claim."""
        return self.steps[-1].name(self.solver.model())

    def inductive(self, lemmas: Sequence[Lemma]) -> list[Lemma]:
        """The lemmas that no step breaks where all of them hold before it."""
        kept = list(lemmas)
        while True:
            inductive = [k for k in kept if self.proves(k, kept)]
            if len(inductive) == len(kept):
                return kept
            kept = inductive


def _times_in_use(model: Model) -> int:
    """How many times of one node a state can tell apart; rules compare no others."""
    cells = sum(len(list(model.tuples(m.index[1:]))) for m in MAPS if m.value == TIME)
    capacity = model.configuration.capacity
    return cells + sum(capacity.get(c.name, 0) for c in CHANNELS)


@interruptible()
def prove(
    model: Model,
    properties: Sequence[Property],
    *,
    depth: int = DEPTH,
    lemmas: Sequence[Lemma] = (*LEMMAS, *ARRIVALS),
) -> Run:
    """Decide properties of a model by k-induction and bounded model checking.

    Args:
        model: The model.
        properties: What is to be decided.
        depth: The longest runs that are looked at for what induction does not prove.
        lemmas: Strengthening invariants; those that are not inductive are not used.
    """
    started = time.perf_counter()
    proved = dict(_induction(model, properties, lemmas))
    search = BoundedSearch(model, depth)
    left = [p for p in properties if p.name not in proved]
    met = [_never_met(p) for p in properties if p.name in proved]
    search.run([*left, *met])
    results = {p.name: search.result(p) for p in left} | {
        n: r
        if search.found.get(_premise(n))
        else _vacuous(r, search.clear(_premise(n)))
        for n, r in proved.items()
    }
    return Run(
        configuration=model.configuration.name,
        engine=ENGINE,
        states=None,
        transitions=None,
        depth=search.depth,
        seconds=time.perf_counter() - started,
        properties=tuple(results[p.name] for p in properties),
        notes=(f"z3 {z3.get_version_string()}, seed {SEED}",),
    )


def _premise(name: str) -> str:
    return f"premise of {name}"


def _never_met(claim: Property) -> Property:
    """The claim that the premise is never met: a run that violates it meets it."""
    return replace(claim, name=_premise(claim.name), term=~claim.premise)


def _vacuous(proved: PropertyResult, depth: int) -> PropertyResult:
    return replace(
        proved,
        outcome=Outcome.UNDECIDED,
        note=f"vacuous: no run of up to {depth} steps meets its premise",
        vacuous=True,
    )


def holding_first(model: Model, claims: Sequence[Claim], length: int) -> list[Claim]:
    """The claims about states that hold in so many first states of every run."""
    runs = Bounded(model, length)
    kept = list(claims)
    for number in range(length):
        if number:
            runs.lengthen()
        kept = [c for c in kept if _holds_at_end(runs, c)]
    return kept


def _holds_at_end(runs: Bounded, claim: Claim) -> bool:
    mark = z3.Bool(f"base {claim.name} {len(runs.steps)}")
    broken = z3.Not(holds_in(runs.unrolling, claim, runs.states[-1]))
    runs.solver.add(z3.Implies(mark, broken))
    return answer_of(runs.solver, mark) == z3.unsat


def _induction(
    model: Model, properties: Sequence[Property], lemmas: Sequence[Lemma]
) -> Iterator[tuple[str, PropertyResult]]:
    left = list(properties)
    for length in range(1, LONGEST_INDUCTION + 1):
        if not left:
            return
        of_states = [p for p in left if is_of_states(p)]
        based = holding_first(model, [*lemmas, *of_states], length)
        chain = Induction(model, length)
        kept = chain.inductive([k for k in lemmas if k in based])
        for claim in list(left):
            if is_of_states(claim) and claim not in based:
                continue
            if chain.proves(claim, kept):
                left.remove(claim)
                yield (
                    claim.name,
                    PropertyResult(
                        claim.name,
                        Outcome.HOLDS,
                        f"k-induction, k={length}",
                        claim.assumptions,
                    ),
                )
