"""Bounded model checking: all runs of a configuration up to a length, shortest first.

A run that is found is taken again on the plain interpreter.
"""

from __future__ import annotations

from collections.abc import Sequence

import z3

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import Interpreter
from pmip6.properties.proof.any_size import SEED
from pmip6.properties.proof.finite_messages import FiniteStep
from pmip6.properties.proof.finite_world import FiniteState
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.obligations import Claim, is_of_states
from pmip6.properties.proof.solving import answer_of
from pmip6.properties.proof.unrolling import Unrolling
from pmip6.properties.proof.z3_terms import Translator, conjunction, disjunction
from pmip6.properties.property import Property, receives
from pmip6.properties.replay import Found, replay, violates
from pmip6.properties.result import Outcome, PropertyResult, Trace

TIME_LIMIT = 60_000  # milliseconds for a query


def holds_in(unrolling: Unrolling, claim: Claim, state: FiniteState) -> z3.BoolRef:
    """A claim about states in one state; of each message in a queue, for a channel."""
    terms = Translator(unrolling.world, state)
    if not isinstance(claim, Lemma) or claim.channel is None:
        return terms.condition(claim.term, {})
    names = [f"message.{n}" for n, _ in claim.channel.fields]
    return conjunction(
        [
            z3.Implies(
                slot.full,
                terms.condition(claim.term, dict(zip(names, slot.fields, strict=True))),
            )
            for (channel, _), slots in state.queues.items()
            if channel == claim.channel.name
            for slot in slots
        ]
    )


def holds_on(unrolling: Unrolling, claim: Property, step: FiniteStep) -> z3.BoolRef:
    """A property of steps, or of steps on a message, on one step."""
    terms = Translator(unrolling.world, step.source, step.target)
    if claim.channel is None:
        return terms.condition(claim.term, {})
    rules = unrolling.model.rules
    on = [step.chosen[r.name] for r in rules if receives(r, claim.channel)]
    values = step.message(claim.channel)
    return z3.Implies(disjunction(on), terms.condition(claim.term, values))


def finite_solver() -> z3.Solver:
    """A solver with a seed and a limit of time for formulas over finite sorts."""
    solver = z3.SolverFor("QF_FD")
    solver.set(timeout=TIME_LIMIT, random_seed=SEED)
    return solver


class Bounded:
    """All runs from the first state, one step longer at a time."""

    def __init__(self, model: Model, depth: int) -> None:
        self.unrolling = Unrolling(model, depth, "s")
        self.interpreter = Interpreter(model)
        self.solver = finite_solver()
        self.states = [self.unrolling.initial()]
        self.steps: list[FiniteStep] = []

    def lengthen(self) -> None:
        """Add a step."""
        step = self.unrolling.step(len(self.steps), self.states[-1])
        self.solver.add(*step.formulas)
        self.steps.append(step)
        self.states.append(step.target)

    def query(self, claim: Property) -> z3.BoolRef | None:
        """The claim is broken at the end; None where there is no step for it yet."""
        if is_of_states(claim):
            return z3.Not(holds_in(self.unrolling, claim, self.states[-1]))
        if not self.steps:
            return None
        return z3.Not(holds_on(self.unrolling, claim, self.steps[-1]))

    def violation(self, claim: Property) -> tuple[z3.CheckSatResult, Trace | None]:
        """Whether a run of this length breaks the claim at its end, and that run."""
        broken = self.query(claim)
        if broken is None:
            return z3.unsat, None
        mark = z3.Bool(f"violated {claim.name} {len(self.steps)}")
        self.solver.add(z3.Implies(mark, broken))
        answer = answer_of(self.solver, mark)
        return answer, self._trace(claim) if answer == z3.sat else None

    def _trace(self, claim: Property) -> Trace:
        found = self.solver.model()
        path = [
            Found(
                self.interpreter.canonical(step.target.read_back(found)),
                step.name(found),
            )
            for step in self.steps
        ]
        return replay(self.interpreter, path, violates(self.interpreter, claim))


class BoundedSearch:
    """Looks for runs up to a length that violate claims, shortest first.

    Args:
        model: The model.
        longest: The most steps of a run.
    """

    def __init__(self, model: Model, longest: int) -> None:
        self.longest = longest
        self.found: dict[str, Trace] = {}
        self._unclear: dict[str, int] = {}  # the first length without an answer
        self._runs = Bounded(model, longest)

    @property
    def depth(self) -> int:
        """How long the runs are that were looked at."""
        return len(self._runs.steps)

    def run(self, claims: Sequence[Property]) -> None:
        """Lengthen the runs until every claim is violated, or they are long enough."""
        left = list(claims)
        while left:
            for claim in list(left):
                answer, trace = self._runs.violation(claim)
                if trace is not None:
                    self.found[claim.name] = trace
                    left.remove(claim)
                elif answer == z3.unknown:
                    self._unclear.setdefault(claim.name, self.depth)
            if self.depth == self.longest:
                break
            if left:
                self._runs.lengthen()

    def clear(self, name: str) -> int:
        """The length up to which no run violates the claim of this name."""
        return self._unclear.get(name, self.longest + 1) - 1

    def result(self, claim: Property) -> PropertyResult:
        """The result for a claim that was searched for."""
        trace = self.found.get(claim.name)
        if trace is None:
            method = f"no counterexample to depth {self.clear(claim.name)}"
            return PropertyResult(
                claim.name, Outcome.UNDECIDED, method, claim.assumptions
            )
        return PropertyResult(
            claim.name,
            Outcome.VIOLATED,
            f"bounded model checking to depth {len(trace.steps)}",
            claim.assumptions,
            trace,
            note=f"shortest run: {len(trace.steps)} steps",
        )
