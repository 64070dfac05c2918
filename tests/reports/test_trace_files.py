"""Traces as files: every state of an ITF file is the state of the run, read back."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import TICK, Interpreter
from pmip6.model.shipped.named import NAMED
from pmip6.properties.faults.mutants import mutant
from pmip6.reports.cli import run as run_command

FAULTY = "check handoff --property unique-binding.prefix --mutant prefix-given-twice"
STEM = "handoff.explore.unique-binding.prefix"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "traces"
    assert run_command([*FAULTY.split(), "--traces", str(folder)]) == 1
    return folder


def test_there_are_six_files_for_each_violation(written: Path) -> None:
    names = sorted(path.name for path in written.iterdir())
    kinds = ("case.json", "itf.json", "mag.case.json", "mag.pcapng", "mmd", "pcapng")
    assert names == [f"{STEM}.{kind}" for kind in kinds]
    assert (written / f"{STEM}.mmd").read_text().startswith("sequenceDiagram\n")


def test_each_state_of_the_file_is_one_of_the_model(written: Path) -> None:
    """The interpreter goes from each state to the next by the rule that is named."""
    trace: dict[str, Any] = json.loads((written / f"{STEM}.itf.json").read_text())
    model = Model(NAMED["handoff"], mutant("prefix-given-twice").rules)
    interpreter = Interpreter(model)
    state = interpreter.initial()
    assert [each["#meta"]["index"] for each in trace["states"]] == list(range(7))
    for each in trace["states"][1:]:
        rule = each["action"].split()[0]
        following = [
            step.target
            for step in interpreter.transitions(state)
            if step.name in (rule, TICK)
            and _cells(each, "bce_state")
            == _held(model, step.target.cells, "bce_state")
            and _cells(each, "bce_prefix")
            == _held(model, step.target.cells, "bce_prefix")
            and len(each["pbu"]) + len(each["pba"]) == sum(map(len, step.target.queues))
        ]
        assert following
        state = following[0]
    given = [args for args, held in _cells(trace["states"][-1], "bce_prefix") if held]
    (one, first), (other, second) = given
    assert one != other and first == second


def _cells(state: dict[str, Any], name: str) -> list[tuple[list[str], object]]:
    return [(key["#tup"], value) for key, value in state[name]["#map"]]


def _held(
    model: Model, cells: Sequence[object], name: str
) -> list[tuple[list[str], object]]:
    return [
        (list(map(str, args)), cells[at])
        for (of, args), at in model.cells.items()
        if of == name
    ]


def test_every_variable_is_in_every_state(written: Path) -> None:
    trace: dict[str, Any] = json.loads((written / f"{STEM}.itf.json").read_text())
    assert {"action", "bce_state", "attached", "pbu", "pba"} <= set(trace["vars"])
    for state in trace["states"]:
        assert [*state][1:] == trace["vars"]


def test_a_run_without_end_names_its_loop(tmp_path: Path) -> None:
    arguments = (
        "check responses --property response.answer --mutant answer-withheld --traces"
    )
    code = run_command([*arguments.split(), str(tmp_path)])
    loops = [json.loads(p.read_text()).get("loop") for p in tmp_path.glob("*.json")]
    assert code == 1 and any(loop is not None for loop in loops)


def test_several_runs_have_files_each(tmp_path: Path) -> None:
    arguments = [*FAULTY.split(), "--traces", "3", "--traces", str(tmp_path)]
    assert run_command([*arguments, "--json", str(tmp_path / "runs")]) == 1
    stems = (STEM, f"{STEM}.2", f"{STEM}.3")
    ends = [
        json.loads((tmp_path / f"{stem}.itf.json").read_text())["states"][-1]
        for stem in stems
    ]
    assert all(end not in ends[:number] for number, end in enumerate(ends))
    assert all((tmp_path / f"{stem}.case.json").exists() for stem in stems)
    (run,) = json.loads((tmp_path / "runs").read_text())["runs"]
    (result,) = run["properties"]
    assert result["trace"] and len(result["other traces"]) == 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["0"], "--traces: asks for no run (give 1 or more)"),
        (["2", "3"], "--traces: is given twice (give a number, a folder or both)"),
    ],
)
def test_how_many_runs_is_one_number(
    given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [word for each in given for word in ("--traces", each)]
    assert run_command(["check", "one-node", *options]) == 2
    assert capsys.readouterr().err == f"pmip6: {told}\n"


def test_a_file_in_place_of_the_folder_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert run_command(["check", "one-node", "--traces", str(taken)]) == 2
    assert capsys.readouterr().err == f"pmip6: {taken}: is a file (name a folder)\n"
    assert taken.read_text() == "mine"
