"""Random runs find seeded faults, with short runs that replay, and prove nothing."""

import itertools
from types import SimpleNamespace

import pytest
from traces import replays

from pmip6.model.domain import Configuration, Model
from pmip6.model.language.interpreter import TICK
from pmip6.model.language.table import Role
from pmip6.model.shipped.configurations import (
    CONFIGURATIONS,
    HANDOFF,
    ONE_NODE,
    REJECTIONS,
)
from pmip6.properties import fuzz as fuzzing
from pmip6.properties.exploration.search import INTERRUPTED
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.fuzz import fuzz
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.protocol import (
    no_advertisement_without_acceptance,
    one_entry_for_each_prefix,
    one_entry_for_each_session,
    the_mobile_node_sends_no_mobility_message,
)
from pmip6.properties.result import Outcome, Run


def found_by(run: Run) -> list[tuple[str, list[str]]]:
    """Name of each violated property with the rules of its run."""
    return [
        (p.name, [step.name for step in p.trace.steps])
        for p in run.properties
        if p.trace is not None
    ]


def test_a_prefix_that_is_allocated_twice_is_found() -> None:
    model = Model(HANDOFF, mutant("prefix-given-twice").rules)
    run = fuzz(
        model,
        [one_entry_for_each_prefix, the_mobile_node_sends_no_mobility_message],
        examples=50,
        seed=1,
    )
    broken, other = run.properties
    assert broken.outcome is Outcome.VIOLATED
    assert other.outcome is Outcome.UNDECIDED
    assert broken.trace is not None
    # Which of the equally short orders is found depends on the modules in memory, from
    # which Hypothesis takes constants.
    each = ["allocate", "attach", "request_allocation"]
    assert sorted(step.name for step in broken.trace.steps) == sorted(2 * each)
    assert replays(broken.trace, model)


def test_the_same_seed_finds_the_same() -> None:
    model = Model(HANDOFF, mutant("prefix-given-twice").rules)
    hunted = [one_entry_for_each_prefix]
    first = fuzz(model, hunted, seed=1)
    again = fuzz(model, hunted, seed=1)
    assert found_by(first) == found_by(again) != []
    assert first.rules == again.rules


@pytest.mark.parametrize("configuration", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_the_shipped_rules_stay_undecided(configuration: Configuration) -> None:
    model = Model(configuration)
    run = fuzz(model, with_a_case(model, PROPERTIES), examples=10, steps=20)
    assert {p.outcome for p in run.properties} == {Outcome.UNDECIDED}
    assert {p.method for p in run.properties} == {
        "no counterexample in 10 random runs of up to 20 steps"
    }
    assert run.states is None and run.depth == 20


def test_the_rules_taken_are_counted() -> None:
    run = fuzz(Model(ONE_NODE), [one_entry_for_each_prefix], examples=20, steps=20)
    names = {rule.name for rule in Model(ONE_NODE).rules} | {TICK}
    assert set(run.rules) < names
    assert {"attach", "request_allocation", "allocate", TICK} <= set(run.rules)
    assert run.transitions == sum(run.rules.values())


def test_a_premise_that_no_run_reached_is_told() -> None:
    model = Model(REJECTIONS)  # without a gateway nothing is advertised
    run = fuzz(
        model,
        [no_advertisement_without_acceptance, one_entry_for_each_prefix],
        examples=5,
    )
    assert [p.note for p in run.properties] == ["no run reached the premise", ""]


def test_a_state_without_a_step_ends_nothing() -> None:
    still = Model(ONE_NODE.changed(roles=frozenset[Role](), faults=frozenset[str]()))
    (result,) = fuzz(still, [one_entry_for_each_session], examples=2).properties
    assert result.outcome is Outcome.UNDECIDED


def test_searches_go_on_with_further_seeds_while_there_is_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = itertools.count()
    clock = SimpleNamespace(perf_counter=lambda: next(seconds))
    monkeypatch.setattr("pmip6.properties.fuzz.time", clock)
    model = Model(REJECTIONS)
    run = fuzz(
        model, [one_entry_for_each_prefix], examples=5, steps=5, seed=3, seconds=4
    )
    first, rules = run.notes
    assert first.startswith("seeds 3 to 6, ")  # the clock is asked once for each more
    (result,) = run.properties
    assert result.method.startswith("no counterexample in 20 random runs")
    taken = sum(bool(run.rules.get(rule.name)) for rule in model.rules)
    assert rules.startswith(f"{taken} of {len(model.rules)} rules were taken; never ")


def test_a_violation_ends_the_search_before_its_time() -> None:
    model = Model(HANDOFF, mutant("prefix-given-twice").rules)
    run = fuzz(model, [one_entry_for_each_prefix], examples=50, seed=1, seconds=1000)
    assert [p.outcome for p in run.properties] == [Outcome.VIOLATED]


@pytest.mark.parametrize("place", ["shrink", "_search"])
def test_an_interrupt_keeps_what_was_found(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of shortening, and in the search after the first violation."""
    model = Model(HANDOFF, mutant("prefix-given-twice").rules)
    ours, calls = getattr(fuzzing, place), itertools.count()

    def interrupted(*given: object) -> object:
        if place == "shrink" or next(calls):
            raise KeyboardInterrupt
        return ours(*given)

    monkeypatch.setattr(fuzzing, place, interrupted)
    hunted = [one_entry_for_each_prefix, the_mobile_node_sends_no_mobility_message]
    run = fuzz(model, hunted, examples=50, seed=1)
    broken, other = run.properties
    assert broken.outcome is Outcome.VIOLATED
    assert broken.trace is not None and replays(broken.trace, model)
    assert ("shortened" in broken.method) == (place == "_search")
    assert other.outcome is Outcome.UNDECIDED
    assert INTERRUPTED in run.notes
