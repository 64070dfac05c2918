"""Faults that make no difference: which ones Z3 proves so, and that no other ones are."""

import pytest

from pmip6.conformance.packs.kill_layers import makes_no_difference
from pmip6.model.domain import shipped_rules
from pmip6.properties.faults.noticed import RuleChange

RULES = {rule.name: rule for rule in shipped_rules()}


def _without(rule: str, condition: int) -> RuleChange:
    right = RULES[rule]
    left = (*right.guard[:condition], *right.guard[condition + 1 :])
    return RuleChange(f"{rule} without {condition}", right, right.changed(guard=left))


def _removed(rule: str) -> RuleChange:
    return RuleChange(f"no {rule}", RULES[rule], None)


def _inert(rule: str) -> RuleChange:
    right = RULES[rule]
    return RuleChange(f"{rule} in vain", right, right.changed(updates=()))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_without("allocate", 0), id="nobody is a known node"),
        pytest.param(_without("extend", 3), id="a session is of a served node"),
        pytest.param(_removed("drop_without_route"), id="it does nothing"),
        pytest.param(
            _without("drop_without_route", 1), id="it may do nothing more often"
        ),
        pytest.param(_without("advertise", 3), id="what has been done before"),
    ],
)
def test_it_is_proved_to_make_no_difference(change: RuleChange) -> None:
    assert makes_no_difference(change)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_without("allocate", 1), id="a condition that decides"),
        pytest.param(_removed("allocate"), id="a rule that does something"),
        pytest.param(_inert("allocate"), id="other effects"),
        pytest.param(_without("restart_deletion_delay", 18), id="another reading"),
        pytest.param(_without("delete_after_delay", 0), id="a timer that is not due"),
        pytest.param(_without("advertise", 2), id="an act"),
    ],
)
def test_of_others_it_is_not(change: RuleChange) -> None:
    assert not makes_no_difference(change)
