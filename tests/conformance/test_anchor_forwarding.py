"""The reference anchor passes user packets on as its bindings say, and as RFC 2473 says."""

from ipaddress import IPv6Address

import pytest

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.in_memory import (
    LMAA,
    MAG1,
    MAG2,
    STRANGER,
    anchor_settings,
    reference_declaration,
)
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.model.state import forwarding
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import (
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    option_of,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    Timestamp,
)
from pmip6.model.wire.tunnel_packets import Tunnel, encapsulate, fragment

CN = IPv6Address("2001:db8:1::c")
NODES = ("mn1@example.org", "mn2@example.org")
NO_NEXT_HEADER = 59
DELAY_MS = reference_declaration().timers.min_delay_before_bce_delete_ms


class Domain:
    """An anchor, and gateways that register nodes with it."""

    def __init__(self) -> None:
        told: AnchorSettings = anchor_settings(reference_declaration(), NODES)
        switches = (*told.switches, forwarding.name)
        self.anchor = ReferenceAnchor(told.model_copy(update={"switches": switches}))
        self.now_ms = 0

    def register(
        self, gateway: IPv6Address, node: str = NODES[0], lifetime: int = 10
    ) -> IPv6Address:
        """Register a node, or end its session; an address of its prefix."""
        self.now_ms += 1
        stamp = (1_600_000_000 << 16) + (self.now_ms << 6)
        options = (
            MobileNodeIdentifier(node.encode()),
            HomeNetworkPrefix(IPv6Address(0), 0),
            HandoffIndicatorOption(3),
            AccessTechnologyTypeOption(4),
            Timestamp(stamp),
        )
        octets = encode(ProxyBindingUpdate(1, lifetime, options), gateway, LMAA)
        packet = encode_ipv6(gateway, LMAA, octets)
        (answer,) = self.anchor.receive(packet, self.now_ms, stamp)
        read = decode_packet(answer)
        assert read is not None
        pba = read[1].message
        assert isinstance(pba, ProxyBindingAcknowledgement) and pba.status == 0
        option = option_of(pba, HomeNetworkPrefix)
        assert option is not None
        return option.prefix + 7

    def passes(self, packet: bytes) -> list[bytes]:
        """What the anchor makes of a user packet."""
        return self.anchor.receive(packet, self.now_ms, 0)


def packet(source: IPv6Address, destination: IPv6Address, hops: int = 64) -> bytes:
    """A user packet of a few octets."""
    return encode_ipv6(
        source, destination, b"user data", next_header=NO_NEXT_HEADER, hop_limit=hops
    )


def tunnelled(original: bytes, start: IPv6Address, end: IPv6Address) -> list[bytes]:
    """The tunnel packet of an original one."""
    return list(encapsulate(original, Tunnel(start, end)).packets)


def test_packets_follow_the_node_from_gateway_to_gateway() -> None:
    domain = Domain()
    node = domain.register(MAG1)
    assert domain.passes(packet(CN, node)) == tunnelled(packet(CN, node), LMAA, MAG1)
    domain.register(MAG2)
    assert domain.passes(packet(CN, node)) == tunnelled(packet(CN, node), LMAA, MAG2)


def test_packets_of_the_node_are_taken_from_its_gateway_alone() -> None:
    domain = Domain()
    node = domain.register(MAG1)
    (inside,) = tunnelled(packet(node, CN, 65), MAG1, LMAA)
    assert domain.passes(inside) == [packet(node, CN, 63)]
    for other in (MAG2, STRANGER):
        (inside,) = tunnelled(packet(node, CN), other, LMAA)
        assert domain.passes(inside) == []
    (inside,) = tunnelled(packet(STRANGER, CN), MAG1, LMAA)
    assert domain.passes(inside) == []


def test_nothing_passes_in_the_deletion_delay_or_after_it() -> None:
    domain = Domain()
    node = domain.register(MAG1)
    (inside,) = tunnelled(packet(node, CN), MAG1, LMAA)
    domain.register(MAG1, lifetime=0)
    assert domain.passes(packet(CN, node)) == domain.passes(inside) == []
    domain.now_ms += DELAY_MS
    assert domain.passes(packet(CN, node)) == domain.passes(inside) == []


def test_a_session_that_comes_back_in_its_delay_is_reached_again() -> None:
    domain = Domain()
    node = domain.register(MAG1)
    domain.register(MAG1, lifetime=0)
    domain.register(MAG2)
    assert domain.passes(packet(CN, node)) == tunnelled(packet(CN, node), LMAA, MAG2)


def test_a_packet_from_node_to_node_goes_from_tunnel_to_tunnel() -> None:
    domain = Domain()
    one, other = domain.register(MAG1), domain.register(MAG2, NODES[1])
    (inside,) = tunnelled(packet(one, other, 65), MAG1, LMAA)
    assert domain.passes(inside) == tunnelled(packet(one, other), LMAA, MAG2)


def test_the_tunnel_that_another_session_uses_stays() -> None:
    domain = Domain()
    domain.register(MAG1)
    other = domain.register(MAG1, NODES[1])
    domain.register(MAG2)
    assert domain.passes(packet(CN, other)) == tunnelled(packet(CN, other), LMAA, MAG1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_fragments_of_a_tunnel_packet_are_put_together(order: tuple[int, int]) -> None:
    domain = Domain()
    node = domain.register(MAG1)
    original = encode_ipv6(node, CN, bytes(1240), next_header=NO_NEXT_HEADER)
    (inside,) = tunnelled(original, MAG1, LMAA)
    pieces = fragment(inside, 1280, 9)
    assert domain.passes(pieces[order[0]]) == []
    (out,) = domain.passes(pieces[order[1]])
    assert out[40:] == bytes(1240)


def test_what_does_not_fit_the_tunnel_is_told_to_its_source() -> None:
    domain = Domain()
    node = domain.register(MAG1)
    large = encode_ipv6(CN, node, bytes(1460), next_header=NO_NEXT_HEADER)
    assert domain.passes(large) == [encapsulate(large, Tunnel(LMAA, MAG1)).reply]


def test_an_anchor_without_the_feature_passes_nothing_on() -> None:
    settings = anchor_settings(reference_declaration(), NODES)
    anchor = ReferenceAnchor(settings)
    home = next(settings.prefix_pool.hosts())
    assert anchor.receive(packet(CN, home), 0, 0) == []
