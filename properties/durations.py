"""What has to hold between the timers so that a session lives on, found by search.

The properties do not depend on the timers; that a node keeps its session does.  The
search takes every run in which gateways act at once, the network delivers before time
goes on, and at most so many messages in a row are lost.  A session that could end although
its node is served is found by the rule that ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import count
from typing import NamedTuple

from pmip6.model.domain import Configuration, Model
from pmip6.model.language.interpreter import TICK, Interpreter, State, Transition
from pmip6.model.language.table import Channel, Role, Timer
from pmip6.model.shipped.configurations import facts
from pmip6.model.state import attached

NODE = "mn1"
WAITS = (1, 2, 4)
"""Ticks before the first, second and each later repetition of a request."""

STAYING = Configuration(
    name="staying",
    summary="1 mobile node that stays where it is, a network that loses messages",
    nodes=(NODE,),
    gateways=("mag1",),
    prefixes=("p1",),
    entries=("bce1",),
    facts=facts((NODE,), ("mag1",), ("p1",)),
    capacity={"pbu": 2, "pba": 2},
    faults=frozenset({"lose"}),
    disabled=frozenset({"detach"}),
)
MOVING = STAYING.changed(
    name="moving",
    summary="1 mobile node that moves once, a network that loses messages",
    gateways=("mag1", "mag2"),
    facts=facts((NODE,), ("mag1", "mag2"), ("p1",)),
    capacity={"pbu": 4, "pba": 4},  # none is ever full
    reorder=False,
    disabled=frozenset({"expire", "renew"}),  # those of STAYING
)


class Place(NamedTuple):
    """A state, with the messages lost in a row, and the ticks since the node left."""

    state: State
    lost: int = 0
    away: int | None = None


class Runs:
    """The runs of a model over a prompt network that loses few messages.

    Args:
        model: The model; its timers are real.
        losses: The most messages that are lost between two acceptances, and during the
            only handoff.
        gap: The most ticks for which the node is on no link after it left one.
    """

    def __init__(self, model: Model, losses: int, gap: int = 0) -> None:
        self.interpreter = Interpreter(model)
        self.losses, self.gap = losses, gap
        self.attached = model.cells[attached.name, (NODE,)]

    def can_take(self, rule: str) -> bool:
        """Whether some run takes the rule."""
        first = Place(self.interpreter.canonical(self.interpreter.initial()))
        seen, waiting = {first}, [first]
        for place in waiting:
            for step, target in self.steps(place):
                if step.name == rule:
                    return True
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return False

    def steps(self, place: Place) -> Iterator[tuple[Transition, Place]]:
        """The steps that a run may take, with where they lead."""
        every = list(self.interpreter.transitions(place.state))
        prompt = any(map(_is_prompt, every))
        for step in every:
            lost, away = place.lost, place.away
            match step.name:
                case "lose_pbu" | "lose_pba":
                    lost += 1
                case "accept" if away is None:
                    lost = 0
                case "detach":
                    if away is not None:
                        continue  # it moves once
                    lost, away = 0, 0
                case _ if step.name == TICK:
                    if prompt:
                        continue
                    if away is not None and place.state.cells[self.attached] is None:
                        away += 1
                case _:
                    pass
            if lost <= self.losses and (away or 0) <= self.gap:
                target = self.interpreter.canonical(step.target)
                yield step, Place(target, lost, away)


def _is_prompt(step: Transition) -> bool:
    """No time passes before it: a message arrives, or a gateway acts by itself."""
    if step.rule is None:
        return False
    if isinstance(step.rule.on, Channel):
        return step.rule.role is not Role.CHANNEL
    return step.rule.role is Role.MAG and not isinstance(step.rule.on, Timer)


def repeated_after(losses: int) -> int:
    """Ticks from a request to the repetition that is not lost."""
    return sum(WAITS[min(n, len(WAITS) - 1)] for n in range(losses))


def lapses(lifetime: int, renewal: int, losses: int) -> bool:
    """Whether a session can end although its gateway renews it.

    Args:
        lifetime: Ticks that the anchor grants.
        renewal: Ticks after which the gateway renews.
        losses: The most messages that are lost in a row.
    """
    durations = {
        "binding_lifetime": (lifetime,),
        "renewal": (renewal,),
        "retransmission": WAITS,
    }
    return Runs(Model(STAYING.changed(durations=durations)), losses).can_take("expire")


def ends_in_handoff(delay: int, gap: int, losses: int) -> bool:
    """Whether a session can end although its node comes to another gateway.

    Args:
        delay: Ticks of MinDelayBeforeBCEDelete.
        gap: The most ticks between two links.
        losses: The most messages that are lost in a row.
    """
    durations = {"min_delay_before_bce_delete": (delay,), "retransmission": WAITS}
    runs = Runs(Model(MOVING.changed(durations=durations)), losses, gap)
    return runs.can_take("delete_after_delay")


def least_lifetime(renewal: int, losses: int) -> int:
    """The shortest lifetime, in ticks, with which no session lapses."""
    return next(n for n in count(1) if not lapses(n, renewal, losses))


def least_delay(gap: int, losses: int) -> int:
    """The shortest deletion delay, in ticks, with which no handoff ends a session."""
    return next(n for n in count(1) if not ends_in_handoff(n, gap, losses))


class Relation(NamedTuple):
    """What was found for some durations, all in ticks.

    Args:
        losses: The most messages that are lost in a row.
        given: The renewal, or the gap between two links.
        least: The shortest lifetime or delay with which no session ends.
        exceeds: Renewal or gap plus the waits until the repetition that is not lost.
    """

    losses: int
    given: int
    least: int
    exceeds: int


@cache
def of_lifetime() -> tuple[Relation, ...]:
    """What the lifetime has to be for a node that stays."""
    return tuple(
        Relation(k, r, least_lifetime(r, k), r + repeated_after(k))
        for k in range(4)
        for r in (1, 2, 3)
    )


@cache
def of_deletion_delay() -> tuple[Relation, ...]:
    """What the deletion delay has to be for a node that moves."""
    return tuple(
        Relation(k, g, least_delay(g, k), g + repeated_after(k))
        for k in range(3)
        for g in range(3)
    )
