"""What has to happen at gateways on runs without end, with their features and restarts."""

import pytest
from pinned_counts import GATEWAY_RESPONSES as COUNTS
from traces import replays

from pmip6.model.domain import Model
from pmip6.model.shipped.gateway_responses import (
    AWAITED,
    GATEWAY_RESPONSES,
    RESTARTING,
)
from pmip6.properties import protocol
from pmip6.properties.derived import time_can_go_on
from pmip6.properties.exploration.explore import explore
from pmip6.properties.exploration.fair_cycles import fair_cycles
from pmip6.properties.fairness import RESTARTS
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.response import RESPONSES
from pmip6.properties.result import Outcome, PropertyResult

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

BY_DAY = {"responses+losses", "responses+restarts"}
"""Each takes a second or two; the nightly run has the others."""
ASKED = {
    "response.answer",
    "response.prefix",
    "response.silence",
    "response.deletion",
    "response.departure",
}


def test_every_feature_is_asked_alone_and_with_each_other() -> None:
    two = (
        len(AWAITED) * (len(AWAITED) - 1) // 2 - 1
    )  # a gateway does either at a restart
    assert len(GATEWAY_RESPONSES) == len(AWAITED) + two
    assert list(COUNTS) == list(GATEWAY_RESPONSES)
    for name, chosen in GATEWAY_RESPONSES.items():
        assert chosen.restarts_end is bool(RESTARTING & set(name.split("+")))


def _told(model: Model) -> dict[str, PropertyResult]:
    told = [r for r in RESPONSES if r.has_a_case(model)]
    return {p.name: p for p in fair_cycles(model, told).properties}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in BY_DAY else [pytest.mark.nightly])
        for name in COUNTS
    ],
)
def test_what_has_to_happen_happens(name: str) -> None:
    model = Model(GATEWAY_RESPONSES[name])
    run = explore(model, [*with_a_case(model, PROPERTIES), time_can_go_on(model)])
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    undecided = {p.name for p in run.properties if p.outcome is Outcome.UNDECIDED}
    assert undecided == GATEWAY_RESPONSES[name].silent_on
    assert all(p.outcome is not Outcome.VIOLATED for p in run.properties)
    results = _told(model)
    assert set(results) == ASKED
    assert {p.outcome for p in results.values()} == {Outcome.HOLDS}


@pytest.mark.parametrize(
    ("name", "broken", "steps"),
    [
        ("responses+restarts", {"response.answer", "response.prefix"}, 13),
        ("responses+losses", {"response.prefix"}, 12),
    ],
)
def test_a_gateway_that_restarts_for_ever_serves_no_node(
    name: str, broken: set[str], steps: int
) -> None:
    model = Model(GATEWAY_RESPONSES[name].changed(restarts_end=False))
    results = _told(model)
    failed = {n: p for n, p in results.items() if p.outcome is Outcome.VIOLATED}
    assert set(failed) == broken
    for result in failed.values():
        assert result.trace is not None and result.trace.loop is not None
        assert len(result.trace.steps) == steps
        loop = result.trace.steps[result.trace.loop :]
        assert {step.name for step in loop} & RESTARTS
        assert replays(result.trace, model)


@pytest.mark.nightly
def test_a_gateway_that_asks_only_once_waits_for_ever_after_a_restart() -> None:
    faulty = mutant("mag.retransmit.send-0").rules
    results = _told(Model(GATEWAY_RESPONSES["responses+losses"], faulty))
    assert results["response.prefix"].outcome is Outcome.VIOLATED
