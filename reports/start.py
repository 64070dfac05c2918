"""The start of the process: Ctrl-C ends it in one line, even while modules are loaded.

`pmip6` is `main`; `python -m pmip6.reports.start` is the demonstration alone, in a process
that has started no thread (see `pmip6.reports.demo_command`).
"""

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130


def main() -> None:
    """Run the command line of the process."""
    _end_at_once_when_interrupted()
    from pmip6.reports.cli import main as run

    _raise_when_interrupted()
    run()


def demonstrate() -> None:
    """Run the demonstration alone."""
    _end_at_once_when_interrupted()
    from pmip6.reports.demo_command import main as run

    _raise_when_interrupted()
    sys.exit(run())


def _end_at_once_when_interrupted() -> None:
    """Loading modules leaves nothing half done, so nothing needs an exception.

    One that is raised there may be caught or reworded by the module that it meets.  Where
    the signal is ignored, as in the background of a shell, it stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def _raise_when_interrupted() -> None:
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"pmip6: interrupted\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    demonstrate()
