"""Every check of the project cites known requirements, and no requirement is left out."""

from pmip6.model.catalogue import State, gaps
from pmip6.model.requirement_tables import load_requirements
from pmip6.reports.citations import catalogue, citations


def test_every_check_cites_known_requirements() -> None:
    cited = {name for name, _ in citations()}
    assert cited and cited <= load_requirements().keys()


def test_the_shipped_catalogue_has_no_gap() -> None:
    rows = catalogue()
    assert gaps(rows) == []
    reasons = {row.id: row.reason for row in rows if row.state is State.PLANNED}
    assert all(reasons.values())
