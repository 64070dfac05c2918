"""A violation becomes a case: who is right passes it, who is as in the run does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

import pytest
from scapy.layers.inet6 import MIP6MH_BU
from scapy.utils import rdpcap

from pmip6.conformance.lma.in_memory import declaration_for, run_case_in_memory
from pmip6.conformance.mag.in_memory import run_gateway_case
from pmip6.conformance.verdict import Verdict
from pmip6.properties.faults.mutants import mutant
from pmip6.reports.cli import run
from pmip6.vectors.case_file import OwnCase, read_case
from pmip6.vectors.lma.purposes import Purpose
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import GatewayPurpose

CaseT = TypeVar("CaseT", Purpose, GatewayPurpose)
FAULTS = {
    "deleted-at-once": ("one-node", "deletion-delay.kept"),
    "delay-not-started": ("one-node", "deletion-delay.running"),
    "prefix-given-twice": ("handoff", "unique-binding.prefix"),
    "second-entry": ("handoff", "unique-binding.session"),
    "foreign-deregistration-accepted": ("handoff", "foreign-deregistration"),
    "stale-request-accepted": ("late-requests", "stale-request.binding"),
}
EVERY = ("case.json", "itf.json", "mag.case.json", "mag.pcapng", "mmd", "pcapng")
"""What there is of a run in which an anchor and a gateway do something."""
FAULTS_OF_GATEWAYS = {
    "wrong-prefix-taken": (
        "early-advertisement",
        "preserved-prefix.gateway",
        GatewayDomain.FIXED,
    ),
    "refusal-ignored": ("answers", "advertisement.refused", GatewayDomain.SIGNALLED),
    "refusal-taken-for-acceptance": (
        "answers",
        "advertisement.accepted",
        GatewayDomain.PROFILED,
    ),
    "node-address-taken": (
        "answers",
        "link-local.collision",
        GatewayDomain.SIGNALLED,
    ),
}


def traced(folder: Path, configuration: str, *words: str) -> list[str]:
    """The files of a violation."""
    assert run(["check", configuration, *words, "--traces", str(folder)]) == 1
    return sorted(path.name for path in folder.iterdir())


def anchor_case(path: Path) -> Purpose:
    """The case of a file, which is for anchors."""
    return _of_kind(Purpose, read_case(path))


def _of_kind(kind: type[CaseT], case: OwnCase) -> CaseT:
    assert isinstance(case, kind)
    return case


@pytest.mark.parametrize("fault", FAULTS)
def test_the_case_of_a_fault_tells_it(fault: str, tmp_path: Path) -> None:
    configuration, name = FAULTS[fault]
    traced(tmp_path, configuration, "--property", name, "--mutant", fault)
    purpose = anchor_case(tmp_path / f"{configuration}.explore.{name}.case.json")
    declaration = declaration_for(purpose)
    assert run_case_in_memory(purpose, declaration).verdict is Verdict.PASS
    faulty = run_case_in_memory(purpose, declaration, rules=mutant(fault).rules)
    assert faulty.verdict is Verdict.FAIL
    assert set(purpose.requirements) & {
        i for f in faulty.findings for i in f.requirements
    }


@pytest.mark.parametrize("fault", FAULTS_OF_GATEWAYS)
def test_the_case_of_a_fault_of_a_gateway_tells_it(fault: str, tmp_path: Path) -> None:
    configuration, name, domain = FAULTS_OF_GATEWAYS[fault]
    traced(tmp_path, configuration, "--property", name, "--mutant", fault)
    stem = f"{configuration}.explore.{name}.mag"
    purpose = _of_kind(GatewayPurpose, read_case(tmp_path / f"{stem}.case.json"))
    assert purpose.domain is domain
    assert run_gateway_case(purpose).verdict is Verdict.PASS
    faulty = run_gateway_case(purpose, rules=mutant(fault).rules)
    assert faulty.verdict is Verdict.FAIL
    assert set(purpose.requirements) & {
        i for f in faulty.findings for i in f.requirements
    }
    if fault == "refusal-ignored":  # scapy reads what it must not send
        packets = rdpcap(str(tmp_path / f"{stem}.pcapng"))
        assert MIP6MH_BU in packets[0]


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
    assert names == [f"{stem}.{s}" for s in EVERY]
    purpose = anchor_case(tmp_path / f"{stem}.case.json")
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
    suffixes = ("itf.json", "mag.case.json", "mag.pcapng", "mmd")
    assert names == [f"{stem}.{suffix}" for suffix in suffixes]
    told = capsys.readouterr().out
    assert "not written: step" in told
    assert "is neither about a request nor a timer" in told


def test_what_no_case_for_gateways_does_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault, name = "another-list-restored", "gateway-restart.prefix"
    words = ("--property", name, "--mutant", fault)
    names = traced(tmp_path, "gateway-restart-lost", *words)
    stem = f"gateway-restart-lost.explore.{name}"
    assert names == [f"{stem}.itf.json", f"{stem}.mmd"]
    told = capsys.readouterr().out
    assert "restart_without_update_list is no part of a case" in told


@pytest.mark.parametrize(
    ("role", "other", "suffix"),
    [("lma", "gateways", ".mag.case.json"), ("mag", "anchors", ".case.json")],
)
def test_the_case_goes_into_a_campaign(
    role: str,
    other: str,
    suffix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "unique-binding.session"
    traced(tmp_path, "handoff", "--property", name, "--mutant", "second-entry")
    stem = str(tmp_path / f"handoff.explore.{name}")
    suffixes = {".case.json", ".mag.case.json"}
    (own,) = suffixes - {suffix}
    declaration = tmp_path / "iut.toml"
    capsys.readouterr()
    assert run(["declare", role]) == 0
    declaration.write_text(capsys.readouterr().out)
    asked = ["certify", str(declaration), "--list", "--case-file"]
    assert run([*asked, f"{stem}{own}"]) == 0
    name = json.loads(Path(f"{stem}{own}").read_text())["name"]
    assert name in capsys.readouterr().out
    assert run([*asked, f"{stem}{suffix}"]) == 2
    assert f"is a case for {other}" in capsys.readouterr().err
