"""An old answer under the number of a new request: the run that ends in another prefix.

A naive gateway knows its requests by a number alone.  Where its counter has come round
while an answer was under way, that answer is taken for the one to the last request.
"""

import pytest
from traces import ends_in_violation, replays

from pmip6.model.domain import Configuration, Model
from pmip6.model.shipped.counted_requests import counted
from pmip6.model.shipped.examples import MODULUS, WRAPPED_NUMBERS
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome, PropertyResult

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

(SETTLED,) = (p for p in PROPERTIES if p.name == "preserved-prefix.settled")
RIGHT = WRAPPED_NUMBERS.changed(variant=counted)


def decided(chosen: Configuration) -> PropertyResult:
    return explore(Model(chosen), [SETTLED], deadlock=False).properties[0]


def with_modulus(modulus: int) -> Configuration:
    follows = frozenset(((n + 1) % modulus, n) for n in range(modulus))
    return WRAPPED_NUMBERS.changed(
        sequences=tuple(range(modulus)),
        facts={**WRAPPED_NUMBERS.facts, "follows": follows},
    )


def test_an_old_answer_brings_back_the_prefix_of_a_session_that_is_gone() -> None:
    found = decided(WRAPPED_NUMBERS)
    assert found.outcome is Outcome.VIOLATED and found.trace is not None
    model = Model(WRAPPED_NUMBERS)
    assert replays(found.trace, model)
    assert ends_in_violation(found.trace, model, SETTLED)
    assert [step.name for step in found.trace.steps] == [
        "attach",
        "request_allocation",
        "detach",
        "allocate",
        "notice_detachment",
        "attach",
        "deregister",
        "tick",
        "finish_deregistration",
        "request_allocation",
        "delete_after_delay",
        "allocate",
        "accept",
        "renew",
        "accept",
    ]
    numbers = [
        int(str(step.environment["number"]))
        for step in found.trace.steps
        if "number" in step.environment
    ]
    assert [(n - numbers[0]) % MODULUS for n in numbers] == [0, 1, 2, 0]


def test_nothing_else_fails() -> None:
    model = Model(WRAPPED_NUMBERS)
    result = explore(
        model, [*with_a_case(model, PROPERTIES), *derived_properties(model)]
    )
    assert (result.states, result.transitions, result.depth) == (91286, 430727, 56)
    failed = {p.name for p in result.properties if p.outcome is Outcome.VIOLATED}
    assert failed == WRAPPED_NUMBERS.broken
    silent = {p.name for p in result.properties if p.outcome is Outcome.UNDECIDED}
    assert silent == WRAPPED_NUMBERS.silent_on


@pytest.mark.parametrize(
    ("modulus", "steps"), [(2, 12), (3, 15), (4, 16), (5, 19), (6, 20)]
)
def test_the_run_grows_with_the_counter(modulus: int, steps: int) -> None:
    found = decided(with_modulus(modulus))
    assert found.trace is not None and len(found.trace.steps) == steps


def test_answers_that_do_not_outlive_a_tick_make_the_run_longer() -> None:
    found = decided(WRAPPED_NUMBERS.changed(prompt=True))
    assert found.trace is not None and len(found.trace.steps) == 23


def test_a_prefix_of_its_own_protects_a_node() -> None:
    own = {**WRAPPED_NUMBERS.facts, "is_assignable": frozenset({("mn1", "p1")})}
    assert decided(WRAPPED_NUMBERS.changed(facts=own)).outcome is Outcome.HOLDS


def test_a_gateway_that_compares_timestamps_is_safe() -> None:
    assert decided(RIGHT).outcome is Outcome.HOLDS


def test_answers_that_arrive_before_the_counter_has_come_round_are_harmless() -> None:
    assert decided(WRAPPED_NUMBERS.changed(in_flight=1)).outcome is Outcome.HOLDS
