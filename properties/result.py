"""What an engine says: results of properties, runs, and traces."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import State, Transition


class Outcome(enum.Enum):
    """The answer to 'does it hold?'; a solver's unknown is never a pass."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNDECIDED = "undecided"


@dataclass(frozen=True, eq=False)
class Trace:
    """A run of the model from its first state, replayed on the plain interpreter.

    `states` is one longer than `steps`.  A trace of a proof need not begin in the first
    state: `initial` is False for a counterexample to induction.  `model` is the model of
    the trace where it is not the one of the run's configuration.  In a run without end the
    steps from number `loop` on (from 0) come again and again.
    """

    states: tuple[State, ...]
    steps: tuple[Transition, ...]
    initial: bool = True
    model: Model | None = None
    loop: int | None = None


@dataclass(frozen=True, eq=False)
class PropertyResult:
    """The result of one property in one run.

    Args:
        name: Name of the property.
        outcome: Whether it holds.
        method: What the outcome rests on, in words: 'exhaustive', 'k-induction, k=1',
            'proved for any size', 'no counterexample to depth 20', ...
        assumptions: What it takes for granted.
        trace: A shortest run that violates it, where the engine gives one.
        note: Anything else to tell, as a counterexample to induction in words.
        vacuous: It cannot fail there, but says nothing: its premise is met nowhere.
        others: Further runs that violate it, where they were asked for.
    """

    name: str
    outcome: Outcome
    method: str
    assumptions: tuple[str, ...] = ()
    trace: Trace | None = None
    note: str = ""
    vacuous: bool = False
    others: tuple[Trace, ...] = ()

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Every run that is shown."""
        return () if self.trace is None else (self.trace, *self.others)


@dataclass(frozen=True, eq=False)
class Run:
    """One engine on one configuration.

    Counts are None where the engine has none; `memory` is that of the states in octets.
    `without_case` are properties that were asked for and were not looked at, as the facts
    or the size of the configuration leave them no case.
    """

    configuration: str
    engine: str
    states: int | None
    transitions: int | None
    depth: int | None
    seconds: float
    properties: tuple[PropertyResult, ...]
    notes: tuple[str, ...] = ()
    rules: dict[str, int] = field(default_factory=dict[str, int])  # steps by rule name
    memory: int | None = None
    without_case: tuple[str, ...] = ()
