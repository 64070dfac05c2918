"""Configurations with two features of the anchor switched on together, each pair once.

Each is as small as it can be; what one feature alone does is explored by the configurations
that ship.  Those of gateways are in gateway_pairs.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pmip6.model.domain import Configuration, Element
from pmip6.model.language.table import Role
from pmip6.model.peer import peer
from pmip6.model.shipped.configurations import ON, Facts, facts, newer, overlapping
from pmip6.model.shipped.mixed_requests import mixed

NODE = "mn1"
GATEWAYS = ("mag1", "mag2")
PREFIXES = ("p1", "p2")
NUMBERS = 4


@dataclass(frozen=True)
class Feature:
    """What a configuration needs for a feature.

    Args:
        facts: Its facts, besides those of every configuration.
        requests: The rules of a peer that use it; none where plain requests do.
        prefixes: The elements of that sort.
        assignable: The prefixes that the node may get.
        elements: Elements of other sorts, by the field of a configuration.
        channels: Messages that channels hold besides those for PBU and PBA.
        times: The most different timestamps of the node in use at once; no bound if None.
    """

    facts: Facts
    requests: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = PREFIXES
    assignable: tuple[str, ...] = PREFIXES
    elements: Mapping[str, tuple[Element, ...]] = field(
        default_factory=dict[str, tuple[Element, ...]]
    )
    channels: Mapping[str, int] = field(default_factory=dict[str, int])
    times: int | None = None


PLAIN = frozenset({"send_faulty_request"})
SETS = ("p1", "p2", "p1+p2")

INTERFACES = Feature(
    {
        "several_interfaces": ON,
        "has_interface": frozenset({(NODE, "if1", "wlan"), (NODE, "if2", "wlan")}),
    },
    frozenset({"send_request_of_interface"}),
    elements={"link_layers": ("if1", "if2"), "technologies": ("wlan",)},
)

FEATURES: dict[str, Feature] = {
    "interfaces": INTERFACES,
    "waiting": replace(
        INTERFACES,
        facts={**INTERFACES.facts, "waits_for_deregistration": ON},
        times=2,
    ),
    "prefix-sets": Feature(
        {
            "several_prefixes": ON,
            "overlaps": overlapping(SETS),
            "may_request": frozenset({(NODE, "p1"), (NODE, "p1+p2")}),
        },
        frozenset({"send_request_for_prefix"}) | PLAIN,
        prefixes=SETS,
        assignable=("p1+p2",),
    ),
    "sequences": Feature(
        {"sequence_numbers": ON, "is_newer": newer(NUMBERS)},
        frozenset({"send_numbered_request"}),
        elements={"sequences": tuple(range(NUMBERS))},
    ),
    "addresses": Feature(
        {"alternate_addresses": ON}, frozenset({"send_request_for_address"})
    ),
    "forwarding": Feature(
        {
            "forwarding": ON,
            "leads_to": frozenset({("tunnel1", "mag1"), ("tunnel2", "mag2")}),
        },
        elements={"tunnels": ("tunnel1", "tunnel2")},
        channels={"packet": 1, "delivery": 1},
    ),
    "restarts": Feature(
        {"anchor_restarts": ON, "bindings_survive": ON, "timestamps_survive": ON}
    ),
    "losses": Feature({"anchor_restarts": ON, "timestamps_survive": ON}),
}
"""By name: a restart that loses the binding cache is a feature of its own.

An anchor waits only where a node has several interfaces.
"""

MIXED: dict[frozenset[str], frozenset[str]] = {
    **{
        frozenset({one, "sequences"}): frozenset({"send_numbered_request_of_interface"})
        for one in ("interfaces", "waiting")
    },
    **{
        frozenset({one, "addresses"}): frozenset(
            {"send_request_of_interface_for_address"}
        )
        for one in ("interfaces", "waiting")
    },
    frozenset({"sequences", "addresses"}): frozenset(
        {"send_numbered_request_for_address", "send_request_for_address"}
    ),
}
"""The requests of pairs that have some in which both features meet."""

NO_PAIRS = (
    frozenset({"restarts", "losses"}),  # an anchor does either
    frozenset({"interfaces", "waiting"}),  # the second has the first: see `waiting`
)


def _pair(one: str, other: str) -> Configuration:
    chosen = together(FEATURES[one], FEATURES[other], frozenset({one, other}))
    # Runs without end are too many there; feature_clocks.py has a smaller one.
    endless = {one, other} != {"waiting", "sequences"}
    return chosen.changed(
        name=f"{one}+{other}",
        summary=f"1 mobile node, 2 MAGs, {one} and {other}",
        endless=endless,
    )


def alone(name: str) -> Configuration:
    """A feature without another one, as small as its pairs."""
    chosen = together(FEATURES[name], Feature({}), frozenset({name}))
    return chosen.changed(name=name, summary=f"1 mobile node, 2 MAGs, {name}")


def together(first: Feature, second: Feature, names: frozenset[str]) -> Configuration:
    """A configuration with these features switched on, which go by these names."""
    prefixes = max(first.prefixes, second.prefixes, key=len)
    assignable = min(first.assignable, second.assignable, key=len)
    requests = MIXED.get(names, first.requests | second.requests)
    requests = requests or PLAIN
    every = {r.name for table in (peer, mixed) for r in table.rules}
    known = facts((NODE,), GATEWAYS, assignable)
    return Configuration(
        name="",
        summary="",
        nodes=(NODE,),
        gateways=GATEWAYS,
        prefixes=prefixes,
        entries=("bce1", "bce2"),
        facts={**known, **first.facts, **second.facts},
        capacity={"pbu": 1, "pba": 1, **first.channels, **second.channels},
        in_flight=1,
        times=first.times or second.times,
        roles=frozenset({Role.LMA, Role.CHANNEL, Role.PEER}),
        faults=frozenset({"lose"}),
        disabled=frozenset(every - requests),
        silent_on=_silent(names, requests),
        **{k: v for part in (first, second) for k, v in part.elements.items()},  # type: ignore[arg-type]  # names of fields of sorts
    )


def _silent(pair: frozenset[str], requests: frozenset[str]) -> frozenset[str]:
    """The properties that a pair has no case of: no gateway, no clock, one message."""
    found = {
        "advertisement.accepted",
        "advertisement.refused",
        "preserved-prefix.unexpected-answer",
        "time-can-go-on",
    }
    if pair & {"restarts", "losses"}:
        found |= {"restart.prefix", "restart.two-nodes", "restart.stale-request"}
    if "sequences" not in pair:
        found |= {"stale-request.binding"}
    if not pair & {"interfaces", "waiting", "sequences"}:
        found |= {"preserved-prefix.acknowledgement", "preserved-prefix.gateway"}
    if all("numbered" in request for request in requests):
        found |= {"stale-request.order"}
    return frozenset(found)


def _pairs() -> Iterator[Configuration]:
    for pair in itertools.combinations(FEATURES, 2):
        if frozenset(pair) not in NO_PAIRS:
            yield _pair(*pair)


PAIRS = {c.name: c for c in _pairs()}
