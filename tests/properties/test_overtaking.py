"""Features of the anchor while requests overtake each other: a stale one changes nothing."""

import pytest
from pinned_counts import OVERTAKING as COUNTS

from pmip6.model.domain import Model
from pmip6.model.shipped.corners import CORNERS
from pmip6.model.shipped.feature_pairs import FEATURES, PAIRS
from pmip6.model.shipped.named import GROUPS, NAMED
from pmip6.model.shipped.overtaking import OVERTAKING
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

STALE = "stale-request.binding"
BY_DAY = {
    "late-waiting",
    "late-prefix-sets",
    "late-forwarding",
    "late-interfaces+addresses",
    "late-prefix-sets+losses",
    "late-addresses+restarts",
    "late-forwarding+losses",
}
"""Each feature at least once; each takes a second, which is the C compiler's."""


def _has_a_case(name: str) -> bool:
    return STALE not in NAMED[name].silent_on


def test_each_pair_has_a_stale_request_somewhere() -> None:
    for name in PAIRS:
        assert _has_a_case(name) != (f"late-{name}" in OVERTAKING), name
    assert all(map(_has_a_case, OVERTAKING))


def test_each_feature_alone_has_a_stale_request_somewhere() -> None:
    restarts = {n for n in GROUPS["restarts"] if n.endswith("-handoff")}
    assert all(map(_has_a_case, restarts))
    for name in FEATURES.keys() - {"restarts", "losses"}:
        chosen = "addresses" if name == "addresses" else f"late-{name}"
        assert name == "sequences" or _has_a_case(chosen), name


def test_each_has_pinned_counts() -> None:
    assert list(COUNTS) == [name for name in OVERTAKING if name not in CORNERS]
    assert COUNTS.keys() >= BY_DAY


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in BY_DAY else [pytest.mark.nightly])
        for name in COUNTS
    ],
)
def test_all_properties_hold_where_requests_overtake_each_other(name: str) -> None:
    model = Model(OVERTAKING[name])
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    undecided = {p.name for p in run.properties if p.outcome is Outcome.UNDECIDED}
    assert undecided == OVERTAKING[name].silent_on
    assert all(p.outcome is not Outcome.VIOLATED for p in run.properties)
