"""Spin counts the states of the exported model; they are those of the explorer."""

import pytest

from pmip6.model.domain import Configuration, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.shipped.configurations import (
    ADDRESSES,
    FORWARDING,
    HANDOFF,
    INTERFACES,
    LATE_REQUESTS,
    ONE_NODE,
    OTHER_READINGS,
    PREFIX_SETS,
    REJECTIONS,
    RESPONSES,
    SEQUENCES,
    STRANGERS,
)
from pmip6.model.shipped.feature_pairs import PAIRS
from pmip6.model.shipped.gateway_configurations import GATEWAYS
from pmip6.model.shipped.gateway_pairs import GATEWAY_PAIRS
from pmip6.model.shipped.overtaking import OVERTAKING
from pmip6.model.shipped.restart_configurations import RESTARTS
from pmip6.model.shipped.router_configurations import ROUTERS
from pmip6.properties.exploration.explore import explore
from pmip6.properties.spin.promela import promela
from pmip6.properties.spin.run import is_installed, spin

EXACT = 1_000_000  # beyond, Spin rounds its transitions
needs_spin = pytest.mark.skipif(not is_installed(), reason="spin is not installed")

PARTS = {
    "one node, every clock real, one gateway": ONE_NODE.changed(gateways=("mag1",)),
    "one node, every clock real, one prefix": ONE_NODE.changed(
        prefixes=("p1",), entries=("bce1",), times=3
    ),
    "one node, a queue": ONE_NODE.changed(
        durations={}, gateways=("mag1",), reorder=False
    ),
    "two nodes, one gateway": HANDOFF.changed(gateways=("mag1",), in_flight=1, times=1),
    "rejections": REJECTIONS,
    "strangers": STRANGERS,
    "interfaces": INTERFACES,
    "addresses": ADDRESSES,
    "prefix sets": PREFIX_SETS,
    "late requests": LATE_REQUESTS,
    "other readings": OTHER_READINGS,
    "restarts": RESTARTS["restart-static"],
    "restarts and handoffs": RESTARTS["restart-lost-handoff"],
    "prompt messages": RESPONSES,
    "sequences and losses": PAIRS["sequences+losses"],
    "prefix sets and restarts": PAIRS["prefix-sets+restarts"],
    "addresses and forwarding": PAIRS["addresses+forwarding"],
    "user packets and requests that overtake each other": OVERTAKING["late-forwarding"],
    "a gateway that loses its list": GATEWAYS["gateway-restart-lost"],
    "a slow clock": GATEWAYS["slow-clock"],
    "link-local addresses by the anchor": ROUTERS["named-routers"],
    "user packets at a gateway": GATEWAYS["gateway-packets"],
    "a gateway with packets that loses its list": GATEWAY_PAIRS["packets+losses"],
    "answers by chance": GATEWAY_PAIRS["altered-answers+collisions"],
    "sequences, one gateway": SEQUENCES.changed(gateways=("mag1",), prefixes=("p1",)),
}


def _counts_equal(chosen: Configuration) -> None:
    model = Model(chosen)
    ours, theirs = explore(model, []), spin(model)
    assert ours.states == theirs.states
    assert ours.transitions is not None
    rounded = 0 if ours.transitions < EXACT else ours.transitions // 100_000
    assert abs(ours.transitions - theirs.transitions) <= rounded


@needs_spin
@pytest.mark.compiler
@pytest.mark.parametrize("chosen", PARTS.values(), ids=PARTS.keys())
def test_spin_counts_the_same(chosen: Configuration) -> None:
    _counts_equal(chosen)


@needs_spin
@pytest.mark.compiler
@pytest.mark.parametrize(
    "chosen",
    [
        FORWARDING,
        pytest.param(ONE_NODE, marks=pytest.mark.nightly),
        pytest.param(HANDOFF, marks=pytest.mark.nightly),
    ],
    ids=lambda c: c.name,
)
def test_spin_counts_the_same_on_whole_configurations(chosen: Configuration) -> None:
    _counts_equal(chosen)


@needs_spin
@pytest.mark.compiler
def test_a_search_that_is_cut_off_counts_nothing() -> None:
    with pytest.raises(Pmip6Error, match="a path is longer than 100 steps"):
        spin(Model(PARTS["one node, a queue"]), depth=100)


def test_the_export_is_deterministic() -> None:
    assert promela(Model(ONE_NODE)) == promela(Model(ONE_NODE))
