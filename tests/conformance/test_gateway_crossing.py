"""An answer that the gateway takes up late, but in time, crosses no request of its timer."""

import pytest

from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.lane import gateway_campaign
from pmip6.conformance.mag.port import Sent
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.virtual_gateway import Start, VirtualGatewayLink
from pmip6.conformance.verdict import Verdict
from pmip6.model.wire.ipv6 import decode_packet
from pmip6.model.wire.messages import HandoverAcknowledge
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import gateway_purposes_named

LATE_MS = 250
"""How late the tester is: less than the tolerance, so that what it finds counts."""
TAKEN_MS = 550
"""How long the gateway takes for an answer: less than the reaction that is declared."""


class _Slow(VirtualGatewayLink):
    """The tester comes late to the first answer of a case, and the gateway takes it late."""

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self._held: tuple[int, bytes] | None = None
        self._is_to_answer = False

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        super().attach(node, handoff)
        self._is_to_answer = True

    def send(self, packet: bytes) -> None:
        if self._is_to_answer and self.now_ms():  # the first probe answers at once
            self._held = self.now_ms() + TAKEN_MS, packet
        else:
            super().send(packet)
        self._is_to_answer = False

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        if self._held is not None:
            at_ms, packet = self._held
            came = super().receive(min(until_ms, at_ms))
            if came is not None or self.now_ms() < at_ms:
                return came
            self._held = None
            super().send(packet)
        came = super().receive(until_ms)
        if came is None and self._is_to_answer and self._held is None:
            came = super().receive(self.now_ms() + LATE_MS)
        return came


@pytest.mark.parametrize("name", ["TP_MAG_ACK_BI_80", "TP_MAG_ACK_BV_01"])
def test_the_request_of_a_timer_crosses_no_answer(name: str) -> None:
    declared = reference_gateway(GatewayDomain.NUMBERED, nodes=8)
    told = gateway_file(declared)
    link = _Slow(lambda start_ms: ReferenceGateway(told, start_ms=start_ms))
    result = gateway_campaign(declared, link).run(gateway_purposes_named([name]))
    (case,) = result.cases
    assert result.again == ()
    assert case.verdict is Verdict.PASS, case.reason


SHORT_MS = 400
"""How long a gateway waits for the first answer to an HI: the tester listens for most of it."""
SLOW_MS = 250
"""How long it takes for a Handover Acknowledge."""
ANSWERED = (
    "take_agreement / OFFERING, IDLE",
    "take_context / IDLE, FETCHING",
    "fall_back / IDLE, FETCHING",
)


class _SlowHandover(VirtualGatewayLink):
    """The gateway takes each Handover Acknowledge late."""

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self._held: list[tuple[int, bytes]] = []

    def send(self, packet: bytes) -> None:
        read = decode_packet(packet)
        if read is not None and isinstance(read[1].message, HandoverAcknowledge):
            self._held.append((self.now_ms() + SLOW_MS, packet))
        else:
            super().send(packet)

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        while self._held and self._held[0][0] <= until_ms:
            at_ms, packet = self._held[0]
            came = super().receive(at_ms)
            if came is not None:
                return came
            self._held.pop(0)
            super().send(packet)
        return super().receive(until_ms)


@pytest.mark.parametrize("key", ANSWERED)
def test_a_repeated_initiate_crosses_no_answer(key: str) -> None:
    declared = reference_gateway(handover=HandoverScene.FORWARDING)
    assert declared.fast_handover is not None
    told = {"initiate_timeout_ms": SHORT_MS}
    handover = declared.fast_handover.model_copy(update=told)
    declared = declared.model_copy(update={"fast_handover": handover})
    told_gateway = gateway_file(declared)
    link = _SlowHandover(lambda start_ms: gateway_of(told_gateway, start_ms=start_ms))
    chosen = [p for p in handover_purposes() if p.key.startswith(key)]
    chosen = [p for p in chosen if p.scene is HandoverScene.FORWARDING]
    result = gateway_campaign(declared, link).run(chosen)
    assert chosen and result.again == ()
    assert [c.reason for c in result.cases if c.verdict is not Verdict.PASS] == []
