"""Every check of the project cites known requirements, and no requirement is left out."""

from pmip6.model.requirements.catalogue import (
    CitationKind,
    Row,
    State,
    build_catalogue,
    gaps,
)
from pmip6.model.requirements.tables import Role, UntestableReason, load_requirements
from pmip6.reports.citations import catalogue, citations, rule_citations
from pmip6.reports.requirements import settled_told, untestable_musts


def test_every_check_cites_known_requirements() -> None:
    cited = {name for name, _ in citations()}
    assert cited and cited <= load_requirements().keys()


def test_the_shipped_catalogue_has_no_gap() -> None:
    rows = catalogue()
    assert gaps(rows) == []
    reasons = {row.id: row.reason for row in rows if row.state is State.PLANNED}
    assert all(reasons.values())


def test_every_sentence_of_rfc_5213_is_verified_or_untestable() -> None:
    rows = [row for row in catalogue() if row.rfc == 5213]
    of_sentences, of_others = settled_told(rows).splitlines()
    assert of_sentences.endswith(": 363 of 363 verified or untestable")
    assert of_others.endswith(": 162 of 182 verified or untestable, 20 informative")


def test_a_rule_that_is_only_another_reading_verifies_nothing() -> None:
    rows = build_catalogue(rule_citations())
    (row,) = [row for row in rows if row.id == "6275-9.5.4-2"]
    assert row.state is State.PLANNED
    assert [check.note for check in row.checks] == ["in other-readings, two-numbered"]


def test_every_verified_requirement_has_a_check_and_words() -> None:
    for row in catalogue():
        if row.state is State.VERIFIED:
            assert any(check.kind is not CitationKind.RULE for check in row.checks)
            assert row.paraphrase, row.id


OF_ANCHORS = (5213, 4283, 6543, 6275)
"""The documents that an anchor for IPv6 implements, or parts of which bind it."""


def _of_anchors(rfcs: tuple[int, ...]) -> list[Row]:
    rows = [row for row in catalogue() if row.rfc in rfcs]
    return [row for row in rows if row.role in (Role.LMA, Role.DOMAIN)]


def test_nothing_that_binds_an_anchor_is_only_planned() -> None:
    rows = _of_anchors(OF_ANCHORS)
    assert len(rows) > 600
    assert [row.id for row in rows if row.state is State.PLANNED] == []


def test_few_of_the_musts_of_an_anchor_cannot_be_observed() -> None:
    counts = untestable_musts(_of_anchors((5213,)))
    assert counts.keys() == {"domain", "lma"}
    # Of RFC 6275 much is for hosts that do mobility themselves, and binds no anchor.
    binding = [
        row
        for row in _of_anchors(OF_ANCHORS)
        if row.reason != UntestableReason.ABOUT_ANOTHER_DOCUMENT
    ]
    together = map(sum, zip(*untestable_musts(binding).values(), strict=True))
    for hidden, count in (*counts.values(), together):
        assert count > 140
        assert 10 * hidden <= count
