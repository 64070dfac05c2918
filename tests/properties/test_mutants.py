"""Mutants are made from the table, one for each thing that can be dropped."""

import pytest

from pmip6.model.domain import shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.properties import protocol
from pmip6.properties.faults.mutants import mechanical, mutant
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS

assert protocol  # the properties are recorded by its import


def test_every_part_of_every_rule_has_a_mutant() -> None:
    names = set(mechanical())
    for rule in shipped_rules():
        place = f"{rule.role.value}.{rule.name}"
        assert f"{place}.removed" in names
        assert {f"{place}.update-{i}" for i in range(len(rule.updates))} <= names
        assert {f"{place}.send-{i}" for i in range(len(rule.sends))} <= names


@pytest.mark.parametrize("name", SEEDED_FAULTS)
def test_a_seeded_fault_changes_one_rule(name: str) -> None:
    found = mutant(name)
    changed = [r for r in found.rules if r not in shipped_rules()]
    removed = len(shipped_rules()) - len(found.rules)
    assert len(changed) + removed == 1


def test_an_unknown_mutant_is_told_with_the_near_ones() -> None:
    with pytest.raises(Pmip6Error, match="second-entry"):
        mutant("second-entri")
