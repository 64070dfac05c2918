"""The oracle: which states agree with what was seen, and when."""

from dataclasses import replace
from ipaddress import IPv6Network

import pytest

from pmip6.conformance.lma.oracle import AnchorRules, Clocks, Observed, Oracle, Outcome
from pmip6.model.language.interpreter import Message
from pmip6.model.state import (
    binding_lifetime,
    max_delay_before_new_bce_assign,
    sequence_numbers,
    several_interfaces,
    waits_for_deregistration,
)
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.vectors.lma import waiting
from pmip6.vectors.lma.model import REQUESTABLE, model_message
from pmip6.vectors.lma.stimuli import Gateway, Node, Order, Request

POOL = IPv6Network("2001:db8:100::/48")
FIRST, SECOND = IPv6Network("2001:db8:100::/64"), IPv6Network("2001:db8:100:1::/64")
LIFETIME_MS, DELAY_MS, TOLERANCE_MS = 4000, 1000, 100
RULES = AnchorRules()
DEREGISTRATION = Request(deregistration=True)


@pytest.fixture
def oracle() -> Oracle:
    clocks = Clocks(
        {"min_delay_before_bce_delete": DELAY_MS},
        {"min_delay_before_bce_delete": TOLERANCE_MS, "binding_lifetime": TOLERANCE_MS},
    )
    named = IPv6Network("2001:db8:1f0::/64")
    return Oracle(RULES, clocks, POOL, {REQUESTABLE: named})


def _message(request: Request, timestamp: int) -> Message:
    return model_message(request, prefix=None, timestamp=timestamp, timely=True)


def _accepted(prefix: IPv6Network | None) -> Observed:
    return Observed(BindingAckStatus.ACCEPTED, prefix, LIFETIME_MS)


def _exchange(
    oracle: Oracle,
    request: Request,
    timestamp: int,
    observed: Observed | None,
    now_ms: int,
) -> list[Outcome]:
    oracle.advance(now_ms)
    outcomes = oracle.outcomes([_message(request, timestamp)])
    return oracle.observe(outcomes, observed, (now_ms, now_ms))


def test_a_prefix_is_learnt_and_then_expected(oracle: Oracle) -> None:
    assert _exchange(oracle, Request(), 10, _accepted(FIRST), 0)
    assert {prefix for _, prefix in oracle.prefixes_of(Node.SERVED)} == {FIRST}
    assert not _exchange(oracle, Request(), 20, _accepted(SECOND), 10)
    assert _exchange(oracle, Request(), 20, _accepted(FIRST), 10)


@pytest.mark.parametrize(
    "observed",
    [
        None,
        _accepted(None),
        _accepted(IPv6Network("2001:db8:ffff::/64")),
        Observed(BindingAckStatus.TIMESTAMP_MISMATCH, None, 0),
    ],
)
def test_what_no_state_allows_leaves_the_states_alone(
    oracle: Oracle, observed: Observed | None
) -> None:
    before = oracle.hypotheses
    assert not _exchange(oracle, Request(), 10, observed, 0)
    assert oracle.hypotheses == before


def test_two_nodes_may_not_have_one_prefix(oracle: Oracle) -> None:
    _exchange(oracle, Request(), 10, _accepted(FIRST), 0)
    other = Request(node=Node.OTHER)
    assert not _exchange(oracle, other, 20, _accepted(FIRST), 10)
    assert _exchange(oracle, other, 20, _accepted(SECOND), 10)


def _deregistered(oracle: Oracle) -> Oracle:
    _exchange(oracle, Request(), 10, _accepted(FIRST), 0)
    assert _exchange(oracle, DEREGISTRATION, 20, _accepted(FIRST), 100)
    return oracle


@pytest.mark.parametrize(
    ("after_ms", "may_be_answered", "may_be_silent"),
    [
        (DELAY_MS - TOLERANCE_MS - 1, True, False),
        (DELAY_MS - TOLERANCE_MS, True, True),
        (DELAY_MS + TOLERANCE_MS, True, True),
        (DELAY_MS + TOLERANCE_MS + 1, False, True),
    ],
)
def test_the_end_of_a_timer_is_uncertain_within_its_tolerance(
    oracle: Oracle, after_ms: int, may_be_answered: bool, may_be_silent: bool
) -> None:
    _deregistered(oracle).advance(100 + after_ms)
    outcomes = oracle.outcomes([_message(DEREGISTRATION, 30)])
    statuses = {outcome.status for outcome in outcomes}
    assert (0 in statuses, None in statuses) == (may_be_answered, may_be_silent)


def test_the_granted_lifetime_is_the_one_that_counts(oracle: Oracle) -> None:
    observed = Observed(BindingAckStatus.ACCEPTED, FIRST, 8000)
    _exchange(oracle, Request(), 10, observed, 0)
    oracle.advance(7000)
    assert oracle.registered_sessions(Node.SERVED) == [(FIRST, Gateway.MAG1)]
    oracle.advance(8200)
    assert oracle.registered_sessions(Node.SERVED) == []
    assert oracle.prefixes_of(Node.SERVED) == set()


def test_an_observation_settles_what_was_uncertain(oracle: Oracle) -> None:
    _deregistered(oracle).advance(100 + DELAY_MS)
    assert len(oracle.hypotheses) == 2
    _exchange(oracle, DEREGISTRATION, 30, None, 100 + DELAY_MS)
    assert oracle.prefixes_of(Node.SERVED) == set()
    assert len(oracle.hypotheses) == 1


def test_the_number_tells_which_request_has_waited() -> None:
    features = (several_interfaces, sequence_numbers, waits_for_deregistration)
    rules = AnchorRules(feature.name for feature in features)
    delay = {max_delay_before_new_bce_assign.name: DELAY_MS}
    tolerances = dict.fromkeys((*delay, binding_lifetime.name), TOLERANCE_MS)
    oracle = Oracle(rules, Clocks(delay, tolerances), POOL, {})
    sent = [
        model_message(
            replace(request, order=Order.NEXT),
            prefix=None,
            timestamp=10,
            timely=True,
            sequence=number,
        )
        for number, request in enumerate((waiting.FIRST, *[waiting.SECOND] * 2), 1)
    ]
    for message, observed in zip(sent, (_accepted(FIRST), None, None), strict=True):
        assert oracle.observe(oracle.outcomes([message]), observed, (0, 0))
    oracle.advance(DELAY_MS + 2 * TOLERANCE_MS)
    assert oracle.expects_late
    assert not oracle.observe_late([sent[1]], _accepted(SECOND))  # a newer one waits
    assert oracle.observe_late([sent[2]], _accepted(SECOND))
    assert oracle.accepted_number(Node.SERVED) == 1
    assert not oracle.expects_late


def test_both_readings_can_be_chosen() -> None:
    clocks = Clocks({}, {"binding_lifetime": 1, "min_delay_before_bce_delete": 1})
    rules = AnchorRules(["equal_timestamp_is_lower"])
    oracle = Oracle(rules, clocks, POOL, {})
    _exchange(oracle, Request(), 10, _accepted(FIRST), 0)
    (outcome,) = oracle.outcomes([_message(Request(), 10)])
    assert outcome.status == BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
