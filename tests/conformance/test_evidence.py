"""The files of a campaign: whole, deterministic, and telling what was found."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pmip6.conformance.evidence import (
    junit,
    prepare_folder,
    result_document,
)
from pmip6.conformance.evidence_folder import EvidenceFolder
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.in_memory import (
    anchor_settings,
    reference_declaration,
    run_in_memory,
)
from pmip6.conformance.lma.lane import anchor_campaign
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.capture import read
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.errors import Pmip6Error
from pmip6.model.lma.rules import lma
from pmip6.vectors.lma.purposes import purposes_named

CASES = ["TP_LMA_EXT_BV_01", "TP_LMA_REG_BV_01"]


@pytest.fixture(scope="module")
def result() -> CampaignResult:
    mute = [r.changed(sends=()) if r.name == "extend" else r for r in lma.rules]
    return run_in_memory(mute, cases=CASES)


def test_every_case_has_a_capture_with_comments(
    result: CampaignResult, tmp_path: Path
) -> None:
    with EvidenceFolder(tmp_path / "new" / "folder", result.declaration) as kept:
        for case in result.cases:
            kept.add(case)
        kept.finish(result)
    names = {path.name for path in (tmp_path / "new" / "folder").iterdir()}
    reports = {"junit.xml", "result.json", "findings.md"}
    assert names == {f"{case}.pcapng" for case in CASES} | reports
    capture = read(tmp_path / "new" / "folder" / f"{CASES[0]}.pcapng")
    version = result.cases[0].purpose.version
    assert f"{CASES[0]} version {version}: FAIL" in capture.comment
    assert capture.packets[0].comment.startswith("sent: registration")
    assert capture.packets[1].comment == "received: PBA with status 0"
    assert "5213-5.3.3-1" in capture.packets[2].comment
    judged, ends = capture.packets[:3], capture.packets[3:]
    assert [p.outbound for p in judged] == [True, False, True]
    assert all("not judged: de-reg" in p.comment for p in ends if p.outbound)


class InterruptedLink(VirtualLink):
    """Ctrl-C comes in the first long wait."""

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        if until_ms > self.now_ms() + 1_500:
            raise KeyboardInterrupt
        return super().receive(until_ms)


def _campaign(link: VirtualLink, folder: Path, cases: list[str]) -> CampaignResult:
    declared = reference_declaration()
    with EvidenceFolder(folder, declared) as kept:
        campaign = anchor_campaign(declared, link, ended=kept.add, probed=kept.probed)
        result = campaign.run(purposes_named(cases))
        kept.finish(result)
        return result


def _anchor() -> ReferenceAnchor:
    declared = reference_declaration()
    names = [*declared.nodes.identifiers()[:9], *declared.nodes.by_name]
    return ReferenceAnchor(anchor_settings(declared, names))


def test_what_has_ended_is_kept_when_a_campaign_is_interrupted(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text("of an earlier campaign")
    long = "TP_LMA_DER_TI_01"
    with pytest.raises(KeyboardInterrupt):
        _campaign(InterruptedLink(_anchor()), tmp_path, [*CASES, long])
    content = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert content["complete"] is False
    ended = [case["id"] for case in content["cases"]]
    assert ended == sorted(ended) and content["declaration_sha256"]
    assert all(case["verdict"] == "PASS" and case["steps"] for case in content["cases"])
    assert 0 < len(ended) < len(CASES) + 1
    names = {path.name for path in tmp_path.iterdir()}
    kept = {f"{case}.pcapng" for case in ended}
    assert names == {*kept, "probes.pcapng", "result.json"}
    assert all(read(tmp_path / name).packets for name in kept)


class SilentLink(VirtualLink):
    """Nobody is there."""

    def send(self, packet: bytes) -> None: ...


def test_what_was_sent_to_a_silent_implementation_is_kept(tmp_path: Path) -> None:
    result = _campaign(SilentLink(_anchor()), tmp_path, CASES)
    assert result.died
    content = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert content["complete"] is True and content["answers"] is False
    packets = read(tmp_path / "probes.pcapng").packets
    assert len(packets) == 3 and all(packet.outbound for packet in packets)


def test_a_file_that_cannot_be_written_is_told(
    result: CampaignResult, tmp_path: Path
) -> None:
    (tmp_path / f"{CASES[0]}.pcapng").mkdir()
    with (
        pytest.raises(Pmip6Error, match="cannot be written"),
        EvidenceFolder(tmp_path, result.declaration) as kept,
    ):
        kept.add(result.cases[0])


def test_the_document_has_what_others_read(result: CampaignResult) -> None:
    document = json.loads(json.dumps(result_document(result)))
    assert document["declaration_sha256"] == result.declaration.sha256
    first, second = document["cases"]
    assert (first["id"], first["verdict"]) == (CASES[0], "FAIL")
    assert first["version"] == result.cases[0].purpose.version
    (finding,) = first["findings"]
    assert finding["level"] == "MUST" and finding["packet"] == 3
    assert finding["layer"] == "behaviour"
    assert "5213-5.3.3-1" in finding["requirements"]
    assert (second["verdict"], second["findings"]) == ("PASS", [])


def test_junit_counts_each_kind(result: CampaignResult) -> None:
    (purpose,) = purposes_named(["TP_LMA_HO_BV_01"])
    more = tuple(
        CaseResult(purpose, verdict, reason="because")
        for verdict in (Verdict.SKIP, Verdict.INCONC, Verdict.WARN, Verdict.ERROR)
    )
    suite = ElementTree.fromstring(
        junit(CampaignResult(result.declaration, (*result.cases, *more)))
    )
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "1", "errors": "2", "skipped": "1"}


@pytest.mark.parametrize(
    ("verdicts", "code", "strict"),
    [
        ([], 3, 3),
        ([Verdict.PASS], 0, 0),
        ([Verdict.PASS, Verdict.WARN], 0, 1),
        ([Verdict.SKIP], 3, 3),
        ([Verdict.SKIP, Verdict.PASS], 0, 0),
        ([Verdict.INCONC, Verdict.PASS], 3, 3),
        ([Verdict.INCONC, Verdict.FAIL], 1, 1),
        ([Verdict.ERROR, Verdict.FAIL], 3, 3),
    ],
)
def test_exit_codes(
    result: CampaignResult, verdicts: list[Verdict], code: int, strict: int
) -> None:
    (purpose,) = purposes_named(["TP_LMA_HO_BV_01"])
    cases = tuple(CaseResult(purpose, verdict) for verdict in verdicts)
    campaign = CampaignResult(result.declaration, cases)
    assert campaign.exit_code() == code
    assert campaign.exit_code(strict=True) == strict


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Pmip6Error, match="cannot be made"):
        prepare_folder(tmp_path / "file" / "folder")
