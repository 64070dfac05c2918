"""Proofs and counterexamples in one configuration: k-induction and bounded checking.

Induction comes first, with the lemmas of the proof for any size.  Then all runs of a
bounded length are searched: for a violation of what induction does not prove, and for the
premise of what it proves, as a property whose premise is met nowhere says nothing.  A run
that is found is shortest, and is taken again on the plain interpreter.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import z3

from pmip6.model.domain import CHANNELS, MAPS, Model
from pmip6.model.interpreter import Interpreter
from pmip6.model.state import TIME
from pmip6.properties.any_size import SEED
from pmip6.properties.finite_messages import FiniteStep
from pmip6.properties.finite_world import FiniteState
from pmip6.properties.lemma import Lemma
from pmip6.properties.lemmas import LEMMAS
from pmip6.properties.obligations import Claim, is_of_states
from pmip6.properties.property import Property
from pmip6.properties.replay import Found, replay, violates
from pmip6.properties.result import Outcome, PropertyResult, Run, Trace
from pmip6.properties.unrolling import Unrolling
from pmip6.properties.z3_terms import Translator, conjunction, disjunction

ENGINE = "prove"
DEPTH = 10
LONGEST_INDUCTION = 2
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
    on = [step.chosen[r.name] for r in unrolling.model.rules if r.on == claim.channel]
    values = step.message(claim.channel)
    return z3.Implies(disjunction(on), terms.condition(claim.term, values))


def _solver() -> z3.Solver:
    solver = z3.SolverFor("QF_FD")
    solver.set(timeout=TIME_LIMIT, random_seed=SEED)
    return solver


class Induction:
    """A chain of steps from any state; what is kept holds in all states but the last."""

    def __init__(self, model: Model, length: int) -> None:
        times = _times_in_use(model)
        self.unrolling = Unrolling(model, times + length, "any")
        self.solver = _solver()
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
        return self.solver.check(*(self.mark(k) for k in known)) == z3.sat

    def proves(self, claim: Claim, known: Sequence[Lemma]) -> bool:
        """Whether the last step cannot break the claim."""
        marks = [self.mark(k) for k in known]
        if is_of_states(claim):
            marks.append(self.mark(claim))
            goal = holds_in(self.unrolling, claim, self.states[-1])
        else:
            assert isinstance(claim, Property)
            goal = holds_on(self.unrolling, claim, self.steps[-1])
        broken = z3.Bool(f"broken {claim.name} {len(known)}")
        self.solver.add(z3.Implies(broken, z3.Not(goal)))
        return self.solver.check(broken, *marks) == z3.unsat


def _times_in_use(model: Model) -> int:
    """How many times of one node a state can tell apart; rules compare no others."""
    cells = sum(len(list(model.tuples(m.index[1:]))) for m in MAPS if m.value == TIME)
    capacity = model.configuration.capacity
    return cells + sum(capacity[c.name] for c in CHANNELS)


class Bounded:
    """All runs from the first state, one step longer at a time."""

    def __init__(self, model: Model, depth: int) -> None:
        self.unrolling = Unrolling(model, depth, "s")
        self.interpreter = Interpreter(model)
        self.solver = _solver()
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
        answer = self.solver.check(mark)
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


def prove(
    model: Model,
    properties: Sequence[Property],
    *,
    depth: int = DEPTH,
    lemmas: Sequence[Lemma] = LEMMAS,
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


def _base(model: Model, claims: Sequence[Claim], length: int) -> list[Claim]:
    """The claims about states that hold in the first states of every run."""
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
    return runs.solver.check(mark) == z3.unsat


def _induction(
    model: Model, properties: Sequence[Property], lemmas: Sequence[Lemma]
) -> Iterator[tuple[str, PropertyResult]]:
    left = list(properties)
    for length in range(1, LONGEST_INDUCTION + 1):
        if not left:
            return
        of_states = [p for p in left if is_of_states(p)]
        based = _base(model, [*lemmas, *of_states], length)
        chain = Induction(model, length)
        kept = [k for k in lemmas if k in based]
        while True:
            inductive = [k for k in kept if chain.proves(k, kept)]
            if len(inductive) == len(kept):
                break
            kept = inductive
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
