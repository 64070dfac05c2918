"""What a breadth-first search over the states of a model gives, whoever does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pmip6.properties.property import Property
from pmip6.properties.result import Trace

INTERRUPTED = "interrupted"
"""What stopped a search that somebody ended; its run tells of what it had covered."""


@dataclass(frozen=True)
class Reached:
    """How far a search has come.

    Args:
        states: How many states were met.
        depth: The number of the layer at hand.
        waiting: How many states of that layer have not been taken on yet.
        memory: Octets of all states, or None where nobody counts them.
    """

    states: int
    depth: int
    waiting: int
    memory: int | None


Progress = Callable[[Reached], None]


@dataclass(frozen=True)
class Extent:
    """How far a search came, and what stopped it (empty: all states were met).

    `memory` is that of the states in octets, None where nobody counts it.
    """

    states: int
    transitions: int
    depth: int
    stopped: str = ""
    memory: int | None = None


class Search(Protocol):
    """One search over one model; properties go by their number.

    The number after the last one stands for a state without any step (a deadlock).
    """

    @property
    def properties(self) -> tuple[Property, ...]:
        """What is decided on the way."""
        ...

    def run(
        self, *, limit: int | None, enough: Callable[[], bool], progress: Progress
    ) -> Extent:
        """Search until all is met, `limit` states are, or `enough` is known."""
        ...

    def steps(self) -> dict[str, int]:
        """How many steps each rule took."""
        ...

    def is_reached(self, number: int) -> bool:
        """Whether the premise of a property was met."""
        ...

    def is_violated(self, number: int) -> bool:
        """Whether a property was violated as often as wanted."""
        ...

    def traces(self, number: int) -> tuple[Trace, ...]:
        """Shortest runs that violate a property; the last step of each does.

        No two end in the same step: rules or violating states differ.  A rule or a state
        counts once, however it is reached.
        """
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...
