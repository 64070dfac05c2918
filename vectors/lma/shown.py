"""Whether a purpose shows what it cites of an entry: an anchor that breaks it is told.

What becomes of an entry shows only in what is asked afterwards, and not in every case: an
entry that is deleted too early may come back with the same prefix.  So a purpose cites
such a sentence where its steps tell an anchor that breaks it, from its test on, whatever
prefix that one chooses, however long its other timers are, and however close two
timestamps.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from pmip6.model.language.interpreter import Message, State
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import variable
from pmip6.model.lma.rules import lma
from pmip6.model.state import (
    ENTRY,
    BindingState,
    bce_state,
    last_accepted,
    min_delay_before_bce_delete,
    pbu,
    several_prefixes,
)
from pmip6.properties.faults.fault_changes import without, without_timer
from pmip6.vectors.lma.model import (
    ANCHOR_TIMERS,
    POOL,
    REQUESTABLE,
    SERVED,
    TICKS,
    AnchorModel,
    Reaction,
    seen,
)
from pmip6.vectors.lma.stimuli import Request, Stamp, Stimulus, Wait

_BY_NAME = {rule.name: rule for rule in lma.rules}
_UPDATING = ("extend", "hand_off")


def _with(*changed: Rule) -> tuple[Rule, ...]:
    names = {rule.name: rule for rule in changed}
    return tuple(names.get(rule.name, rule) for rule in lma.rules)


def _deletes_at_once() -> tuple[Rule, ...]:
    """A de-registration leaves nothing of the entry."""
    ending, end = _BY_NAME["deregister"], _BY_NAME["delete_after_delay"]
    kept = [u for u in ending.updates if u.map is last_accepted]
    cleared = [u for u in end.updates if u.map is not last_accepted]
    return _with(ending.changed(updates=(*cleared, *kept), timers=end.timers))


def _never_deletes() -> tuple[Rule, ...]:
    """A de-registration leaves the entry for ever."""
    stop = without_timer(min_delay_before_bce_delete.name)
    return _with(stop(_BY_NAME["deregister"]))


def _deletes_all_the_same() -> tuple[Rule, ...]:
    """The delay goes on although the session is registered again, and ends it."""
    stop = without_timer(min_delay_before_bce_delete.name)
    end = without(bce_state.name)(_BY_NAME["delete_after_delay"])
    return _with(*(stop(_BY_NAME[name]) for name in _UPDATING), end)


def _leaves_the_entry(rule: Rule) -> Rule:
    return rule.changed(updates=(), timers=())


def _updates_none_in_the_delay() -> tuple[Rule, ...]:
    """A registration in the delay is accepted, and the entry stays as it is."""
    waits = bce_state[variable("entry", ENTRY)] == BindingState.DEREGISTERED
    idle = (_leaves_the_entry(_BY_NAME[name]) for name in _UPDATING)
    early = (r.changed(name=f"{r.name}_idly", guard=(*r.guard, waits)) for r in idle)
    return (*early, *lma.rules)


def _updates_none_after_handoff() -> tuple[Rule, ...]:
    """A handoff is accepted, and the entry stays as it is."""
    return _with(_leaves_the_entry(_BY_NAME["hand_off"]))


BREAKING: dict[str, tuple[Callable[[], tuple[Rule, ...]], ...]] = {
    "5213-5.3.4-1": (_updates_none_after_handoff,),
    "5213-5.3.5-2": (_deletes_at_once, _never_deletes),
    "5213-5.3.5-6": (_deletes_all_the_same,),
    "5213-9.1-3": (_deletes_at_once,),
    "5213-9.1-x2": (_updates_none_in_the_delay,),
}
"""The rules of anchors that break a sentence."""


def is_shown(
    requirement: str,
    readings: tuple[str, ...],
    stimuli: Sequence[Stimulus],
    first: int,
) -> bool:
    """Whether steps tell an anchor that breaks the sentence; of any other it is taken.

    Args:
        requirement: Id of the sentence.
        readings: Features and switches of the anchor.
        stimuli: All steps of a purpose.
        first: The place of its test among them.
    """
    if requirement not in BREAKING:
        return True
    told = (
        _told_at(_right(readings), _wrong(readings, breaking), stimuli)
        for breaking in BREAKING[requirement]
    )
    return any(place is not None and place >= first for place in told)


@cache
def _right(readings: tuple[str, ...]) -> AnchorModel:
    return AnchorModel(readings=readings)


@cache
def _wrong(
    readings: tuple[str, ...], breaking: Callable[[], tuple[Rule, ...]]
) -> AnchorModel:
    """A node that has several prefixes has them by its policy, and may name them again."""
    by_policy = {(n, p) for n, p in itertools.product(SERVED, (*POOL, REQUESTABLE))}
    named = frozenset(by_policy) if several_prefixes.name in readings else None
    return AnchorModel(breaking(), readings, named)


def _told_at(
    right: AnchorModel, wrong: AnchorModel, stimuli: Sequence[Stimulus]
) -> int | None:
    """The step that no state of the wrong anchor answers alike; None where all may."""
    state, others = right.initial, {wrong.initial}
    for place, stimulus in enumerate(stimuli):
        reaction = right.react(state, stimulus)
        assert reaction is not None
        others = {
            target
            for other in others
            for target in _alike(right, wrong, (state, other), stimulus, reaction)
        }
        if not others:
            return place
        state = reaction.target
    return None


def _alike(
    right: AnchorModel,
    wrong: AnchorModel,
    states: tuple[State, State],
    stimulus: Stimulus,
    reaction: Reaction,
) -> Iterator[State]:
    """Where the wrong anchor may be after a step that it answers as the right one does."""
    state, other = states
    match stimulus:
        case Wait():
            ticks = right.ticks(state, stimulus)
            assert ticks is not None
            after = wrong.elapse(other, stimulus.timer, ticks).target
            yield after
            for timer in ANCHOR_TIMERS:  # one that the right anchor does not have
                if timer.name != stimulus.timer:
                    yield wrong.elapse(after, timer.name, TICKS).target
        case Request():
            message = right.message(state, stimulus)
            assert message is not None
            if stimulus.stamp is Stamp.OLDER:
                message = _long_ago(message)
            for possible in wrong.possible(other, message):
                if seen(possible.answer) == seen(reaction.answer):
                    yield possible.target
        case _:
            yield other


def _long_ago(message: Message) -> Message:
    """The request with the first of all timestamps, older than any accepted one."""
    values = dict(zip((name for name, _ in pbu.fields), message, strict=True))
    return (*{**values, "timestamp": 1}.values(),)
