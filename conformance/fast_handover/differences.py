"""In which runs a faulty gateway acts otherwise than the gateway does.

A run is a test case, or a scenario of a pack.  The machine of the gateway is watched while
every run is made once.  A mutant of its rules is asked afterwards what it would have done in
the same states; up to the first difference its run is that of the gateway, so that one that
never differs in a run passes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

from pmip6.conformance.fast_handover.case import run_in_memory
from pmip6.conformance.fast_handover.gateway import FastHandoverGateway
from pmip6.conformance.mag.domain import configuration_of
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.model.domain import Configuration, Element, Model, shipped_rules
from pmip6.model.fast_handover.machine import HandoverMachine
from pmip6.model.language.interpreter import (
    Interpreter,
    Message,
    State,
    Transition,
    Value,
)
from pmip6.model.language.table import Channel, Rule, Timer
from pmip6.model.language.terms import name_of
from pmip6.model.machines import MagMachine
from pmip6.model.mag.machine import GatewayMachine
from pmip6.properties.faults.noticed import RuleChange
from pmip6.vectors.fast_handover.purposes import HandoverPurpose

RunT = TypeVar("RunT")
Start = Callable[[GatewaySettings, int], ReferenceGateway]
"""Makes a gateway from its settings at a time."""

AT_ONCE, LATER = 0, 1
"""What a difference shows in: in what is sent or taken, or in the state alone."""


@dataclass(frozen=True)
class Asking:
    """What a machine is asked: a message, a timer that is due, or an act, in a state.

    Args:
        trigger: Name of the channel, of the timer or of the rule.
        chosen: The fields of the message, or the indices of the rule that are given.
        state: The state.
        durations: Ticks of the timers that the message sets itself, by name.
    """

    trigger: str
    chosen: tuple[tuple[str, Value], ...]
    state: State
    durations: tuple[tuple[str, int], ...] = ()

    @property
    def environment(self) -> dict[str, Value]:
        """What is chosen, by name."""
        return dict(self.chosen)


@dataclass
class Observed:
    """What the machine of a gateway was asked in all runs with its settings, and did.

    Args:
        configuration: That of the gateway.
        steps: The step that it took, by what it was asked; None where it took none.
        runs: Numbers of the runs, likewise.
    """

    configuration: Configuration
    steps: dict[Asking, Transition | None] = field(
        default_factory=dict[Asking, Transition | None]
    )
    runs: dict[Asking, set[int]] = field(default_factory=dict[Asking, set[int]])

    def note(self, asking: Asking, step: Transition | None, run: int) -> None:
        """A machine was asked."""
        self.steps[asking] = step
        self.runs.setdefault(asking, set()).add(run)


Note = Callable[[Asking, Transition | None], None]
"""Called with what a machine is asked, and the step that it takes."""


class WatchedMachine(MagMachine):
    """The machine of a gateway that tells what it is asked."""

    def __init__(self, model: Model, note: Note) -> None:
        self._note = note
        super().__init__(model)

    def receive(
        self,
        channel: Channel,
        message: Message,
        durations: Mapping[str, int] | None = None,
        *,
        preferred: Collection[str] = (),
    ) -> Transition | None:
        """Take the first step that a rule allows on a message."""
        names = (f"message.{name}" for name, _ in channel.fields)
        fields = tuple(zip(names, message, strict=True))
        asking = Asking(channel.name, fields, self.state, _told(durations))
        step = super().receive(channel, message, durations, preferred=preferred)
        self._note(asking, step)
        return step

    def expire(
        self,
        timer: Timer,
        args: tuple[Element, ...],
        durations: Mapping[str, int] | None = None,
    ) -> Transition | None:
        """Take the first step that a rule allows on a timer that is due."""
        rule = next(rule for rule in self.model.rules if rule.on == timer)
        names = map(name_of, rule.expiry_args)
        due = tuple(zip(names, args, strict=True))
        asking = Asking(timer.name, due, self.state, _told(durations))
        step = super().expire(timer, args, durations)
        self._note(asking, step)
        return step

    def act(self, name: str, indices: Mapping[str, Element]) -> Transition | None:
        """Take a rule of the role's own accord, if its guard holds for the indices."""
        asking = Asking(name, tuple(indices.items()), self.state)
        step = super().act(name, indices)
        self._note(asking, step)
        return step


def _told(durations: Mapping[str, int] | None) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((durations or {}).items()))


def _watched(
    settings: GatewaySettings, observed: Observed, run: int, start_ms: int
) -> ReferenceGateway:
    """A gateway as its settings want it, whose machine is watched."""
    others: dict[str, Any] = {"start_ms": start_ms}

    class Machine(GatewayMachine):
        """The machine of such a gateway."""

        def _made(self, model: Model) -> MagMachine:
            return WatchedMachine(model, partial(observed.note, run=run))

    class WatchedHandoverMachine(Machine, HandoverMachine):
        """The same with fast handover."""

    class Gateway(ReferenceGateway):
        """Such a gateway."""

        def _made_machine(
            self, rules: Iterable[Rule] | None, start_ms: int
        ) -> GatewayMachine:
            told = configuration_of(self.settings)
            return Machine(told, self._taken, rules, start_ms)

    class HandoverGateway(FastHandoverGateway):
        """The same with fast handover."""

        machine_kind = WatchedHandoverMachine

    kind = Gateway if settings.fast_handover is None else HandoverGateway
    return kind(settings, **others)


class Differences(Generic[RunT]):
    """Where the mutants of rules differ from the gateway in some runs.

    Args:
        runs: The runs.
        changes: The mutants.
        is_faulty: Makes a run with gateways of its own, and tells whether it finds fault.

    Raises:
        AssertionError: A run finds fault with the gateway itself.
    """

    def __init__(
        self,
        runs: Sequence[RunT],
        changes: Iterable[RuleChange],
        is_faulty: Callable[[RunT, Start], bool],
    ) -> None:
        self._runs = runs
        self._is_faulty = is_faulty
        self._observed: dict[str, Observed] = {}
        for number, run in enumerate(runs):
            self._watch(number, run)
        wrong = [c.wrong.changed(name=c.name) for c in changes if c.wrong is not None]
        self._asked = {
            place: Interpreter(Model(seen.configuration, (*shipped_rules(), *wrong)))
            for place, seen in self._observed.items()
        }

    def _watch(self, number: int, run: RunT) -> None:
        def start(settings: GatewaySettings, start_ms: int) -> ReferenceGateway:
            place = settings.model_dump_json()
            told = Observed(configuration_of(settings))
            seen = self._observed.setdefault(place, told)
            return _watched(settings, seen, number, start_ms)

        if self._is_faulty(run, start):
            raise AssertionError(f"{run} fails on the gateway itself")

    def runs(self, change: RuleChange) -> list[RunT]:
        """The runs in which a mutant differs, those first in which it shows at once."""
        ranks: dict[int, int] = {}
        for place, seen in self._observed.items():
            for run, rank in ranks_of(seen, self._asked[place], change).items():
                ranks[run] = min(rank, ranks.get(run, rank))
        ordered = sorted(ranks, key=lambda run: (ranks[run], run))
        return [self._runs[run] for run in ordered]


def case_differences(
    purposes: Sequence[HandoverPurpose], changes: Iterable[RuleChange]
) -> Differences[HandoverPurpose]:
    """Where mutants differ in test cases."""

    def is_faulty(purpose: HandoverPurpose, start: Start) -> bool:
        return bool(run_in_memory(purpose, start).findings)

    return Differences(purposes, changes, is_faulty)


def ranks_of(
    seen: Observed, interpreter: Interpreter, change: RuleChange
) -> dict[int, int]:
    """The runs in which a mutant differs, each with what the difference shows in.

    Args:
        seen: What the gateway was asked.
        interpreter: Of a model that has the changed rule under the name of the mutant.
        change: The mutant.
    """
    ranks: dict[int, int] = {}
    wrong = {r.name: r for r in interpreter.model.rules}.get(change.name)
    for asking, step in seen.steps.items():
        if not _concerns(asking, change.right):
            continue
        rank = _difference(interpreter, change, wrong, asking, step)
        if rank is not None:
            for run in seen.runs[asking]:
                ranks[run] = min(rank, ranks.get(run, rank))
    return ranks


def _concerns(asking: Asking, rule: Rule) -> bool:
    trigger = rule.name if rule.on is None else rule.on.name
    return asking.trigger == trigger


def _difference(
    interpreter: Interpreter,
    change: RuleChange,
    wrong: Rule | None,
    asking: Asking,
    step: Transition | None,
) -> int | None:
    """What the mutant does otherwise; None where it does the same."""
    is_taken = step is not None and step.name == change.right.name
    found = (
        None
        if wrong is None
        else next(
            interpreter.environments(wrong, asking.state, asking.environment), None
        )
    )
    if wrong is None or found is None:
        return AT_ONCE if is_taken else None
    durations = dict(asking.durations) or None
    other = interpreter.apply(wrong, asking.state, found, durations)
    if step is None or not is_taken or other.sent != step.sent:
        return AT_ONCE
    return LATER if other.target != step.target else None
