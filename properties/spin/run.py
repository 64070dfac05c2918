"""The model checker Spin on the exported model: a second opinion on counts and invariants."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pmip6.model.domain import Model
from pmip6.model.errors import Pmip6Error
from pmip6.properties.exploration.compiled import compiler
from pmip6.properties.property import Property
from pmip6.properties.spin.promela import promela

# `spin -o2` keeps variables that are only written; without reduction every state counts.
SPIN_OPTIONS = ("-o2", "-a")
PAN_OPTIONS = ("-O2", "-w", "-DSAFETY", "-DNOREDUCE", "-DVECTORSZ=1024")
# Spin counts the entry into the first state as a transition, the explorer does not.
MORE_TRANSITIONS = 1
ERRORS = re.compile(r"errors: (\d+)")


@dataclass(frozen=True)
class SpinRun:
    """What Spin counts.  The transitions are rounded beyond some millions.

    `seconds` is the search alone, without the making of the verifier, and so is the time that
    the processor spent on it; `errors` is 1 where
    an asserted property fails, and the counts are then those so far.
    """

    states: int
    transitions: int
    seconds: float
    processor_seconds: float
    errors: int = 0


def is_installed() -> bool:
    """Whether Spin can be called."""
    return shutil.which("spin") is not None


def spin(
    model: Model,
    properties: Iterable[Property] = (),
    *,
    depth: int = 20_000_000,
    table: int = 26,
    options: tuple[str, ...] = PAN_OPTIONS,
) -> SpinRun:
    """Search all states of a model with Spin.

    It takes 48 octets for each step of depth and 8 for each place of the table, and some
    140 for each state: 9 GB for `handoff`, whose paths have 434,906 steps at most.

    Args:
        model: The model.
        properties: What is asserted of every state; the search ends with the first that
            fails.
        depth: Room for the steps of the longest path of the depth-first search.
        table: Binary logarithm of the size of the hash table; Spin makes it larger if it
            has to.
        options: Those of the compiler.

    Raises:
        Pmip6Error: Spin or the compiler is missing or fails, or the search is cut off.
    """
    if not is_installed():
        raise Pmip6Error("spin", "is not installed", "install it", exit_code=3)
    with tempfile.TemporaryDirectory(prefix="pmip6-spin-") as directory:
        Path(directory, "model.pml").write_text(promela(model, properties), "utf-8")
        _output(["spin", *SPIN_OPTIONS, "model.pml"], directory)
        _output([*compiler(), *options, "-o", "pan", "pan.c"], directory)
        start, spent = time.monotonic(), _processor_seconds()
        told = _output(["./pan", f"-m{depth}", f"-w{table}"], directory)
        seconds, spent = time.monotonic() - start, _processor_seconds() - spent
    if "max search depth too small" in told:
        reason = f"did not search all states: a path is longer than {depth} steps"
        raise Pmip6Error("spin", reason, "give it more depth", exit_code=3)
    errors = int(ERRORS.findall(told)[0])
    if "Search not completed" in told and not errors:
        raise Pmip6Error("spin", "did not search all states", exit_code=3)
    return SpinRun(
        states=_number(told, r"states, stored"),
        transitions=_number(told, r"transitions \(") - MORE_TRANSITIONS,
        seconds=seconds,
        processor_seconds=spent,
        errors=errors,
    )


def _processor_seconds() -> float:
    """What all processes that were waited for have spent."""
    times = os.times()
    return times.children_user + times.children_system


def _number(told: str, what: str) -> int:
    found = re.search(rf"([\d.e+]+) {what}", told)
    if found is None:
        raise Pmip6Error("spin", f"does not tell its {what}", exit_code=3)
    return int(float(found[1]))


def _output(command: list[str], directory: str) -> str:
    done = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        told = (done.stdout + done.stderr).strip()[-300:]
        raise Pmip6Error(command[0], f"fails: {told}", exit_code=3)
    return done.stdout
