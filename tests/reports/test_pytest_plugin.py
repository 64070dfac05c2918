"""`pytest --iut`: the cases as items, on their own and on the wire."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.mag.purposes import gateway_purposes

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "conformance" / "programs" / "pytest_iut.py"
PLUGIN = ["-p", "pmip6.reports.pytest_plugin", "-p", "no:cacheprovider"]


def _environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}


@pytest.fixture
def environment() -> dict[str, str]:
    paths = [str(ROOT / "src"), *(p for p in sys.path if p.endswith("site-packages"))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _collected(
    declaration: str, folder: Path, environment: dict[str, str], *more: str
) -> set[str]:
    file = folder / declaration
    file.write_text((ROOT / "examples" / declaration).read_text("utf-8"), "utf-8")
    words = [f"--iut={file}", "--collect-only", "-q", *more]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=_environment(environment),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    return {line.rpartition("::")[2] for line in lines if "::" in line}


def test_the_items_are_the_cases_of_the_declared_role(
    environment: dict[str, str], tmp_path: Path
) -> None:
    lma, mag = "anchor.toml", "gateway.toml"
    every = {p.name for p in gateway_purposes()}
    fast = {p.name for p in handover_purposes()}
    assert _collected(mag, tmp_path, environment) == every | fast
    assert _collected(mag, tmp_path, environment, "-m", "fmag") == fast
    timed = _collected(mag, tmp_path, environment, "-m", "TI and mag")
    assert timed == {name for name in every if "_TI_" in name}
    one = _collected(lma, tmp_path, environment, "-k", "TP_LMA_REG_BV_01")
    assert one == {"TP_LMA_REG_BV_01"}


def test_a_wrong_declaration_is_one_line(
    environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "iut.toml"
    path.write_text('role = "lma"\n')
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, f"--iut={path}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=_environment(environment),
    )
    assert run.returncode == 2
    assert "iut.toml: name: the key is missing" in run.stdout
    assert "Traceback" not in run.stdout


@pytest.mark.wire
def test_items_are_judged_on_the_wire(
    environment: dict[str, str], tmp_path: Path
) -> None:
    chosen = "REG_BV_01 or HO_BV_01 or FWD_BV_01"
    run = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path), *PLUGIN, "-rs", "-k", chosen],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=_environment(environment),
        timeout=120,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    # This anchor passes on no user packets, though they are declared.
    assert "2 passed" in run.stdout and "1 failed" in run.stdout
    assert "TP_LMA_FWD_BV_01" in run.stdout and "Traceback" not in run.stdout
