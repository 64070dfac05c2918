"""The harnesses in examples/: decoders of their own agree with the vectors of octets."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from pmip6.vectors.packs.pack import wire_text
from pmip6.vectors.packs.wire_group import WIRE_FILE, WireFile, WireVector, wire_file

EXAMPLES = Path(__file__).parents[2] / "examples" / "harness"
SOURCE = EXAMPLES / "replay_wire.c"
COMPILERS = ("cc", "gcc", "clang")


@pytest.fixture(scope="module")
def told() -> WireFile:
    return wire_file()


Command = list[str]


@pytest.fixture(scope="module", params=["C", "Python"])
def harness(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Command:
    if request.param == "Python":
        return [sys.executable, str(EXAMPLES / "replay_wire.py")]
    found = next(filter(None, map(shutil.which, COMPILERS)), None)
    if found is None:
        pytest.skip("no C compiler: the harness in C cannot be built")
    made = tmp_path_factory.mktemp("harness") / "replay_wire"
    flags = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-O2")
    subprocess.run([found, *flags, "-o", str(made), str(SOURCE)], check=True)
    return [str(made)]


def replayed(harness: Command, told: WireFile, folder: Path) -> tuple[int, list[str]]:
    """Exit code and lines of the harness on these vectors."""
    path = folder / WIRE_FILE
    path.write_text(wire_text(told), encoding="utf-8")
    run = subprocess.run(
        [*harness, str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    return run.returncode, run.stdout.splitlines()


def test_the_harness_agrees_with_every_vector(
    harness: Command, told: WireFile, tmp_path: Path
) -> None:
    count = len(told.vectors)
    expected = (0, [f"{count} vectors, 0 wrong"])
    assert replayed(harness, told, tmp_path) == expected


def test_one_changed_octet_in_each_valid_vector_is_noticed(
    harness: Command, told: WireFile, tmp_path: Path
) -> None:
    valid = [v for v in told.vectors if v.result == "valid"]
    changed: list[WireVector] = []
    for i, vector in enumerate(valid):
        octets = bytearray.fromhex(vector.hex)
        octets[i % len(octets)] ^= 1 << i % 8
        changed.append(vector.model_copy(update={"hex": octets.hex()}))
    code, lines = replayed(
        harness, told.model_copy(update={"vectors": changed}), tmp_path
    )
    assert code == 1
    assert lines[-1] == f"{len(valid)} vectors, {len(valid)} wrong"


def with_another_value(vector: WireVector, number: int) -> WireVector:
    """The vector with another value in one of its fields, or in an option."""
    changed = vector.model_copy(deep=True)
    told = changed.fields
    assert told is not None
    names = ("status", "code", "sequence", "lifetime", "acknowledge", "proxy")
    places: list[tuple[dict[str, Any], str]] = [(told, n) for n in names if n in told]
    for option in cast("list[dict[str, Any]]", told["options"]):
        places += [(option, "number"), (option, "data")]
    part, name = places[number % len(places)]
    part[name] = part[name] + "00" if name == "data" else int(part[name]) ^ 1
    return changed


def test_one_changed_value_in_each_vector_that_is_processed_is_noticed(
    harness: Command, told: WireFile, tmp_path: Path
) -> None:
    processed = [v for v in told.vectors if v.reception == "process"]
    changed = [with_another_value(v, n) for n, v in enumerate(processed)]
    code, lines = replayed(
        harness, told.model_copy(update={"vectors": changed}), tmp_path
    )
    assert code == 1
    assert lines[-1] == f"{len(changed)} vectors, {len(changed)} wrong"


def test_the_harness_wants_a_file(harness: Command, tmp_path: Path) -> None:
    run = subprocess.run(harness, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "name the file wire.json" in run.stderr
    empty = tmp_path / WIRE_FILE
    empty.write_text(json.dumps({"vectors": []}), encoding="utf-8")
    run = subprocess.run(
        [*harness, str(empty)], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (1, "0 vectors, 0 wrong\n")
