"""What a case was given that its rules do not decide: nodes, numbers, times, and packets.

With it, and with the packets of its capture, a case can be run again at any time, and has
to come to the same conclusions (`pmip6.conformance.recompute`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, cast

from pmip6.conformance.wire.arrivals import Arrival
from pmip6.model.errors import Pmip6Error

Given = int | None | tuple[int, int, str] | tuple[int, int, str, str]
"""The time of sending, or the time now; None where nothing came; of a packet its time, the
time of day, and the check of ESP that it fails, empty where it fails none; from a gateway
also the link-layer address of the node that it goes to, empty where it goes to none."""


class Clock(Protocol):
    """What tells the time of day, as links do."""

    def time_of_day(self) -> int:
        """The time of day now, in the format of the Timestamp option."""
        ...


@dataclass
class Journal:
    """What one case was given, in order.

    Args:
        nodes: Its mobile nodes, by their part in it.
        number: That of the case, for link-layer identifiers.
        clock: What it has read of the time of day.
        numbers: The sequence numbers and marks that it got.
        given: When it began, on the clock of the link, and what its script was given then.
    """

    nodes: dict[str, str]
    number: int
    clock: list[int] = field(default_factory=list[int])
    numbers: list[int] = field(default_factory=list[int])
    given: list[Given] = field(default_factory=list[Given])

    def reading(self, clock: Clock) -> Recorded:
        """The clock, such that the journal knows what was read."""
        return Recorded(clock.time_of_day, self.clock)

    def counting(self, numbers: Iterator[int]) -> Iterator[int]:
        """The numbers, such that the journal knows which were taken."""
        for number in numbers:
            self.numbers.append(number)
            yield number

    def note(self, granted: Arrival | int | None) -> None:
        """Take down what the script is given."""
        if isinstance(granted, Arrival):
            check = granted.unprotected
            name = "" if check is None else check.name
            self.given.append((granted.time_ms, granted.time_of_day, name))
        else:
            self.given.append(granted)


@dataclass(frozen=True)
class Recorded:
    """A clock that tells what was read."""

    read: Callable[[], int]
    kept: list[int]

    def time_of_day(self) -> int:
        """The time of day now."""
        now = self.read()
        self.kept.append(now)
        return now


class Played:
    """A clock, and numbers, as a journal has them.

    Raises:
        Pmip6Error: More is asked for than there was.
    """

    def __init__(self, values: Iterable[int]) -> None:
        self._values = iter(values)

    def __iter__(self) -> Iterator[int]:
        """The numbers."""
        return self

    def __next__(self) -> int:
        """The next value."""
        found = next(self._values, None)
        if found is None:
            raise Pmip6Error(
                "journal", "has less than the case asks for", "run it again"
            )
        return found

    def time_of_day(self) -> int:
        """The next reading."""
        return next(self)


def as_document(journal: Journal) -> dict[str, object]:
    """The journal as JSON values."""
    return {
        "nodes": dict(journal.nodes),
        "number": journal.number,
        "clock": list(journal.clock),
        "numbers": list(journal.numbers),
        "given": [list(g) if isinstance(g, tuple) else g for g in journal.given],
    }


def from_document(document: dict[str, object]) -> Journal:
    """The journal that `as_document` wrote.

    Raises:
        Pmip6Error: It is none.
    """
    try:
        given = [
            cast("Given", tuple(cast("list[object]", g)) if isinstance(g, list) else g)
            for g in cast("list[object]", document["given"])
        ]
        return Journal(
            cast("dict[str, str]", document["nodes"]),
            int(str(document["number"])),
            cast("list[int]", document["clock"]),
            cast("list[int]", document["numbers"]),
            given,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Pmip6Error(
            "journal", f"cannot be read: {error}", "run it again"
        ) from error
