"""Both ends of a tunnel without the kernel's help, and what hosts give to a router."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "programs" / "tunnel_ends.py"
UDP, ECT_0 = 17, 2


def _run(environment: dict[str, str], *python: str) -> Any:
    run = subprocess.run(
        [*(python or [sys.executable]), str(PROGRAM)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def _assert_tunnelled(facts: Any) -> None:
    whole, cut = [1, True, True, ECT_0], [2, True, True, ECT_0]
    assert facts["received"] == [whole, whole, cut]
    assert facts["routed"] == [UDP, "down", True, ""]


@pytest.mark.wire
def test_what_goes_into_a_tunnel_comes_out_whole(environment: dict[str, str]) -> None:
    _assert_tunnelled(_run(environment))


@pytest.mark.wire
def test_the_same_without_privileges(
    environment: dict[str, str], unprivileged_python: list[str]
) -> None:
    _assert_tunnelled(_run(environment, *unprivileged_python))
