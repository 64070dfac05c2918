"""What holds after a restart of the anchor, by what it keeps."""

from functools import cache

import pytest
from pinned_counts import RESTARTS as COUNTS
from traces import ends_in_violation, replays

from pmip6.model.domain import Model
from pmip6.model.shipped.restart_configurations import RESTARTS
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome, Run, Trace

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler


@cache
def explored(name: str) -> Run:
    model = Model(RESTARTS[name])
    return explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])


def names(trace: Trace | None) -> list[str]:
    assert trace is not None
    return [step.name for step in trace.steps]


@pytest.mark.parametrize("name", RESTARTS)
def test_these_properties_fail_and_the_others_hold(name: str) -> None:
    run = explored(name)
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    by_outcome = {
        outcome: {p.name for p in run.properties if p.outcome is outcome}
        for outcome in Outcome
    }
    assert by_outcome[Outcome.VIOLATED] == RESTARTS[name].broken
    assert by_outcome[Outcome.UNDECIDED] == RESTARTS[name].silent_on
    assert len(by_outcome[Outcome.HOLDS]) > 12


@pytest.mark.parametrize("name", [n for n, c in RESTARTS.items() if c.broken])
def test_each_failure_has_a_trace_that_the_interpreter_replays(name: str) -> None:
    model = Model(RESTARTS[name])
    for result in explored(name).properties:
        if result.trace is not None:
            (broken,) = (p for p in PROPERTIES if p.name == result.name)
            assert replays(result.trace, model)
            assert ends_in_violation(result.trace, model, broken)


def test_without_its_bindings_the_anchor_gives_another_prefix() -> None:
    results = {p.name: p for p in explored("restart-lost").properties}
    assert names(results["restart.prefix"].trace) == [
        "attach",
        "request_allocation",
        "allocate",
        "accept",
        "renew",
        "restart_without_bindings",
        "advertise",
        "reject_requested_prefix",
        "ask_for_another_prefix",
        "allocate",
        "accept",
        "advertise",
    ]
    assert len(names(results["restart.two-nodes"].trace)) == 11


def test_without_its_timestamps_the_anchor_takes_an_old_request() -> None:
    results = {p.name: p for p in explored("restart-no-timestamps-handoff").properties}
    assert names(results["restart.stale-request"].trace) == [
        "attach",
        "request_allocation",
        "detach",
        "attach",
        "request_allocation",
        "allocate",
        "restart_with_bindings",
        "hand_off",
    ]


def test_a_node_that_comes_back_unnoticed_is_renumbered_without_a_restart() -> None:
    results = {p.name: p for p in explored("restart-persisted-handoff").properties}
    found = names(results["restart.prefix"].trace)
    assert len(found) == 21
    assert not any(name.startswith("restart") for name in found)
