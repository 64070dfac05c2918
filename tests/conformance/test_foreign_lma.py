"""The suite is fair to a stack that is not ours: tests/foreign_lma, from the RFCs alone."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pmip6.conformance.declaration import load_declaration
from pmip6.vectors.purposes import purposes

TESTS = Path(__file__).resolve().parents[1]
FOLDER = TESTS / "foreign_lma"
PROGRAM = Path(__file__).parent / "programs" / "certify_foreign.py"
DECLARATION = load_declaration(FOLDER / "iut.toml")
SAMPLE = [
    *(p.name for p in purposes() if p.group in ("ACK", "FMT")),
    *(f"TP_LMA_RCV_BI_{n:02}" for n in range(1, 12)),
    # It keeps the number of a request with a timestamp, and compares the next with it.
    "TP_LMA_DER_BV_16",
    "TP_LMA_HO_BV_28",
    # The last timestamp outlives a request that has none.
    "TP_LMA_HO_BV_24",
    # An unknown handoff makes a new session, whatever becomes of the other one.
    "TP_LMA_DER_BV_22",
    "TP_LMA_EXT_BV_31",
    "TP_LMA_HO_BV_49",
]
"""Those that it failed at first, and what every answer shows."""


def run(environment: dict[str, str], *arguments: str, seconds: float) -> Any:
    """The result of a campaign against it."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def wrong(result: Any) -> dict[str, Any]:
    """What is neither PASS nor SKIP, with its findings."""
    verdicts = ("PASS", "SKIP")
    return {n: c for n, c in result["cases"].items() if c["verdict"] not in verdicts}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda p: p.name)
def test_it_has_nothing_of_this_project(path: Path) -> None:
    names = {
        name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    roots = {name.partition(".")[0] for name in names}
    assert roots <= {"foreign_lma", *sys.stdlib_module_names}


@pytest.mark.wire
def test_a_sample_of_the_cases_finds_nothing(environment: dict[str, str]) -> None:
    arguments = [word for name in SAMPLE for word in ("--case", name)]
    result = run(environment, *arguments, seconds=120)
    assert {n: c["verdict"] for n, c in result["cases"].items()} == dict.fromkeys(
        SAMPLE, "PASS"
    )
    assert not result["died"] and result["strays"] == []


@pytest.mark.wire
@pytest.mark.nightly
def test_the_whole_campaign_finds_nothing(environment: dict[str, str]) -> None:
    result = run(environment, seconds=600)
    assert wrong(result) == {}
    assert not result["died"] and result["strays"] == []
    for purpose in purposes():
        case = result["cases"][purpose.name]
        lacking = [need for need in purpose.needs if not DECLARATION.has(need)]
        told = f"needs {' and '.join(lacking)}, which is not declared"
        contrary = case["reason"].startswith("cannot be brought about with ")
        assert (case["verdict"] == "SKIP") == bool(lacking or contrary), purpose.name
        assert not lacking or case["reason"] == told
