"""The reference gateway in fast handovers: order of packets, and when a node has left."""

from collections.abc import Iterable
from typing import Any

import pytest

from pmip6.conformance.fast_handover.cast import ACCESS_POINT, Cast, settings_of
from pmip6.conformance.fast_handover.gateway import FastHandoverGateway
from pmip6.conformance.fast_handover.packets import End, datagram, initiate, register
from pmip6.conformance.mag.port import Sent, ToNode
from pmip6.model.fast_handover.forwarding import FAST_HANDOVER_RULES
from pmip6.model.wire.ipv6 import decode_packet
from pmip6.model.wire.messages import HandoverAcknowledge, ProxyBindingUpdate
from pmip6.model.wire.numbers import HandoverAcknowledgeCode
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.stimuli import (
    Flags,
    Initiation,
    Registration,
    Route,
    Said,
)

NODE = Cast()
BEHIND = "wait_behind_others"
APART_MS, HELD = 20, 8
DELAY_MS = 300


class Play:
    """A gateway, and what it has sent."""

    def __init__(self, delay_ms: int = 0, **others: Any) -> None:
        settings = settings_of(HandoverScene.FORWARDING, [NODE])
        handover = settings.fast_handover
        assert handover is not None
        told = handover.model_copy(update={"detachment_delay_ms": delay_ms})
        settings = settings.model_copy(update={"fast_handover": told})
        self.gateway = FastHandoverGateway(settings, **others)
        self.end, self.numbers = End(), list[int]()
        self.messages: list[object] = []

    def note(self, sent: Iterable[Sent]) -> None:
        for each in sent:
            self.end.note(each)
            read = decode_packet(each.packet)
            if read is not None:
                self.messages.append(read[1].message)
            elif isinstance(each, ToNode) and each.packet[6] == 17:
                self.numbers.append(int(each.packet[48:].split()[-1]))

    def network(self, packet: bytes, now_ms: int) -> None:
        self.note(self.gateway.receive_from_network(packet, now_ms, now_ms))

    def attach(self, now_ms: int, former: str | None = None) -> None:
        self.note(
            self.gateway.attach(
                NODE.link_layer, now_ms, now_ms, old_access_point=former
            )
        )

    def advance(self, now_ms: int) -> None:
        self.note(self.gateway.advance(now_ms, now_ms))

    def deregistered(self) -> bool:
        return any(
            isinstance(each, ProxyBindingUpdate) and each.lifetime == 0
            for each in self.messages
        )


def _delivered(**others: Any) -> list[int]:
    """What the node gets where packets of the anchor come while others still wait."""
    play = Play(**others)
    play.network(initiate(Initiation(Said.OFFER, Flags.FORWARD), 1, NODE), 10)
    for number in range(HELD):
        now = 20 + number * APART_MS
        play.network(datagram(Route.GATEWAY_DOWN, number, NODE), now)
    now = 20 + HELD * APART_MS
    play.attach(now)
    play.network(register(Registration(), play.end, NODE), now + 1)
    for number in range(HELD, HELD + 3):
        play.network(datagram(Route.ANCHOR, number, NODE), now + number)
    for after in range(0, 1000, 5):
        play.advance(now + 50 + after)
    return play.numbers


def test_packets_of_the_anchor_wait_for_those_that_came_before() -> None:
    """As in the model (`has_to_wait` in model/fast_handover/packets.py)."""
    assert _delivered() == list(range(HELD + 3))


def test_without_its_row_they_overtake() -> None:
    rules = tuple(rule for rule in FAST_HANDOVER_RULES if rule.name != BEHIND)
    found = _delivered(forwarding_rules=rules)
    assert sorted(found) == list(range(HELD + 3)) and found != sorted(found)


def _served(delay_ms: int) -> Play:
    play = Play(delay_ms)
    play.attach(10)
    play.network(register(Registration(), play.end, NODE), 11)
    play.note(play.gateway.detach(NODE.link_layer, 1000, 1000))
    return play


@pytest.mark.parametrize(
    ("delay_ms", "code"),
    [
        (0, HandoverAcknowledgeCode.REQUESTED_CONTEXT_NOT_AVAILABLE),
        (DELAY_MS, HandoverAcknowledgeCode.ALL_CONTEXT_TRANSFERRED),
    ],
)
def test_a_gateway_that_notices_late_still_has_the_context(
    delay_ms: int, code: int
) -> None:
    """docs/findings.md, De-registration before a Handover Initiate."""
    play = _served(delay_ms)
    assert play.deregistered() == (delay_ms == 0)
    play.network(initiate(Initiation(Said.FETCH, Flags.FORWARD), 1, NODE), 1050)
    (answer,) = (m for m in play.messages if isinstance(m, HandoverAcknowledge))
    assert answer.code == code


def test_a_node_that_stays_away_is_noticed_in_the_end() -> None:
    play = _served(DELAY_MS)
    assert play.gateway.next_deadline() == 1000 + DELAY_MS
    play.advance(1000 + DELAY_MS - 1)
    assert not play.deregistered()
    play.advance(1000 + DELAY_MS)
    assert play.deregistered()


def test_a_node_that_is_back_in_time_is_not_noticed() -> None:
    play = _served(DELAY_MS)
    play.attach(1100, ACCESS_POINT)
    play.network(register(Registration(), play.end, NODE), 1101)
    play.advance(1000 + 2 * DELAY_MS)
    assert not play.deregistered()
