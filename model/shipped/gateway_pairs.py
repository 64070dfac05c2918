"""Configurations with two features of gateways switched on together, each pair once.

Each is as small as it can be.  Where answers matter that an anchor seldom gives, there is
one node and one gateway, and answers come by chance.  Restarts have an anchor, since they
are about what it holds; a slow clock shows only beside another gateway.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from pmip6.model.domain import Configuration, Element
from pmip6.model.language.table import Role
from pmip6.model.peer import peer
from pmip6.model.shipped.configurations import ANSWERS, ON, facts
from pmip6.model.shipped.gateway_configurations import SKEWED_CLOCKS, SLOW_CLOCK
from pmip6.model.shipped.mixed_requests import mixed

Facts = dict[str, frozenset[tuple[Element, ...]]]

SLOW = "slow-clock"
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
    "restarts": {"gateway_restarts": ON, "update_list_survives": ON},
    "losses": {"gateway_restarts": ON},
    SLOW: {"has_slow_clock": frozenset({("mag2",)})},
}
"""By name; a restart that loses the binding update list is a feature of its own."""

UNANSWERED = frozenset({"altered-answers", "collisions", "clock", "numbers"})
NO_GATEWAY_PAIRS = (
    frozenset({"restarts", "losses"}),  # a gateway does either
    *(  # an anchor that compares timestamps gives no such answer
        frozenset({SLOW, feature}) for feature in sorted(UNANSWERED)
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
ONE_GATEWAY = frozenset(
    {"advertisement.refused", "foreign-deregistration", "two-believers"}
)


def _with_an_anchor(pair: frozenset[str], chosen: Facts) -> Configuration:
    """An anchor that does as the RFC says, and a second gateway for a slow clock."""
    shape = SKEWED_CLOCKS if SLOW in pair else SLOW_CLOCK
    left_out = NONE if SLOW in pair else frozenset({"has_slow_clock"})
    with_packets = "packets" in pair
    broken = shape.broken if SLOW in pair else NONE
    silent = NONE if SLOW in pair else ONE_GATEWAY
    if with_packets:  # one at a time: a channel does not tell two equal ones apart
        broken, silent = NONE, silent | UNADDRESSED
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
    return SLOW in pair and bool(pair & RESTARTING)


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
        capacity={**ANSWERS.capacity, **(PACKETS if "packets" in pair else {})},
        in_flight=1,
        disabled=OF_PEERS - {"send_any_answer"},
        silent_on=silent,
    )


def _pair(one: str, other: str) -> Configuration:
    pair = frozenset({one, other})
    is_anchored = SLOW in pair or bool(pair & RESTARTING and not pair & UNANSWERED)
    build, gateways = (
        (_with_an_anchor, 2 if SLOW in pair else 1)
        if is_anchored
        else (_without_an_anchor, 1)
    )
    return build(pair, {**GATEWAY_FEATURES[one], **GATEWAY_FEATURES[other]}).changed(
        name=f"{one}+{other}",
        summary=f"1 mobile node, {gateways} MAG{'s' * (gateways - 1)}, {one} and {other}",
        durations={},
    )


def _pairs() -> Iterator[Configuration]:
    for pair in itertools.combinations(GATEWAY_FEATURES, 2):
        if frozenset(pair) not in NO_GATEWAY_PAIRS:
            yield _pair(*pair)


GATEWAY_PAIRS = {c.name: c for c in _pairs()}
