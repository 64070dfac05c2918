"""A violation becomes a case: the right anchor passes it, the one of the run does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scapy.layers.inet6 import MIP6MH_BU
from scapy.utils import rdpcap

from pmip6.conformance.lma.in_memory import declaration_for, run_case_in_memory
from pmip6.conformance.verdict import Verdict
from pmip6.properties.faults.mutants import mutant
from pmip6.reports.cli import run
from pmip6.vectors.lma.case_file import read_case

FAULTS = {
    "deleted-at-once": ("one-node", "deletion-delay.kept"),
    "delay-not-started": ("one-node", "deletion-delay.running"),
    "prefix-given-twice": ("handoff", "unique-binding.prefix"),
    "second-entry": ("handoff", "unique-binding.session"),
    "foreign-deregistration-accepted": ("handoff", "foreign-deregistration"),
    "stale-request-accepted": ("late-requests", "stale-request.binding"),
}


def traced(folder: Path, configuration: str, *words: str) -> list[str]:
    """The files of a violation."""
    assert run(["check", configuration, *words, "--traces", str(folder)]) == 1
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("fault", FAULTS)
def test_the_case_of_a_fault_tells_it(fault: str, tmp_path: Path) -> None:
    configuration, name = FAULTS[fault]
    traced(tmp_path, configuration, "--property", name, "--mutant", fault)
    purpose = read_case(tmp_path / f"{configuration}.explore.{name}.case.json")
    declaration = declaration_for(purpose)
    assert run_case_in_memory(purpose, declaration).verdict is Verdict.PASS
    faulty = run_case_in_memory(purpose, declaration, rules=mutant(fault).rules)
    assert faulty.verdict is Verdict.FAIL
    assert set(purpose.requirements) & {
        i for f in faulty.findings for i in f.requirements
    }


def test_the_packets_of_the_anchor_of_the_run(tmp_path: Path) -> None:
    """Scapy reads them: the last request is not answered any more."""
    words = ("--property", "deletion-delay.kept", "--mutant", "deleted-at-once")
    traced(tmp_path, "one-node", *words)
    packets = rdpcap(str(tmp_path / "one-node.explore.deletion-delay.kept.pcapng"))
    asked = [MIP6MH_BU in packet for packet in packets]
    assert asked == [True, False, True, False, True]


def test_what_the_protocol_allows_is_no_fault_of_an_anchor(tmp_path: Path) -> None:
    """A run of the rules as they are: the right anchor passes its case."""
    names = traced(
        tmp_path, "wrapped-numbers", "--property", "preserved-prefix.settled"
    )
    stem = "wrapped-numbers.explore.preserved-prefix.settled"
    assert names == [f"{stem}.{s}" for s in ("case.json", "itf.json", "mmd", "pcapng")]
    purpose = read_case(tmp_path / f"{stem}.case.json")
    result = run_case_in_memory(purpose, declaration_for(purpose))
    assert result.verdict is Verdict.PASS


def test_a_fault_of_a_gateway_is_none_of_the_anchor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--property", "advertisement.accepted", "--mutant", "advertised-too-early")
    names = traced(tmp_path, "early-advertisement", *words)
    assert "early-advertisement.explore.advertisement.accepted.case.json" in names
    assert "PASS with this, too: the fault is not" in capsys.readouterr().out


def test_what_no_case_does_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--property", "restart.prefix", "--mutant", "bindings-not-stored")
    names = traced(tmp_path, "restart-persisted", *words)
    stem = "restart-persisted.explore.restart.prefix"
    assert names == [f"{stem}.itf.json", f"{stem}.mmd"]
    told = capsys.readouterr().out
    assert "not written: step" in told
    assert "is neither about a request nor a timer" in told


def test_the_case_goes_into_a_campaign(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--property", "deletion-delay.kept", "--mutant", "deleted-at-once")
    traced(tmp_path, "one-node", *words)
    file = tmp_path / "one-node.explore.deletion-delay.kept.case.json"
    declaration = tmp_path / "iut.toml"
    capsys.readouterr()
    assert run(["declare", "lma"]) == 0
    declaration.write_text(capsys.readouterr().out)
    asked = ["certify", str(declaration), "--list", "--case-file", str(file)]
    assert run(asked) == 0
    assert json.loads(file.read_text())["name"] in capsys.readouterr().out
