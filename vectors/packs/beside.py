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

MOST_PAIRS = 1000
"""So many pairs of different states are looked at."""

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
        pairs: So many pairs of different states were looked at.
        is_whole: All that can come was.
    """

    run: tuple[StimulusT, ...] | None
    pairs: int = 0
    is_whole: bool = True


def beside(
    both: Beside[StateT, StimulusT], most: int = MOST_PAIRS
) -> Outcome[StimulusT]:
    """Compare a mutant with its original; a run that tells them apart is a shortest one."""
    known: set[Hashable] = set()
    is_whole = True
    parting = deque(sorted(both.moves(), key=lambda move: len(move[0].way)))
    near: deque[tuple[StateT, StateT, tuple[StimulusT, ...]]] = deque()
    while parting or near:
        if parting and (not near or len(parting[0][0].way) <= len(near[0][2])):
            place, stimulus = parting.popleft()
            one, other, way, tried = place.state, place.state, place.way, [stimulus]
        else:
            one, other, way = near.popleft()
            tried = list(both.tried(one))
        for stimulus in tried:
            run = (*way, stimulus)
            right = both.right(one, stimulus)
            wrong = both.wrong(other, stimulus, one, right.seen)
            if wrong.seen != right.seen:
                return Outcome(run, len(known))
            key = both.key(right.target, wrong.target)
            if right.target == wrong.target or key in known:
                continue
            if len(known) == most:
                is_whole = False
                continue
            known.add(key)
            near.append((right.target, wrong.target, run))
    return Outcome(None, len(known), is_whole)
