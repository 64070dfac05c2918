"""An anchor that takes its time, within what is declared, is not blamed for that."""

import pytest
from late_link import LateLink

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.ics import advice
from pmip6.conformance.lma.in_memory import (
    anchor_settings,
    reference_declaration,
    run_case_in_memory,
)
from pmip6.conformance.lma.probe import Prober
from pmip6.conformance.verdict import Verdict
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import ProxyBindingAcknowledgement, ProxyBindingUpdate
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.vectors.lma.purposes import Purpose, purposes, purposes_named

DECLARED = reference_declaration()
LATE_MS = 400
"""Later than `timers.silence_ms`, and sooner than `timers.reaction_ms`."""
REPLIED = [p for p in purposes() if p.name.startswith("TP_LMA_RCV_BI_")]


class LateHomeAgent(LateLink):
    """A link to an anchor that takes its time, and is a home agent besides.

    A direct registration, which no rule of a local mobility anchor is about, it refuses.
    """

    takes_ms = LATE_MS

    def send(self, packet: bytes) -> None:
        """What comes of it comes late, a refusal too."""
        super().send(packet)
        read = decode_packet(packet)
        message = None if read is None else read[1].message
        is_direct = isinstance(message, ProxyBindingUpdate) and not message.proxy
        if read is not None and isinstance(message, ProxyBindingUpdate) and is_direct:
            status = BindingAckStatus.HOME_REGISTRATION_NOT_SUPPORTED
            refused = ProxyBindingAcknowledgement(
                status, message.sequence, 0, proxy=False
            )
            to, source = read[0].source, read[0].destination
            answer = encode_ipv6(source, to, encode(refused, source, to))
            self.delay(self.now_ms(), answer)


@pytest.mark.parametrize("purpose", REPLIED, ids=lambda p: p.name)
def test_no_case_fails_that_a_late_answer_decides(purpose: Purpose) -> None:
    result = run_case_in_memory(purpose, DECLARED, link_to=LateHomeAgent)
    assert result.verdict in (Verdict.PASS, Verdict.INCONC), result.findings
    assert not result.findings


def test_it_is_said_why_a_case_is_undecided() -> None:
    (direct,) = purposes_named(["TP_LMA_RCV_BI_01"])
    result = run_case_in_memory(direct, DECLARED, link_to=LateHomeAgent)
    assert result.verdict is Verdict.INCONC
    told = f"BA with status 131 came after {LATE_MS} ms, and timers.silence_ms is 300"
    assert result.reason == told


def test_a_reply_that_has_to_come_is_waited_for() -> None:
    (told,) = purposes_named(["TP_LMA_RCV_BI_05"])
    result = run_case_in_memory(told, DECLARED, link_to=LateHomeAgent)
    assert result.verdict is Verdict.PASS, result.reason


def test_probe_proposes_a_silence_that_fits() -> None:
    nodes = DECLARED.nodes.model_copy(update={"count": 30})
    declared = DECLARED.model_copy(update={"nodes": nodes})
    settings = anchor_settings(declared, nodes.identifiers(), forwards=True)
    found = Prober(declared, LateHomeAgent(ReferenceAnchor(settings))).run()
    values = {each.key: each.value for each in found}
    assert values["timers.silence_ms"] == values["timers.reaction_ms"] == 3 * LATE_MS


def test_ics_tells_of_a_silence_that_is_shorter_than_an_answer_may_take() -> None:
    *others, line = advice(DECLARED)
    assert line.startswith("timers.silence_ms: ") and "1000 ms" in line
    assert [text.partition(": ")[0] for text in others] == ["esp", "hooks.restart"]
    timers = DECLARED.timers.model_copy(update={"silence_ms": 1000})
    assert list(advice(DECLARED.model_copy(update={"timers": timers}))) == others
