"""Every check of the project cites known requirements, and no requirement is left out."""

from pmip6.model.catalogue import CitationKind, State, build_catalogue, gaps
from pmip6.model.requirement_tables import load_requirements
from pmip6.reports.citations import catalogue, citations, rule_citations


def test_every_check_cites_known_requirements() -> None:
    cited = {name for name, _ in citations()}
    assert cited and cited <= load_requirements().keys()


def test_the_shipped_catalogue_has_no_gap() -> None:
    rows = catalogue()
    assert gaps(rows) == []
    reasons = {row.id: row.reason for row in rows if row.state is State.PLANNED}
    assert all(reasons.values())


def test_a_rule_that_is_only_another_reading_verifies_nothing() -> None:
    rows = build_catalogue(rule_citations())
    (row,) = [row for row in rows if row.id == "6275-9.5.4-2"]
    assert row.state is State.PLANNED
    assert [check.note for check in row.checks] == ["in other-readings"]


def test_every_verified_requirement_has_a_check_and_words() -> None:
    for row in catalogue():
        if row.state is State.VERIFIED:
            assert any(check.kind is not CitationKind.RULE for check in row.checks)
            assert row.paraphrase, row.id
