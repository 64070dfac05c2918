"""The implementation conformance statement of a gateway (`conformance/statement.py`)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from ipaddress import IPv6Network
from typing import TypeAlias

from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.statement import (
    COMMAND_THAT_RESTARTS,
    KEYS_OF_ESP,
    Answer,
    Item,
    answers,
    reviewed,
    untested,
)

GatewayItem: TypeAlias = Item[GatewayDeclaration]

USUAL_WINDOW_MS = 300
"""TimestampValidityWindow of an anchor that was told no other (RFC 5213, section 9.1)."""

_OF_NODES: tuple[GatewayItem, ...] = (
    GatewayItem(
        1,
        "registers the nodes that are to have the service",
        "5213-6.9.1.1-2",
        "nodes.identifiers",
        lambda d: bool(d.nodes.profiles()),
    ),
    GatewayItem(
        2,
        "asks for the prefix of a profile by name",
        "5213-6.9.1.1-5",
        "nodes.profiled",
        lambda d: bool(d.nodes.profiled),
    ),
    GatewayItem(
        3,
        "keeps the service from nodes that are not entitled to it",
        "5213-6.14-1",
        "nodes.denied",
        lambda d: bool(d.nodes.denied),
    ),
    GatewayItem(
        4,
        "regular IPv6 access for these",
        "5213-6.14-2",
        "links.visited_prefixes",
        lambda d: bool(d.links.visited_prefixes),
        3,
    ),
    GatewayItem(
        5,
        "tells the kind of handoff that it knows for certain",
        "5213-6.9.1.1-9",
        "triggers.attach_with_handoff",
        lambda d: bool(d.triggers.attach_with_handoff),
    ),
    GatewayItem(
        6,
        "tells the link-layer identifier of the interface",
        "5213-6.9.1.1-18",
        "links.tells_link_layer_identifiers",
        lambda d: d.links.tells_link_layer_identifiers,
    ),
)

_OF_THE_DOMAIN: tuple[GatewayItem, ...] = (
    GatewayItem(
        7,
        "timestamps order its requests, else sequence numbers",
        "5213-9.3-x2",
        "features.timestamp_based_approach_in_use",
        lambda d: d.features.timestamp_based_approach_in_use,
    ),
    GatewayItem(
        8,
        "its clock follows a common source",
        "5213-5.5-7",
        "triggers.clock",
        lambda d: bool(d.triggers.clock),
        7,
    ),
    GatewayItem(
        9,
        "one link-local address on all access links",
        "5213-9.3-8",
        "links.fixed_mag_link_local_address",
        lambda d: bool(int(d.links.fixed_mag_link_local_address)),
    ),
)

_OF_PACKETS: tuple[GatewayItem, ...] = (
    GatewayItem(
        10,
        "user packets through the tunnel",
        "5213-6.10.5-12",
        "features.forwarding",
        lambda d: d.features.forwarding,
    ),
    GatewayItem(
        11,
        "local routing",
        "5213-6.10.3-1",
        "features.enable_mag_local_routing",
        lambda d: d.features.enable_mag_local_routing,
        10,
    ),
    GatewayItem(
        12,
        "the profile of a node decides about local routing",
        "5213-9.2-5",
        "nodes.exempt",
        lambda d: bool(d.nodes.exempt),
        11,
    ),
    GatewayItem(
        13,
        "DHCP relay agent",
        "5213-6.11-1",
        "features.dhcp_relay",
        lambda d: d.features.dhcp_relay,
    ),
)

_OF_SAFETY: tuple[GatewayItem, ...] = (
    GatewayItem(
        14,
        "IPsec for the signalling",
        "5213-4-2",
        "esp",
        lambda d: bool(d.esp),
        to_test=KEYS_OF_ESP,
    ),
    GatewayItem(
        15,
        "ESP around the tunnel",
        "5213-4-4",
        "esp.data",
        lambda d: any(one.data is not None for one in d.esp),
        14,
    ),
    GatewayItem(
        16,
        "what is configured outlasts a restart",
        "5213-9.2-2",
        "hooks.restart",
        lambda d: bool(d.hooks.restart),
        to_test=COMMAND_THAT_RESTARTS,
    ),
)

_OF_HANDOVER: tuple[GatewayItem, ...] = (
    GatewayItem(
        17,
        "fast handover",
        "5949-6.1.1-2",
        "fast_handover",
        lambda d: d.fast_handover is not None,
        is_choice=True,
    ),
    GatewayItem(
        18,
        "holds packets back for a node that moves",
        "5949-4.1-1",
        "fast_handover.buffer_packets",
        lambda d: d.fast_handover is not None and d.fast_handover.buffer_packets > 0,
        17,
    ),
    GatewayItem(
        19,
        "forwards the packets of a node that has moved",
        "5949-4.1-18",
        "fast_handover.forwards",
        lambda d: d.fast_handover is not None and d.fast_handover.forwards,
        17,
        is_choice=True,
    ),
    GatewayItem(
        20,
        "GRE keys between gateways",
        "5949-6.2.6-x1",
        "fast_handover.gre_keys",
        lambda d: d.fast_handover is not None and d.fast_handover.gre_keys,
        17,
        is_choice=True,
    ),
)

GATEWAY_ITEMS = (
    *_OF_NODES,
    *_OF_THE_DOMAIN,
    *_OF_PACKETS,
    *_OF_SAFETY,
    *_OF_HANDOVER,
)
"""What the RFCs have for a gateway and a declaration says."""


def gateway_statement(
    declared: GatewayDeclaration,
) -> tuple[Answer[GatewayDeclaration], ...]:
    """The answers of a declaration, in the order of the items."""
    return answers(GATEWAY_ITEMS, declared)


def gateway_review(declared: GatewayDeclaration) -> Iterator[str]:
    """Answers that the RFCs do not allow, and such as do not go together."""
    yield from reviewed(GATEWAY_ITEMS, declared)
    yield from _contradictions(declared)


def gateway_advice(declared: GatewayDeclaration) -> Iterator[str]:
    """What is no contradiction, and leaves something undecided."""
    yield from untested(GATEWAY_ITEMS, declared)


def _contradictions(declared: GatewayDeclaration) -> Iterator[str]:
    """Values that contradict one another, though each is right."""
    for (key, one), (other_key, other) in itertools.combinations(
        _prefixes(declared), 2
    ):
        if one.overlaps(other):
            yield f"{key}: {one} has addresses in common with {other_key}, {other}"
    outside = declared.prefixes.outside
    for prefix in declared.links.visited_prefixes:
        if outside in prefix:
            yield f"prefixes.outside: {outside} is in links.visited_prefixes, {prefix}"
    timers = declared.timers
    if timers.clock_tolerance_ms > USUAL_WINDOW_MS:
        yield (
            f"timers.clock_tolerance_ms: an anchor refuses a timestamp that is off by "
            f"{timers.clock_tolerance_ms} ms, more than {USUAL_WINDOW_MS}, unless it is "
            "told otherwise (TimestampValidityWindow)"
        )
    handover = declared.fast_handover
    if handover is not None and handover.lifetime_ms <= handover.initiate_timeout_ms:
        yield (
            f"fast_handover.lifetime_ms: the context is kept for {handover.lifetime_ms} "
            f"ms, and an answer to an HI waited for {handover.initiate_timeout_ms} ms"
        )


def _prefixes(declared: GatewayDeclaration) -> Iterator[tuple[str, IPv6Network]]:
    """The prefixes that are for different nodes, each with its key."""
    yield "prefixes.pool", declared.prefixes.pool
    for prefix in declared.links.visited_prefixes:
        yield "links.visited_prefixes", prefix
    for name, node in declared.nodes.profiled.items():
        yield f"nodes.profiled, {name}", node.prefix
