"""The configurations with fast handover."""

from __future__ import annotations

from pmip6.model.domain import Configuration, Element
from pmip6.model.fast_handover.state import HandoverRequest
from pmip6.model.shipped.configurations import ON, Facts, facts

NO_FAULTS: frozenset[str] = frozenset()
LEFT_TO_OTHERS = frozenset(  # one-node has them
    {
        "expire",
        "fail_authentication",
        "lapse_instead_of_renewal",
        "lapse_instead_of_retransmission",
        "propose_prefix",
        "renew",
        "retransmit",
    }
)


def resolving(*gateways: str) -> frozenset[tuple[Element, ...]]:
    """Every access point leads to its gateway."""
    return frozenset((g, h) for g in gateways for h in gateways if g != h)


def sent(*requests: HandoverRequest) -> frozenset[tuple[Element, ...]]:
    """Gateways send these HIs."""
    return frozenset((request.name,) for request in requests)


NO_TIMEOUT = frozenset(  # no message is lost
    {
        "give_up_as_new_gateway",
        "give_up_as_previous_gateway",
        "retransmit_handover_initiate",
    }
)


def packets(
    node: Element, prefix: Element, *, down: int, up: int
) -> tuple[tuple[Element, ...], Facts]:
    """Numbered packets to a node and from it, and the facts about them."""
    downward = tuple(f"down{i}" for i in range(1, down + 1))
    upward = tuple(f"up{i}" for i in range(1, up + 1))
    every = (*downward, *upward)
    return every, {
        "handover_packets": ON,
        "forwarding": ON,
        "is_of_node": frozenset((p, node) for p in every),
        "is_of_prefix": frozenset((p, prefix) for p in every),
        "is_uplink": frozenset((p,) for p in upward),
        "precedes": frozenset(
            (one, other)
            for way in (downward, upward)
            for i, one in enumerate(way)
            for other in way[i + 1 :]
        ),
    }


def with_packets(chosen: Configuration, down: int, up: int) -> Configuration:
    """The configuration with user packets in each direction, and tunnels of the anchor."""
    every, about = packets(chosen.nodes[0], chosen.prefixes[0], down=down, up=up)
    tunnels = tuple(f"tunnel-{g}" for g in chosen.gateways)
    return chosen.changed(
        packets=every,
        tunnels=tunnels,
        facts={
            **chosen.facts,
            **about,
            "leads_to": frozenset(zip(tunnels, chosen.gateways, strict=True)),
        },
        capacity={**chosen.capacity, "packet": 0, "delivery": 0},
    )


SIGNALLING = {
    "pbu": 3,
    "pba": 3,
    "handover_initiate": 3,
    "handover_acknowledge": 3,
    "handover_report": 0,
    "handover_indication": 0,
    "handover_command": 0,
}
NO_CLOCK = "time-can-go-on"
SAME_PREFIX = "handover.withdrawn"
IN_ORDER = "stale-request.binding"
NO_REFUSAL = "advertisement.refused"
NOT_ASKED = "handover.asked"
ANCHOR_TRAFFIC = frozenset(  # packets without a number are for `forwarding`
    {
        "traffic.delivered",
        "traffic.dropped-in-delay",
        "traffic.source-checked",
    }
)
REACTIVE_SIGNALLING = Configuration(
    name="reactive",
    summary="1 mobile node, 2 MAGs, handovers that the new MAG begins",
    nodes=("mn1",),
    gateways=("mag1", "mag2"),
    prefixes=("p1",),
    entries=("bce1",),
    facts=facts(
        ("mn1",),
        ("mag1", "mag2"),
        ("p1",),
        fast_handover=ON,
        postponed_deregistration=ON,
        outliving_tunnels=ON,
        settled_moves=ON,
        ordered_paths=ON,
        resolves=resolving("mag1", "mag2"),
        is_sent=sent(*HandoverRequest),
    ),
    capacity=SIGNALLING,
    times=4,
    faults=NO_FAULTS,
    reorder=False,
    disabled=LEFT_TO_OTHERS
    | NO_TIMEOUT
    | {"command_handover", "report_handover", "indicate_without_report"},
    silent_on=frozenset(
        {NO_CLOCK, SAME_PREFIX, IN_ORDER, NO_REFUSAL, NOT_ASKED, "handover.context"}
    ),
)

REACTIVE = with_packets(REACTIVE_SIGNALLING, down=2, up=1).changed(
    silent_on=REACTIVE_SIGNALLING.silent_on | ANCHOR_TRAFFIC,
    broken=frozenset({"handover.no-loss"}),
)

PREDICTIVE_SIGNALLING = REACTIVE_SIGNALLING.changed(
    name="predictive",
    summary="1 mobile node, 2 MAGs, handovers that the previous MAG begins",
    facts={**REACTIVE_SIGNALLING.facts, "directed_moves": ON},
    capacity={
        **SIGNALLING,
        "handover_report": 1,
        "handover_indication": 1,
        "handover_command": 1,
    },
    disabled=LEFT_TO_OTHERS | NO_TIMEOUT | {"fetch_context", "indicate_without_report"},
    silent_on=frozenset(  # no session ends
        {
            NO_CLOCK,
            SAME_PREFIX,
            IN_ORDER,
            NO_REFUSAL,
            NOT_ASKED,
            "deletion-delay.kept",
            "deletion-delay.running",
            "preserved-prefix.unexpected-answer",
        }
    ),
)

PREDICTIVE = with_packets(PREDICTIVE_SIGNALLING, down=2, up=1).changed(
    silent_on=PREDICTIVE_SIGNALLING.silent_on | ANCHOR_TRAFFIC | {"handover.loss"},
)

SMALL_BUFFERS = PREDICTIVE.changed(
    name="small-buffers",
    summary="1 mobile node, 2 MAGs with buffers for one packet",
    facts={**PREDICTIVE.facts, "one_packet_buffers": ON},
    silent_on=PREDICTIVE.silent_on - {"handover.loss"},
    broken=frozenset({"handover.no-loss", "handover.loss"}),
)

PFMIPV6 = PREDICTIVE_SIGNALLING.changed(
    name="pfmipv6",
    summary="1 mobile node, 2 MAGs, handovers of both kinds over unreliable channels",
    facts=facts(
        ("mn1",),
        ("mag1", "mag2"),
        ("p1",),
        fast_handover=ON,
        settled_moves=ON,
        postponed_deregistration=ON,
        handover_refusals=ON,
        forwarding_failures=ON,
        resolves=resolving("mag1", "mag2"),
        is_sent=sent(
            HandoverRequest.OFFER,
            HandoverRequest.OFFER_AND_FORWARD,
            HandoverRequest.FETCH_AND_FORWARD,
            HandoverRequest.ASK_TO_FORWARD,
        ),
    ),
    capacity={**SIGNALLING, "handover_indication": 1},
    in_flight=2,
    reorder=True,
    faults=frozenset({"lose", "duplicate"}),
    disabled=LEFT_TO_OTHERS
    | {
        "report_handover",
        "command_handover",
        "lose_pbu",
        "lose_pba",
        "duplicate_pbu",
        "duplicate_pba",
    },
    silent_on=frozenset({NO_CLOCK, SAME_PREFIX}),
)

RETRANSMISSIONS = PFMIPV6.changed(
    name="handover-clocks",
    summary="1 mobile node, 2 MAGs, handovers with the clock of retransmission real",
    durations={"handover_retransmission": (1, 2)},
    in_flight=1,
    silent_on=frozenset({SAME_PREFIX, IN_ORDER}),
)

THREE_GATEWAYS = PFMIPV6.changed(
    name="three-mags",
    summary="1 mobile node, 3 MAGs, nodes that arrive elsewhere than announced",
    gateways=("mag1", "mag2", "mag3"),
    facts={
        **PFMIPV6.facts,
        "is_authorised_gateway": frozenset({("mag1",), ("mag2",), ("mag3",)}),
        "resolves": resolving("mag1", "mag2", "mag3"),
    },
    in_flight=1,
    silent_on=frozenset({NO_CLOCK, SAME_PREFIX, IN_ORDER}),
)

OTHER_PREFIX = PFMIPV6.changed(
    name="early-advertisement",
    summary="1 mobile node, 2 MAGs, registrations for another prefix than the transferred",
    prefixes=("p1", "p2"),
    facts={
        **{n: f for n, f in PFMIPV6.facts.items() if n != "postponed_deregistration"},
        "is_assignable": frozenset({("mn1", "p1"), ("mn1", "p2")}),
        "is_sent": sent(
            HandoverRequest.OFFER_AND_FORWARD, HandoverRequest.FETCH_AND_FORWARD
        ),
    },
    in_flight=1,
    faults=NO_FAULTS,
    silent_on=frozenset({NO_CLOCK, IN_ORDER}),
)

LOST_PACKETS = with_packets(
    PFMIPV6.changed(
        name="handover-losses",
        summary="1 mobile node, 2 MAGs, user packets in handovers that may fail",
        facts={
            **PFMIPV6.facts,
            "is_sent": sent(
                HandoverRequest.OFFER_AND_FORWARD, HandoverRequest.FETCH_AND_FORWARD
            ),
        },
        in_flight=1,
    ),
    down=1,
    up=1,
).changed(
    silent_on=PFMIPV6.silent_on | ANCHOR_TRAFFIC | {IN_ORDER},
    broken=frozenset({"handover.no-loss", "handover.loss", "handover.uplink-loss"}),
)

ACCESS_NETWORKS = PFMIPV6.changed(
    name="access-networks",
    summary="1 mobile node, 2 MAGs, access networks that lose what they have to tell",
    facts={
        **{
            n: f
            for n, f in PFMIPV6.facts.items()
            if n not in ("handover_refusals", "forwarding_failures")
        },
        "resolves": frozenset({("mag1", "mag2")}),
        "is_sent": sent(HandoverRequest.OFFER_AND_FORWARD),
    },
    capacity=PREDICTIVE_SIGNALLING.capacity,
    in_flight=1,
    faults=frozenset({"lose"}),
    disabled=PFMIPV6.disabled - {"report_handover", "command_handover"},
    silent_on=PFMIPV6.silent_on | {IN_ORDER, NOT_ASKED, "handover.refused"},
)

OWN_WAYS = PFMIPV6.changed(
    name="own-ways",
    summary="1 mobile node, 2 MAGs, nodes that leave at any moment of a handover",
    facts={
        **{
            n: f
            for n, f in PFMIPV6.facts.items()
            if n not in ("settled_moves", "postponed_deregistration")
        },
        "is_sent": sent(
            HandoverRequest.OFFER_AND_FORWARD,
            HandoverRequest.FETCH_AND_FORWARD,
        ),
    },
    in_flight=1,
    times=2,
    faults=NO_FAULTS,
    silent_on=frozenset({NO_CLOCK, SAME_PREFIX, IN_ORDER}),
)

HANDOVER_RESTARTS = OWN_WAYS.changed(
    name="handover-restarts",
    summary="1 mobile node, 2 MAGs that restart at any moment of a handover",
    facts={
        **{
            n: f
            for n, f in OWN_WAYS.facts.items()
            if n not in ("handover_refusals", "forwarding_failures")
        },
        "gateway_restarts": ON,
    },
)

FAST_HANDOVERS = {
    c.name: c
    for c in (
        PREDICTIVE,
        REACTIVE,
        PFMIPV6,
        RETRANSMISSIONS,
        THREE_GATEWAYS,
        OTHER_PREFIX,
        ACCESS_NETWORKS,
        SMALL_BUFFERS,
        LOST_PACKETS,
        OWN_WAYS,
        HANDOVER_RESTARTS,
    )
}
