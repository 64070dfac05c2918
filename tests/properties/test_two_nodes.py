"""Two nodes that share a prefix: what waits is given to nobody, with each feature."""

import pytest
from traces import replays

from pmip6.model.domain import Model
from pmip6.model.shipped.two_nodes import TWO_NODES
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import explore
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

COUNTS = {
    "addresses": (82, 438, 12),
    "restarts": (1086, 17798, 16),
    "losses": (810, 12854, 16),
    "prefix-sets": (468, 12864, 12),
    "forwarding": (362, 7986, 12),
}
FAULT = "waiting-prefix-given-away"


@pytest.mark.parametrize("name", TWO_NODES)
def test_all_properties_hold_with_two_nodes(name: str) -> None:
    model = Model(TWO_NODES[name])
    run = explore(model, with_a_case(model, PROPERTIES))
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    outcomes = {p.name: p.outcome for p in run.properties}
    assert outcomes["no-reuse-in-delay"] is Outcome.HOLDS
    assert Outcome.VIOLATED not in outcomes.values()


@pytest.mark.parametrize("name", TWO_NODES)
def test_a_waiting_prefix_that_is_given_away_is_noticed(name: str) -> None:
    model = Model(TWO_NODES[name], mutant(FAULT).rules)
    (reuse,) = (p for p in PROPERTIES if p.name == "no-reuse-in-delay")
    (result,) = explore(model, [reuse], deadlock=False, stop_early=True).properties
    assert result.outcome is Outcome.VIOLATED and result.trace is not None
    assert len(result.trace.steps) == 8
    assert replays(result.trace, model)
