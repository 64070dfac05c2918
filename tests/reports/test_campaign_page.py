"""A campaign as a page: it shows what the evidence has, as it is, and needs no other file."""

import re
from html.parser import HTMLParser
from pathlib import Path

import kept_campaigns
import pytest

from pmip6.conformance.evidence import PAGE_FILE
from pmip6.conformance.lma.in_memory import reference_declaration
from pmip6.conformance.mag.reference_gateway import reference_gateway
from pmip6.conformance.seal import faults_of
from pmip6.conformance.wire.capture import read
from pmip6.model.lma.rules import lma
from pmip6.model.requirements.tables import load_entries
from pmip6.reports.campaign_page import campaign_page, write_pages
from pmip6.reports.cli import run

CASES = ["TP_LMA_EXT_BV_01", "TP_LMA_REG_BV_01", "TP_LMA_DER_BO_01"]
AGAIN = "pmip6 certify iut.toml"
VOID = {"meta", "input", "br"}


class _Reader(HTMLParser):
    """The elements of a page, which have to be closed in order, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.cases: dict[str, str] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what has to be closed, and what would be loaded."""
        told = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if told.get("class") == "case":
            self.cases[str(told["id"])] = str(told["data-verdict"])
        if "href" in told:
            self.links.append(str(told["href"]))
        if "src" in told or tag == "link":
            self.loaded.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """What is open last is closed first."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """What a reader sees, and the style and the script."""
        self.text += data


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [] and reader.loaded == []
    return reader


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an anchor that does not answer when a session is extended."""
    mute = tuple(r.changed(sends=()) if r.name == "extend" else r for r in lma.rules)
    return kept_campaigns.keep_anchor(
        tmp_path_factory.mktemp("kept") / "campaign",
        reference_declaration(),
        CASES,
        rules=mute,
    )


def test_each_case_has_its_verdict_packets_and_command(evidence: Path) -> None:
    page = _read(campaign_page(evidence, AGAIN))
    assert page.cases == {
        "TP_LMA_EXT_BV_01": "FAIL",
        "TP_LMA_DER_BO_01": "PASS",
        "TP_LMA_REG_BV_01": "PASS",
    }
    assert next(iter(page.cases)) == "TP_LMA_EXT_BV_01"  # what is wrong comes first
    assert "reference anchor: not conformant" in page.text
    assert load_entries()["5213-5.3.3-1"].paraphrase in page.text
    for name in CASES:
        assert f"{AGAIN} --case {name}" in page.text
        for packet in read(evidence / f"{name}.pcapng").packets:
            told = packet.comment.partition("\n")[0].partition(": ")[2]
            assert told in page.text
    assert "HomeNetworkPrefix prefix=2001:db8:" in page.text
    assert "MobileNodeIdentifier identifier=mn" in page.text


def test_links_lead_to_cases_captures_and_the_text_of_the_rfcs(evidence: Path) -> None:
    page = _read(campaign_page(evidence, AGAIN))
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.cases
        elif link.endswith(".pcapng"):
            assert (evidence / link).is_file()
        else:
            pattern = r"https://www\.rfc-editor\.org/rfc/rfc\d+#section-[\w.]+"
            assert re.fullmatch(pattern, link)


def test_packets_of_the_access_link_stand_beside_those_of_the_network(
    tmp_path: Path,
) -> None:
    folder = kept_campaigns.keep_gateway(
        tmp_path, reference_gateway(), ["TP_MAG_MTU_BV_01"]
    )
    text = campaign_page(folder, AGAIN)
    assert "tester (access link)" in _read(text).text
    sides = set(re.findall(r'class="a (beside)? ?(left|right)"', text))
    assert sides == {
        ("", "left"),
        ("", "right"),
        ("beside", "left"),
        ("beside", "right"),
    }


def test_a_page_of_a_result_leaves_the_result_as_it_was_made(evidence: Path) -> None:
    write_pages(evidence.parent, AGAIN)
    assert (evidence / PAGE_FILE).is_file()
    assert faults_of(evidence) == []


def test_what_an_implementation_is_called_is_text(tmp_path: Path) -> None:
    declared = reference_declaration().model_copy(update={"name": "<u>&\"x'"})
    folder = kept_campaigns.keep_anchor(tmp_path, declared, CASES[1:2])
    page = campaign_page(folder, AGAIN)
    assert "<u>&" not in page
    assert "<u>&\"x'" in _read(page).text


def test_an_interrupted_campaign_says_so(evidence: Path, tmp_path: Path) -> None:
    text = (evidence / "result.json").read_text("utf-8")
    changed = text.replace('"complete": true', '"complete": false')
    changed = re.sub(r'"packets": \d+', '"packets": 0', changed)
    (tmp_path / "result.json").write_text(changed, "utf-8")
    assert "reference anchor: interrupted" in _read(campaign_page(tmp_path, "x")).text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        ("{", "is no JSON"),
        ('{"cases": []}', "complete: Field required"),
    ],
)
def test_what_is_no_result_is_one_line(
    content: str | None, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "result.json").write_text(content, "utf-8")
    assert run(["report", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "result.json" in line and reason in line
    assert not (tmp_path / PAGE_FILE).exists()
