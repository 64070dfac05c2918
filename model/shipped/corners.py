"""Small configurations for what all others leave out, each for a few conditions of rules.

Which faults each of them alone notices is in docs/kill-matrix.md.
"""

from __future__ import annotations

from pmip6.model.domain import Configuration
from pmip6.model.shipped.configurations import (
    INTERFACES,
    NO_FAULTS,
    ON,
    PREFIX_SETS,
    RESPONSES,
    SEQUENCES,
    WAITING_IN_VAIN,
    facts,
)
from pmip6.model.shipped.feature_pairs import PAIRS

ABOUT_ANSWERS = {"preserved-prefix.acknowledgement", "preserved-prefix.gateway"}
"""Properties that have a case where requests name an interface or have numbers."""
OF_RESTARTS = {"restart.prefix", "restart.two-nodes", "restart.stale-request"}
NODES = ("mn1", "mn2")
GATEWAYS = ("mag1", "mag2")
ONE_PREFIX = frozenset({("mn1", "p1")})
NOTHING: frozenset[tuple[str, ...]] = frozenset()

_NUMBERED = PAIRS["waiting+sequences"]
WAITING_NUMBERS = _NUMBERED.changed(
    name="waiting-numbers",
    summary="requests with numbers that wait for another session, an anchor that restarts",
    prefixes=("p1",),
    facts={
        **_NUMBERED.facts,
        "is_assignable": ONE_PREFIX,
        "anchor_restarts": ON,
        "timestamps_survive": ON,
    },
    silent_on=_NUMBERED.silent_on | OF_RESTARTS,
)

WAITING_ASSIGNED = WAITING_IN_VAIN.changed(
    name="waiting-assigned",
    summary="requests that wait for another session, a prefix that is not for the node",
    prefixes=("p1", "p2"),
    facts={**WAITING_IN_VAIN.facts, "is_assignable": ONE_PREFIX},
    silent_on=WAITING_IN_VAIN.silent_on - ABOUT_ANSWERS,
)

WAITING_SESSIONS = WAITING_IN_VAIN.changed(
    name="waiting-sessions",
    summary="requests that wait for another session, a second session of the node",
    prefixes=("p1", "p2"),
    facts={
        **WAITING_IN_VAIN.facts,
        "is_assignable": frozenset({("mn1", "p1"), ("mn1", "p2")}),
    },
    broken=frozenset({"unique-binding.session"}),  # a request that waits is overtaken
    silent_on=WAITING_IN_VAIN.silent_on - ABOUT_ANSWERS,
)

_FORWARDED = PAIRS["waiting+forwarding"]
WAITING_FORWARDING = _FORWARDED.changed(
    name="waiting-forwarding",
    summary="user packets of a session that is handed over to a request that waits",
    prefixes=("p1",),
    facts={**_FORWARDED.facts, "is_assignable": ONE_PREFIX},
    times=3,
    disabled=_FORWARDED.disabled | {"expire"},
)

_ADDRESSED = PAIRS["waiting+addresses"]
WAITING_ADDRESSES = _ADDRESSED.changed(
    name="waiting-addresses",
    summary="requests that wait for another session, a stranger that names its gateway",
    gateways=("mag1", "stranger"),
    prefixes=("p1",),
    facts={
        **_ADDRESSED.facts,
        "is_assignable": ONE_PREFIX,
        "is_authorised_gateway": frozenset({("mag1",)}),
    },
    times=3,
    disabled=_ADDRESSED.disabled | {"expire"},
)

LATE_INTERFACES = INTERFACES.changed(
    name="late-interfaces",
    summary="1 mobile node with 2 interfaces, 1 prefix, requests that overtake each other",
    prefixes=("p1",),
    facts={**INTERFACES.facts, "is_assignable": ONE_PREFIX, "may_request": NOTHING},
    capacity={"pbu": 2, "pba": 1},
    times=2,
    silent_on=INTERFACES.silent_on - ABOUT_ANSWERS - {"stale-request.binding"},
)

TWO_SETS = PREFIX_SETS.changed(
    name="two-sets",
    summary="2 mobile nodes with 1 prefix each, requests that name both",
    facts={
        **PREFIX_SETS.facts,
        "is_assignable": frozenset({("mn1", "p1"), ("mn2", "p2")}),
        "may_request": frozenset({("mn1", "p1"), ("mn2", "p2")}),
    },
)

TWO_NUMBERED = SEQUENCES.changed(
    name="two-numbered",
    summary="2 mobile nodes whose requests have numbers, foreign de-registrations answered",
    nodes=NODES,
    entries=("bce1", "bce2"),
    sequences=(0, 1),
    facts=facts(
        NODES,
        GATEWAYS,
        ("p1", "p2"),
        sequence_numbers=ON,
        is_newer=frozenset({(1, 0)}),  # they do not wrap
        foreign_deregistration_is_acknowledged=ON,
    ),
    capacity={"pbu": 1, "pba": 1},
    faults=NO_FAULTS,
    silent_on=SEQUENCES.silent_on - ABOUT_ANSWERS,
)

SHORT_LIFETIME = RESPONSES.changed(
    name="short-lifetime",
    summary="1 mobile node, 1 MAG, every clock real",
    gateways=("mag1",),
    times=2,
    prompt=False,
    endless=False,
    silent_on=RESPONSES.silent_on | {"foreign-deregistration"},
)

FORGOTTEN_TIMESTAMPS = SHORT_LIFETIME.changed(
    name="forgotten-timestamps",
    summary="1 mobile node, 1 MAG, timestamps that are forgotten with the binding",
    facts={**SHORT_LIFETIME.facts, "timestamp_ends_with_binding": ON},
    broken=frozenset({"stale-request.order"}),
)

_KEPT = PAIRS["addresses+restarts"]
NO_RESTART = _KEPT.changed(
    name="no-restart",
    summary="1 mobile node, 2 MAGs, an anchor that would keep its bindings",
    facts={
        name: held for name, held in _KEPT.facts.items() if name != "anchor_restarts"
    },
    silent_on=_KEPT.silent_on - OF_RESTARTS,
)

CORNERS: dict[str, Configuration] = {
    c.name: c
    for c in (
        WAITING_NUMBERS,
        WAITING_ASSIGNED,
        WAITING_SESSIONS,
        WAITING_FORWARDING,
        WAITING_ADDRESSES,
        LATE_INTERFACES,
        TWO_SETS,
        TWO_NUMBERED,
        SHORT_LIFETIME,
        FORGOTTEN_TIMESTAMPS,
        NO_RESTART,
    )
}
