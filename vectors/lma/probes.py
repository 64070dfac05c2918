"""What a test purpose asks the anchor afterwards, so that a silent wrong state is seen.

For an edge there is the state that the rule leads to, and the states that a wrong rule
would leave: an update or a timer change forgotten, the request not noticed, or the
effects of another rule that differs in one condition.  The probes are the shortest
stimuli on which the anchor's answers from the right state and from those differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pmip6.model.language.interpreter import State
from pmip6.model.language.table import Rule
from pmip6.vectors.lma.model import AnchorModel, quiet, seen
from pmip6.vectors.lma.near_misses import NearMisses
from pmip6.vectors.lma.repertoire import BASE, Repertoire, Taken
from pmip6.vectors.lma.stimuli import (
    Request,
    Stimulus,
    Wait,
)

MOST_PROBES = 4


@dataclass(frozen=True, eq=False)
class Wrong:
    """A state that a wrong anchor is in, and what is wrong with it."""

    fault: str
    state: State


@dataclass(frozen=True, eq=False)
class Suffix:
    """Probes, the faults that they reveal, and those for which another try is needed."""

    stimuli: tuple[Stimulus, ...]
    revealed: tuple[str, ...]
    hidden: tuple[Wrong, ...]


class ProbeSearch:
    """Finds wrong states, and the probes that tell them from the right one.

    Args:
        model: The anchor.
        repertoire: What a probe may consist of.
    """

    def __init__(self, model: AnchorModel, repertoire: Repertoire = BASE) -> None:
        self.model = model
        self._repertoire = repertoire
        self.near_misses = NearMisses(model)

    # ---- wrong states ----------------------------------------------------------------

    def wrong_states(self, taken: Taken) -> list[Wrong]:
        """The states that a wrong anchor would be in, each once."""
        found: dict[State, Wrong] = {}
        for wrong in (*self._forgotten(taken), *self._mistaken(taken)):
            if wrong.state != taken.reaction.target:
                found.setdefault(wrong.state, wrong)
        return list(found.values())

    def _forgotten(self, taken: Taken) -> Iterator[Wrong]:
        """The state before, and the state after with one effect left out."""
        yield Wrong("nothing happens", taken.before)
        step = taken.reaction.step
        if step is None or step.rule is None:
            return
        for rule, fault in _without_one_effect(step.rule):
            other = self.model.interpreter.apply(rule, taken.before, step.environment)
            yield Wrong(fault, quiet(other.target, taken.before))

    def _mistaken(self, taken: Taken) -> Iterator[Wrong]:
        """The states after rules that miss one of their conditions."""
        request = taken.stimuli[-1]
        if not isinstance(request, Request):
            return
        message = self.model.message(taken.before, request)
        assert message is not None
        for (name, _), step in self.near_misses.steps(taken.before, message):
            yield Wrong(f"taken for {name}", quiet(step.target, taken.before))

    # ---- probes ----------------------------------------------------------------------

    def suffix(
        self, right: State, wrong: Iterable[Wrong], first: tuple[Stimulus, ...] = ()
    ) -> Suffix:
        """Probes that tell the right state from as many wrong ones as they can.

        `first` are stimuli that come in any case.
        """
        pending: list[Wrong] = list(wrong)
        hidden: list[Wrong] = []
        stimuli: list[Stimulus] = []
        revealed: list[str] = []
        following: tuple[Stimulus, ...] | None = first
        while following is not None:
            for stimulus in following:
                right, pending, told = self._after(right, stimulus, pending)
                stimuli.append(stimulus)
                revealed += told
            merged = [w for w in pending if w.state == right]
            hidden += merged
            pending = [w for w in pending if w not in merged]
            full = len(stimuli) - len(first) >= MOST_PROBES
            following = None if full else self._shortest(right, pending)
        return Suffix(tuple(stimuli), tuple(revealed), (*hidden, *pending))

    def _after(
        self, right: State, stimulus: Stimulus, pending: list[Wrong]
    ) -> tuple[State, list[Wrong], list[str]]:
        """The states after a stimulus, and the faults that it reveals."""
        left: list[Wrong] = []
        told: list[str] = []
        if isinstance(stimulus, Wait):
            ticks = self.model.ticks(right, stimulus)
            assert ticks is not None
            for wrong in pending:
                other = self.model.elapse(wrong.state, stimulus.timer, ticks)
                left.append(Wrong(wrong.fault, other.target))
            return (
                self.model.elapse(right, stimulus.timer, ticks).target,
                left,
                told,
            )
        assert isinstance(stimulus, Request)
        message = self.model.message(right, stimulus)
        assert message is not None
        reaction = self.model.receive(right, message)
        for wrong in pending:
            others = self.model.possible(wrong.state, message)
            alike = [r for r in others if seen(r.answer) == seen(reaction.answer)]
            if alike:
                left.append(Wrong(wrong.fault, alike[0].target))
            else:
                told.append(wrong.fault)
        return reaction.target, left, told

    def _shortest(
        self, right: State, pending: list[Wrong]
    ) -> tuple[Stimulus, ...] | None:
        """The shortest stimuli that reveal a fault; of those the most revealing."""
        frontier: list[tuple[tuple[Stimulus, ...], State, list[Wrong]]] = [
            ((), right, pending)
        ]
        if not pending:
            return None
        for _ in range(self._repertoire.longest_probe):
            best: tuple[int, tuple[Stimulus, ...]] | None = None
            following: list[tuple[tuple[Stimulus, ...], State, list[Wrong]]] = []
            for done, state, wrong in frontier:
                for stimulus in self._repertoire.probes:
                    if not self._is_possible(state, stimulus):
                        continue
                    target, left, told = self._after(state, stimulus, wrong)
                    every = (*done, stimulus)
                    if told and (best is None or len(told) > best[0]):
                        best = (len(told), every)
                    following.append((every, target, left))
            if best is not None:
                return best[1]
            frontier = following
        return None

    def _is_possible(self, state: State, stimulus: Stimulus) -> bool:
        if isinstance(stimulus, Wait):
            return self.model.ticks(state, stimulus) is not None
        assert isinstance(stimulus, Request)
        return self.model.message(state, stimulus) is not None


def _without_one_effect(rule: Rule) -> Iterator[tuple[Rule, str]]:
    """The rule without each of its updates, and without each of its timer changes."""
    for n, update in enumerate(rule.updates):
        kept = tuple(u for i, u in enumerate(rule.updates) if i != n)
        yield rule.changed(updates=kept), f"{update.map.name} is not updated"
    for n, change in enumerate(rule.timers):
        kept_timers = tuple(t for i, t in enumerate(rule.timers) if i != n)
        what = "stopped" if change.level is None else "started"
        fault = f"{change.timer.name} is not {what}"
        yield rule.changed(timers=kept_timers), fault
