"""The behaviour oracle: all states of the model that agree with what was seen.

Elements stand for what the tester does not choose: the prefix `p1` is whatever prefix an
acknowledgement shows first.  A timer that runs may have fired from its tolerance before
its end, and has fired from its tolerance after it; what lies between is both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Network

from pmip6.model.domain import Element, Model
from pmip6.model.language.interpreter import (
    Interpreter,
    Message,
    State,
    Transition,
    Value,
)
from pmip6.model.language.table import Channel, Rule, Timer
from pmip6.model.language.terms import name_of
from pmip6.model.lma.forwarding import data_plane
from pmip6.model.lma.rules import lma
from pmip6.model.state import BindingState, binding_lifetime, pba, pbu
from pmip6.model.wire.abstraction import fields_of, networks_of, status_and_prefix
from pmip6.model.wire.numbers import is_rejection
from pmip6.vectors.lma.model import POOL, anchor_configuration, quiet
from pmip6.vectors.lma.stimuli import Gateway, Node

NO_END_MS = 10**9
"""The lifetime of a session until the answer that grants it is seen."""

TimerKey = tuple[str, tuple[Element, ...]]


class AnchorRules:
    """The anchor's rules with one choice of readings; remembers what it worked out."""

    def __init__(self, readings: Iterable[str] = ()) -> None:
        self.model = Model(anchor_configuration(readings), lma.rules)
        self.interpreter = Interpreter(self.model)
        self._rules = [rule for rule in lma.rules if rule.on == pbu]
        self._received: dict[tuple[State, Message], tuple[Transition, ...]] = {}
        self._expired: dict[tuple[State, TimerKey], tuple[Transition, ...]] = {}

    def receive(self, state: State, message: Message) -> tuple[Transition, ...]:
        """What the anchor may do on a message."""
        key = (state, message)
        if key not in self._received:
            steps = self.interpreter.received(self._rules, message, state)
            self._received[key] = tuple(_quiet(step, state) for step in steps)
        return self._received[key]

    def pass_on(self, state: State, message: Message) -> list[Transition]:
        """What the anchor does with a user packet."""
        return list(self.interpreter.received(data_plane.rules, message, state))

    def expire(self, state: State, timer: TimerKey) -> tuple[Transition, ...]:
        """What the anchor may do when a timer has run out."""
        key = (state, timer)
        if key not in self._expired:
            self._expired[key] = tuple(
                _quiet(step, state)
                for rule in self.model.rules
                if isinstance(rule.on, Timer) and rule.on.name == timer[0]
                for step in self.interpreter.steps(rule, state)
                if tuple(step.environment[name_of(a)] for a in rule.expiry_args)
                == timer[1]
            )
        return self._expired[key]

    def cell(self, state: State, name: str, *index: Element) -> Element:
        """The value of one cell of a state."""
        return state.cells[self.model.cells[name, index]]


def _quiet(step: Transition, before: State) -> Transition:
    return replace(step, target=quiet(step.target, before))


@dataclass(frozen=True)
class Running:
    """A timer that runs: its name and index, when it began at the earliest and at the
    latest, and its duration."""

    timer: TimerKey
    start_ms: int
    latest_start_ms: int
    duration_ms: int


@dataclass(frozen=True)
class Late:
    """An answer to an earlier request that the anchor has sent, and nobody has seen yet.

    Args:
        step: The step that sends it.
        message: The acknowledgement.
        number: The sequence number of the request, where that orders it.
    """

    step: Transition
    message: Message
    number: Value

    def answers(self, request: Message) -> bool:
        """Whether the request is the one that had to wait: its time or number says so."""
        asked = fields_of(request, pbu.fields)
        if self.number is not None:
            return not asked["has_timestamp"] and asked["sequence"] == self.number
        told = fields_of(self.message, pba.fields)["request"]
        return asked["has_timestamp"] is True and asked["timestamp"] == told


@dataclass(frozen=True)
class Hypothesis:
    """One state that agrees with what was seen, with its timers and its prefixes.

    `late` are the answers that are still to be seen.
    """

    state: State
    running: frozenset[Running]
    bound: frozenset[tuple[Element, Value]]
    late: frozenset[Late] = frozenset()

    def prefix(self, element: Element) -> Value:
        """The prefixes that an element stands for, None where that is still open."""
        return dict(self.bound).get(element)


@dataclass(frozen=True)
class Outcome:
    """One thing that the anchor may do on a request.

    `status` is None where it sends no answer; `prefix` is an element.
    """

    before: Hypothesis
    step: Transition
    status: int | None
    prefix: Element

    @property
    def rule(self) -> Rule:
        """The rule that it takes."""
        assert self.step.rule is not None
        return self.step.rule

    @property
    def accepted_sequence(self) -> int | None:
        """The sequence number in the answer, where it is not that of the request."""
        if not self.step.sent:
            return None
        number = fields_of(self.step.sent[0][1], pba.fields)["sequence"]
        return number if isinstance(number, int) else None


@dataclass(frozen=True)
class Passage:
    """One thing that may become of a user packet."""

    before: Hypothesis
    step: Transition

    @property
    def rule(self) -> Rule:
        """The rule that the anchor takes."""
        assert self.step.rule is not None
        return self.step.rule

    @property
    def is_sent_on(self) -> bool:
        """Whether it goes on, into a tunnel or to its destination."""
        return bool(self.step.sent)

    @property
    def gateway(self) -> Element | None:
        """Where the tunnel leads into which it goes; None where it goes into none."""
        for channel, message in self.step.sent:
            return fields_of(message, channel.fields)["gateway"]
        return None


@dataclass(frozen=True)
class Observed:
    """What the tester saw of an answer.

    `prefix` is a prefix or several, None where the answer has none; `lifetime_ms` is what
    was granted.
    """

    status: int
    prefix: Value
    lifetime_ms: int


@dataclass(frozen=True)
class Clocks:
    """Durations of the anchor's timers, and how far off they may be, in ms."""

    durations: dict[str, int]
    tolerances: dict[str, int]


class Oracle:
    """Follows one test case.

    Args:
        rules: The rules of the model.
        clocks: The timers of the implementation under test.
        pool: Where its prefixes come from.
        prefixes: What is known of prefixes from the start, by element.
    """

    def __init__(
        self,
        rules: AnchorRules,
        clocks: Clocks,
        pool: IPv6Network,
        prefixes: dict[Element, Value],
    ) -> None:
        self.rules = rules
        self._clocks = clocks
        self._pool = pool
        first = rules.interpreter.initial()
        bound = frozenset(prefixes.items())
        self.hypotheses = frozenset({Hypothesis(first, frozenset(), bound)})

    # ---- time ------------------------------------------------------------------------

    def advance(self, now_ms: int, latest_ms: int | None = None) -> None:
        """Take every firing of timers into account that may have happened by now.

        `latest_ms` is when the anchor has taken a request at the latest that was sent
        now, and so how late a timer may have come before it.
        """
        latest = now_ms if latest_ms is None else latest_ms
        found: set[Hypothesis] = set()
        waiting = list(self.hypotheses)
        seen = set(waiting)
        while waiting:
            hypothesis = waiting.pop()
            must_fire = False
            for running in hypothesis.running:
                tolerance = self._clocks.tolerances[running.timer[0]]
                end = running.start_ms + running.duration_ms
                if end - tolerance > latest:
                    continue
                end = running.latest_start_ms + running.duration_ms
                must_fire = must_fire or end + tolerance < now_ms
                for fired in self._fire(hypothesis, running):
                    if fired not in seen:
                        seen.add(fired)
                        waiting.append(fired)
            if not must_fire:
                found.add(hypothesis)
        self.hypotheses = frozenset(found)

    def _fire(self, hypothesis: Hypothesis, running: Running) -> Iterator[Hypothesis]:
        steps = self.rules.expire(hypothesis.state, running.timer)
        tolerance = self._clocks.tolerances[running.timer[0]]
        when_ms = (
            running.start_ms + running.duration_ms - tolerance,
            running.latest_start_ms + running.duration_ms + tolerance,
        )
        free = self._next_prefix(hypothesis)
        for step in steps:
            if self._is_alike(hypothesis, step, free):
                continue
            late = self._late(hypothesis.state, step, step.sent)
            followed = self._followed(hypothesis, step, when_ms, NO_END_MS)
            yield replace(followed, late=hypothesis.late | late)
        if not steps:  # a timer that runs out to no effect
            yield replace(hypothesis, running=hypothesis.running - {running})

    # ---- requests --------------------------------------------------------------------

    def outcomes(self, messages: Iterable[Message]) -> list[Outcome]:
        """What may happen on a request; more than one message where it is not certain
        how the anchor sees the request."""
        return [
            outcome
            for message in messages
            for hypothesis in self.hypotheses
            for outcome in self._outcomes(hypothesis, message)
        ]

    def _outcomes(self, hypothesis: Hypothesis, message: Message) -> Iterator[Outcome]:
        free = self._next_prefix(hypothesis)
        for step in self.rules.receive(hypothesis.state, message):
            if self._is_alike(hypothesis, step, free):
                continue
            status, prefix = (
                status_and_prefix(step.sent[0][1]) if step.sent else (None, None)
            )
            yield Outcome(hypothesis, step, status, prefix)

    def passages(self, message: Message) -> list[Passage]:
        """What may become of a user packet."""
        return [
            Passage(hypothesis, step)
            for hypothesis in self.hypotheses
            for step in self.rules.pass_on(hypothesis.state, message)[:1]
        ]

    def agree(self, passages: Iterable[Passage]) -> bool:
        """Keep what agrees with what became of a packet; false where nothing does."""
        found = frozenset(passage.before for passage in passages)
        self.hypotheses = found or self.hypotheses
        return bool(found)

    def _next_prefix(self, hypothesis: Hypothesis) -> Element:
        """The first prefix that was never seen, and that no unseen answer has."""
        taken = {
            fields_of(late.message, pba.fields)["prefix"] for late in hypothesis.late
        }
        free = (p for p in POOL if hypothesis.prefix(p) is None and p not in taken)
        return next(free, None)

    def _is_alike(
        self, hypothesis: Hypothesis, step: Transition, free: Element
    ) -> bool:
        """Another step stands for it: prefixes that were never seen are all alike."""
        chosen = step.environment.get("prefix")
        is_new = chosen in POOL and hypothesis.prefix(chosen) is None
        state = hypothesis.state
        held = is_new and any(
            self.rules.cell(state, "bce_prefix", entry, chosen)
            for entry in self.rules.model.configuration.entries
        )
        return is_new and not held and chosen != free

    @property
    def expects_late(self) -> bool:
        """An answer to an earlier request has to be on its way."""
        return all(h.late for h in self.hypotheses)

    def observe_late(
        self, messages: Iterable[Message], observed: Observed
    ) -> list[Outcome]:
        """Keep what agrees with an answer that comes late; give what agreed.

        `messages` are the request that it answers; the hypotheses stay as they are where
        nothing agrees.
        """
        agreeing: list[Outcome] = []
        found: set[Hypothesis] = set()
        asked = tuple(messages)
        for hypothesis in self.hypotheses:
            for late in hypothesis.late:
                status, prefix = status_and_prefix(late.message)
                outcome = Outcome(hypothesis, late.step, status, prefix)
                bound = self._agreement(outcome, observed)
                if bound is None or not any(map(late.answers, asked)):
                    continue
                found.add(self._settled(hypothesis, late, bound, observed))
                agreeing.append(outcome)
        if found:
            self.hypotheses = frozenset(found)
        return agreeing

    def _settled(
        self,
        before: Hypothesis,
        late: Late,
        bound: frozenset[tuple[Element, Value]],
        observed: Observed,
    ) -> Hypothesis:
        """The hypothesis without the answer, with the lifetime that it grants."""
        entry = late.step.environment.get("entry")
        timer = (binding_lifetime.name, (entry,))
        running = {
            replace(r, duration_ms=observed.lifetime_ms) if r.timer == timer else r
            for r in before.running
        }
        left = before.late - {late}
        return replace(before, running=frozenset(running), bound=bound, late=left)

    def observe(
        self,
        outcomes: Iterable[Outcome],
        observed: Observed | None,
        when_ms: tuple[int, int],
    ) -> list[Outcome]:
        """Keep what agrees with an answer, or with silence; give what agreed.

        `when_ms` is when the anchor took the request at the earliest and at the latest.
        The hypotheses stay as they are where nothing agrees.  Whether an answer was asked
        for does not matter (6275-10.3.1-22).
        """
        agreeing: list[Outcome] = []
        found: set[Hypothesis] = set()
        for outcome in outcomes:
            bound = self._agreement(outcome, observed)
            if bound is not None:
                lifetime = 0 if observed is None else observed.lifetime_ms
                before = replace(outcome.before, bound=bound)
                found.add(self._followed(before, outcome.step, when_ms, lifetime))
                agreeing.append(outcome)
        if found:
            self.hypotheses = frozenset(found)
        return agreeing

    def _agreement(
        self, outcome: Outcome, observed: Observed | None
    ) -> frozenset[tuple[Element, Value]] | None:
        """What prefixes stand for if this outcome is what was seen; else None."""
        bound = outcome.before.bound
        if observed is None or outcome.status is None:
            return bound if observed is None and outcome.status is None else None
        if outcome.status != observed.status:
            return None
        if is_rejection(observed.status):
            return bound
        known = outcome.before.prefix(outcome.prefix)
        if known is not None:
            return bound if known == observed.prefix else None
        if outcome.prefix not in POOL or observed.prefix is None:
            return None
        found = networks_of(observed.prefix)
        if not all(network.subnet_of(self._pool) for network in found):
            return None
        if any(set(found) & set(networks_of(prefix)) for _, prefix in bound):
            return None
        return bound | {(outcome.prefix, observed.prefix)}

    def _followed(
        self,
        before: Hypothesis,
        step: Transition,
        when_ms: tuple[int, int],
        lifetime_ms: int,
    ) -> Hypothesis:
        changed = {(name, args) for name, args, _ in step.timers}
        if len(step.sent) > 1:  # the second answer tells the lifetime
            late = self._late(before.state, step, step.sent[1:])
            before = replace(before, late=before.late | late)
            lifetime_ms = NO_END_MS
        running = {r for r in before.running if r.timer not in changed}
        for name, args, ticks in step.timers:
            if ticks:
                duration = lifetime_ms
                if name != binding_lifetime.name:
                    duration = self._clocks.durations[name]
                running.add(Running((name, args), *when_ms, duration))
        return replace(before, state=step.target, running=frozenset(running))

    def _late(
        self,
        before: State,
        step: Transition,
        sent: Iterable[tuple[Channel, Message]],
    ) -> frozenset[Late]:
        """The answers to requests that have waited, which are over with the step."""
        return frozenset(
            Late(
                step,
                message,
                self.rules.cell(
                    before, "held_sequence", fields_of(message, pba.fields)["node"]
                ),
            )
            for _, message in sent
        )

    # ---- what is known ---------------------------------------------------------------

    def prefixes_of(self, node: Node) -> set[tuple[Element, Value]]:
        """Prefixes of the node's session over all hypotheses; empty without one."""
        return {
            (prefix, hypothesis.prefix(prefix))
            for hypothesis in self.hypotheses
            for entry in self._entries(hypothesis.state, node)
            for prefix in self.rules.model.configuration.prefixes
            if self.rules.cell(hypothesis.state, "bce_prefix", entry, prefix)
        }

    def last_accepted(self, node: Node) -> int:
        """The last accepted timestamp of a node, 0 for none."""
        values = {
            self.rules.cell(h.state, "last_accepted", node) for h in self.hypotheses
        }
        return max(value for value in values if isinstance(value, int))

    def accepted_number(self, node: Node) -> Element:
        """The sequence number of the node's session, None where it has none."""
        for hypothesis in self.hypotheses:
            for entry in self._entries(hypothesis.state, node):
                return self.rules.cell(hypothesis.state, "bce_sequence", entry)
        return None

    def registered_sessions(self, node: Node) -> list[tuple[Value, Gateway]]:
        """The sessions that the node has registered in every hypothesis.

        Each with its prefix and its gateway, in the order of the prefixes.
        """
        found: list[set[tuple[Value, Gateway]]] = [
            {
                (hypothesis.prefix(prefix), gateway)
                for entry in self._entries(hypothesis.state, node)
                if self.rules.cell(hypothesis.state, "bce_state", entry)
                == BindingState.REGISTERED.name
                for prefix in self.rules.model.configuration.prefixes
                if self.rules.cell(hypothesis.state, "bce_prefix", entry, prefix)
                for gateway in Gateway
                if self.rules.cell(hypothesis.state, "bce_proxy_coa", entry, gateway)
            }
            for hypothesis in self.hypotheses
        ]
        first, *others = found
        return sorted(first.intersection(*others), key=str)

    def _entries(self, state: State, node: Node) -> Iterator[Element]:
        for entry in self.rules.model.configuration.entries:
            if self.rules.cell(state, "bce_node", entry) == node:
                yield entry

    def running(self, name: str) -> set[Running]:
        """The timers of a name that run in some hypothesis."""
        return {r for h in self.hypotheses for r in h.running if r.timer[0] == name}

    def stopped(self, name: str, now_ms: int) -> Running:
        """A timer of a name as if it began now: one that was stopped ends before it."""
        return Running((name, ()), now_ms, now_ms, self._clocks.durations[name])
