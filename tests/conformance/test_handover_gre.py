"""GRE keys between gateways: each is told to the other one, and packets have it."""

from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Any

import pytest

from pmip6.conformance.fast_handover.case import run_in_memory
from pmip6.conformance.fast_handover.cast import ANCHOR, Cast, settings_of
from pmip6.conformance.fast_handover.gateway import FastHandoverGateway
from pmip6.conformance.fast_handover.packets import End, datagram, register
from pmip6.conformance.mag.port import Sent, ToNetwork, ToNode
from pmip6.conformance.mag.settings import FastHandoverSettings, GatewaySettings
from pmip6.conformance.verdict import Verdict
from pmip6.model.fast_handover.options import GreKey
from pmip6.model.language.interpreter import Value
from pmip6.model.wire.gre import gre_payload, read_gre
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, decode_ipv6, decode_packet, encode_ipv6
from pmip6.model.wire.messages import HandoverAcknowledge, HandoverInitiate, option_of
from pmip6.model.wire.numbers import IPPROTO_GRE
from pmip6.model.wire.tunnel_packets import Tunnel
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.fast_handover.stimuli import Registration, Route

NODE = Cast()
FIRST, SECOND = (IPv6Address(f"2001:db8:1::{n}") for n in (11, 12))
OF_FIRST, OF_SECOND = 0x00110001, 0x00120001
CASES = [p for p in handover_purposes() if p.scene is HandoverScene.GRE_KEYS]


def _settings(own: IPv6Address, *, has_keys: bool = True) -> GatewaySettings:
    other = SECOND if own == FIRST else FIRST
    told = FastHandoverSettings(
        gateways=(other,), access_points={"ap": other}, gre_keys=has_keys
    )
    base = settings_of(HandoverScene.GRE_KEYS, [NODE])
    return base.model_copy(update={"proxy_coa": own, "fast_handover": told})


@dataclass
class Pair:
    """Two gateways; the anchor registers at once, where it is there."""

    second_has_keys: bool = True
    is_anchor_there: bool = True
    now: int = 10
    passed: list[bytes] = field(default_factory=list[bytes])

    def __post_init__(self) -> None:
        keys = {FIRST: True, SECOND: self.second_has_keys}
        self.gateways = {
            own: FastHandoverGateway(_settings(own, has_keys=has))
            for own, has in keys.items()
        }

    def carry(self, own: IPv6Address, sent: list[Sent]) -> None:
        self.now += 1
        for each in sent:
            self.passed.append(each.packet)
            to = IPv6Address(each.packet[24:40])
            if isinstance(each, ToNode):
                continue
            if to == ANCHOR and self.is_anchor_there:
                self._register(own, each)
            elif to in self.gateways:
                self.give(to, each.packet)

    def give(self, to: IPv6Address, packet: bytes) -> None:
        sent = self.gateways[to].receive_from_network(packet, self.now, self.now)
        self.carry(to, sent)

    def _register(self, own: IPv6Address, request: ToNetwork) -> None:
        end = End()
        end.note(request)
        read = decode_packet(register(Registration(), end, NODE))
        if end.update is not None and read is not None:
            header, _ = read
            self.give(own, encode_ipv6(ANCHOR, own, header.payload))

    def attach(self, own: IPv6Address) -> None:
        gateway = self.gateways[own]
        self.carry(own, gateway.attach(NODE.link_layer, self.now, self.now))

    def hand_over(self) -> None:
        """In predictive mode, until the node is at the second gateway."""
        self.attach(FIRST)
        gateway, node = self.gateways[FIRST], NODE.link_layer
        self.carry(FIRST, gateway.indicate_handover(node, "ap", self.now, self.now))
        self.is_anchor_there = False
        self.attach(SECOND)

    def keys(self) -> list[int | None]:
        """Those of the handover messages, in their order."""
        read = [decode_packet(packet) for packet in self.passed]
        messages = [each[1].message for each in read if each is not None]
        told = [
            option_of(message, GreKey)
            for message in messages
            if isinstance(message, HandoverInitiate | HandoverAcknowledge)
        ]
        return [None if option is None else option.key for option in told]

    def between(self) -> list[tuple[IPv6Address, int, int]]:
        """Entry point, next header and key of what passes between the gateways."""
        found: list[tuple[IPv6Address, int, int]] = []
        for packet in self.passed:
            header = decode_ipv6(packet)
            assert header is not None
            if header.next_header in (IPPROTO_GRE, IPPROTO_IPV6):
                keyed = read_gre(header.payload)
                key = 0 if keyed is None else keyed.key
                found.append((header.source, header.next_header, key))
        return found


def _down(number: int) -> bytes:
    inner = datagram(Route.ANCHOR, number, NODE)[40:]
    return encode_ipv6(ANCHOR, FIRST, inner, next_header=IPPROTO_IPV6)


def test_each_direction_has_the_key_of_the_gateway_that_it_goes_to() -> None:
    """RFC 5949, section 4.2: the HI has that for uplink here, the HAck that for downlink."""
    pair = Pair()
    pair.hand_over()
    assert pair.keys() == [OF_FIRST, OF_SECOND]
    pair.passed.clear()
    pair.give(FIRST, _down(1))
    up = datagram(Route.NODE, 2, NODE)
    sent = pair.gateways[SECOND].receive_from_node(
        NODE.link_layer, up, pair.now, pair.now
    )
    pair.carry(SECOND, sent)
    assert pair.between() == [
        (FIRST, IPPROTO_GRE, OF_SECOND),
        (SECOND, IPPROTO_GRE, OF_FIRST),
        (FIRST, IPPROTO_IPV6, 0),  # to the anchor as ever
    ]
    to_node = [p for p in pair.passed if p[24:40] == NODE.address.packed]
    assert len(to_node) == 1


@pytest.mark.parametrize("key", [None, OF_FIRST, OF_SECOND + 1])
def test_what_has_another_key_or_none_is_dropped(key: int | None) -> None:
    pair = Pair()
    pair.hand_over()
    pair.passed.clear()
    inner = datagram(Route.ANCHOR, 1, NODE)[40:]
    for told, is_taken in ((key, False), (OF_SECOND, True)):
        keyed = inner if told is None else gre_payload(inner, told)
        protocol = IPPROTO_IPV6 if told is None else IPPROTO_GRE
        pair.give(SECOND, encode_ipv6(FIRST, SECOND, keyed, next_header=protocol))
        assert bool(pair.passed) == is_taken


def test_the_anchor_s_tunnel_has_no_key() -> None:
    pair = Pair()
    pair.attach(FIRST)
    pair.passed.clear()
    inner = datagram(Route.ANCHOR, 1, NODE)[40:]
    keyed = gre_payload(inner, OF_FIRST)
    pair.give(FIRST, encode_ipv6(ANCHOR, FIRST, keyed, next_header=IPPROTO_GRE))
    assert pair.passed == []


def test_without_the_key_of_the_other_one_nothing_goes_through_a_tunnel() -> None:
    pair = Pair(second_has_keys=False)
    pair.hand_over()
    assert pair.keys() == [OF_FIRST, None]
    pair.passed.clear()
    pair.give(FIRST, _down(1))
    assert all(source != FIRST for source, _, _ in pair.between())


class WithOwnKey(FastHandoverGateway):
    """Sends packets by the key that it has told, not by the one that it was told."""

    def _tunnel(self, node: bytes, other: Value) -> Tunnel | None:
        tunnel = super()._tunnel(node, other)
        key = self._own_key(node)
        if tunnel is None or key is None:
            return tunnel
        return Tunnel(tunnel.entry_point, tunnel.exit_point, gre_key=key)


class WithoutKeys(FastHandoverGateway):
    """Tells keys, and sends packets without."""

    def _tunnel(self, node: bytes, other: Value) -> Tunnel | None:
        tunnel = super()._tunnel(node, other)
        return tunnel and Tunnel(tunnel.entry_point, tunnel.exit_point)


class TakesAnyKey(FastHandoverGateway):
    """Tells a key and expects none."""

    def _hosted_node(self, node: bytes) -> Any:
        hosted = super()._hosted_node(node)
        if hosted is not None:
            object.__setattr__(hosted, "gre_key", None)
        return hosted


def test_there_are_cases_for_both_gateways_in_both_modes() -> None:
    assert len(CASES) == 8
    assert {run_in_memory(case).verdict for case in CASES} == {Verdict.PASS}


@pytest.mark.parametrize(
    ("kind", "worst"),
    [
        (WithOwnKey, Verdict.FAIL),
        (WithoutKeys, Verdict.FAIL),
        (TakesAnyKey, Verdict.WARN),  # it drops what comes by its key, as it may
    ],
)
def test_a_case_finds_who_keeps_to_no_key(
    kind: type[FastHandoverGateway], worst: Verdict
) -> None:
    def start(settings: GatewaySettings, start_ms: int) -> FastHandoverGateway:
        return kind(settings, start_ms=start_ms)

    found = [run_in_memory(case, start).verdict for case in CASES]
    assert max(found) is worst
