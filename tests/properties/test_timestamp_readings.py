"""What a timestamp is compared with: which properties hold under each reading."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from golden_matching import Disagreement
from golden_runner import Run as Exchange
from golden_runner import load, settings_of
from traces import replays

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.domain import Model, shipped_rules
from pmip6.model.language.table import Rule
from pmip6.model.shipped.examples import BINDING_TIMESTAMPS
from pmip6.model.shipped.timestamp_readings import (
    compared_per_binding,
    compared_with_arrival,
    compared_with_both,
)
from pmip6.properties import protocol
from pmip6.properties.answers import ANSWERS
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

Variant = Callable[[Rule], Rule]
FINDINGS = (Path(__file__).parents[2] / "docs" / "findings.md").read_text("utf-8")
COPY = ("attach", "request_allocation", "duplicate_pbu", "allocate", "expire")
OVERTAKEN = ("attach", "request_allocation", "detach", *COPY[:2], *COPY[3:])
FORGOTTEN = (
    *("attach", "request_allocation", "detach", "notice_detachment", "attach"),
    *("lose_pbu", "request_allocation", "allocate", "expire"),
    "ignore_deregistration_without_session",
)
Reading = tuple[Variant | None, int, dict[str, tuple[str, ...]], set[str]]
"""The variant, how many states, what fails and by which steps, and what has no case."""
READINGS: dict[str, Reading] = {
    "node": (None, 101192, {}, set()),
    "binding": (
        compared_per_binding,
        129512,
        {
            "answer.at-once": FORGOTTEN,
            "preserved-prefix.acknowledgement": (*COPY, "allocate"),
            "preserved-prefix.gateway": (*COPY, "allocate", "accept"),
            "stale-request.binding": (*COPY, "allocate"),
            "stale-request.order": (*OVERTAKEN, "allocate"),
        },
        set(),
    ),
    "both": (compared_with_both, 106244, {}, set()),
    "arrival": (
        compared_with_arrival,
        21346,
        {},
        {"preserved-prefix.acknowledgement"},
    ),
}


@pytest.mark.compiler
@pytest.mark.parametrize("reading", READINGS)
def test_these_properties_hold(reading: str) -> None:
    variant, states, failing, silent = READINGS[reading]
    model = Model(BINDING_TIMESTAMPS.changed(variant=variant))
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    traces = {p.name: p.trace for p in run.properties if p.trace is not None}
    assert {
        name: tuple(step.name for step in trace.steps) for name, trace in traces.items()
    } == failing
    assert all(replays(trace, model) for trace in traces.values())
    undecided = {p.name for p in run.properties if p.outcome is Outcome.UNDECIDED}
    assert (run.states, undecided) == (states, silent)


def test_the_findings_tell_the_same() -> None:
    names = {*ANSWERS, *(p.name for p in PROPERTIES)}
    per_binding, arrival = (
        set(re.findall(r"`([a-z.-]+)`", FINDINGS.partition(title)[2].split("\n## ")[0]))
        for title in (
            "## Timestamps per node or per binding",
            "## Timestamp of the entry",
        )
    )
    assert per_binding & names == set(READINGS["binding"][2])
    assert BINDING_TIMESTAMPS.broken == set(READINGS["binding"][2])
    assert arrival & names == READINGS["arrival"][3]


@pytest.mark.parametrize(
    ("exchange", "reading", "step"),
    [
        ("GX-LMA-112", "node", "step 5: status is 157, wanted 156"),
        ("GX-LMA-112", "binding", "step 5: status is 0, wanted 156"),
        ("GX-LMA-112", "both", None),
        ("GX-LMA-109", "both", None),
    ],
)
def test_an_exchange_tells_the_readings_apart(
    exchange: str, reading: str, step: str | None
) -> None:
    variant = READINGS[reading][0]
    rules = None if variant is None else tuple(map(variant, shipped_rules()))
    scenario = load(exchange)
    anchor = ReferenceAnchor(settings_of(scenario), rules=rules)
    run = Exchange(scenario, VirtualLink(anchor))
    if step is None:
        run.run()
    else:
        with pytest.raises(Disagreement, match=step):
            run.run()
