"""Two features of gateways together: every pair is explored, with what holds and fails."""

import itertools

import pytest
from pinned_counts import GATEWAY_PAIRS as COUNTS

from pmip6.model.domain import Model
from pmip6.model.shipped.gateway_pairs import (
    GATEWAY_FEATURES,
    GATEWAY_PAIRS,
    GATEWAY_VARIANTS,
    NO_GATEWAY_PAIRS,
    PACKETS,
    UNADDRESSED,
)
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

BY_DAY = {
    "hints+losses",
    "altered-answers+collisions",
    "lifetimes+packets",
    "packets+losses",
    "spaced+slow-clock",
    "local-routing+losses",
    "losses+routers",
}
"""Each takes two seconds, most of it for the compiler; the nightly run has the others."""


def test_every_two_features_are_a_pair() -> None:
    pairs = {frozenset(pair) for pair in itertools.combinations(GATEWAY_FEATURES, 2)}
    found = {frozenset(name.split("+")) for name in GATEWAY_PAIRS}
    assert found == pairs - {*NO_GATEWAY_PAIRS}
    assert len(GATEWAY_PAIRS) == len(pairs) - len(NO_GATEWAY_PAIRS)
    assert list(COUNTS) == list(GATEWAY_PAIRS)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in BY_DAY else [pytest.mark.nightly])
        for name in COUNTS
    ],
)
def test_these_properties_fail_and_the_others_hold(name: str) -> None:
    chosen = GATEWAY_PAIRS[name]
    model = Model(chosen)
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    by_outcome = {
        outcome: {p.name for p in run.properties if p.outcome is outcome}
        for outcome in Outcome
    }
    assert by_outcome[Outcome.VIOLATED] == chosen.broken
    assert by_outcome[Outcome.UNDECIDED] == chosen.silent_on
    assert by_outcome[Outcome.HOLDS]


# ---- one feature alone -----------------------------------------------------------------

WITHOUT_AN_ANCHOR = {
    "hints": 1921,
    "altered-answers": 1916,
    "collisions": 1140,
    "clock": 740,
    "numbers": 792,
    "lifetimes": 838,
    "solicitations": 728,
    "spaced": 804,
}
"""The states of a gateway with one feature, which the group `gateways` has not."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "collisions" else [pytest.mark.nightly])
        for name in WITHOUT_AN_ANCHOR
    ],
)
def test_a_feature_alone_is_the_pair_with_packets_without_them(name: str) -> None:
    """Nothing fails; what has no case there has none in the pair, and is about packets."""
    pair = GATEWAY_PAIRS[f"{name}+packets"]
    facts = dict(pair.facts)
    del facts["gateway_forwarding"]
    capacity = {c: n for c, n in pair.capacity.items() if c not in PACKETS}
    model = Model(pair.changed(facts=facts, capacity=capacity))
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    assert run.states == WITHOUT_AN_ANCHOR[name]
    assert not [p.name for p in run.properties if p.outcome is Outcome.VIOLATED]
    silent = {p.name for p in run.properties if p.outcome is Outcome.UNDECIDED}
    assert silent == pair.silent_on - UNADDRESSED
    assert "advertisement.accepted" in {p.name for p in run.properties} - silent


def told(model: Model) -> list[str]:
    """The rules of a model as its facts leave them, in words."""
    return [f"{r.name}: {r.guard} {[u.value for u in r.updates]}" for r in model.rules]


@pytest.mark.parametrize("name", GATEWAY_PAIRS)
def test_both_features_are_at_work(name: str) -> None:
    """Each feature changes the rules beside the other."""
    chosen = GATEWAY_PAIRS[name]
    both = told(Model(chosen))
    for feature in name.split("+"):
        left = dict(chosen.facts)
        for fact in GATEWAY_FEATURES[feature]:
            del left[fact]
        variant = None if feature in GATEWAY_VARIANTS else chosen.variant
        assert told(Model(chosen.changed(facts=left, variant=variant))) != both


@pytest.mark.parametrize(
    "name", [name for name in GATEWAY_PAIRS if "local-routing" in name]
)
def test_where_an_anchor_gives_prefixes_two_nodes_are_neighbours(name: str) -> None:
    """Where answers come by chance, or at two gateways, a node writes to itself."""
    chosen = GATEWAY_PAIRS[name]
    alone = not chosen.entries or len(chosen.gateways) > 1
    assert len(chosen.nodes) == (1 if alone else 2)
