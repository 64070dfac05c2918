"""Which faulty anchors a tester can tell from the anchor: compared state by state."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from pmip6.conformance.lma.faulty_peers import FaultyPeer, changed_rules
from pmip6.model.language.interpreter import Message, State, Transition
from pmip6.model.language.table import Rule, Timer
from pmip6.model.state import pbu, waits_for_deregistration
from pmip6.properties.faults.noticed import parts_of
from pmip6.vectors.lma.model import Reaction, seen
from pmip6.vectors.lma.stimuli import Request, Stimulus, Wait
from pmip6.vectors.packs.beside import Did, Outcome, beside
from pmip6.vectors.packs.role_graphs import (
    AnchorPart,
    AnchorPlace,
    NotingAnchor,
    anchor_places,
)

AnchorMove = tuple[AnchorPlace, Stimulus, Message | None, Reaction]


@dataclass(frozen=True, eq=False)
class PartStates:
    """An anchor with some features: its states, and what a tester can do in each."""

    moves: tuple[AnchorMove, ...]


@cache
def part_states(part: AnchorPart) -> PartStates:
    """The states of a part of the graph; stimuli that are the same message are one."""
    model, places = anchor_places(part)
    found: dict[tuple[State, object], AnchorMove] = {}
    for place in places:
        state = place.state
        for stimulus in part.tried:
            message = None
            if isinstance(stimulus, Request):
                message = model.message(state, stimulus)
            reaction = model.react(state, stimulus)
            if reaction is not None:
                what = stimulus if message is None else message
                move = (place, stimulus, message, reaction)
                found.setdefault((state, what), move)
    return PartStates(tuple(found.values()))


@cache
def _anchor(needs: tuple[str, ...]) -> NotingAnchor:
    return NotingAnchor(needs)


@cache
def _known(needs: tuple[str, ...]) -> dict[tuple[State, Stimulus], Did[State]]:
    """What the anchor with these features has done so far."""
    return {}


class BesideAnchor:
    """An anchor and a mutant of it, with some features."""

    def __init__(self, part: AnchorPart, peer: FaultyPeer) -> None:
        self._part = part
        self._right = _anchor(part.needs)
        self._wrong = NotingAnchor(part.needs, peer.rules)
        names = {right.name for right, _ in changed_rules(peer)}
        self._changed = [r for r in self._wrong.model.rules if r.name in names]
        self._names = names

    @property
    def is_same(self) -> bool:
        """With these features the mutant has the rules of the anchor."""
        own = {r.name: parts_of(r) for r in self._right.model.rules}
        return own == {r.name: parts_of(r) for r in self._wrong.model.rules}

    def tried(self, right: State) -> Iterable[Stimulus]:
        """What shows which state an anchor is in."""
        return [s for s in self._part.probes if self._is_possible(right, s)]

    def _is_possible(self, state: State, stimulus: Stimulus) -> bool:
        if isinstance(stimulus, Wait):
            return self._right.ticks(state, stimulus) is not None
        assert isinstance(stimulus, Request)
        return self._right.message(state, stimulus) is not None

    def moves(self) -> Iterator[tuple[AnchorPlace, Stimulus]]:
        """Where a changed rule is taken, by the anchor or by the mutant."""
        for place, stimulus, message, reaction in part_states(self._part).moves:
            state = place.state
            if any(rule.name in self._names for rule in reaction.rules) or any(
                self._may_take(rule, state, stimulus, message) for rule in self._changed
            ):
                yield place, stimulus

    def _may_take(
        self, rule: Rule, state: State, stimulus: Stimulus, message: Message | None
    ) -> bool:
        if message is not None:
            steps = self._wrong.interpreter.receive(rule, message, state)
            return rule.on == pbu and any(True for _ in steps)
        return (
            isinstance(stimulus, Wait)
            and isinstance(rule.on, Timer)
            and rule.on.name == stimulus.timer
        )

    def right(self, state: State, stimulus: Stimulus) -> Did[State]:
        """What the anchor does; looked up where it has been asked before."""
        known = _known(self._part.needs)
        if (state, stimulus) not in known:
            self._right.expired.clear()
            reaction = self._right.react(state, stimulus)
            assert reaction is not None
            seen = _seen(reaction, self._right.expired)
            known[state, stimulus] = Did(seen, reaction.target)
        return known[state, stimulus]

    def wrong(
        self, state: State, stimulus: Stimulus, right: State, seen: Hashable
    ) -> Did[State]:
        """What the mutant does, by choice the same."""
        if isinstance(stimulus, Wait):
            ticks = self._right.ticks(right, stimulus)
            assert ticks is not None
            self._wrong.expired.clear()
            reaction = self._wrong.elapse(state, stimulus.timer, ticks)
            return Did(_seen(reaction, self._wrong.expired), reaction.target)
        assert isinstance(stimulus, Request)
        message = self._right.message(right, stimulus)
        assert message is not None
        others = [
            Did(_seen(r, ()), r.target) for r in self._wrong.possible(state, message)
        ]
        return next((did for did in others if did.seen == seen), others[0])

    def key(self, right: State, wrong: State) -> Hashable:
        """Both states, with the numbers of their times by their order."""
        canonical = self._right.interpreter.canonical
        return canonical(right), canonical(wrong)


def _seen(reaction: Reaction, expired: Iterable[Transition]) -> Hashable:
    """What a tester sees: the answer, and what is sent when a timer expires."""
    late = [message for step in expired for _, message in step.sent]
    return seen(reaction.answer), tuple(map(seen, late))


@dataclass(frozen=True)
class AnchorOutcome:
    """How a mutant compares with the anchor that has some features."""

    needs: tuple[str, ...]
    outcome: Outcome[Stimulus]


def anchor_outcomes(
    peer: FaultyPeer, parts: Iterable[AnchorPart]
) -> list[AnchorOutcome]:
    """How a mutant compares with the anchor, in the parts in which it has other rules.

    The part in which requests wait is ten times as large as all others together: it is for
    what the others do not have.
    """
    found: list[AnchorOutcome] = []
    for part in sorted(parts, key=_waits):
        if found and _waits(part):
            break
        both = BesideAnchor(part, peer)
        if not both.is_same:
            found.append(AnchorOutcome(part.needs, beside(both)))
            if found[-1].outcome.run is not None:
                break
    return found


def _waits(part: AnchorPart) -> bool:
    return waits_for_deregistration.name in part.needs
