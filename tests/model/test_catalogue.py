"""The catalogue: its tables and entries are whole, and each kind of gap is found."""

import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pmip6.model.errors import Pmip6Error
from pmip6.model.requirements.catalogue import (
    Citation,
    CitationKind,
    GapKind,
    State,
    build_catalogue,
    citations_of,
    gaps,
    is_in_scope,
)
from pmip6.model.requirements.tables import (
    Entry,
    Role,
    Table,
    UntestableReason,
    index_by_id,
    load_entries,
    load_requirements,
    read_entries,
    read_table,
)

RFC_TEXTS = "PMIP6_RFC_TEXTS"
WORDS_IN_A_ROW = 8
HEADER = "id\trfc\tsection\tlevel\tfirst_line\tlast_line\ttopic\n"
IN_SCOPE = {name for name, row in load_requirements().items() if is_in_scope(row)}
EXAMPLE = "5213-5.3.5-1"
CITATION = Citation(CitationKind.RULE, "ignore_foreign_deregistration")
CHECK = Citation(CitationKind.PROPERTY, "foreign-deregistration")


@dataclass(frozen=True)
class FakeCheck:
    """A check as the protocol of the catalogue wants it."""

    name: str
    requirements: tuple[str, ...]


def test_tables_have_the_pinned_numbers_of_rows() -> None:
    counts = Counter((row.table, row.rfc) for row in load_requirements().values())
    assert counts == {
        (Table.NORMATIVE, 5213): 363,
        (Table.NORMATIVE, 5844): 170,
        (Table.NORMATIVE, 6705): 55,
        (Table.NORMATIVE, 5949): 52,
        (Table.NORMATIVE, 5847): 15,
        (Table.NORMATIVE, 6543): 4,
        (Table.NORMATIVE, 4283): 3,
        (Table.RELATED, 6275): 146,
        (Table.RELATED, 4861): 31,
        (Table.RELATED, 5568): 24,
        (Table.RELATED, 4862): 13,
        (Table.DECLARATIVE, 5213): 175,
        (Table.DECLARATIVE, 6275): 133,
        (Table.DECLARATIVE, 5949): 103,
        (Table.DECLARATIVE, 5568): 26,
        (Table.DECLARATIVE, 4283): 20,
        (Table.DECLARATIVE, 6543): 9,
        (Table.OWN, 5213): 7,
        (Table.OWN, 6275): 16,
        (Table.OWN, 4861): 21,
        (Table.OWN, 5949): 1,
        (Table.OWN, 5568): 1,
        (Table.OWN, 5844): 2,
        (Table.OWN, 5845): 3,
    }


def test_ids_begin_with_their_rfc_and_lines_are_in_order() -> None:
    for row in load_requirements().values():
        assert row.id.startswith(f"{row.rfc}-{row.section}-"), row.id
        assert 0 < row.first_line <= row.last_line, row.id


def test_every_id_in_scope_has_an_entry() -> None:
    # all of RFC 5213, of RFC 4283, of RFC 6543 and of RFC 5949
    assert len(IN_SCOPE) == 363 + 3 + 4 + 52
    assert load_entries().keys() >= IN_SCOPE


def test_entries_name_known_ids_and_no_two_say_the_same() -> None:
    entries = load_entries()
    assert entries.keys() <= load_requirements().keys()
    repeated = Counter(entry.paraphrase for entry in entries.values())
    assert [text for text, number in repeated.items() if number > 1] == []


def test_no_paraphrase_is_a_copy() -> None:
    folder = os.environ.get(RFC_TEXTS)
    if folder is None:
        pytest.skip(f"{RFC_TEXTS} names no folder with the RFC texts")
    texts: dict[int, str] = {}
    for name, entry in load_entries().items():
        rfc = load_requirements()[name].rfc
        if rfc not in texts:
            raw = (Path(folder) / f"rfc{rfc}.txt").read_text("ascii")
            texts[rfc] = f" {' '.join(_words(_without_page_breaks(raw)))} "
        words = _words(entry.paraphrase)
        for start in range(len(words) - WORDS_IN_A_ROW + 1):
            run = " ".join(words[start : start + WORDS_IN_A_ROW])
            assert f" {run} " not in texts[rfc], name


def _without_page_breaks(text: str) -> str:
    return re.sub(r"\n+[^\n]*\[Page \d+\]\n\f?\n?RFC[^\n]*\n+", "\n", text)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def test_cited_entry_is_verified_and_lists_its_checks_sorted() -> None:
    cited = citations_of(
        CitationKind.TEST_PURPOSE, [FakeCheck("TP_LMA_DEREG_BI_01", (EXAMPLE,))]
    )
    (row,) = [
        row
        for row in build_catalogue([*cited, (EXAMPLE, CITATION), (EXAMPLE, CITATION)])
        if row.id == EXAMPLE
    ]
    assert (row.state, row.reason, row.gap) == (State.VERIFIED, "", None)
    assert row.role is Role.LMA
    assert [str(check) for check in row.checks] == [
        "rule: ignore_foreign_deregistration",
        "test purpose: TP_LMA_DEREG_BI_01",
    ]


def test_without_citations_only_ids_in_scope_are_gaps() -> None:
    rows = build_catalogue([])
    assert len(rows) == len(load_requirements())
    waiting = {
        name
        for name, entry in load_entries().items()
        if entry.planned or entry.untestable
    }
    assert {gap.id for gap in gaps(rows)} == IN_SCOPE - waiting
    assert {row.state for row in rows if row.id not in IN_SCOPE} <= {
        State.PLANNED,
        State.UNTESTABLE,
        State.INFORMATIVE,
    }


def test_a_row_without_an_entry_shows_its_topic_but_no_section_title() -> None:
    shown = {row.id: row.paraphrase for row in build_catalogue([])}
    assert shown["5213-8.3-x3"] == "Home Network Prefix option alignment 8n+4"
    assert shown["5844-1.1-1"] == ""


def test_a_row_that_explains_binds_nobody() -> None:
    shown = {row.id: row for row in build_catalogue([])}
    assert shown["4283-4.1-x1"].state is State.INFORMATIVE
    assert shown["4283-4.1-x1"].reason == "binds nobody: it explains another rule"
    assert shown["4283-3-x5"].state is State.PLANNED


def test_the_chapter_tells_whose_duty_a_row_without_an_entry_is() -> None:
    roles = {row.id: row.role for row in build_catalogue([])}
    assert roles["5213-8.3-x5"] is roles["6275-6.1.8-x2"] is Role.DOMAIN
    assert roles["6275-9.5.2-1"] is Role.LMA
    assert roles["6275-11.8-1"] is Role.MAG
    assert roles["5844-3.1.2.1-1"] is roles["6705-3.2-1"] is Role.LMA
    assert roles["5949-4.1-1"] is roles["5844-5.2-1"] is Role.MAG
    assert roles["5568-6.2.1.1-x1"] is None


def _gap_of(
    name: str, entry: Entry | None, citation: Citation | None, declared: str = EXAMPLE
) -> tuple[State, GapKind | None]:
    """State and gap of one id in a catalogue of one table row and one entry."""
    requirements = {declared: load_requirements()[declared]}
    rows = build_catalogue(
        [] if citation is None else [(name, citation)],
        requirements,
        {} if entry is None else {name: entry},
    )
    (row,) = [row for row in rows if row.id == name]
    assert (row.gap is not None) == (name in {gap.id for gap in gaps(rows)})
    return row.state, row.gap


PLAIN = Entry(Role.LMA, "Ignore a foreign de-registration")
UNTESTABLE = replace(PLAIN, untestable=UntestableReason.INTERNAL_ONLY)
PLANNED = replace(PLAIN, planned="routes and tunnels")


@pytest.mark.parametrize(
    ("name", "entry", "citation", "state", "gap"),
    [
        pytest.param(EXAMPLE, PLAIN, CHECK, State.VERIFIED, None, id="verified"),
        pytest.param(EXAMPLE, PLANNED, None, State.PLANNED, None, id="planned"),
        pytest.param(EXAMPLE, UNTESTABLE, None, State.UNTESTABLE, None, id="reason"),
        pytest.param(EXAMPLE, None, None, State.GAP, GapKind.NO_ENTRY, id="no-entry"),
        pytest.param(
            EXAMPLE, None, CHECK, State.VERIFIED, GapKind.NO_ENTRY, id="cited-no-entry"
        ),
        pytest.param(EXAMPLE, PLAIN, None, State.GAP, GapKind.NO_CHECK, id="no-check"),
        pytest.param(
            "5213-5.3.5-99", None, CHECK, State.GAP, GapKind.UNKNOWN_ID, id="unknown"
        ),
        pytest.param(
            "5213-5.3.5-99",
            PLAIN,
            None,
            State.GAP,
            GapKind.ENTRY_FOR_UNKNOWN_ID,
            id="entry-for-unknown",
        ),
        pytest.param(
            EXAMPLE,
            UNTESTABLE,
            CHECK,
            State.UNTESTABLE,
            GapKind.UNTESTABLE_BUT_CITED,
            id="untestable-but-cited",
        ),
        pytest.param(
            EXAMPLE, PLANNED, CHECK, State.VERIFIED, GapKind.STALE_PLAN, id="stale-plan"
        ),
    ],
)
def test_each_seeded_fault_is_the_gap_it_should_be(
    name: str,
    entry: Entry | None,
    citation: Citation | None,
    state: State,
    gap: GapKind | None,
) -> None:
    assert _gap_of(name, entry, citation) == (state, gap)


@pytest.mark.parametrize(
    ("entry", "state", "gap"),
    [
        pytest.param(PLAIN, State.PLANNED, None, id="modelled"),
        pytest.param(PLANNED, State.PLANNED, None, id="planned"),
        pytest.param(
            UNTESTABLE, State.UNTESTABLE, GapKind.UNTESTABLE_BUT_CITED, id="untestable"
        ),
        pytest.param(None, State.GAP, GapKind.NO_ENTRY, id="no-entry"),
    ],
)
def test_a_rule_of_the_model_alone_verifies_nothing(
    entry: Entry | None, state: State, gap: GapKind | None
) -> None:
    assert _gap_of(EXAMPLE, entry, CITATION) == (state, gap)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('["5213-5.3.5-1"]\nrole = "lma"\n', "no paraphrase"),
        ('["5213-5.3.5-1"]\nrole = "bce"\nparaphrase = "x"\n', "unknown value 'bce'"),
        (
            '["5213-5.3.5-1"]\nrole = "lma"\nparaphrase = "x"\nwhy = "y"\n',
            "unknown key",
        ),
        ('["5213-5.3.5-1"]\nrole = "lma"\nparaphrase = ""\n', "not a text"),
        (
            '["5213-5.3.5-1"]\nrole = "lma"\nparaphrase = "x"\nuntestable = "hard"\n',
            "unknown value 'hard'",
        ),
        (
            '["5213-5.3.5-1"]\nrole = "lma"\nparaphrase = "x"\n'
            'untestable = "internal only"\nplanned = "later"\n',
            "both untestable and planned",
        ),
        ('"5213-5.3.5-1" = 3\n', "not a table"),
        ("[", "not TOML"),
    ],
)
def test_bad_entries_are_refused_with_the_reason(text: str, told: str) -> None:
    with pytest.raises(Pmip6Error, match=told) as caught:
        read_entries(text, "rfc5213.toml")
    assert caught.value.place.startswith("rfc5213.toml")
    assert caught.value.fix


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("id\trfc\n", "own.tsv:1"),
        ("", "own.tsv:1"),
        (f"{HEADER}5213-2.2-y1\t5213\t2.2\tOUGHT\t1\t2\tx\n", "own.tsv:2"),
        (f"{HEADER}5213-2.2-y1\t5213\t2.2\tMUST\t1\t2\n", "own.tsv:2"),
    ],
)
def test_bad_tables_are_refused_with_the_line(text: str, place: str) -> None:
    with pytest.raises(Pmip6Error) as caught:
        read_table(text, Table.OWN, "own.tsv")
    assert caught.value.place == place


def test_an_id_in_two_tables_is_refused() -> None:
    row = load_requirements()[EXAMPLE]
    with pytest.raises(Pmip6Error, match=r"is also in normative\.tsv"):
        index_by_id([row, replace(row, table=Table.OWN)])
