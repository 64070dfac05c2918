"""Gateways that do on their links what they must not, whatever their rules say."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

from pmip6.conformance.mag.permitted_gateways import rewritten_advertisements
from pmip6.conformance.mag.port import Sent, ToNetwork, ToNode
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import (
    ALL_NODES,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from pmip6.model.discovery.options import PrefixInformation
from pmip6.model.mag.advertisement_rules import offered_prefixes
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, decode_ipv6, encode_ipv6
from pmip6.model.wire.numbers import IPPROTO_ICMPV6
from pmip6.vectors.mag.edges import SCENE

LIFETIME = 1800
"""Router Lifetime of advertisements, in seconds."""


class _Eager(VirtualGatewayLink):
    """A gateway that answers every solicitation, also those that it has to discard."""

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        """Answer what is not answered."""
        before = len(self._waiting)
        super().send_from_node(node, packet)
        answer = self._answer(packet)
        if len(self._waiting) == before and answer is not None:
            self._take([ToNode(node, answer)])

    def _answer(self, packet: bytes) -> bytes | None:
        own = self.gateway.settings.fixed_mag_link_local_address
        read = decode_discovery_packet(packet)
        match None if read is None else read[1].message:
            case RouterSolicitation():
                return discovery_packet(RouterAdvertisement(LIFETIME), own, ALL_NODES)
            case NeighborSolicitation(target=target):
                told = NeighborAdvertisement(target, router=True, solicited=True)
                return discovery_packet(told, target, SCENE.node_link_local)
            case _:
                return None


class _Mute(VirtualGatewayLink):
    """A gateway that answers no Echo Request and tells nobody of errors."""

    def send(self, packet: bytes) -> None:
        """Lose the replies."""
        before = len(self._waiting)
        super().send(packet)
        self._lose_replies(before)

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        """Lose the errors."""
        before = len(self._waiting)
        super().send_from_node(node, packet)
        if decode_discovery_packet(packet) is None:
            self._lose_replies(before)

    def _lose_replies(self, before: int) -> None:
        sent = [self._waiting.pop() for _ in range(len(self._waiting) - before)]
        self._waiting.extend(s for s in reversed(sent) if not _is_icmp(s[1].packet))


def _is_icmp(packet: bytes) -> bool:
    header = decode_ipv6(packet)
    return header is not None and header.next_header == IPPROTO_ICMPV6


class Leaking(VirtualGatewayLink):
    """A gateway that passes on every user packet, also those that it has to drop."""

    receiver = SCENE.link_layer
    ends = SCENE.gateway, SCENE.anchor

    def send(self, packet: bytes) -> None:
        """Give the node what is dropped."""
        before = len(self._waiting)
        super().send(packet)
        outer = decode_ipv6(packet)
        if (
            len(self._waiting) == before
            and outer is not None
            and outer.next_header == IPPROTO_IPV6
        ):
            self._take([ToNode(self.receiver, outer.payload)])

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        """Tunnel what is dropped."""
        before = len(self._waiting)
        super().send_from_node(node, packet)
        if len(self._waiting) == before and decode_discovery_packet(packet) is None:
            around = encode_ipv6(*self.ends, packet, next_header=IPPROTO_IPV6)
            self._take([ToNetwork(around)])


FOREIGN = PrefixInformation(IPv6Address("2001:db8:dead::"), 64)
"""What is no prefix of anybody."""


class _Generous(VirtualGatewayLink):
    """A gateway that offers a prefix more, wherever it offers one."""

    def _take(self, sent: list[Sent]) -> None:
        super()._take([other for each in sent for other in _enriched(each)])


def _richer(message: RouterAdvertisement) -> RouterAdvertisement:
    more = (FOREIGN,) if offered_prefixes(message) else ()
    return replace(message, options=(*message.options, *more))


_enriched = rewritten_advertisements(_richer)


LINKS: dict[str, type[VirtualGatewayLink]] = {
    "answers what it must discard": _Eager,
    "passes on what it must drop": Leaking,
    "answers no echo and tells of no error": _Mute,
    "offers a foreign prefix": _Generous,
}
"""Such gateways, by what they do."""
