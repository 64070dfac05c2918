"""The re-check of a certificate: each solver answers all queries in a process of its own.

Nothing is searched here: the queries stand in the file.  A property is proved again by a
solver that answers `unsat` to each query of it and of every lemma.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule
from pmip6.properties.proof import solver_process
from pmip6.properties.proof.certificate import Contents, proof_of, verify
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.lemmas import LEMMAS
from pmip6.properties.result import Outcome

SOLVERS = tuple(solver_process.SESSIONS)


@dataclass(frozen=True)
class Recheck:
    """What one solver answered to one certificate.

    Args:
        solver: Name of the solver.
        answers: The answer to each query, by the title of its obligation.
        seconds: Time that the queries of a claim took, by `lemma NAME`, `property NAME`.
        total: Time of the whole process.
    """

    solver: str
    answers: Mapping[str, str]
    seconds: Mapping[str, float]
    total: float

    def open_queries(self, claim: str) -> list[str]:
        """Titles of the queries of a claim, with the answer, that are not `unsat`."""
        return [
            f"{title}: {answer}"
            for title, answer in self.answers.items()
            if title.startswith(f"{claim}: ") and answer != "unsat"
        ]

    def outcome(self, name: str, told: Contents) -> Outcome:
        """Whether the property is proved again; `sat` is no proof that it is violated."""
        needed = [f"lemma {k}" for k in told.lemmas] + [proof_of(name, told.lemmas)]
        if any(self.open_queries(claim) for claim in dict.fromkeys(needed)):
            return Outcome.UNDECIDED
        return Outcome.HOLDS


def is_installed(solver: str) -> bool:
    """Whether the solver can be asked."""
    try:
        return importlib.util.find_spec(solver) is not None
    except ValueError:  # it is known not to be there
        return False


def how_to_install(solver: str) -> str:
    """One line on a solver that is missing."""
    return f"{solver} is missing (fix: pip install {solver}, or the extra `proof`)"


def recheck(
    path: Path,
    rules: Sequence[Rule] | None = None,
    solvers: Sequence[str] = SOLVERS,
    lemmas: Sequence[Lemma] = LEMMAS,
) -> tuple[Contents, list[Recheck]]:
    """Compare a certificate with the model, then ask each solver that is installed.

    Args:
        path: The certificate.
        rules: The rules that it is about; those that ship if not given.
        solvers: Names of the solvers.
        lemmas: What the lemmas that it names may be.

    Raises:
        Pmip6Error: It cannot be read, is not what the model gives, or a solver fails.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no text"
        raise Pmip6Error(str(path), f"cannot be read: {reason}") from error
    told = verify(text, str(path), rules, lemmas)
    asked = [name for name in solvers if is_installed(name)]
    with ThreadPoolExecutor(len(asked) or 1) as threads:
        processes = [threads.submit(_ask, name, path, told) for name in asked]
        return told, [process.result() for process in processes]


def _ask(solver: str, path: Path, told: Contents) -> Recheck:
    module = solver_process.__name__
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", module, solver, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode != 0 or len(lines) != len(told.used):
        last = (done.stderr.strip().splitlines() or ["no reason"])[-1]
        raise Pmip6Error(solver, f"fails on {path}: {last}", exit_code=3)
    answers: dict[str, str] = {}
    seconds: dict[str, float] = {}
    for name, (answer, took) in zip(told.used, _parted(lines), strict=True):
        answers[name] = answer
        claim = name.partition(":")[0]
        seconds[claim] = seconds.get(claim, 0.0) + took
    return Recheck(solver, answers, seconds, time.perf_counter() - started)


def _parted(lines: Sequence[str]) -> Iterator[tuple[str, float]]:
    for line in lines:
        answer, _, took = line.rpartition(" ")
        yield answer, float(took)
