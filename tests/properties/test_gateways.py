"""What holds where gateways restart, have slow clocks or pass user packets on."""

from functools import cache

import pytest
from pinned_counts import GATEWAYS as COUNTS
from traces import ends_in_violation, replays

from pmip6.model.domain import Model
from pmip6.model.shipped.gateway_configurations import GATEWAYS
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome, Run, Trace

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler


@cache
def explored(name: str) -> Run:
    model = Model(GATEWAYS[name])
    return explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])


def trace(name: str, broken: str) -> Trace:
    """The shortest run in which the property fails; the interpreter takes it, too."""
    model = Model(GATEWAYS[name])
    (told,) = (p for p in PROPERTIES if p.name == broken)
    (result,) = (p for p in explored(name).properties if p.name == broken)
    assert result.trace is not None
    assert replays(result.trace, model)
    assert ends_in_violation(result.trace, model, told)
    return result.trace


@pytest.mark.parametrize("name", GATEWAYS)
def test_these_properties_fail_and_the_others_hold(name: str) -> None:
    run = explored(name)
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    by_outcome = {
        outcome: {p.name for p in run.properties if p.outcome is outcome}
        for outcome in Outcome
    }
    assert by_outcome[Outcome.VIOLATED] == GATEWAYS[name].broken
    assert by_outcome[Outcome.UNDECIDED] == GATEWAYS[name].silent_on
    assert len(by_outcome[Outcome.HOLDS]) > 12


def test_a_clock_that_is_slow_lets_an_old_request_win() -> None:
    assert [s.name for s in trace("skewed-clocks", "skewed-clocks.order").steps] == [
        "attach",
        "advance_slow_clock",
        "request_allocation",
        "detach",
        "attach",
        "request_allocation",
        "allocate",
        "hand_off",
    ]


@pytest.mark.parametrize(("kept", "steps"), [("kept", 21), ("lost", 20)])
def test_a_node_that_comes_back_unnoticed_is_renumbered(kept: str, steps: int) -> None:
    """As without a restart; where the list is lost, the restart is one of the steps."""
    found = trace(f"gateway-restart-{kept}-handoff", "gateway-restart.prefix").steps
    restarts = [s.name for s in found if s.name.startswith("restart_")]
    assert len(found) == steps
    assert len(restarts) == (kept == "lost")
