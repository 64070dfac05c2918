"""Every property has a fault that breaks it, with a shortest trace that replays."""

import pytest

from pmip6.model.configurations import HANDOFF, ONE_NODE
from pmip6.model.domain import Configuration, Model
from pmip6.model.interpreter import Interpreter, Transition
from pmip6.properties import protocol
from pmip6.properties.derived import time_can_go_on
from pmip6.properties.explore import explore
from pmip6.properties.mutants import SEEDED_FAULTS, mutant
from pmip6.properties.property import PROPERTIES, Property
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

# The configuration that shows the fault, and the steps of the shortest trace.
SHORTEST: dict[str, tuple[Configuration, int]] = {
    "second-entry": (ONE_NODE, 6),
    "prefix-given-twice": (HANDOFF, 6),
    "two-proxy-coas": (ONE_NODE, 7),
    "prefix-added": (ONE_NODE, 7),
    "wrong-prefix-acknowledged": (ONE_NODE, 7),
    "wrong-prefix-taken": (ONE_NODE, 4),
    "unexpected-answer-taken": (ONE_NODE, 6),
    "advertised-too-early": (ONE_NODE, 3),
    "foreign-deregistration-accepted": (ONE_NODE, 9),
    "stale-request-accepted": (ONE_NODE, 7),
    "timestamp-goes-back": (ONE_NODE, 6),
    "deleted-at-once": (ONE_NODE, 6),
    "delay-not-started": (ONE_NODE, 6),
    "delay-not-stopped": (ONE_NODE, 9),
    "waiting-prefix-given-away": (HANDOFF, 9),
    "node-speaks": (ONE_NODE, 2),
    "entry-never-deleted": (ONE_NODE, 7),
}


def _broken(name: str, model: Model) -> Property:
    wanted = SEEDED_FAULTS[name].property
    every = [*PROPERTIES, time_can_go_on(model)]
    return next(p for p in every if p.name == wanted)


def test_every_property_has_a_seeded_fault() -> None:
    every = [*PROPERTIES, time_can_go_on(Model(ONE_NODE))]
    broken = {fault.property for fault in SEEDED_FAULTS.values()}
    assert broken == {p.name for p in every}
    assert set(SHORTEST) == set(SEEDED_FAULTS)


@pytest.mark.parametrize("name", SEEDED_FAULTS)
def test_the_explorer_shows_the_fault_by_a_shortest_trace(name: str) -> None:
    configuration, steps = SHORTEST[name]
    model = Model(configuration, mutant(name).rules)
    run = explore(model, [_broken(name, model)], stop_early=True, limit=3_000_000)
    found = run.properties[0]
    assert found.outcome is Outcome.VIOLATED
    assert found.trace is not None
    assert len(found.trace.steps) == steps
    _replays(found.trace.steps, model)


def _replays(steps: tuple[Transition, ...], model: Model) -> None:
    """Take the steps again, each among those that the interpreter offers."""
    interpreter = Interpreter(model)
    state = interpreter.canonical(interpreter.initial())
    for step in steps:
        offered = [
            t
            for t in interpreter.transitions(state)
            if t.name == step.name
            and interpreter.canonical(t.target) == interpreter.canonical(step.target)
        ]
        assert offered
        state = interpreter.canonical(offered[0].target)
