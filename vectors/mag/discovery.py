"""Solicitations of a mobile node, as a host sends them and as none should.

Whether a receiver takes a form is for the decoder to say: nothing here lists it.
Source: RFC 4861, sections 6.1.1 and 7.1.1.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.encoding import DiscoveryLies, discovery_packet
from pmip6.model.discovery.messages import (
    ALL_NODES,
    ALL_ROUTERS,
    HOP_LIMIT,
    NeighborSolicitation,
    RouterSolicitation,
    solicited_node,
)
from pmip6.model.discovery.options import (
    DiscoveryOption,
    Mtu,
    SourceLinkLayerAddress,
    UnknownDiscoveryOption,
)
from pmip6.model.wire.messages import UNSPECIFIED

LEAST_LENGTH = 8
"""Octets of the shortest solicitation, which a cut off one does not have."""
ALL_RESERVED = 0xFFFFFFFF
UNKNOWN_TYPE = 250  # no option of Neighbor Discovery has this number


class SolicitationForm(enum.StrEnum):
    """What the wire form of a solicitation has that an ordinary one has not."""

    ORDINARY = "ordinary"
    HOP_LIMIT = "hop limit 254"
    BAD_CHECKSUM = "wrong checksum"
    CODE = "code 1"
    SHORT = "cut off"
    EMPTY_OPTION = "an option of length zero"
    SOURCE_TOLD = "from the unspecified address, with a link-layer address"
    UNSPECIFIED = "from the unspecified address"
    RESERVED_SET = "reserved bits set"
    UNKNOWN_OPTION = "an option that nobody knows"
    OTHER_OPTION = "an option of other messages"
    GROUP_TARGET = "for a group"
    TO_NODE = "from the unspecified address, not to the solicited-node group"


OF_NEIGHBORS = frozenset({SolicitationForm.GROUP_TARGET, SolicitationForm.TO_NODE})
"""Forms that only a Neighbor Solicitation can have."""


@dataclass(frozen=True)
class _Parts:
    """What a solicitation is made of, as its form changes it."""

    source: IPv6Address
    destination: IPv6Address
    target: IPv6Address | None
    options: tuple[DiscoveryOption, ...]
    hop_limit: int = HOP_LIMIT
    lies: DiscoveryLies | None = None


def router_solicitation(
    source: IPv6Address, link_layer: bytes, form: SolicitationForm
) -> bytes:
    """A Router Solicitation of a node.

    Args:
        source: The node's link-local address.
        link_layer: The node's link-layer address.
        form: What it has that an ordinary one has not.
    """
    told = SourceLinkLayerAddress(link_layer)
    return _packet(_formed(_Parts(source, ALL_ROUTERS, None, (told,)), form))


def neighbor_solicitation(
    source: IPv6Address,
    link_layer: bytes,
    target: IPv6Address,
    form: SolicitationForm = SolicitationForm.ORDINARY,
) -> bytes:
    """A Neighbor Solicitation of a node for an address of the gateway.

    Args:
        source: The node's link-local address.
        link_layer: The node's link-layer address.
        target: The address that it asks for.
        form: What it has that an ordinary one has not.
    """
    told = SourceLinkLayerAddress(link_layer)
    parts = _Parts(source, solicited_node(target), target, (told,))
    return _packet(_formed(parts, form))


def is_taken(packet: bytes) -> bool:
    """Whether a receiver processes a solicitation."""
    decoded = decode_discovery_packet(packet)
    return decoded is not None and decoded[1].is_valid


def _formed(parts: _Parts, form: SolicitationForm) -> _Parts:
    nowhere = replace(parts, source=UNSPECIFIED, options=())
    match form:
        case SolicitationForm.ORDINARY:
            return parts
        case SolicitationForm.HOP_LIMIT:
            return replace(parts, hop_limit=HOP_LIMIT - 1)
        case SolicitationForm.BAD_CHECKSUM:
            return replace(parts, lies=DiscoveryLies(corrupt_checksum=True))
        case SolicitationForm.CODE:
            return replace(parts, lies=DiscoveryLies(code=1))
        case SolicitationForm.SHORT:
            return replace(parts, lies=DiscoveryLies(truncate_to=LEAST_LENGTH - 1))
        case SolicitationForm.EMPTY_OPTION:
            return replace(parts, lies=DiscoveryLies(option_lengths=((0, 0),)))
        case SolicitationForm.SOURCE_TOLD:
            return replace(parts, source=UNSPECIFIED)
        case SolicitationForm.UNSPECIFIED:
            return nowhere
        case SolicitationForm.RESERVED_SET:
            return replace(parts, lies=DiscoveryLies(reserved=ALL_RESERVED))
        case SolicitationForm.UNKNOWN_OPTION:
            unknown = UnknownDiscoveryOption(UNKNOWN_TYPE, bytes(6))
            return replace(parts, options=(*parts.options, unknown))
        case SolicitationForm.OTHER_OPTION:
            return replace(parts, options=(*parts.options, Mtu(1280)))
        case SolicitationForm.GROUP_TARGET:
            return replace(parts, target=ALL_NODES)
        case SolicitationForm.TO_NODE:
            return replace(nowhere, destination=ALL_NODES)


def _packet(parts: _Parts) -> bytes:
    message: RouterSolicitation | NeighborSolicitation
    if parts.target is None:
        message = RouterSolicitation(parts.options)
    else:
        message = NeighborSolicitation(parts.target, parts.options)
    return discovery_packet(
        message,
        parts.source,
        parts.destination,
        hop_limit=parts.hop_limit,
        lies=parts.lies,
    )
