"""One defect of the format in every answer is one finding: the rest is judged as ever."""

import json
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest

from pmip6.conformance.evidence import junit, result_document
from pmip6.conformance.grouping import LEAST_CASES, grouped
from pmip6.conformance.lma.changed_codecs import ChangedCodec, with_checksum
from pmip6.conformance.lma.in_memory import reference_declaration, run_case_in_memory
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.lane import gateway_campaign
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.verdict import Finding, Layer, Verdict
from pmip6.model.requirements.tables import Level
from pmip6.model.wire.encoding import Lies, PaddingStyle, encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.layouts import IPV6_HEADER
from pmip6.model.wire.messages import ProxyBindingAcknowledgement, ProxyBindingUpdate
from pmip6.reports.verdicts import verdict_table
from pmip6.vectors.lma.purposes import Purpose, purposes, purposes_named
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import gateway_purposes

DECLARED = reference_declaration()
SOME = [p for p in purposes() if DECLARED.suited([p])][::32]
RESERVED = IPV6_HEADER + 3
CHECKSUM = IPV6_HEADER + 5
Change = Callable[[bytes], bytes]


def _with(packet: bytes, at: int, mask: int) -> bytes:
    return packet[:at] + bytes([packet[at] ^ mask]) + packet[at + 1 :]


def _reserved_octet(packet: bytes) -> bytes:
    return with_checksum(_with(packet, RESERVED, 0xFF))


def _checksum(packet: bytes) -> bytes:
    return _with(packet, CHECKSUM, 0x5A)


def _lying(lies: Lies) -> Change:
    """The message encoded again with a lie."""

    def change(packet: bytes) -> bytes:
        found = decode_packet(packet, proxy_expected=True)
        assert found is not None and found[1].message is not None
        header, message = found[0], found[1].message
        octets = encode(message, header.source, header.destination, lies=lies)
        return encode_ipv6(header.source, header.destination, octets)

    return change


DEFECTS: dict[str, tuple[Change, Verdict]] = {
    "a reserved octet": (_reserved_octet, Verdict.FAIL),
    "reserved bits": (_lying(Lies(message_reserved=1)), Verdict.FAIL),
    "a wrong checksum": (_checksum, Verdict.FAIL),
    "a payload": (_lying(Lies(payload_proto=58)), Verdict.FAIL),
    "padding that is not zero": (_lying(Lies(padn_content=1)), Verdict.FAIL),
    "octets behind it": (_lying(Lies(trailing=bytes(8))), Verdict.FAIL),
    "a length that is too great": (_lying(Lies(header_len_added=1)), Verdict.FAIL),
    "padding by single octets": (
        _lying(Lies(padding=PaddingStyle.PAD1_ONLY)),
        Verdict.WARN,
    ),
}
"""Each breaks one rule of the format, and what the message says can still be read."""


def _of(change: Change, kind: type) -> Change:
    """The change, of messages of one kind alone."""

    def changed(packet: bytes) -> bytes:
        found = decode_packet(packet, proxy_expected=True)
        is_it = found is not None and isinstance(found[1].message, kind)
        return change(packet) if is_it else packet

    return changed


def _run(some: list[Purpose], change: Change) -> CampaignResult:
    codec = ChangedCodec(writes=_of(change, ProxyBindingAcknowledgement))
    cases = [run_case_in_memory(p, DECLARED, link_to=codec.link) for p in some]
    return CampaignResult(DECLARED, tuple(cases))


@pytest.mark.parametrize("name", DEFECTS)
def test_an_anchor_with_one_defect_in_every_answer(name: str) -> None:
    change, verdict = DEFECTS[name]
    raw = _run(SOME, change)
    assert Counter(c.verdict for c in raw.cases)[verdict] > len(SOME) // 2
    result = grouped(raw)
    (one,) = result.repeated
    assert one.verdict is verdict
    assert one.count > len(one.cases) > len(SOME) // 2
    assert {case.verdict for case in result.cases} == {Verdict.PASS}
    assert not any(case.findings or case.reason for case in result.cases)
    assert result.exit_code(strict=True) == 1


def _changed(change: Change) -> type[VirtualGatewayLink]:
    """Links to a gateway that has a defect in every request."""

    class Changed(VirtualGatewayLink):
        """Such a link."""

        def receive(self, until_ms: int) -> tuple[int, Sent] | None:
            came = super().receive(until_ms)
            if came is None or not isinstance(came[1], ToNetwork):
                return came
            changed = _of(change, ProxyBindingUpdate)(came[1].packet)
            return came[0], ToNetwork(changed)

    return Changed


@pytest.mark.parametrize("name", DEFECTS)
def test_a_gateway_with_one_defect_in_every_request(name: str) -> None:
    change, verdict = DEFECTS[name]
    told = gateway_file(reference_gateway())
    link = _changed(change)(lambda start: ReferenceGateway(told, start_ms=start))
    some = [p for p in gateway_purposes() if p.domain is GatewayDomain.FIXED][::40]
    result = gateway_campaign(reference_gateway(), link).run(some)
    (one,) = result.repeated
    assert one.verdict is verdict
    assert len(one.cases) > len(some) * 3 // 4  # in the others no request comes
    assert {case.verdict for case in result.cases} == {Verdict.PASS}


def test_what_few_cases_have_stays_theirs() -> None:
    few = _run(SOME[: LEAST_CASES - 1], _reserved_octet)
    assert grouped(few) == few
    assert {case.verdict for case in few.cases} == {Verdict.FAIL}


def _finding(text: str, layer: Layer, packet: int = 1) -> Finding:
    return Finding(("5213-8.2-x1",), Level.MUST, text, packet, layer)


def test_other_findings_and_what_was_inconclusive_stay() -> None:
    form = _finding("wrong form", Layer.FORMAT)
    other = _finding("wrong answer", Layer.BEHAVIOUR, 2)
    some = purposes_named(["TP_LMA_REG_BV_01", "TP_LMA_REG_BV_02", "TP_LMA_REG_BV_03"])
    first, second, third = some
    result = grouped(
        CampaignResult(
            DECLARED,
            (
                CaseResult(first, Verdict.FAIL, (form, other), "wrong form"),
                CaseResult(second, Verdict.INCONC, (form,), "no node registers"),
                CaseResult(third, Verdict.INCONC, (form, other), "wrong form"),
            ),
        )
    )
    assert [(c.verdict, c.reason, c.findings) for c in result.cases] == [
        (Verdict.FAIL, "wrong answer", (other,)),
        (Verdict.INCONC, "no node registers", ()),
        (Verdict.INCONC, "wrong answer", (other,)),
    ]


def test_reports_tell_it_once() -> None:
    result = grouped(_run(SOME[:12], _reserved_octet))
    text = verdict_table(result, "pmip6 certify iut.toml")
    (one,) = result.repeated
    assert text.count(one.finding.text) == 1
    assert f"{one.count} packets in {len(one.cases)} cases, format, MUST" in text
    assert f"pmip6 certify iut.toml --case {one.cases[0]}" in text
    last = "reference anchor: 12 cases: 12 PASS; on the format of all: 1 FAIL"
    assert text.splitlines()[-1] == last
    xml = junit(result)
    assert 'tests="13" failures="1"' in xml and 'classname="pmip6.format"' in xml
    told = json.loads(json.dumps(result_document(result)["repeated"]))
    assert [each["count"] for each in told] == [one.count]


def test_the_defects_differ() -> None:
    """Each is found by a rule of its own."""
    found = [
        grouped(_run(SOME[:9], d)).repeated[0].finding.rule for d, _ in DEFECTS.values()
    ]
    assert all(a != b for a, b in pairwise(sorted(found))) and all(found)
