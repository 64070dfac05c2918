"""Which rules the switches and facts of a configuration leave a chance."""

import pytest

from pmip6.model.domain import Configuration, Model, shipped_rules
from pmip6.model.shipped.configurations import HANDOFF, ON, ONE_NODE, STRANGERS
from pmip6.model.shipped.named import NAMED

OTHER_READINGS = {
    "acknowledge_foreign_deregistration": "foreign_deregistration_is_acknowledged",
    "restart_deletion_delay": "repeated_deregistration_restarts_delay",
}


def _enabled(configuration: Configuration) -> set[str]:
    model = Model(configuration)
    return {rule.name for rule in shipped_rules() if model.has_rule(rule.name)}


def test_every_rule_is_enabled_somewhere() -> None:
    somewhere = set[str]().union(*map(_enabled, NAMED.values()))
    assert somewhere == {rule.name for rule in shipped_rules()}


@pytest.mark.parametrize("rule", OTHER_READINGS)
def test_a_switch_enables_its_rule(rule: str) -> None:
    on = ONE_NODE.changed(facts={**ONE_NODE.facts, OTHER_READINGS[rule]: ON})
    assert _enabled(on) - _enabled(ONE_NODE) == {rule}


def test_a_predicate_that_holds_nowhere_disables_its_rules() -> None:
    assert "propose_prefix" in _enabled(ONE_NODE) - _enabled(HANDOFF)
    assert "allocate" not in _enabled(STRANGERS)
    assert "renew" not in _enabled(HANDOFF)  # disabled by name
