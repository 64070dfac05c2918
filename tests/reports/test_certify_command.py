"""The commands that need a declaration: lists, and one line for bad input."""

from collections import Counter
from pathlib import Path

import pytest

from pmip6.conformance.findings_report import Found, extent
from pmip6.conformance.lma.in_memory import reference_declaration, run_in_memory
from pmip6.conformance.losses import Loss
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.verdict import Finding, Layer, Verdict
from pmip6.model.lma.rules import lma
from pmip6.model.requirements.tables import Level
from pmip6.reports import certify_command
from pmip6.reports.case_titles import case_titles
from pmip6.reports.cli import run
from pmip6.reports.verdicts import (
    WIDEST_TABLE,
    campaign_progress,
    cases_table,
    verdict_table,
)
from pmip6.vectors.lma.purposes import purposes, purposes_named
from pmip6.vectors.mag.purposes import gateway_purposes

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "anchor.toml")


def test_list_names_every_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["certify", EXAMPLE, "--list"]) == 0
    output = capsys.readouterr().out
    assert [p.name for p in purposes() if p.name not in output] == []


GATEWAY = str(Path(__file__).parents[2] / "examples" / "gateway.toml")


def test_the_list_is_that_of_the_declared_role(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["certify", GATEWAY, "--list"]) == 0
    output = capsys.readouterr().out
    assert [p.name for p in gateway_purposes() if p.name not in output] == []
    assert "TP_LMA_" not in output
    assert run(["demo", "--list"]) == 0
    both = capsys.readouterr().out
    assert "TP_LMA_REG_BV_01" in both and "TP_MAG_ACK_BV_01" in both
    for role, part in (("mag", "TP_MAG_"), ("fmag", "TP_FMAG_")):
        assert run(["demo", "--list", "--role", role]) == 0
        names = {line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]}
        assert all(name.startswith(part) for name in names)
        assert names == {n for n in output.split() if n.startswith(part)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            [EXAMPLE, "--case", "TP_MAG_ACK_BV_01"],
            "TP_MAG_ACK_BV_01: is a case for gateways",
        ),
        (
            [GATEWAY, "--case", "TP_MAG_ACK_BV_99"],
            "did you mean TP_MAG_ACK_BV_",
        ),
        ([EXAMPLE, "--case", "TP_LMA_XX_BV_01"], "TP_LMA_XX_BV_01: is no test case"),
        (["missing.toml"], "missing.toml: cannot be read"),
        ([EXAMPLE, "--json", "no/such/folder.json"], "its folder does not exist"),
        ([EXAMPLE, "--out", f"{EXAMPLE}/folder"], "cannot be made"),
        ([EXAMPLE, "--nonsense"], "--nonsense"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["certify", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert said in captured.err


def _in_memory(
    declaration: object,
    names: list[str] | None,
    out: Path | None,
    jobs: int | None,
    command: str,
    pack: Path | None,
    own: tuple[Path, ...],
) -> CampaignResult:
    """The campaign against an anchor that does not answer requests that extend."""
    assert (
        out is None
        and pack is None
        and not own
        and jobs == 3
        and command == f"pmip6 certify {EXAMPLE}"
    )
    mute = [r.changed(sends=()) if r.name == "extend" else r for r in lma.rules]
    return run_in_memory(mute, cases=names)


def test_runs_are_repeated_and_failures_expected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(certify_command, "run", _in_memory)
    words = ["certify", EXAMPLE, "--jobs", "3", "--repeat", "2"]
    words += ["--case", "TP_LMA_EXT_BV_01", "--case", "TP_LMA_REG_BV_01"]
    assert run(words) == 1
    output = capsys.readouterr().out
    assert "reference anchor: 2 cases: 1 PASS, 1 FAIL" in output
    assert output.endswith("\n2 runs: 0 cases not the same each time\n")
    (case,) = run_in_memory(
        [r.changed(sends=()) if r.name == "extend" else r for r in lma.rules],
        cases=["TP_LMA_EXT_BV_01"],
    ).cases
    pins = tmp_path / "expected.toml"
    pinned = f"verdict = 'FAIL'\nreason = {case.reason!r}\n"
    pins.write_text(f"[cases.TP_LMA_EXT_BV_01]\n{pinned}")
    assert run([*words, "--expected", str(pins)]) == 0
    assert capsys.readouterr().out.endswith("\n1 failed as expected\n")
    pins.write_text(f"[cases.TP_LMA_REG_BV_01]\n{pinned}")
    assert run([*words, "--expected", str(pins)]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("  TP_LMA_REG_BV_01: expected FAIL") and "got PASS" in last


def test_the_demonstration_checks_its_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--case", "nonsense"]) == 2
    assert "nonsense: is no test case" in capsys.readouterr().err


def test_a_settings_file_that_is_not_there_is_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["serve", "lma", "missing.toml"]) == 2
    assert "missing.toml: cannot be read" in capsys.readouterr().err


def test_the_table_tells_what_was_found_and_how_to_run_it_again() -> None:
    mute = [r.changed(sends=()) if r.name == "extend" else r for r in lma.rules]
    result = run_in_memory(mute, cases=["TP_LMA_EXT_BV_01"])
    text = verdict_table(result, "pmip6 certify iut.toml")
    assert "TP_LMA_EXT_BV_01  FAIL" in text
    assert "packet 3, behaviour, MUST: expected status 0 (ACCEPTED)" in text
    assert "5213-5.3.3-1" in text
    assert "\n  pmip6 certify iut.toml --case TP_LMA_EXT_BV_01\n" in text
    assert text.splitlines()[-1] == "reference anchor: 1 case: 1 FAIL"


def test_a_dead_implementation_is_told_in_one_line() -> None:
    (purpose,) = purposes_named(["TP_LMA_REG_BV_01"])
    case = CaseResult(purpose, Verdict.INCONC, reason="no answer")
    result = CampaignResult(reference_declaration(), (case,), died=True)
    text = verdict_table(result, "pmip6 demo")
    assert text.splitlines()[-1].startswith("2001:db8:1::1: does not answer")


def test_one_reason_is_told_once_with_all_its_cases() -> None:
    cases = tuple(
        CaseResult(purpose, Verdict.INCONC, reason="no answer")
        for purpose in purposes()[:60]
    )
    result = CampaignResult(reference_declaration(), cases, died=True)
    text = verdict_table(result, "pmip6 demo", 100)
    assert text.count("no answer") == 1
    assert "\n\n60 cases INCONC: no answer\n  TP_LMA_" in text
    below = text.partition("60 cases")[2]
    assert all(case.purpose.name in below for case in cases)
    assert f"\n  pmip6 demo --case {cases[0].purpose.name}\n" in below
    assert max(map(len, text.splitlines())) <= 100
    assert len(text.splitlines()) < 2 * len(cases)


def test_the_same_finding_in_many_cases_is_told_once() -> None:
    mute = [r.changed(sends=()) if r.name == "extend" else r for r in lma.rules]
    names = ["TP_LMA_EXT_BV_01", "TP_LMA_EXT_BV_02", "TP_LMA_EXT_BV_03"]
    result = run_in_memory(mute, cases=names)
    text = verdict_table(result, "pmip6 demo")
    assert text.count("no answer came") < 2 * len(names)


def test_titles_tell_cases_apart_at_their_beginning() -> None:
    """Two that say the same do the same, step for step."""
    every = purposes()
    titles = case_titles(every)
    steps: dict[str, set[tuple[str, ...]]] = {}
    for case in every:
        words = (*map(str, case.preamble), "|", str(case.test), *map(str, case.probes))
        steps.setdefault(titles[case.name], set()).add(words)
    assert [title for title, found in steps.items() if len(found) > 1] == []
    beginnings = Counter(title[:85] for title in titles.values())
    assert max(beginnings.values()) < max(
        Counter(case.title[:85] for case in every).values()
    )


def test_a_table_is_cut_for_a_terminal_and_whole_for_a_file() -> None:
    every = purposes()
    whole, narrow = cases_table(every), cases_table(every, 80)
    titles = case_titles(every)
    assert all(title in whole for title in titles.values())
    assert max(map(len, narrow.splitlines())) <= 80 < max(map(len, whole.splitlines()))


def test_a_finding_of_many_packets_is_one_line() -> None:
    (purpose,) = purposes_named(["TP_LMA_REG_BV_01"])
    found = tuple(
        Finding(("5213-5.3.6-1",), Level.MUST, "a flag", packet, Layer.EXCHANGE)
        for packet in (*range(3, 10), 3)
    )
    case = CaseResult(purpose, Verdict.FAIL, found, "a flag")
    result = CampaignResult(reference_declaration(), (case,))
    text = verdict_table(result, "pmip6 demo")
    told = "packets 3, 4, 5, 6 and 3 more, exchange, MUST: a flag [5213-5.3.6-1]"
    assert f"\n  {told}\n" in text and text.count("a flag") == 2
    assert extent({"5213-5.3.6-1": [Found("TP", found[0])]}, 1).count("requirement;")


def test_the_rule_of_a_table_is_no_longer_than_one_can_read() -> None:
    long = max(purposes(), key=lambda each: len(case_titles([each])[each.name]))
    case = CaseResult(long, Verdict.PASS)
    text = verdict_table(CampaignResult(reference_declaration(), (case,)), "pmip6 demo")
    assert max(map(len, text.splitlines())) <= WIDEST_TABLE


def test_progress_is_for_terminals_and_losses_are_for_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (purpose,) = purposes_named(["TP_LMA_REG_BV_01"])
    with campaign_progress(2) as progress:
        progress.ended(CaseResult(purpose, Verdict.PASS))
        assert capsys.readouterr() == ("", "")
        progress.lost(Loss("does not answer", 3200, ("TP_LMA_REG_BV_01",)))
    told = "lost after 3.2 s: it does not answer; had run: TP_LMA_REG_BV_01"
    assert capsys.readouterr() == ("", f"{told} (1 of 2 cases have ended)\n")


def test_packets_that_belonged_to_no_case_are_told_by_kind() -> None:
    strays = ("PBA with status 0", "BA with status 131", "PBA with status 0")
    result = CampaignResult(reference_declaration(), (), strays=strays)
    text = verdict_table(result, "pmip6 demo")
    assert "3 packets belonged to no case\n  2 of them: PBA with status 0\n" in text
