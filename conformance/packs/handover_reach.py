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
from pmip6.model.state import TIME, renewal
from pmip6.properties.faults.mutants import Mutant
from pmip6.vectors.fast_handover.model import (
    DERIVED,
    NODE,
    HandoverModel,
    HandoverScene,
    HandoverSnapshot,
)
from pmip6.vectors.fast_handover.purposes import TRIED
from pmip6.vectors.fast_handover.stimuli import (
    Elapse,
    HandoverStimulus,
    Initiation,
    Said,
)
from pmip6.vectors.packs.beside import Did, Outcome, Place, beside
from pmip6.vectors.packs.role_graphs import NotingHandover

STIMULI: tuple[HandoverStimulus, ...] = (
    *TRIED,
    Elapse(renewal.name),
)
"""What a tester can do; a timer that should not run any more shows before a renewal."""
MOST_PAIRS = 1000
"""So many pairs of different states are looked at in a scene."""
ADVERTISING = (
    "advertise",
    "answer_solicitation",
    "advertise_transferred_prefix",
    "withdraw_prefix",
)


class _Comparable(NotingHandover):
    """A gateway of which everything is told that a tester sees.

    Its states are canonical, and begin at time 0: that is all that its rules read.
    """

    def __init__(
        self, scene: HandoverScene, rules: tuple[Rule, ...] | None = None
    ) -> None:
        super().__init__(scene, rules)
        self._interpreter = Interpreter(self._machine.model)

    def snapshot(self) -> HandoverSnapshot:
        """Where it is, as far as that makes a difference."""
        return HandoverSnapshot(self._interpreter.canonical(self.state), 0)

    def does(
        self, snapshot: HandoverSnapshot, stimulus: HandoverStimulus, until_ms: int = 0
    ) -> _Done:
        """What it does on a stimulus, and until a time at least."""
        self.reset(snapshot)
        refuses = self._refuses(stimulus)
        if isinstance(stimulus, Elapse) and until_ms:
            self._steps.clear()
            self._machine.elapse(until_ms)
            steps = [step for step in self._steps if step.rule is not None]
        elif self.is_possible(stimulus) and not refuses:
            steps = list(self.take(stimulus))
        else:
            steps = []
        seen = tuple(_sent(steps)), refuses, self._traffic()
        return _Done(Did(seen, self.snapshot()), self._machine.now_ms)

    def _refuses(self, stimulus: HandoverStimulus) -> bool:
        """It is asked by name for what it has not (model/fast_handover/reception.py)."""
        asks = isinstance(stimulus, Initiation) and stimulus.said is Said.NAMED_FETCH
        return asks and not self._machine.is_granted(NODE)

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


@dataclass(frozen=True)
class _Done:
    """What a gateway does, and how long the tester has listened then."""

    did: Did[HandoverSnapshot]
    until_ms: int


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
    done: dict[tuple[HandoverSnapshot, HandoverStimulus], _Done]

    def does(self, state: HandoverSnapshot, stimulus: HandoverStimulus) -> _Done:
        """What the gateway does; looked up where it has been asked before."""
        if (state, stimulus) not in self.done:
            self.done[state, stimulus] = self.model.does(state, stimulus)
        return self.done[state, stimulus]


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
    told = SceneStates(model, moves, Observed(model.configuration), {})
    first = model.snapshot()
    known = {model.key()}
    waiting: deque[HandoverPlace] = deque([Place(first, ())])
    while waiting:
        place = waiting.popleft()
        for stimulus in _possible(model, place.state):
            askings.clear()
            target = told.does(place.state, stimulus).did.target
            for asking, step in askings:
                told.seen.note(asking, step, len(moves))
            moves.append((place, stimulus))
            model.reset(target)
            if model.key() not in known:
                known.add(model.key())
                waiting.append(Place(target, (*place.way, stimulus)))
    return told


def _possible(
    model: HandoverModel, state: HandoverSnapshot
) -> Iterator[HandoverStimulus]:
    """What a tester can do in a state."""
    for stimulus in STIMULI:
        model.reset(state)
        if model.is_possible(stimulus):
            yield stimulus


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
        return list(_possible(self._right, right))

    def moves(self) -> Iterator[tuple[HandoverPlace, HandoverStimulus]]:
        """Those in which the mutant takes another step, the shortest way first."""
        for number in sorted(
            ranks_of(self._told.seen, _interpreter(self._scene), self._change)
        ):
            yield self._told.moves[number]

    def right(
        self, state: HandoverSnapshot, stimulus: HandoverStimulus
    ) -> Did[HandoverSnapshot]:
        """What the gateway does."""
        return self._told.does(state, stimulus).did

    def wrong(
        self,
        state: HandoverSnapshot,
        stimulus: HandoverStimulus,
        right: HandoverSnapshot,
        seen: Hashable,
    ) -> Did[HandoverSnapshot]:
        """What the mutant does in as much time."""
        until_ms = self._told.does(right, stimulus).until_ms
        return self._wrong.does(state, stimulus, until_ms).did

    def key(self, right: HandoverSnapshot, wrong: HandoverSnapshot) -> Hashable:
        """Both states, but for how far timers have run."""
        return right.key, wrong.key


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
    for scene in DERIVED:
        if _is_another_rule(mutant, _configuration(scene)):
            both = BesideHandover(scene, mutant)
            found.append(HandoverOutcome(scene, beside(both, MOST_PAIRS)))
            if found[-1].outcome.run is not None:
                break
    return found
