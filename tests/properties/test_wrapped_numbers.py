"""An old answer under the number of a new request: the run that ends in another prefix.

A gateway that knows its requests by a number alone takes every answer that has the number
of the last one.  Where the counter has come round while an answer was under way, that can
be an answer to any request before; the mutant is the limit, where it always may be.
"""

import pytest
from traces import ends_in_violation, replays

from pmip6.model.binding_cache import is_bound_to
from pmip6.model.configurations import LATE_REQUESTS, facts
from pmip6.model.domain import Configuration, Model
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    BindingState,
    UpdateListState,
    awaited,
    bce_prefix,
    bce_proxy_coa,
    bce_state,
    bule_prefix,
    bule_state,
)
from pmip6.model.terms import Term, all_of, exists, forall, implies
from pmip6.properties.explore import explore
from pmip6.properties.mutants import mutant
from pmip6.properties.property import Property, Scope
from pmip6.properties.result import Outcome, PropertyResult

pytestmark = pytest.mark.compiler

NAIVE = mutant("unexpected-answer-taken").rules
WRAPPED = LATE_REQUESTS.changed(
    name="wrapped-numbers",
    summary="1 mobile node, 1 MAG, answers that wait until their numbers are used again",
    gateways=("mag1",),
    prefixes=("p1", "p2"),
    facts=facts(("mn1",), ("mag1",), ("p1", "p2")),
    durations={"min_delay_before_bce_delete": (1,)},
    capacity={"pbu": 1, "pba": 2},
    in_flight=3,
    times=3,
    faults=frozenset({"lose"}),
)


def is_settled(node: Term, gateway: Term, entry: Term) -> Term:
    """The gateway serves the node and awaits nothing; the session of the node is with it."""
    return all_of(
        bule_state[node, gateway] == UpdateListState.REGISTERED,
        awaited[node, gateway] == TIME.none,
        is_bound_to(entry, node),
        bce_state[entry] == BindingState.REGISTERED,
        bce_proxy_coa[entry, gateway],
    )


def has_the_prefix(node: Term, gateway: Term, entry: Term) -> Term:
    """What the gateway advertises is a prefix of the session."""
    return exists(
        PREFIX, lambda p: (bule_prefix[node, gateway] == p) & bce_prefix[entry, p]
    )


SAME_PREFIX = Property(
    name="settled",
    term=forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: forall(
                ENTRY, lambda b: implies(is_settled(n, g, b), has_the_prefix(n, g, b))
            ),
        ),
    ),
    scope=Scope.STATE,
    premise=exists(
        MOBILE_NODE,
        lambda n: exists(
            GATEWAY, lambda g: exists(ENTRY, lambda b: is_settled(n, g, b))
        ),
    ),
    requirements=(),
    doc="A gateway with nothing open advertises the prefix of the session that it serves.",
)


def decided(chosen: Configuration, naive: bool = True) -> PropertyResult:
    model = Model(chosen, NAIVE) if naive else Model(chosen)
    return explore(model, [SAME_PREFIX], deadlock=False).properties[0]


def test_an_old_answer_brings_back_the_prefix_of_a_session_that_is_gone() -> None:
    found = decided(WRAPPED)
    assert found.outcome is Outcome.VIOLATED and found.trace is not None
    model = Model(WRAPPED, NAIVE)
    assert replays(found.trace, model)
    assert ends_in_violation(found.trace, model, SAME_PREFIX)
    assert [step.name for step in found.trace.steps] == [
        "attach",
        "request_allocation",
        "allocate",
        "detach",
        "notice_detachment",
        "deregister",
        "tick",
        "attach",
        "delete_after_delay",
        "request_allocation",
        "allocate",
        "accept",
    ]


def test_answers_that_do_not_outlive_the_delay_need_a_longer_run() -> None:
    """The answer to the last de-registration is then taken for one to a registration."""
    found = decided(WRAPPED.changed(prompt=True))
    assert found.trace is not None and len(found.trace.steps) == 19


def test_a_prefix_of_its_own_protects_a_node() -> None:
    own = {**WRAPPED.facts, "is_assignable": frozenset({("mn1", "p1")})}
    assert decided(WRAPPED.changed(facts=own)).outcome is Outcome.HOLDS


def test_a_gateway_that_compares_timestamps_is_safe() -> None:
    assert decided(WRAPPED, naive=False).outcome is Outcome.HOLDS
