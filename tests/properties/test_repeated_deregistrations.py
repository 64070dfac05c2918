"""Gateways that repeat a de-registration: the properties hold, but it may go on for ever."""

from pathlib import Path

import pytest
from traces import replays

from pmip6.model.domain import Model
from pmip6.model.shipped.configurations import RESPONSES as ENDLESS
from pmip6.model.shipped.repeated_deregistrations import (
    REPEATED,
    deregistrations_repeated,
)
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.exploration.fair_cycles import fair_cycles
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.response import RESPONSES
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

MODEL = Model(ENDLESS.changed(variant=deregistrations_repeated))
FINDINGS = (Path(__file__).parents[2] / "docs" / "findings.md").read_text("utf-8")


def test_all_properties_hold_as_they_do_without() -> None:
    run = explore(MODEL, [*with_a_case(MODEL, PROPERTIES), *derived_properties(MODEL)])
    undecided = {p.name for p in run.properties if p.outcome is Outcome.UNDECIDED}
    assert all(p.outcome is not Outcome.VIOLATED for p in run.properties)
    assert (run.states, undecided) == (37042, ENDLESS.silent_on)
    assert run.rules[REPEATED.name] > 0


def test_it_takes_the_room_of_other_requests_for_ever() -> None:
    """The anchor answers none for a session that it does not have."""
    told = [r for r in RESPONSES if r.has_a_case(MODEL)]
    results = {p.name: p for p in fair_cycles(MODEL, told).properties}
    broken = {n for n, p in results.items() if p.outcome is Outcome.VIOLATED}
    assert broken == {"response.answer", "response.prefix"}
    section = FINDINGS.partition("## Retransmission of de-registrations")[2]
    assert all(f"`{name}`" in section.split("\n## ")[0] for name in broken)
    trace = results["response.answer"].trace
    assert trace is not None and trace.loop == 10 and replays(trace, MODEL)
    assert [step.name for step in trace.steps[10:]] == [
        "ignore_deregistration_without_session",
        "tick",
        "tick",
        REPEATED.name,
        "retransmit",
    ]
