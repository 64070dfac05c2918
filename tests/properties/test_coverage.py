"""Every rule is taken in a configuration that ships."""

import pytest

from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Role
from pmip6.model.language.terms import FALSE
from pmip6.model.shipped.configurations import (
    CONFIGURATIONS,
    LATE_REQUESTS,
    OTHER_READINGS,
)
from pmip6.properties.exploration.coverage import coverage
from pmip6.reports.cli import run

pytestmark = pytest.mark.compiler


@pytest.mark.parametrize(
    ("rule", "configuration"),
    [
        ("delay_pbu", LATE_REQUESTS),
        ("acknowledge_foreign_deregistration", OTHER_READINGS),
        ("restart_deletion_delay", OTHER_READINGS),
    ],
)
def test_a_rule_that_one_configuration_alone_takes(
    rule: str, configuration: object
) -> None:
    every = [c for c in CONFIGURATIONS.values() if c is not configuration]
    (found,) = (c for c in coverage(every, limit=5000) if c.rule.name == rule)
    assert not found.is_taken


def test_a_rule_whose_guard_is_never_true_is_not_taken() -> None:
    rules = [
        r.changed(guard=(*r.guard, FALSE)) if r.name == "attach" else r
        for r in shipped_rules()
    ]
    found = coverage([LATE_REQUESTS], rules=rules)
    assert not any(c.is_taken for c in found)  # without a node nobody acts


def test_every_rule_is_taken_and_the_command_prints_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["model", "coverage"]) == 0
    every = len(shipped_rules())
    told = f"{every} of {every} rules are taken (100%), within 100,000 states"
    printed = capsys.readouterr().out
    assert told in printed
    anchors = sum(r.role is Role.LMA for r in shipped_rules())
    assert f"\nlma: {anchors} of {anchors}\n" in printed


def test_what_is_not_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["model", "coverage", "--limit", "1"]) == 1
    assert "none" in capsys.readouterr().out
