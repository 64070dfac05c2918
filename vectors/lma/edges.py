"""The edges of the anchor's rule table that a tester can reach, by breadth-first search.

An edge is a rule, the control state of the session that it meets, and a variant: the
form of the request that takes it there.  For each edge the search gives a shortest
sequence of stimuli whose last one takes it.  Requests that miss one condition of a rule
are added until every condition is missed alone once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pmip6.model.language.interpreter import State
from pmip6.model.state import BindingState
from pmip6.vectors.lma.attempts import is_faulty
from pmip6.vectors.lma.model import AnchorModel, Reaction
from pmip6.vectors.lma.near_misses import MissSearch, add_each
from pmip6.vectors.lma.repertoire import BASE, Edge, Repertoire, Taken, preambles
from pmip6.vectors.lma.stimuli import (
    Phase,
    PrefixForm,
    Request,
    Stimulus,
    Wait,
)

FREE = BindingState.FREE
BESIDE = ", beside another session"
"""A rule has to tell its entry, or its prefix, from that of another node."""


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

    def run(self, already: Iterable[tuple[Stimulus, ...]] = ()) -> list[Taken]:
        """A shortest way to every edge, by the order of the rules.

        `already` are the steps of cases that are there without this repertoire.
        """
        for stimuli, state in preambles(self.model, self.repertoire):
            for variant, request in self.repertoire.attempts:
                self._note(variant, request, stimuli, state)
            for timer in self.repertoire.timers:
                self._note_expiry(Wait(timer, Phase.PAST), stimuli, state)
        misses = MissSearch(self.model, self.repertoire)
        add_each(self.found, misses.run(list(self.found.values()), already))
        order = {rule.name: n for n, rule in enumerate(self.model.model.rules)}
        found = [self._with_requirements(taken) for taken in self.found.values()]
        return sorted(found, key=lambda t: order[t.edge.rule])

    def _with_requirements(self, taken: Taken) -> Taken:
        """What the edge shows because of the features of the anchor."""
        return replace(taken, requirements=self.repertoire.shows(taken))

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
        return BESIDE if taken else ""

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
