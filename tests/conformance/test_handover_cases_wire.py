"""Cases for fast handover against gateway processes on real links."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pmip6.vectors.fast_handover.purposes import HandoverGroup, handover_purposes
from pmip6.vectors.fast_handover.stimuli import Elapse

LANE = Path(__file__).parent / "programs" / "handover_lane.py"
LANES = 4
OF_EACH_GROUP = 8
"""How many cases of each group every test run has."""
PROMPT = [
    purpose
    for purpose in handover_purposes()
    if not any(isinstance(stimulus, Elapse) for stimulus in purpose.stimuli)
]
"""Cases that wait for no timer."""


def _found(names: list[str], environment: dict[str, str]) -> dict[str, str]:
    """What was found, by case, several lanes side by side."""
    paths = os.pathsep.join((str(LANE.parents[2]), environment["PYTHONPATH"]))
    lanes = [
        subprocess.Popen(
            [sys.executable, str(LANE), *names[start::LANES]],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, "PYTHONPATH": paths},
        )
        for start in range(min(LANES, len(names)))
    ]
    results: dict[str, str] = {}
    try:
        for lane in lanes:
            output, errors = lane.communicate(timeout=300)
            assert lane.returncode == 0, errors
            results |= json.loads(output)
    finally:
        for lane in lanes:
            with lane:
                lane.kill()
    assert set(results) == set(names)
    return {name: why for name, why in results.items() if why}


def _assert_nothing_found(names: list[str], environment: dict[str, str]) -> None:
    """Run all; what has findings gets the machine for itself, once."""
    again = sorted(_found(names, environment))
    assert not again or _found(again[:1], environment) == {}
    assert len(again) < 2 or _found(again[1:], environment) == {}


@pytest.mark.wire
def test_the_gateway_passes_on_the_wire(environment: dict[str, str]) -> None:
    chosen = [
        purpose.name
        for group in HandoverGroup
        for purpose in [p for p in PROMPT if p.group is group][:OF_EACH_GROUP]
    ]
    assert len(chosen) >= 40
    _assert_nothing_found(chosen, environment)


@pytest.mark.wire
@pytest.mark.nightly
def test_the_gateway_passes_all_on_the_wire(environment: dict[str, str]) -> None:
    _assert_nothing_found([p.name for p in handover_purposes()], environment)
