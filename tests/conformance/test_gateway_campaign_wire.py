"""The cases for gateways on real links, side by side against the gateway as a process."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pmip6.conformance.wire.capture import read
from pmip6.vectors.mag.edges import RENEWAL
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes

PROGRAM = Path(__file__).parent / "programs" / "certify_gateway.py"
AT_ONCE = 24
"""Cases that every test run has on the wire; all of them are the nightly run's."""


def _not_passed(
    purposes: Sequence[GatewayPurpose],
    environment: dict[str, str],
    out: Path | None = None,
) -> dict[str, str]:
    """Verdict and reason of each case that is not passed; all are of one domain."""
    done = subprocess.run(
        [
            sys.executable,
            str(PROGRAM),
            "" if out is None else str(out),
            *(purpose.name for purpose in purposes),
        ],
        capture_output=True,
        text=True,
        env=environment,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert not facts["died"]
    assert facts["strays"] == []
    assert set(facts["verdicts"]) == {purpose.name for purpose in purposes}
    return {
        name: f"{verdict}: {reason}"
        for name, (verdict, reason) in facts["verdicts"].items()
        if verdict != "PASS"
    }


def _assert_passed(
    purposes: Sequence[GatewayPurpose],
    environment: dict[str, str],
    out: Path | None = None,
) -> None:
    """All pass: the campaign itself runs again what a late tester has disturbed."""
    assert _not_passed(purposes, environment, out) == {}


@pytest.mark.wire
def test_the_reference_gateway_passes_some_cases_on_the_wire(
    environment: dict[str, str], tmp_path: Path
) -> None:
    quick = [
        purpose
        for purpose in gateway_purposes()
        if purpose.domain is GatewayDomain.FIXED and "_TI_" not in purpose.name
    ]
    chosen = quick[:: len(quick) // AT_ONCE][:AT_ONCE]
    assert len(chosen) == AT_ONCE
    _assert_passed(chosen, environment, tmp_path)
    captures = {path.stem for path in tmp_path.glob("*.pcapng")}
    assert captures == {"probes", *(purpose.name for purpose in chosen)}
    packets = read(tmp_path / f"{chosen[0].name}.pcapng").packets
    assert {"", "nodes0"} == {packet.interface for packet in packets}
    assert {True, False} == {packet.outbound for packet in packets}
    content = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert content["complete"] is True
    assert len(content["cases"]) == AT_ONCE


@pytest.mark.wire
def test_the_reference_gateway_passes_under_esp_on_the_wire(
    environment: dict[str, str],
) -> None:
    first = [
        purpose
        for purpose in gateway_purposes()
        if purpose.domain is GatewayDomain.PROTECTED
        and RENEWAL not in purpose.preamble  # which is a wait of a quarter of a minute
    ]
    assert len(first) == 6
    _assert_passed(first, environment)


@pytest.mark.wire
@pytest.mark.nightly
@pytest.mark.parametrize("domain", GatewayDomain)
def test_the_reference_gateway_passes_every_case_on_the_wire(
    domain: GatewayDomain, environment: dict[str, str]
) -> None:
    chosen = [
        purpose
        for purpose in gateway_purposes()
        if purpose.domain is domain and not purpose.needs_hosts
    ]
    assert chosen
    _assert_passed(chosen, environment)
