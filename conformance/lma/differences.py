"""Where faulty anchors would act otherwise than the anchor does, found as it runs.

The anchor's machine is watched: at each message and each expiry every mutant of its rules
is asked what it would do in the same state.  Up to the first difference the run of a
mutant is that of the anchor, so that a mutant that never differs in a run passes it, as
does one that changes several rules of which none differs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from pmip6.conformance.lma.faulty_peers import FaultyPeer, changed_rules
from pmip6.model.domain import Element, Model
from pmip6.model.language.evaluation import Environment
from pmip6.model.language.interpreter import (
    Interpreter,
    Message,
    State,
    Transition,
    Value,
)
from pmip6.model.language.table import Channel, Rule, Timer
from pmip6.model.language.terms import Term, name_of
from pmip6.model.lma.rules import lma
from pmip6.model.machines import LmaMachine

MachineMaker = Callable[[Model], LmaMachine]
Due = tuple[Timer, tuple[Element, ...]]
Trigger = Channel | Timer

AT_ONCE, LATER = 0, 1
"""What a difference shows in: in what is sent, or in the state alone."""


@dataclass(frozen=True, eq=False)
class RuleFault:
    """What a mutant of the rules makes of one of them.

    Args:
        name: Name of the mutant.
        rule: Name of the rule.
        changed: What has become of it, under a name of its own; None where it is left
            out.
    """

    name: str
    rule: str
    changed: Rule | None


def rule_faults(peer: FaultyPeer) -> list[RuleFault]:
    """The faults of a mutant, one for each rule that it changes."""
    return [
        RuleFault(
            peer.name,
            right.name,
            None if wrong is None else wrong.changed(name=f"{peer.name}/{right.name}"),
        )
        for right, wrong in changed_rules(peer)
    ]


class Watch:
    """The mutants that are watched for, and which of them have differed.

    Args:
        faults: The mutants.

    Attributes:
        differences: The mutants that differ in the run, by name: `AT_ONCE` where what is
            sent differs anywhere, else `LATER`.
    """

    def __init__(self, faults: Iterable[RuleFault]) -> None:
        self.faults: dict[str, list[RuleFault]] = {}
        self.differences: dict[str, int] = {}
        self.rules = {rule.name: rule for rule in lma.rules}
        for fault in faults:
            self.faults.setdefault(fault.rule, []).append(fault)

    def machine(self, model: Model) -> LmaMachine:
        """A machine of the anchor that is watched."""
        return WatchedMachine(model, self)

    def mutants(self) -> tuple[Rule, ...]:
        """The changed rules."""
        every = (fault for faults in self.faults.values() for fault in faults)
        return tuple(fault.changed for fault in every if fault.changed is not None)

    def note(self, name: str, rank: int) -> None:
        """A mutant differs."""
        self.differences[name] = min(rank, self.differences.get(name, rank))


class WatchedMachine(LmaMachine):
    """The machine of the anchor; before each step it asks what mutants would do."""

    def __init__(self, model: Model, watch: Watch) -> None:
        super().__init__(model)
        self._watch = watch
        every = Model(model.configuration, (*lma.rules, *watch.mutants()))
        self._left = {rule.name: rule for rule in every.rules}
        self._asked = Interpreter(every)

    def receive(
        self,
        channel: Channel,
        message: Message,
        durations: Mapping[str, int] | None = None,
        *,
        preferred: Collection[str] = (),
    ) -> Transition | None:
        """Take the first step that a rule allows on a message."""
        state = self.state
        step = super().receive(channel, message, durations, preferred=preferred)
        names = (f"message.{name}" for name, _ in channel.fields)
        fields = dict(zip(names, message, strict=True))
        event = _Event(self._asked, channel, state, fields, durations, None)
        self._compare(event, step)
        return step

    def expire(
        self,
        timer: Timer,
        args: tuple[Element, ...],
        durations: Mapping[str, int] | None = None,
    ) -> Transition | None:
        """Take the first step that a rule allows on a timer that is due."""
        state = self.state
        step = super().expire(timer, args, durations)
        self._compare(_Event(self._asked, timer, state, {}, durations, args), step)
        return step

    def _compare(self, event: _Event, step: Transition | None) -> None:
        """Note every mutant that would take another step."""
        taken = None if step is None or step.rule is None else step.rule.name
        for name, faults in self._watch.faults.items():
            if self._watch.rules[name].on != event.on:
                continue
            for fault in faults:
                if self._watch.differences.get(fault.name) != AT_ONCE:
                    self._compare_one(event, step, fault, is_taken=name == taken)

    def _compare_one(
        self,
        event: _Event,
        step: Transition | None,
        fault: RuleFault,
        *,
        is_taken: bool,
    ) -> None:
        mutant = None if fault.changed is None else self._left.get(fault.changed.name)
        env = None if mutant is None else event.environment(mutant)
        if mutant is None or env is None:
            if is_taken:  # another rule takes it, or none
                self._watch.note(fault.name, AT_ONCE)
            return
        other = self._asked.apply(mutant, event.state, env, event.durations)
        if step is None or _shown(other) != _shown(step):
            silent = not other.sent and (step is None or not step.sent)
            self._watch.note(fault.name, LATER if silent else AT_ONCE)
        elif other.target != step.target:
            self._watch.note(fault.name, LATER)


class _Event:
    """A message, or a timer that is due, in a state."""

    def __init__(
        self,
        interpreter: Interpreter,
        on: Trigger,
        state: State,
        fields: Environment,
        durations: Mapping[str, int] | None,
        args: tuple[Element, ...] | None,
    ) -> None:
        self.on, self.state, self.durations = on, state, durations
        self._interpreter, self._fields, self._args = interpreter, fields, args
        self._decided: dict[Term, bool] = {}

    def environment(self, rule: Rule) -> Environment | None:
        """The first choice of the indices for which the rule takes it."""
        for env in self._interpreter.environments(
            rule, self.state, self._fields, self._decided
        ):
            if self._args in (None, _due(rule, env)):
                return env
        return None


def _shown(step: Transition) -> tuple[object, ...]:
    """What an answer is made of: the messages, and the entry that they are about."""
    return step.sent, step.environment.get("entry")


def _due(rule: Rule, env: Mapping[str, Value]) -> tuple[Value, ...]:
    return tuple(env[name_of(a)] for a in rule.expiry_args)
