"""Requests that meet all conditions of a rule but one, and the search for them.

Only such a request tells the anchor from one that forgets the condition: the forgetful
one takes the rule, the anchor another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import (
    Decided,
    Interpreter,
    Message,
    State,
    Transition,
)
from pmip6.model.language.table import Rule, is_on_message_alone
from pmip6.model.language.terms import Term
from pmip6.model.state import pbu
from pmip6.vectors.lma.model import AnchorModel, quiet, seen
from pmip6.vectors.lma.repertoire import Edge, Repertoire, Taken, preambles
from pmip6.vectors.lma.stimuli import Request, Stimulus

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
        decided: Decided = {}
        for name, number in self._possible(message):
            weakened = self._weakened[name, number]
            step = next(receive(weakened, message, state, decided), None)
            if step is None:
                continue
            right = next(receive(self._rules[name], message, state, decided), None)
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


class MissSearch:
    """Finds a request for every condition of a rule that alone is missed, if possible.

    Args:
        model: The anchor.
        repertoire: What the tester tries.
    """

    def __init__(self, model: AnchorModel, repertoire: Repertoire) -> None:
        self.model = model
        self.repertoire = repertoire
        self._near = NearMisses(model)

    def run(
        self, known: Iterable[Taken], already: Iterable[tuple[Stimulus, ...]] = ()
    ) -> Iterator[Taken]:
        """The requests for conditions that no known one misses alone.

        One that shows in the answer whether the condition is forgotten is preferred to
        one that shows in the state only.

        Args:
            known: Edges with a request of their own.
            already: The steps of cases that are there without this repertoire.
        """
        shown: set[NearMiss] = set()
        hidden: dict[NearMiss, Taken] = {}
        for taken in known:
            shown |= self._missed(taken)[0]
        for taken in self._walked(already):
            shown |= self._missed(taken)[0]
        for stimuli, state in preambles(self.model, self.repertoire):
            for request in self.repertoire.candidates:
                nearly = self._taken(stimuli, state, request)
                if nearly is None:
                    continue
                answered, other = self._missed(nearly)
                if not answered <= shown:
                    shown |= answered
                    yield nearly
                for miss in other:
                    hidden.setdefault(miss, nearly)
        yield from dict.fromkeys(t for m, t in hidden.items() if m not in shown)

    def _walked(self, cases: Iterable[tuple[Stimulus, ...]]) -> Iterator[Taken]:
        """Every step of the cases, each once; not those after one that makes no sense."""
        met: set[tuple[State, Stimulus]] = set()
        for stimuli in cases:
            state = self.model.initial
            for number, stimulus in enumerate(stimuli):
                if isinstance(stimulus, Request) and (state, stimulus) not in met:
                    met.add((state, stimulus))
                    step = self._taken(stimuli[:number], state, stimulus)
                    yield from () if step is None else (step,)
                reaction = self.model.react(state, stimulus)
                if reaction is None:
                    break
                state = reaction.target

    def _taken(
        self, stimuli: tuple[Stimulus, ...], state: State, request: Request
    ) -> Taken | None:
        reaction = self.model.react(state, request)
        if reaction is None or not reaction.rules:
            return None
        edge = Edge(reaction.rules[0].name, reaction.control, f"nearly: {request}")
        return Taken(edge, reaction.rules, (*stimuli, request), state, reaction)

    def _missed(self, taken: Taken) -> tuple[set[NearMiss], set[NearMiss]]:
        """The near misses that the answer shows, and those that the state shows."""
        request, right = taken.stimuli[-1], taken.reaction
        shown: set[NearMiss] = set()
        hidden: set[NearMiss] = set()
        if not isinstance(request, Request):
            return shown, hidden
        message = self.model.message(taken.before, request)
        assert message is not None
        for miss, step in self._near.steps(taken.before, message):
            if not self.repertoire.is_about(miss[0]):
                continue
            if seen(step.sent[0][1] if step.sent else None) != seen(right.answer):
                shown.add(miss)
            elif quiet(step.target, taken.before) != right.target:
                hidden.add(miss)
        return shown, hidden


def add_each(found: dict[str, Taken], misses: Iterable[Taken]) -> None:
    """Add edges under keys of their own, numbered where they are alike."""
    for taken in list(misses):
        edge, number = taken.edge, 1
        while edge.key in found:
            number += 1
            edge = replace(taken.edge, variant=f"{taken.edge.variant} ({number})")
        found[edge.key] = replace(taken, edge=edge)


def _without(guard: tuple[Term, ...], number: int) -> tuple[Term, ...]:
    return tuple(c for n, c in enumerate(guard) if n != number)
