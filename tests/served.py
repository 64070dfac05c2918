"""A reference peer started once as a process of its own, and what became of it."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parent / "conformance" / "programs" / "serve_once.py"


def served(
    module: str,
    settings: Path,
    address: str,
    number: signal.Signals,
    environment: dict[str, str],
) -> Any:
    """Its first line, status, output and errors, where it is ended by a signal.

    Args:
        module: The module that serves.
        settings: Its file.
        address: The address that the host has.
        number: The signal.
        environment: Variables of the process.
    """
    run = subprocess.run(
        [
            *(sys.executable, str(PROGRAM), str(settings)),
            *(address, str(int(number)), module),
        ],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
