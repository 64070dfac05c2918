"""Configurations in which the anchor restarts, by what it keeps (docs/findings.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pmip6.model.domain import Configuration
from pmip6.model.shipped.configurations import HANDOFF, ON, Facts, facts

NODES = ("mn1", "mn2")
GATEWAYS = ("mag1", "mag2")
PREFIXES = ("p1", "p2")

TWO_NODES = HANDOFF.changed(
    summary="2 mobile nodes, 1 MAG",
    nodes=NODES,
    gateways=GATEWAYS[:1],
    capacity={"pbu": 1, "pba": 1},
    in_flight=1,
    times=3,
    faults=frozenset({"lose"}),
    disabled=HANDOFF.disabled - {"renew"},
    silent_on=frozenset(  # no request overtakes another, and there is one gateway
        {"foreign-deregistration", "restart.stale-request", "stale-request.binding"}
    ),
)
ONE_NODE = TWO_NODES.changed(
    summary="1 mobile node, 2 MAGs",
    nodes=NODES[:1],
    gateways=GATEWAYS,
    capacity={"pbu": 2, "pba": 1},
    in_flight=2,
    silent_on=frozenset({"restart.two-nodes"}),
)


@dataclass(frozen=True)
class Variant:
    """What an anchor keeps when it restarts, and what fails then.

    Args:
        kept: Facts of the configuration: what survives.
        broken: Properties that fail with two nodes and one gateway.
        broken_by_handoff: Properties that fail with one node and two gateways.
        assigned: Each node has a prefix of its own.
        refuses: A request of one of two nodes may be refused.
    """

    kept: tuple[str, ...]
    broken: frozenset[str]
    broken_by_handoff: frozenset[str]
    assigned: bool = False
    refuses: bool = False


FORGETS = frozenset({"stale-request.order"})
DROPS = frozenset({"deletion-delay.kept"})

VARIANTS: dict[str, Variant] = {
    "persisted": Variant(
        ("bindings_survive", "timestamps_survive"),
        frozenset(),
        frozenset({"restart.prefix"}),  # a node that comes back unnoticed
    ),
    "no-timestamps": Variant(
        ("bindings_survive",),
        FORGETS,
        FORGETS | {"restart.prefix", "restart.stale-request"},
    ),
    "static": Variant(("timestamps_survive",), DROPS, DROPS, assigned=True),
    "lost": Variant(
        (),
        FORGETS | DROPS | {"restart.prefix", "restart.two-nodes"},
        FORGETS | DROPS | {"restart.prefix", "restart.stale-request"},
        refuses=True,
    ),
}


def _facts(shape: Configuration, variant: Variant) -> Facts:
    every = facts(
        tuple(map(str, shape.nodes)),
        tuple(map(str, shape.gateways)),
        PREFIXES,
        anchor_restarts=ON,
        **dict.fromkeys(variant.kept, ON),
    )
    if not variant.assigned:
        return every
    own = frozenset(zip(shape.nodes, PREFIXES, strict=False))
    return {**every, "is_assignable": own, "may_request": own}


def _variants() -> Iterator[Configuration]:
    """Each variant with two nodes at one gateway, and with one node at two."""
    for name, variant in VARIANTS.items():
        for suffix, shape, broken in (
            ("", TWO_NODES, variant.broken),
            ("-handoff", ONE_NODE, variant.broken_by_handoff),
        ):
            refuses_nothing = shape is TWO_NODES and not variant.refuses
            yield shape.changed(
                name=f"restart-{name}{suffix}",
                summary=f"{shape.summary}, an anchor that restarts: {name}",
                facts=_facts(shape, variant),
                broken=broken,
                silent_on=shape.silent_on
                | ({"advertisement.refused"} if refuses_nothing else set[str]()),
            )


RESTARTS = {c.name: c for c in _variants()}
