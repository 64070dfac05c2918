"""The rows for user packets in a fast handover, each decided by a packet of its own."""

from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network

import pytest

from pmip6.model.fast_handover.forwarding import (
    FAST_HANDOVER_RULES,
    HANDOVER_FORWARDING,
)
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
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, decode_ipv6, encode_ipv6
from pmip6.model.wire.tunnel_packets import Tunnel

OWN, OTHER = IPv6Address("2001:db8:1::11"), IPv6Address("2001:db8:1::12")
THIRD, LMA = IPv6Address("2001:db8:1::13"), IPv6Address("2001:db8:1::1")
NODE, PEER = IPv6Address("2001:db8:100:1::5"), IPv6Address("2001:db8:200::5")
PREFIXES = (IPv6Network("2001:db8:100:1::/64"),)
TO_OTHER = Tunnel(OWN, OTHER)
PLAIN = HostedNode(b"\2\0\0\0\1\1", PREFIXES, Tunnel(OWN, LMA))
FORWARDED = replace(PLAIN, next=TO_OTHER)
HELD = replace(PLAIN, is_buffering=True)
EXPECTED = replace(PLAIN, is_registered=False, is_on_link=False, former=TO_OTHER)
ARRIVED = replace(EXPECTED, is_on_link=True)
SETTLED = replace(ARRIVED, is_registered=True)
DRAINING = replace(SETTLED, is_on_link=False, is_draining=True)


def _up(node: HostedNode | None, source: IPv6Address = NODE) -> Traffic:
    return Traffic(Arrival.NODE, source, PEER, sender=node)


def _down(node: HostedNode, entry: IPv6Address = LMA) -> Traffic:
    return Traffic(Arrival.TUNNEL, PEER, NODE, receiver=node, entry_point=entry)


def _through(node: HostedNode, entry: IPv6Address = OTHER) -> Traffic:
    return Traffic(Arrival.TUNNEL, NODE, PEER, origin=node, entry_point=entry)


@pytest.mark.parametrize(
    ("traffic", "row", "way"),
    [
        (_up(ARRIVED), "tunnel_to_former_gateway", Way.FORMER_GATEWAY),
        (_up(SETTLED), "tunnel_to_anchor", Way.TUNNEL),
        (_up(ARRIVED, PEER), "drop_foreign_source", Way.DROP),
        (_up(ARRIVED, IPv6Address("fe80::1")), "drop_link_local_source", Way.DROP),
        (_up(None), "drop_without_binding", Way.DROP),
        (_up(FORWARDED), "tunnel_to_anchor", Way.TUNNEL),
        (_down(PLAIN), "deliver_from_tunnel", Way.NODE),
        (_down(FORWARDED), "forward_to_next_gateway", Way.NEXT_GATEWAY),
        (_down(FORWARDED, OTHER), "drop_hosted_nowhere", Way.DROP),
        (_down(HELD), "buffer_for_next_gateway", Way.BUFFER),
        (_down(HELD, OTHER), "drop_hosted_nowhere", Way.DROP),
        (
            _down(replace(FORWARDED, is_buffering=True)),
            "buffer_for_next_gateway",
            Way.BUFFER,
        ),
        (_down(ARRIVED, OTHER), "deliver_from_former_gateway", Way.NODE),
        (_down(ARRIVED, THIRD), "drop_hosted_nowhere", Way.DROP),
        (_down(EXPECTED, OTHER), "buffer_until_arrival", Way.BUFFER),
        (_down(SETTLED), "deliver_from_tunnel", Way.NODE),
        (_down(DRAINING), "wait_behind_others", Way.BUFFER),
        (_through(FORWARDED), "pass_on_to_anchor", Way.TUNNEL),
        (_through(FORWARDED, THIRD), "drop_hosted_nowhere", Way.DROP),
        (_through(PLAIN), "drop_hosted_nowhere", Way.DROP),
        (_through(SETTLED), "drop_hosted_nowhere", Way.DROP),
    ],
)
def test_each_packet_goes_its_way(traffic: Traffic, row: str, way: Way) -> None:
    rule = way_of(traffic, FAST_HANDOVER_RULES)
    assert (rule.name, rule.way) == (row, way)


def test_the_table_has_all_rows_of_both_and_cites_what_is_known() -> None:
    assert set(FAST_HANDOVER_RULES) == {*FORWARDING_RULES, *HANDOVER_FORWARDING}
    cited = {name for rule in HANDOVER_FORWARDING for name in rule.requirements}
    assert cited <= load_requirements().keys()


FORWARDING = GatewayForwarding(OWN, rules=FAST_HANDOVER_RULES)
DOWN = encode_ipv6(PEER, NODE, b"down", next_header=59)
UP = encode_ipv6(NODE, PEER, b"up", next_header=59)


def _ends(packet: bytes) -> tuple[IPv6Address, IPv6Address]:
    read = decode_ipv6(packet)
    assert read is not None and read.next_header == IPPROTO_IPV6
    return read.source, read.destination


def _tunnelled(packet: bytes, entry: IPv6Address) -> bytes:
    return encode_ipv6(entry, OWN, packet, next_header=IPPROTO_IPV6)


def test_the_octets_of_each_way() -> None:
    passed = FORWARDING.from_tunnel(_tunnelled(DOWN, LMA), [FORWARDED])
    assert passed is not None and passed.way is Way.NEXT_GATEWAY
    assert [_ends(packet) for packet in passed.packets] == [(OWN, OTHER)]
    passed = FORWARDING.from_tunnel(_tunnelled(UP, OTHER), [FORWARDED])
    assert passed is not None and passed.way is Way.TUNNEL
    assert [_ends(packet) for packet in passed.packets] == [(OWN, LMA)]
    passed = FORWARDING.from_node(UP, ARRIVED, [ARRIVED])
    assert passed is not None and passed.way is Way.FORMER_GATEWAY
    assert [_ends(packet) for packet in passed.packets] == [(OWN, OTHER)]
    passed = FORWARDING.from_tunnel(_tunnelled(DOWN, OTHER), [EXPECTED])
    assert passed is not None and (passed.way, passed.packets) == (Way.BUFFER, (DOWN,))
    assert passed.receiver is EXPECTED
