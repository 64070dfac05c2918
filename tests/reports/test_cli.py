"""The real command line: exit codes, one line for each error, no half-written file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pmip6.model.language.table import Role
from pmip6.model.shipped.named import NAMED
from pmip6.properties.faults.mutants import mutants
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS
from pmip6.properties.result import Outcome, PropertyResult, Run
from pmip6.reports.cli import run
from pmip6.reports.diagrams import mermaid
from pmip6.reports.engines import exit_code

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("", "Missing command. (see pmip6 --help)"),
        (
            "chekc",
            "No such command 'chekc'. Did you mean 'check', 'recheck'? (see pmip6"
            " --help)",
        ),
        (
            "check one-nod",
            "one-nod: is not a configuration (did you mean one-node or two-nodes?)",
        ),
        ("check --engine exlore", "exlore: is not an engine (did you mean explore?)"),
        (
            "check --property advertisment",
            "advertisment: is not a property (did you mean advertisement or"
            " advertisement.refused or advertisement.accepted?)",
        ),
        (
            "check --mutant second-entri",
            "second-entri: is no mutant (did you mean second-entry? pmip6 model mutants"
            " lists them)",
        ),
        (
            "check --variant no/such/file.py",
            "no/such/file.py: is not there (name a file that is)",
        ),
        (
            "check --variant examples/variants/sleeping_node.py --mutant second-entry",
            "--variant: goes with neither --mutant nor --certificate, which are about our"
            " rules (leave one of them out)",
        ),
        (
            "check --json no/such/folder.json",
            "no/such/folder.json: its folder does not exist (make the folder first)",
        ),
        (
            "check one-node --any-size",
            "--any-size: is about no configuration: it proves for any number of nodes"
            " (leave out one-node: pmip6 check --any-size)",
        ),
        (
            "check --engine fuzz --any-size",
            "--any-size: only the engine prove has it (write pmip6 check --engine prove"
            " --any-size)",
        ),
        (
            "check --engine prove --any-size --property time-can-go-on",
            "time-can-go-on: is about the clocks and channels of a configuration, not"
            " about any size (leave out --any-size)",
        ),
        (
            "check --engine fuzz --property no-deadlock",
            "no-deadlock: speaks of the messages under way, over which no term"
            " quantifies (write --engine explore --property no-deadlock)",
        ),
        (
            "check --seconds 3",
            "--seconds: is about random runs (add --engine fuzz)",
        ),
        (
            "check --seed 3 --engine prove",
            "--seed: is about random runs (add --engine fuzz)",
        ),
        ("check --json", "Option '--json' requires an argument. (see pmip6 --help)"),
        (
            "check --mutant 5213",
            "5213: is no mutant (pmip6 model mutants lists them)",
        ),
        ("model mutants expir", "expir: is not a rule (did you mean expire?)"),
        ("model show hand", "hand: is not a configuration (did you mean handoff?)"),
        (
            "model diagram channel",
            "channel: is not a role with a state machine (choose one of lma, mag, mn)",
        ),
        (
            "requirements --rfc 1",
            "--rfc 1: is no RFC with requirements here (choose one of 4283, 4861, 4862,"
            " 5213, 5568, 5844, 5845, 5847, 5949, 6275, 6543, 6705)",
        ),
        (
            "requirements --rfc 5213 --role lam",
            "lam: is not a role with requirements here (did you mean lma?)",
        ),
        (
            "serve lmaa",
            "No such command 'lmaa'. Did you mean 'lma'? (see pmip6 --help)",
        ),
        (
            "demo --domain --case TP_LMA_HO_BV_01",
            "--case: a domain has no cases (leave out --domain)",
        ),
        ("requirements --json .", ".: is a folder (name a file in it)"),
    ],
)
def test_bad_input_is_one_line(arguments: str, line: str, capsys: Capture) -> None:
    assert run(arguments.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"pmip6: {line}\n"


def test_the_process_ends_with_the_exit_code_and_no_traceback() -> None:
    command = [sys.executable, "-c", "from pmip6.reports.cli import main; main()"]
    ended = subprocess.run(
        [*command, "check", "nowhere"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1 and "Traceback" not in ended.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    command = [sys.executable, "-c", "from pmip6.reports.cli import main; main()"]
    with subprocess.Popen(
        [*command, "requirements"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "x.json"), 3, "x.json: Permission"),
        (ZeroDivisionError("by zero"), 3, "internal error, please report it: Zero"),
    ],
)
def test_nothing_ends_in_a_traceback(
    error: BaseException,
    code: int,
    line: str,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("pmip6.reports.requirements_command.catalogue", fail)
    assert run(["requirements"]) == code
    err = capsys.readouterr().err
    assert err.startswith(f"pmip6: {line}") and err.count("\n") == 1


def test_a_violation_is_told_with_its_run(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "runs.json"
    arguments = "check handoff --property unique-binding --mutant prefix-given-twice"
    assert run([*arguments.split(), "--json", str(file)]) == 1
    out = capsys.readouterr().out
    assert "unique-binding.prefix is violated in handoff (explore): a run of" in out
    assert "sends pbu: node mn1, gateway mag" in out
    assert "5213-5.3.2-2" in out
    (content,) = json.loads(file.read_text("utf-8"))["runs"]
    assert content["configuration"] == "handoff" and content["engine"] == "explore"
    assert {"states", "transitions", "depth", "seconds", "rules"} <= set(content)
    broken = {p["name"]: p for p in content["properties"]}["unique-binding.prefix"]
    assert broken["result"] == "violated" and broken["method"] == "exhaustive"
    steps = broken["trace"]["steps"]
    assert [step["step"] for step in steps] == list(range(1, 7))
    assert steps[-1]["rule"] == "allocate" and steps[-1]["role"] == "lma"
    assert broken["trace"]["diagram"].startswith("sequenceDiagram\n")
    assert [path.name for path in tmp_path.iterdir()] == ["runs.json"]


def test_json_on_standard_output_is_alone_there() -> None:
    command = [sys.executable, "-c", "from pmip6.reports.cli import main; main()"]
    ended = subprocess.run(
        [*command, "requirements", "--rfc", "4283", "--json", "/dev/stdout"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(json.loads(ended.stdout)["requirements"]) == 23
    assert ended.stderr.startswith("id  ")


def test_a_property_that_holds_ends_with_0(capsys: Capture) -> None:
    assert run(["check", "strangers", "--property", "node-is-silent"]) == 0
    out = capsys.readouterr().out
    assert "holds" in out and "exhaustive" in out


def test_what_is_vacuous_is_undecided(capsys: Capture) -> None:
    assert run(["check", "strangers", "--property", "advertisement"]) == 3
    assert "vacuous" in capsys.readouterr().out


def test_random_runs_prove_nothing(capsys: Capture) -> None:
    arguments = "check strangers --engine fuzz --property node-is-silent"
    assert run(arguments.split()) == 3
    assert "no counterexample in 200 random runs of up to" in capsys.readouterr().out


def found(
    outcome: Outcome,
    method: str = "exhaustive",
    where: str = "one-node",
    vacuous: bool = False,
) -> Run:
    """A run with one result."""
    result = PropertyResult("advertisement.accepted", outcome, method, vacuous=vacuous)
    return Run(where, "explore", None, None, None, 0.0, (result,))


def test_the_strongest_engine_decides() -> None:
    holds, broken = found(Outcome.HOLDS), found(Outcome.VIOLATED)
    limited = found(Outcome.UNDECIDED, "not all states")
    assert exit_code([limited, holds]) == exit_code([holds, limited]) == 0
    assert exit_code([holds, broken]) == exit_code([limited, broken]) == 1
    assert exit_code([limited]) == exit_code([]) == 3
    elsewhere = found(Outcome.UNDECIDED, "not all states", where="handoff")
    assert exit_code([holds, elsewhere]) == 3


def test_what_a_configuration_has_no_case_of_does_not_count() -> None:
    """As `strangers` has none of an advertisement; but nothing else is no pass."""
    holds = found(Outcome.HOLDS)
    silent = found(Outcome.UNDECIDED, where="strangers", vacuous=True)
    assert exit_code([holds, silent]) == exit_code([silent, holds]) == 0
    assert exit_code([silent]) == 3
    unexpected = found(Outcome.UNDECIDED, where="handoff", vacuous=True)
    assert exit_code([holds, unexpected]) == 3
    limited = found(Outcome.UNDECIDED, "not all states", where="strangers")
    assert exit_code([holds, limited]) == 3


def test_a_configuration_for_rejections_passes_by_itself(capsys: Capture) -> None:
    assert run(["check", "strangers", "--engine", "prove"]) == 0
    assert "vacuous: no run of up to 10 steps" in capsys.readouterr().out


def test_model_list_names_all(capsys: Capture) -> None:
    assert run(["model", "list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in NAMED)


def test_model_show_tells_clocks_faults_and_rules(capsys: Capture) -> None:
    assert run(["model", "show", "one-node"]) == 0
    out = capsys.readouterr().out
    assert "binding_lifetime 3" in out and "duplicate, lose, reorder" in out
    assert "reject_lower_timestamp" in out and "5213-5.5-17" in out


def test_a_variant_says_what_it_changes_and_how_it_fails(capsys: Capture) -> None:
    assert run(["check", "--variant", "examples/variants/delete_at_once.py"]) == 1
    text = capsys.readouterr().out
    assert "rules replaced: deregister" in text
    assert "deletion-delay.kept is violated in delete-at-once" in text


def test_model_mutants_lists_the_seeded_and_those_of_a_rule(capsys: Capture) -> None:
    assert run(["model", "mutants"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in SEEDED_FAULTS)
    assert run(["model", "mutants", "delete_after_delay"]) == 0
    names = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    of_rule = {n for n, m in mutants().items() if m.rule == "delete_after_delay"}
    assert set(names) == of_rule
    assert {"entry-never-deleted", "lma.delete_after_delay.removed"} <= of_rule


@pytest.mark.parametrize("role", [Role.LMA, Role.MAG, Role.MN], ids=lambda r: r.value)
def test_model_diagram_is_mermaid(role: Role, capsys: Capture) -> None:
    assert run(["model", "diagram", role.value]) == 0
    out = capsys.readouterr().out
    assert out == mermaid(role)
    assert out.startswith("stateDiagram-v2\n    [*] --> ")
    assert all(line.count(":") <= 1 for line in out.splitlines())


def test_requirements_are_listed_and_written(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "rows.json"
    assert run(["requirements", "--rfc", "5213", "--json", str(file)]) == 0
    assert "rule: allocate" in capsys.readouterr().out
    rows = json.loads(file.read_text("utf-8"))["requirements"]
    by_id = {row["id"]: row for row in rows}
    assert by_id["5213-5.3.5-1"]["state"] == "verified"
    kinds = {check["kind"] for check in by_id["5213-5.3.5-1"]["checks"]}
    assert {"rule", "property", "test purpose"} <= kinds


def test_a_peer_without_its_settings_is_not_served(capsys: Capture) -> None:
    assert run(["serve", "lma", "no-such.toml"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("pmip6: no-such.toml: ") and err.count("\n") == 1


def test_the_shipped_catalogue_has_no_gap(capsys: Capture) -> None:
    assert run(["requirements", "--gaps"]) == 0
    assert capsys.readouterr().out.startswith("No gaps in ")
