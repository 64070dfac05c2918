"""Neighbor Discovery that a reference gateway sends to its nodes."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.gateway_port import Sent, ToNode
from pmip6.conformance.gateway_visitor import Visitor
from pmip6.model.advertisement_rules import advertise
from pmip6.model.discovery_decoding import DecodedDiscovery
from pmip6.model.discovery_encoding import discovery_packet
from pmip6.model.discovery_messages import ALL_NODES, NeighborAdvertisement
from pmip6.model.discovery_options import TargetLinkLayerAddress
from pmip6.model.ipv6 import Ipv6Packet
from pmip6.model.messages import UNSPECIFIED


def is_to_be_read(decoded: DecodedDiscovery) -> bool:
    """Whether a message of a node is processed, or discarded without a word."""
    return decoded.is_valid


def router_advertisement(
    visitor: Visitor, prefixes: Iterable[IPv6Network], solicitor: IPv6Address
) -> Sent:
    """The RA of a session, to the node alone.

    Args:
        visitor: The node.
        prefixes: Of its session.
        solicitor: Where it goes: the address that asked for it, or all nodes of the link
            where nobody did.
    """
    link = visitor.home_link(prefixes)
    destination = ALL_NODES if solicitor == UNSPECIFIED else solicitor
    packet = discovery_packet(advertise(link), link.link_local, destination)
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
