"""Configurations that nobody can explore: 8 roaming nodes, 5 gateways with any features.

They are for random runs, as those of crowd.py; here nodes move and gateways ask.  An anchor
answers that does as the RFC says; where a feature matters only with answers that it seldom
gives, any answer comes by chance and there is no anchor.
"""

from __future__ import annotations

from collections.abc import Iterable

from pmip6.model.domain import Configuration
from pmip6.model.fast_handover.configurations import resolving, sent
from pmip6.model.fast_handover.state import HandoverRequest
from pmip6.model.language.table import Role
from pmip6.model.shipped.configurations import ON, Facts, facts
from pmip6.model.shipped.crowd import ENTRIES, GATEWAYS, NODES, PREFIXES
from pmip6.model.shipped.gateway_pairs import (
    GATEWAY_FEATURES,
    LOCAL,
    NO_GATEWAY_PAIRS,
    OF_PEERS,
    PACKETS,
    PASSING,
    ROUTERS,
    SLOW,
    UNANSWERED,
)

ROAMING = "roaming"
HANDOVERS = "handovers"
HANDOVER_CHANNELS = (
    "handover_initiate",
    "handover_acknowledge",
    "handover_report",
    "handover_indication",
    "handover_command",
)
HANDOVER_FEATURES: dict[str, Facts] = {
    HANDOVERS: {
        "fast_handover": ON,
        "resolves": resolving(*GATEWAYS),
        "is_sent": sent(*HandoverRequest),
    },
    "refusals": {"handover_refusals": ON},
    "forwarding-failures": {"forwarding_failures": ON},
    "postponed": {"postponed_deregistration": ON},
}
"""Fast handover, and what else gateways do that have it."""
ROAMING_FEATURES: dict[str, Facts] = {
    **{
        name: known
        for name, known in GATEWAY_FEATURES.items()
        if name not in (SLOW, ROUTERS)  # with them some properties fail, as is known
    },
    LOCAL: {
        "gateway_forwarding": ON,
        "routes_locally": frozenset((gateway,) for gateway in GATEWAYS[::2]),
    },
    **HANDOVER_FEATURES,
}
"""By name; those of gateways alone are told in gateway_pairs.py."""


def may_roam_together(names: Iterable[str]) -> bool:
    """Whether gateways can have these features together."""
    chosen = frozenset(names)
    handovers = chosen & HANDOVER_FEATURES.keys()
    if handovers and (HANDOVERS not in chosen or chosen & UNANSWERED):
        return False  # a handover ends with a registration that an anchor accepts
    return not any(pair <= chosen for pair in NO_GATEWAY_PAIRS)


def roaming_crowd(names: Iterable[str]) -> Configuration:
    """The crowd whose gateways have these features."""
    chosen = [name for name in ROAMING_FEATURES if name in frozenset(names)]
    is_answered_by_chance = bool(UNANSWERED.intersection(chosen))
    known = facts(
        NODES,
        GATEWAYS,
        PREFIXES,
        is_authorised_gateway=frozenset((gateway,) for gateway in GATEWAYS[:-1]),
        is_known_node=frozenset((node,) for node in NODES[:-1]),
        is_enabled_node=frozenset((node,) for node in NODES[:-2]),
        may_fail_authentication=frozenset({(NODES[0],)}),
    )
    channels = {"pbu": 2, "pba": 2}
    for name in chosen:
        known |= ROAMING_FEATURES[name]
    if PASSING.intersection(chosen):
        channels |= PACKETS
    if HANDOVERS in chosen:
        channels |= dict.fromkeys(HANDOVER_CHANNELS, 1)
    roles = {Role.MAG, Role.MN, Role.CHANNEL, Role.PEER}
    if is_answered_by_chance:
        known["free_answers"] = ON
    else:
        roles.add(Role.LMA)
    return Configuration(
        name="+".join((ROAMING, *chosen)),
        summary=f"{len(NODES)} roaming nodes, {len(GATEWAYS)} MAGs, "
        + (", ".join(chosen) or "no feature"),
        nodes=NODES,
        gateways=GATEWAYS,
        prefixes=PREFIXES,
        entries=() if is_answered_by_chance else ENTRIES,
        facts=known,
        capacity=channels,
        roles=frozenset(roles),
        faults=frozenset({"lose", "duplicate"}),
        disabled=OF_PEERS - ({"send_any_answer"} if is_answered_by_chance else set()),
    )
