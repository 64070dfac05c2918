"""A fault for each property of fast handover."""

from __future__ import annotations

from pmip6.model.errors import Pmip6Error
from pmip6.model.fast_handover.messages import is_accepted
from pmip6.model.fast_handover.state import handover_acknowledge
from pmip6.model.language.table import Message, Rule
from pmip6.properties.faults.fault_changes import (
    SeededFault,
    without,
    without_timer,
    without_update,
)


def _without_code(rule: Rule) -> Rule:
    """Drop the look at the code of a HAck."""
    code = is_accepted(Message(handover_acknowledge))
    kept = tuple(g for g in rule.guard if g is not code)
    if len(kept) == len(rule.guard):
        raise Pmip6Error(rule.name, "does not look at the code")
    return rule.changed(guard=kept)


HANDOVER_FAULTS: dict[str, SeededFault] = {
    "handover-not-repeated": SeededFault(
        "handover.unanswered-request",
        "an HI is sent, and no timer is started for its answer",
        "initiate_handover",
        without_timer("handover_retransmission"),
    ),
    "forwarding-without-end": SeededFault(
        "handover.tunnel-end",
        "a gateway that has handed a node over forwards for ever",
        "take_agreement",
        without_timer("forwarding_lifetime"),
    ),
    "late-fetch-answered": SeededFault(
        "handover.no-loop",
        "a gateway forwards to the one that has just offered it the node",
        "give_context",
        without("former_gateway"),
    ),
    "unexpected-agreement-taken": SeededFault(
        "handover.unexpected-answer",
        "a gateway does not look at the number of a HAck",
        "take_agreement",
        without("handover_awaited"),
    ),
    "refused-handover-taken": SeededFault(
        "handover.refused",
        "a gateway does not look at the code of a HAck",
        "take_agreement",
        _without_code,
    ),
    "tunnel-kept-on-refusal": SeededFault(
        "handover.asked",
        "a gateway that refuses an HI goes on with what was agreed on before",
        "refuse_fetch_and_cancel",
        lambda rule: rule.changed(updates=(), timers=()),
    ),
    "context-not-kept": SeededFault(
        "handover.context",
        "a gateway accepts an offer and does not keep the prefix",
        "accept_offer",
        without_update("transferred_prefix"),
    ),
    "early-prefix-not-withdrawn": SeededFault(
        "handover.withdrawn",
        "another prefix is advertised before the early one is withdrawn",
        "advertise",
        without("transferred_prefix"),
    ),
    "link-not-left": SeededFault(
        "handover.no-duplicate",
        "a packet that goes into a buffer stays on its link as well",
        "buffer_packet",
        without_update("incoming"),
    ),
    "kept-packet-forgotten": SeededFault(
        "handover.no-loss",
        "a gateway that should keep a packet does not",
        "buffer_packet",
        without_update("is_buffered"),
    ),
    "asked-in-vain": SeededFault(
        "handover.loss",
        "a gateway that was asked to keep packets does not",
        "buffer_packet",
        without_update("is_buffered"),
    ),
    "uplink-not-relayed": SeededFault(
        "handover.uplink-loss",
        "the previous gateway does not pass on what comes from the new one",
        "relay_uplink",
        without_update("is_to_anchor"),
    ),
    "drained-out-of-order": SeededFault(
        "handover.in-order",
        "any packet of a buffer goes to the node first",
        "drain_to_node",
        without("is_behind"),
    ),
    "buffer-without-bound": SeededFault(
        "handover.buffer-bound",
        "a gateway keeps a packet although its buffer is full",
        "buffer_packet",
        without("one_packet_buffers"),
    ),
    "given-up-handover-awaited": SeededFault(
        "response.handover",
        "a gateway that gives an HI up goes on to wait for its answer",
        "give_up_as_previous_gateway",
        without_update("handover_awaited"),
    ),
    "context-outlives-its-time": SeededFault(
        "response.tunnel",
        "a gateway does not forget the context when its time is over",
        "forget_context",
        without_update("new_state"),
    ),
    "wrong-prefix-left": SeededFault(
        "response.withdrawal",
        "a gateway does not withdraw the prefix that it was wrong to advertise",
        "withdraw_prefix",
        lambda rule: None,
    ),
    "kept-packet-not-discarded": SeededFault(
        "response.kept-packet",
        "a gateway keeps packets for a node that is not expected any more",
        "discard_kept_packet",
        lambda rule: None,
    ),
}
