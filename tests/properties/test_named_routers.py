"""Every gateway of a session is one router to the node (RFC 5213, 6.8), by the model."""

from functools import cache

import pytest
from pinned_counts import ROUTERS as COUNTS
from traces import ends_in_violation, replays

from pmip6.model.domain import Model
from pmip6.model.language.terms import enum_literal
from pmip6.model.shipped.configurations import ONE_NODE
from pmip6.model.shipped.router_configurations import ROUTERS
from pmip6.model.state import BindingState, bce_router, bce_state, bule_router
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome, Run

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler
ADDRESSES = ("link-local.kept", "link-local.one-router")


@cache
def explored(name: str) -> Run:
    model = Model(ROUTERS[name])
    return explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])


@pytest.mark.parametrize("name", ROUTERS)
def test_a_session_has_one_router_unless_gateways_name_old_ones(name: str) -> None:
    run = explored(name)
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    by_outcome = {
        outcome: {p.name for p in run.properties if p.outcome is outcome}
        for outcome in Outcome
    }
    assert by_outcome[Outcome.VIOLATED] == ROUTERS[name].broken
    assert by_outcome[Outcome.UNDECIDED] == ROUTERS[name].silent_on
    assert by_outcome[Outcome.HOLDS] >= set(ADDRESSES) - ROUTERS[name].broken


def test_an_old_address_named_again_becomes_that_of_another_session() -> None:
    model = Model(ROUTERS["routers-named-again"])
    results = explored("routers-named-again").properties
    (found,) = (p for p in results if p.name == "link-local.kept")
    (told,) = (p for p in PROPERTIES if p.name == "link-local.kept")
    assert found.trace is not None
    assert replays(found.trace, model) and ends_in_violation(found.trace, model, told)
    names = [step.name for step in found.trace.steps]
    assert len(names) == 21 and names[-2:] == ["renew", "hand_off"]


def test_where_the_address_is_fixed_there_is_no_state_for_it() -> None:
    model = Model(ONE_NODE)
    assert not model.written & {bce_router.name, bule_router.name}
    assert not [p for p in with_a_case(model, PROPERTIES) if p.name in ADDRESSES]


def test_a_free_entry_has_no_address() -> None:
    """The entry forgets it with its session, so that the next one may have another."""
    free = enum_literal(BindingState.FREE)
    freeing = [
        rule
        for rule in Model(ROUTERS["named-routers"]).rules
        if any(u.map == bce_state and u.value is free for u in rule.updates)
    ]
    assert [rule.name for rule in freeing] == ["delete_after_delay"]
    assert all(bce_router in {u.map for u in rule.updates} for rule in freeing)
