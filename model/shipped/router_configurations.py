"""Anchors that name the link-local address of gateways, alone and with restarts."""

from __future__ import annotations

from collections.abc import Callable

from pmip6.model.domain import Configuration
from pmip6.model.language.table import Rule
from pmip6.model.shipped.configurations import LATE_REQUESTS, ON, facts
from pmip6.model.shipped.named_routers import asked_again, named_again

ADDRESSES = ("a1", "a2")


def _routers(
    name: str,
    summary: str,
    *features: str,
    variant: Callable[[Rule], Rule] = asked_again,
    silent_on: frozenset[str] = frozenset(),
    broken: frozenset[str] = frozenset(),
) -> Configuration:
    return LATE_REQUESTS.changed(
        name=name,
        summary=f"1 mobile node, 2 MAGs, the anchor names link-local addresses{summary}",
        sequences=ADDRESSES,
        facts=facts(
            ("mn1",),
            ("mag1", "mag2"),
            ("p1",),
            **dict.fromkeys(("named_routers", *features), ON),
        ),
        durations={"min_delay_before_bce_delete": (1,)},
        capacity={"pbu": 1, "pba": 1},
        faults=frozenset({"lose"}),
        disabled=LATE_REQUESTS.disabled - {"renew"},
        silent_on=silent_on | {"stale-request.binding"},  # none overtakes another
        broken=broken,
        variant=variant,
    )


ROUTERS = {
    c.name: c
    for c in (
        _routers("named-routers", ""),
        _routers(
            "named-routers-anchor-restart",
            ", and restarts with its bindings",
            "anchor_restarts",
            "bindings_survive",
            "timestamps_survive",
            silent_on=frozenset({"restart.two-nodes", "restart.stale-request"}),
        ),
        _routers(
            "named-routers-gateway-restart",
            ", and MAGs restart without their update lists",
            "gateway_restarts",
        ),
        _routers(
            "routers-named-again",
            ", and MAGs name them when they extend a lifetime",
            variant=named_again,
            broken=frozenset({"link-local.kept"}),
        ),
    )
}
