"""A result that is whole is accepted; one from which anything is taken is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from kept_campaigns import keep_anchor, keep_gateway

from pmip6.conformance.lma.in_memory import reference_declaration
from pmip6.conformance.mag.reference_gateway import reference_gateway
from pmip6.conformance.seal import faults_of
from pmip6.conformance.wire.capture import Capture, read, write
from pmip6.reports.campaign_page import write_page
from pmip6.reports.cli import run
from pmip6.vectors.fast_handover.model import HandoverScene

NAMES = {
    "lma": ["TP_LMA_EXT_BV_01", "TP_LMA_REG_BV_01", "TP_LMA_REG_BV_02"],
    "mag": ["TP_MAG_ACK_BI_01", "TP_MAG_ACK_BI_05", "TP_MAG_ATT_BV_01"],
    "fmag": ["TP_FMAG_NEW_BV_01", "TP_FMAG_PRE_BV_01", "TP_FMAG_PRE_BV_03"],
}
"""Cases of each role, in the order of their ids."""


def _keep(role: str, folder: Path, names: list[str]) -> Path:
    if role == "lma":
        return keep_anchor(folder, reference_declaration(), names)
    handover = HandoverScene.FORWARDING if role == "fmag" else None
    return keep_gateway(folder, reference_gateway(handover=handover), names)


@pytest.fixture(scope="module", params=NAMES)
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A result for each role, which no test changes."""
    role: str = request.param
    return _keep(role, tmp_path_factory.mktemp("kept"), NAMES[role])


@pytest.fixture
def result(kept: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    folder = tmp_path / "result"
    shutil.copytree(kept, folder)
    return folder


def _capture(folder: Path, number: int = 0) -> Path:
    return sorted(folder.glob("TP_*.pcapng"))[number]


def _rewrite(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = folder / "result.json"
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def _flip(folder: Path) -> None:
    path = _capture(folder)
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    path.write_bytes(octets)


def _drop_packet(folder: Path) -> None:
    path = _capture(folder, 1)
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
    "a capture": (lambda f: _capture(f).unlink(), "is not there"),
    "the report": (lambda f: (f / "junit.xml").unlink(), "junit.xml: is not there"),
    "a packet": (_drop_packet, ".pcapng: has "),
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
    told = capsys.readouterr().out
    assert told.startswith(
        f"{result}: no faults; 3 cases judged again; a selection, 3 of "
    )


def test_the_page_has_to_be_that_of_the_result(
    result: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = write_page(result, "pmip6 certify 'a & b.toml'")
    assert run(["verify", str(result)]) == 0
    whole = page.read_bytes()
    first = NAMES["lma"][0].encode()
    for forged in (whole + b"\n", b"", whole.replace(b"PASS", b"FAIL", 1), first):
        page.write_bytes(forged)
        capsys.readouterr()
        assert run(["verify", str(result)]) == 1
        assert "report.html: is not what the result gives" in capsys.readouterr().out


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
    before = {path.stem for path in result.glob("TP_*.pcapng")}
    role = next(role for role, names in NAMES.items() if set(names) <= before)
    name = NAMES[role][0]
    _keep(role, result, [name])
    assert faults_of(result) == []
    names = {path.name for path in result.glob("TP_*.pcapng")}
    assert names == {f"{name}.pcapng"}


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
