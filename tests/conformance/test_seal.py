"""A result that is whole is accepted; one from which anything is taken is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pmip6.conformance.evidence_folder import EvidenceFolder
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.in_memory import anchor_settings, reference_declaration
from pmip6.conformance.lma.lane import anchor_campaign
from pmip6.conformance.seal import faults_of
from pmip6.conformance.wire.capture import Capture, read, write
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.reports.cli import run
from pmip6.vectors.lma.purposes import purposes_named

NAMES = ["TP_LMA_REG_BV_01", "TP_LMA_REG_BV_02", "TP_LMA_EXT_BV_01"]


@pytest.fixture
def result(tmp_path: Path) -> Path:
    declared = reference_declaration()
    settings = anchor_settings(declared, declared.nodes.identifiers()[:10])
    with EvidenceFolder(tmp_path, declared) as folder:
        link = VirtualLink(ReferenceAnchor(settings))
        campaign = anchor_campaign(
            declared, link, ended=folder.add, probed=folder.probed
        )
        folder.finish(campaign.run(purposes_named(NAMES)))
    return tmp_path


def _rewrite(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = folder / "result.json"
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def _flip(folder: Path) -> None:
    path = folder / f"{NAMES[0]}.pcapng"
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    path.write_bytes(octets)


def _drop_packet(folder: Path) -> None:
    path = folder / f"{NAMES[1]}.pcapng"
    found = read(path)
    write(path, Capture(found.packets[:-1], found.comment, found.interface))


def _case_out(document: dict[str, object]) -> None:
    assert isinstance(document["cases"], list)
    del document["cases"][1]


def _last_out(document: dict[str, object]) -> None:
    assert isinstance(document["cases"], list)
    del document["cases"][-1]


def _pass(document: dict[str, object]) -> None:
    assert isinstance(document["cases"], list)
    document["cases"][0]["verdict"] = "WARN"


TAKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a case": (lambda f: _rewrite(f, _case_out), "or a case before it is gone"),
    "the last case": (lambda f: _rewrite(f, _last_out), "does not fit its seal"),
    "a capture": (lambda f: (f / f"{NAMES[0]}.pcapng").unlink(), "is not there"),
    "the report": (lambda f: (f / "junit.xml").unlink(), "junit.xml: is not there"),
    "a packet": (_drop_packet, f"{NAMES[1]}.pcapng: has "),
    "a bit": (_flip, "is not what was written"),
    "a verdict": (lambda f: _rewrite(f, _pass), "is not what was found"),
    "a hash": (lambda f: _rewrite(f, lambda d: d.pop("seal")), "does not fit its seal"),
    "the strays": (lambda f: _rewrite(f, lambda d: d.pop("strays")), "does not fit"),
    "nothing": (lambda f: (f / "TP_X.pcapng").touch(), "does not belong"),
    "its end": (
        lambda f: _rewrite(f, lambda d: d.update(complete=False)),
        "it is not complete",
    ),
}


def test_a_result_as_it_was_made_is_accepted(
    result: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert faults_of(result) == []
    assert run(["verify", str(result)]) == 0
    assert capsys.readouterr().out == f"{result}: no faults; 3 cases judged again\n"


@pytest.mark.parametrize("what", TAKEN)
def test_a_result_without_something_is_refused(
    what: str, result: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take, said = TAKEN[what]
    take(result)
    assert any(said in fault for fault in faults_of(result)), faults_of(result)
    assert run(["verify", str(result)]) == 1
    assert said in capsys.readouterr().out


def test_a_later_campaign_leaves_nothing_of_an_earlier_one(result: Path) -> None:
    declared = reference_declaration()
    settings = anchor_settings(declared, declared.nodes.identifiers()[:10])
    with EvidenceFolder(result, declared) as folder:
        campaign = anchor_campaign(
            declared, VirtualLink(ReferenceAnchor(settings)), ended=folder.add
        )
        folder.finish(campaign.run(purposes_named(NAMES[:1])))
    assert faults_of(result) == []
    names = {path.name for path in result.glob("*.pcapng")}
    assert names == {f"{NAMES[0]}.pcapng"}


@pytest.mark.parametrize(
    "text", [None, "no JSON", "[]", '{"cases": 5}', '{"cases": [7]}']
)
def test_what_is_no_result_is_one_line(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "result.json").write_text(text)
    assert run(["verify", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.splitlines()) == 1
