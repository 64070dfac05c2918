"""HI and HAck under ESP between gateways: what goes out, and what is taken."""

from ipaddress import IPv6Address

import pytest
from pydantic import ValidationError

from pmip6.conformance.fast_handover.cast import Cast, settings_of
from pmip6.conformance.fast_handover.gateway import FastHandoverGateway
from pmip6.conformance.fast_handover.packets import End, datagram, initiate, register
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.settings import FastHandoverSettings
from pmip6.conformance.wire.esp_end import EspEnd, GatewayEsp, handover_end
from pmip6.model.wire.esp import EspCheck, is_esp
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import HandoverAcknowledge, HandoverInitiate
from pmip6.vectors.fast_handover.model import GATEWAY, OTHER, HandoverScene
from pmip6.vectors.fast_handover.stimuli import (
    Flags,
    Initiation,
    Registration,
    Route,
    Said,
)

NODE = Cast()
TO_OTHER, FROM_OTHER = ("11" * 32, "22" * 32)
PAIR = GatewayEsp(
    gateway=OTHER,
    spi_to_gateway=0x1001,
    key_to_gateway=TO_OTHER,
    spi_from_gateway=0x1002,
    key_from_gateway=FROM_OTHER,
)
OTHERS_PAIR = GatewayEsp(
    gateway=GATEWAY,
    spi_to_gateway=0x1002,
    key_to_gateway=FROM_OTHER,
    spi_from_gateway=0x1001,
    key_from_gateway=TO_OTHER,
)


def _gateway(checks: frozenset[EspCheck] | None = None) -> FastHandoverGateway:
    settings = settings_of(HandoverScene.FORWARDING, [NODE])
    handover = settings.fast_handover
    assert handover is not None
    told = handover.model_copy(update={"esp": (PAIR,)})
    settings = settings.model_copy(update={"fast_handover": told})
    if checks is None:
        return FastHandoverGateway(settings)
    return FastHandoverGateway(settings, esp_checks=checks)


def _other() -> EspEnd:
    end = handover_end([OTHERS_PAIR], OTHER)
    assert end is not None
    return end


def _messages(sent: list[Sent], end: EspEnd) -> list[object]:
    """The handover messages for the other gateway; each is under ESP."""
    found: list[object] = []
    for each in sent:
        if isinstance(each, ToNetwork) and each.packet[24:40] == OTHER.packed:
            assert is_esp(each.packet)
            read = end.receive(each.packet)
            assert isinstance(read, bytes)
            decoded = decode_packet(read)
            assert decoded is not None
            found.append(decoded[1].message)
    return found


OFFER = initiate(Initiation(Said.OFFER, Flags.FORWARD), 7, NODE)


def test_an_initiate_under_esp_is_answered_under_esp() -> None:
    other, gateway = _other(), _gateway()
    sent = gateway.receive_from_network(other.send(OFFER), 10, 10)
    (answer,) = _messages(sent, other)
    assert isinstance(answer, HandoverAcknowledge) and answer.sequence == 7


SHOWN = (
    EspCheck.PROTECTION,
    EspCheck.ASSOCIATION,
    EspCheck.REPLAY,
    EspCheck.INTEGRITY,
)
"""The checks that a tester with one association can see made."""


@pytest.mark.parametrize("fault", SHOWN)
def test_what_fails_a_check_is_not_taken(fault: EspCheck) -> None:
    other, gateway = _other(), _gateway()
    other.send(OFFER)  # a number that is used up, for the replay
    assert gateway.receive_from_network(other.send(OFFER), 9, 9)
    again = initiate(Initiation(Said.OFFER, Flags.FORWARD), 8, NODE)
    assert gateway.receive_from_network(other.send(again, fault), 10, 10) == []


def test_a_gateway_that_takes_what_is_in_clear_is_another_one() -> None:
    gateway = _gateway(frozenset(EspCheck) - {EspCheck.PROTECTION})
    assert gateway.receive_from_network(OFFER, 10, 10)
    assert _gateway().receive_from_network(OFFER, 10, 10) == []


def test_an_own_initiate_goes_out_under_esp() -> None:
    gateway, end, other = _gateway(), End(), _other()
    for each in gateway.attach(NODE.link_layer, 10, 10):
        end.note(each)
    gateway.receive_from_network(register(Registration(), end, NODE), 11, 11)
    sent = gateway.indicate_handover(NODE.link_layer, "ap-other", 20, 20)
    (message,) = _messages(sent, other)
    assert isinstance(message, HandoverInitiate)


def test_user_packets_between_the_gateways_are_in_clear() -> None:
    other, gateway = _other(), _gateway()
    gateway.receive_from_network(other.send(OFFER), 10, 10)
    gateway.attach(NODE.link_layer, 20, 20)
    packet = datagram(Route.GATEWAY_DOWN, 1, NODE)
    assert gateway.receive_from_network(packet, 30, 30)


def test_registrations_are_no_business_of_these_associations() -> None:
    packet = encode_ipv6(GATEWAY, OTHER, bytes(8))
    end = handover_end([PAIR], GATEWAY)
    assert end is not None and end.send(packet) == packet
    assert handover_end([], GATEWAY) is None


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ((PAIR, PAIR), r"is there already, in fast_handover\.esp\[1\]\.gateway"),
        (
            (PAIR, PAIR.model_copy(update={"gateway": IPv6Address("2001:db8:1::13")})),
            r"is there already, in fast_handover\.esp\[1\]\.spi_from_gateway",
        ),
        ((OTHERS_PAIR,), "has other gateways"),
    ],
)
def test_associations_that_do_not_go_together(
    change: tuple[GatewayEsp, ...], place: str
) -> None:
    with pytest.raises(ValidationError, match=place):
        FastHandoverSettings(gateways=(OTHER,), esp=change)
