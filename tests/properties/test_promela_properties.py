"""Spin agrees on the properties that speak of one state: where they hold, and where not."""

import pytest

from pmip6.model.domain import Configuration, Model
from pmip6.model.shipped.configurations import (
    FORWARDING,
    HANDOFF,
    PREFIX_SETS,
    REJECTIONS,
    WAITING_IN_VAIN,
)
from pmip6.model.shipped.examples import WRAPPED_NUMBERS
from pmip6.model.shipped.feature_pairs import PAIRS
from pmip6.model.shipped.gateway_configurations import GATEWAYS
from pmip6.model.shipped.gateway_pairs import GATEWAY_PAIRS
from pmip6.model.shipped.overtaking import OVERTAKING
from pmip6.model.shipped.restart_configurations import RESTARTS
from pmip6.model.shipped.router_configurations import ROUTERS
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore, unheld
from pmip6.properties.exploration.layout import Layout
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS
from pmip6.properties.property import PROPERTIES, Property, Scope, with_a_case
from pmip6.properties.result import Outcome
from pmip6.properties.spin.run import is_installed, spin

assert protocol  # it records the properties

pytestmark = [
    pytest.mark.compiler,
    pytest.mark.skipif(not is_installed(), reason="spin is not installed"),
]
DEPTH = 1_000_000
HANDOFFS = HANDOFF.changed(gateways=("mag1",), in_flight=1, times=1)
HOLD = {
    "two nodes": HANDOFFS,
    "rejections": REJECTIONS,
    "prefix sets": PREFIX_SETS,
    "an anchor that restarts": RESTARTS["restart-persisted"],
    "user packets and restarts": PAIRS["forwarding+losses"],
    "requests that overtake each other": OVERTAKING["late-prefix-sets"],
    "a gateway that restarts": GATEWAYS["gateway-restart-lost"],
    "user packets at a gateway": GATEWAYS["gateway-packets"],
    "user packets at a gateway that restarts": GATEWAY_PAIRS["packets+losses"],
    "one router of a session": ROUTERS["named-routers"],
    "an anchor that waits": WAITING_IN_VAIN,
}
ASKED: dict[str, int] = {
    "two nodes": 7,
    "rejections": 5,
    "prefix sets": 5,
    "an anchor that restarts": 8,
    "user packets and restarts": 9,
    "requests that overtake each other": 4,
    "a gateway that restarts": 8,
    "user packets at a gateway": 10,
    "user packets at a gateway that restarts": 10,
    "one router of a session": 7,
    "an anchor that waits": 5,
}
"""How many properties of one state have a case there."""
BROKEN: dict[str, Configuration] = {
    "second-entry": RESTARTS["restart-persisted"],
    "prefix-given-twice": HANDOFFS,
    "two-proxy-coas": FORWARDING,
    "wrong-prefix-acknowledged": RESTARTS["restart-persisted"],
    "delay-not-started": RESTARTS["restart-persisted"],
    "waiting-prefix-given-away": RESTARTS["restart-persisted"],
    "prefixes-not-reserved": RESTARTS["restart-persisted"],
    "no-route": FORWARDING,
    "route-left-behind": FORWARDING,
    "shared-tunnel-removed": FORWARDING,
    "tunnel-left-behind": FORWARDING,
    "gateway-route-missing": GATEWAYS["gateway-packets"],
    "gateway-route-left-behind": GATEWAYS["gateway-packets"],
    "gateway-tunnel-missing": GATEWAYS["gateway-packets"],
    "gateway-tunnel-left-behind": GATEWAYS["gateway-packets"],
    "previous-proxy-coa-kept": GATEWAYS["skewed-clocks"],
    "old-router-taken": ROUTERS["named-routers"],
    "wait-not-answered": WAITING_IN_VAIN,
}
"""Seeded faults of such properties, and where each shows."""
LONG = {
    "two nodes",
    "prefix sets",
    "requests that overtake each other",
    "a gateway that restarts",
    "an anchor that waits",
}
BY_DAY = {
    "two-proxy-coas",
    "delay-not-started",
    "prefixes-not-reserved",
    "no-route",
    "gateway-route-left-behind",
}
"""What every test run has; the others take some seconds each, and are the nightly run's."""


def of_states(model: Model) -> list[Property]:
    """The properties of one state that have a case in the model, and can be read there."""
    every = [*PROPERTIES, *derived_properties(model)]
    found = [p for p in every if p.scope is Scope.STATE]
    layout = Layout(model)
    return [p for p in with_a_case(model, found) if not unheld(layout, p)]


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.nightly] if n in LONG else []) for n in HOLD],
)
def test_spin_finds_that_they_hold(name: str) -> None:
    model = Model(HOLD[name])
    asked = of_states(model)
    ours, theirs = (
        explore(model, asked, deadlock=False),
        spin(model, asked, depth=DEPTH),
    )
    assert len(asked) == ASKED[name]
    assert all(p.outcome is not Outcome.VIOLATED for p in ours.properties)
    assert (theirs.errors, theirs.states) == (0, ours.states)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(f, marks=[] if f in BY_DAY else [pytest.mark.nightly])
        for f in BROKEN
    ],
)
def test_spin_finds_that_one_fails(fault: str) -> None:
    model = Model(BROKEN[fault], mutant(fault).rules)
    broken = SEEDED_FAULTS[fault].property
    (asked,) = (p for p in of_states(model) if p.name == broken)
    assert spin(model, [asked], depth=DEPTH).errors == 1


def test_spin_finds_the_run_of_an_old_answer() -> None:
    model = Model(WRAPPED_NUMBERS)
    (asked,) = (p for p in of_states(model) if p.name in WRAPPED_NUMBERS.broken)
    assert spin(model, [asked], depth=DEPTH).errors == 1


def test_five_of_the_properties_are_among_them() -> None:
    """1, 2, 6, 7, 8, 9 and 14 of the list have parts that speak of one state."""
    parts = {
        p.name.partition(".")[0] for c in HOLD.values() for p in of_states(Model(c))
    }
    assert parts >= {
        "unique-binding",
        "preserved-prefix",
        "deletion-delay",
        "no-reuse-in-delay",
        "tunnel-state",
        "restart",
        "link-local",
        "answer",
        "time-can-go-on",
    }
