"""`pytest --iut`: the cases as items, on their own, in memory and on the wire."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pmip6.conformance.conduct import FORMAT_DEFECTS
from pmip6.conformance.declaration_text import commented
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.changed_codecs import ChangedCodec
from pmip6.conformance.lma.in_memory import anchor_settings, reference_declaration
from pmip6.conformance.lma.lane import anchor_campaign
from pmip6.conformance.results import CampaignResult
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.reports import certify_command, pytest_plugin
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.lma.purposes import purposes_named
from pmip6.vectors.mag.purposes import gateway_purposes

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "conformance" / "programs" / "pytest_iut.py"
PLUGIN = ["-p", "pmip6.reports.pytest_plugin", "-p", "no:cacheprovider"]


def _environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}


@pytest.fixture
def environment() -> dict[str, str]:
    paths = [str(ROOT / "src"), *(p for p in sys.path if p.endswith("site-packages"))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _collected(
    declaration: str, folder: Path, environment: dict[str, str], *more: str
) -> set[str]:
    file = folder / declaration
    file.write_text((ROOT / "examples" / declaration).read_text("utf-8"), "utf-8")
    words = [f"--iut={file}", "--collect-only", "-q", *more]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=_environment(environment),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    return {line.rpartition("::")[2] for line in lines if "::" in line}


def test_the_items_are_the_cases_of_the_declared_role(
    environment: dict[str, str], tmp_path: Path
) -> None:
    lma, mag = "anchor.toml", "gateway.toml"
    every = {p.name for p in gateway_purposes()}
    fast = {p.name for p in handover_purposes()}
    assert _collected(mag, tmp_path, environment) == every | fast
    assert _collected(mag, tmp_path, environment, "-m", "fmag") == fast
    timed = _collected(mag, tmp_path, environment, "-m", "TI and mag")
    assert timed == {name for name in every if "_TI_" in name}
    one = _collected(lma, tmp_path, environment, "-k", "TP_LMA_REG_BV_01")
    assert one == {"TP_LMA_REG_BV_01"}


def test_a_wrong_declaration_is_one_line(
    environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "iut.toml"
    path.write_text('role = "lma"\n')
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, f"--iut={path}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=_environment(environment),
    )
    assert run.returncode == 2
    assert "iut.toml: name: the key is missing" in run.stdout
    assert "Traceback" not in run.stdout


CASES = ["TP_LMA_REG_BV_01", "TP_LMA_REG_BV_02", "TP_LMA_EXT_BV_01"]
LinkTo = Callable[[ReferenceAnchor], VirtualLink]


class _LostOnce(VirtualLink):
    """A link to an anchor that is dead after some packets, until it is restarted."""

    left = 3

    def send(self, packet: bytes) -> None:
        self.left -= 1
        if self.left >= 0:
            super().send(packet)

    def restart(self) -> None:
        """Let it live again."""
        self.left = 10**6


def _runs_in_memory(link_to: LinkTo) -> Callable[..., CampaignResult]:
    """Stands for `run`: the same campaign, over a link in memory."""
    declared = reference_declaration()

    def run(_: object, names: list[str], *__: object) -> CampaignResult:
        settings = anchor_settings(declared, declared.nodes.identifiers()[:60])
        link = link_to(ReferenceAnchor(settings))
        restart = link.restart if isinstance(link, _LostOnce) else None
        campaign = anchor_campaign(declared, link, restart=restart)
        return campaign.run(list(purposes_named(names)))

    return run


@pytest.mark.parametrize(
    ("link_to", "status", "failed", "told"),
    [
        pytest.param(VirtualLink, 0, "", "3 PASS", id="reference"),
        pytest.param(
            ChangedCodec(writes=FORMAT_DEFECTS["reserved bits"]).link,
            1,
            "format 1",
            "3 PASS; on the format of all: 1 FAIL",
            id="a defect in every answer",
        ),
        pytest.param(
            ChangedCodec(writes=FORMAT_DEFECTS["padding by single octets"]).link,
            0,
            "",
            "3 PASS; on the format of all: 1 WARN",
            id="a SHOULD in every answer",
        ),
        pytest.param(
            _LostOnce, 3, "loss 1", "no case alone brings it about", id="a loss"
        ),
    ],
)
def test_what_is_of_no_case_alone_counts(
    link_to: LinkTo,
    status: int,
    failed: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each case is passed; the exit status is that of the campaign."""
    iut, xml = tmp_path / "iut.toml", tmp_path / "r.xml"
    iut.write_text(commented(reference_declaration()), "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    monkeypatch.setattr(certify_command, "run", _runs_in_memory(link_to))
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    words = [f"--iut={iut}", f"--rootdir={tmp_path}", f"--junitxml={xml}"]
    words += ["-c", str(tmp_path / "pytest.ini"), "-k", " or ".join(CASES)]
    words += ["-p", "no:cacheprovider"]
    assert pytest.main(words, plugins=[pytest_plugin]) == status
    output = capsys.readouterr().out
    assert told in output.partition(" pmip6 certify ")[2]
    assert f"= {'1 failed, ' if failed else ''}3 passed, " in output
    tests = ElementTree.parse(xml).iter("testcase")
    names = [t.get("name") for t in tests if t.find("failure") is not None]
    assert names == ([failed] if failed else [])


@pytest.mark.wire
def test_items_are_judged_on_the_wire(
    environment: dict[str, str], tmp_path: Path
) -> None:
    chosen = "REG_BV_01 or HO_BV_01 or FWD_BV_01"
    run = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path), *PLUGIN, "-rs", "-k", chosen],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=_environment(environment),
        timeout=120,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    # This anchor passes on no user packets, though they are declared.
    assert "2 passed" in run.stdout and "1 failed" in run.stdout
    assert "TP_LMA_FWD_BV_01" in run.stdout and "Traceback" not in run.stdout
