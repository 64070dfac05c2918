"""The explorer without a C compiler: the same search by the plain interpreter, slowly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import TICK, Interpreter, State, Transition
from pmip6.properties.exploration.search import INTERRUPTED, Extent, Progress, Reached
from pmip6.properties.exploration.slicing import SlicedModel
from pmip6.properties.property import Property, Scope
from pmip6.properties.replay import Found, replay, value_on, violates
from pmip6.properties.result import Trace

MOST_STATES = 5_000  # less than a minute


@dataclass(frozen=True)
class Violation:
    """Where a property was violated: in a state, or on a step from it."""

    state: State
    step: Found | None = None


class PlainExplorer:
    """One exploration of one model with some properties, by the plain interpreter."""

    def __init__(
        self, model: Model, properties: Sequence[Property], most: int = 1
    ) -> None:
        self.model = model
        self.interpreter = Interpreter(model)
        self.properties = tuple(properties)
        self._origins: dict[State, State | None] = {}
        self._taken: Counter[str] = Counter()
        self._reached: set[int] = set()
        self.most = most
        self._violations: dict[int, dict[object, Violation]] = {}

    def run(
        self, *, limit: int | None, enough: Callable[[], bool], progress: Progress
    ) -> Extent:
        """Explore until all is met, `limit` states are, or `enough` is known."""
        limit = min(MOST_STATES, MOST_STATES if limit is None else limit)
        first = self.interpreter.canonical(self.interpreter.initial())
        self._origins[first] = None
        self._check_state(first)
        layer, depth, stopped = [first], 0, ""
        try:
            while layer and not stopped:
                following: list[State] = []
                for state in layer:
                    following += self._expand(state)
                    if len(self._origins) > limit:
                        stopped = f"the limit is {limit} states"
                    elif enough():
                        stopped = "what was sought is found"
                    if stopped:
                        break
                progress(Reached(len(self._origins), depth, len(following), None))
                layer = following
                depth += bool(layer and not stopped)
        except KeyboardInterrupt:
            stopped = INTERRUPTED
        return Extent(len(self._origins), self._taken.total(), depth, stopped)

    def _expand(self, state: State) -> list[State]:
        """The states after this one that were not met before."""
        found: list[State] = []
        is_stuck = True
        for step in self.interpreter.transitions(state):
            is_stuck = False
            self._taken[step.name] += 1
            target = self.interpreter.canonical(step.target)
            self._check_step(state, step, target)
            if target not in self._origins:
                self._origins[target] = state
                self._check_state(target)
                found.append(target)
        if is_stuck:
            self._keep(len(self.properties), Violation(state))
        return found

    def _check_state(self, state: State) -> None:
        for number, claim in enumerate(self.properties):
            if claim.scope is Scope.STATE:
                value = self.interpreter.value
                if number not in self._reached and value(claim.premise, state, {}):
                    self._reached.add(number)
                if not self.is_violated(number) and not value(claim.term, state, {}):
                    self._keep(number, Violation(state))

    def _check_step(self, state: State, step: Transition, target: State) -> None:
        for number, claim in enumerate(self.properties):
            if claim.scope is not Scope.STATE:
                told = self.interpreter, claim, step, state
                if number not in self._reached and value_on(*told, claim.premise):
                    self._reached.add(number)
                if not self.is_violated(number) and violates(*told[:2])(*told[2:]):
                    self._keep(number, Violation(state, Found(target, step.name)))

    def _keep(self, number: int, violation: Violation) -> None:
        """Keep a violation that ends in another step than those that are kept."""
        kept = self._violations.setdefault(number, {})
        if len(kept) < self.most:
            kept.setdefault(violation.step or violation.state, violation)

    def close(self) -> None:
        """Nothing is held that has to be given back."""

    def steps(self) -> dict[str, int]:
        """How many steps each rule took."""
        names = [*(rule.name for rule in self.model.rules), TICK]
        return {name: self._taken[name] for name in names}

    def is_reached(self, number: int) -> bool:
        """Whether the premise of a property was met."""
        return number in self._reached

    def is_violated(self, number: int) -> bool:
        """Whether a property was violated as often as wanted."""
        return len(self._violations.get(number, ())) == self.most

    def traces(self, number: int) -> tuple[Trace, ...]:
        """Shortest runs that violate a property; the last step of each does."""
        violations = self._violations.get(number, {}).values()
        return tuple(self._trace(number, violation) for violation in violations)

    def _trace(self, number: int, violation: Violation) -> Trace:
        path, state = list[Found](), violation.state
        while (origin := self._origins[state]) is not None:
            path.append(Found(state))
            state = origin
        path.reverse()
        if violation.step is not None:
            path.append(violation.step)
        if not isinstance(self.model, SlicedModel):
            wanted = self._wanted(number, violation, self.interpreter)
            return replay(self.interpreter, path, wanted)
        whole, view = Interpreter(self.model.whole), self.model.view
        return replay(
            whole,
            path,
            self._wanted(number, violation, whole),
            lambda s, found: view(s) == found,
        )

    def _wanted(
        self, number: int, violation: Violation, interpreter: Interpreter
    ) -> Callable[[Transition, State], bool]:
        """Whether a step is one that the last step of a violation may be."""
        if violation.step is None:
            return lambda step, state: True
        return violates(interpreter, self.properties[number])
