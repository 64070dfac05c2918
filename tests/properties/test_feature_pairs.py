"""Two features of the anchor together: every pair is explored, and all properties hold."""

import itertools
from collections.abc import Callable

import pytest
from pinned_counts import PAIRS as COUNTS
from traces import replays

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import Interpreter, State
from pmip6.model.shipped.feature_pairs import FEATURES, NO_PAIRS, PAIRS
from pmip6.model.state import held_gateway, max_delay_before_new_bce_assign
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.exploration.fair_cycles import fair_cycles
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.response import RESPONSES
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

LARGE = 10_000_000  # transitions


def test_every_two_features_are_a_pair() -> None:
    pairs = {frozenset(pair) for pair in itertools.combinations(FEATURES, 2)}
    assert {frozenset(name.split("+")) for name in PAIRS} == pairs - {*NO_PAIRS}
    assert len(PAIRS) == len(pairs) - len(NO_PAIRS)
    assert list(COUNTS) == list(PAIRS)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.nightly] if steps > LARGE else [])
        for name, (_, steps, _) in COUNTS.items()
    ],
)
def test_all_properties_hold_with_two_features(name: str) -> None:
    model = Model(PAIRS[name])
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    undecided = {p.name for p in run.properties if p.outcome is Outcome.UNDECIDED}
    assert undecided == PAIRS[name].silent_on
    assert all(p.outcome is not Outcome.VIOLATED for p in run.properties)


BY_DAY = {"waiting+addresses", "addresses+forwarding"}
"""Pairs whose runs without end are looked at by day; each takes two seconds or more."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in BY_DAY else [pytest.mark.nightly])
        for name, chosen in PAIRS.items()
        if chosen.endless
    ],
)
def test_all_responses_of_the_anchor_hold_with_two_features(name: str) -> None:
    model = Model(PAIRS[name])
    told = [r for r in RESPONSES if r.has_a_case(model)]
    names = {"response.silence", "response.deletion"}
    names |= {"response.waiting"} if "waiting" in name else set()
    results = fair_cycles(model, told).properties
    assert {p.name for p in results} == names
    assert {p.outcome for p in results} == {Outcome.HOLDS}


def told(model: Model) -> list[str]:
    """The rules of a model as its facts leave them, in words."""
    return [f"{r.name}: {r.guard} {[u.value for u in r.updates]}" for r in model.rules]


@pytest.mark.parametrize("name", PAIRS)
def test_both_features_are_at_work(name: str) -> None:
    """Each feature adds rules or conditions that the other alone does not have."""
    chosen = PAIRS[name]
    both = Model(chosen)
    for feature in name.split("+"):
        own = FEATURES[feature].facts
        without = Model(
            chosen.changed(
                facts={n: held for n, held in chosen.facts.items() if n not in own}
            )
        )
        assert told(both) != told(without)


def test_a_request_that_waits_is_as_good_as_one_under_way() -> None:
    """Two requests of an interface cross although one is under way at a time."""
    model = Model(PAIRS["waiting+forwarding"].changed(times=3))
    (unique,) = (p for p in PROPERTIES if p.name == "unique-binding.session")
    (result,) = explore(model, [unique], deadlock=False, stop_early=True).properties
    assert result.outcome is Outcome.VIOLATED and result.trace is not None
    assert replays(result.trace, model)
    names = [step.name for step in result.trace.steps]
    assert len(names) == 8
    assert "hold_request" in names and names[-1] == "hand_off"


@pytest.mark.parametrize(("name", "waits"), [("losses", False), ("restarts", True)])
def test_what_waits_is_lost_with_the_bindings(name: str, waits: bool) -> None:
    model = Model(PAIRS[f"waiting+{name}"])
    interpreter = Interpreter(model)
    held = model.cells[held_gateway.name, ("mn1",)]
    timer = model.timers[max_delay_before_new_bce_assign.name, ("mn1",)]
    state = _where(interpreter, lambda s: s.cells[held] is not None)
    (restart,) = (
        t for t in interpreter.transitions(state) if t.name.startswith("restart_")
    )
    after = restart.target
    assert (after.cells[held] is not None, bool(after.timers[timer])) == (waits, waits)


def _where(interpreter: Interpreter, is_there: Callable[[State], bool]) -> State:
    """The first state in breadth that is so."""
    seen = {interpreter.initial()}
    frontier = list(seen)
    for state in frontier:
        for step in interpreter.transitions(state):
            if is_there(step.target):
                return step.target
            if step.target not in seen:
                seen.add(step.target)
                frontier.append(step.target)
    raise AssertionError("no state is so")
