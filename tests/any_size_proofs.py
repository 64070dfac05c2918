"""The command that proves all settings of the proofs for any size, run once."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PMIP6 = [sys.executable, "-c", "from pmip6.reports.cli import main; main()"]


@dataclass(frozen=True)
class Proofs:
    """What one command gave for all settings.

    Args:
        folder: Where the certificates are.
        told: What it printed.
        runs: Its JSON, by the name of the setting.
        seconds: Its time on the processor.
    """

    folder: Path
    told: str
    runs: dict[str, Any]
    seconds: float


def prove_all_settings(folder: Path) -> Proofs:
    """Prove them with certificates, in a process that hashes in its own way."""
    file = folder / "proofs.json"
    asked = ["check", "--engine", "prove", "--any-size"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*PMIP6, *asked, "--certificate", str(folder), "--json", str(file)],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    runs = json.loads(file.read_text("utf-8"))["runs"]
    return Proofs(
        folder,
        done.stdout,
        {run["configuration"]: run for run in runs},
        spent.ru_utime - before.ru_utime + spent.ru_stime - before.ru_stime,
    )
