"""Both readings of every switch, explored: which properties hold under each of them."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from pmip6.model.domain import SWITCHES, Model
from pmip6.model.shipped.configurations import INTERFACES, ON, ONE_NODE, facts
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome, Run

assert protocol  # it records the properties

NODE, GATEWAYS, PREFIXES = ("mn1",), ("mag1", "mag2"), ("p1", "p2")
TWO_READINGS = ONE_NODE.changed(
    name="two-readings",
    summary="1 mobile node, 2 MAGs, one of which knows a prefix for the node",
    facts=facts(
        NODE,
        GATEWAYS,
        PREFIXES,
        may_request=frozenset({("mn1", "p1")}),
        is_proposed=frozenset({("mn1", "mag1", "p1")}),
    ),
    durations={"min_delay_before_bce_delete": (2,)},
    capacity={"pbu": 2, "pba": 1},
    times=3,
    disabled=frozenset(
        {
            "abandon_deregistration",
            "duplicate_pba",
            "lapse_instead_of_renewal",
            "lapse_instead_of_retransmission",
            "lose_pba",
            "renew",
            "retransmit",
        }
    ),
)
TWO_SESSIONS = INTERFACES.changed(name="two-sessions", times=2)
BASES = {base.name: base for base in (TWO_READINGS, TWO_SESSIONS)}
REVIVAL = (
    "attach",
    "request_allocation",
    "duplicate_pbu",
    "allocate",
    "expire",
    "allocate",
)
SECOND_SESSION = (
    "attach",
    "request_allocation",
    "detach",
    "attach",
    "allocate",
    "accept",
    "propose_prefix",
    "register_requested_prefix",
)


@dataclass(frozen=True)
class Reading:
    """What a switch does when it is on.

    Args:
        switch: Its name.
        fault: What the channels do besides losing requests, so that the readings part.
        rule: The rule whose steps show that the readings part.
        off, on: Steps of that rule.
        violated: Steps of a shortest run by property that fails when it is on.
        base: Name of the configuration in which they part.
    """

    switch: str
    fault: str
    rule: str
    off: int
    on: int
    violated: dict[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )
    base: str = TWO_READINGS.name


READINGS = (
    Reading(
        "equal_timestamp_is_lower", "duplicate", "reject_lower_timestamp", 56866, 96092
    ),
    Reading(
        "stale_and_untimely_is_mismatch",
        "delay",
        "reject_lower_timestamp",
        95946,
        47973,
    ),
    Reading(
        "timestamp_ends_with_binding",
        "duplicate",
        "allocate",
        8822,
        21886,
        {
            "preserved-prefix.acknowledgement": REVIVAL,
            "preserved-prefix.gateway": (*REVIVAL, "accept"),
            "stale-request.order": (
                "attach",
                "propose_prefix",
                "register_requested_prefix",
                "expire",
            ),
        },
    ),
    Reading(
        "repeated_deregistration_restarts_delay",
        "lose",
        "restart_deletion_delay",
        0,
        2340,
    ),
    Reading(
        "foreign_deregistration_is_acknowledged",
        "lose",
        "acknowledge_foreign_deregistration",
        0,
        5475,
    ),
    Reading(
        "second_session_by_name",
        "lose",
        "register_requested_prefix",
        978,
        5472,
        {
            "unique-binding.session": (
                "attach",
                "request_allocation",
                "detach",
                "attach",
                "allocate",
                "propose_prefix",
                "register_requested_prefix",
            ),
            "preserved-prefix.acknowledgement": SECOND_SESSION,
            "preserved-prefix.gateway": (*SECOND_SESSION, "accept"),
        },
    ),
    Reading(
        "unknown_handoff_is_new_session",
        "lose",
        "allocate",
        2112,
        2336,
        base=TWO_SESSIONS.name,
    ),
)


FINDINGS = (Path(__file__).parents[2] / "docs" / "findings.md").read_text("utf-8")
OUTCOME = re.compile(r"^Which properties hold: (.+?)\n\n", re.MULTILINE | re.DOTALL)


@cache
def _explored(base: str, fault: str, switch: str | None = None) -> Run:
    known = BASES[base].facts
    known = known if switch is None else {**known, switch: ON}
    chosen = BASES[base].changed(facts=known, faults=frozenset({"lose", fault}))
    model = Model(chosen)
    return explore(model, with_a_case(model, PROPERTIES))


def _violated(run: Run) -> dict[str, tuple[str, ...]]:
    undecided = [p for p in run.properties if p.outcome is Outcome.UNDECIDED]
    assert all(p.vacuous for p in undecided)
    return {
        p.name: tuple(step.name for step in p.trace.steps)
        for p in run.properties
        if p.trace is not None
    }


def test_every_switch_has_both_readings() -> None:
    switches = {rigid.name for rigid in SWITCHES}
    assert {reading.switch for reading in READINGS} == switches


@pytest.mark.compiler
@pytest.mark.parametrize("reading", READINGS, ids=lambda r: r.switch)
def test_the_readings_part_and_these_properties_hold(reading: Reading) -> None:
    off = _explored(reading.base, reading.fault)
    on = _explored(reading.base, reading.fault, reading.switch)
    assert _violated(off) == {}
    assert _violated(on) == reading.violated
    assert (off.rules.get(reading.rule, 0), on.rules[reading.rule]) == (
        reading.off,
        reading.on,
    )


@pytest.mark.compiler
@pytest.mark.parametrize(
    ("named", "given"),
    [((), 0), (("p1",), 2649)],
    ids=("refused", "given"),
)
def test_free_prefixes_by_name_change_no_outcome(
    named: tuple[str, ...], given: int
) -> None:
    known = {**TWO_READINGS.facts, "may_request": frozenset(("mn1", p) for p in named)}
    model = Model(TWO_READINGS.changed(facts=known))
    run = explore(model, with_a_case(model, PROPERTIES))
    assert _violated(run) == {}
    assert run.rules.get("register_requested_prefix", 0) == given


@pytest.mark.parametrize("reading", READINGS, ids=lambda r: r.switch)
def test_the_finding_tells_the_same(reading: Reading) -> None:
    sections = re.split(r"^## ", FINDINGS, flags=re.MULTILINE)[1:]
    (told,) = (
        found.group(1)
        for section in sections
        if f"Switch: `{reading.switch}`" in section
        and (found := OUTCOME.search(f"{section}\n\n"))
    )
    names = {p.name for p in PROPERTIES}
    assert set(re.findall(r"`([a-z.-]+)`", told)) & names == set(reading.violated)
    assert told.startswith(
        "all, under both" if not reading.violated else "all when off"
    )
