"""A gateway and a mutant of it, side by side: whether anything that they do ever differs.

Both meet the same events: the node comes, goes and asks, the anchor answers as it likes,
the clock is set, timers run out.  A timer that both have started together runs out in
both at once, any other alone, each whenever it likes.  What is compared is what a tester
sees: requests, advertisements, and for which prefixes user packets are passed on.

A tester can ask for less: whether a gateway renews a session while a request for it has no
answer is its choice (docs/findings.md).  Without such renewals the gateway renews in time,
before a lifetime ends.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from pmip6.model.domain import Configuration, Element, Model
from pmip6.model.language.interpreter import (
    Interpreter,
    Message,
    State,
    Transition,
    Value,
)
from pmip6.model.language.table import Role, Rule, Timer
from pmip6.model.mag.machine import MOST_ACTS, OWN_ACTS
from pmip6.model.state import (
    TIME,
    Origin,
    UpdateListState,
    pba,
    pbu,
    registration_lifetime,
    renewal,
)
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator

TimerKey: TypeAlias = tuple[str, tuple[Element, ...]]
Started: TypeAlias = dict[TimerKey, int]
"""The ticks of the timers that an event starts; 0 for those that it stops."""

GONE = (UpdateListState.ABSENT.name, UpdateListState.REFUSED.name)
"""The control states in which a gateway has no link-local address of the anchor's."""
ADVERTISING = ("advertise", "answer_solicitation")
REJECTIONS = (
    BindingAckStatus.REASON_UNSPECIFIED,
    BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW,
    BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX,
    BindingAckStatus.TIMESTAMP_MISMATCH,
    BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
)
"""One status of each kind that a rule tells apart."""
HINTS = (HandoffIndicator.UNKNOWN, HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE)


@dataclass(frozen=True)
class Event:
    """What both meet.

    Args:
        kind: attach, detach, solicit, synchronise or answer.
        hint: Of an attachment.
        status, prefix, is_echo, in_use: Of an answer.
        matches: The answer is one to the last request.
    """

    kind: str
    hint: str = ""
    status: str = ""
    prefix: Element = None
    is_echo: bool = True
    in_use: bool = False
    matches: bool = True


@dataclass(frozen=True)
class Requested:
    """A request: its fields but for the times, and whether it tells a link-local address."""

    fields: tuple[Value, ...]
    is_named: bool

    def allows(self, other: Requested) -> bool:
        """Another request would do as well: one may ask anew (docs/findings.md)."""
        return self.fields == other.fields and self.is_named >= other.is_named


@dataclass(frozen=True)
class Side:
    """One of the two: its state, and whether the anchor has named its link-local address."""

    state: State
    is_named: bool = False


@dataclass(frozen=True)
class Pair:
    """Both sides, and the timers that they have started together."""

    right: Side
    wrong: Side
    together: frozenset[TimerKey] = frozenset()


@dataclass(frozen=True)
class Reaction:
    """What one side does.

    Args:
        side: Where it is then.
        seen: What a tester sees.
        started: The timers that it starts or stops.
        taken: Names of the rules that it takes.
        passed: The states in which it looks for what it may do by itself.
    """

    side: Side
    seen: tuple[object, ...]
    started: Started
    taken: frozenset[str] = frozenset()
    passed: tuple[State, ...] = ()


def events(prefixes: Iterable[Element], *, is_signalled: bool) -> Iterator[Event]:
    """All events but the expiry of timers, the plain ones first.

    Args:
        prefixes: What acceptances give.
        is_signalled: Answers name the link-local address of the gateway.
    """
    yield from (Event("attach", hint=hint.name) for hint in HINTS)
    yield from (Event("detach"), Event("solicit"), Event("synchronise"))
    accepted = BindingAckStatus.ACCEPTED.name
    flags = (True, False)
    in_use = (False, True) if is_signalled else (False,)
    for matches, echo, used, prefix in itertools.product(
        flags, flags, in_use, prefixes
    ):
        yield Event("answer", "", accepted, prefix, echo, used, matches)
    for matches, echo, status in itertools.product(flags, flags, REJECTIONS):
        yield Event("answer", "", status.name, None, echo, matches=matches)


class Follower:
    """A gateway with one node, which does by itself what its rules allow.

    Args:
        configuration: One node and one gateway.
        rules: What it follows; the first rule that applies is taken.
        is_signalled: Answers name its link-local address.
        like: Another that differs in some rules alone, and their names.
    """

    def __init__(
        self,
        configuration: Configuration,
        rules: Iterable[Rule],
        *,
        is_signalled: bool,
        like: tuple[Follower, Collection[str]] | None = None,
    ) -> None:
        self._is_signalled = is_signalled
        self.model = Model(configuration, rules)
        self._interpreter = Interpreter(self.model)
        (self._node,), (self._gateway,) = configuration.nodes, configuration.gateways
        mine = [r for r in self.model.rules if r.role is Role.MAG]
        self._acts = {r.name: r for r in self.model.rules if r.on is None}
        self._on_answer = [r for r in mine if r.on == pba]
        self._on_timer = [r for r in mine if isinstance(r.on, Timer)]
        self._known: dict[tuple[Side, Event | TimerKey], Reaction | None] = {}
        self._like = None if like is None else like[0]
        self._changed: Collection[str] = () if like is None else like[1]

    def rule(self, name: str) -> Rule | None:
        """The rule of this name as the configuration leaves it, None where it goes."""
        return next((r for r in self.model.rules if r.name == name), None)

    def _is_alike(self, side: Side, event: Event | TimerKey) -> bool:
        """No rule that differs is taken on the event, by this gateway or the other."""
        return all(self._is_left_out(name, side, event) for name in self._changed)

    def _is_left_out(self, name: str, side: Side, event: Event | TimerKey) -> bool:
        assert self._like is not None
        both = [f.rule(name) for f in (self, self._like)]
        rules = [rule for rule in both if rule is not None]
        if any(isinstance(rule.on, Timer) for rule in rules):
            return isinstance(event, Event) or event[0] not in {
                rule.on.name for rule in rules if isinstance(rule.on, Timer)
            }
        if any(rule.on == pba for rule in rules):
            if not isinstance(event, Event) or event.kind != "answer":
                return True
            message = self._message(side.state, event)
            return not any(self._may_take(rule, message, side.state) for rule in rules)
        acts = {"solicit": "answer_solicitation"}
        acts["synchronise"] = "register_after_synchronisation"
        if name not in acts.values():
            return not rules
        return not isinstance(event, Event) or acts.get(event.kind, "") != name

    def _may_take(self, rule: Rule, message: Message, state: State) -> bool:
        fields = {
            f"message.{n}": v for (n, _), v in zip(pba.fields, message, strict=True)
        }
        value = self._interpreter.value
        return all(value(c, state, fields) for c in rule.guard)

    def initial(self) -> Side:
        """Before anything has happened."""
        return Side(self._interpreter.initial())

    def react(self, side: Side, event: Event | TimerKey) -> Reaction | None:
        """What follows an event or the expiry of a timer; None where it cannot come."""
        if self._like is not None and self._is_alike(side, event):
            return self._like.react(side, event)
        known = (side, event)
        if known not in self._known:
            self._known[known] = self._reaction(side, event)
        return self._known[known]

    def _reaction(self, side: Side, event: Event | TimerKey) -> Reaction | None:
        steps = (
            self._begun(side.state, event)
            if isinstance(event, Event)
            else self._expired(side.state, event)
        )
        if steps is None:
            return None
        is_named = side.is_named
        if isinstance(event, Event):
            if event.kind == "attach":  # what it was told is of another stay
                is_named = False
            elif self._names(side.state, event):
                is_named = True
        seen: list[object] = []
        started: Started = {}
        state = side.state
        for step in steps:
            state = step.target
            if self._cell(state, "bule_state") in GONE:
                is_named = False
            for channel, message in step.sent:
                if channel == pbu:
                    fields = zip(message, pbu.fields, strict=True)
                    untimed = tuple(v for v, (_, sort) in fields if sort != TIME)
                    seen.append(Requested(untimed, is_named))
            if step.name in ADVERTISING:
                seen.append((self._cell(state, "address"), is_named))
            started |= {(name, args): ticks for name, args, ticks in step.timers}
        seen += self._traffic(state)
        quiet = state._replace(timers=tuple(min(t, 1) for t in state.timers))
        after = Side(self._interpreter.canonical(quiet), is_named)
        return Reaction(
            after,
            tuple(seen),
            started,
            frozenset(step.name for step in steps),
            tuple(step.target for step in steps),
        )

    def idle(self, side: Side) -> Reaction:
        """Nothing happens."""
        return Reaction(side, tuple(self._traffic(side.state)), {})

    def _traffic(self, state: State) -> Iterator[object]:
        """The prefixes for which user packets are passed on, if they are."""
        prefixes = self._cell(state, "bule_prefix")
        if self._cell(state, "granted") and prefixes is not None:
            yield prefixes

    def is_renewing(self, side: Side) -> bool:
        """A request for an accepted session has no answer yet."""
        control = self._cell(side.state, "bule_state")
        is_registered = control == UpdateListState.REGISTERED.name
        return is_registered and bool(self._cell(side.state, "awaited"))

    def _cell(self, state: State, name: str) -> Value:
        """The value of a map at the node, or at the node and the gateway."""
        cells = self.model.cells
        place = cells.get((name, (self._node,)))
        if place is None:
            place = cells[name, (self._node, self._gateway)]
        return state.cells[place]

    # ---- steps -------------------------------------------------------------------------

    def _begun(self, state: State, event: Event) -> list[Transition] | None:
        is_here = self._cell(state, "attached") is not None
        match event.kind:
            case "attach" if not is_here:
                indices = {"gateway": self._gateway, "hint": event.hint}
                return self._settled(self._act("attach_with_hint", state, indices))
            case "detach" if is_here:
                return self._settled(self._act("detach", state, {}))
            case "solicit" if is_here:
                return self._act("answer_solicitation", state, {})
            case "synchronise":
                return self._act("register_after_synchronisation", state, {})
            case "answer":
                message = self._message(state, event)
                taken = self._interpreter.received(self._on_answer, message, state)
                return self._settled(list(itertools.islice(taken, 1)))
            case _:
                return None

    def _expired(self, state: State, timer: TimerKey) -> list[Transition] | None:
        """The first rule that takes the expiry; None where the timer stays due."""
        name, _ = timer
        for rule in self._on_timer:
            assert isinstance(rule.on, Timer)
            if rule.on.name == name:
                for step in self._interpreter.steps(rule, state):
                    return self._settled([step])
        return None

    def _settled(self, steps: list[Transition]) -> list[Transition]:
        """The steps, and what the gateway then does of its own accord."""
        if not steps:
            return []
        for _ in range(MOST_ACTS):
            state = steps[-1].target
            following = (self._act(name, state, {}) for name in OWN_ACTS)
            done = next((found for found in following if found), None)
            if done is None:
                break
            steps = [*steps, *done]
        return steps

    def _act(
        self, name: str, state: State, indices: dict[str, Element]
    ) -> list[Transition]:
        rule = self._acts.get(name)
        if rule is None:
            return []
        for step in self._interpreter.steps(rule, state):
            if indices.items() <= dict(step.environment).items():
                return [step]
        return []

    def _message(self, state: State, event: Event) -> Message:
        awaited = self._cell(state, "awaited")
        values: dict[str, Value] = {
            "node": self._node,
            "gateway": self._gateway,
            "origin": Origin.ANCHOR.name,
            "status": event.status,
            "prefix": event.prefix,
            "request": awaited if event.matches else 0,
            "sequence": None,
            "is_echo": event.is_echo and bool(awaited),
            "address_in_use": event.in_use,
        }
        return tuple(values[name] for name, _ in pba.fields)

    def _names(self, state: State, event: Event) -> bool:
        """The answer tells the link-local address of the gateway."""
        return (
            self._is_signalled
            and event.status == BindingAckStatus.ACCEPTED.name
            and event.matches
            and event.is_echo
            and bool(self._cell(state, "awaited"))
        )


class Lockstep:
    """The pairs that a gateway and a mutant of it reach.

    Args:
        right, wrong: The gateway and the mutant.
        every: What may happen to them.
        leaves_choices: No renewal comes that is a choice of the gateway.

    Attributes:
        pairs: How many there are, once `difference` has found none.
    """

    def __init__(
        self,
        right: Follower,
        wrong: Follower,
        every: Iterable[Event],
        *,
        leaves_choices: bool = False,
    ) -> None:
        self._right, self._wrong = right, wrong
        self._events = tuple(every)
        self._leaves_choices = leaves_choices
        self.pairs = 0
        self._timers = tuple(
            key for key in right.model.timers if key[0] in _names_of_timers(right.model)
        )

    def difference(self) -> list[Event | TimerKey] | None:
        """A shortest run after which they differ; None where they never do."""
        first = Pair(self._right.initial(), self._wrong.initial())
        before: dict[Pair, tuple[Pair, Event | TimerKey] | None] = {first: None}
        frontier = [first]
        while frontier:
            following: list[Pair] = []
            for pair in frontier:
                for event, after in self._following(pair):
                    if after is None:
                        return [*self._run_to(pair, before), event]
                    if after not in before:
                        before[after] = (pair, event)
                        following.append(after)
            frontier = following
        self.pairs = len(before)
        return None

    @staticmethod
    def _run_to(
        pair: Pair, before: dict[Pair, tuple[Pair, Event | TimerKey] | None]
    ) -> list[Event | TimerKey]:
        run: list[Event | TimerKey] = []
        step = before[pair]
        while step is not None:
            run.append(step[1])
            step = before[step[0]]
        return run[::-1]

    def _following(self, pair: Pair) -> Iterator[tuple[Event | TimerKey, Pair | None]]:
        """What may come next, and the next pair; None where the sides differ."""
        for event in self._events:
            right = self._right.react(pair.right, event)
            wrong = self._wrong.react(pair.wrong, event)
            if right is not None or wrong is not None:
                yield event, self._pair(pair, right, wrong, pair.together)
        for timer in self._timers:
            yield from ((timer, after) for after in self._run_out(pair, timer))

    def _run_out(self, pair: Pair, timer: TimerKey) -> Iterator[Pair | None]:
        right = left = None
        if self._leaves_choices and self._is_of_choice(pair.right, timer):
            return
        if self._is_running(self._right, pair.right, timer):
            right = self._right.react(pair.right, timer)
        if self._is_running(self._wrong, pair.wrong, timer):
            left = self._wrong.react(pair.wrong, timer)
        rest = pair.together - {timer}
        if self._leaves_choices and self._is_renewed_before(pair.right, timer):
            if timer in pair.together:
                return
            right = None
        if timer in pair.together:
            yield self._pair(pair, right, left, rest)
            return
        if right is not None:
            yield self._pair(pair, right, None, rest)
        if left is not None:
            yield self._pair(pair, None, left, rest)

    def _is_of_choice(self, right: Side, timer: TimerKey) -> bool:
        """The timer is for a renewal while a request for the session has no answer."""
        return timer[0] == renewal.name and self._right.is_renewing(right)

    def _is_renewed_before(self, right: Side, timer: TimerKey) -> bool:
        """The timer ends a lifetime that the gateway extends before."""
        extends = (renewal.name, timer[1])
        is_lifetime = timer[0] == registration_lifetime.name
        return is_lifetime and self._is_running(self._right, right, extends)

    @staticmethod
    def _is_running(follower: Follower, side: Side, timer: TimerKey) -> bool:
        return bool(side.state.timers[follower.model.timers[timer]])

    def _pair(
        self,
        before: Pair,
        right: Reaction | None,
        wrong: Reaction | None,
        together: frozenset[TimerKey],
    ) -> Pair | None:
        if right is None and wrong is None:
            return before
        one = right or self._right.idle(before.right)
        other = wrong or self._wrong.idle(before.wrong)
        if not _are_alike(one.seen, other.seen):
            return None
        changed = one.started.keys() | other.started.keys()
        both = {
            timer
            for timer in changed
            if one.started.get(timer, 0) == other.started.get(timer, 0) != 0
        }
        return Pair(one.side, other.side, (together - changed) | both)


def _are_alike(right: tuple[object, ...], wrong: tuple[object, ...]) -> bool:
    """What is seen of the mutant is what the gateway does, or may do as well."""
    if len(right) != len(wrong):
        return False
    return all(
        one.allows(other)
        if isinstance(one, Requested) and isinstance(other, Requested)
        else one == other
        for one, other in zip(right, wrong, strict=True)
    )


def _names_of_timers(model: Model) -> set[str]:
    return {rule.on.name for rule in model.rules if isinstance(rule.on, Timer)}
