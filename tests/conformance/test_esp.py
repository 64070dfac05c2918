"""ESP around the signalling: which anchors fail which case, in memory and over the wire."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.in_memory import (
    LMAA,
    MAG1,
    STRANGER,
    reference_declaration,
    reference_esp,
    run_case_in_memory,
    waiting_declaration,
)
from pmip6.conformance.toml_files import as_toml, load
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.esp_end import EspEnd, EspSettings, anchor_end, gateways_end
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.errors import Pmip6Error
from pmip6.model.state import waits_for_deregistration
from pmip6.model.wire.esp import ALL_CHECKS, EspCheck
from pmip6.model.wire.numbers import IPPROTO_ESP, IPPROTO_MOBILITY
from pmip6.vectors.lma.purposes import ESP, Purpose, purposes
from pmip6.vectors.lma.stimuli import ESP_FAULTS, Request

PROGRAM = Path(__file__).parent / "programs" / "certify_esp.py"
ABOUT_ESP = [purpose for purpose in purposes() if ESP in purpose.needs]
DECLARED = reference_declaration().model_copy(update={"esp": reference_esp()})


def _fails(purpose: Purpose) -> EspCheck | None:
    assert isinstance(purpose.test, Request)
    return ESP_FAULTS.get(purpose.test.form)


class ClearAnswers(VirtualLink):
    """A link to an anchor that does not protect what it answers."""

    def __init__(self, anchor: ReferenceAnchor) -> None:
        super().__init__(anchor)
        self._gateways = gateways_end(DECLARED.esp, LMAA)

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        found = super().receive(until_ms)
        if found is None or self._gateways is None:
            return None
        clear = self._gateways.receive(found[1])
        assert isinstance(clear, bytes)
        return found[0], clear


class SilentWhereWrong(VirtualLink):
    """A link to an anchor that takes what it should not, but does not answer it."""

    def __init__(self, anchor: ReferenceAnchor) -> None:
        super().__init__(anchor)
        self._right = anchor_end(DECLARED.esp, LMAA)

    def send(self, packet: bytes) -> None:
        assert self._right is not None
        is_wrong = isinstance(self._right.receive(packet), EspCheck)
        super().send(packet)
        if is_wrong:
            self._waiting.clear()


@pytest.mark.parametrize("link_to", [VirtualLink, SilentWhereWrong])
@pytest.mark.parametrize("missing", ESP_FAULTS.values())
def test_an_anchor_without_a_check_fails_the_cases_of_that_check(
    missing: EspCheck, link_to: type[VirtualLink]
) -> None:
    results = {
        purpose.name: run_case_in_memory(
            purpose, DECLARED, esp_checks=ALL_CHECKS - {missing}, link_to=link_to
        )
        for purpose in ABOUT_ESP
    }
    failed = {name for name, r in results.items() if r.verdict is Verdict.FAIL}
    assert failed == {p.name for p in ABOUT_ESP if _fails(p) is missing}
    assert len(failed) == 2
    for name in failed:
        cited = {i for f in results[name].findings for i in f.requirements}
        assert {"5213-4-1", "5213-5.3.1-1", "6275-10.3.1-2"} <= cited


def test_an_anchor_that_answers_in_clear_text_fails() -> None:
    (taken,) = (p for p in ABOUT_ESP if _fails(p) is None)
    assert run_case_in_memory(taken, DECLARED).verdict is Verdict.PASS
    result = run_case_in_memory(taken, DECLARED, link_to=ClearAnswers)
    assert result.verdict is Verdict.FAIL
    assert any("5213-5.3.6-28" in f.requirements for f in result.findings)


def test_answers_that_come_late_are_under_esp_too() -> None:
    waiting = waiting_declaration().model_copy(update={"esp": reference_esp()})
    cases = [p for p in purposes() if waits_for_deregistration.name in p.needs]
    results = [run_case_in_memory(purpose, waiting) for purpose in cases[::8]]
    assert {r.verdict for r in results} == {Verdict.PASS}
    late = [p for r in results for p in r.packets if not p.outbound]
    assert {packet.data[6] for packet in late} == {IPPROTO_ESP}


def test_without_a_declaration_of_esp_the_cases_are_skipped_with_the_reason() -> None:
    results = [run_case_in_memory(p, reference_declaration()) for p in ABOUT_ESP]
    assert {(r.verdict, r.reason) for r in results} == {
        (Verdict.SKIP, "needs esp, which is not declared")
    }


def test_what_was_sent_is_kept_as_it_was_on_the_wire() -> None:
    clear = {p.name for p in ABOUT_ESP if _fails(p) is EspCheck.PROTECTION}
    for purpose in ABOUT_ESP:
        packets = run_case_in_memory(purpose, DECLARED).packets
        kinds = {packet.data[6] for packet in packets}
        clear_too = {IPPROTO_MOBILITY} if purpose.name in clear else set[int]()
        assert kinds == {IPPROTO_ESP} | clear_too


def test_a_packet_of_other_ends_goes_as_it_is() -> None:
    (first, *_) = reference_esp()
    end = EspEnd(first.to_anchor(LMAA), [])
    packet = bytes(8) + STRANGER.packed + LMAA.packed
    assert end.send(packet) == packet


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"gateway": str(STRANGER)}, "is there already"),
        ({"spi_to_anchor": 0x1003}, "4099 is there already"),
        ({"spi_to_gateway": 255}, "greater than or equal to 256"),
        ({"key_to_anchor": "00"}, "is wrong"),
    ],
)
def test_what_does_not_go_together_is_told(
    change: dict[str, object], told: str, tmp_path: Path
) -> None:
    content = DECLARED.model_dump(mode="json", exclude_none=True)
    content["esp"] = [{**content["esp"][0], **change}, *content["esp"][1:]]
    assert told in _error(content, tmp_path)


def test_every_address_of_the_tester_needs_an_association(tmp_path: Path) -> None:
    content = DECLARED.model_dump(mode="json", exclude_none=True)
    del content["esp"][0]
    assert f"{MAG1} has no security association" in _error(content, tmp_path)


def _error(content: dict[str, object], folder: Path) -> str:
    file = folder / "declared.toml"
    file.write_text("".join(f"{k} = {as_toml(v)}\n" for k, v in content.items()))
    with pytest.raises(Pmip6Error) as raised:
        load(file, Declaration)
    return raised.value.line()


def test_a_declaration_with_esp_can_be_written_and_read(tmp_path: Path) -> None:
    content = DECLARED.model_dump(mode="json", exclude_none=True)
    assert Declaration.model_validate_json(json.dumps(content)).esp == DECLARED.esp
    assert all(isinstance(one, EspSettings) for one in DECLARED.esp)


@pytest.mark.wire
def test_the_reference_anchor_passes_over_the_wire(environment: dict[str, str]) -> None:
    names = [purpose.name for purpose in ABOUT_ESP]
    names += ["TP_LMA_HO_BV_01", "TP_LMA_CHK_BI_03", "TP_LMA_RCV_BI_05"]
    run = subprocess.run(
        [sys.executable, str(PROGRAM), *names],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["verdicts"] == dict.fromkeys(names, "PASS")
    assert IPPROTO_ESP in told["next headers"]
