"""Whether the model has a run that a vector file tells, step by step and octet by octet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv6Address

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import Interpreter, State, Transition
from pmip6.vectors.packs.run_form import wire_steps
from pmip6.vectors.packs.scenarios import SMALL_SEARCHES

ToldMessage = tuple[str, IPv6Address, IPv6Address, str]
"""Kind, source, destination and octets in hexadecimal."""


@dataclass(frozen=True)
class ToldStep:
    """A step as a file tells it: the rule that is taken, and what it sends."""

    rule: str
    sent: tuple[ToldMessage, ...]


@dataclass
class _Search:
    """Follows a run; the furthest step that the model does not have is kept."""

    model: Model
    steps: Sequence[ToldStep]
    interpreter: Interpreter = field(init=False)
    furthest: tuple[int, str] = (0, "")

    def __post_init__(self) -> None:
        self.interpreter = Interpreter(self.model)

    def follows(self, state: State, path: tuple[Transition, ...] = ()) -> bool:
        """Whether the rest of the run is one from this state."""
        if len(path) == len(self.steps):
            return True
        told = self.steps[len(path)]
        reason = f"{told.rule} cannot be taken here"
        for step in self.interpreter.transitions(state):
            if step.name != told.rule:
                continue
            sent = self._sent((*path, step))
            if sent != told.sent:
                reason = f"{told.rule} sends {_shown(sent)}, not {_shown(told.sent)}"
            elif self.follows(step.target, (*path, step)):
                return True
        if len(path) >= self.furthest[0]:
            self.furthest = (len(path) + 1, reason)
        return False

    def _sent(self, path: tuple[Transition, ...]) -> tuple[ToldMessage, ...]:
        """The wire form of what the last step sends."""
        _, messages = wire_steps(self.model, path)[-1]
        return tuple(
            (m.kind, m.source, m.destination, m.octets.hex()) for m in messages
        )


def _shown(messages: Iterable[ToldMessage]) -> str:
    words = [f"{kind} {octets[-24:]}" for kind, _, _, octets in messages]
    return " and ".join(words) or "nothing"


@cache
def _models(name: str) -> tuple[Model, ...]:
    """The models of the searches in a configuration; they differ in what is left out."""
    return tuple(Model(chosen) for chosen, _ in SMALL_SEARCHES if chosen.name == name)


def configuration_names() -> list[str]:
    """The configurations in which runs are searched."""
    return list(dict.fromkeys(chosen.name for chosen, _ in SMALL_SEARCHES))


def unlike_the_model(
    configuration: str, steps: Sequence[ToldStep]
) -> tuple[int, str] | None:
    """The step, from 1, at which a run is none of the model, and why; None if it is one.

    Args:
        configuration: One of `configuration_names()`.
        steps: The run, from the first state.
    """
    furthest = (0, "")
    for model in _models(configuration):
        search = _Search(model, steps)
        if search.follows(search.interpreter.initial()):
            return None
        furthest = max(furthest, search.furthest, key=lambda found: found[0])
    return furthest
