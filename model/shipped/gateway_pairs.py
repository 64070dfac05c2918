"""Configurations with two features of gateways switched on together, each pair once.

Each is as small as it can be.  Where answers matter that an anchor seldom gives, there is
one node and one gateway, and answers come by chance.  Restarts have an anchor, since they
are about what it holds, and so has local routing, with two nodes; a slow clock and the
router of a session show only beside another gateway.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from pmip6.model.domain import Configuration, Element
from pmip6.model.language.table import Role
from pmip6.model.peer import peer
from pmip6.model.shipped.configurations import ANSWERS, ON, facts
from pmip6.model.shipped.gateway_configurations import (
    LOCAL_ROUTING,
    SKEWED_CLOCKS,
    SLOW_CLOCK,
)
from pmip6.model.shipped.mixed_requests import mixed
from pmip6.model.shipped.named_routers import asked_again
from pmip6.model.shipped.router_configurations import ADDRESSES

Facts = dict[str, frozenset[tuple[Element, ...]]]

SLOW, LOCAL, ROUTERS = "slow-clock", "local-routing", "routers"
GATEWAY_FEATURES: dict[str, Facts] = {
    "hints": {"handoff_hints": ON},
    "altered-answers": {"altered_answers": ON},
    "collisions": {"address_collisions": ON},
    "clock": {"clock_synchronisation": ON},
    "numbers": {"numbered_registrations": ON},
    "lifetimes": {"registration_lifetimes": ON},
    "solicitations": {"router_solicitations": ON},
    "spaced": {"spaced_attempts": ON},
    "packets": {"gateway_forwarding": ON},
    LOCAL: {"gateway_forwarding": ON, "routes_locally": frozenset({("mag1",)})},
    "restarts": {"gateway_restarts": ON, "update_list_survives": ON},
    "losses": {"gateway_restarts": ON},
    SLOW: {"has_slow_clock": frozenset({("mag2",)})},
    ROUTERS: {"named_routers": ON},
}
"""By name; a restart that loses the binding update list is a feature of its own."""
GATEWAY_VARIANTS = {ROUTERS: asked_again}
"""The features that are a variant of the rules."""

UNANSWERED = frozenset({"altered-answers", "collisions", "clock", "numbers"})
UNREFUSING = frozenset({"spaced"})
"""Features that show after a refusal only, which an anchor gives to nobody there."""
NO_GATEWAY_PAIRS = (
    frozenset({"restarts", "losses"}),  # a gateway does either
    frozenset({"packets", LOCAL}),  # the second has the first
    *(  # an anchor that compares timestamps, or names addresses, gives no such answer
        frozenset({one, feature})
        for one in (SLOW, ROUTERS)
        for feature in sorted(UNANSWERED)
    ),
)

PACKETS = {"delivery": 1, "packet": 1, "access_packet": 1, "access_delivery": 1}
OF_PEERS = frozenset(r.name for table in (peer, mixed) for r in table.rules)
RESTARTING = frozenset({"restarts", "losses"})
NONE: frozenset[str] = frozenset()

UNBOUND = ANSWERS.silent_on | {"preserved-prefix.acknowledgement"}
"""Without an anchor there is no binding."""
UNADDRESSED = frozenset({"gateway-traffic.local", "gateway-traffic.source-checked"})
"""Without local routing nothing looks at a destination."""
PASSING = frozenset({"packets", LOCAL})
TWO_GATEWAYS = frozenset({SLOW, ROUTERS})
"""Features that show only beside another gateway."""
ONE_GATEWAY = frozenset(
    {"advertisement.refused", "foreign-deregistration", "two-believers"}
)


def _with_an_anchor(pair: frozenset[str], chosen: Facts) -> Configuration:
    """An anchor that does as the RFC says, and a second gateway for a slow clock."""
    is_two = bool(pair & TWO_GATEWAYS)
    shape = SKEWED_CLOCKS if is_two else SLOW_CLOCK
    if ROUTERS in pair:
        shape = shape.changed(sequences=ADDRESSES, variant=GATEWAY_VARIANTS[ROUTERS])
    left_out = NONE if SLOW in pair else frozenset({"has_slow_clock"})
    with_packets = bool(pair & PASSING)
    broken = shape.broken if SLOW in pair else NONE
    silent = NONE if is_two else ONE_GATEWAY
    if with_packets:  # one at a time: a channel does not tell two equal ones apart
        broken, silent = NONE, silent | (NONE if LOCAL in pair else UNADDRESSED)
        silent |= {"skewed-clocks.order" if SLOW in pair else "stale-request.binding"}
    return shape.changed(
        facts={k: v for k, v in shape.facts.items() if k not in left_out} | chosen,
        capacity={**shape.capacity, **(PACKETS if with_packets else {})},
        in_flight=1 if with_packets else shape.in_flight,
        roles=shape.roles | ({Role.PEER} if with_packets else set[Role]()),
        disabled=shape.disabled | OF_PEERS,
        broken=broken | ({"gateway-restart.prefix"} if _unnoticed(pair) else NONE),
        silent_on=silent | {"time-can-go-on"},
    )


def _unnoticed(pair: frozenset[str]) -> bool:
    """A node can come back to its gateway unnoticed (docs/findings.md)."""
    return bool(pair & TWO_GATEWAYS and pair & RESTARTING)


def _with_a_neighbour(pair: frozenset[str], chosen: Facts) -> Configuration:
    """An anchor, and two nodes that write to each other at one gateway."""
    restarts = {"two-believers"} if pair & RESTARTING else NONE
    return LOCAL_ROUTING.changed(
        facts={**LOCAL_ROUTING.facts, **chosen},
        silent_on=LOCAL_ROUTING.silent_on | restarts,
    )


def _without_an_anchor(pair: frozenset[str], chosen: Facts) -> Configuration:
    """Any answer may come; that one never renumbers a node where gateways restart."""
    prefixes = ("p1",) if pair & RESTARTING else ("p1", "p2")
    silent = UNBOUND | {"time-can-go-on"}
    if pair == frozenset(
        {"altered-answers", "collisions"}
    ):  # the rules look at all of an answer
        silent -= {"preserved-prefix.acknowledgement"}
    if pair & RESTARTING:
        silent |= {"two-believers"}
    if "packets" in pair:
        silent |= UNADDRESSED
    return ANSWERS.changed(
        prefixes=prefixes,
        facts={
            **facts(("mn1",), ("mag1",), prefixes, free_answers=ON),
            "is_proposed": ANSWERS.facts["is_proposed"],
            **chosen,
        },
        capacity={**ANSWERS.capacity, **(PACKETS if pair & PASSING else {})},
        in_flight=1,
        disabled=OF_PEERS - {"send_any_answer"},
        silent_on=silent,
    )


def _pair(one: str, other: str) -> Configuration:
    pair = frozenset({one, other})
    chosen = {**GATEWAY_FEATURES[one], **GATEWAY_FEATURES[other]}
    build = _without_an_anchor
    if pair & TWO_GATEWAYS or (pair & RESTARTING and not pair & UNANSWERED):
        build = _with_an_anchor
    if LOCAL in pair and not pair & (UNANSWERED | UNREFUSING | TWO_GATEWAYS):
        build = _with_a_neighbour
    shape = build(pair, chosen)
    nodes, gateways = len(shape.nodes), len(shape.gateways)
    return shape.changed(
        name=f"{one}+{other}",
        summary=f"{nodes} mobile node{'s' * (nodes - 1)}, "
        f"{gateways} MAG{'s' * (gateways - 1)}, {one} and {other}",
        durations={},
    )


def _pairs() -> Iterator[Configuration]:
    for pair in itertools.combinations(GATEWAY_FEATURES, 2):
        if frozenset(pair) not in NO_GATEWAY_PAIRS:
            yield _pair(*pair)


GATEWAY_PAIRS = {c.name: c for c in _pairs()}
