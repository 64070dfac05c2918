"""The demonstration over a virtual network: its table, and that nothing outlives it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pmip6.model.state import waits_for_deregistration
from pmip6.vectors.lma.purposes import purposes

MODULE = "pmip6.reports.start"
SHORT = ["--case", "TP_LMA_HO_BV_01", "--case", "TP_LMA_RCV_BI_05"]


def _demo(
    environment: dict[str, str], *arguments: str, python: list[str] | None = None
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*(python or [sys.executable]), "-m", MODULE, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


def _children(process: int) -> list[int]:
    """Processes that a process started, by the threads that started them."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(OSError):  # the thread has ended meanwhile
            found += map(int, (task / "children").read_text().split())
    return found


def _is_gone(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def _network(process: int) -> int:
    try:
        return os.stat(f"/proc/{process}/ns/net").st_ino
    except OSError:
        return 0


def _becomes_true(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.wire
def test_the_reference_passes_every_case_over_the_wire(
    environment: dict[str, str], tmp_path: Path
) -> None:
    process = _demo(environment, "--role", "lma", "--out", str(tmp_path))
    output, errors = process.communicate(timeout=180)
    assert process.returncode == 0, output + errors
    passed = [line for line in output.splitlines() if " PASS " in line]
    assert len(passed) >= 20
    told = f"reference anchor: {len(passed)} cases: {len(passed)} PASS"
    assert told in output.splitlines()
    assert errors == ""
    captures = list((tmp_path / "lma").glob("*.pcapng"))
    assert len(captures) == len(passed) + 1  # that of the probes


WAITING = (
    "TP_LMA_CHK_BO_68",
    "TP_LMA_CHK_BO_73",
    "TP_LMA_CHK_TI_01",
    "TP_LMA_CHK_TI_02",
    "TP_LMA_DER_BV_36",
)
"""A request waits, a newer one does in its place; the wait ends: by its delay, with a
session, or with nothing left to answer; by a de-registration."""
ABOUT_WAITING = 72
UNSUITED = 3
"""Cases that cannot be brought about where an anchor waits."""


@pytest.mark.wire
def test_the_reference_that_waits_passes_cases_about_waiting(
    environment: dict[str, str],
) -> None:
    cases = [word for name in WAITING for word in ("--case", name)]
    process = _demo(environment, "--waiting", "--role", "lma", *cases)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, output + errors
    told = f"reference anchor: {len(WAITING)} cases: {len(WAITING)} PASS"
    assert told in output.splitlines()


@pytest.mark.wire
@pytest.mark.nightly
def test_the_reference_that_waits_passes_every_case(
    environment: dict[str, str], tmp_path: Path
) -> None:
    process = _demo(environment, "--waiting", "--role", "lma", "--out", str(tmp_path))
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    result = json.loads((tmp_path / "lma" / "result.json").read_text("utf-8"))
    verdicts = {case["id"]: case["verdict"] for case in result["cases"]}
    about = [p for p in purposes() if waits_for_deregistration.name in p.needs]
    assert len(about) == ABOUT_WAITING
    assert {verdicts[p.name] for p in about} == {"PASS"}
    assert Counter(verdicts.values()) == {
        "PASS": len(verdicts) - UNSUITED,
        "SKIP": UNSUITED,
    }


@pytest.mark.wire
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)],
    ids=["Ctrl-C", "kill -9"],
)
def test_nothing_outlives_the_demonstration(
    number: signal.Signals, status: int, environment: dict[str, str], tmp_path: Path
) -> None:
    tmp_path /= "lma"
    with _demo(environment, "--out", str(tmp_path.parent)) as process:
        try:
            begun = tmp_path / "result.json"  # the campaign has, with the network
            assert _becomes_true(begun.exists, 20)
            time.sleep(1.5)
            children = _children(process.pid)
            networks = {_network(p) for p in (process.pid, *children)}
            networks -= {_network(os.getpid())}
            assert len(networks) == 2
            process.send_signal(number)
            process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == status
    assert _becomes_true(lambda: all(map(_is_gone, children)), 5)
    left = [p for p in Path("/proc").iterdir() if p.name.isdigit()]
    assert not [p.name for p in left if _network(int(p.name)) in networks]
    content = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert content["complete"] is False
    kept = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    told = {f"{case['id']}.pcapng" for case in content["cases"]}
    assert told <= kept and "junit.xml" not in kept


@pytest.mark.wire
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_the_gateways_of_the_demonstration(
    number: signal.Signals, environment: dict[str, str], tmp_path: Path
) -> None:
    begun = [tmp_path / "mag" / name / "result.json" for name in ("fixed", "numbered")]
    with _demo(environment, "--role", "mag", "--out", str(tmp_path)) as process:
        try:
            assert _becomes_true(lambda: all(p.exists() for p in begun), 20)
            time.sleep(1)
            children = _children(process.pid)
            assert len(children) >= len(begun)
            process.send_signal(number)
            process.communicate(timeout=20)
        finally:
            process.kill()
    expected = 130 if number is signal.SIGINT else -number
    assert process.returncode == expected
    assert _becomes_true(lambda: all(map(_is_gone, children)), 5)
    for path in begun:
        assert json.loads(path.read_text("utf-8"))["complete"] is False


@pytest.mark.wire
def test_both_roles_are_demonstrated(
    environment: dict[str, str], tmp_path: Path
) -> None:
    cases = ["--case", "TP_MAG_ACK_BV_01", "--case", "TP_MAG_SEC_BV_01"]
    process = _demo(environment, *SHORT, *cases, "--out", str(tmp_path))
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, output + errors
    assert "reference anchor: 2 cases: 2 PASS\n" in output
    *_, verdicts, times, limit = output.splitlines()
    assert verdicts == "reference gateway: 2 cases: 2 PASS"
    assert times.startswith("took ") and " the tester computed for " in times
    assert limit.startswith("the limit is 1.2 times the longest and all that run alone")
    assert (tmp_path / "mag" / "protected" / "TP_MAG_SEC_BV_01.pcapng").exists()


@pytest.mark.wire
def test_user_namespaces_are_enough(
    environment: dict[str, str], unprivileged_python: list[str]
) -> None:
    both = [*SHORT, "--case", "TP_MAG_ACK_BV_01"]
    process = _demo(environment, *both, python=unprivileged_python)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, output + errors
    assert "2 cases: 2 PASS" in output and "1 case: 1 PASS" in output


@pytest.mark.wire
def test_an_anchor_that_is_not_there_is_one_line(environment: dict[str, str]) -> None:
    program = Path(__file__).parent / "programs" / "certify_nobody.py"
    run = subprocess.run(
        [sys.executable, str(program)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert run.returncode == 3
    assert "does not answer" in run.stdout
    assert run.stderr == ""
