"""What comes back for requests that must not be taken, right and wrong in each aspect."""

from collections.abc import Callable
from ipaddress import IPv6Address

import pytest

from pmip6.conformance.lma.judge import Sent
from pmip6.conformance.lma.reception_judge import expected_reply, judge_reception
from pmip6.conformance.lma.requests import Prepared
from pmip6.conformance.verdict import Finding
from pmip6.conformance.wire.arrivals import read_arrival
from pmip6.model.findings import FormatFault
from pmip6.model.lma.acknowledgement import acknowledge
from pmip6.model.lma.answer import Answer
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import Lies, encode
from pmip6.model.wire.error_replies import (
    REPLY_RULES,
    ReplyRule,
    error_reply,
    parameter_problem,
    reply_rules,
)
from pmip6.model.wire.ipv6 import Ipv6Packet, decode_ipv6, encode_ipv6
from pmip6.model.wire.messages import BindingError, ProxyBindingUpdate
from pmip6.model.wire.options import MobileNodeIdentifier, Timestamp
from pmip6.model.wire.reception import NO_PROXY_REGISTRATION, receive
from pmip6.vectors.lma.stimuli import Form, Request
from pmip6.vectors.packs.wire_form import encode_form, source_of

MAG, LMAA = IPv6Address("2001:db8:1::11"), IPv6Address("2001:db8:1::1")
ELSEWHERE = IPv6Address("2001:db8:1::77")
MESSAGE = ProxyBindingUpdate(1, 1, (MobileNodeIdentifier(b"mn"), Timestamp(1)))
ANSWERED = {
    FormatFault.UNKNOWN_MESSAGE: Form.UNKNOWN_TYPE,
    FormatFault.PAYLOAD_PROTO: Form.WRONG_PROTO,
    FormatFault.MESSAGE_TRUNCATED: Form.TOO_SHORT,
}


def _prepared(form: Form, source: IPv6Address = MAG) -> Prepared:
    source = source_of(form, source)
    octets = encode_form(form, MESSAGE, source, LMAA)
    packet = encode_ipv6(source, LMAA, octets)
    reception = receive(decode(octets, source, LMAA))
    sent = Sent(MESSAGE, source, LMAA)
    return Prepared(Request(form=form), packet, 1, sent, (), reception)


def _reply(prepared: Prepared) -> bytes:
    packet = decode_ipv6(prepared.packet)
    assert packet is not None
    reply = error_reply(prepared.reception, packet, prepared.packet)
    assert reply is not None
    return reply


def _judged(prepared: Prepared, *packets: bytes) -> list[Finding]:
    arrivals = [read_arrival(packet, 0, 0) for packet in packets]
    return judge_reception(prepared, arrivals, len(packets))


def _cited(findings: list[Finding]) -> set[str]:
    return {name for found in findings for name in found.requirements}


def _binding_error(status: int, home: str, to: IPv6Address = MAG) -> bytes:
    error = BindingError(status, IPv6Address(home))
    return encode_ipv6(LMAA, to, encode(error, LMAA, to))


def _problem(prepared: Prepared, change: Callable[[bytearray], None]) -> bytes:
    packet = bytearray(_reply(prepared))
    change(packet)
    return bytes(packet)


def _flip(at: int) -> Callable[[bytearray], None]:
    def change(packet: bytearray) -> None:
        packet[at] ^= 1

    return change


WRONG: dict[str, Callable[[Prepared], bytes]] = {
    "status": lambda p: _binding_error(1, "::"),
    "home address": lambda p: _binding_error(2, "2001:db8::5"),
    "code": lambda p: _problem(p, _flip(41)),
    "pointer": lambda p: _problem(p, _flip(47)),
    "destination": lambda p: _problem(p, _flip(39)),
}


@pytest.mark.parametrize("form", list(Form))
def test_the_reply_of_the_model_has_no_finding(form: Form) -> None:
    prepared = _prepared(form)
    is_answered = form in ANSWERED.values()
    assert (expected_reply(prepared) is not None) is is_answered
    assert _judged(prepared, *([_reply(prepared)] if is_answered else [])) == []


@pytest.mark.parametrize("rule", REPLY_RULES, ids=lambda rule: rule.name)
def test_a_reply_that_is_wrong_in_one_aspect_cites_its_requirement(
    rule: ReplyRule,
) -> None:
    prepared = _prepared(ANSWERED[rule.fault])
    (finding,) = _judged(prepared, WRONG[rule.aspect](prepared))
    assert finding.requirements == rule.requirements
    assert rule.aspect in finding.text


@pytest.mark.parametrize("fault", ANSWERED)
def test_a_reply_that_does_not_come_is_missed(fault: FormatFault) -> None:
    prepared = _prepared(ANSWERED[fault])
    (finding,) = _judged(prepared)
    assert finding.requirements == reply_rules(prepared.reception)[0].requirements


def test_an_error_with_another_number_is_no_binding_error() -> None:
    prepared = _prepared(Form.UNKNOWN_TYPE)
    error = encode(BindingError(2), LMAA, MAG, lies=Lies(mh_type=8))
    (finding,) = _judged(prepared, encode_ipv6(LMAA, MAG, error))
    assert {"6275-6.1.9-x2", "6275-14-x4"} < _cited([finding])


def test_an_error_repeats_the_home_address() -> None:
    octets = encode_form(Form.UNKNOWN_TYPE, MESSAGE, ELSEWHERE, LMAA)
    packet = encode_ipv6(MAG, LMAA, octets, home_address=ELSEWHERE)
    reception = receive(decode(octets, ELSEWHERE, LMAA))
    sent = Sent(MESSAGE, MAG, LMAA)
    form = Request(form=Form.UNKNOWN_TYPE)
    prepared = Prepared(form, packet, 1, sent, (), reception)
    assert _judged(prepared, _binding_error(2, str(ELSEWHERE))) == []
    (finding,) = _judged(prepared, _binding_error(2, "::"))
    assert "6275-6.1.9-x7" in finding.requirements


@pytest.mark.parametrize("form", [Form.BAD_CHECKSUM, Form.CUT_OPTION])
def test_what_is_discarded_silently_is_not_answered(form: Form) -> None:
    prepared = _prepared(form)
    packet = decode_ipv6(prepared.packet)
    assert packet is not None
    (finding,) = _judged(prepared, parameter_problem(packet, prepared.packet, 40))
    assert finding.requirements == prepared.reception.requirements != ()


@pytest.mark.parametrize(
    "form", [Form.BAD_CHECKSUM, Form.UNKNOWN_TYPE, Form.WRONG_PROTO, Form.TOO_SHORT]
)
def test_what_is_discarded_is_not_acknowledged(form: Form) -> None:
    prepared = _prepared(form)
    pba = acknowledge(MESSAGE, Answer(0, 1, (), None, 1))
    answer = encode_ipv6(LMAA, MAG, encode(pba, LMAA, MAG))
    right = [_reply(prepared)] if form in ANSWERED.values() else []
    (finding,) = _judged(prepared, answer, *right)
    assert finding.requirements == prepared.reception.requirements
    assert set(prepared.reception.duty) < _cited([finding])


def test_a_direct_registration_gets_no_proxy_acknowledgement() -> None:
    prepared = _prepared(Form.DIRECT)
    pba = acknowledge(MESSAGE, Answer(0, 1, (), None, 1))
    (finding,) = _judged(prepared, encode_ipv6(LMAA, MAG, encode(pba, LMAA, MAG)))
    assert finding.requirements == NO_PROXY_REGISTRATION


@pytest.mark.parametrize("source", ["ff02::1", "::"], ids=["6275-9.3.3-1", "4443-2.4"])
def test_no_error_goes_to_an_address_of_no_one(source: str) -> None:
    prepared = _prepared(Form.UNKNOWN_TYPE, IPv6Address(source))
    packet = decode_ipv6(prepared.packet)
    assert isinstance(packet, Ipv6Packet)
    assert error_reply(prepared.reception, packet, prepared.packet) is None
    assert expected_reply(prepared) is None
