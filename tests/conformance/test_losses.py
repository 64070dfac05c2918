"""An implementation that is lost, whatever comes: it is told, and the campaign ends."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pmip6.conformance.evidence import junit
from pmip6.conformance.evidence_folder import EvidenceFolder
from pmip6.conformance.findings_report import findings_report
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.in_memory import anchor_settings, reference_declaration
from pmip6.conformance.lma.lane import anchor_campaign, asks_by_name
from pmip6.conformance.losses import (
    MOST_IN_A_ROW,
    Loss,
    loss_lines,
    unexplained,
)
from pmip6.conformance.results import CampaignResult
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.reports.campaign_page import campaign_page
from pmip6.reports.verdicts import verdict_table
from pmip6.vectors.lma.purposes import purposes

DECLARED = reference_declaration()
PLAIN = [p for p in purposes() if not p.needs and not p.timers and not asks_by_name(p)]
SOME = [p for p in PLAIN if p.name.startswith(("TP_LMA_REG_BV_", "TP_LMA_EXT_BV_"))][:8]
NO_CASE = "no case alone brings it about"


class CrashingLink(VirtualLink):
    """A link to an anchor that dies after some packets, so often.

    Attributes:
        left: How many packets it still takes.
        lasts: How many it takes after a restart; it lives on where there are none.
    """

    left = 30
    lasts = 0
    restarts = 0

    def send(self, packet: bytes) -> None:
        """Lose the packet once the anchor is dead."""
        self.left -= 1
        if self.left >= 0:
            super().send(packet)

    def restart(self) -> None:
        """Let it live again."""
        self.restarts += 1
        self.left = self.lasts or 10**6


def _link(left: int, lasts: int) -> CrashingLink:
    settings = anchor_settings(DECLARED, DECLARED.nodes.identifiers()[:60])
    link = CrashingLink(ReferenceAnchor(settings))
    link.left, link.lasts = left, lasts
    return link


def _run(link: CrashingLink, told: list[Loss] | None = None) -> CampaignResult:
    losses: list[Loss] = [] if told is None else told
    campaign = anchor_campaign(DECLARED, link, restart=link.restart, lost=losses.append)
    return campaign.run(SOME)


def test_a_loss_that_no_case_brings_about_is_no_conformance(tmp_path: Path) -> None:
    told: list[Loss] = []
    result = _run(_link(30, 0), told)
    assert {case.verdict for case in result.cases} == {Verdict.PASS}
    (loss,) = result.losses
    assert told == [loss] and loss.suspects and not loss.culprit and loss.at_ms
    assert not result.died and result.exit_code() == 3
    text = verdict_table(result, "pmip6 certify iut.toml")
    for each in (text, findings_report(result)):
        assert NO_CASE in each and loss.suspects[0] in each
    suite = ElementTree.fromstring(junit(result))
    assert (suite.get("tests"), suite.get("errors")) == (str(len(SOME) + 1), "1")
    with EvidenceFolder(tmp_path, DECLARED) as kept:
        for case in result.cases:
            kept.add(case)
        kept.finish(result)
    document = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert [each["suspects"] for each in document["losses"]] == [[*loss.suspects]]
    page = campaign_page(tmp_path, "pmip6 certify iut.toml")
    assert NO_CASE in page and "undecided" in page


def test_an_anchor_that_probes_alone_lose_ends_the_campaign() -> None:
    link = _link(5, 5)
    result = _run(link)
    assert link.restarts == 2 and len(result.losses) == 3
    assert {c.verdict for c in result.cases} == {Verdict.INCONC}
    assert result.died and result.exit_code() == 3
    lines = list(loss_lines(result.losses))
    assert "nothing but probes had come" in lines[-1]


@pytest.mark.parametrize("lasts", [13, 20])
def test_an_anchor_that_dies_now_and_then_fails_no_case(lasts: int) -> None:
    link = _link(lasts, lasts)
    result = _run(link)
    assert {case.verdict for case in result.cases} <= {Verdict.PASS, Verdict.INCONC}
    assert link.restarts <= MOST_IN_A_ROW
    assert unexplained(result.losses) and result.exit_code() == 3


def test_after_losses_without_a_culprit_the_campaign_ends() -> None:
    link = _link(13, 13)
    result = _run(link)
    assert len(result.losses) == MOST_IN_A_ROW and result.died
    left = {c.reason for c in result.cases if c.verdict is Verdict.INCONC}
    assert left == {f"it was lost {MOST_IN_A_ROW} times, and {NO_CASE}"}


def test_a_loss_is_explained_by_a_case_that_repeats_it() -> None:
    first = Loss("does not answer", 1000, ("TP_A", "TP_B"))
    again = Loss("does not answer", 2000, ("TP_B",), "TP_B")
    other = Loss("does not answer", 3000, ("TP_C",))
    assert unexplained((first, again, other)) == (other,)
    result = CampaignResult(DECLARED, (), losses=(first, again))
    assert not result.is_lost
    assert replace(result, losses=(first,)).is_lost
    assert [line.rpartition(": ")[2] for line in loss_lines((first, again))] == [
        "TP_B alone brings it about"
    ] * 2
