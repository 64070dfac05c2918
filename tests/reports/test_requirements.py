"""Reports on the catalogue: totals, gaps and JSON agree with the rows."""

import json
import re
from dataclasses import replace

from pmip6.model.requirements.catalogue import (
    IN_MEMORY,
    Citation,
    CitationKind,
    State,
    build_catalogue,
)
from pmip6.model.requirements.tables import load_entries, load_requirements
from pmip6.reports.requirements import (
    STATES,
    by_model_alone,
    gaps_table,
    requirements_json,
    requirements_table,
    select_rfc,
    select_roles,
    settled_told,
    totals_table,
)

RULE = Citation(CitationKind.RULE, "register_new_session", "in one-node")
CHECK = Citation(CitationKind.TEST_PURPOSE, "TP_LMA_REG_BV_01")
INFORMATIVE = 93
"""Rows that explain another one, where nothing cites them."""
ROWS = build_catalogue(
    [("5213-5.3.2-7", RULE), ("5213-5.3.2-7", CHECK), ("5213-5.3.2-12", RULE)]
)


def test_table_shows_each_row_and_sums_of_states() -> None:
    rows = select_rfc(ROWS, 4283)
    text = requirements_table(rows)
    assert all(row.id in text for row in rows)
    assert text.count("total") == 5
    assert [line.split() for line in text.splitlines() if line.startswith("4283 ")] == [
        ["4283", "0", "13", "1", "6", "3", "23"]
    ]


def test_the_counts_of_the_states_add_up() -> None:
    """Of each RFC, of each role, and altogether: no row is left out, none counts twice."""
    tables = totals_table(ROWS).partition("untestable MUSTs")[0]
    counted = [
        list(map(int, line.split()[-6:]))
        for line in tables.splitlines()
        if line[-1:].isdecimal()
    ]
    assert len(counted) > 12
    assert all(sum(states) == total for *states, total in counted)
    totals = [
        list(map(int, line.split()[1:]))
        for line in tables.splitlines()
        if line.startswith("total")
    ]
    by_state = [sum(row.state is state for row in ROWS) for state in STATES]
    assert totals == [[*by_state, len(ROWS)]] * 2
    assert sum(row.state is State.INFORMATIVE for row in ROWS) == INFORMATIVE


def test_sentences_with_a_key_word_are_counted_apart_from_other_rules() -> None:
    rows = select_rfc(ROWS, 5213)
    of_sentences, of_others = settled_told(rows).splitlines()
    assert of_sentences.startswith("RFC 5213, sentences with a key word")
    assert re.search(r": (\d+) of 363 verified or untestable$", of_sentences)
    assert re.search(r"(\d+) of 182 .*, 23 informative$", of_others)
    tables = requirements_table(rows)
    assert of_sentences in tables and of_others in tables


def test_table_names_the_checks_of_a_verified_row() -> None:
    line = next(
        line
        for line in requirements_table(select_rfc(ROWS, 5213)).splitlines()
        if line.startswith("5213-5.3.2-7 ")
    )
    assert "verified" in line and "rule: register_new_session (in one-node)" in line


def test_of_many_configurations_the_table_has_a_count_and_the_json_all() -> None:
    names = [f"place-{number}" for number in range(1, 21)]
    for count, told in ((3, "(in place-1, place-2, place-3)"), (20, "(in 20 ")):
        note = f"in {', '.join(names[:count])}"
        rule = Citation(CitationKind.RULE, "allocate", note)
        rows = build_catalogue([("5213-5.3.2-7", rule)])
        (row,) = [row for row in rows if row.id == "5213-5.3.2-7"]
        text = " ".join(requirements_table([replace(row, paraphrase="")]).split())
        assert f"rule: allocate {told}" in text
        assert ("place-3, ...)" in text) == (count == 20)
        assert "place-4" not in text
        assert note in json.dumps(requirements_json([row]))


def test_json_has_the_promised_keys_and_every_row() -> None:
    document = json.loads(json.dumps(requirements_json(ROWS)))
    assert list(document) == ["requirements"]
    listed = document["requirements"]
    assert [item["id"] for item in listed] == list(load_requirements())
    keys = {"id", "level", "role", "state", "reason", "checks"}
    assert all(item.keys() == keys for item in listed)
    (item,) = [item for item in listed if item["id"] == "5213-5.3.2-7"]
    assert item["state"] == "verified"
    assert item["checks"] == [
        {"kind": "rule", "name": "register_new_session", "note": "in one-node"},
        {"kind": "test purpose", "name": "TP_LMA_REG_BV_01", "note": ""},
    ]


def test_gaps_view_lists_gaps_or_says_that_there_are_none() -> None:
    text = gaps_table(ROWS)
    assert "5213-5.3.1-4" in text and "no check" in text
    assert "5213-5.3.2-7 " not in text
    everything = build_catalogue(
        (name, CHECK)
        for name, entry in load_entries().items()
        if entry.planned is None and entry.untestable is None
    )
    assert not any(row.state is State.GAP for row in everything)
    assert gaps_table(everything).startswith("No gaps in ")


def test_only_the_duties_of_chosen_roles_are_counted() -> None:
    rows = select_roles(select_rfc(ROWS, 5213), ["lma", "domain"])
    assert {row.role for row in rows} == {"lma", "domain"}
    musts = gaps_table(rows).rpartition("role")[2].splitlines()
    lma, both = (
        [int(n) for n in line.split()[1:3]]
        for line in musts
        if line.startswith(("lma", "total"))
    )
    assert lma == [8, 154]
    assert both[1] == sum(row.level == "MUST" for row in rows) > lma[1]


def test_what_properties_of_the_model_alone_verify_is_told() -> None:
    """A case, or a rule for what is seen, beside the property makes it another one."""
    held = Citation(CitationKind.PROPERTY, "tunnel-state.tunnel")
    rows = build_catalogue(
        [
            ("5213-5.3.2-9", held),
            ("5213-5.3.4-3", held),
            ("5213-5.3.4-3", CHECK),
            ("5213-5.3.2-7", RULE),
            ("5213-5.3.2-12", replace(CHECK, note=IN_MEMORY)),
        ]
    )
    alone = ["5213-5.3.2-9", "5213-5.3.2-12"]
    assert [row.id for row in by_model_alone(rows)] == alone
    text = requirements_table(rows)
    assert "2 of the verified ones are so of the model alone" in text
    assert text.endswith("\n  5213-5.3.2-9, 5213-5.3.2-12")
    assert "0 of the verified ones" in requirements_table(select_rfc(rows, 4283))
