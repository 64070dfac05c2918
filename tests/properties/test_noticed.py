"""Which configuration notices a fault of the rules, and that its counts are pinned."""

import pytest
from pinned_counts import CORNERS, GATEWAY_CORNERS, PAIRS, RESTARTS, SMALL

from pmip6.model.domain import shipped_rules
from pmip6.model.shipped.named import NAMED
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.faults.noticed import SMALL as LOOKED_AT
from pmip6.properties.faults.noticed import Notice, RuleChange, first_notices

pytestmark = pytest.mark.compiler
PINNED = SMALL | PAIRS | RESTARTS | CORNERS


def _change(name: str) -> RuleChange:
    found = mutant(name)
    right = next(rule for rule in shipped_rules() if rule.name == found.rule)
    wrong = next((rule for rule in found.rules if rule.name == found.rule), None)
    return RuleChange(name, right, wrong)


def test_every_configuration_that_is_looked_at_has_pinned_counts() -> None:
    assert set(LOOKED_AT) <= set(PINNED)
    steps = [PINNED[name][1] for name in LOOKED_AT]
    assert max(steps) < 25_000_000


def test_a_fault_is_noticed_by_a_property_or_else_by_a_count() -> None:
    names = {
        "lma.hand_off.guard-4": "stale-request.binding",  # an old request is accepted
        "lma.expire.update-1": "",  # a free entry keeps the name of the node
        "lma.hold_request.removed": None,  # nothing waits there
        "lma.expire.guard-1": None,  # the lifetime runs while it is registered
    }
    chosen = ("addresses+losses", "late-requests")
    found = first_notices([_change(name) for name in names], chosen)
    told = {name: found[name].failed if name in found else None for name in names}
    assert told == names
    notice = found["lma.expire.update-1"]
    assert notice.counts[1] == PINNED[notice.configuration]
    assert str(PINNED[notice.configuration][0]) in notice.text


def test_a_message_that_waits_for_a_slow_clock_is_looked_at() -> None:
    name = "mag.register_again.guard-6"  # the clock has not gone on
    notice = first_notices([_change(name)], ("slow-answers",))[name]
    assert notice.counts[1] == GATEWAY_CORNERS["slow-answers"]


def test_a_property_that_has_to_fail_notices_a_fault_by_holding() -> None:
    name = "lma.restart_without_bindings.update-1"  # timestamps are not forgotten
    notice = first_notices([_change(name)], ("restart-lost",))[name]
    assert notice.passed in NAMED["restart-lost"].broken
    assert notice.is_of_a_property and not notice.failed
    assert "where it fails by right" in notice.text


def test_a_notice_tells_the_first_count_that_differs() -> None:
    told = [
        Notice("c", counts=(wrong, (1, 2, 3))).text for wrong in ((1, 4, 3), (1, 2, 5))
    ]
    assert told == [
        "c: 4 transitions instead of 2",
        "c: 5 steps to the last state instead of 3",
    ]


def test_a_condition_is_felt_where_the_facts_leave_it() -> None:
    switch = _change("lma.hold_request.guard-13")
    assert switch.is_in_the_guard
    assert not _change("lma.expire.update-1").is_in_the_guard
    assert not _change("lma.expire.removed").is_in_the_guard
    assert not switch.is_felt_in(NAMED["waiting"])  # it does wait
    assert switch.is_felt_in(NAMED["interfaces+addresses"])  # it does not
