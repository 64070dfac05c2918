"""Ctrl-C at any time: one line, exit code 130."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MAIN = [sys.executable, "-c", "from pmip6.reports.start import main; main()"]
LOADED = ("pydantic_core", "libz3")  # after them there is more to load
PATIENCE = 60.0  # seconds


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc/PID/maps")
@pytest.mark.parametrize("library", LOADED)
def test_ctrl_c_while_modules_are_loaded_is_one_line(library: str) -> None:
    with subprocess.Popen(
        [*MAIN, "check", "--engine", "prove", "--any-size"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        maps = Path(f"/proc/{process.pid}/maps")
        end = time.monotonic() + PATIENCE
        while library not in maps.read_text() and time.monotonic() < end:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, "", "pmip6: interrupted\n")


def test_the_entry_runs_the_command_line() -> None:
    done = subprocess.run(
        [*MAIN, "check", "nowhere"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("pmip6: nowhere: is not a configuration")


def test_an_ignored_signal_stays_ignored() -> None:
    code = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from pmip6.reports import start
import pmip6.reports.cli
pmip6.reports.cli.main = lambda: print(signal.getsignal(signal.SIGINT).name)
start.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "SIG_IGN\n"
