"""What MaxDelayBeforeNewBCEAssign has to be so that a node keeps its session, by search.

A node goes from one interface to another, which nobody tells the new gateway: it reports
an unknown handoff (RFC 5213, sections 5.4.1.2 and 5.4.1.3).  An anchor that waits hands the
session over when the old gateway notices and ends it; if the delay is over before, the
node gets a second session with another prefix.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import accumulate, count
from typing import NamedTuple

from pmip6.model.domain import Configuration, Model
from pmip6.model.language.interpreter import TICK, Interpreter, State, Transition
from pmip6.model.language.table import Channel, Role, RoleTable, Step, Timer
from pmip6.model.language.terms import BOOL, Term, enum_literal, ite
from pmip6.model.lma.rules import lma
from pmip6.model.sending import send_request
from pmip6.model.shipped.configurations import ON, facts
from pmip6.model.state import (
    GATEWAY,
    LINK_LAYER,
    MOBILE_NODE,
    PREFIX,
    TECHNOLOGY,
    TIME,
    has_interface,
    max_delay_before_new_bce_assign,
)
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.properties.durations import WAITS, Relation

NODE, OLD, NEW = "mn1", ("mag1", "if1"), ("mag2", "if2")
LATEST = 4
"""The most ticks after which the old gateway notices, of those that are tried."""
OCCASIONS = tuple(accumulate((0, *WAITS, WAITS[-1], WAITS[-1])))
"""When the new gateway sends its request: at once, and each repetition."""

gateways = RoleTable(Role.PEER)


@gateways.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    link_layer=LINK_LAYER,
    technology=TECHNOLOGY,
    now=TIME,
    is_first=BOOL,
    deregistration=BOOL,
    requirement=(),
)
def request(
    step: Step,
    node: Term,
    gateway: Term,
    link_layer: Term,
    technology: Term,
    now: Term,
    is_first: Term,
    deregistration: Term,
) -> None:
    """A gateway registers an interface, as new or after an unknown handoff, or ends it."""
    step.require(has_interface(node, link_layer, technology))
    new, unknown = HandoffIndicator.NEW_INTERFACE, HandoffIndicator.UNKNOWN
    send_request(
        step,
        node,
        gateway,
        now,
        deregistration=deregistration,
        prefix=PREFIX.none,
        handoff_indicator=ite(is_first, enum_literal(new), enum_literal(unknown)),
        link_layer=link_layer,
        technology=technology,
    )


(REQUEST,) = gateways.rules
UNNOTICED = Configuration(
    name="unnoticed",
    summary="1 mobile node that goes to its other interface, an anchor that waits",
    nodes=(NODE,),
    gateways=(OLD[0], NEW[0]),
    prefixes=("p1", "p2"),
    entries=("bce1", "bce2"),
    link_layers=(OLD[1], NEW[1]),
    technologies=("wlan",),
    facts=facts(
        (NODE,),
        (OLD[0], NEW[0]),
        ("p1", "p2"),
        several_interfaces=ON,
        waits_for_deregistration=ON,
        has_interface=frozenset({(NODE, OLD[1], "wlan"), (NODE, NEW[1], "wlan")}),
    ),
    capacity={"pbu": 1},
    roles=frozenset({Role.LMA, Role.PEER}),
    disabled=frozenset({"delete_after_delay", "expire"}),  # those of durations.py
)


class Place(NamedTuple):
    """A state, and how far the gateways are.

    Attributes:
        state: The state of the anchor.
        since: Ticks since the node came to its other interface; None before.
        tried: How often the new gateway has sent its request.
        lost: How many of these were lost in a row.
        arrived: Whether one arrived.
        noticed: Whether the old gateway has ended its session.
    """

    state: State
    since: int | None = None
    tried: int = 0
    lost: int = 0
    arrived: bool = False
    noticed: bool = False

    @property
    def is_over(self) -> bool:
        """Whether both have been heard."""
        return self.arrived and self.noticed


class Handoffs:
    """The runs of one unnoticed handoff over a prompt network.

    Args:
        delay: Ticks of MaxDelayBeforeNewBCEAssign.
        late: The most ticks after which the old gateway notices.
        losses: The most requests of the new gateway that are lost in a row.
    """

    def __init__(self, delay: int, late: int, losses: int) -> None:
        timer = max_delay_before_new_bce_assign.name
        chosen = UNNOTICED.changed(durations={timer: (delay,)})
        self.interpreter = Interpreter(Model(chosen, (*lma.rules, *gateways.rules)))
        self.late, self.losses = late, losses

    def split(self) -> bool:
        """Whether the node can get a second session although the first one is ended."""
        first = Place(self.interpreter.canonical(self.interpreter.initial()))
        seen, waiting = {first}, [first]
        for place in waiting:
            for name, target in self.steps(place):
                if name.startswith("allocate") and place.since is not None:
                    return True
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return False

    def steps(self, place: Place) -> Iterator[tuple[str, Place]]:
        """The steps of the anchor, of the gateways and of time, with where they lead."""
        every = list(self.interpreter.transitions(place.state))
        received = [s for s in every if s.rule and isinstance(s.rule.on, Channel)]
        if received:  # the network is prompt
            yield from self._taken(received, place)
        elif place.since is None:
            yield from self._begin(every, place)
        elif not place.is_over:
            expired = [s for s in every if s.rule and isinstance(s.rule.on, Timer)]
            yield from self._taken(expired, place)
            yield from self._of_gateways(every, place, place.since)

    def _taken(
        self, steps: list[Transition], place: Place
    ) -> Iterator[tuple[str, Place]]:
        for step in steps:
            yield step.name, place._replace(state=self._canonical(step))

    def _begin(
        self, every: list[Transition], place: Place
    ) -> Iterator[tuple[str, Place]]:
        if not any(timer for timer in place.state.timers):  # no lifetime runs
            yield from self._taken(_requests(every, OLD, is_first=True), place)
        else:
            yield "move", place._replace(since=0)

    def _of_gateways(
        self, every: list[Transition], place: Place, since: int
    ) -> Iterator[tuple[str, Place]]:
        is_due = OCCASIONS[place.tried] <= since
        if is_due:
            sent = place._replace(tried=place.tried + 1, lost=0, arrived=True)
            yield from self._taken(_requests(every, NEW), sent)
            if place.lost < self.losses:
                yield "lose", place._replace(tried=place.tried + 1, lost=place.lost + 1)
        if not place.noticed:
            ended = place._replace(noticed=True)
            yield from self._taken(_requests(every, OLD, deregistration=True), ended)
        if not is_due and (place.noticed or since < self.late):
            ticks = [step for step in every if step.name == TICK]
            yield from self._taken(ticks, place._replace(since=since + 1))

    def _canonical(self, step: Transition) -> State:
        return self.interpreter.canonical(step.target)


def _requests(
    every: list[Transition],
    end: tuple[str, str],
    *,
    is_first: bool = False,
    deregistration: bool = False,
) -> list[Transition]:
    """The steps by which a gateway sends this request for this interface."""
    wanted = {
        "gateway": end[0],
        "link_layer": end[1],
        "is_first": is_first,
        "deregistration": deregistration,
    }
    return [
        step
        for step in every
        if step.name == REQUEST.name and wanted.items() <= step.environment.items()
    ]


def least_wait(late: int, losses: int) -> int:
    """The shortest delay, in ticks, with which no such handoff splits a session."""
    return next(n for n in count(1) if not Handoffs(n, late, losses).split())


@cache
def of_waiting() -> tuple[Relation, ...]:
    """What MaxDelayBeforeNewBCEAssign has to be for a node that changes its interface."""
    return tuple(
        Relation(k, late, least_wait(late, k), late)
        for k in range(3)
        for late in range(LATEST + 1)
    )
