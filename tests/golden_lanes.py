"""Golden exchanges on the wire, side by side: each lane has networks of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from golden_runner import GOLDEN, duration_ms, load

START_MS = 500
"""What starting a peer takes."""


def _lanes(chosen: Iterable[str], lanes: int) -> list[list[str]]:
    """Share the exchanges out so that the lanes take about equally long."""
    shared: list[tuple[int, list[str]]] = [(0, []) for _ in range(lanes)]
    for name in sorted(chosen, key=lambda name: -duration_ms(load(name))):
        shared.sort(key=lambda lane: lane[0])
        taken, lane = shared[0]
        shared[0] = (taken + START_MS + duration_ms(load(name)), [*lane, name])
    return [lane for _, lane in shared if lane]


def _start(
    program: Path, arguments: Iterable[str], environment: Mapping[str, str]
) -> "subprocess.Popen[str]":
    paths = [str(GOLDEN.parent), environment["PYTHONPATH"]]
    return subprocess.Popen(
        [sys.executable, str(program), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": os.pathsep.join(paths)},
    )


def _on_the_wire(
    program: Path,
    arguments: Mapping[str, str],
    lanes: int,
    environment: Mapping[str, str],
) -> dict[str, str]:
    """What disagrees, by exchange."""
    disagreements: dict[str, str] = {}
    started = [
        _start(program, [arguments[name] for name in lane], environment)
        for lane in _lanes(arguments, lanes)
    ]
    ran = 0
    try:
        for process in started:
            output, errors = process.communicate(timeout=180)
            assert process.returncode == 0, errors
            results: dict[str, str] = json.loads(output)
            ran += len(results)
            disagreements |= {name: why for name, why in results.items() if why}
    finally:
        for process in started:
            with process:
                process.kill()
    assert ran == len(arguments)
    return disagreements


def assert_agreement(
    program: Path,
    arguments: Mapping[str, str],
    lanes: int,
    environment: Mapping[str, str],
) -> None:
    """Run side by side; what disagrees gets the machine for itself, once.

    Args:
        program: Runs the exchanges that its arguments name, and prints as JSON what
            disagrees in each.
        arguments: The argument for each exchange.
        lanes: How many run at a time.
        environment: Of the programs.
    """
    suspects = _on_the_wire(program, arguments, lanes, environment)
    assert len(suspects) <= len(arguments) // 10, suspects
    if suspects:
        again = {name: arguments[name] for name in suspects}
        assert _on_the_wire(program, again, 1, environment) == {}
