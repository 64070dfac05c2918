"""Features of the anchor with two mobile nodes, as small as they can be.

The configurations of features and pairs have one node, so that nobody else could get a
prefix that waits; here there is one prefix for both, and one gateway.
"""

from __future__ import annotations

from pmip6.model.domain import Configuration
from pmip6.model.shipped.configurations import facts
from pmip6.model.shipped.feature_pairs import alone

NODES = ("mn1", "mn2")
GATEWAYS = ("mag1",)


def _of_two(name: str) -> Configuration:
    chosen = alone(name)
    several = "several_prefixes" in chosen.facts
    first = "p1+p2" if several else "p1"
    own = {**chosen.facts, **facts(NODES, GATEWAYS, (first,))}
    if "leads_to" in chosen.facts:
        own["leads_to"] = frozenset({("tunnel1", "mag1")})
    if "may_request" in chosen.facts:
        own["may_request"] = frozenset((node, first) for node in NODES)
    return chosen.changed(
        name=f"two-nodes-{name}",
        summary=f"2 mobile nodes, 1 MAG, {name}",
        nodes=NODES,
        gateways=GATEWAYS,
        prefixes=chosen.prefixes if several else (first,),
        tunnels=chosen.tunnels[:1],
        facts=own,
        times=2,
    )


TWO_NODES = {
    name: _of_two(name)
    for name in ("addresses", "restarts", "losses", "prefix-sets", "forwarding")
}
