"""Settings of gateways in which a mutant of their rules has to be equivalent.

With all features of gateways and without any; with restarts, slow clocks, handovers and
answers that an anchor does not give; what is true of every state of a gateway.
"""

from __future__ import annotations

from collections.abc import Callable

from pmip6.model.language.table import LEVEL, Message
from pmip6.model.language.terms import Term, all_of, any_of, forall, implies, level
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    UpdateListState,
    access_packet,
    access_route,
    altered_answers,
    awaited,
    awaits_clock,
    backoff,
    bule_prefix,
    bule_state,
    clock_synchronisation,
    delivery,
    gateway_forwarding,
    has_tunnel,
    packet,
    pba,
    registration_lifetime,
    registration_lifetimes,
    retransmission,
)
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.properties import gateway_data_plane
from pmip6.properties.faults.handover_settings import HANDOVER_SETTINGS
from pmip6.properties.guards import gateway_situations
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.prove_any_size import SETTINGS

_FEATURES = (*SETTINGS["one interface"], "gateway_forwarding")
_AT_ONCE = tuple(name for name in _FEATURES if name != "spaced_attempts")
_HANDOVERS = HANDOVER_SETTINGS["handovers"]
_KEPT = "update_list_survives"
GATEWAY_SETTINGS: dict[str, tuple[str, ...]] = {
    "gateways without features": (),
    "gateways": _FEATURES,
    "gateways that ask again at once": _AT_ONCE,
    "gateways of a forwarding anchor": (*_FEATURES, "forwarding"),
    "gateways with altered answers": (*_FEATURES, "altered_answers"),
    "gateways with any answers": (*_AT_ONCE, "free_answers"),
    "gateways that restart": (*_FEATURES, "gateway_restarts"),
    "gateways that keep their lists": (*_FEATURES, "gateway_restarts", _KEPT),
    "gateways that would keep their lists": (*_FEATURES, _KEPT),
    "gateways with slow clocks": (*_AT_ONCE, "has_slow_clock"),
    "gateways with handovers": (
        *HANDOVER_SETTINGS["handovers"],
        "gateway_forwarding",
        "altered_answers",
    ),
    "gateways without handovers": (
        *_FEATURES,
        *(n for n in HANDOVER_SETTINGS["handovers, restrained"] if n not in _HANDOVERS),
    ),
    "gateways with postponed departures": (
        *HANDOVER_SETTINGS["handovers, restrained"],
        "gateway_forwarding",
    ),
    "gateways that restart in handovers": (
        *HANDOVER_SETTINGS["handover of packets"],
        "gateway_restarts",
    ),
    "gateways that keep their lists in handovers": (
        *HANDOVER_SETTINGS["handover of packets"],
        "gateway_restarts",
        _KEPT,
    ),
    "handovers with slow clocks": (
        *HANDOVER_SETTINGS["handovers"],
        "has_slow_clock",
    ),
}


def _registered(node: Term, gateway: Term) -> Term:
    return bule_state[node, gateway] == UpdateListState.REGISTERED


def _of_all(body: Callable[[Term, Term], Term]) -> Term:
    return forall(MOBILE_NODE, lambda n: forall(GATEWAY, lambda g: body(n, g)))


_ANSWER, _PACKET = Message(pba), Message(access_packet)
_TO_ANCHOR, _TO_GATEWAY = Message(packet), Message(delivery)
GATEWAY_LEMMAS = (
    *(
        Lemma(known.name, known.term, known.doc)
        for known in (
            gateway_data_plane.every_registration_has_its_route,
            gateway_data_plane.no_route_without_a_registration,
            gateway_data_plane.every_registration_has_its_tunnel,
            gateway_data_plane.no_tunnel_without_a_registration,
        )
    ),
    *(
        Lemma(known.name, known.term, known.reason)
        for known in (
            gateway_situations.a_registration_ends_that_has_begun,
            gateway_situations.an_answer_is_awaited_in_a_state_that_asked,
            gateway_situations.a_clock_is_awaited_after_a_refusal,
        )
    ),
    Lemma(
        "a registration has a prefix",
        _of_all(
            lambda n, g: implies(_registered(n, g), bule_prefix[n, g] != PREFIX.none)
        ),
        "An acceptance carries one, and to leave this state gives it up.",
    ),
    Lemma(
        "who asked nothing waits no longer than at first",
        _of_all(
            lambda n, g: any_of(
                retransmission.running(n, g),
                awaited[n, g] != TIME.none,
                backoff[n, g] == level(0, LEVEL),
            )
        ),
        "What ends the wait begins anew with the shortest one.",
    ),
    Lemma(
        "no clock is awaited without the feature",
        clock_synchronisation() | _of_all(lambda n, g: ~awaits_clock[n, g]),
        "No rule that awaits one is taken.",
    ),
    Lemma(
        "registrations end where they have a lifetime",
        registration_lifetimes()
        | _of_all(lambda n, g: ~registration_lifetime.running(n, g)),
        "No rule starts it elsewhere.",
    ),
    Lemma(
        "no routes without the feature",
        gateway_forwarding()
        | all_of(
            _of_all(lambda n, g: access_route[n, g] == PREFIX.none),
            forall(GATEWAY, lambda g: ~has_tunnel[g]),
        ),
        "A gateway that passes on nothing makes no tunnel.",
    ),
    Lemma(
        "an answer echoes its request unless it is altered",
        altered_answers() | _ANSWER.is_echo,
        "Anchors echo the options, and peers alter them where that is looked at.",
        pba,
    ),
    Lemma(
        "an acceptance carries a prefix",
        implies(
            _ANSWER.status == BindingAckStatus.ACCEPTED, _ANSWER.prefix != PREFIX.none
        ),
        "An anchor grants the prefix of the session.",
        pba,
    ),
    Lemma(
        "a packet of a node comes from a prefix",
        all_of(
            gateway_forwarding(),
            _PACKET.source != PREFIX.none,
            _PACKET.gateway != GATEWAY.none,
        ),
        "A node on a link writes from an address.",
        access_packet,
    ),
    Lemma(
        "a packet to the anchor has an address of a prefix",
        _TO_ANCHOR.prefix != PREFIX.none,
        "Nodes and their peers write from addresses and to addresses.",
        packet,
    ),
    Lemma(
        "a packet out of the tunnel is for an address of a prefix",
        _TO_GATEWAY.prefix != PREFIX.none,
        "An anchor passes on what it got.",
        delivery,
    ),
)
"""What makes the arguments; each is proved with the others, by induction, in each setting."""
