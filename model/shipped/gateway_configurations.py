"""Gateways that restart, whose clocks differ, and that pass user packets on.

A gateway keeps its binding update list at a restart or loses it (docs/findings.md).
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.model.domain import Configuration
from pmip6.model.language.table import Role
from pmip6.model.peer import peer
from pmip6.model.shipped.configurations import ON, facts
from pmip6.model.shipped.restart_configurations import ONE_NODE, PREFIXES, TWO_NODES

KEPT = {"kept": ("update_list_survives",), "lost": ()}
"""What a gateway has after a restart, by the name of the configuration."""

NONE: frozenset[str] = frozenset()
UNREFUSED = frozenset(  # with one gateway no request is refused or overtaken
    {"advertisement.refused", "foreign-deregistration", "stale-request.binding"}
)


def _facts(shape: Configuration, *features: str, **others: object) -> dict[str, object]:
    return {
        **facts(
            tuple(map(str, shape.nodes)), tuple(map(str, shape.gateways)), PREFIXES
        ),
        **dict.fromkeys(features, ON),
        **others,
    }


def _restarts() -> Iterator[Configuration]:
    """Each with two nodes at one gateway, and with one node at two."""
    for name, kept in KEPT.items():
        for suffix, shape, silent in (
            ("", TWO_NODES, UNREFUSED | {"two-believers"}),
            ("-handoff", ONE_NODE, NONE),
        ):
            yield shape.changed(
                name=f"gateway-restart-{name}{suffix}",
                summary=f"{shape.summary}, gateways that restart: update list {name}",
                facts=_facts(shape, "gateway_restarts", *kept),
                silent_on=silent,
                broken=frozenset({"gateway-restart.prefix"} if suffix else ()),
            )


SLOW_CLOCK = ONE_NODE.changed(
    name="slow-clock",
    summary="1 mobile node, 1 MAG whose clock is slow",
    gateways=("mag1",),
    facts=_facts(
        TWO_NODES.changed(nodes=("mn1",)), has_slow_clock=frozenset({("mag1",)})
    ),
    times=4,
    silent_on=frozenset(
        {"advertisement.refused", "foreign-deregistration", "two-believers"}
    ),
)
SKEWED_CLOCKS = ONE_NODE.changed(
    name="skewed-clocks",
    summary="1 mobile node, 2 MAGs, the clock of one is slow",
    facts=_facts(ONE_NODE, has_slow_clock=frozenset({("mag2",)})),
    silent_on=NONE,
    broken=frozenset({"skewed-clocks.order"}),
)

USER_PACKETS = TWO_NODES.changed(
    name="gateway-packets",
    summary="2 mobile nodes, 1 MAG that passes user packets on",
    facts=_facts(TWO_NODES, "gateway_forwarding"),
    durations={},
    capacity={
        "pbu": 1,
        "pba": 1,
        "delivery": 1,
        "packet": 1,
        "access_packet": 1,
        "access_delivery": 1,
    },
    times=2,
    roles=TWO_NODES.roles | {Role.PEER},
    disabled=TWO_NODES.disabled | {r.name for r in peer.rules},
    silent_on=UNREFUSED
    | {  # without local routing nothing looks at a destination
        "gateway-traffic.local",
        "gateway-traffic.source-checked",
        "time-can-go-on",
    },
)
LOCAL_ROUTING = USER_PACKETS.changed(
    name="local-routing",
    summary="2 mobile nodes, 1 MAG that routes between its nodes",
    facts=_facts(
        TWO_NODES, "gateway_forwarding", routes_locally=frozenset({("mag1",)})
    ),
    silent_on=UNREFUSED | {"time-can-go-on"},
)

GATEWAYS = {
    c.name: c
    for c in (*_restarts(), SLOW_CLOCK, SKEWED_CLOCKS, USER_PACKETS, LOCAL_ROUTING)
}
