"""`pmip6 vectors run`: the scenarios of a pack against a process."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pmip6.conformance.packs.files import scenario_file
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.packs.json_lines import PATIENCE_SECONDS, Harness
from pmip6.vectors.packs.replay import Implementation, Unsupported, play
from pmip6.vectors.packs.scenario_group import PackRole, ScenarioFile, ScenarioVector
from pmip6.vectors.packs.verification import read_file


@dataclass
class RunResult:
    """What became of scenarios: what is wrong by id, ids by why they were not run."""

    passed: int = 0
    failed: dict[str, str] = field(default_factory=dict[str, str])
    unsupported: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


def run_pack(
    folder: Path,
    role: PackRole,
    command: Sequence[str],
    cases: Iterable[str] = (),
    patience: float = PATIENCE_SECONDS,
) -> RunResult:
    """Run the scenarios of a role, all where none is named.

    `patience` is how many seconds an answer may take, beside the time that has to pass.

    Raises:
        Pmip6Error: There is no such scenario; the process does not keep to the protocol.
    """
    told = read_file(folder / scenario_file(role), ScenarioFile)
    chosen = _chosen(told, cases)
    harness = Harness(command, patience)
    try:
        return play_all(told, chosen, harness)
    finally:
        harness.close()


def play_all(
    told: ScenarioFile,
    chosen: Iterable[ScenarioVector],
    implementation: Implementation,
) -> RunResult:
    """Play scenarios one after the other.

    Raises:
        Pmip6Error: The settings of one are not there.
    """
    result = RunResult()
    for vector in chosen:
        settings = told.settings.get(vector.settings)
        if settings is None:
            reason = f"there are no settings {vector.settings}"
            raise Pmip6Error(vector.name, reason, "look into the pack")
        try:
            wrong = play(vector, settings, told.role, told.time_of_day, implementation)
        except Unsupported as reason:
            result.unsupported.setdefault(str(reason), []).append(vector.name)
            continue
        if wrong:
            result.failed[vector.name] = wrong
        else:
            result.passed += 1
    return result


def _chosen(told: ScenarioFile, cases: Iterable[str]) -> list[ScenarioVector]:
    known = {vector.name: vector for vector in told.vectors}
    for name in cases:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            asked = f"did you mean {near[0]}? " if near else ""
            raise Pmip6Error(name, "is no scenario", f"{asked}look into the pack")
    return [known[name] for name in cases] or told.vectors
