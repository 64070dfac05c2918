"""Random runs: a Hypothesis state machine whose rules are the rules of the table.

Each table rule is one Hypothesis rule; its precondition is that the plain interpreter
finds a step of it, its argument says which.  Hypothesis chooses, and switches whole rules
off for a run; a run to a violation is shortened step by step (properties/shrink.py).
Nothing found is never a proof.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,  # pyright: ignore[reportUnknownVariableType]  # settings
)

from pmip6.model.domain import Element, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.evaluation import Environment
from pmip6.model.language.interpreter import TICK, Interpreter, State, Transition
from pmip6.model.language.table import Role, Rule
from pmip6.model.language.terms import Sort, SortKind, Term
from pmip6.properties.exploration.search import INTERRUPTED
from pmip6.properties.property import Property, Scope
from pmip6.properties.replay import value_on
from pmip6.properties.result import Outcome, PropertyResult, Run, Trace
from pmip6.properties.shrink import shrink

ENGINE = "fuzz"
REST = "rest"  # a state without any step: the run stays there

# How often a rule is offered: what the environment does has a step in most states.
WEIGHTS = {Role.LMA: 6, Role.MAG: 3}

FAVOURED, FAVOUR = 2, 0.75
"""How many elements of a sort a run in a large configuration favours, and how often."""

EXAMPLES = 200
STEPS = 40
SEED = 5213


class PropertyViolatedError(Exception):
    """A run that breaks the property that is hunted; how Hypothesis hears of it."""


Steps = dict[str, list[Transition]]


@dataclass
class Hunt:
    """What is searched for in one search, and what was seen on the way.

    Once a property is broken the search is for that one alone, and `trace` is the run
    that broke it.  Where it is narrow, a peer may take in each state only some elements,
    chosen at random: in a large configuration all its steps are too many to be made.
    """

    interpreter: Interpreter
    properties: Sequence[Property]
    target: Property | None = None
    trace: Trace | None = None
    runs: int = 0
    taken: Counter[str] = field(default_factory=Counter[str])
    premises: set[str] = field(default_factory=set[str])
    narrow: bool = False
    known: dict[State, Steps] = field(default_factory=dict[State, Steps])

    def steps(self, state: State) -> Steps:
        """The steps from a state by rule; states near the first one come up often."""
        found = self.known.get(state)
        if found is None:
            found = Steps()
            for step in self.interpreter.transitions(state):
                found.setdefault(step.name, []).append(step)
            self.known[state] = found
        return found

    def some_steps(self, state: State, run: int, length: int) -> Steps:
        """The steps from a state by rule, of a peer those with elements by chance.

        Most are of the two elements that the run favours, so that it comes back to them.
        """
        model = self.interpreter.model
        favour, chance = random.Random(run), random.Random(f"{run} {length}")

        def element(sort: Sort) -> Element:
            every = model.elements(sort)
            few = favour.sample(every, min(FAVOURED, len(every)))
            return chance.choice(few if chance.random() < FAVOUR else every)

        picked = {
            sort: element(sort)
            for peer in self._peers.values()
            for _, sort in peer.indices
            if sort.kind is SortKind.OPEN
        }
        chosen = {
            name: [{n: picked[s] for n, s in peer.indices if s in picked}]
            for name, peer in self._peers.items()
        }
        return self._steps_with(state, chosen)

    def steps_like(self, trace: Trace) -> Callable[[State], Steps]:
        """The steps from a state, of a peer those with elements that it took in a run."""
        chosen: dict[str, list[Environment]] = {name: [] for name in self._peers}
        for step in trace.steps:
            if step.name in chosen:
                taken = {
                    name: step.environment[name]
                    for name, sort in self._peers[step.name].indices
                    if sort.kind is SortKind.OPEN
                }
                if taken not in chosen[step.name]:
                    chosen[step.name].append(taken)
        return lambda state: self._steps_with(state, chosen)

    @cached_property
    def _peers(self) -> dict[str, Rule]:
        rules = self.interpreter.model.rules
        return {rule.name: rule for rule in rules if rule.role is Role.PEER}

    def _steps_with(
        self, state: State, chosen: Mapping[str, Sequence[Environment]]
    ) -> Steps:
        found = Steps()
        for each in self.interpreter.model.rules:
            for env in chosen.get(each.name, [{}]):
                for step in self.interpreter.steps(each, state, env):
                    found.setdefault(step.name, []).append(step)
        tick = self.interpreter.tick(state)
        if tick is not None:
            found[TICK] = [Transition(None, {}, (), (), tick)]
        return found

    def check(self, states: Sequence[State], steps: Sequence[Transition]) -> None:
        """Decide the properties on the last state, and on the step that led there.

        Raises:
            PropertyViolatedError: One of those that are hunted does not hold.
        """
        sought = self.properties if self.target is None else [self.target]
        for property_ in sought:
            if self.holds(property_, states, steps):
                continue
            self.target = property_
            self.trace = Trace(tuple(states), tuple(steps))
            raise PropertyViolatedError(property_.name)

    def holds(
        self,
        property_: Property,
        states: Sequence[State],
        steps: Sequence[Transition],
    ) -> bool:
        """Whether a property holds in the last state, or on the last step, of a run."""

        def value(term: Term) -> bool | None:
            if property_.scope is Scope.STATE:
                return bool(self.interpreter.value(term, states[-1], {}))
            if not steps:
                return None
            return value_on(self.interpreter, property_, steps[-1], states[-2], term)

        if property_.name not in self.premises and value(property_.premise):
            self.premises.add(property_.name)
        return value(property_.term) is not False


class Walk(RuleBasedStateMachine):
    """One run through the model of a hunt; subclasses hold the rules of one table."""

    hunt: Hunt

    def __init__(self) -> None:
        super().__init__()
        self.hunt.runs += 1
        self.states = [self.hunt.interpreter.initial()]
        self.taken: list[Transition] = []
        self.chance = 0
        self._some: tuple[int, Steps] | None = None
        self.hunt.check(self.states, self.taken)

    @property
    def enabled(self) -> Steps:
        """The steps from the present state by rule."""
        if not self.hunt.narrow:
            return self.hunt.steps(self.states[-1])
        length = len(self.taken)
        if self._some is None or self._some[0] != length:
            some = self.hunt.some_steps(self.states[-1], self.chance, length)
            self._some = length, some
        return self._some[1]

    def take(self, step: Transition) -> None:
        """Go one step and check what it led to."""
        self.taken.append(step)
        self.states.append(step.target)
        self.hunt.taken[step.name] += 1
        self.hunt.check(self.states, self.taken)

    @precondition(lambda self: not self.enabled)
    @rule()
    def rest(self) -> None:
        """Stay where no rule has a step."""


def walk_of(hunt: Hunt) -> type[Walk]:
    """The state machine of a model: Hypothesis rules for each rule of its table."""
    names = [*(r.name for r in hunt.interpreter.model.rules), TICK]
    if REST in names:
        raise Pmip6Error(REST, "is no name for a rule", "the fuzzer uses it")
    weights = {r.name: WEIGHTS.get(r.role, 1) for r in hunt.interpreter.model.rules}
    rules: dict[str, object] = {
        f"{name}_{i}": _as_hypothesis_rule(name)
        for name in names
        for i in range(weights.get(name, 1))
    }
    if hunt.narrow:
        rules["begin"] = _begin
    return type("TableWalk", (Walk,), {"hunt": hunt, **rules})


@initialize(chance=st.integers(0, 2**32 - 1))
def _begin(self: Walk, chance: int) -> None:
    """Draw what decides the elements of a peer in this run."""
    self.chance = chance


def _as_hypothesis_rule(name: str) -> Callable[..., None]:
    """The rule of this name: enabled where it has a step, drawing which one."""

    def is_enabled(walk: Walk) -> bool:
        return name in walk.enabled

    def among(walk: Walk) -> st.SearchStrategy[int]:
        return st.integers(0, len(walk.enabled[name]) - 1)

    def step(self: Walk, choice: int) -> None:
        self.take(self.enabled[name][choice])

    step.__name__ = step.__qualname__ = name
    return precondition(is_enabled)(rule(choice=st.runner().flatmap(among))(step))


def fuzz(
    model: Model,
    properties: Sequence[Property],
    *,
    examples: int = EXAMPLES,
    steps: int = STEPS,
    seed: int = SEED,
    seconds: float = 0,
    narrow: bool = False,
) -> Run:
    """Search random runs of the model for violations; the same seed finds the same.

    One search is made in any case; further ones, each with the next seed, begin until the
    seconds are over or nothing is left to break.

    Args:
        model: The model to run.
        properties: What has to hold on every run.
        examples: Runs in each search; each violation found starts one more search for
            the other properties.
        steps: Most steps of one run.
        seed: Seed of all choices of the first search.
        seconds: For how long new searches begin.
        narrow: A peer takes in each state only elements that are chosen at random.

    Ctrl-C ends it with what was found until then, which a note says.
    """
    began = time.perf_counter()
    interpreter = Interpreter(model)
    found: dict[str, PropertyResult] = {}
    taken: Counter[str] = Counter()
    premises: set[str] = set()
    left: list[Property] = list(properties)
    runs, searches, was_interrupted = 0, range(seed, seed), False
    try:
        while left and (not searches or time.perf_counter() - began < seconds):
            searches = range(seed, searches.stop + 1)
            while left:
                hunt = Hunt(interpreter, left, premises=premises, narrow=narrow)
                try:
                    _search(hunt, examples, steps, searches[-1])
                finally:
                    taken += hunt.taken
                    runs += hunt.runs
                    if hunt.trace is not None and hunt.target is not None:
                        found[hunt.target.name] = _told(hunt.target, hunt.trace)
                if hunt.target is None:
                    break
                found[hunt.target.name] = _violation(hunt, hunt.target)
                left = [p for p in properties if p.name not in found]
    except KeyboardInterrupt:
        was_interrupted = True
    tried = runs if was_interrupted else examples * len(searches)
    method = f"no counterexample in {tried} random runs of up to {steps} steps"
    results = tuple(
        found.get(p.name)
        or PropertyResult(
            p.name,
            Outcome.UNDECIDED,
            method,
            p.assumptions,
            note="" if p.name in premises else "no run reached the premise",
        )
        for p in properties
    )
    return Run(
        model.configuration.name,
        ENGINE,
        states=None,
        transitions=sum(taken.values()),
        depth=steps,
        seconds=time.perf_counter() - began,
        properties=results,
        notes=(
            _seeds(searches, runs),
            rules_taken([r.name for r in model.rules], taken),
            *([INTERRUPTED] if was_interrupted else []),
        ),
        rules=dict(sorted(taken.items())),
    )


def _seeds(searches: range, runs: int) -> str:
    if not searches:
        return "no runs, as no property has a case"
    if len(searches) == 1:
        return f"seed {searches[0]}, {runs} runs"
    return f"seeds {searches[0]} to {searches[-1]}, {runs} runs"


def rules_taken(names: Sequence[str], taken: Counter[str]) -> str:
    """How many of the rules were taken, and which never, in words."""
    never = [name for name in names if not taken[name]]
    text = f"{len(names) - len(never)} of {len(names)} rules were taken"
    return f"{text}; never {', '.join(never)}" if never else text


def _violation(hunt: Hunt, broken: Property) -> PropertyResult:
    """The result of a property that the search has broken, with a shortened run."""
    assert hunt.trace is not None  # set together with the target

    def violates(states: Sequence[State], steps: Sequence[Transition]) -> bool:
        return not hunt.holds(broken, states, steps)

    successors = hunt.steps_like(hunt.trace) if hunt.narrow else hunt.steps
    return _told(broken, shrink(hunt.trace, successors, violates), ", shortened to")


def _told(broken: Property, trace: Trace, how: str = " of") -> PropertyResult:
    """The result of a property that a run has broken, and how long the run is."""
    return PropertyResult(
        broken.name,
        Outcome.VIOLATED,
        f"random run{how} {len(trace.steps)} steps",
        broken.assumptions,
        trace,
    )


def _search(hunt: Hunt, examples: int, steps: int, seed: int) -> None:
    """Let Hypothesis search until it has found one violation, or given up."""
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        derandomize=False,  # the seed below decides
        phases=(Phase.generate,),
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=(HealthCheck.filter_too_much, HealthCheck.too_slow),
        verbosity=Verbosity.quiet,
    )
    with suppress(PropertyViolatedError):  # the hunt has the run that broke it
        run_state_machine_as_test(
            hypothesis.seed(seed)(walk_of(hunt)), settings=settings
        )
