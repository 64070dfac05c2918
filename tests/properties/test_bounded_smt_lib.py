"""Runs as SMT-LIB: two solvers with no code in common find the shortest violation."""

from __future__ import annotations

import re
from functools import cache

import pytest

from pmip6.model.domain import Model, shipped_rules
from pmip6.model.shipped.named import NAMED
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.proof.bounded_smt_lib import smt_lib
from pmip6.properties.proof.solver_process import SESSIONS
from pmip6.properties.property import PROPERTIES
from pmip6.reports.cli import run

FAULT = "stale-request-accepted"
BROKEN = [p for p in PROPERTIES if p.name == "stale-request.order"]
SHORTEST = 7  # as the search of all states finds
ANSWER = re.compile(r"^\"?length (\d+): (\S+?)\"?\n(\w+)$", re.MULTILINE)


@cache
def text_of(fault: str | None) -> str:
    rules = shipped_rules() if fault is None else mutant(fault).rules
    return smt_lib(Model(NAMED["late-requests"], rules), BROKEN, SHORTEST)


@pytest.mark.parametrize("solver", SESSIONS)
@pytest.mark.parametrize("fault", [None, FAULT])
def test_solvers_find_the_shortest_run(solver: str, fault: str | None) -> None:
    told = ANSWER.findall(SESSIONS[solver]()(text_of(fault)))
    assert [length for length, _, _ in told] == [*map(str, range(1, SHORTEST + 1))]
    last = "unsat" if fault is None else "sat"
    assert [answer for _, _, answer in told] == ["unsat"] * (SHORTEST - 1) + [last]


def test_the_text_is_the_same_each_time() -> None:
    model = Model(NAMED["late-requests"])
    assert smt_lib(model, BROKEN, 2) == smt_lib(model, BROKEN, 2)


def test_the_command_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["model", "export", "late-requests", "--format", "smtlib"]
    assert run([*asked, "--depth", "0"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("; Runs of late-requests of up to 0 steps.\n")
    assert told.count("(check-sat)") > 3


def test_a_depth_is_about_runs(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["model", "export", "one-node", "--format", "tla", "--depth", "3"]
    assert run(asked) == 2
    assert "--depth: is about the runs of SMT-LIB" in capsys.readouterr().err
