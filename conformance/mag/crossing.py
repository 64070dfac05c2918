"""What a tester does keeps off the ends of the gateway's timers, as both clocks differ.

An answer to a request that the gateway has repeated meanwhile says something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pmip6.conformance.mag.script import Script


@dataclass
class Crossing:
    """When a tester may act.

    Args:
        tolerance_ms: How far off the end of a timer may be.
        reaction_ms: How long the gateway takes for an answer of the tester.
    """

    tolerance_ms: int
    reaction_ms: int
    _certain_ms: int = 0  # from then on a silent end of a timer is over

    def ended(self, at_ms: int) -> None:
        """A timer has run out, and nothing that the gateway sends may show that."""
        self._certain_ms = max(self._certain_ms, at_ms + self.tolerance_ms)

    def until(
        self, now_ms: int, deadlines: Iterable[tuple[int | None, bool]]
    ) -> int | None:
        """The time to wait for before acting; None where the tester may act now.

        Args:
            now_ms: The time now.
            deadlines: When each timer runs out, None where it does not run; whether what
                the tester does is an answer that stops it.
        """
        near: list[int] = []
        for due, is_stopped in deadlines:
            reach = self.tolerance_ms
            if is_stopped:
                reach = max(reach, self.reaction_ms)
            if due is not None and 0 < due - now_ms <= reach:
                near.append(due)
        if near:
            return min(near)
        return self._certain_ms if now_ms < self._certain_ms else None


def keep_off(
    until: Callable[[], int | None],
    settle: Callable[[], Script],
    listen: Callable[[int], Script],
) -> Script:
    """Wait until the tester may act.

    Args:
        until: The time to wait for; None where it may act.
        settle: Waits for what has to have come by now.
        listen: Listens until a time.
    """
    yield from settle()
    while (time_ms := until()) is not None:
        yield from listen(time_ms)
        yield from settle()
