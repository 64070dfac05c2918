"""Requests that meet all conditions of a rule but one.

Only such a request tells the anchor from one that forgets the condition: the forgetful
one takes the rule, the anchor another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pmip6.model.domain import Model
from pmip6.model.interpreter import Interpreter, Message, State, Transition
from pmip6.model.state import pbu
from pmip6.model.table import Rule, is_on_message_alone
from pmip6.model.terms import Term
from pmip6.vectors.anchor_model import AnchorModel

NearMiss = tuple[str, int]
"""Name of a rule, and which of its conditions fails."""


class NearMisses:
    """Finds the near misses of a request."""

    def __init__(self, model: AnchorModel) -> None:
        self.model = model
        self._fixed: dict[Message, tuple[NearMiss, ...]] = {}

    def steps(
        self, state: State, message: Message
    ) -> Iterator[tuple[NearMiss, Transition]]:
        """What an anchor does that forgets a condition which the request misses.

        Where the rule is taken with the condition too, it may be for another entry.
        """
        receive = self._interpreter.receive
        for name, number in self._possible(message):
            step = next(receive(self._weakened[name, number], message, state), None)
            if step is None:
                continue
            right = next(receive(self._rules[name], message, state), None)
            if right is None or right.environment != step.environment:
                yield (name, number), step

    def _possible(self, message: Message) -> tuple[NearMiss, ...]:
        """Those that the conditions on the message alone leave possible."""
        if message not in self._fixed:
            self._fixed[message] = tuple(self._left(message))
        return self._fixed[message]

    def _left(self, message: Message) -> Iterator[NearMiss]:
        env = {f"message.{n}": v for (n, _), v in zip(pbu.fields, message, strict=True)}
        first = self.model.initial
        for name, rule in self._rules.items():
            failed = [
                n
                for n, condition in enumerate(rule.guard)
                if is_on_message_alone(condition)
                and not self._interpreter.value(condition, first, env)
            ]
            if not failed:
                numbers = range(len(rule.guard))
                yield from (
                    (name, n) for n in numbers if not is_on_message_alone(rule.guard[n])
                )
            elif len(failed) == 1:
                yield name, failed[0]

    @cached_property
    def _rules(self) -> dict[str, Rule]:
        return {rule.name: rule for rule in self.model.model.rules if rule.on == pbu}

    @cached_property
    def _weakened(self) -> dict[NearMiss, Rule]:
        """Every rule on a request without one of its conditions."""
        return {
            (name, n): rule.changed(name=f"{name}#{n}", guard=_without(rule.guard, n))
            for name, rule in self._rules.items()
            for n in range(len(rule.guard))
        }

    @cached_property
    def _interpreter(self) -> Interpreter:
        rules = (*self._rules.values(), *self._weakened.values())
        return Interpreter(Model(self.model.model.configuration, rules))


def _without(guard: tuple[Term, ...], number: int) -> tuple[Term, ...]:
    return tuple(c for n, c in enumerate(guard) if n != number)
