"""Settings of fast handover in which a mutant of its rules has to be equivalent.

With and without user packets, and with what restrains nodes and tunnels on and off; what
is true of every state where the feature is off.
"""

from __future__ import annotations

from pmip6.model.fast_handover.state import (
    PACKET,
    HandoverRequest,
    Link,
    NewState,
    PreviousState,
    context_lifetime,
    fast_handover,
    former_gateway,
    forwarding_lifetime,
    handover_acknowledge,
    handover_awaited,
    handover_backoff,
    handover_command,
    handover_indication,
    handover_initiate,
    handover_packets,
    handover_report,
    handover_request,
    handover_retransmission,
    heading,
    incoming,
    is_buffered,
    is_packet_sent,
    is_to_anchor,
    last_link,
    new_state,
    next_gateway,
    previous_state,
    transferred_prefix,
)
from pmip6.model.language.table import LEVEL
from pmip6.model.language.terms import Term, all_of, forall, implies, level
from pmip6.model.state import GATEWAY, MOBILE_NODE, PREFIX, TIME
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.prove_any_size import SETTINGS

_HANDOVER = SETTINGS["fast handover"]
_RESTRAINED = (
    *_HANDOVER,
    "settled_moves",
    "early_moves",
    "directed_moves",
    "early_commands",
    "postponed_deregistration",
    "outliving_tunnels",
)
_PACKETS = ("handover_packets", "forwarding")
HANDOVER_SETTINGS: dict[str, tuple[str, ...]] = {
    "no handovers": (),
    "all but handovers": tuple(
        name for name in (*_RESTRAINED, *_PACKETS) if name != fast_handover.name
    ),
    "handovers": _HANDOVER,
    "handovers, restrained": _RESTRAINED,
    "handover of packets": (*_HANDOVER, *_PACKETS),
    "handover of packets, restrained": (
        *_RESTRAINED,
        *_PACKETS,
        "ordered_paths",
        "one_packet_buffers",
        "copying_buffers",
    ),
    "handover of packets out of order": (*_HANDOVER, *_PACKETS, "unordered_links"),
}
HANDOVERS = tuple(HANDOVER_SETTINGS)


def _idle(node: Term, gateway: Term) -> Term:
    return all_of(
        previous_state[node, gateway] == PreviousState.IDLE,
        next_gateway[node, gateway] == GATEWAY.none,
        new_state[node, gateway] == NewState.IDLE,
        former_gateway[node, gateway] == GATEWAY.none,
        transferred_prefix[node, gateway] == PREFIX.none,
        handover_request[node, gateway] == HandoverRequest.NOTHING,
        handover_awaited[node, gateway] == TIME.none,
        ~forwarding_lifetime.running(node, gateway),
        ~context_lifetime.running(node, gateway),
        ~handover_retransmission.running(node, gateway),
    )


def _in_no_queue(packet: Term) -> Term:
    return ~is_packet_sent[packet] & forall(
        GATEWAY,
        lambda g: all_of(
            incoming[packet, g] == Link.NONE,
            ~is_buffered[packet, g],
            ~is_to_anchor[packet, g],
        ),
    )


HANDOVER_LEMMAS = (
    Lemma(
        "an HI waits longer only while it is not answered",
        forall(
            MOBILE_NODE,
            lambda n: forall(
                GATEWAY,
                lambda g: implies(
                    handover_awaited[n, g] == TIME.none,
                    handover_backoff[n, g] == level(0, LEVEL),
                ),
            ),
        ),
        "What ends the wait for a HAck begins anew with the shortest wait.",
    ),
    Lemma(
        "nothing is handed over without the feature",
        fast_handover()
        | forall(MOBILE_NODE, lambda n: forall(GATEWAY, lambda g: _idle(n, g))),
        "No rule that hands over is taken.",
    ),
    Lemma(
        "links are remembered for handovers",
        fast_handover()
        | forall(
            MOBILE_NODE,
            lambda n: (last_link[n] == GATEWAY.none) & (heading[n] == GATEWAY.none),
        ),
        "No rule that hands over is taken.",
    ),
    Lemma(
        "packets are numbered for handovers",
        handover_packets() | forall(PACKET, _in_no_queue),
        "Nobody sends them where they are not looked at.",
    ),
    *(
        Lemma(
            f"no {channel.name} without the feature",
            fast_handover(),
            "No rule that hands over is taken.",
            channel,
        )
        for channel in (
            handover_report,
            handover_indication,
            handover_command,
            handover_initiate,
            handover_acknowledge,
        )
    ),
)
