"""Each feature of the anchor, alone and in pairs, with two mobile nodes.

The configurations of features and pairs have one node, so that nobody else could get a
prefix that waits; here there is one prefix for both nodes, and one gateway.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.model.domain import Configuration
from pmip6.model.shipped.configurations import facts
from pmip6.model.shipped.feature_pairs import FEATURES, PAIRS, alone

NODES = ("mn1", "mn2")
GATEWAYS = ("mag1",)
PREFIXES = ("p1",)
WIDEST = ("p1+p2",)  # where a session has several prefixes
INTERFACE = ("mn2", "if3", "wlan")
SILENT = {"foreign-deregistration"}  # there is no other gateway


def of_two(chosen: Configuration) -> Configuration:
    """The configuration with a second node, one gateway, and one prefix for both nodes."""
    several = "several_prefixes" in chosen.facts
    shared = WIDEST if several else PREFIXES
    own = {**chosen.facts, **facts(NODES, GATEWAYS, shared)}
    tunnels, link_layers = chosen.tunnels[:1], chosen.link_layers
    if tunnels:
        own["leads_to"] = frozenset({(*tunnels, *GATEWAYS)})
    if several:
        own["may_request"] = frozenset((node, *shared) for node in NODES)
    if link_layers:
        interfaces = tuple(
            (chosen.nodes[0], interface, INTERFACE[2]) for interface in link_layers
        )
        own["has_interface"] = frozenset({*interfaces, INTERFACE})
        link_layers = (*link_layers, INTERFACE[1])
    return chosen.changed(
        name=f"two-nodes-{chosen.name}",
        summary=chosen.summary.replace(
            "1 mobile node, 2 MAGs", "2 mobile nodes, 1 MAG"
        ),
        nodes=NODES,
        gateways=GATEWAYS,
        prefixes=chosen.prefixes if several else shared,
        link_layers=link_layers,
        tunnels=tunnels,
        facts=own,
        times=2,
        endless=False,
        silent_on=chosen.silent_on | SILENT,
    )


def _every() -> Iterator[Configuration]:
    yield from map(of_two, map(alone, FEATURES))
    yield from map(of_two, PAIRS.values())


TWO_NODES = {c.name: c for c in _every()}
