"""Ctrl-C while Z3 searches: the search ends, and so does the work."""

import subprocess
import sys

PIGEONS = """
import os, signal, sys, threading, time
import z3
from pmip6.properties.proof.solving import answer_of, interruptible

holes = 12
place = [[z3.Bool(f"{p} in {h}") for h in range(holes)] for p in range(holes + 1)]
solver = z3.SolverFor("QF_FD") if sys.argv[1] == "finite" else z3.Solver()
for row in place:
    solver.add(z3.Or(*row))
for hole in range(holes):
    for p in range(holes + 1):
        for q in range(p):
            solver.add(z3.Or(z3.Not(place[p][hole]), z3.Not(place[q][hole])))
solver.set(timeout=60_000)
started = time.monotonic()
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    with interruptible():
        answer_of(solver)
        print("went on")
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - started < 20)
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


def interrupted(kind: str) -> list[str]:
    """What a process prints whose search is interrupted."""
    done = subprocess.run(
        [sys.executable, "-c", PIGEONS, kind],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_search_over_finite_sorts_ends() -> None:
    assert interrupted("finite") == ["interrupted True", "True"]


def test_a_search_for_any_size_ends() -> None:
    assert interrupted("any size") == ["interrupted True", "True"]


def test_what_was_noted_is_raised_by_the_next_question() -> None:
    code = """
import os, signal, z3
from pmip6.properties.proof.solving import answer_of, interruptible

class Loses:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000): pass

try:
    with interruptible():
        Loses()
        answer_of(z3.Solver())
        print("went on")
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
