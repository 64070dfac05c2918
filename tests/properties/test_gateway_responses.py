"""What has to happen at gateways on runs without end, with their features and restarts."""

import pytest
from pinned_counts import GATEWAY_RESPONSES as COUNTS
from traces import replays

from pmip6.model.domain import Model
from pmip6.model.shipped.configurations import RESPONSES as RESPONSES_OF_ONE
from pmip6.model.shipped.gateway_pairs import GATEWAY_FEATURES, RESTARTING
from pmip6.model.shipped.gateway_responses import (
    AWAITED,
    GATEWAY_RESPONSES,
)
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties, time_can_go_on
from pmip6.properties.exploration.explore import explore
from pmip6.properties.exploration.fair_cycles import fair_cycles
from pmip6.properties.fairness import RESTARTS
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.response import RESPONSES
from pmip6.properties.result import Outcome, PropertyResult

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

BY_DAY = {"responses+losses", "responses+restarts", "responses+local-routing"}
"""Each takes a second or two; the nightly run has the others."""
ASKED = {
    "response.answer",
    "response.prefix",
    "response.silence",
    "response.deletion",
    "response.departure",
}


def test_every_feature_is_asked_alone_and_with_each_other() -> None:
    every = len(AWAITED) * (len(AWAITED) - 1) // 2
    two = every - 1  # a gateway does either at a restart
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
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
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


def test_a_lifetime_may_end_before_the_node_has_heard_of_its_prefix() -> None:
    """Nothing says how soon an advertisement follows: no lifetime is long enough."""
    told = RESPONSES_OF_ONE.changed(
        facts={**RESPONSES_OF_ONE.facts, **GATEWAY_FEATURES["lifetimes"]},
        durations={**RESPONSES_OF_ONE.durations, "registration_lifetime": (3,)},
    )
    model = Model(told)
    results = _told(model)
    failed = [p for p in results.values() if p.outcome is not Outcome.HOLDS]
    assert [p.name for p in failed] == ["response.prefix"]
    trace = failed[0].trace
    assert trace is not None and trace.loop is not None and replays(trace, model)
    names = [step.name for step in trace.steps]
    assert len(names) == 16 and "advertise" not in names
    assert "end_registration" in names[trace.loop :]


@pytest.mark.parametrize(
    "feature", ["altered-answers", "collisions", "clock", "numbers"]
)
def test_what_an_anchor_never_answers_changes_no_run(feature: str) -> None:
    """These features are about answers by chance, and so not asked with an anchor."""
    facts = {**RESPONSES_OF_ONE.facts, **GATEWAY_FEATURES[feature]}
    model = Model(RESPONSES_OF_ONE.changed(facts=facts))
    run = explore(model, [time_can_go_on(model)])
    assert (run.states, run.transitions, run.depth) == COUNTS["responses+spaced"]


@pytest.mark.nightly
def test_a_gateway_that_asks_only_once_waits_for_ever_after_a_restart() -> None:
    faulty = mutant("mag.retransmit.send-0").rules
    results = _told(Model(GATEWAY_RESPONSES["responses+losses"], faulty))
    assert results["response.prefix"].outcome is Outcome.VIOLATED
