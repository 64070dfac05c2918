"""Asking Z3, such that Ctrl-C ends the command at once.

Two things are in the way.  While Z3 searches, nothing of Python runs in this thread, so
that another one has to end the search (the handler that Z3 itself would install may end
nothing, and tells nobody).  And an exception that a handler raises in the Python part of
Z3 may be lost: it has finalisers, and conversions of arguments that reword it.
"""

import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from types import FrameType

import z3

AGAIN = 0.05  # seconds between attempts to end a search that may not have begun

_noted = threading.Event()
z3.set_param("ctrl_c", False)


@contextmanager
def interruptible() -> Generator[None]:
    """Around work with Z3: SIGINT ends the search, and the next question raises it.

    Raises:
        KeyboardInterrupt: SIGINT came.
    """
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if not is_ours:
        yield
        return
    _noted.clear()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(reader, ended), daemon=True)
    watcher.start()
    signal.signal(signal.SIGINT, _note)
    before = signal.set_wakeup_fd(writer)
    try:
        yield
    except Exception as error:
        if _noted.is_set():  # what Z3 raises where it is interrupted
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        ended.set()
        os.close(writer)
        watcher.join()
        os.close(reader)
    _raise_if_noted()


def answer_of(solver: z3.Solver, *assumptions: z3.BoolRef) -> z3.CheckSatResult:
    """What the solver answers under the assumptions.

    Raises:
        KeyboardInterrupt: SIGINT came during the search, or since the last one.
    """
    _raise_if_noted()
    answer = solver.check(*assumptions)
    _raise_if_noted()
    return answer


def _watch(reader: int, ended: threading.Event) -> None:
    """End what Z3 does from the first SIGINT on, until the work has ended."""
    while numbers := os.read(reader, 64):
        if signal.SIGINT in numbers:
            _noted.set()
            while not ended.wait(AGAIN):
                with suppress(
                    z3.Z3Exception
                ):  # it may tell the error of the other thread
                    z3.main_ctx().interrupt()


def _note(number: int, frame: FrameType | None) -> None:
    _noted.set()


def _raise_if_noted() -> None:
    if _noted.is_set():
        raise KeyboardInterrupt
