"""Times at which an implementation under test was lost, and whether a case is the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pmip6.conformance.condition import Condition

MOST_IN_A_ROW = 4
"""After so many losses of which no case is the reason a campaign goes on no more."""
MOST_NAMED = 3
"""So many of the cases that had run are named."""


@dataclass(frozen=True)
class Loss:
    """The implementation did not answer any more.

    Args:
        state: What a probe has shown, in words.
        at_ms: When, since the campaign began.
        suspects: Ids of the cases that may have been the reason.
        culprit: Id of the one that was: it ran alone, first after a restart, and
            as many probes do no harm.  Else empty.
    """

    state: str
    at_ms: int
    suspects: tuple[str, ...]
    culprit: str = ""


@dataclass
class Losses:
    """The losses of a campaign, as they come.

    Attributes:
        every: So far.
        first: Id of the case that ran first after the last restart, once it has begun.
        in_doubt: Ids of cases that ended, or were given up, with the next loss.
    """

    every: list[Loss] = field(default_factory=list[Loss])
    first: str | None = None
    in_doubt: list[str] = field(default_factory=list[str])

    def add(self, condition: Condition, at_ms: int) -> Loss:
        """Note that it is lost."""
        suspects = tuple(sorted(self.in_doubt))
        loss = Loss(condition.state.value, at_ms, suspects)
        self.every.append(loss)
        self.in_doubt = []
        return loss

    def blame(self, name: str) -> None:
        """A case is the reason of the last loss."""
        self.every[-1] = replace(self.every[-1], culprit=name)

    def has_restarted(self) -> None:
        """It has been started again: the next case is the first."""
        self.first = None

    def begins(self, name: str) -> None:
        """A case begins."""
        if self.first is None:
            self.first = name

    @property
    def are_too_many(self) -> bool:
        """Whether so many have come in a row that no case is the reason of."""
        last = self.every[-MOST_IN_A_ROW:]
        return len(last) == MOST_IN_A_ROW and not any(each.culprit for each in last)


def unexplained(losses: Sequence[Loss]) -> tuple[Loss, ...]:
    """Those that no case alone has brought about."""
    culprits = {each.culprit for each in losses if each.culprit}
    return tuple(
        each for each in losses if not each.culprit and not culprits & {*each.suspects}
    )


def loss_lines(losses: Sequence[Loss]) -> Iterator[str]:
    """Each loss in a line, with the case that is its reason, or those that may be."""
    culprits = {each.culprit for each in losses if each.culprit}
    for each in losses:
        found = each.culprit or next((n for n in each.suspects if n in culprits), "")
        told = f"lost after {each.at_ms / 1000:.1f} s (it {each.state}): "
        if found:
            yield f"{told}{found} alone brings it about"
        elif each.suspects:
            yield f"{told}no case alone brings it about; {named(each.suspects)} had run"
        else:
            yield f"{told}nothing but probes had come since it was alive"


def named(cases: Sequence[str]) -> str:
    """Cases by their ids, where they are many the first of them."""
    told = ", ".join(cases[:MOST_NAMED])
    left = len(cases) - MOST_NAMED
    return f"{told} and {left} more" if left > 0 else told
