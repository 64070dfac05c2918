"""Which gateways with a faulty fast handover a tester can tell from the gateway."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from pmip6.conformance.fast_handover.differences import (
    Asking,
    Observed,
    WatchedMachine,
    ranks_of,
)
from pmip6.conformance.fast_handover.faulty_gateways import change_of, handover_mutants
from pmip6.model.domain import Configuration, Model, shipped_rules
from pmip6.model.fast_handover.machine import HandoverMachine
from pmip6.model.fast_handover.state import NewState, PreviousState
from pmip6.model.language.interpreter import Interpreter, Transition
from pmip6.model.language.table import Rule
from pmip6.model.machines import MagMachine
from pmip6.model.state import TIME
from pmip6.properties.faults.mutants import Mutant
from pmip6.vectors.fast_handover.model import NODE, HandoverScene, HandoverSnapshot
from pmip6.vectors.fast_handover.purposes import TRIED
from pmip6.vectors.fast_handover.stimuli import Elapse, HandoverStimulus
from pmip6.vectors.packs.beside import Did, Outcome, Place, beside
from pmip6.vectors.packs.role_graphs import NotingHandover

ADVERTISING = (
    "advertise",
    "answer_solicitation",
    "advertise_transferred_prefix",
    "withdraw_prefix",
)


class _Comparable(NotingHandover):
    """A gateway of which everything is told that a tester sees."""

    def does(
        self, snapshot: HandoverSnapshot, stimulus: HandoverStimulus, until_ms: int = 0
    ) -> Did[HandoverSnapshot]:
        """What it does on a stimulus, and until a time at least."""
        self.reset(snapshot)
        if isinstance(stimulus, Elapse) and until_ms:
            self._steps.clear()
            self._machine.elapse(until_ms)
            steps = [step for step in self._steps if step.rule is not None]
        elif self.is_possible(stimulus):
            steps = list(self.take(stimulus))
        else:
            steps = []
        return Did((tuple(_sent(steps)), self._traffic()), self.snapshot())

    @property
    def configuration(self) -> Configuration:
        """What is fixed."""
        return self._machine.model.configuration

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Its rules, as far as they are its own."""
        return self._machine.model.rules

    def _traffic(self) -> Hashable:
        """What decides which way user packets go (conformance/fast_handover/gateway.py)."""
        machine = self._machine
        previous, new = machine.previous(NODE), machine.new(NODE)
        return (
            machine.prefixes(NODE) if machine.is_granted(NODE) else None,
            machine.is_attached(NODE),
            previous if previous in _VISIBLE else None,
            machine.next_gateway(NODE)
            if previous is PreviousState.FORWARDING
            else None,
            machine.former_gateway(NODE) if new is NewState.TUNNELLED else None,
        )


_VISIBLE = (PreviousState.FORWARDING, PreviousState.BUFFERING)


def _sent(steps: Iterable[Transition]) -> Iterator[Hashable]:
    """The messages without their times, and the advertisements."""
    for step in steps:
        for channel, message in step.sent:
            fields = zip(message, channel.fields, strict=True)
            untimed = tuple(value for value, (_, sort) in fields if sort != TIME)
            yield channel.name, untimed
        if step.name in ADVERTISING:
            yield step.name


HandoverPlace = Place[HandoverSnapshot, HandoverStimulus]
Moves = list[tuple[HandoverPlace, HandoverStimulus]]


@dataclass(frozen=True, eq=False)
class SceneStates:
    """A gateway in a scene: all that a tester can do, and what its machine is asked then.

    The number of a move is its place.
    """

    model: _Comparable
    moves: Moves
    seen: Observed


@cache
def scene_states(scene: HandoverScene) -> SceneStates:
    """What a tester can do in every state that it can bring about; breadth first."""
    moves: Moves = []
    askings: list[tuple[Asking, Transition | None]] = []

    def _note(asking: Asking, step: Transition | None) -> None:
        askings.append((asking, step))

    class Machine(HandoverMachine):
        """A machine that tells what it is asked."""

        def _made(self, model: Model) -> MagMachine:
            return WatchedMachine(model, _note)

    class Watched(_Comparable):
        """A gateway with such a machine."""

        machine_kind = Machine

    model = Watched(scene)
    first = model.snapshot()
    seen = Observed(model.configuration)
    known = {model.key()}
    waiting: deque[HandoverPlace] = deque([Place(first, ())])
    while waiting:
        place = waiting.popleft()
        for stimulus in TRIED:
            model.reset(place.state)
            if not model.is_possible(stimulus):
                continue
            askings.clear()
            did = model.does(place.state, stimulus)
            for asking, step in askings:
                seen.note(asking, step, len(moves))
            moves.append((place, stimulus))
            if model.key() not in known:
                known.add(model.key())
                waiting.append(Place(did.target, (*place.way, stimulus)))
    return SceneStates(model, moves, seen)


@cache
def _interpreter(scene: HandoverScene) -> Interpreter:
    """Of a model that has the changed rule of every mutant, under its name."""
    changes = map(change_of, handover_mutants().values())
    wrong = [c.wrong.changed(name=c.name) for c in changes if c.wrong is not None]
    return Interpreter(Model(_configuration(scene), (*shipped_rules(), *wrong)))


class BesideHandover:
    """A gateway and a mutant of it, in a scene."""

    def __init__(self, scene: HandoverScene, mutant: Mutant) -> None:
        self._told = scene_states(scene)
        self._right = self._told.model
        self._wrong = _Comparable(scene, mutant.rules)
        self._change = change_of(mutant)
        self._scene = scene

    def tried(self, right: HandoverSnapshot) -> Iterable[HandoverStimulus]:
        """What a tester can do."""
        self._right.reset(right)
        return [s for s in TRIED if self._right.is_possible(s)]

    def moves(self) -> Iterator[tuple[HandoverPlace, HandoverStimulus]]:
        """Those in which the mutant takes another step."""
        found = ranks_of(self._told.seen, _interpreter(self._scene), self._change)
        for number in sorted(found, key=lambda n: (found[n], n)):
            yield self._told.moves[number]

    def right(
        self, state: HandoverSnapshot, stimulus: HandoverStimulus
    ) -> Did[HandoverSnapshot]:
        """What the gateway does."""
        return self._right.does(state, stimulus)

    def wrong(
        self,
        state: HandoverSnapshot,
        stimulus: HandoverStimulus,
        right: HandoverSnapshot,
        seen: Hashable,
    ) -> Did[HandoverSnapshot]:
        """What the mutant does in as much time."""
        until_ms = self._right.does(right, stimulus).target.now_ms
        return self._wrong.does(state, stimulus, until_ms)

    def key(self, right: HandoverSnapshot, wrong: HandoverSnapshot) -> Hashable:
        """What both do for the node, and which timers run."""
        self._right.reset(right)
        self._wrong.reset(wrong)
        return self._right.key(), self._wrong.key()


@cache
def _configuration(scene: HandoverScene) -> Configuration:
    """What is fixed in the scene."""
    return _Comparable(scene).configuration


def _is_another_rule(mutant: Mutant, chosen: Configuration) -> bool:
    """A gateway takes another rule with the mutant than without it."""
    holding = frozenset(name for name, held in chosen.facts.items() if held)
    is_taken = mutant.rule not in chosen.disabled
    return is_taken and change_of(mutant).differs(holding)


@dataclass(frozen=True)
class HandoverOutcome:
    """How a mutant compares with the gateway in a scene."""

    scene: HandoverScene
    outcome: Outcome[HandoverStimulus]


def handover_outcomes(mutant: Mutant) -> list[HandoverOutcome]:
    """How a mutant compares with the gateway, in each scene with other rules."""
    found: list[HandoverOutcome] = []
    for scene in HandoverScene:
        if _is_another_rule(mutant, _configuration(scene)):
            both = BesideHandover(scene, mutant)
            found.append(HandoverOutcome(scene, beside(both)))
            if found[-1].outcome.run is not None:
                break
    return found
