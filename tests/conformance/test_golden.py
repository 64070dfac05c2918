"""The golden exchanges of an anchor: in memory under virtual time, and on a real link."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from golden_matching import Disagreement
from golden_runner import (
    GOLDEN,
    Run,
    duration_ms,
    load,
    names,
    settings_of,
)

from pmip6.conformance.anchor import ReferenceAnchor
from pmip6.conformance.virtual import VirtualLink

LANE = Path(__file__).parent / "programs" / "golden_lane.py"
NOT_COVERED: dict[str, str] = tomllib.loads(
    (GOLDEN.parent / "golden_not_covered.toml").read_text()
)
OF_ANCHORS = [name for name in names() if name.startswith("GX-LMA-")]
COVERED = [name for name in OF_ANCHORS if name not in NOT_COVERED]
SWITCHES = {"GX-LMA-113": ("timestamp_ends_with_binding",)}
"""Exchanges that are uncertain and take the reading that is not the model's default."""
LANES = 6
AT_ONCE_MS = 5000
"""Exchanges that take no longer on the wire are run by every test run."""


def _run_in_memory(name: str) -> None:
    exchange = load(name)
    anchor = ReferenceAnchor(settings_of(exchange, *SWITCHES.get(name, ())))
    Run(exchange, VirtualLink(anchor)).run()


def _is_long(name: str) -> bool:
    return duration_ms(load(name)) > AT_ONCE_MS


def test_every_exchange_is_run_or_listed() -> None:
    assert set(NOT_COVERED) <= set(names())
    assert not any(
        name.startswith("GX-FH-") for name in set(names()) - set(NOT_COVERED)
    )
    assert len(COVERED) == 153


def test_only_uncertain_exchanges_take_the_other_reading() -> None:
    assert not any(load(name)["certain"] for name in SWITCHES)


@pytest.mark.parametrize("name", COVERED)
def test_the_anchor_agrees_in_memory(name: str) -> None:
    _run_in_memory(name)


@pytest.mark.parametrize("name", [n for n in NOT_COVERED if n.startswith("GX-LMA-")])
def test_a_listed_exchange_does_disagree(name: str) -> None:
    with pytest.raises((Disagreement, ValueError)):
        _run_in_memory(name)


# ---- on the wire -----------------------------------------------------------------------


def _lanes(chosen: list[str], lanes: int) -> list[list[str]]:
    """Share the exchanges out so that the lanes take about equally long."""
    shared: list[tuple[int, list[str]]] = [(0, []) for _ in range(lanes)]
    for name in sorted(chosen, key=lambda name: -duration_ms(load(name))):
        shared.sort(key=lambda lane: lane[0])
        taken, lane = shared[0]
        shared[0] = (taken + 500 + duration_ms(load(name)), [*lane, name])
    return [lane for _, lane in shared if lane]


def _start(lane: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
    paths = [str(GOLDEN.parent), environment["PYTHONPATH"]]
    arguments = [f"{name}:{','.join(SWITCHES.get(name, ()))}" for name in lane]
    return subprocess.Popen(
        [sys.executable, str(LANE), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": os.pathsep.join(paths)},
    )


def _on_the_wire(
    chosen: list[str], lanes: int, environment: dict[str, str]
) -> dict[str, str]:
    """What disagrees, by exchange."""
    disagreements: dict[str, str] = {}
    started = [_start(lane, environment) for lane in _lanes(chosen, lanes)]
    ran = 0
    try:
        for process in started:
            output, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors
            results: dict[str, str] = json.loads(output)
            ran += len(results)
            disagreements |= {name: why for name, why in results.items() if why}
    finally:
        for process in started:
            with process:
                process.kill()
    assert ran == len(chosen)
    return disagreements


def _assert_agreement(
    chosen: list[str], lanes: int, environment: dict[str, str]
) -> None:
    """Run side by side; what disagrees gets the machine for itself, once."""
    suspects = _on_the_wire(chosen, lanes, environment)
    assert len(suspects) <= len(chosen) // 10, suspects
    if suspects:
        assert _on_the_wire(list(suspects), 1, environment) == {}


@pytest.mark.wire
def test_the_anchor_agrees_on_the_wire(environment: dict[str, str]) -> None:
    chosen = [name for name in COVERED if not _is_long(name)]
    assert len(chosen) == 139
    _assert_agreement(chosen, LANES, environment)


@pytest.mark.wire
@pytest.mark.nightly
def test_the_anchor_agrees_on_the_wire_where_it_takes_long(
    environment: dict[str, str],
) -> None:
    chosen = [name for name in COVERED if _is_long(name)]
    assert len(chosen) == 14
    _assert_agreement(chosen, len(chosen), environment)
