"""Configurations that nobody can explore: 8 mobile nodes, 5 MAGs, any set of features.

They are for random runs.  Requests come from a peer, as in the pairs of features.  The last
MAG is not authorised, the last node is not known, and the one before it has no service.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from pmip6.model.domain import Configuration, Element
from pmip6.model.language.table import Role
from pmip6.model.peer import peer
from pmip6.model.shipped.configurations import Facts, facts, overlapping
from pmip6.model.shipped.feature_pairs import (
    FEATURES,
    MIXED,
    NO_PAIRS,
    NODE,
    PLAIN,
    Feature,
)
from pmip6.model.shipped.mixed_requests import mixed

CROWD = "crowd"
NODES = tuple(f"mn{n}" for n in range(1, 9))
GATEWAYS = tuple(f"mag{n}" for n in range(1, 6))
LINK_LAYERS = ("if1", "if2", "if3")
PREFIXES = tuple(f"p{n}" for n in range(1, 7))
SETS = (*PREFIXES, "p1+p2", "p3+p4")
ENTRIES = tuple(f"bce{n}" for n in range(1, 10))


def crowd(names: Iterable[str]) -> Configuration:
    """The crowd with these features of the anchor (feature_pairs.py)."""
    chosen = [name for name in FEATURES if name in frozenset(names)]
    features = [FEATURES[name] for name in chosen]
    requests = PLAIN.union(
        *(feature.requests for feature in features),
        *(of for pair, of in MIXED.items() if pair <= frozenset(chosen)),
    )
    has_sets = "prefix-sets" in chosen
    known = facts(
        NODES,
        GATEWAYS,
        SETS if has_sets else PREFIXES,
        is_authorised_gateway=frozenset((gateway,) for gateway in GATEWAYS[:-1]),
        is_known_node=frozenset((node,) for node in NODES[:-1]),
        is_enabled_node=frozenset((node,) for node in NODES[:-2]),
        may_request=frozenset((node, PREFIXES[0]) for node in NODES[:3]),
    )
    for feature in features:
        known |= _facts(feature)
    if has_sets:
        known["overlaps"] = overlapping(SETS)
    elements: dict[str, tuple[Element, ...]] = {}
    channels: dict[str, int] = {}
    for feature in features:
        elements |= feature.elements
        channels |= feature.channels
    if "link_layers" in elements:
        elements["link_layers"] = LINK_LAYERS
    if "tunnels" in elements:
        elements["tunnels"] = tuple(_tunnel(gateway) for gateway in GATEWAYS)
    rules = {rule.name for table in (peer, mixed) for rule in table.rules}
    return Configuration(
        name="+".join((CROWD, *chosen)),
        summary=f"{len(NODES)} mobile nodes, {len(GATEWAYS)} MAGs, "
        + (", ".join(chosen) or "no feature"),
        nodes=NODES,
        gateways=GATEWAYS,
        prefixes=SETS if has_sets else PREFIXES,
        entries=ENTRIES,
        facts=known,
        capacity={"pbu": 2, "pba": 2, **channels},
        roles=frozenset({Role.LMA, Role.CHANNEL, Role.PEER}),
        faults=frozenset({"lose", "duplicate"}),
        disabled=frozenset(rules - requests),
        **elements,  # type: ignore[arg-type]  # names of fields of sorts
    )


def _tunnel(gateway: str) -> str:
    return gateway.replace("mag", "tunnel")


def _facts(feature: Feature) -> Facts:
    """The facts of a feature: what is said of one node is said of each."""
    known: Facts = {}
    for name, held in feature.facts.items():
        known[name] = frozenset(
            tuple(node if part == NODE else part for part in each)
            for each in held
            for node in NODES
        )
    if "has_interface" in known:
        known["has_interface"] = frozenset(
            itertools.product(NODES, LINK_LAYERS, ("wlan",))
        )
    if "leads_to" in known:
        known["leads_to"] = frozenset((_tunnel(g), g) for g in GATEWAYS)
    return known


def may_be_together(names: Iterable[str]) -> bool:
    """Whether an anchor can have these features together."""
    return not any(pair <= frozenset(names) for pair in NO_PAIRS)
