"""A mutant beside its original, as a tester can compare them: bounded, in lock-step.

In every state of the role's graph the mutant meets everything that a tester tries there.
Where it sends something else it can be observed.  Where it ends in another state both go
on side by side, until they send something else, or so many pairs of states have been seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

MOST_PAIRS = 40
"""So many pairs of different states are looked at, for each state in which they part."""

StateT = TypeVar("StateT")
StimulusT = TypeVar("StimulusT")


@dataclass(frozen=True)
class Did(Generic[StateT]):
    """What one of them does on a stimulus: what a tester sees, and the state after it."""

    seen: Hashable
    target: StateT


@dataclass(frozen=True)
class Place(Generic[StateT, StimulusT]):
    """A state of the graph, and what brings the original there."""

    state: StateT
    way: tuple[StimulusT, ...]


class Beside(Protocol[StateT, StimulusT]):
    """The original and a mutant of it."""

    def tried(self, right: StateT) -> Iterable[StimulusT]:
        """What a tester can do where the original is in this state."""
        ...

    def moves(self) -> Iterator[tuple[Place[StateT, StimulusT], StimulusT]]:
        """Every state of the graph with everything that a tester can do there.

        What the mutant takes as the original does is left out.
        """
        ...

    def right(self, state: StateT, stimulus: StimulusT) -> Did[StateT]:
        """What the original does."""
        ...

    def wrong(
        self, state: StateT, stimulus: StimulusT, right: StateT, seen: Hashable
    ) -> Did[StateT]:
        """What the mutant does, on what the tester sends to the original.

        Where it may do several things, it does what is seen of the original.
        """
        ...

    def key(self, right: StateT, wrong: StateT) -> Hashable:
        """The same for pairs of states that go on alike."""
        ...


@dataclass(frozen=True)
class Outcome(Generic[StimulusT]):
    """Whether a tester can tell them apart, and how much was looked at.

    Args:
        run: What has to be done so that they send something else; None where that was
            not seen.
        parted: So many times they were left in different states.
        pairs: So many pairs of different states were looked at.
        is_whole: All that can come was.
    """

    run: tuple[StimulusT, ...] | None
    parted: int = 0
    pairs: int = 0
    is_whole: bool = True


def beside(
    both: Beside[StateT, StimulusT], most: int = MOST_PAIRS
) -> Outcome[StimulusT]:
    """Compare a mutant with its original."""
    known: set[Hashable] = set()
    waiting: list[tuple[StateT, StateT, tuple[StimulusT, ...]]] = []
    for place, stimulus in both.moves():
        state, run = place.state, (*place.way, stimulus)
        right = both.right(state, stimulus)
        wrong = both.wrong(state, stimulus, state, right.seen)
        if wrong.seen != right.seen:
            return Outcome(run)
        key = both.key(right.target, wrong.target)
        if right.target != wrong.target and key not in known:
            known.add(key)
            waiting.append((right.target, wrong.target, run))
    parted, is_whole = len(waiting), True
    for first in waiting:
        near = deque([first])
        budget = most
        while near:
            one, other, way = near.popleft()
            for stimulus in both.tried(one):
                run = (*way, stimulus)
                right = both.right(one, stimulus)
                wrong = both.wrong(other, stimulus, one, right.seen)
                if wrong.seen != right.seen:
                    return Outcome(run)
                key = both.key(right.target, wrong.target)
                if right.target == wrong.target or key in known:
                    continue
                if not budget:
                    is_whole = False
                    continue
                budget -= 1
                known.add(key)
                near.append((right.target, wrong.target, run))
    return Outcome(None, parted, len(known), is_whole)
