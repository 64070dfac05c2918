"""Small configurations for what the other ones of gateways leave out.

Each is for a few conditions and effects of their rules; which faults they notice is in
docs/gateway-kill-matrix.md.
"""

from __future__ import annotations

from pmip6.model.domain import Configuration
from pmip6.model.fast_handover.configurations import (
    ANCHOR_TRAFFIC,
    HANDOVER_RESTARTS,
    IN_ORDER,
    NO_CLOCK,
    NO_REFUSAL,
    NOT_ASKED,
    OTHER_PREFIX,
    PREDICTIVE_SIGNALLING,
    SAME_PREFIX,
    sent,
    with_packets,
)
from pmip6.model.fast_handover.state import HandoverRequest
from pmip6.model.language.table import Role
from pmip6.model.peer import peer
from pmip6.model.shipped.configurations import ANSWERS, NO_FAULTS, ON, facts
from pmip6.model.shipped.gateway_configurations import SLOW_CLOCK, USER_PACKETS
from pmip6.model.shipped.gateway_pairs import GATEWAY_PAIRS, UNBOUND

ONE_WAY = frozenset({("mag1", "mag2")})
"""The access points of the second gateway alone lead to it."""
ONE_MESSAGE = {
    "pbu": 1,
    "pba": 1,
    "handover_initiate": 1,
    "handover_acknowledge": 1,
}
UNSENT = dict.fromkeys(PREDICTIVE_SIGNALLING.capacity, 0)
NO_LOOP = "handover.no-loop"
OF_TWO_CLOCKS = frozenset({"skewed-clocks.order"})

# ---- an anchor that answers as it likes --------------------------------------------------

_ANY_ANSWERS = ANSWERS.changed(
    facts={
        **facts(("mn1",), ("mag1",), ("p1", "p2"), free_answers=ON),
        "is_proposed": ANSWERS.facts["is_proposed"],
    },
    durations={"retransmission": (1, 2)},
    capacity={"pbu": 1, "pba": 1},
    in_flight=2,
    roles=ANSWERS.roles | {Role.CHANNEL},
    faults=frozenset({"lose"}),
    silent_on=UNBOUND | {"two-believers"},
)
SLOW_ANSWERS = _ANY_ANSWERS.changed(
    name="slow-answers",
    summary="1 mobile node, 1 MAG with a slow clock, an anchor that answers as it likes",
    facts={
        **_ANY_ANSWERS.facts,
        "address_collisions": ON,
        "clock_synchronisation": ON,
        "fast_handover": ON,  # it hears where a node comes from
        "has_slow_clock": frozenset({("mag1",)}),
    },
    durations={},
    capacity={**UNSENT, **_ANY_ANSWERS.capacity},
    times=4,
    silent_on=_ANY_ANSWERS.silent_on
    | OF_TWO_CLOCKS
    | {
        NO_CLOCK,
        NO_LOOP,
        NOT_ASKED,
        SAME_PREFIX,
        "handover.context",
        "handover.refused",
        "handover.tunnel-end",
        "handover.unanswered-request",
        "handover.unexpected-answer",
    },
)
LOST_BACKOFF = _ANY_ANSWERS.changed(
    name="lost-backoff",
    summary="1 mobile node, 1 MAG that restarts while it repeats a request",
    prefixes=("p1",),
    facts={
        **facts(("mn1",), ("mag1",), ("p1",), free_answers=ON),
        "is_proposed": ANSWERS.facts["is_proposed"],
        "gateway_restarts": ON,
    },
)
HANDOVER_ANSWERS = OTHER_PREFIX.changed(
    name="handover-answers",
    summary="1 mobile node, 2 MAGs, handovers and an anchor that answers as it likes",
    entries=(),
    facts={
        **facts(("mn1",), ("mag1", "mag2"), ("p1", "p2"), free_answers=ON),
        "fast_handover": ON,
        "settled_moves": ON,
        "early_moves": ON,
        "router_solicitations": ON,
        "is_proposed": frozenset({("mn1", "mag2", "p1")}),
        "resolves": ONE_WAY,
        "is_sent": sent(HandoverRequest.OFFER),
    },
    capacity={**UNSENT, **ONE_MESSAGE, "pbu": 0, "handover_indication": 1},
    times=2,
    roles=frozenset({Role.MAG, Role.MN, Role.AN, Role.PEER}),
    faults=NO_FAULTS,
    disabled=(OTHER_PREFIX.disabled - {"propose_prefix"})
    | {r.name for r in peer.rules if r.name != "send_any_answer"}
    | {"abandon_deregistration", "complete_forwarding", "register_again"},
    silent_on=UNBOUND | {NO_CLOCK, NO_LOOP, NOT_ASKED, "handover.refused"},
)

# ---- requests that arrive twice, lists that would be kept, packets end to end ------------

DOUBLED_REQUESTS = SLOW_CLOCK.changed(
    name="doubled-requests",
    summary="1 mobile node, 1 MAG, requests that arrive twice, no message is lost",
    facts={
        **{n: f for n, f in SLOW_CLOCK.facts.items() if n != "has_slow_clock"},
        "equal_timestamp_is_lower": ON,
    },
    capacity={"pbu": 2, "pba": 2},
    in_flight=3,
    faults=frozenset({"duplicate"}),
    disabled=SLOW_CLOCK.disabled | {"duplicate_pba"},
    silent_on=frozenset({"foreign-deregistration"}),
)
_KEPT = GATEWAY_PAIRS["hints+restarts"]
NO_GATEWAY_RESTART = _KEPT.changed(
    name="no-gateway-restart",
    summary="1 mobile node, 1 MAG that would keep its entries",
    facts={n: f for n, f in _KEPT.facts.items() if n != "gateway_restarts"},
    silent_on=_KEPT.silent_on - {"two-believers"},
)
END_TO_END = USER_PACKETS.changed(
    name="packets-end-to-end",
    summary="1 mobile node, 1 MAG and an anchor that pass user packets on",
    nodes=("mn1",),
    prefixes=("p1",),
    entries=("bce1",),
    tunnels=("tunnel",),
    facts={
        **facts(("mn1",), ("mag1",), ("p1",), gateway_forwarding=ON, forwarding=ON),
        "leads_to": frozenset({("tunnel", "mag1")}),
    },
    silent_on=USER_PACKETS.silent_on - {"two-believers"},
)

# ---- handovers with slow clocks and restarts ---------------------------------------------

_HANDOVERS = HANDOVER_RESTARTS.changed(
    facts={
        **HANDOVER_RESTARTS.facts,
        "settled_moves": ON,
        "resolves": ONE_WAY,
        "is_sent": sent(HandoverRequest.OFFER),
    },
    capacity={**HANDOVER_RESTARTS.capacity, **ONE_MESSAGE},
    times=3,
)
SLOW_HANDOVERS = _HANDOVERS.changed(
    name="slow-handovers",
    summary="1 mobile node, 2 MAGs, handovers to the one whose clock is slow",
    facts={
        **{n: f for n, f in _HANDOVERS.facts.items() if n != "gateway_restarts"},
        "has_slow_clock": frozenset({("mag2",)}),
    },
    silent_on=OF_TWO_CLOCKS
    | {NO_CLOCK, NO_LOOP, NO_REFUSAL, NOT_ASKED, SAME_PREFIX, "handover.refused"},
)
_KEEPING = with_packets(_HANDOVERS, down=1, up=0)
LOST_HANDOVERS = _KEEPING.changed(
    name="handovers-lost",
    summary="1 mobile node, 2 MAGs that restart with packets kept and requests repeated",
    facts={
        **_KEEPING.facts,
        "is_sent": sent(
            HandoverRequest.OFFER_AND_BUFFER, HandoverRequest.ASK_TO_FORWARD
        ),
    },
    durations={"handover_retransmission": (1, 2)},
    silent_on=ANCHOR_TRAFFIC | {IN_ORDER, NOT_ASKED, SAME_PREFIX},
    broken=frozenset({"handover.no-loss", "handover.loss"}),
)
LISTS_KEPT = LOST_HANDOVERS.changed(
    name="handovers-lost-lists-kept",
    summary="1 mobile node, 2 MAGs that restart in handovers and keep their entries",
    facts={**LOST_HANDOVERS.facts, "update_list_survives": ON},
)

GATEWAY_CORNERS: dict[str, Configuration] = {
    c.name: c
    for c in (
        SLOW_ANSWERS,
        LOST_BACKOFF,
        HANDOVER_ANSWERS,
        DOUBLED_REQUESTS,
        NO_GATEWAY_RESTART,
        END_TO_END,
        SLOW_HANDOVERS,
        LOST_HANDOVERS,
        LISTS_KEPT,
    )
}
