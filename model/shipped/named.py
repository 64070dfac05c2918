"""Every configuration by its name, and the groups that go by one name."""

from __future__ import annotations

from pmip6.model.domain import Configuration
from pmip6.model.fast_handover.configurations import FAST_HANDOVERS
from pmip6.model.fast_handover.corners import HANDOVER_CORNERS
from pmip6.model.shipped.configurations import (
    ADDRESSES,
    CONFIGURATIONS,
    FORWARDING,
    INTERFACES,
    PREFIX_SETS,
    SEQUENCES,
    WAITING,
    WAITING_IN_VAIN,
)
from pmip6.model.shipped.corners import CORNERS
from pmip6.model.shipped.examples import EXAMPLES
from pmip6.model.shipped.feature_clocks import FEATURE_CLOCKS
from pmip6.model.shipped.feature_pairs import PAIRS
from pmip6.model.shipped.further_pairs import FURTHER_PAIRS
from pmip6.model.shipped.gateway_configurations import GATEWAYS
from pmip6.model.shipped.gateway_corners import GATEWAY_CORNERS
from pmip6.model.shipped.gateway_pairs import GATEWAY_PAIRS
from pmip6.model.shipped.gateway_responses import GATEWAY_RESPONSES
from pmip6.model.shipped.overtaking import OVERTAKING
from pmip6.model.shipped.restart_configurations import RESTARTS
from pmip6.model.shipped.router_configurations import ROUTERS
from pmip6.model.shipped.two_nodes import TWO_NODES

SHIPPED = "shipped"  # what is decided where none is named
ALONE = (
    INTERFACES,
    WAITING,
    WAITING_IN_VAIN,
    PREFIX_SETS,
    SEQUENCES,
    ADDRESSES,
    FORWARDING,
    *RESTARTS.values(),
)
"""Those with one feature of the anchor switched on."""

GROUPS: dict[str, dict[str, Configuration]] = {
    SHIPPED: CONFIGURATIONS,
    "restarts": RESTARTS,
    "fast-handover": FAST_HANDOVERS,
    "features": {c.name: c for c in ALONE},
    "gateways": GATEWAYS,
    "routers": ROUTERS,
    "pairs": PAIRS,
    "further-pairs": FURTHER_PAIRS,
    "overtaking": OVERTAKING,
    "clocks": FEATURE_CLOCKS,
    "two-nodes": TWO_NODES,
    "gateway-pairs": GATEWAY_PAIRS,
    "gateway-responses": GATEWAY_RESPONSES,
    "corners": CORNERS,
    "gateway-corners": GATEWAY_CORNERS,
    "handover-corners": HANDOVER_CORNERS,
    "examples": EXAMPLES,
}
EVERY = "all"
"""The group of all of them."""
NAMED: dict[str, Configuration] = {
    name: chosen for group in GROUPS.values() for name, chosen in group.items()
}
TELLING = {
    name: chosen
    for name, chosen in NAMED.items()
    if name in CORNERS
    or name
    not in {
        **GATEWAY_PAIRS,
        **GATEWAY_RESPONSES,
        **GATEWAY_CORNERS,
        **OVERTAKING,
        **FEATURE_CLOCKS,
        **TWO_NODES,
        **FURTHER_PAIRS,
        **HANDOVER_CORNERS,
        **ROUTERS,
    }
}
"""Those by which the coverage of rules is told: the rest takes no others."""


def groups_of(name: str) -> list[str]:
    """The groups that a configuration is in."""
    return [group for group, members in GROUPS.items() if name in members]


def expanded(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of configurations, each once, with groups replaced by their members."""
    groups = {**GROUPS, EVERY: NAMED}
    every = (n for name in names for n in groups.get(name, (name,)))
    return tuple(dict.fromkeys(every))
