"""The observable state graphs of anchors and gateways, each under what its cases use.

The stimuli are those that purposes are derived from: of each repertoire of an anchor, each
domain of a gateway, each scene of fast handover.  An anchor has two sessions at most.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass

from pmip6.model.fast_handover.previous_gateway import lack_context
from pmip6.model.language.interpreter import State, Transition
from pmip6.model.language.table import Role, Rule
from pmip6.vectors.fast_handover.model import (
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
from pmip6.vectors.lma.interfaces import INTERFACES
from pmip6.vectors.lma.model import AnchorModel
from pmip6.vectors.lma.repertoire import BASE, PREFIX_SETS, SEQUENCES, Repertoire
from pmip6.vectors.lma.stimuli import Phase, Wait
from pmip6.vectors.lma.stimuli import Stimulus as AnchorStimulus
from pmip6.vectors.lma.waiting import WAITING
from pmip6.vectors.mag.edges import PREAMBLE, SCENE, SEARCHED, attempts
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel, Snapshot
from pmip6.vectors.mag.stimuli import Answer, Downlink, Echo, Idle, Uplink
from pmip6.vectors.mag.stimuli import Stimulus as GatewayStimulus
from pmip6.vectors.packs.observable import (
    FREE,
    Edges,
    Explored,
    anchor_control,
    edge,
    gateway_control,
)

MOST_SESSIONS = 2
REACTION_MS = 50
"""How long a tester listens after what it does, in a fast handover."""


# ---- anchors ---------------------------------------------------------------------------


class NotingAnchor(AnchorModel):
    """An anchor that notes the steps of its timers."""

    def __init__(
        self, readings: Iterable[str], rules: Iterable[Rule] | None = None
    ) -> None:
        super().__init__(rules, readings)
        self.expired: list[Transition] = []

    def _expiries(self, state: State, timer: str) -> Iterable[Transition]:
        for step in super()._expiries(state, timer):
            self.expired.append(step)
            yield step


@dataclass(frozen=True)
class AnchorPart:
    """What a tester tries where an anchor has some features."""

    needs: tuple[str, ...]
    tried: tuple[AnchorStimulus, ...]


def _tried(*repertoires: Repertoire) -> tuple[AnchorStimulus, ...]:
    timers = {t: None for r in repertoires for t in (*BASE.timers, *r.timers)}
    return tuple(
        dict.fromkeys(
            (
                *(s for r in repertoires for s in r.preamble),
                *(s for r in repertoires for _, s in r.attempts),
                *(s for r in repertoires for s in r.candidates),
                *(Wait(timer, Phase.PAST) for timer in timers),
            )
        )
    )


def anchor_parts() -> Iterator[AnchorPart]:
    """Anchors without features, and with each."""
    yield AnchorPart((), _tried(BASE))
    for repertoire in (PREFIX_SETS, SEQUENCES, WAITING):
        yield AnchorPart(repertoire.needs, _tried(repertoire))
    plain = (*INTERFACES.preamble, *_tried(WAITING))
    yield AnchorPart(INTERFACES.needs, tuple(dict.fromkeys(plain)))


def anchor_graph(part: AnchorPart) -> Explored[AnchorStimulus, State]:
    """The graph of an anchor with these features."""
    model = NotingAnchor(part.needs)
    cells, entries = model.model.cells, model.model.configuration.entries
    places = [cells["bce_state", (entry,)] for entry in entries]
    numbers = {p for (name, _), p in cells.items() if name == "bce_sequence"}

    def control(state: State) -> str:
        return anchor_control(str(state.cells[place]) for place in places)

    def key(state: State) -> Hashable:
        """Which number a session has makes no difference, but that it has one."""
        state = model.interpreter.canonical(state)
        told = (c is None if p in numbers else c for p, c in enumerate(state.cells))
        return state._replace(cells=tuple(told))

    def is_small(state: State) -> bool:
        held = [place for place in places if state.cells[place] != FREE]
        return len(held) <= MOST_SESSIONS

    def tried(state: State) -> Iterator[tuple[AnchorStimulus, Edges, State]]:
        for stimulus in part.tried:
            model.expired.clear()
            reaction = model.react(state, stimulus)
            if reaction is None or not is_small(reaction.target):
                continue
            steps = list(model.expired)
            if reaction.step is not None:
                steps = [reaction.step]
            yield stimulus, _edges(control, state, steps), reaction.target

    return Explored(model.initial, key, tried).explore()


def _edges(
    control: Callable[[State], str], state: State, steps: Iterable[Transition]
) -> Edges:
    found: list[str] = []
    before = control(state)
    for step in steps:
        after = control(step.target)
        if step.rule is not None and step.rule.role in (Role.LMA, Role.MAG):
            found.append(edge(step.name, before, after))
        before = after
    return tuple(found)


# ---- gateways --------------------------------------------------------------------------


class _NotingGateway(GatewayModel):
    """A gateway whose steps can be looked at."""

    @property
    def steps(self) -> list[Transition]:
        """Those on the last stimulus."""
        return [step for _, step in self._steps]


def gateway_graph(domain: GatewayDomain) -> Explored[GatewayStimulus, Snapshot]:
    """The graph of a gateway in a domain."""
    model = _NotingGateway(SCENE, domain)
    node, *_ = model.machine.model.configuration.nodes

    def key(snapshot: Snapshot) -> Hashable:
        model.restore(snapshot)
        return model.signature()

    def control(state: State) -> str:
        return gateway_control(model.machine.model, state, node)

    def tried(
        snapshot: Snapshot,
    ) -> Iterator[tuple[GatewayStimulus, Edges, Snapshot]]:
        model.restore(snapshot)
        every = dict.fromkeys((*PREAMBLE, *attempts(model, domain, ())))
        for stimulus in every:
            if isinstance(stimulus, Uplink | Downlink | Idle) or is_nameless(stimulus):
                continue  # they take no rule
            model.restore(snapshot)
            before = model.machine.state
            if model.apply(stimulus) is not None:
                edges = _edges(control, before, model.steps)
                yield stimulus, edges, model.snapshot()

    return Explored(model.snapshot(), key, tried).explore()


def is_nameless(stimulus: GatewayStimulus) -> bool:
    """An answer that does not name the node: nobody knows whose it is."""
    return isinstance(stimulus, Answer) and Echo.NODE_IDENTIFIER in (
        stimulus.altered,
        stimulus.missing,
    )


DOMAINS = SEARCHED


# ---- fast handover ---------------------------------------------------------------------


class NotingHandover(HandoverModel):
    """A gateway whose state can be looked at."""

    def key(self) -> Hashable:
        """What it does for the node, what it waits for, and which timers run."""
        machine = self._machine
        running = tuple(bool(ticks) for ticks in machine.state.timers)
        return (
            self.control(machine.state),
            machine.is_attached(NODE),
            bool(machine.initiate_awaited(NODE)),
            bool(machine.awaited(NODE)),
            running,
        )

    def control(self, state: State) -> str:
        """Its control state."""
        return gateway_control(self._machine.model, state, NODE)

    @property
    def state(self) -> State:
        """All of it."""
        return self._machine.state

    def take(self, stimulus: HandoverStimulus) -> list[Transition]:
        """The steps of the gateway on a stimulus, and while the tester listens."""
        machine = self._machine
        if isinstance(stimulus, Elapse):
            self._steps.clear()
            for _ in range(stimulus.times):
                due = machine.deadline(stimulus.timer, NODE)
                if due is None:
                    break
                machine.elapse(due + REACTION_MS)
        else:
            super().take(stimulus)
            machine.elapse(machine.now_ms + REACTION_MS)
        return [step for step in self._steps if step.rule is not None]


def is_answered_at_once(
    stimulus: HandoverStimulus, steps: Iterable[Transition]
) -> bool:
    """A request for context by name where there is none, which reaches no rule.

    The first rows of model/fast_handover/reception.py answer it.
    """
    asks = isinstance(stimulus, Initiation) and stimulus.said is Said.NAMED_FETCH
    return asks and any(step.name == lack_context.__name__ for step in steps)


def handover_graph(
    scene: HandoverScene,
) -> Explored[HandoverStimulus, HandoverSnapshot]:
    """The graph of a gateway with fast handover in a scene, with both of its roles."""
    model = NotingHandover(scene)

    def key(snapshot: HandoverSnapshot) -> Hashable:
        model.reset(snapshot)
        return model.key()

    def tried(
        snapshot: HandoverSnapshot,
    ) -> Iterator[tuple[HandoverStimulus, Edges, HandoverSnapshot]]:
        for stimulus in TRIED:
            model.reset(snapshot)
            if model.is_possible(stimulus):
                before = model.state
                steps = list(model.take(stimulus))
                edges = _edges(model.control, before, steps)
                if not is_answered_at_once(stimulus, steps):
                    yield stimulus, edges, model.snapshot()

    return Explored(model.snapshot(), key, tried).explore()
