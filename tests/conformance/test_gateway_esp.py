"""ESP around the signalling of a gateway: which gateways fail which case."""

from pathlib import Path

import pytest

from pmip6.conformance.mag.in_memory import (
    PROTECTION,
    reference_settings,
    run_gateway_case,
)
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.toml_files import as_toml, load
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.esp_end import anchor_end
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.esp import ALL_CHECKS, EspCheck, is_esp
from pmip6.vectors.mag.edges import SCENE
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes
from pmip6.vectors.mag.stimuli import ANSWER_FAULTS, Answer

PROTECTED = [p for p in gateway_purposes() if p.domain is GatewayDomain.PROTECTED]


def _fails(purpose: GatewayPurpose) -> EspCheck | None:
    test = purpose.test
    return ANSWER_FAULTS.get(test.form) if isinstance(test, Answer) else None


SENT, TAKEN = (p for p in PROTECTED if _fails(p) is None)


class ClearRequests(VirtualGatewayLink):
    """A link to a gateway that does not protect what it sends."""

    _anchor = anchor_end([PROTECTION], SCENE.anchor)

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        came = super().receive(until_ms)
        if came is None or not isinstance(came[1], ToNetwork):
            return came
        assert self._anchor is not None
        clear = self._anchor.receive(came[1].packet)
        assert isinstance(clear, bytes)
        return came[0], ToNetwork(clear)


class OtherNumbers(VirtualGatewayLink):
    """A link on which what the gateway protects is changed on the way."""

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        came = super().receive(until_ms)
        if came is None or not is_esp(came[1].packet):
            return came
        packet = came[1].packet
        return came[0], ToNetwork(packet[:-1] + bytes((packet[-1] ^ 1,)))


@pytest.mark.parametrize("missing", ANSWER_FAULTS.values())
def test_a_gateway_without_a_check_fails_the_cases_of_that_check(
    missing: EspCheck,
) -> None:
    results = {
        purpose.name: run_gateway_case(purpose, esp_checks=ALL_CHECKS - {missing})
        for purpose in PROTECTED
    }
    failed = {name for name, r in results.items() if r.verdict is Verdict.FAIL}
    assert failed == {p.name for p in PROTECTED if _fails(p) is missing}
    assert len(failed) == (3 if missing is EspCheck.PROTECTION else 2)
    for purpose in PROTECTED:
        if purpose.name in failed:
            found = results[purpose.name].findings
            assert set(purpose.requirements) <= {
                i for f in found for i in f.requirements
            }


@pytest.mark.parametrize(
    ("link_to", "cited"),
    [(ClearRequests, "5213-6.9.1.5-12"), (OtherNumbers, "5213-4-2")],
)
def test_a_gateway_that_protects_its_requests_wrongly_fails(
    link_to: type[VirtualGatewayLink], cited: str
) -> None:
    assert run_gateway_case(SENT).verdict is Verdict.PASS
    result = run_gateway_case(SENT, link_to=link_to)
    assert result.verdict is Verdict.FAIL
    assert any(cited in f.requirements for f in result.findings)


def test_a_gateway_that_takes_no_answer_under_esp_fails() -> None:
    def deaf(told: GatewaySettings) -> GatewaySettings:
        other = PROTECTION.model_copy(update={"spi_to_gateway": 0x2002})
        return told.model_copy(update={"esp": (other,)})

    assert run_gateway_case(TAKEN).verdict is Verdict.PASS
    assert run_gateway_case(TAKEN, settings=deaf).verdict is Verdict.FAIL


def test_a_gateway_without_associations_fails() -> None:
    def clear(told: GatewaySettings) -> GatewaySettings:
        return told.model_copy(update={"esp": ()})

    assert run_gateway_case(SENT, settings=clear).verdict is Verdict.FAIL


def test_the_association_has_to_be_that_of_the_gateway(tmp_path: Path) -> None:
    settings = reference_settings(GatewayDomain.PROTECTED)
    content = settings.model_dump(mode="json", exclude_none=True)
    content["esp"] = [{**content["esp"][0], "gateway": "2001:db8:1::12"}]
    file = tmp_path / "gateway.toml"
    file.write_text("".join(f"{k} = {as_toml(v)}\n" for k, v in content.items()))
    with pytest.raises(Pmip6Error) as raised:
        load(file, GatewaySettings)
    assert f"{SCENE.gateway} has no security association" in raised.value.line()
