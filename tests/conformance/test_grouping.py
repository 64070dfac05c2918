"""One defect of the format in every answer is one finding: the rest is judged as ever."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv6Address
from itertools import pairwise

import pytest

from pmip6.conformance.conduct import FORMAT_DEFECTS
from pmip6.conformance.evidence import junit, result_document
from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.grouping import LEAST_CASES, grouped
from pmip6.conformance.lma.changed_codecs import ChangedCodec
from pmip6.conformance.lma.in_memory import reference_declaration, run_case_in_memory
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.lane import gateway_campaign
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.verdict import Finding, Layer, Verdict
from pmip6.model.requirements.tables import Level
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.options import LinkLocalAddress
from pmip6.reports.verdicts import verdict_table
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes
from pmip6.vectors.fast_handover.stimuli import Indication, Initiation, LinkUp
from pmip6.vectors.lma.purposes import Purpose, purposes, purposes_named
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import gateway_purposes

DECLARED = reference_declaration()
SOME = [p for p in purposes() if DECLARED.suited([p])][::32]
Change = Callable[[bytes], bytes]
WARNING = "padding by single octets"
"""The defect that breaks a SHOULD alone."""
REQUESTS = (ProxyBindingUpdate,)
SIGNALLING = (ProxyBindingUpdate, HandoverInitiate, HandoverAcknowledge)


def _verdict_on(defect: str) -> Verdict:
    return Verdict.WARN if defect == WARNING else Verdict.FAIL


def _of(change: Change, *kinds: type) -> Change:
    """The change, of messages of some kinds alone."""

    def changed(packet: bytes) -> bytes:
        found = decode_packet(packet, proxy_expected=True)
        is_it = found is not None and isinstance(found[1].message, kinds)
        return change(packet) if is_it else packet

    return changed


def _run(some: list[Purpose], change: Change) -> CampaignResult:
    codec = ChangedCodec(writes=_of(change, ProxyBindingAcknowledgement))
    cases = [run_case_in_memory(p, DECLARED, link_to=codec.link) for p in some]
    return CampaignResult(DECLARED, tuple(cases))


@pytest.mark.parametrize("name", FORMAT_DEFECTS)
def test_an_anchor_with_one_defect_in_every_answer(name: str) -> None:
    change, verdict = FORMAT_DEFECTS[name], _verdict_on(name)
    raw = _run(SOME, change)
    assert Counter(c.verdict for c in raw.cases)[verdict] > len(SOME) // 2
    result = grouped(raw)
    (one,) = result.repeated
    assert one.verdict is verdict
    assert one.count > len(one.cases) > len(SOME) // 2
    assert {case.verdict for case in result.cases} == {Verdict.PASS}
    assert not any(case.findings or case.reason for case in result.cases)
    assert result.exit_code(strict=True) == 1


def _changed(change: Change, *kinds: type) -> type[VirtualGatewayLink]:
    """Links to a gateway that has a defect in every message of some kinds."""

    class Changed(VirtualGatewayLink):
        """Such a link."""

        def receive(self, until_ms: int) -> tuple[int, Sent] | None:
            came = super().receive(until_ms)
            if came is None or not isinstance(came[1], ToNetwork):
                return came
            changed = _of(change, *kinds)(came[1].packet)
            return came[0], ToNetwork(changed)

    return Changed


@pytest.mark.parametrize("name", FORMAT_DEFECTS)
def test_a_gateway_with_one_defect_in_every_request(name: str) -> None:
    change, verdict = FORMAT_DEFECTS[name], _verdict_on(name)
    told = gateway_file(reference_gateway())
    link = _changed(change, *REQUESTS)(
        lambda start: ReferenceGateway(told, start_ms=start)
    )
    some = [p for p in gateway_purposes() if p.domain is GatewayDomain.FIXED][::40]
    result = gateway_campaign(reference_gateway(), link).run(some)
    (one,) = result.repeated
    assert one.verdict is verdict
    assert len(one.cases) > len(some) * 3 // 4  # in the others no request comes
    assert {case.verdict for case in result.cases} == {Verdict.PASS}


IN_HANDOVERS = [
    ("a reserved octet", SIGNALLING),
    ("reserved bits", (HandoverInitiate,)),
    ("reserved bits", (HandoverAcknowledge,)),
    (WARNING, SIGNALLING),
    *(
        pytest.param(name, SIGNALLING, marks=pytest.mark.nightly)
        for name in FORMAT_DEFECTS
        if name not in ("a reserved octet", "reserved bits", WARNING)
    ),
]
"""Reserved bits are those of one kind of message: each kind has a rule for its own."""


def _makes_send(purpose: HandoverPurpose, kinds: tuple[type, ...]) -> bool:
    """Whether a step of the case makes a gateway send an HI or an HAck, as is asked."""
    for step in purpose.stimuli:
        match step:
            case Indication() | LinkUp(is_told=True) if HandoverInitiate in kinds:
                return True
            case Initiation() if HandoverAcknowledge in kinds:
                return True
            case _:
                pass
    return False


@pytest.mark.parametrize(("name", "kinds"), IN_HANDOVERS)
def test_a_gateway_with_one_defect_in_its_handover_signalling(
    name: str, kinds: tuple[type, ...]
) -> None:
    scene, change = HandoverScene.FORWARDING, FORMAT_DEFECTS[name]
    declared = reference_gateway(handover=scene)
    told = gateway_file(declared)
    link = _changed(change, *kinds)(lambda start: gateway_of(told, start_ms=start))
    every = (p for p in handover_purposes() if p.scene is scene)
    some = [p for p in every if _makes_send(p, kinds)][::18]
    result = gateway_campaign(declared, link).run(some)
    assert {each.verdict for each in result.repeated} == {_verdict_on(name)}
    rules = [each.finding.rule for each in result.repeated]
    assert len(rules) == len(set(rules)) == 1, rules
    # With a context the attachment needs no HI, and an HI none of its options.
    assert len(result.repeated[0].cases) >= len(some) - 1 > LEAST_CASES
    assert {case.verdict for case in result.cases} == {Verdict.PASS}


def test_what_few_cases_have_stays_theirs() -> None:
    few = _run(SOME[: LEAST_CASES - 1], FORMAT_DEFECTS["a reserved octet"])
    assert grouped(few) == few
    assert {case.verdict for case in few.cases} == {Verdict.FAIL}


def _with_link_local(packet: bytes) -> bytes:
    """An answer with a Link-local Address option that nobody has asked for."""
    found = decode_packet(packet)
    assert found is not None
    header, message = found[0], found[1].message
    assert isinstance(message, ProxyBindingAcknowledgement)
    option = LinkLocalAddress(IPv6Address("fe80::1"))
    more = replace(message, options=(*message.options, option))
    octets = encode(more, header.source, header.destination)
    return encode_ipv6(header.source, header.destination, octets)


def test_one_option_in_every_answer_that_was_not_asked_for() -> None:
    some = SOME[:16]
    raw = _run(some, _with_link_local)
    assert Counter(c.verdict for c in raw.cases)[Verdict.FAIL] > len(some) // 2
    result = grouped(raw)
    (one,) = result.repeated
    assert one.verdict is Verdict.FAIL and one.finding.layer is Layer.EXCHANGE
    assert {case.verdict for case in result.cases} == {Verdict.PASS}
    assert result.exit_code() == 1
    assert "; on the exchange of all: 1 FAIL" in verdict_table(result, "again")
    few = _run(some[:LEAST_CASES], _with_link_local)
    assert grouped(few) == few


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
    result = grouped(_run(SOME[:12], FORMAT_DEFECTS["a reserved octet"]))
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
        grouped(_run(SOME[:9], d)).repeated[0].finding.rule
        for d in FORMAT_DEFECTS.values()
    ]
    assert all(a != b for a, b in pairwise(sorted(found))) and all(found)
