"""In which cases a faulty gateway acts otherwise than the gateway does.

The machine of the gateway is watched while every case runs once.  A mutant of its rules
is asked afterwards what it would have done in the same states; up to the first difference
its run is that of the gateway, so that one that never differs in a case passes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pmip6.conformance.fast_handover.case import run_in_memory
from pmip6.conformance.fast_handover.gateway import FastHandoverGateway
from pmip6.conformance.mag.domain import configuration_of
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.model.domain import Element, Model, shipped_rules
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
from pmip6.properties.faults.noticed import RuleChange
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import HandoverPurpose

AT_ONCE, LATER = 0, 1
"""What a difference shows in: in what is sent or taken, or in the state alone."""


@dataclass(frozen=True)
class Asking:
    """What a machine is asked: a message, a timer that is due, or an act, in a state.

    Args:
        trigger: Name of the channel, of the timer or of the rule.
        chosen: The fields of the message, or the indices of the rule that are given.
        state: The state.
    """

    trigger: str
    chosen: tuple[tuple[str, Value], ...]
    state: State

    @property
    def environment(self) -> dict[str, Value]:
        """What is chosen, by name."""
        return dict(self.chosen)


@dataclass
class Observed:
    """What the machine of the gateway was asked in the cases of a scene, and did.

    Args:
        settings: Those of the gateway.
        steps: The step that it took, by what it was asked; None where it took none.
        cases: Numbers of the cases, likewise.
    """

    settings: GatewaySettings
    steps: dict[Asking, Transition | None] = field(
        default_factory=dict[Asking, Transition | None]
    )
    cases: dict[Asking, set[int]] = field(default_factory=dict[Asking, set[int]])

    def note(self, asking: Asking, step: Transition | None, case: int) -> None:
        """A machine was asked."""
        self.steps[asking] = step
        self.cases.setdefault(asking, set()).add(case)


class _WatchedMachine(MagMachine):
    """The machine of a gateway that tells what it is asked."""

    def __init__(self, model: Model, observed: Observed, case: int) -> None:
        self._observed, self._case = observed, case
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
        asking = Asking(channel.name, fields, self.state)
        step = super().receive(channel, message, durations, preferred=preferred)
        self._observed.note(asking, step, self._case)
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
        asking = Asking(timer.name, due, self.state)
        step = super().expire(timer, args, durations)
        self._observed.note(asking, step, self._case)
        return step

    def act(self, name: str, indices: Mapping[str, Element]) -> Transition | None:
        """Take a rule of the role's own accord, if its guard holds for the indices."""
        asking = Asking(name, tuple(indices.items()), self.state)
        step = super().act(name, indices)
        self._observed.note(asking, step, self._case)
        return step


def _watched(observed: Observed, case: int) -> type[FastHandoverGateway]:
    """Gateways whose machine is watched."""

    class Machine(HandoverMachine):
        """The machine of such a gateway."""

        def _made(self, model: Model) -> MagMachine:
            return _WatchedMachine(model, observed, case)

    class Gateway(FastHandoverGateway):
        """Such a gateway."""

        machine_kind = Machine

    return Gateway


class Differences:
    """Where the mutants of rules differ from the gateway in some cases.

    Args:
        purposes: The cases.
        changes: The mutants.

    Raises:
        AssertionError: A case finds fault with the gateway itself.
    """

    def __init__(
        self, purposes: Sequence[HandoverPurpose], changes: Iterable[RuleChange]
    ) -> None:
        self._purposes = purposes
        self._observed: dict[HandoverScene, Observed] = {}
        for number, purpose in enumerate(purposes):
            self._watch(number, purpose)
        wrong = [c.wrong.changed(name=c.name) for c in changes if c.wrong is not None]
        self._asked = {
            scene: Interpreter(
                Model(configuration_of(seen.settings), (*shipped_rules(), *wrong))
            )
            for scene, seen in self._observed.items()
        }

    def _watch(self, number: int, purpose: HandoverPurpose) -> None:
        def start(settings: GatewaySettings, start_ms: int) -> FastHandoverGateway:
            seen = self._observed.setdefault(purpose.scene, Observed(settings))
            others: dict[str, Any] = {"start_ms": start_ms}
            return _watched(seen, number)(settings, **others)

        result = run_in_memory(purpose, start)
        if result.findings:
            raise AssertionError(f"{purpose.name} fails on the gateway itself")

    def cases(self, change: RuleChange) -> list[HandoverPurpose]:
        """The cases in which a mutant differs, those first in which it shows at once."""
        ranks: dict[int, int] = {}
        for scene, seen in self._observed.items():
            interpreter = self._asked[scene]
            wrong = {r.name: r for r in interpreter.model.rules}.get(change.name)
            for asking, step in seen.steps.items():
                if not _concerns(asking, change.right):
                    continue
                rank = _difference(interpreter, change, wrong, asking, step)
                if rank is not None:
                    for case in seen.cases[asking]:
                        ranks[case] = min(rank, ranks.get(case, rank))
        ordered = sorted(ranks, key=lambda case: (ranks[case], case))
        return [self._purposes[case] for case in ordered]


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
    other = interpreter.apply(wrong, asking.state, found)
    if step is None or not is_taken or other.sent != step.sent:
        return AT_ONCE
    return LATER if other.target != step.target else None
