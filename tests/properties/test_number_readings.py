"""A low sequence number and another prefix set in one request: both readings, explored."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pinned_counts import PAIRS as COUNTS

from pmip6.model.domain import Model
from pmip6.model.language.table import Rule
from pmip6.model.shipped.feature_pairs import PAIRS
from pmip6.model.shipped.number_readings import numbers_before_lookup
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

NAME = "prefix-sets+sequences"
FINDINGS = (Path(__file__).parents[2] / "docs" / "findings.md").read_text("utf-8")
SET, NUMBER = "reject_other_prefix_set", "reject_low_sequence_number"
READINGS: dict[str, tuple[Callable[[Rule], Rule] | None, int, int]] = {
    "lookup first": (None, 2160, 1536),
    "number first": (numbers_before_lookup, 1008, 2688),
}
"""The variant, and how many steps refuse the set, and the number."""


@pytest.mark.compiler
@pytest.mark.parametrize("reading", READINGS)
def test_all_properties_hold_and_the_status_is_another(reading: str) -> None:
    variant, of_set, of_number = READINGS[reading]
    model = Model(PAIRS[NAME].changed(variant=variant))
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    assert (run.states, run.transitions, run.depth) == COUNTS[NAME]  # refused by either
    assert (run.rules[SET], run.rules[NUMBER]) == (of_set, of_number)
    undecided = {p.name for p in run.properties if p.outcome is Outcome.UNDECIDED}
    assert undecided == PAIRS[NAME].silent_on
    assert all(p.outcome is not Outcome.VIOLATED for p in run.properties)


def test_a_request_is_refused_by_one_rule_under_each_reading() -> None:
    """What one rule no longer refuses, the other one does."""
    (_, *lookup), (_, *number) = READINGS.values()
    assert sum(lookup) == sum(number) and lookup != number


def test_the_finding_tells_the_same() -> None:
    told = FINDINGS.partition("## Stale sequence number and another prefix set")[2]
    told = told.partition("\n## ")[0]
    assert f"`{numbers_before_lookup.__name__}`" in told
    assert "Which properties hold: all, under both readings." in told
