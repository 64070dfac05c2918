"""An anchor and a mutant of it, side by side: whether their answers ever differ.

Both take the same requests, and their timers expire together where they were started
together, else each alone.  If no pair of states that they reach so gives different
answers, nobody who only sees answers can tell one from the other, even where their states
differ (a timer that runs to no effect, a remnant in a free entry).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pmip6.model.domain import Element
from pmip6.model.interpreter import Interpreter, Message, State, Transition
from pmip6.model.state import pbu
from pmip6.model.table import Timer
from pmip6.vectors.anchor_model import quiet

TimerKey = tuple[str, tuple[Element, ...]]


@dataclass(frozen=True)
class Pair:
    """The states of both, and the timers that they started together."""

    right: State
    wrong: State
    together: frozenset[TimerKey] = frozenset()


class Lockstep:
    """The pairs that an anchor and a mutant of it reach.

    Args:
        right, wrong: Interpreters of the anchor's rules and of the mutant's.
        requests: What both receive.
        times: Places of the cells that hold times; they must always agree.
        normal: Gives the state that stands for all that differ in times only.
        limit: So many pairs at most.
    """

    def __init__(
        self,
        right: Interpreter,
        wrong: Interpreter,
        requests: Iterable[Message],
        times: Iterable[int],
        normal: Callable[[State], State],
        limit: int = 2000,
    ) -> None:
        self._right, self._wrong = right, wrong
        self._requests = tuple(requests)
        self._times, self._normal = tuple(times), normal
        self._limit = limit

    def never_differ(self) -> bool:
        """Whether all answers are equal; false too where there are too many pairs."""
        first = Pair(self._right.initial(), self._wrong.initial())
        found, frontier = {first}, [first]
        while frontier:
            pair = frontier.pop()
            for following in self._following(pair):
                if following is None:
                    return False
                if following not in found:
                    found.add(following)
                    frontier.append(following)
                    if len(found) > self._limit:
                        return False
        return True

    def _following(self, pair: Pair) -> Iterator[Pair | None]:
        """The next pairs; None where the answers differ."""
        for message in self._requests:
            yield self._requested(pair, message)
        for key in self._timers(pair):
            yield from self._expired(pair, key)

    def _requested(self, pair: Pair, message: Message) -> Pair | None:
        right = _first_step(self._right, message, pair.right)
        wrong = _first_step(self._wrong, message, pair.wrong)
        if _answer(right) != _answer(wrong):
            return None
        return self._pair(pair, right, wrong, pair.together)

    def _timers(self, pair: Pair) -> Iterator[TimerKey]:
        for key, place in self._right.model.timers.items():
            if pair.right.timers[place] or pair.wrong.timers[place]:
                yield key

    def _expired(self, pair: Pair, key: TimerKey) -> Iterator[Pair | None]:
        right = _expiry(self._right, pair.right, key)
        wrong = _expiry(self._wrong, pair.wrong, key)
        rest = pair.together - {key}
        if key in pair.together:
            yield self._pair(pair, right, wrong, rest)
            return
        if right is not None:
            yield self._pair(pair, right, None, rest)
        if wrong is not None:
            yield self._pair(pair, None, wrong, rest)

    def _pair(
        self,
        before: Pair,
        right: Transition | None,
        wrong: Transition | None,
        together: frozenset[TimerKey],
    ) -> Pair | None:
        mine, others = _started(right), _started(wrong)
        states = [
            state if step is None else quiet(step.target, state)
            for state, step in ((before.right, right), (before.wrong, wrong))
        ]
        if any(states[0].cells[p] != states[1].cells[p] for p in self._times):
            return None
        return Pair(
            self._normal(states[0]),
            self._normal(states[1]),
            (together - mine - others) | (mine & others),
        )


def _first_step(
    interpreter: Interpreter, message: Message, state: State
) -> Transition | None:
    """What an anchor does that takes the first rule that applies."""
    rules = (rule for rule in interpreter.model.rules if rule.on == pbu)
    return next(interpreter.received(rules, message, state), None)


def _answer(step: Transition | None) -> tuple[Message, ...]:
    return () if step is None else tuple(message for _, message in step.sent)


def _expiry(interpreter: Interpreter, state: State, key: TimerKey) -> Transition | None:
    """What happens when a timer runs out; it stops even if no rule applies."""
    place = interpreter.model.timers[key]
    if not state.timers[place]:
        return None
    for rule in interpreter.model.rules:
        if isinstance(rule.on, Timer) and rule.on.name == key[0]:
            for step in interpreter.steps(rule, state):
                if tuple(step.environment.values()) == key[1]:
                    return step
    timers = (*state.timers[:place], 0, *state.timers[place + 1 :])
    return Transition(None, {}, (), (), state._replace(timers=timers))


def _started(step: Transition | None) -> frozenset[TimerKey]:
    changes = () if step is None else step.timers
    return frozenset((name, args) for name, args, ticks in changes if ticks)
