"""Cases for fast handover against gateway processes on real links."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pmip6.vectors.fast_handover.purposes import HandoverGroup, handover_purposes
from pmip6.vectors.fast_handover.stimuli import Elapse

PROGRAM = Path(__file__).parent / "programs" / "certify_handover.py"
OF_EACH_GROUP = 8
"""How many cases of each group every test run has."""
PROMPT = [
    purpose
    for purpose in handover_purposes()
    if not any(isinstance(stimulus, Elapse) for stimulus in purpose.stimuli)
]
"""Cases that wait for no timer."""


def _assert_passed(names: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *names],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert not facts["died"]
    assert facts["strays"] == []
    assert set(facts["verdicts"]) == set(names)
    failed = {n: found for n, found in facts["verdicts"].items() if found[0] != "PASS"}
    assert failed == {}


@pytest.mark.wire
def test_the_gateway_passes_on_the_wire(environment: dict[str, str]) -> None:
    chosen = [
        purpose.name
        for group in HandoverGroup
        for purpose in [p for p in PROMPT if p.group is group][:OF_EACH_GROUP]
    ]
    assert len(chosen) >= 40
    _assert_passed(chosen, environment)


@pytest.mark.wire
@pytest.mark.nightly
def test_the_gateway_passes_all_on_the_wire(environment: dict[str, str]) -> None:
    _assert_passed([p.name for p in handover_purposes()], environment)
