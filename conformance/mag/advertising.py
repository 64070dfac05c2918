"""Neighbor Discovery that a reference gateway sends to its nodes, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.mag.port import Sent, ToNode
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.visitor import Visitor
from pmip6.model.discovery.decoding import DecodedDiscovery
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import ALL_NODES, NeighborAdvertisement
from pmip6.model.discovery.options import INFINITE_LIFETIME, TargetLinkLayerAddress
from pmip6.model.mag.advertisement_rules import (
    MAX_INITIAL_RTR_ADVERT_INTERVAL_MS,
    MAX_INITIAL_RTR_ADVERTISEMENTS,
    MIN_DELAY_BETWEEN_RAS_MS,
    advertise,
    cease,
)
from pmip6.model.mag.machine import GatewayMachine
from pmip6.model.state import UpdateListState, registration_lifetime
from pmip6.model.wire.ipv6 import Ipv6Packet
from pmip6.model.wire.messages import UNSPECIFIED

INTERVAL_MS = 450_000
"""Between MinRtrAdvInterval and MaxRtrAdvInterval as RFC 4861, section 6.2.1, has them."""


class GatewayAdvertising:
    """When the nodes of a gateway are sent advertisements (RFC 4861, 6.2.4 and 6.2.6).

    Args:
        settings: What the gateway is told.
        machine: Knows which nodes have a binding.
        visitors: The nodes of the policy store by their identifiers.
        report: Called with one line for each event.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        machine: GatewayMachine,
        visitors: dict[bytes, Visitor],
        report: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self._machine = machine
        self._visitors = visitors
        self._report = report
        self._out: list[Sent] = []

    def _advertise_to(self, node: bytes, solicitor: IPv6Address) -> None:
        """The RA of a session to who asked for it, or to all where nobody can be told."""
        if solicitor == UNSPECIFIED or self.settings.answers_to_all_nodes:
            self._announce(node)
        else:
            self._send_advertisement(node, solicitor)

    def _announce(self, node: bytes) -> None:
        """An RA to all nodes of the link of a node, as soon as their rate allows it."""
        visitor, now_ms = self._visitors[node], self._machine.now_ms
        if visitor.announced_ms is not None:
            earliest = visitor.announced_ms + MIN_DELAY_BETWEEN_RAS_MS
            if now_ms < earliest:
                visitor.announcement_ms = earliest
                return
        self._send_advertisement(node, UNSPECIFIED)
        visitor.announced_ms = now_ms
        visitor.announcements += 1
        is_first = visitor.announcements < MAX_INITIAL_RTR_ADVERTISEMENTS
        visitor.announcement_ms = now_ms + (
            MAX_INITIAL_RTR_ADVERT_INTERVAL_MS if is_first else INTERVAL_MS
        )

    def _send_advertisement(self, node: bytes, destination: IPv6Address) -> None:
        visitor = self._visitors[node]
        # Nothing was advertised before where an RA goes out for another reason first.
        prefixes = self._machine.advertised(node) or self._machine.prefixes(node)
        lifetime = INFINITE_LIFETIME
        ends = self._machine.deadline(registration_lifetime.name, node)
        if self.settings.ties_prefix_lifetimes and ends is not None:
            lifetime = max(1, (ends - self._machine.now_ms) // 1000)
        self._out.append(router_advertisement(visitor, prefixes, destination, lifetime))

    def _cease(self) -> None:
        """A last RA on every link that has had others (RFC 4861, section 6.2.5)."""
        for node, visitor in self._visitors.items():
            if visitor.is_advertised and self._machine.is_attached(node):
                link = visitor.home_link(())
                packet = discovery_packet(cease(link), link.link_local, ALL_NODES)
                self._out.append(ToNode(visitor.link_layer, packet))

    def _offer_access(self, node: bytes, solicitor: IPv6Address) -> None:
        """The RA of regular access to a node that is refused (RFC 5213, 6.14).

        Every one answers a solicitation, so that their rate needs no bound.
        """
        visited = self.settings.visited_prefixes
        if visited and solicitor != UNSPECIFIED and self._is_refused(node):
            visitor = self._visitors[node]
            self._out.append(
                router_advertisement(visitor, (), solicitor, visited=visited)
            )

    def _is_refused(self, node: bytes) -> bool:
        """Whether the node may not have the service."""
        return self._machine.control(node) == UpdateListState.REFUSED.name

    def _next_announcement(self) -> int | None:
        """When the next RA to all nodes of a link is due."""
        due = (visitor.announcement_ms for visitor in self._visitors.values())
        return min((at for at in due if at is not None), default=None)

    def _announce_what_is_due(self) -> None:
        for node, visitor in self._visitors.items():
            due = visitor.announcement_ms
            if due is None or due > self._machine.now_ms:
                continue
            visitor.announcement_ms = None
            if self._machine.is_granted(node) and self._machine.is_attached(node):
                self._announce(node)


def is_to_be_read(decoded: DecodedDiscovery) -> bool:
    """Whether a message of a node is processed, or discarded without a word."""
    return decoded.is_valid


def router_advertisement(
    visitor: Visitor,
    prefixes: Iterable[IPv6Network],
    solicitor: IPv6Address,
    lifetime: int = INFINITE_LIFETIME,
    visited: Iterable[IPv6Network] = (),
) -> Sent:
    """The RA of a session, or of regular access, to the node alone.

    Args:
        visitor: The node.
        prefixes: Of its session.
        solicitor: Where it goes: the address that asked for it, or all nodes of the link
            where nobody did.
        lifetime: Seconds for which the prefixes are advertised.
        visited: Of regular access, where there is no session.
    """
    link = visitor.home_link(prefixes, visited)
    visitor.is_advertised = True
    destination = ALL_NODES if solicitor == UNSPECIFIED else solicitor
    packet = discovery_packet(advertise(link, lifetime), link.link_local, destination)
    return ToNode(visitor.link_layer, packet)


def neighbor_advertisement(
    visitor: Visitor, header: Ipv6Packet, target: IPv6Address
) -> list[Sent]:
    """The answer to who asks for the gateway's own address (RFC 4861, 7.2.4)."""
    if target != visitor.link_local:
        return []
    is_probe = header.source == UNSPECIFIED
    advertisement = NeighborAdvertisement(
        target,
        (TargetLinkLayerAddress(visitor.settings.link_layer),),
        router=True,
        solicited=not is_probe,
        override=True,
    )
    destination = ALL_NODES if is_probe else header.source
    packet = discovery_packet(advertisement, target, destination)
    return [ToNode(visitor.link_layer, packet)]
