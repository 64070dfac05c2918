"""Small configurations for what the other ones of fast handover leave out.

Each is for a few conditions of rules; which faults they notice is in
docs/handover-kill-matrix.md.
"""

from __future__ import annotations

from pmip6.model.domain import Configuration, Element
from pmip6.model.fast_handover.configurations import (
    ACCESS_NETWORKS,
    ANCHOR_TRAFFIC,
    IN_ORDER,
    NO_CLOCK,
    NO_FAULTS,
    NO_TIMEOUT,
    NOT_ASKED,
    OTHER_PREFIX,
    OWN_WAYS,
    PFMIPV6,
    PREDICTIVE,
    PREDICTIVE_SIGNALLING,
    RETRANSMISSIONS,
    THREE_GATEWAYS,
    resolving,
    sent,
    with_packets,
)
from pmip6.model.fast_handover.state import HandoverRequest
from pmip6.model.fast_handover.uplink import sending, uplink
from pmip6.model.lma.forwarding import data_plane
from pmip6.model.shipped.configurations import ON, Facts

ONE_WAY: frozenset[tuple[Element, ...]] = frozenset({("mag1", "mag2")})
"""The access points of the second gateway alone lead to it."""
ONE_REQUEST = {"pbu": 1, "pba": 1}
UNTOLD = {  # by a report or a command
    "handover_report": 0,
    "handover_command": 0,
}
NEVER_REFUSED = ("handover_refusals", "forwarding_failures")


def _facts(base: Configuration, *left_out: str, **others: object) -> Facts:
    kept = {name: fact for name, fact in base.facts.items() if name not in left_out}
    return {**kept, **others}  # type: ignore[dict-item]  # facts by their names


# ---- two nodes ---------------------------------------------------------------------------

NODES = ("mn1", "mn2")
_SERVED = frozenset((node,) for node in NODES)
_NEVER_GOES_WRONG = {
    "foreign-deregistration",
    "handover.loss",
    "handover.refused",
    "handover.unexpected-answer",
}


def _of_the_first(
    name: str, summary: str, packets: tuple[str, ...], *requests: HandoverRequest
) -> Configuration:
    """Two nodes that are handed over at most once, and packets of the first."""
    base = PREDICTIVE_SIGNALLING
    tunnels = tuple(f"tunnel-{g}" for g in base.gateways)
    return base.changed(
        name=name,
        summary=summary,
        nodes=NODES,
        prefixes=("p1", "p2"),
        entries=("bce1", "bce2"),
        packets=packets,
        tunnels=tunnels,
        facts=_facts(
            base,
            is_known_node=_SERVED,
            is_enabled_node=_SERVED,
            is_assignable=frozenset({("mn1", "p1"), ("mn2", "p2")}),
            is_sent=sent(*requests),
            resolves=ONE_WAY,
            handover_packets=ON,
            forwarding=ON,
            is_of_node=frozenset((p, "mn1") for p in packets),
            is_of_prefix=frozenset((p, "p1") for p in packets),
            is_uplink=frozenset((p,) for p in packets if p.startswith("up")),
            leads_to=frozenset(zip(tunnels, base.gateways, strict=True)),
        ),
        capacity={
            **base.capacity,
            **ONE_REQUEST,
            "handover_initiate": 1,
            "handover_acknowledge": 1,
            "handover_report": 0,
            "packet": 0,
            "delivery": 0,
        },
        in_flight=1,
        times=3,
        disabled=(base.disabled - {"indicate_without_report"})
        | {
            "report_handover",
            "complete_forwarding",
            "take_back",
            "forget_context",
            "notice_detachment",
        },
        silent_on=base.silent_on
        | ANCHOR_TRAFFIC
        | _NEVER_GOES_WRONG
        | {"no-reuse-in-delay"},
    )


TWO_NODES = _of_the_first(
    "two-handovers",
    "2 mobile nodes, 2 MAGs, user packets of the one while the other is handed over",
    ("down1", "up1"),
    HandoverRequest.OFFER_AND_FORWARD,
)
TWO_NODES_LATER = _of_the_first(
    "two-later-handovers",
    "2 mobile nodes, 2 MAGs, packets that are kept for the one until they are asked for",
    ("down1",),
    HandoverRequest.OFFER,
    HandoverRequest.ASK_TO_BUFFER,
    HandoverRequest.ASK_TO_FORWARD,
)

# ---- user packets ------------------------------------------------------------------------

_TOLD = ACCESS_NETWORKS.changed(
    facts=_facts(
        ACCESS_NETWORKS,
        is_sent=sent(
            HandoverRequest.OFFER_AND_FORWARD, HandoverRequest.FETCH_AND_FORWARD
        ),
        resolves=resolving("mag1", "mag2"),
    ),
    capacity={**ACCESS_NETWORKS.capacity, **ONE_REQUEST, **UNTOLD},
    times=3,
    faults=NO_FAULTS,
    disabled=ACCESS_NETWORKS.disabled | {"report_handover", "command_handover"},
    silent_on=ACCESS_NETWORKS.silent_on - {NOT_ASKED, "handover.refused"},
)
UNEXPECTED_PACKETS = with_packets(_TOLD, down=1, up=0).changed(
    name="unexpected-packets",
    summary="1 mobile node, 2 MAGs, packets to the node in tunnels that have ended",
    silent_on=_TOLD.silent_on | ANCHOR_TRAFFIC,
    broken=frozenset({"handover.no-loss", "handover.loss"}),
)
UPLINK_ORDER = with_packets(_TOLD, down=0, up=2).changed(
    name="uplink-order",
    summary="1 mobile node, 2 MAGs, packets of the node in tunnels that have ended",
    silent_on=_TOLD.silent_on | ANCHOR_TRAFFIC | {"handover.no-loss", "handover.loss"},
    broken=frozenset({"handover.in-order", "handover.uplink-loss"}),
)
EARLY_COMMANDS = PREDICTIVE.changed(
    name="early-commands",
    summary="1 mobile node, 2 MAGs, nodes sent away early, copies of packets kept",
    facts=_facts(PREDICTIVE, early_commands=ON, copying_buffers=ON),
    silent_on=PREDICTIVE.silent_on - {"handover.loss"},
    broken=frozenset(
        {
            "handover.in-order",
            "handover.loss",
            "handover.no-duplicate",
            "handover.no-loss",
            "handover.uplink-loss",
        }
    ),
)

# ---- signalling --------------------------------------------------------------------------

_DEFERRED = (
    HandoverRequest.OFFER,
    HandoverRequest.OFFER_AND_BUFFER,
    HandoverRequest.ASK_TO_FORWARD,
    HandoverRequest.FETCH_AND_FORWARD,
)
DOUBLED = PFMIPV6.changed(
    name="doubled-handovers",
    summary="1 mobile node, 2 MAGs, HIs and HAcks that arrive twice",
    facts=_facts(PFMIPV6, resolves=ONE_WAY, is_sent=sent(*_DEFERRED)),
    faults=frozenset({"duplicate"}),
    capacity={**PFMIPV6.capacity, **ONE_REQUEST},
    silent_on=PFMIPV6.silent_on | {IN_ORDER},
)
IN_TURN = THREE_GATEWAYS.changed(
    name="handovers-in-turn",
    summary="1 mobile node, 3 MAGs, a context that comes from two of them in turn",
    facts=_facts(
        THREE_GATEWAYS,
        *NEVER_REFUSED,
        resolves=ONE_WAY | {("mag1", "mag3"), ("mag3", "mag2")},
        is_sent=sent(HandoverRequest.OFFER, HandoverRequest.ASK_TO_FORWARD),
    ),
    faults=NO_FAULTS,
    silent_on=THREE_GATEWAYS.silent_on | {NOT_ASKED},
)
BACKOFF = RETRANSMISSIONS.changed(
    name="handover-backoff",
    summary="1 mobile node, 2 MAGs, each kind of HI sent again after a longer wait",
    facts=_facts(
        RETRANSMISSIONS, *NEVER_REFUSED, resolves=ONE_WAY, is_sent=sent(*_DEFERRED)
    ),
    faults=frozenset({"lose"}),
    capacity={**RETRANSMISSIONS.capacity, **ONE_REQUEST},
    times=3,
)
ROUTES = OWN_WAYS.changed(
    name="handover-routes",
    summary="1 mobile node, 2 MAGs, routes and lifetimes of registrations in handovers",
    facts=_facts(
        ACCESS_NETWORKS,
        "settled_moves",
        resolves=resolving("mag1", "mag2"),
        gateway_forwarding=ON,
        registration_lifetimes=ON,
    ),
    capacity={
        **ACCESS_NETWORKS.capacity,
        **ONE_REQUEST,
        **UNTOLD,
        "packet": 0,
        "delivery": 0,
        "access_packet": 0,
        "access_delivery": 0,
    },
    durations={"registration_lifetime": (3,)},
    disabled=(ACCESS_NETWORKS.disabled | {"report_handover", "command_handover"})
    - {"expire", "retransmit"},
    silent_on=(OWN_WAYS.silent_on - {NO_CLOCK})
    | {
        NOT_ASKED,
        "gateway-traffic.delivered",
        "gateway-traffic.local",
        "gateway-traffic.source-checked",
        "gateway-traffic.tunnelled",
    },
)

# ---- runs without end ---------------------------------------------------------------------

OF_ANCHORS = frozenset(  # without a clock repeated requests may overtake all answers
    {
        "response.answer",
        "response.prefix",
        "response.silence",
        "response.departure",
    }
)
_LOST_SIGNALLING = PREDICTIVE_SIGNALLING.changed(
    facts=_facts(
        PREDICTIVE_SIGNALLING,
        "directed_moves",
        "outliving_tunnels",
        resolves=ONE_WAY,
        is_sent=sent(
            HandoverRequest.OFFER,
            HandoverRequest.ASK_TO_BUFFER,
            HandoverRequest.ASK_TO_FORWARD,
        ),
    ),
    capacity={**PREDICTIVE_SIGNALLING.capacity, **ONE_REQUEST, **UNTOLD},
    in_flight=1,
    times=3,
    faults=frozenset({"lose"}),
    disabled=(PREDICTIVE_SIGNALLING.disabled - {"indicate_without_report"} - NO_TIMEOUT)
    | {
        "report_handover",
        "command_handover",
        "lose_pbu",
        "lose_pba",
        "withdraw_prefix",
        "forget_refused_node",
        "register_returned_node",
        "start_forwarding",
        *(rule.name for t in (sending, uplink, data_plane) for rule in t.rules),
    },
    silent_on=_TOLD.silent_on
    | ANCHOR_TRAFFIC
    | OF_ANCHORS
    | {NOT_ASKED, "response.withdrawal"},
)
ENDLESS = with_packets(_LOST_SIGNALLING, down=1, up=0).changed(
    name="endless-handovers",
    summary="1 mobile node, 2 MAGs, how long HIs, tunnels and packets last that are kept",
    endless=True,
    broken=frozenset({"handover.no-loss", "handover.loss"}),
)

WITHDRAWALS = OTHER_PREFIX.changed(
    name="endless-withdrawals",
    summary="1 mobile node, 2 MAGs, how long a node keeps a prefix that is wrong",
    facts=_facts(
        OTHER_PREFIX,
        *NEVER_REFUSED,
        resolves=ONE_WAY,
        is_sent=sent(HandoverRequest.FETCH_AND_FORWARD),
    ),
    capacity={
        **OTHER_PREFIX.capacity,
        "handover_initiate": 1,
        "handover_acknowledge": 1,
    },
    times=4,
    endless=True,
    silent_on=OTHER_PREFIX.silent_on | OF_ANCHORS | {NOT_ASKED, "handover.context"},
)

HANDOVER_CORNERS: dict[str, Configuration] = {
    c.name: c
    for c in (
        TWO_NODES,
        TWO_NODES_LATER,
        UNEXPECTED_PACKETS,
        UPLINK_ORDER,
        EARLY_COMMANDS,
        DOUBLED,
        IN_TURN,
        BACKOFF,
        ROUTES,
        ENDLESS,
        WITHDRAWALS,
    )
}
