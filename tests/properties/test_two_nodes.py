"""Two nodes that share a prefix: what waits is given to nobody, with each two features."""

import pytest
from pinned_counts import TWO_NODES as COUNTS
from traces import replays

from pmip6.model.domain import Model
from pmip6.model.shipped.feature_pairs import FEATURES, PAIRS, alone
from pmip6.model.shipped.two_nodes import TWO_NODES, of_two
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

(REUSE,) = (p for p in PROPERTIES if p.name == "no-reuse-in-delay")
FAULT = "waiting-prefix-given-away"
BY_DAY = {
    "two-nodes-interfaces",
    "two-nodes-sequences+addresses",
    "two-nodes-prefix-sets+losses",
    "two-nodes-forwarding+restarts",
}
"""All features but one, which takes longer; the nightly run has the others."""
by_night = [
    pytest.param(name, marks=[] if name in BY_DAY else [pytest.mark.nightly])
    for name in TWO_NODES
]


def test_each_feature_and_each_pair_has_two_nodes() -> None:
    assert set(TWO_NODES) == {f"two-nodes-{name}" for name in (*FEATURES, *PAIRS)}
    assert list(COUNTS) == list(TWO_NODES) and TWO_NODES.keys() >= BY_DAY


@pytest.mark.parametrize("name", TWO_NODES)
def test_a_node_can_get_what_waits_for_the_other(name: str) -> None:
    """One prefix is for both of them, and the facts leave the property a case."""
    chosen = TWO_NODES[name]
    assignable = chosen.facts["is_assignable"]
    (shared,) = (
        p
        for p in chosen.prefixes
        if all((node, p) in assignable for node in chosen.nodes)
    )
    assert len(chosen.nodes) == 2 and REUSE.name not in chosen.silent_on
    assert all(
        (node, p) not in assignable
        for node in chosen.nodes
        for p in chosen.prefixes
        if p != shared
    )
    assert with_a_case(Model(chosen), [REUSE]) == [REUSE]


@pytest.mark.parametrize("name", TWO_NODES)
def test_it_has_the_features_of_the_configuration_that_it_is_made_of(name: str) -> None:
    plain = name.removeprefix("two-nodes-")
    of_one = PAIRS[plain] if plain in PAIRS else alone(plain)
    assert of_two(of_one) == TWO_NODES[name]
    rules = {rule.name for rule in Model(TWO_NODES[name]).rules}
    assert rules == {rule.name for rule in Model(of_one).rules}


@pytest.mark.parametrize("name", by_night)
def test_all_properties_hold_with_two_nodes(name: str) -> None:
    model = Model(TWO_NODES[name])
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    outcomes = {p.name: p.outcome for p in run.properties}
    assert outcomes[REUSE.name] is Outcome.HOLDS
    assert Outcome.VIOLATED not in outcomes.values()
    undecided = {n for n, outcome in outcomes.items() if outcome is Outcome.UNDECIDED}
    assert undecided == TWO_NODES[name].silent_on


@pytest.mark.parametrize("name", by_night)
def test_a_waiting_prefix_that_is_given_away_is_noticed(name: str) -> None:
    model = Model(TWO_NODES[name], mutant(FAULT).rules)
    (result,) = explore(model, [REUSE], deadlock=False, stop_early=True).properties
    assert result.outcome is Outcome.VIOLATED and result.trace is not None
    assert len(result.trace.steps) == 8
    assert replays(result.trace, model)
