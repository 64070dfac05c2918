"""One command proves all settings for any size, and two solvers prove them again.

The command runs once for all tests of this file, which are together for that.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.obligations import Prover
from pmip6.properties.proof.prove_any_size import (
    SETTINGS,
    properties_of,
    setting_name,
)
from pmip6.properties.proof.recheck import SOLVERS, recheck
from pmip6.properties.property import PROPERTIES
from pmip6.properties.result import Outcome
from pmip6.reports.engines import certificate_name

WITHOUT_FEATURES = Prover({})
WITH_HANDOVERS = Prover(dict.fromkeys(SETTINGS["fast handover"], True))
BY_NAME = {p.name: p for p in PROPERTIES if WITH_HANDOVERS.is_about(p)}
OF_HANDOVERS = {n for n, p in BY_NAME.items() if not WITHOUT_FEATURES.is_about(p)}
PMIP6 = [sys.executable, "-c", "from pmip6.reports.cli import main; main()"]


@dataclass(frozen=True)
class Proofs:
    """What one command gave for all settings.

    Args:
        folder: Where the certificates are.
        told: What it printed.
        runs: Its JSON, by the name of the setting.
    """

    folder: Path
    told: str
    runs: dict[str, Any]


def prove_all_settings(folder: Path) -> Proofs:
    """Prove them with certificates, in a process that hashes in its own way."""
    file = folder / "proofs.json"
    asked = ["check", "--engine", "prove", "--any-size"]
    done = subprocess.run(
        [*PMIP6, *asked, "--certificate", str(folder), "--json", str(file)],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    runs = json.loads(file.read_text("utf-8"))["runs"]
    return Proofs(
        folder,
        done.stdout,
        {run["configuration"]: run for run in runs},
    )


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> Proofs:
    """What the command gives for all settings."""
    return prove_all_settings(tmp_path_factory.mktemp("proofs"))


NO_CASE = "there is no case of "
UNNAMED = {"preserved-prefix.acknowledgement", "preserved-prefix.gateway"}
"""Properties that tell the session of a node by the node and its last timestamp."""


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_property_with_a_case_is_proved(setting: str, proofs: Proofs) -> None:
    run = proofs.runs[setting_name(dict.fromkeys(SETTINGS[setting], True))]
    assert {r["result"] for r in run["properties"]} == {"holds"}
    assert all(r["assumptions"] for r in run["properties"])
    proved = {r["name"] for r in run["properties"]}
    silent = set(BY_NAME) - proved
    assert {n.removeprefix(NO_CASE) for n in run["notes"]} >= silent
    unnamed = UNNAMED if "sequence_numbers" in SETTINGS[setting] else set[str]()
    of_others = OF_HANDOVERS if "fast_handover" not in SETTINGS[setting] else set[str]()
    assert silent == unnamed | of_others
    assert not any("fails" in note or "undecided" in note for note in run["notes"])


def test_one_command_proves_all_and_prints_times_and_assumptions(
    proofs: Proofs,
) -> None:
    assert re.search(rf"^{len(SETTINGS)} runs in [0-9.]+ seconds$", proofs.told, re.M)
    assert (
        "  one interface for each mobile node (all; only in: any size; " in proofs.told
    )
    assert "  timestamps do not wrap (all)\n" in proofs.told
    assert re.search("  the HIs for a node get .*any size, fast handover", proofs.told)
    assert "gateways do not mix sessions" in proofs.told


@pytest.mark.parametrize("setting", SETTINGS)
def test_both_solvers_prove_every_property_again(setting: str, proofs: Proofs) -> None:
    engine = AnySize(dict.fromkeys(SETTINGS[setting], True))
    told, found = recheck(proofs.folder / certificate_name(engine.switches))
    every = properties_of(engine, None)
    proved = [p.name for p in every if engine.prover.is_about(p)]
    assert [one.solver for one in found] == list(SOLVERS) == ["z3", "cvc5"]
    assert sorted(told.switches) == sorted(SETTINGS[setting])
    assert list(told.properties) == proved
    for one in found:
        assert set(one.answers.values()) == {"unsat"}
        assert len(one.answers) > 500
        assert {one.outcome(name, told) for name in proved} == {Outcome.HOLDS}
