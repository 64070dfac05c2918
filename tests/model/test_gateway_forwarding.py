"""Which way user packets go at a gateway: one test for each row, and what octets go out."""

from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network

import pytest

from pmip6.model.mag.forwarding import (
    FORWARDING_RULES,
    Arrival,
    GatewayForwarding,
    HostedNode,
    Traffic,
    Way,
    way_of,
)
from pmip6.model.requirements.tables import load_requirements
from pmip6.model.wire.ipv6 import decode_ipv6, encode_ipv6
from pmip6.model.wire.tunnel_packets import Tunnel

LMAA, OTHER_LMA = IPv6Address("2001:db8:1::1"), IPv6Address("2001:db8:1::2")
MAG = IPv6Address("2001:db8:1::11")
CORRESPONDENT = IPv6Address("2001:db8:200::5")
ONE = HostedNode(
    bytes.fromhex("020000000101"),
    (IPv6Network("2001:db8:100:1::/64"), IPv6Network("2001:db8:100:8::/64")),
    Tunnel(MAG, LMAA),
)
TWO = HostedNode(
    bytes.fromhex("020000000102"),
    (IPv6Network("2001:db8:100:2::/64"),),
    Tunnel(MAG, OTHER_LMA),
)
HOSTED = (ONE, TWO)
OWN, SECOND = IPv6Address("2001:db8:100:1::9"), IPv6Address("2001:db8:100:8::9")
OTHERS = IPv6Address("2001:db8:100:2::9")
NOBODYS = IPv6Address("2001:db8:100:3::9")
LINK_LOCAL = IPv6Address("fe80::ff:fe00:101")
PAYLOAD = b"payload!"
NO_NEXT_HEADER = 59

UP = Traffic(Arrival.NODE, OWN, CORRESPONDENT, ONE)
DOWN = Traffic(Arrival.TUNNEL, CORRESPONDENT, OWN, None, ONE, LMAA)
HOST = Traffic(Arrival.HOST, CORRESPONDENT, OWN, None, ONE)
TO_NEIGHBOUR = replace(UP, destination=OTHERS, receiver=TWO)


@pytest.mark.parametrize(
    ("traffic", "rule"),
    [
        (UP, "tunnel_to_anchor"),
        (replace(UP, source=SECOND), "tunnel_to_anchor"),
        (TO_NEIGHBOUR, "tunnel_though_local"),
        (replace(TO_NEIGHBOUR, enable_mag_local_routing=True), "route_locally"),
        (replace(UP, enable_mag_local_routing=True), "tunnel_to_anchor"),
        (replace(UP, source=LINK_LOCAL), "drop_link_local_source"),
        (replace(UP, source=LINK_LOCAL, sender=None), "drop_link_local_source"),
        (replace(UP, sender=None), "drop_without_binding"),
        (replace(UP, source=OTHERS), "drop_foreign_source"),
        (replace(UP, source=OTHERS, sources_are_checked=False), "tunnel_to_anchor"),
        (
            replace(TO_NEIGHBOUR, source=NOBODYS, enable_mag_local_routing=True),
            "drop_foreign_source",
        ),
        (HOST, "route_from_host"),
        (replace(HOST, enable_mag_local_routing=True), "deliver_from_host"),
        (DOWN, "deliver_from_tunnel"),
        (replace(DOWN, receiver=None), "drop_hosted_nowhere"),
        (replace(DOWN, entry_point=OTHER_LMA), "drop_hosted_nowhere"),
    ],
)
def test_the_row_that_decides(traffic: Traffic, rule: str) -> None:
    assert way_of(traffic).name == rule


def test_every_row_decides_somewhere_and_cites_requirements() -> None:
    marks = [
        mark
        for mark in getattr(test_the_row_that_decides, "pytestmark", [])
        if mark.name == "parametrize"
    ]
    decided = {rule for _, rule in marks[0].args[1]}
    assert decided == {rule.name for rule in FORWARDING_RULES}
    cited = {name for rule in FORWARDING_RULES for name in rule.requirements}
    assert cited <= load_requirements().keys()


def test_the_last_row_of_an_arrival_always_holds() -> None:
    nothing = IPv6Address(0)
    for arrival in Arrival:
        assert way_of(Traffic(arrival, nothing, nothing))


GATEWAY = GatewayForwarding(MAG)


def _packet(source: IPv6Address, destination: IPv6Address) -> bytes:
    return encode_ipv6(source, destination, PAYLOAD, next_header=NO_NEXT_HEADER)


def test_a_packet_goes_up_behind_the_header_of_the_tunnel() -> None:
    """5213-6.10.5-14: Proxy-CoA to LMAA, and the packet in it, one hop older."""
    sent = GATEWAY.from_node(_packet(OWN, CORRESPONDENT), ONE, HOSTED)
    assert sent is not None and sent.way is Way.TUNNEL and len(sent.packets) == 1
    outer = decode_ipv6(sent.packets[0])
    assert outer is not None
    assert (outer.source, outer.destination, outer.next_header) == (MAG, LMAA, 41)
    inner = decode_ipv6(outer.payload)
    assert inner is not None and inner.payload == PAYLOAD
    assert (inner.source, inner.destination) == (OWN, CORRESPONDENT)
    assert inner.hop_limit == 63


def test_a_packet_comes_down_without_the_header_of_the_tunnel() -> None:
    original = _packet(CORRESPONDENT, OTHERS)
    tunnelled = encode_ipv6(OTHER_LMA, MAG, original, next_header=41)
    sent = GATEWAY.from_tunnel(tunnelled, HOSTED)
    assert sent is not None and (sent.way, sent.receiver) == (Way.NODE, TWO)
    (packet,) = sent.packets
    assert packet[:7] + packet[8:] == original[:7] + original[8:]
    assert packet[7] == original[7] - 1


def test_what_is_hosted_nowhere_is_dropped_without_a_word() -> None:
    tunnelled = encode_ipv6(LMAA, MAG, _packet(CORRESPONDENT, NOBODYS), next_header=41)
    sent = GATEWAY.from_tunnel(tunnelled, HOSTED)
    assert sent is not None and sent.way is Way.DROP
    assert (sent.packets, sent.reply) == ((), None)


def test_a_packet_to_a_neighbour_goes_to_it_where_local_routing_is_on() -> None:
    local = GatewayForwarding(MAG, enable_mag_local_routing=True)
    sent = local.from_node(_packet(OWN, OTHERS), ONE, HOSTED)
    assert sent is not None and (sent.way, sent.receiver) == (Way.NODE, TWO)


def test_a_packet_too_big_for_the_tunnel_is_told_to_the_node() -> None:
    big = encode_ipv6(OWN, CORRESPONDENT, bytes(1460), next_header=NO_NEXT_HEADER)
    sent = GATEWAY.from_node(big, ONE, HOSTED)
    assert sent is not None and sent.way is Way.DROP and sent.reply is not None
    told = decode_ipv6(sent.reply)
    assert told is not None and told.destination == OWN
    assert told.payload[0] == 2 and int.from_bytes(told.payload[4:8]) == 1460


def test_what_stays_on_its_link_is_not_passed_on() -> None:
    group = IPv6Address("ff02::fb")
    sent = GATEWAY.from_node(_packet(OWN, group), ONE, HOSTED)
    assert sent is not None and (sent.way, sent.reply) == (Way.DROP, None)


@pytest.mark.parametrize("data", [b"", bytes(39), bytes(80)])
def test_what_is_no_packet_is_nothing(data: bytes) -> None:
    assert GATEWAY.from_node(data, ONE, HOSTED) is None
    assert GATEWAY.from_host(data, HOSTED) is None
    assert GATEWAY.from_tunnel(data, HOSTED) is None
