"""The plain interpreter of the rules: slow, and meant to be obviously right.

Every other engine is measured against it: its successors, its canonical states
(model/language/canonical.py), and its replay of their traces.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pmip6.model.domain import Element, Model
from pmip6.model.language.candidates import Search
from pmip6.model.language.canonical import CanonicalStates
from pmip6.model.language.evaluation import Environment, Meaning, number
from pmip6.model.language.evaluation import Message as Message
from pmip6.model.language.evaluation import State as State
from pmip6.model.language.evaluation import Value as Value
from pmip6.model.language.evaluation import initial_value as initial_value
from pmip6.model.language.live_state import LiveCells, LiveTimers
from pmip6.model.language.table import Channel, Rule, Send, TimerChange, Update
from pmip6.model.language.terms import (
    BOOL,
    Op,
    Sort,
    SortKind,
    Term,
    indices_needed,
    initial,
    name_of,
)

TICK = "tick"

Decided = dict[Term, bool]
"""Which conditions hold, of one state and message."""


@dataclass(frozen=True, eq=False)
class Choice:
    """How one index of a rule is chosen.

    Args:
        index: Its name and sort.
        needed: The conjuncts that can be decided once it is chosen.
        search: Finds the elements that may meet them.
    """

    index: tuple[str, Sort]
    needed: Sequence[tuple[Term, Meaning]]
    search: Search | None


def living(state: State) -> State:
    """The state as one of a peer that lives, in which a step costs what it changes."""
    cells, timers, queues = state
    running = {position: ticks for position, ticks in enumerate(timers) if ticks}
    return State(LiveCells(cells), LiveTimers(len(timers), running), queues)


@dataclass(frozen=True, eq=False)
class Transition:
    """One step: the rule (None for a tick), its indices, what it sent, where it led."""

    rule: Rule | None
    environment: Environment
    sent: tuple[tuple[Channel, Message], ...]
    timers: tuple[tuple[str, tuple[Element, ...], int], ...]
    target: State

    @property
    def name(self) -> str:
        """Name of the rule, or `tick`."""
        return TICK if self.rule is None else self.rule.name


class Interpreter(CanonicalStates):
    """Evaluates terms and takes steps in one model."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._known = {rule.name: rule for rule in model.rules}
        self._plans: dict[str, Sequence[Choice]] = {}
        self._changing: dict[Update, Search | None] = {}

    def initial(self) -> State:
        """The first state: nothing registered, nothing sent, no timer running."""
        return State(
            tuple(
                itertools.chain.from_iterable(
                    itertools.repeat(initial_value(self._sorts[name]), len(positions))
                    for name, positions in self.model.ranges.items()
                )
            ),
            (0,) * len(self.model.timers),
            ((),) * len(self.model.queues),
        )

    # ---- steps -----------------------------------------------------------------------

    def transitions(self, state: State) -> Iterator[Transition]:
        """All steps from a state, rule by rule in the order of the tables."""
        for rule in self.model.rules:
            yield from self.steps(rule, state)
        tick = self.tick(state)
        if tick is not None:
            yield Transition(None, {}, (), (), tick)

    def steps(
        self, rule: Rule, state: State, chosen: Environment | None = None
    ) -> Iterator[Transition]:
        """All steps of one rule from a state; without a message, for chosen indices."""
        if not isinstance(rule.on, Channel):
            for env in self.environments(rule, state, chosen or {}):
                yield self.apply(rule, state, env)
            return
        for node in self.model.configuration.nodes:
            queue = self.model.queues[rule.on.name, node]
            waiting = state.queues[queue]
            if not self.model.configuration.reorder:
                waiting = waiting[:1]
            for message in dict.fromkeys(waiting):
                kept = list(state.queues[queue])
                kept.remove(message)
                taken = _replaced(state.queues, queue, tuple(kept))
                yield from self.receive(rule, message, state._replace(queues=taken))

    def receive(
        self,
        rule: Rule,
        message: Message,
        state: State,
        decided: Decided | None = None,
    ) -> Iterator[Transition]:
        """All steps of a rule on a message that is not in a queue any more."""
        return self.received((rule,), message, state, decided=decided)

    def received(
        self,
        rules: Iterable[Rule],
        message: Message,
        state: State,
        durations: Mapping[str, int] | None = None,
        decided: Decided | None = None,
    ) -> Iterator[Transition]:
        """All steps of some rules on one message, in the order of the rules.

        `durations` are ticks for timers whose duration the message itself fixes.  With
        the same `decided` rules are asked later of the same message and state.
        """
        fields: dict[str, Value] = {}
        known: Decided = {} if decided is None else decided
        for rule in rules:
            if isinstance(rule.on, Channel):
                fields = fields or dict(zip(rule.on.names, message, strict=True))
                for env in self.environments(rule, state, fields, known):
                    yield self.apply(rule, state, env, durations)

    def environments(
        self,
        rule: Rule,
        state: State,
        env: Environment,
        decided: Decided | None = None,
    ) -> Iterator[Environment]:
        """All choices of the indices that `env` does not have for which the guard holds.

        `decided` keeps the value of each conjunct without an index, for other rules on
        the same state and message.
        """
        if rule.name not in self._known:
            return  # ruled out by the facts of the configuration
        general, *plan = self._plan(rule)
        known: Decided = {} if decided is None else decided
        for conjunct, meaning in general.needed:
            holds = known.get(conjunct)
            if holds is None:
                holds = known[conjunct] = bool(meaning(state, env, None))
            if not holds:
                return
        yield from self._choose(plan, rule.first, state, env)

    def _choose(
        self, plan: Sequence[Choice], first: str | None, state: State, env: Environment
    ) -> Iterator[Environment]:
        if not plan:
            yield env
            return
        choice, *rest = plan
        name, sort = choice.index
        elements: tuple[Value, ...]
        if sort.kind is not SortKind.ORDERED:
            elements = self.model.elements(sort)
            if name in env:
                elements = (env[name],) if env[name] in elements else ()
        elif name in env:
            elements = (env[name],)
        else:
            fresh = self.latest(state, env) + 1
            elements = (fresh,) if self.may_choose_time(state, env) else ()
        if isinstance(state.cells, LiveCells) and len(elements) > 1:
            elements = elements if choice.search is None else choice.search(state, env)
        for element in elements:
            chosen = {**env, name: element}
            for _, needs in choice.needed:
                if not needs(state, chosen, None):
                    break
            else:
                yield from self._choose(rest, first, state, chosen)
                if name == first:
                    return

    def _plan(self, rule: Rule) -> Sequence[Choice]:
        """How the indices of a rule are chosen; the first choice is without an index."""
        found = self._plans.get(rule.name)
        if found is None:
            order = sorted(rule.indices, key=lambda index: index[0] == rule.first)
            places = [("", BOOL), *order]
            ready = zip(places, _ready(rule, order), strict=True)
            found = self._plans[rule.name] = [
                Choice(
                    index,
                    [(conjunct, self.meaning(conjunct)) for conjunct in conjuncts],
                    self.candidates.search(*index, conjuncts) if index[0] else None,
                )
                for index, conjuncts in ready
            ]
        return found

    def prepare(self) -> None:
        """Make all that rules need in a state now, and not when they are first asked."""
        for rule in self.model.rules:
            self._plan(rule)

    def apply(
        self,
        rule: Rule,
        state: State,
        env: Environment,
        durations: Mapping[str, int] | None = None,
    ) -> Transition:
        """Take the step of a rule with its indices chosen.

        `durations` replaces those of the configuration for the timers that it names.
        """
        written: dict[int, Value] = {}
        for update in rule.updates:
            places, value = (
                [*map(self.meaning, update.args)],
                self.meaning(update.value),
            )
            for inner in self._concerned(update, state, env):
                args = tuple([place(state, inner, None) for place in places])
                if None in args:
                    continue  # there is no cell at `none`
                position = self.model.cells[update.map.name, args]
                written[position] = value(state, inner, None)
        timers, changes = self._change_timers(rule.timers, state, env, durations or {})
        queues = state.queues
        sent: list[tuple[Channel, Message]] = []
        for send in rule.sends:
            message = self.message(send, state, env)
            sent.append((send.channel, message))
            queues = self._put(queues, send.channel, message)
        target = State(_written(state.cells, written), timers, queues)
        return Transition(rule, env, tuple(sent), changes, target)

    def _concerned(
        self, update: Update, state: State, env: Environment
    ) -> Iterator[Environment]:
        """The bindings of an update for which it may change its cell."""
        if not update.bound or not isinstance(state.cells, LiveCells):
            yield from self._bindings(update.bound, env)
            return
        first, *rest = update.bound
        if update not in self._changing:
            change = _change(update)
            names = [name_of(b) for b in rest]
            conditions = [] if change is None else [change]
            self._changing[update] = self.candidates.search(
                name_of(first), first.sort, conditions, names
            )
        search = self._changing[update]
        if search is None:
            yield from self._bindings(update.bound, env)
            return
        for element in search(state, env):
            yield from self._bindings(tuple(rest), {**env, name_of(first): element})

    def _bindings(
        self, bound: tuple[Term, ...], env: Environment
    ) -> Iterator[Environment]:
        """The environment with each choice of the bound variables."""
        names = [name_of(b) for b in bound]
        if not names:
            yield env
            return
        for elements in self.model.tuples(b.sort for b in bound):
            yield {**env, **dict(zip(names, elements, strict=True))}

    def message(self, send: Send, state: State, env: Environment) -> Message:
        """The message that a rule sends."""
        return tuple(self.value(v, state, env) for v in send.values)

    def _change_timers(
        self,
        wanted: tuple[TimerChange, ...],
        state: State,
        env: Environment,
        durations: Mapping[str, int],
    ) -> tuple[Sequence[int], tuple[tuple[str, tuple[Element, ...], int], ...]]:
        written: dict[int, int] = {}
        changes: list[tuple[str, tuple[Element, ...], int]] = []
        for change in wanted:
            ticks = 0
            if change.level is not None:
                level = number(self.value(change.level, state, env))
                duration = self.model.duration(change.timer.name, level)
                ticks = 1 + durations.get(change.timer.name, duration)
            for inner in self._bindings(change.bound, env):
                args = tuple(self.value(a, state, inner) for a in change.args)
                written[self.model.timers[change.timer.name, args]] = ticks
                changes.append((change.timer.name, args, ticks))
        if isinstance(state.timers, LiveTimers):
            return state.timers.replaced(written), tuple(changes)
        return _written(state.timers, written), tuple(changes)

    def _put(
        self,
        queues: tuple[tuple[Message, ...], ...],
        channel: Channel,
        message: Message,
    ) -> tuple[tuple[Message, ...], ...]:
        node = message[[n for n, _ in channel.fields].index("node")]
        chosen = self.model.configuration
        queue = self.model.queues.get((channel.name, node), -1)
        if queue < 0 or len(queues[queue]) >= chosen.room(channel.name):
            return queues  # a full channel loses the message
        if chosen.in_flight is not None and chosen.in_flight <= sum(map(len, queues)):
            return queues
        return _replaced(queues, queue, (*queues[queue], message))

    def tick(self, state: State) -> State | None:
        """The state one tick later; None where a timer is due or none runs.

        Where messages are prompt, none may be under way.
        """
        if self.model.configuration.prompt and any(state.queues):
            return None
        timers = list(state.timers)
        running = False
        for (name, _), position in self.model.timers.items():
            if self.model.is_real(name) and timers[position]:
                if timers[position] == 1:
                    return None
                timers[position] -= 1
                running = True
        return state._replace(timers=tuple(timers)) if running else None

    def remaining(self, state: State) -> int | None:
        """Ticks until the next timer falls due; None where none will."""
        running: Iterable[int] = filter(None, state.timers)  # few of many
        if isinstance(state.timers, LiveTimers):
            running = state.timers.running.values()
        return min((t - 1 for t in running if t > 1), default=None)

    def elapse(self, state: State, ticks: int) -> State:
        """The state some ticks later, at most `remaining`; what is due stays due."""
        if isinstance(state.timers, LiveTimers):
            return state._replace(timers=state.timers.elapsed(ticks))
        timers = list(state.timers)
        for position in itertools.compress(itertools.count(), state.timers):
            if timers[position] > 1:
                timers[position] -= ticks
        return state._replace(timers=tuple(timers))


def _ready(rule: Rule, order: Sequence[tuple[str, Sort]]) -> list[tuple[Term, ...]]:
    """The conjuncts that need no index, and those that each index lets decide."""
    names = [name for name, _ in order]
    ready: list[list[Term]] = [[] for _ in range(len(names) + 1)]
    for conjunct in rule.guard:
        ready[indices_needed(conjunct, names)].append(conjunct)
    return [*map(tuple, ready)]


def _change(update: Update) -> Term | None:
    """What has to hold for an update to change its cell; None where that is not seen."""
    old = Term.make(Op.READ, update.args, update.map.value, update.map.name)
    value = update.value
    if value is initial(update.map.value) and value.sort.kind is SortKind.BOOL:
        return old
    if value.op is Op.ITE and value.args[2] is old:
        return value.args[0]
    return None


T = TypeVar("T")


def _written(items: Sequence[T], changes: Mapping[int, T]) -> Sequence[T]:
    """The items with others at some positions."""
    if isinstance(items, LiveCells):
        return items.replaced(changes)
    copy = list(items)
    for position, item in changes.items():
        copy[position] = item
    return tuple(copy)


def _replaced(items: tuple[T, ...], position: int, item: T) -> tuple[T, ...]:
    return (*items[:position], item, *items[position + 1 :])
