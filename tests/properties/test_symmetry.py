"""Renamings spare states, decide as the whole model does, and are shown as runs of it."""

from pathlib import Path

import pytest
from pinned_counts import CORNERS, SMALL
from shortest_runs import SHORTEST
from traces import ends_in_violation, replays

from pmip6.model.domain import Configuration, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import Interpreter, State
from pmip6.model.shipped.configurations import REJECTIONS
from pmip6.model.shipped.named import NAMED
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import ANY, LOOSER, explore
from pmip6.properties.exploration.symmetry import Symmetry
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome
from pmip6.properties.variant import variant_of
from pmip6.reports.engines import exit_code, request

assert protocol  # it records the properties

BY_NAME = {p.name: p for p in PROPERTIES}
BY_DAY = ("prefix-given-twice", "shared-tunnel-removed")
FAULTS = [
    n for n, f in SEEDED_FAULTS.items() if n in SHORTEST and f.property in BY_NAME
]

# Renamings, states left and states for which they stand.
COUNTS = {
    "late-requests": (2, 1681, 3358),
    "forwarding": (16, 611, 8928),
    "two-sets": (8, 6166, 45968),
    "answers": (1, 27126, 27126),
}


OTHERS = [name for name in COUNTS if name != "forwarding"]


def classes(model: Model, symmetry: Symmetry) -> tuple[int, int]:
    """Classes of states and states, by the plain interpreter without renamings."""
    interpreter = Interpreter(model)
    waiting = [interpreter.canonical(interpreter.initial())]
    found: set[State] = set(waiting)
    for state in waiting:
        for step in interpreter.transitions(state):
            target = interpreter.canonical(step.target)
            if target not in found:
                found.add(target)
                waiting.append(target)
    return len({symmetry.images(state) for state in found}), len(found)


TINY = REJECTIONS.changed(
    gateways=("mag1", "mag2"),
    prefixes=("p1", "p2"),
    entries=("bce1",),
    facts={
        **REJECTIONS.facts,
        "is_authorised_gateway": frozenset({("mag1",), ("mag2",)}),
        "is_assignable": frozenset({("mn1", "p1"), ("mn2", "p2")}),
        "may_request": frozenset({("mn1", "p1"), ("mn2", "p2")}),
    },
    disabled=frozenset({"send_faulty_request"}),
    in_flight=1,
    times=1,
)


@pytest.mark.compiler
def test_the_classes_are_those_of_the_states_of_the_interpreter() -> None:
    model = Model(TINY)
    symmetry = Symmetry(model, [])
    # nodes and their prefixes change places together, gateways by themselves
    assert symmetry.order == 4
    left, states = classes(model, symmetry)
    run = explore(model, [], lasting=False, symmetric=True)
    assert run.states == left
    assert f"{left:,} states stand for {states:,}" in run.notes[0]
    assert left < states / 2


@pytest.mark.compiler
@pytest.mark.parametrize(
    "name",
    ["forwarding", *(pytest.param(n, marks=pytest.mark.nightly) for n in OTHERS)],
)
def test_renamings_spare_states_and_change_no_verdict(name: str) -> None:
    order, left, stands = COUNTS[name]
    model = Model(NAMED[name])
    claims = with_a_case(model, PROPERTIES)
    assert Symmetry(model, claims).order == order
    run = explore(model, claims, lasting=False, symmetric=True)
    assert run.states == left
    if order > 1:
        assert f"{left:,} states stand for {stands:,}" in run.notes[0]
    whole = explore(model, claims, lasting=False)
    assert whole.states == {**SMALL, **CORNERS}[name][0]
    assert whole.depth == run.depth
    assert [(r.name, r.outcome) for r in run.properties] == [
        (r.name, r.outcome) for r in whole.properties
    ]


@pytest.mark.compiler
@pytest.mark.parametrize(
    "name",
    [n if n in BY_DAY else pytest.param(n, marks=pytest.mark.nightly) for n in FAULTS],
)
def test_a_fault_is_told_by_a_shortest_run_of_the_model_itself(name: str) -> None:
    chosen, length = SHORTEST[name]
    model = Model(chosen, mutant(name).rules)
    claim = BY_NAME[SEEDED_FAULTS[name].property]
    run = explore(model, [claim], deadlock=False, lasting=False, symmetric=True)
    (found,) = run.properties
    assert found.outcome is Outcome.VIOLATED
    assert found.trace is not None and len(found.trace.steps) == length
    assert found.trace.model is None
    assert replays(found.trace, model)
    assert ends_in_violation(found.trace, model, claim)


ONE_ENTRY = """
from pmip6.model.domain import Configuration
from pmip6.model.language.table import Role, RoleTable, StateMap
from pmip6.model.language.terms import BOOL, exists, forall, implies
from pmip6.model.shipped.configurations import facts
from pmip6.model.state import ENTRY, PREFIX, bce_prefix
from pmip6.properties.property import invariant

taken = StateMap("taken", (ENTRY,), BOOL)
mn = RoleTable(Role.MN)

@mn.rule(entry=ENTRY, prefix=PREFIX, requirement=())
def remember(step, entry, prefix):
    step.require(bce_prefix[entry, prefix], ~taken[entry])
    step.set(taken[entry], True)

@invariant("one-entry", premise=lambda: exists(ENTRY, lambda e: taken[e]), requirement=())
def one_entry():
    return forall(ENTRY, lambda e: forall(
        ENTRY, lambda other: implies(taken[e] & taken[other], e == other)))

SMALL = Configuration(
    name="one-entry", summary="one node, two entries", nodes=("mn1",),
    gateways=("mag1",), prefixes=("p1",), entries=("bce1", "bce2"),
    facts=facts(("mn1",), ("mag1",), ("p1",)),
    capacity={"pbu": 1, "pba": 1}, in_flight=1, times=2,
)
"""


@pytest.mark.compiler
def test_what_the_model_never_does_is_no_violation_with_renamings(
    tmp_path: Path,
) -> None:
    """The anchor takes the first free entry for a node; the second one is never used."""
    path = tmp_path / "one_entry.py"
    path.write_text(ONE_ENTRY, encoding="utf-8")
    with variant_of(path) as variant:
        (claim,) = variant.properties
        model = Model(variant.configurations["one-entry"], variant.rules)
        exact = explore(model, [claim], deadlock=False, lasting=False)
        run = explore(model, [claim], deadlock=False, lasting=False, symmetric=True)
        assert [r.outcome for r in exact.properties] == [Outcome.HOLDS]
        assert exact.states == 228
        (found,) = run.properties
        assert (found.outcome, found.method) == (Outcome.UNDECIDED, LOOSER)
        assert found.trace is not None and len(found.trace.steps) == 12
        assert ANY in found.note
        assert found.trace.model is not None and replays(found.trace, found.trace.model)
        assert ends_in_violation(found.trace, found.trace.model, claim)
        assert "rules take any free element" in run.notes[0]
    assert exit_code([run]) == 3


def changed(**facts: frozenset[tuple[str, ...]]) -> Configuration:
    """The configuration with other facts."""
    return TINY.changed(facts={**TINY.facts, **facts})


def test_a_fact_that_names_an_element_keeps_it_in_its_place() -> None:
    assert (
        Symmetry(Model(changed(is_authorised_gateway=frozenset({("mag1",)}))), []).order
        == 2
    )
    chosen = changed(is_enabled_node=frozenset({("mn1",)}))
    assert [s.name for s in Symmetry(Model(chosen), []).sorts] == ["Gateway"]


def test_a_response_is_refused_with_the_reason() -> None:
    with pytest.raises(Pmip6Error, match="same node gets its turn"):
        request(("forwarding",), "explore", "response", None, symmetric=True)


def test_what_is_left_out_is_told() -> None:
    asked = request(("forwarding",), "explore", None, None, symmetric=True)
    (note,) = asked.left_out(Model(NAMED["forwarding"]))
    title, _, names = note.partition(": ")
    assert title == "left out with --symmetry"
    whole = request(("forwarding",), "explore", None, None)
    with_a_case = [r.name for r in whole.responses(Model(NAMED["forwarding"]))]
    assert names.split(", ") == with_a_case != []
