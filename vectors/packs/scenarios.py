"""Shortest runs of the model that take each rule, found on the plain interpreter."""

from __future__ import annotations

from dataclasses import dataclass

from pmip6.model.domain import Configuration, Model
from pmip6.model.language.interpreter import Interpreter, State, Transition
from pmip6.model.language.table import Role
from pmip6.model.shipped.configurations import (
    ONE_NODE,
    PREFIX_SETS,
    REJECTIONS,
    SEQUENCES,
    STRANGERS,
    WAITING,
    newer,
)


@dataclass(frozen=True, eq=False)
class Scenario:
    """A run from the first state whose last step takes a rule for the first time."""

    rule: str
    steps: tuple[Transition, ...]


NO_FAULTS: frozenset[str] = frozenset()
QUIET = ONE_NODE.changed(
    durations={},
    capacity={"pbu": 1, "pba": 1},
    faults=NO_FAULTS,
    in_flight=1,
    times=3,
)
CROSSING = ONE_NODE.changed(
    durations={},
    faults=NO_FAULTS,
    in_flight=2,
    times=3,
    prefixes=("p1",),
    entries=("bce1",),
    disabled=frozenset(
        {
            "retransmit",
            "renew",
            "expire",
            "lapse_instead_of_renewal",
            "lapse_instead_of_retransmission",
            "propose_prefix",
            "fail_authentication",
            "advertise",
            "abandon_deregistration",
            "delete_after_delay",
            "forget_refused_node",
        }
    ),
)
NUMBERED = SEQUENCES.changed(
    gateways=("mag1",),
    prefixes=("p1",),
    sequences=(0, 1, 2, 3),
    facts={**SEQUENCES.facts, "is_newer": newer(4)},
    capacity={"pbu": 1, "pba": 1},
    faults=frozenset[str](),
)
ENDURING = WAITING.changed(
    gateways=("mag1",),
    link_layers=("if1",),
    facts={**WAITING.facts, "has_interface": frozenset({("mn1", "if1", "wlan")})},
    capacity={"pbu": 1},
    disabled=WAITING.disabled | {"expire", "delete_after_delay", "hand_off"},
)
"""An anchor that waits, and sessions that end by de-registration alone."""
SMALL_SEARCHES: tuple[tuple[Configuration, int], ...] = (
    (QUIET, 4000),
    (CROSSING.changed(disabled=CROSSING.disabled | {"notice_detachment"}), 1000),
    (CROSSING, 4000),
    (REJECTIONS.changed(nodes=("mn1",), gateways=("mag1",)), 400),
    (REJECTIONS.changed(gateways=("mag1",)), 2000),
    (REJECTIONS.changed(nodes=("mn1",)), 300),
    (STRANGERS, 300),
    (NUMBERED, 2000),
    (PREFIX_SETS.changed(gateways=("mag1",)), 400),
    (ENDURING, 400),
    (ENDURING.changed(prefixes=("p1",), times=3), 600),
)
"""Parts of the shipped configurations, each with the states that are looked at: small
enough for the plain interpreter, each rule in one of them."""

ROLES = frozenset({Role.LMA, Role.MAG, Role.MN})


def shortest_scenarios(
    configuration: Configuration, wanted: frozenset[str], limit: int
) -> tuple[Scenario, ...]:
    """Shortest runs that take the wanted rules, as far as `limit` states show them.

    Deterministic: breadth first, in the order of the tables.
    """
    interpreter = Interpreter(Model(configuration))
    first = interpreter.initial()
    came_by: dict[State, tuple[State, Transition] | None] = {
        interpreter.canonical(first): None
    }
    missing = set(wanted) & {r.name for r in interpreter.model.rules}
    found: list[Scenario] = []
    frontier = [first]
    while frontier and missing and len(came_by) < limit:
        following: list[State] = []
        for state in frontier:
            origin = interpreter.canonical(state)
            for step in interpreter.transitions(state):
                if step.name in missing:
                    missing.remove(step.name)
                    found.append(
                        Scenario(step.name, (*_steps_to(came_by, origin), step))
                    )
                target = interpreter.canonical(step.target)
                if target not in came_by:
                    came_by[target] = (origin, step)
                    following.append(step.target)
        frontier = following
    return tuple(found)


def _steps_to(
    came_by: dict[State, tuple[State, Transition] | None], state: State
) -> tuple[Transition, ...]:
    steps: list[Transition] = []
    while (link := came_by[state]) is not None:
        state, step = link
        steps.append(step)
    return tuple(reversed(steps))


def all_scenarios() -> tuple[tuple[Configuration, Scenario], ...]:
    """One shortest run for every rule of a role that a configuration can take."""
    missing = frozenset(
        rule.name
        for configuration, _ in SMALL_SEARCHES
        for rule in Model(configuration).rules
        if rule.role in ROLES
    )
    found: list[tuple[Configuration, Scenario]] = []
    for configuration, limit in SMALL_SEARCHES:
        for scenario in shortest_scenarios(configuration, missing, limit):
            found.append((configuration, scenario))
            missing -= {scenario.rule}
    return tuple(found)
