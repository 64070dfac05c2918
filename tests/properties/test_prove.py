"""Induction and bounded runs in one configuration agree with the other engines."""

from __future__ import annotations

import random

import pytest
import z3

from pmip6.model.configurations import CONFIGURATIONS, ONE_NODE
from pmip6.model.domain import MAPS, Configuration, Model
from pmip6.model.interpreter import Interpreter, State, Transition
from pmip6.model.state import TIME
from pmip6.properties.derived import time_can_go_on
from pmip6.properties.explore import explore
from pmip6.properties.finite_world import timer_value
from pmip6.properties.lemmas import LEMMAS
from pmip6.properties.mutants import mutant
from pmip6.properties.property import PROPERTIES, Property
from pmip6.properties.protocol import (
    a_gateway_takes_the_prefix_of_the_session,
    one_entry_for_each_prefix,
    one_entry_for_each_session,
    the_delay_runs_exactly_while_the_entry_waits,
)
from pmip6.properties.prove import Bounded, Induction, prove
from pmip6.properties.result import Outcome

ALL = list(CONFIGURATIONS.values())


@pytest.mark.parametrize("chosen", ALL, ids=CONFIGURATIONS.keys())
def test_every_property_is_proved_by_induction(chosen: Configuration) -> None:
    model = Model(chosen)
    run = prove(model, [*PROPERTIES, time_can_go_on(model)])
    assert {(r.outcome, r.method) for r in run.properties} == {
        (Outcome.HOLDS, "k-induction, k=1")
    }


@pytest.mark.parametrize("chosen", ALL, ids=CONFIGURATIONS.keys())
def test_there_are_steps_from_states_that_satisfy_the_lemmas(
    chosen: Configuration,
) -> None:
    assert Induction(Model(chosen), 1).is_possible(LEMMAS)


SHORTEST = [
    ("one-node", "second-entry", one_entry_for_each_session, 6),
    ("one-node", "wrong-prefix-taken", a_gateway_takes_the_prefix_of_the_session, 4),
    ("one-node", "delay-not-started", the_delay_runs_exactly_while_the_entry_waits, 6),
    ("handoff", "prefix-given-twice", one_entry_for_each_prefix, 6),
]


@pytest.mark.compiler
@pytest.mark.parametrize(
    ("name", "fault", "broken", "length"), SHORTEST, ids=[s[1] for s in SHORTEST]
)
def test_a_fault_is_found_with_a_run_as_short_as_the_explorer_s(
    name: str, fault: str, broken: Property, length: int
) -> None:
    model = Model(CONFIGURATIONS[name], mutant(fault).rules)
    (result,) = prove(model, [broken], depth=length).properties
    assert result.outcome is Outcome.VIOLATED
    assert result.trace is not None and result.trace.initial
    assert len(result.trace.steps) == length
    explored = explore(model, [broken], stop_early=True).properties[0]
    assert explored.trace is not None and len(explored.trace.steps) == length


def test_without_a_proof_nothing_is_claimed() -> None:
    model = Model(ONE_NODE, mutant("second-entry").rules)
    (result,) = prove(model, [one_entry_for_each_session], depth=5).properties
    assert result.outcome is Outcome.UNDECIDED
    assert result.method == "no counterexample to depth 5"


# ---- the formulas allow every run of the interpreter -------------------------------------


def walk(interpreter: Interpreter, length: int, seed: int) -> list[Transition]:
    chance = random.Random(seed)
    state, steps = interpreter.initial(), list[Transition]()
    for _ in range(length):
        by_name: dict[str, list[Transition]] = {}
        for step in interpreter.transitions(state):
            by_name.setdefault(step.name, []).append(step)
        steps.append(chance.choice(by_name[chance.choice(sorted(by_name))]))
        state = steps[-1].target
    return steps


def is_like(runs: Bounded, state: State) -> list[z3.BoolRef]:
    """The last state has these cells (but for times), timers and numbers of messages."""
    last, parts = runs.states[-1], list[z3.BoolRef]()
    sorts = {m.name: m.value for m in MAPS}
    model = runs.unrolling.model
    for cell, value in zip(model.cells, state.cells, strict=True):
        if sorts[cell[0]] != TIME:
            known = runs.unrolling.world.element(value, sorts[cell[0]])
            parts.append(last.cells[cell] == known)
    for timer, ticks in zip(model.timers, state.timers, strict=True):
        parts.append(last.timers[timer] == timer_value(model, ticks))
    for queue, messages in zip(model.queues, state.queues, strict=True):
        for i, slot in enumerate(last.queues[queue]):
            parts.append(slot.full == z3.BoolVal(i < len(messages)))
    return parts


@pytest.mark.parametrize("chosen", ALL, ids=CONFIGURATIONS.keys())
@pytest.mark.parametrize("seed", range(2))
def test_a_run_of_the_interpreter_is_a_run_of_the_formulas(
    chosen: Configuration, seed: int
) -> None:
    model = Model(chosen)
    steps = walk(Interpreter(model), 12, seed)
    runs = Bounded(model, len(steps))
    for step in steps:
        runs.lengthen()
        runs.solver.add(runs.steps[-1].chosen[step.name])
        runs.solver.add(*is_like(runs, step.target))
    assert runs.solver.check() == z3.sat
