"""Induction and bounded runs in one configuration agree with the other engines."""

from __future__ import annotations

import random

import pytest
import z3

from pmip6.model.domain import MAPS, Configuration, Model
from pmip6.model.language.interpreter import Interpreter, State, Transition
from pmip6.model.shipped.configurations import (
    ADDRESSES,
    ANSWERS,
    CONFIGURATIONS,
    FORWARDING,
    HANDOFF,
    INTERFACES,
    ONE_NODE,
    PREFIX_SETS,
    REJECTIONS,
    SEQUENCES,
    STRANGERS,
    WAITING,
    WAITING_IN_VAIN,
)
from pmip6.model.state import TIME
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.proof.bounded import Bounded
from pmip6.properties.proof.finite_world import timer_value
from pmip6.properties.proof.lemmas import LEMMAS
from pmip6.properties.proof.prove import Induction, prove
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.protocol import (
    one_entry_for_each_session,
    the_delay_runs_exactly_while_the_entry_waits,
)
from pmip6.properties.result import Outcome, Run

ALL = list(CONFIGURATIONS.values())
LEFT_TO_THE_EXPLORER = {
    # a request that arrives when the wait has ended may name the other session
    WAITING.name: {"unique-binding.session"},
    WAITING_IN_VAIN.name: {"unique-binding.session"},
    # which of its timers run together is in no lemma
    ANSWERS.name: {"time-can-go-on"},
}
"""What holds in a configuration, but not by induction with the lemmas there are."""


@pytest.mark.parametrize("chosen", ALL, ids=CONFIGURATIONS.keys())
def test_every_property_is_proved_by_induction(chosen: Configuration) -> None:
    model = Model(chosen)
    run = prove(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    bounded = {r.name for r in run.properties if r.method != "k-induction, k=1"}
    assert bounded == LEFT_TO_THE_EXPLORER.get(chosen.name, set())
    assert all(
        r.outcome is Outcome.HOLDS or r.vacuous or r.name in bounded
        for r in run.properties
    )
    if chosen in (ONE_NODE, HANDOFF):
        assert vacuous(run) == set()


@pytest.mark.parametrize("chosen", ALL, ids=CONFIGURATIONS.keys())
def test_there_are_steps_from_states_that_satisfy_the_lemmas(
    chosen: Configuration,
) -> None:
    assert Induction(Model(chosen), 1).is_possible(LEMMAS)


def vacuous(run: Run) -> set[str]:
    """What a run says nothing of."""
    return {r.name for r in run.properties if r.vacuous}


@pytest.mark.compiler
@pytest.mark.parametrize(
    "chosen",
    [REJECTIONS, STRANGERS, INTERFACES, SEQUENCES, ADDRESSES, PREFIX_SETS, FORWARDING],
    ids=lambda c: c.name,
)
def test_what_holds_for_nothing_is_undecided_as_by_the_explorer(
    chosen: Configuration,
) -> None:
    model = Model(chosen)
    every = [*with_a_case(model, PROPERTIES), *derived_properties(model)]
    proved, explored = prove(model, every), explore(model, every)
    assert vacuous(explored) == chosen.silent_on & {p.name for p in every}
    unheld = {r.name for r in explored.properties if r.method == "not applicable"}
    assert vacuous(proved) - unheld == vacuous(explored) - unheld != set()
    undecided = {r for r in proved.properties if r.outcome is Outcome.UNDECIDED}
    assert {(r.note, r.vacuous) for r in undecided} == {
        ("vacuous: no run of up to 10 steps meets its premise", True)
    }


def test_a_premise_that_needs_longer_runs_is_not_met_by_short_ones() -> None:
    claim = the_delay_runs_exactly_while_the_entry_waits  # the delay begins in step 6
    model = Model(ONE_NODE)
    short, enough = (prove(model, [claim], depth=n).properties[0] for n in (5, 6))
    assert (short.outcome, short.vacuous) == (Outcome.UNDECIDED, True)
    assert (enough.outcome, enough.vacuous) == (Outcome.HOLDS, False)


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
