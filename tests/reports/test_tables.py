"""Tables of results: what they say, and that they fit the terminal they are for."""

from typing import TextIO

import pytest

from pmip6.model.domain import Model
from pmip6.model.shipped.configurations import STRANGERS
from pmip6.properties.result import Outcome, PropertyResult, Run
from pmip6.reports.cli import run as run_command
from pmip6.reports.tables import runs_json, runs_table
from pmip6.reports.width import limits, wrapped

HOLDS = PropertyResult(
    "advertisement", Outcome.HOLDS, "proved for any size", ("A", "B")
)
OTHER = PropertyResult(
    "unique-binding.prefix", Outcome.HOLDS, "proved for any size", ("A",)
)
SILENT = PropertyResult(
    "stale-request.order", Outcome.UNDECIDED, "exhaustive", vacuous=True, note="vacuous"
)


def run_of(
    configuration: str, *results: PropertyResult, notes: tuple[str, ...] = ()
) -> Run:
    """A run with these results."""
    return Run(configuration, "prove", 1234, 56789, 7, 1.5, results, notes)


def test_what_has_no_case_is_not_told_as_exhaustive() -> None:
    found = [run_of("strangers", HOLDS, SILENT)]
    (line,) = [
        n for n in runs_table(found).splitlines() if "stale-request.order  " in n
    ]
    assert line.split()[-3:] == ["undecided", "no", "case"]
    assert "exhaustive" not in runs_table(found)
    told = runs_json(found, lambda name: Model(STRANGERS))["runs"]
    assert "'method': 'no case'" in str(told)


def test_an_assumption_of_some_settings_names_them() -> None:
    without = PropertyResult(
        "advertisement", Outcome.HOLDS, "proved for any size", ("A",)
    )
    found = [run_of("any size", HOLDS, OTHER), run_of("any size, more", without)]
    lines = runs_table(found).partition("Assumed:\n")[2].splitlines()
    assert lines == ["  A (all)", "  B (advertisement; only in: any size)"]


def test_a_note_of_several_paragraphs_is_one_line() -> None:
    found = [run_of("any size", HOLDS, notes=("lemma one: first.\n\nSecond\nline.",))]
    notes = runs_table(found).partition("Notes:\n")[2]
    assert notes == "  any size, prove: lemma one: first. Second line."


LONG = PropertyResult(
    "preserved-prefix.acknowledgement",
    Outcome.UNDECIDED,
    "counterexample to induction for any size, which is a long method to tell",
    (
        "the requests for a node get timestamps in the order in which they are sent, always",
    ),
    note="fails on a rule whose name is long, and on another one, and on a third one",
)


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    found = [run_of("any size, several_prefixes, sequence_numbers", LONG, HOLDS)]
    text = runs_table(found, width)
    assert max(map(len, text.splitlines())) <= width
    words = set(runs_table(found).split())
    counts = {"1,234", "56,789"}
    assert counts <= words and counts <= set(text.split())
    assert "acknowledgement" in text.replace("\n", "")


def test_a_pipe_gets_whole_lines() -> None:
    text = runs_table([run_of("any size", LONG)])
    assert LONG.method in text and LONG.assumptions[0] in text and LONG.note in text


def test_the_widest_columns_give_way_first() -> None:
    assert limits([10, 50, 20], (1, 2), None) == [None, None, None]
    assert limits([10, 50, 20], (1, 2), 64) == [None, 30, None]
    assert limits([10, 50, 20], (1, 2), 44) == [None, 15, 15]


def test_a_wide_line_is_continued_further_in() -> None:
    assert wrapped("one two three four five six seven", 20) == (
        "  one two three four\n    five six seven"
    )
    assert wrapped("one two", None) == "  one two"


@pytest.mark.parametrize("width", [80, 120])
def test_a_trace_fits(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(stream: TextIO) -> int:
        return width

    monkeypatch.setattr("pmip6.reports.check_command.width_of", told)
    arguments = "check handoff --property unique-binding --mutant prefix-given-twice"
    assert run_command(arguments.split()) == 1
    text = capsys.readouterr().out
    assert "a run of 6 steps" in text
    assert max(map(len, text.splitlines())) <= width
