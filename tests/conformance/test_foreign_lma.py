"""The suite is fair to a stack that is not ours: tests/foreign_lma, from the RFCs alone."""

import ast
import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pmip6.conformance.lma.declaration import load_declaration
from pmip6.vectors.lma.purposes import purposes

TESTS = Path(__file__).resolve().parents[1]
FOLDER = TESTS / "foreign_lma"
PROGRAM = Path(__file__).parent / "programs" / "certify_foreign.py"
SEALED = FOLDER / "sealed.json"
SEAL = "f9c9c46930ed68469502d7e264d5e0e6b0f32c1de5c2aa9cd5ee73398883734e"
"""SHA-256 of what the defects are and by what they are to be found."""
REPEATS = 10
DEFECTS: dict[str, Any] = json.loads(SEALED.read_text("utf-8"))
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
    assert not result["died"] and result["strays"] == result["repeated"] == []


@pytest.mark.wire
@pytest.mark.nightly
def test_the_whole_campaign_finds_nothing(environment: dict[str, str]) -> None:
    result = run(environment, seconds=600)
    assert wrong(result) == {}
    assert not result["died"] and result["strays"] == result["repeated"] == []
    for purpose in purposes():
        case = result["cases"][purpose.name]
        lacking = [need for need in purpose.needs if not DECLARATION.has(need)]
        told = f"needs {' and '.join(lacking)}, which is not declared"
        contrary = case["reason"].startswith("cannot be brought about with ")
        assert (case["verdict"] == "SKIP") == bool(lacking or contrary), purpose.name
        assert not lacking or case["reason"] == told


@pytest.mark.wire
@pytest.mark.nightly
def test_ten_campaigns_have_the_same_verdicts(environment: dict[str, str]) -> None:
    runs = [run(environment, seconds=600)["cases"] for _ in range(REPEATS)]
    for name, case in runs[0].items():
        verdicts = {each[name]["verdict"] for each in runs}
        assert verdicts == {case["verdict"]}, name


# ---- ten deliberate defects --------------------------------------------------------------


def _ids(name: str) -> set[str]:
    return {DEFECTS[name]["requirement"], *DEFECTS[name]["also"]}


def _certified(
    environment: dict[str, str], defects: list[str], cases: list[str], seconds: float
) -> Any:
    words = [word for name in defects for word in ("--defect", name)]
    words += [word for name in cases for word in ("--case", name)]
    return run(environment, *words, seconds=seconds)


def _assert_found(result: Any, defects: list[str]) -> None:
    """Each defect is found by its case, which names its requirement; nothing else is."""
    assert not result["died"] and result["strays"] == []
    for name in defects:
        case = result["cases"][DEFECTS[name]["case"]]
        failed = [case] if case["verdict"] == "FAIL" else []
        named = {r for c in failed for f in c["findings"] for r in f["requirements"]}
        for each in result["repeated"]:  # which the verdicts of its cases leave out
            if each["verdict"] == "FAIL" and DEFECTS[name]["case"] in each["cases"]:
                named |= set(each["requirements"])
        assert DEFECTS[name]["requirement"] in named, (name, case)
    ids = set[str]().union(*map(_ids, defects))
    assert all(ids & set(each["requirements"]) for each in result["repeated"])
    for name, case in wrong(result).items():
        assert case["findings"], (name, case)
        for finding in case["findings"]:
            assert ids & set(finding["requirements"]), (name, finding)


def test_the_seal_is_whole() -> None:
    assert hashlib.sha256(SEALED.read_bytes()).hexdigest() == SEAL
    assert len(DEFECTS) == 10 and len({d["what"] for d in DEFECTS.values()}) == 10


NAMED = sorted({defect["case"] for defect in DEFECTS.values()})


@pytest.mark.wire
def test_ten_defects_at_once_are_each_found_by_their_case(
    environment: dict[str, str],
) -> None:
    _assert_found(_certified(environment, list(DEFECTS), NAMED, 120), list(DEFECTS))


@pytest.mark.wire
def test_one_defect_fails_none_of_the_cases_of_the_others(
    environment: dict[str, str],
) -> None:
    only = "duplicate-accepted"
    slow = {DEFECTS[n]["case"] for n in ("early-deletion", "deaf-after-cut-option")}
    result = _certified(environment, [only], sorted({*NAMED} - slow), 120)
    _assert_found(result, [only])
    assert set(wrong(result)) == {DEFECTS[only]["case"]}


@pytest.mark.wire
@pytest.mark.nightly
def test_ten_defects_at_once_are_found_by_the_campaign_and_nothing_else(
    environment: dict[str, str],
) -> None:
    _assert_found(_certified(environment, list(DEFECTS), [], 900), list(DEFECTS))


@pytest.mark.wire
@pytest.mark.nightly
def test_each_defect_alone_is_found_by_the_campaign_and_nothing_else(
    environment: dict[str, str],
) -> None:
    """Three campaigns at a time, which mostly wait."""

    def certified(name: str) -> Any:
        return _certified(environment, [name], [], 900)

    with ThreadPoolExecutor(3) as pool:
        results = pool.map(certified, DEFECTS)
        for name, result in zip(DEFECTS, results, strict=True):
            _assert_found(result, [name])
