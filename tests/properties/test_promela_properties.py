"""Spin agrees on the properties: where they hold, and where a fault breaks them.

But for those of runs without end (`response.*`), which the export does not have.
"""

import pytest
from pinned_counts import PAIRS as COUNTS

from pmip6.model.domain import Configuration, Model
from pmip6.model.fast_handover.configurations import (
    PREDICTIVE,
    PREDICTIVE_SIGNALLING,
    REACTIVE,
)
from pmip6.model.shipped.configurations import (
    FORWARDING,
    HANDOFF,
    ONE_NODE,
    PREFIX_SETS,
    REJECTIONS,
    WAITING_IN_VAIN,
)
from pmip6.model.shipped.examples import WRAPPED_NUMBERS
from pmip6.model.shipped.feature_clocks import FEATURE_CLOCKS
from pmip6.model.shipped.feature_pairs import PAIRS
from pmip6.model.shipped.gateway_configurations import GATEWAYS
from pmip6.model.shipped.gateway_pairs import GATEWAY_PAIRS
from pmip6.model.shipped.overtaking import OVERTAKING
from pmip6.model.shipped.restart_configurations import RESTARTS
from pmip6.model.shipped.router_configurations import ROUTERS
from pmip6.model.shipped.two_nodes import TWO_NODES
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import NO_DEADLOCK, explore, unheld
from pmip6.properties.exploration.layout import Layout
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS
from pmip6.properties.property import PROPERTIES, Property, with_a_case
from pmip6.properties.result import Outcome
from pmip6.properties.spin.run import PAN_OPTIONS, SpinRun, is_installed, spin

assert protocol  # it records the properties

pytestmark = [
    pytest.mark.compiler,
    pytest.mark.skipif(not is_installed(), reason="spin is not installed"),
]
DEPTH = 1_000_000
QUICKLY_MADE = ("-O0", *PAN_OPTIONS[1:])  # these searches are short
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
    "handovers of the previous gateway": PREDICTIVE,
    "handovers of the new gateway": REACTIVE,
}
ASKED: dict[str, int] = {
    "two nodes": 18,
    "rejections": 13,
    "prefix sets": 13,
    "an anchor that restarts": 21,
    "user packets and restarts": 22,
    "requests that overtake each other": 12,
    "a gateway that restarts": 20,
    "user packets at a gateway": 23,
    "user packets at a gateway that restarts": 24,
    "one router of a session": 19,
    "an anchor that waits": 13,
    "handovers of the previous gateway": 32,
    "handovers of the new gateway": 31,
}
"""How many properties have a case there, and hold."""
SMALL = PAIRS["addresses+forwarding"]
CLOCKED = FEATURE_CLOCKS["clocked-addresses"]
OVERTAKEN = OVERTAKING["late-addresses+forwarding"]
PERSISTED = RESTARTS["restart-persisted"]
PACKETS = GATEWAYS["gateway-packets"]
BROKEN: dict[str, Configuration] = {
    "second-entry": SMALL,
    "prefix-given-twice": HANDOFFS,
    "two-proxy-coas": SMALL,
    "prefix-added": SMALL,
    "wrong-prefix-acknowledged": PERSISTED,
    "wrong-prefix-taken": PACKETS,
    "unexpected-answer-taken": PACKETS,
    "advertised-too-early": PACKETS,
    "foreign-deregistration-accepted": SMALL,
    "stale-request-accepted": OVERTAKEN,
    "timestamp-goes-back": OVERTAKEN,
    "deleted-at-once": CLOCKED,
    "delay-not-started": SMALL,
    "delay-not-stopped": SMALL,
    "waiting-prefix-given-away": TWO_NODES["two-nodes-addresses"],
    "bindings-not-stored": PERSISTED,
    "prefixes-not-reserved": PERSISTED,
    "timestamps-not-stored": RESTARTS["restart-persisted-handoff"],
    "no-route": SMALL,
    "route-left-behind": SMALL,
    "shared-tunnel-removed": FORWARDING,
    "tunnel-left-behind": SMALL,
    "route-not-moved": SMALL,
    "forwarded-in-delay": SMALL,
    "source-not-checked": SMALL,
    "node-speaks": PERSISTED,
    "entry-never-deleted": CLOCKED,
    "extension-not-answered": SMALL,
    "wait-not-answered": WAITING_IN_VAIN,
    "gateway-route-missing": PACKETS,
    "gateway-route-left-behind": PACKETS,
    "gateway-tunnel-missing": PACKETS,
    "gateway-tunnel-left-behind": PACKETS,
    "delivered-to-any-node": PACKETS,
    "previous-proxy-coa-kept": GATEWAYS["skewed-clocks"],
    "overtaken-request-accepted": GATEWAYS["skewed-clocks"],
    "another-list-restored": GATEWAYS["gateway-restart-lost"],
    "old-router-taken": ROUTERS["named-routers"],
    "router-made-anew": ROUTERS["named-routers"],
    "handover-not-repeated": PREDICTIVE_SIGNALLING,
    "forwarding-without-end": PREDICTIVE_SIGNALLING,
    "context-not-kept": PREDICTIVE_SIGNALLING,
}
"""Seeded faults of such properties, and where each shows."""
LONG = {
    "two nodes",
    "prefix sets",
    "requests that overtake each other",
    "a gateway that restarts",
    "an anchor that waits",
    "handovers of the previous gateway",
    "handovers of the new gateway",
}
BY_DAY = {
    "two-proxy-coas",
    "prefix-added",
    "foreign-deregistration-accepted",
    "stale-request-accepted",
    "deleted-at-once",
    "waiting-prefix-given-away",
    "route-left-behind",
    "forwarded-in-delay",
    "extension-not-answered",
    "bindings-not-stored",
    "entry-never-deleted",
}
"""What every test run has; the others take some seconds each, and are the nightly run's."""
ON_THE_LIST = {
    1: "unique-binding",
    2: "preserved-prefix",
    4: "foreign-deregistration",
    5: "stale-request",
    6: "deletion-delay",
    7: "no-reuse-in-delay",
    8: "tunnel-state",
    13: "answer",  # that a request gets one; the rest of 13 is about runs without end
    14: "restart",
    15: "time-can-go-on",
}
"""The properties of the anchor by their numbers in the list of the project."""
OF_GATEWAYS = {
    3: "advertisement",
    8: "gateway-tunnel",
    9: "link-local",
    10: "gateway-traffic",
    12: "node-is-silent",
    13: "answer",
    14: "gateway-restart",
}
"""Those of gateways and nodes, as above."""


def asked_of(model: Model) -> list[Property]:
    """The properties that have a case in the model, and can be read there."""
    every = [*PROPERTIES, *derived_properties(model)]
    layout = Layout(model)
    return [p for p in with_a_case(model, every) if not unheld(layout, p)]


def quickly(model: Model, asked: list[Property]) -> SpinRun:
    """What Spin says of a small model."""
    return spin(model, asked, depth=DEPTH, table=18, options=QUICKLY_MADE)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.nightly] if n in LONG else []) for n in HOLD],
)
def test_spin_finds_that_they_hold(name: str) -> None:
    """And that there is no deadlock: Spin takes a state without a step for an error."""
    model = Model(HOLD[name])
    asked = [p for p in asked_of(model) if p.name not in HOLD[name].broken]
    ours, theirs = explore(model, asked), quickly(model, asked)
    assert len(asked) == ASKED[name]
    assert all(p.outcome is not Outcome.VIOLATED for p in ours.properties)
    assert (theirs.errors, theirs.states) == (0, ours.states)


@pytest.mark.nightly
@pytest.mark.parametrize("name", PAIRS)
def test_spin_finds_that_they_hold_with_two_features(name: str) -> None:
    model = Model(PAIRS[name])
    theirs = spin(model, asked_of(model))
    assert (theirs.errors, theirs.states) == (0, COUNTS[name][0])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(f, marks=[] if f in BY_DAY else [pytest.mark.nightly])
        for f in BROKEN
    ],
)
def test_spin_finds_that_one_fails(fault: str) -> None:
    """Alone: with the fault, Spin finds an error only if it is asked for this property."""
    model = Model(BROKEN[fault], mutant(fault).rules)
    broken = SEEDED_FAULTS[fault].property
    (asked,) = (p for p in asked_of(model) if p.name == broken)
    assert quickly(model, [asked]).errors == 1


def test_spin_finds_nothing_where_nothing_is_asked() -> None:
    model = Model(SMALL, mutant("prefix-added").rules)
    assert quickly(model, []).errors == 0


def test_spin_finds_a_deadlock() -> None:
    """15 of the list: that there is none is said where no error is found."""
    fault = "node-never-leaves"
    assert SEEDED_FAULTS[fault].property == NO_DEADLOCK
    few = ONE_NODE.changed(gateways=("mag1",), durations={})
    assert quickly(Model(few, mutant(fault).rules), []).errors == 1


def test_spin_finds_the_run_of_an_old_answer() -> None:
    model = Model(WRAPPED_NUMBERS)
    (asked,) = (p for p in asked_of(model) if p.name in WRAPPED_NUMBERS.broken)
    assert quickly(model, [asked]).errors == 1


def test_each_of_the_list_is_asked_about() -> None:
    """Of each property one fault by day, and by night one of each part."""
    kinds = set(ON_THE_LIST.values())
    parts = {p for p in map(_broken_by, SEEDED_FAULTS) if _kind(p) in kinds}
    of_an_example = WRAPPED_NUMBERS.broken  # see the run of an old answer
    assert parts - of_an_example == {
        p for p in map(_broken_by, BROKEN) if _kind(p) in kinds
    }
    assert kinds <= {_kind(_broken_by(fault)) for fault in BY_DAY}
    asked = {p.name for c in HOLD.values() for p in asked_of(Model(c))}
    assert parts - of_an_example <= asked


def test_each_of_those_of_gateways_is_asked_about() -> None:
    """They hold by day, and by night a fault breaks one of each."""
    by_day = [asked_of(Model(c)) for name, c in HOLD.items() if name not in LONG]
    kinds = set(OF_GATEWAYS.values())
    assert kinds <= {_kind(p.name) for asked in by_day for p in asked}
    assert kinds <= {_kind(_broken_by(fault)) for fault in BROKEN}


def _broken_by(fault: str) -> str:
    return SEEDED_FAULTS[fault].property


def _kind(name: str) -> str:
    return name.partition(".")[0]
