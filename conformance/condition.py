"""Whether an implementation under test answers, and if not, what is told of that."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from pmip6.conformance.hooks import Hooks, is_alive_by


class State(enum.Enum):
    """What a probe has shown."""

    ANSWERS = "answers"
    SLOW = "answers later than is declared"
    SILENT = "does not answer"  # dead or deaf: no hook tells which
    DEAF = "runs, and does not answer"
    DEAD = "does not run any more"


@dataclass(frozen=True)
class Condition:
    """The state of an implementation, and what is behind it.

    Args:
        late_ms: How long its answer has taken, where it is slow.
        reaction_ms: How long it may take, as declared.
    """

    state: State
    late_ms: int = 0
    reaction_ms: int = 0

    @property
    def is_alive(self) -> bool:
        """Whether cases can go on."""
        return self.state in (State.ANSWERS, State.SLOW)

    @property
    def reason(self) -> str:
        """What it means for a case that has waited in vain."""
        told = f"the implementation under test {self.state.value}"
        if self.state is State.SLOW:
            told += f": after {self.late_ms} ms, and timers.reaction_ms is {self.reaction_ms}"
        return told


ANSWERS = Condition(State.ANSWERS)
SILENT = Condition(State.SILENT)


def condition_by(hooks: Hooks) -> Condition:
    """What a hook tells of an implementation that does not answer."""
    if not hooks.alive:
        return SILENT
    return Condition(State.DEAF if is_alive_by(hooks) else State.DEAD)
