"""Whether docs/pack-kill-matrix.md is that of the rules and of the pack that ships."""

import re
from pathlib import Path

import pytest

from pmip6.conformance.kill_report import (
    Layer,
    percent_noticed,
    rows,
    survivors,
)
from pmip6.conformance.packs.kill_layers import (
    NEVER,
    alike,
    certain,
    mutants,
    noticed_again,
)
from pmip6.conformance.packs.kill_matrix import (
    COLUMNS,
    ROLES,
    fate_of,
    reasons_of,
    report,
    totals,
)
from pmip6.conformance.packs.played import scenarios_of
from pmip6.vectors.packs.scenario_group import PackRole

DOCUMENTS = Path(__file__).resolve().parents[2] / "docs"
DOCUMENT = DOCUMENTS / "pack-kill-matrix.md"
AGAIN = "the document is older than the rules or the pack: make kill-matrix"
TOLD = rows(DOCUMENT.read_text("utf-8"))
FATES = [fate_of(name, TOLD) for name in TOLD]
NOTICED = [fate.name for fate in FATES if fate.layer is Layer.CASE]
LEFT = [f.name for f in FATES if f.layer is not Layer.CASE]
TOTALS = [
    "| lma | 800 | 199 | 75 | 0 | 512 | 14 | 97.3 | 97.3 |",
    "| mag | 541 | 115 | 157 | 54 | 210 | 5 | 97.7 | 78.1 |",
    "| previous-mag | 186 | 24 | 7 | 31 | 124 | 0 | 100.0 | 80.0 |",
    "| new-mag | 241 | 29 | 12 | 51 | 144 | 5 | 96.6 | 72.0 |",
    "| both-mags | 164 | 18 | 83 | 5 | 50 | 8 | 86.2 | 79.4 |",
    "| all | 1932 | 385 | 334 | 141 | 1040 | 32 | 97.0 | 85.7 |",
]
PERCENT = {"lma": 97, "mag": 97, "previous-mag": 100, "new-mag": 96, "both-mags": 86}
EVERY = 60
"""Of so many mutants one is tried again by day."""


def test_it_has_all_mutants_and_the_fault_of_each() -> None:
    every = [name for role in ROLES for name in mutants()[role]]
    assert [fate.name for fate in FATES] == every, AGAIN
    text = DOCUMENT.read_text("utf-8")
    (tried,) = re.findall(r"^Mutants tried: .*$", text, re.MULTILINE)
    assert text == report(FATES, tried), AGAIN


def test_so_many_are_noticed_of_each_role() -> None:
    assert totals(FATES).splitlines()[2:] == TOTALS
    for role, percent in PERCENT.items():
        own = [fate for fate in FATES if fate.kind == role]
        assert percent_noticed(own) >= percent, role


def test_every_survivor_has_a_reason_and_every_argument_a_column() -> None:
    assert reasons_of(FATES).keys() == {fate.name for fate in survivors(FATES)}
    arguments = {f.by for f in FATES if f.layer is Layer.EQUIVALENT}
    assert arguments <= frozenset().union(*COLUMNS.values())


def test_its_scenarios_are_in_the_pack() -> None:
    known = {scenario.name for scenario in scenarios_of(*PackRole)}
    assert {fate.by for fate in FATES if fate.layer is Layer.CASE} <= known, AGAIN


def _is_settled_as_told(names: list[str]) -> bool:
    found = certain(names, DOCUMENTS)
    certainly = COLUMNS["equivalent"] - {NEVER} | COLUMNS["same rules"]
    return found == {n: TOLD[n] for n in names if TOLD[n][1] in certainly}


def test_what_no_scenario_can_notice_is_so_again() -> None:
    assert _is_settled_as_told(list(TOLD)[::EVERY]), AGAIN


def test_scenarios_notice_mutants_again() -> None:
    names = NOTICED[::EVERY]
    assert len(names) > 15
    assert set(noticed_again(names, TOLD)) == set(names), AGAIN


@pytest.mark.nightly
def test_all_that_is_noticed_is_noticed_again() -> None:
    assert set(noticed_again(NOTICED, TOLD)) == set(NOTICED), AGAIN


@pytest.mark.nightly
def test_all_others_are_settled_as_it_tells() -> None:
    assert _is_settled_as_told(list(TOLD)), AGAIN
    names = [n for n in LEFT if n not in certain(LEFT, DOCUMENTS)]
    compared = alike(names, DOCUMENTS)
    survives = Layer.SURVIVES, ""
    assert {n: compared.get(n, survives) for n in names} == {
        n: TOLD[n] for n in names
    }, AGAIN
