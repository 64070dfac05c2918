"""The cases for gateways on real links, side by side against the gateway as a process."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pmip6.conformance.gateway_scheduler import shares
from pmip6.vectors.gateway_edges import RENEWAL
from pmip6.vectors.gateway_model import GatewayDomain
from pmip6.vectors.gateway_purposes import GatewayPurpose, gateway_purposes

LANE = Path(__file__).parent / "programs" / "gateway_campaign_lane.py"
TESTS = Path(__file__).parents[1]
AT_A_TIME = 40
"""Cases that one process of a gateway serves side by side."""
LANES = 2
"""Gateways that run at a time, so that none has to wait long for a processor."""
AT_ONCE = 24
"""Cases that every test run has on the wire; all of them are the nightly run's."""


def _start(
    purposes: Sequence[GatewayPurpose], environment: dict[str, str]
) -> "subprocess.Popen[str]":
    paths = [str(TESTS), environment["PYTHONPATH"]]
    return subprocess.Popen(
        [sys.executable, str(LANE), *(purpose.name for purpose in purposes)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": os.pathsep.join(paths)},
    )


def _not_passed(
    purposes: Sequence[GatewayPurpose], environment: dict[str, str]
) -> dict[str, str]:
    """Verdict and reason of each case that is not passed."""
    found: dict[str, str] = {}
    groups = list(shares(purposes, AT_A_TIME))
    for begin in range(0, len(groups), LANES):
        found |= _side_by_side(groups[begin : begin + LANES], environment)
    return found


def _side_by_side(
    groups: Sequence[Sequence[GatewayPurpose]], environment: dict[str, str]
) -> dict[str, str]:
    """The same for groups of cases, each with a gateway and networks of its own."""
    found: dict[str, str] = {}
    started = [_start(group, environment) for group in groups]
    ran = 0
    try:
        for process in started:
            output, errors = process.communicate(timeout=180)
            assert process.returncode == 0, errors
            facts = json.loads(output)
            assert not facts["died"]
            ran += len(facts["verdicts"])
            for name, (verdict, reason) in facts["verdicts"].items():
                if verdict != "PASS":
                    found[name] = f"{verdict}: {reason}"
    finally:
        for process in started:
            with process:
                process.kill()
    assert ran == sum(map(len, groups))
    return found


def _assert_passed(
    purposes: Sequence[GatewayPurpose], environment: dict[str, str]
) -> None:
    """What is not passed beside the others gets the machine for itself, once."""
    suspects = _not_passed(purposes, environment)
    assert len(suspects) <= len(purposes) // 8, suspects
    again = [purpose for purpose in purposes if purpose.name in suspects]
    assert _not_passed(again, environment) == {}


@pytest.mark.wire
def test_the_reference_gateway_passes_some_cases_on_the_wire(
    environment: dict[str, str],
) -> None:
    quick = [
        purpose
        for purpose in gateway_purposes()
        if purpose.domain is GatewayDomain.FIXED and "_TI_" not in purpose.name
    ]
    chosen = quick[:: len(quick) // AT_ONCE][:AT_ONCE]
    assert len(chosen) == AT_ONCE
    _assert_passed(chosen, environment)


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
def test_the_reference_gateway_passes_every_case_on_the_wire(
    environment: dict[str, str],
) -> None:
    on_wire = [purpose for purpose in gateway_purposes() if not purpose.needs_hosts]
    assert (len(on_wire), len(gateway_purposes())) == (269, 271)
    together = [purpose for purpose in on_wire if not purpose.needs_restart]
    _assert_passed(together, environment)
    for purpose in on_wire:
        if purpose.needs_restart:
            _assert_passed([purpose], environment)
