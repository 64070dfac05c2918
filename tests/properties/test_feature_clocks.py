"""Features of the anchor with real clocks: time goes on, and what has to happen does."""

from dataclasses import replace
from functools import cache

import pytest
from pinned_counts import FEATURE_CLOCKS as COUNTS
from traces import ends_in_violation, replays

from pmip6.model.domain import Model
from pmip6.model.language.terms import after, variable
from pmip6.model.shipped.configurations import ON
from pmip6.model.shipped.feature_clocks import FEATURE_CLOCKS, LARGE, RESTARTING
from pmip6.model.shipped.feature_pairs import FEATURES, PAIRS
from pmip6.model.shipped.restart_configurations import VARIANTS
from pmip6.model.state import ENTRY, bce_sequence
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties, time_can_go_on
from pmip6.properties.exploration.explore import NO_DEADLOCK, explore
from pmip6.properties.exploration.fair_cycles import fair_cycles
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.response import RESPONSES
from pmip6.properties.result import Outcome, PropertyResult, Run

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

BY_DAY = {"clocked-addresses+forwarding", "clocked-restart-lost"}
"""Each takes seconds, most of them the C compiler's; the nightly run has the others."""
by_night = [
    pytest.param(name, marks=[] if name in BY_DAY else [pytest.mark.nightly])
    for name in FEATURE_CLOCKS
]


@cache
def explored(name: str) -> Run:
    model = Model(FEATURE_CLOCKS[name])
    return explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])


def endless(model: Model) -> dict[str, PropertyResult]:
    asked = [r for r in RESPONSES if r.has_a_case(model)]
    return {p.name: p for p in fair_cycles(model, asked).properties}


def test_every_feature_has_real_clocks_alone_and_in_each_pair() -> None:
    alone = {name for name in FEATURES if name not in RESTARTING}
    restarts = {f"restart-{name}" for name in VARIANTS}
    others = {"waiting-in-vain"}
    every = {f"clocked-{name}" for name in alone | restarts | others | set(PAIRS)}
    assert set(FEATURE_CLOCKS) == every and alone | set(PAIRS) >= LARGE
    assert list(COUNTS) == list(FEATURE_CLOCKS)
    for name, chosen in FEATURE_CLOCKS.items():
        assert chosen.endless and "time-can-go-on" not in chosen.silent_on
        for feature in set(name.removeprefix("clocked-").split("+")) & FEATURES.keys():
            on = {f for f, held in FEATURES[feature].facts.items() if held == ON}
            assert on <= chosen.facts.keys(), name


@pytest.mark.parametrize("name", by_night)
def test_what_fails_is_told_and_all_else_holds(name: str) -> None:
    run, chosen = explored(name), FEATURE_CLOCKS[name]
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    of = {o: {p.name for p in run.properties if p.outcome is o} for o in Outcome}
    assert of[Outcome.VIOLATED] == chosen.broken
    assert of[Outcome.UNDECIDED] == chosen.silent_on
    assert of[Outcome.HOLDS] >= {"time-can-go-on", NO_DEADLOCK}
    model = Model(chosen)
    for result in run.properties:
        if result.trace is not None:
            (broken,) = (p for p in PROPERTIES if p.name == result.name)
            assert replays(result.trace, model)
            assert ends_in_violation(result.trace, model, broken)


@pytest.mark.parametrize("name", by_night)
def test_what_has_to_happen_happens(name: str) -> None:
    expected = {"response.silence", "response.deletion"}
    expected |= {"response.waiting"} if "waiting" in name else set()
    results = endless(Model(FEATURE_CLOCKS[name]))
    assert set(results) == expected
    assert {p.outcome for p in results.values()} == {Outcome.HOLDS}


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ("lma.allocate.timer-0", "response.silence"),
        ("lma.deregister.timer-1", "response.deletion"),
    ],
)
def test_an_anchor_that_restarts_and_starts_no_timer_forgets_nothing(
    fault: str, broken: str
) -> None:
    model = Model(FEATURE_CLOCKS["clocked-addresses+restarts"], mutant(fault).rules)
    result = endless(model)[broken]
    assert result.outcome is Outcome.VIOLATED and result.trace is not None
    assert replays(result.trace, model)


def test_time_stands_still_where_nothing_ends_a_deletion_delay() -> None:
    faulty = mutant("lma.delete_after_delay.removed").rules
    model = Model(FEATURE_CLOCKS["clocked-addresses+forwarding"], faulty)
    (result,) = explore(model, [time_can_go_on(model)], deadlock=False).properties
    assert result.outcome is Outcome.VIOLATED and result.trace is not None
    assert replays(result.trace, model)


@pytest.mark.nightly
def test_a_request_that_waited_extends_a_session_under_the_number_that_it_had() -> None:
    """So a new number alone does not tell that somebody extends the session."""
    (silence,) = (r for r in RESPONSES if r.name == "response.silence")
    number = bce_sequence[variable("case_0", ENTRY)]
    numbers_alone = replace(silence.case, step_goal=after(number) != number)
    model = Model(FEATURE_CLOCKS["clocked-waiting+sequences"])
    (result,) = fair_cycles(model, [replace(silence, case=numbers_alone)]).properties
    assert result.outcome is Outcome.VIOLATED and result.trace is not None
    assert replays(result.trace, model) and result.trace.loop is not None
    loop = {step.name for step in result.trace.steps[result.trace.loop :]}
    assert {"hold_request", "hand_over_to_waiting"} <= loop
