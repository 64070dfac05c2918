"""The edges of the anchor's rule table that a tester can reach, by breadth-first search.

An edge is a rule, the control state of the session that it meets, and a variant: the
form of the request that takes it there.  For each edge the search gives a shortest
sequence of stimuli whose last one takes it.  Requests that miss one condition of a rule
are added until every condition is missed alone once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pmip6.model.interpreter import State
from pmip6.model.state import BindingState
from pmip6.vectors.anchor_model import AnchorModel, Reaction, quiet, seen
from pmip6.vectors.attempts import is_faulty
from pmip6.vectors.near_misses import NearMiss, NearMisses
from pmip6.vectors.repertoire import BASE, Edge, Repertoire, Taken
from pmip6.vectors.stimuli import (
    Phase,
    PrefixForm,
    Request,
    Stimulus,
    Wait,
)

FREE = BindingState.FREE


def preambles(
    model: AnchorModel, repertoire: Repertoire
) -> Iterator[tuple[tuple[Stimulus, ...], State]]:
    """A shortest way to every state that a preamble reaches, the nearest first."""
    first = model.initial
    seen = {model.interpreter.canonical(first)}
    frontier: list[tuple[tuple[Stimulus, ...], State]] = [((), first)]
    for _ in range(repertoire.longest_preamble + 1):
        following: list[tuple[tuple[Stimulus, ...], State]] = []
        for stimuli, state in frontier:
            yield stimuli, state
            for stimulus in repertoire.preamble:
                reaction = model.react(state, stimulus)
                if reaction is None:
                    continue
                canonical = model.interpreter.canonical(reaction.target)
                if canonical not in seen:
                    seen.add(canonical)
                    following.append(((*stimuli, stimulus), reaction.target))
        frontier = following


class EdgeSearch:
    """Breadth-first search over the states that a preamble reaches.

    Args:
        model: The anchor.
        repertoire: What the tester tries.
    """

    def __init__(self, model: AnchorModel, repertoire: Repertoire = BASE) -> None:
        self.model = model
        self.repertoire = repertoire
        self.found: dict[str, Taken] = {}

    def run(self) -> list[Taken]:
        """A shortest way to every edge, by the order of the rules."""
        for stimuli, state in self._preambles():
            for variant, request in self.repertoire.attempts:
                self._note(variant, request, stimuli, state)
            for timer in self.repertoire.timers:
                self._note_expiry(Wait(timer, Phase.PAST), stimuli, state)
        for taken in list(self._near_misses()):
            edge, number = taken.edge, 1
            while edge.key in self.found:
                number += 1
                edge = replace(taken.edge, variant=f"{taken.edge.variant} ({number})")
            self.found[edge.key] = replace(taken, edge=edge)
        order = {rule.name: n for n, rule in enumerate(self.model.model.rules)}
        found = [self._with_requirements(taken) for taken in self.found.values()]
        return sorted(found, key=lambda t: order[t.edge.rule])

    def _with_requirements(self, taken: Taken) -> Taken:
        """What the edge shows because of the features of the anchor."""
        return replace(taken, requirements=self.repertoire.shows(taken))

    def _preambles(self) -> Iterator[tuple[tuple[Stimulus, ...], State]]:
        return preambles(self.model, self.repertoire)

    def _note(
        self,
        variant: str,
        request: Request,
        stimuli: tuple[Stimulus, ...],
        state: State,
    ) -> None:
        reaction = self.model.react(state, request)
        if reaction is None or not reaction.rules:
            return
        rule = reaction.rules[0]
        if not self.repertoire.is_about(rule.name):
            return
        is_free = reaction.control is FREE
        if is_free and request.deregistration and is_faulty(request):
            return  # the registration with this fault stands for both
        if request.prefix is PrefixForm.REQUESTABLE and stimuli:
            own = replace(request, prefix=PrefixForm.OWN)
            if self.model.message(state, own) == self.model.message(state, request):
                return  # it is noted as the node's own prefix
        edge = Edge(rule.name, reaction.control, variant + self._context(reaction))
        if edge.key not in self.found:
            every = (*stimuli, request)
            self.found[edge.key] = Taken(edge, reaction.rules, every, state, reaction)

    def _context(self, reaction: Reaction) -> str:
        """Whether the rule has to tell its entry from that of another node."""
        step = reaction.step
        if step is None or "entry" not in step.environment or self.repertoire.needs:
            return ""
        entries = self.model.model.configuration.entries
        mine = step.environment["entry"]
        before = entries[: entries.index(mine)]
        taken = [e for e in before if self.model.control(step.target, e) is not FREE]
        return ", beside another session" if taken else ""

    def _note_expiry(
        self, wait: Wait, stimuli: tuple[Stimulus, ...], state: State
    ) -> None:
        reaction = self.model.react(state, wait)
        if reaction is None or len(reaction.rules) != 1:
            return
        edge = Edge(reaction.rules[0].name, reaction.control, "in time")
        if edge.key not in self.found:
            every = (*stimuli, wait)
            self.found[edge.key] = Taken(edge, reaction.rules, every, state, reaction)

    def _near_misses(self) -> Iterator[Taken]:
        """A request for every condition of a rule that alone is missed, if possible.

        One that shows in the answer whether the condition is forgotten is preferred to
        one that shows in the state only.
        """
        near = NearMisses(self.model)
        shown: set[NearMiss] = set()
        hidden: dict[NearMiss, Taken] = {}
        for known in self.found.values():
            if isinstance(known.stimuli[-1], Request):
                shown |= self._missed(near, known)[0]
        for stimuli, state in self._preambles():
            for request in self.repertoire.candidates:
                taken = self._taken(stimuli, state, request)
                if taken is None:
                    continue
                answered, other = self._missed(near, taken)
                if not answered <= shown:
                    shown |= answered
                    yield taken
                for miss in other:
                    hidden.setdefault(miss, taken)
        yield from dict.fromkeys(t for m, t in hidden.items() if m not in shown)

    def _taken(
        self, stimuli: tuple[Stimulus, ...], state: State, request: Request
    ) -> Taken | None:
        reaction = self.model.react(state, request)
        if reaction is None or not reaction.rules:
            return None
        edge = Edge(reaction.rules[0].name, reaction.control, f"nearly: {request}")
        return Taken(edge, reaction.rules, (*stimuli, request), state, reaction)

    def _missed(
        self, near: NearMisses, taken: Taken
    ) -> tuple[set[NearMiss], set[NearMiss]]:
        """The near misses that the answer shows, and those that the state shows."""
        request, right = taken.stimuli[-1], taken.reaction
        assert isinstance(request, Request)
        message = self.model.message(taken.before, request)
        assert message is not None
        shown: set[NearMiss] = set()
        hidden: set[NearMiss] = set()
        for miss, step in near.steps(taken.before, message):
            if not self.repertoire.is_about(miss[0]):
                continue
            if seen(step.sent[0][1] if step.sent else None) != seen(right.answer):
                shown.add(miss)
            elif quiet(step.target, taken.before) != right.target:
                hidden.add(miss)
        return shown, hidden
