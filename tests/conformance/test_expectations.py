"""Expected failures and repeated runs: what is as pinned, and what is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from pmip6.conformance.expectations import (
    Expectations,
    Pin,
    compared,
    load_expectations,
)
from pmip6.conformance.lma.in_memory import reference_declaration
from pmip6.conformance.repetition import differing, worst_of
from pmip6.conformance.results import CampaignResult, CaseResult, Repeated
from pmip6.conformance.verdict import Finding, Layer, Verdict
from pmip6.model.errors import Pmip6Error
from pmip6.model.requirements.tables import Level
from pmip6.vectors.lma.purposes import purposes_named

NAMES = ["TP_LMA_REG_BV_01", "TP_LMA_REG_BV_02"]
FIRST, SECOND = purposes_named(NAMES)
FILE = """
formats = ["header_reserved"]

[cases.TP_LMA_REG_BV_01]
verdict = "FAIL"
reason = "no answer came"
why = "known"
"""


def _result(
    first: Verdict, reason: str = "no answer came", second: Verdict = Verdict.PASS
) -> CampaignResult:
    cases = (
        CaseResult(FIRST, first, reason="" if first is Verdict.PASS else reason),
        CaseResult(SECOND, second),
    )
    return CampaignResult(reference_declaration(), cases)


def _pins(formats: tuple[str, ...] = ()) -> Expectations:
    pin = Pin(verdict="FAIL", reason="no answer came")
    return Expectations(cases={NAMES[0]: pin}, formats=formats)


def _reserved() -> Repeated:
    found = Finding((), Level.MUST, "bits", 1, Layer.FORMAT, "header_reserved")
    return Repeated(found, 9, (NAMES[0],))


def test_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "expected.toml"
    path.write_text(FILE)
    found = load_expectations(path)
    assert found.cases[NAMES[0]].why == "known"
    assert found.formats == ("header_reserved",)
    path.write_text(FILE.replace("FAIL", "PASS"))
    with pytest.raises(Pmip6Error, match="verdict"):
        load_expectations(path)


def test_a_failure_as_pinned_does_not_count() -> None:
    outcome = compared(_result(Verdict.FAIL), _pins())
    assert (outcome.exit_code(), outcome.surprises) == (0, ())
    assert outcome.expected == (NAMES[0],)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (_result(Verdict.PASS), "expected FAIL (no answer came), got PASS"),
        (_result(Verdict.FAIL, "another"), "got FAIL (another)"),
        (_result(Verdict.INCONC), "got INCONC"),
    ],
)
def test_another_end_than_pinned_fails(result: CampaignResult, said: str) -> None:
    outcome = compared(result, _pins())
    assert outcome.exit_code() >= 1
    (line,) = outcome.surprises
    assert said in line and line.startswith(NAMES[0])


def test_what_is_not_pinned_counts_as_ever() -> None:
    outcome = compared(_result(Verdict.FAIL, second=Verdict.FAIL), _pins())
    assert (outcome.exit_code(), outcome.surprises) == (1, ())


def test_a_case_that_did_not_run_is_no_surprise() -> None:
    only = CampaignResult(reference_declaration(), (CaseResult(SECOND, Verdict.PASS),))
    assert compared(only, _pins()).exit_code() == 0


def test_all_that_ran_failed_as_expected() -> None:
    only = CampaignResult(
        reference_declaration(),
        (CaseResult(FIRST, Verdict.FAIL, reason="no answer came"),),
    )
    assert compared(only, _pins()).exit_code() == 0


def test_a_defect_of_the_format_can_be_pinned() -> None:
    plain = _result(Verdict.FAIL)
    wrong = CampaignResult(plain.declaration, plain.cases, repeated=(_reserved(),))
    assert compared(wrong, _pins()).exit_code() == 1
    assert compared(wrong, _pins(("header_reserved",))).exit_code() == 0
    outcome = compared(plain, _pins(("header_reserved",)))
    assert outcome.exit_code() == 1
    assert outcome.surprises[0].startswith("header_reserved: expected to be violated")


def _unasked_option(got: str = "fe80::1") -> Repeated:
    text = f"link-local-address: expected none, got {got}"
    found = Finding(("5213-5.3.6-20",), Level.MUST, text, 1, Layer.EXCHANGE)
    return Repeated(found, 9, (NAMES[0],))


def test_a_defect_of_nearly_every_answer_can_be_pinned() -> None:
    plain = _result(Verdict.PASS)
    wrong = replace(plain, repeated=(_unasked_option(),))
    pins = Expectations(exchanges=("link-local-address",))
    assert compared(wrong, Expectations()).exit_code() == 1
    assert compared(wrong, pins).exit_code() == 0
    assert compared(wrong, pins).expected == ("link-local-address",)
    both = replace(plain, repeated=(_unasked_option(), _reserved()))
    assert compared(both, pins).rest.repeated == (_reserved(),)
    assert compared(both, pins).exit_code() == 1
    of_formats = compared(wrong, Expectations(formats=("link-local-address",)))
    assert of_formats.exit_code() == 1  # a pin is of one layer
    outcome = compared(plain, pins)
    assert outcome.exit_code() == 1
    (line,) = outcome.surprises
    assert line == (
        "link-local-address: expected to be violated throughout, and is not (exchange)"
    )


def test_what_counts_once_counts_once_in_several_runs() -> None:
    runs = [
        replace(_result(Verdict.PASS), repeated=(_unasked_option(got),))
        for got in ("fe80::1", "fe80::2")
    ]
    assert len(worst_of(runs).repeated) == 1


def test_the_worst_of_several_runs_counts_and_tells_how_often() -> None:
    runs = [_result(Verdict.PASS), _result(Verdict.FAIL), _result(Verdict.PASS)]
    worst = worst_of(runs)
    assert differing(runs) == (NAMES[0],)
    assert worst.cases[0].verdict is Verdict.FAIL
    assert worst.cases[0].reason == (
        "not the same in 3 runs (2 PASS, 1 FAIL): no answer came"
    )
    assert worst.cases[1].reason == ""
    assert differing(runs[:1]) == () and worst_of(runs[:1]) is runs[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[cases.TP_LMA_REG_BV_0]\nverdict='FAIL'\nreason='x'",
            "cases: TP_LMA_REG_BV_0: is no test case (write TP_LMA_REG_BV_",
        ),
        ("formats = ['header_reservd']", "is no format rule (write header_reserved)"),
    ],
)
def test_a_name_that_is_none_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "expected.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(Pmip6Error) as caught:
        load_expectations(path)
    assert said in caught.value.line()
