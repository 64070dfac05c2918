"""Ways of gateways to boundaries of guards that no case and no tour comes to.

Some need settings that a tester of the campaign cannot ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.mag.settings import Asked, GatewaySettings
from pmip6.conformance.packs.cases import (
    Cases,
    Chosen,
    as_tour,
    gateway_case,
    handover_case,
)
from pmip6.model.fast_handover.state import context_lifetime, handover_retransmission
from pmip6.model.state import renewal, retransmission
from pmip6.model.wire.numbers import BindingAckStatus as Status
from pmip6.model.wire.numbers import HandoverAcknowledgeCode as Code
from pmip6.vectors.fast_handover.model import HandoverScene as Scene
from pmip6.vectors.fast_handover.purposes import HandoverGroup, HandoverPurpose
from pmip6.vectors.fast_handover.stimuli import (
    Acknowledgement,
    Elapse,
    Flags,
    HandoverStimulus,
    Indication,
    Initiation,
    LinkDown,
    LinkUp,
    Registration,
    Said,
    Solicitation,
    as_document,
)
from pmip6.vectors.lma.purposes import Kind
from pmip6.vectors.mag.groups import Group as GatewayGroup
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import GatewayPurpose
from pmip6.vectors.mag.stimuli import Answer, AnswerForm, Attach, Detach, Echo
from pmip6.vectors.mag.stimuli import Stimulus as GatewayStimulus
from pmip6.vectors.mag.stimuli import as_document as gateway_document
from pmip6.vectors.packs.scenario_group import PackRole
from pmip6.vectors.packs.tours import tour_name

PROFILED = IPv6Network("2001:db8:100:2::/64")
LONG_MS = 1_000_000


def _as_it_is(plain: GatewaySettings) -> GatewaySettings:
    return plain


@dataclass(frozen=True)
class GatewayWay:
    """What is done to a gateway, what is special about it, and its settings."""

    words: str
    domain: GatewayDomain
    stimuli: tuple[GatewayStimulus, ...]
    settings: Chosen[GatewaySettings] = _as_it_is


@dataclass(frozen=True)
class HandoverWay:
    """The same of a gateway with fast handover."""

    words: str
    scene: Scene
    stimuli: tuple[HandoverStimulus, ...]
    settings: Chosen[GatewaySettings] = _as_it_is


# ---- settings --------------------------------------------------------------------------


def _handing_over(**told: object) -> Chosen[GatewaySettings]:
    """Settings in which something else is told about fast handover."""

    def chosen(plain: GatewaySettings) -> GatewaySettings:
        assert plain.fast_handover is not None
        changed = plain.fast_handover.model_copy(update=told)
        return plain.model_copy(update={"fast_handover": changed})

    return chosen


PATIENT: Mapping[str, object] = {
    "initiate_timeout_ms": LONG_MS,
    "initiate_retries": 1,
    "forwarding_lifetime_ms": 5 * LONG_MS,
    "context_lifetime_ms": 5 * LONG_MS,
}
"""A handover lasts longer than a registration."""
_patient = _handing_over(**PATIENT)
_asks_for_buffering = _handing_over(asks=Asked.BUFFERING, initiate_timeout_ms=LONG_MS)


def _signalled(plain: GatewaySettings) -> GatewaySettings:
    """The anchor says the link-local address of the gateway."""
    nobody = IPv6Address(0)
    return plain.model_copy(update={"fixed_mag_link_local_address": nobody})


def _with_profile(number: int) -> Chosen[GatewaySettings]:
    """The policy profile of one of the nodes names a prefix."""

    def chosen(plain: GatewaySettings) -> GatewaySettings:
        nodes = list(plain.nodes)
        told = {"home_network_prefixes": (PROFILED,)}
        nodes[number] = nodes[number].model_copy(update=told)
        return plain.model_copy(update={"nodes": tuple(nodes)})

    return chosen


# ---- stimuli ---------------------------------------------------------------------------

UP, FROM_OTHER, DOWN = LinkUp(), LinkUp(is_told=True), LinkDown()
REGISTERED, SOLICITS, LEAVES = Registration(), Solicitation(), Indication()
RENEWED = Elapse(renewal.name)
CONSENT = Acknowledgement(Code.CONTEXT_ACCEPTED)
REFUSAL = Acknowledgement(Code.REASON_UNSPECIFIED)
OFFER = Initiation(Said.OFFER)
REQUEST = Initiation(Said.FETCH, Flags.FORWARD)
"""A fetch, or what a gateway asks for that has agreed."""
OPEN_FETCH = Initiation(Said.OPEN_FETCH)
OVER = Initiation(Said.COMPLETION)
AGREED = (UP, REGISTERED, LEAVES, CONSENT)
"""The gateway forwards to the next one; the node may leave, and stays registered."""
UNANSWERED = (*AGREED, RENEWED, DOWN)
"""Then the registration is renewed, and the node leaves before an answer comes."""
RETURNED = (UP, REGISTERED, DOWN, FROM_OTHER)
"""A node comes back before its de-registration is answered: its context is fetched."""
TANGLED = (
    *(*AGREED, RENEWED, Registration(Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)),
    *(DOWN, FROM_OTHER, Acknowledgement(Code.ACCEPTED)),
    *(Elapse(retransmission.name), REGISTERED, OPEN_FETCH, OPEN_FETCH),
)
"""A node comes back to a gateway that registers it, and fetches its context as well; it is
registered before the context comes, and then the other gateway asks for it."""

BACK = (UP, REGISTERED, DOWN, UP, REGISTERED)
"""A node comes back to its last link before its de-registration is answered."""

DEREGISTERING = (Attach(), Answer(), Detach())
GATEWAY_WAYS = (
    GatewayWay(
        "the profile of another node names a prefix",
        GatewayDomain.COMPANY,
        (Attach(),),
        _with_profile(1),
    ),
    GatewayWay(
        "an altered answer with another number, to a de-registration",
        GatewayDomain.FIXED,
        (
            *DEREGISTERING,
            Answer(form=AnswerForm.OTHER_NUMBER, altered=Echo.HANDOFF_INDICATOR),
        ),
    ),
    GatewayWay(
        "a refusal with another number, to a de-registration",
        GatewayDomain.FIXED,
        (
            *DEREGISTERING,
            Answer(Status.ADMINISTRATIVELY_PROHIBITED, form=AnswerForm.OTHER_NUMBER),
        ),
    ),
)
ALONE_WAYS = (
    HandoverWay(
        "the context has no prefix, the profile has one",
        Scene.FORWARDING,
        (FROM_OTHER, Acknowledgement(Code.ALL_CONTEXT_TRANSFERRED)),
        _with_profile(0),
    ),
    HandoverWay(
        "a node that has left solicits, and is to be registered again",
        Scene.FORWARDING,
        (*AGREED, DOWN, SOLICITS, RENEWED),
        _patient,
    ),
    *(
        HandoverWay(
            f"refusal {status:d} for a node that has left",
            Scene.FORWARDING,
            (*UNANSWERED, Registration(status)),
            _patient,
        )
        for status in (
            Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
            Status.TIMESTAMP_MISMATCH,
        )
    ),
    *(
        HandoverWay(
            f"refusal {status:d} of a de-registration, and the node is back",
            Scene.FORWARDING,
            (*RETURNED, Registration(status)),
        )
        for status in (
            Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
            Status.TIMESTAMP_MISMATCH,
        )
    ),
    HandoverWay(
        "the answer to a de-registration names the address of the node",
        Scene.FORWARDING,
        (*RETURNED, SOLICITS, Registration(names_node=True)),
        _signalled,
    ),
    HandoverWay(
        "a refusal names the address of the node",
        Scene.FORWARDING,
        (
            UP,
            SOLICITS,
            Registration(Status.ADMINISTRATIVELY_PROHIBITED, names_node=True),
        ),
        _signalled,
    ),
)
"""Of what a gateway does without handovers, too."""
TELLING_ALONE_WAYS = (
    HandoverWay("a node is back, and is registered once", Scene.FORWARDING, BACK),
    HandoverWay(
        "a node is back whose profile names a prefix, and is registered once",
        Scene.FORWARDING,
        BACK,
        _with_profile(0),
    ),
)
"""They show no boundary, but faults that nothing else shows (docs/pack-kill-matrix.md)."""
_LOST = (
    *(UP, REGISTERED, LEAVES, RENEWED),
    Registration(Status.ADMINISTRATIVELY_PROHIBITED),
    Elapse(handover_retransmission.name),
)
PREVIOUS_WAYS = (
    HandoverWay(
        "a node is to leave whose tunnel is being asked for",
        Scene.CONTEXT,
        (OFFER, UP, REGISTERED, LEAVES),
    ),
    *(
        HandoverWay("an offer is refused", scene, (UP, REGISTERED, LEAVES, REFUSAL))
        for scene in (Scene.CONTEXT, Scene.BUFFERING)
    ),
    *(
        HandoverWay(
            "the registration is refused while its context is on offer",
            scene,
            _LOST,
            _patient,
        )
        for scene in (Scene.CONTEXT, Scene.BUFFERING, Scene.FORWARDING)
    ),
    HandoverWay("forwarding for an unknown node", Scene.NO_FORWARDING, (REQUEST,)),
    HandoverWay(
        "forwarding for a node that the same gateway has offered",
        Scene.NO_FORWARDING,
        (OFFER, UP, REGISTERED, Initiation(Said.NAMED_FETCH, Flags.FORWARD)),
    ),
    HandoverWay(
        "a gateway fetches what it has offered",
        Scene.FORWARDING,
        (OFFER, OPEN_FETCH),
    ),
    HandoverWay(
        "a third gateway fetches the context",
        Scene.FORWARDING,
        (OFFER, UP, REGISTERED, Initiation(Said.FETCH, is_of_third=True)),
    ),
    HandoverWay(
        "a gateway that is asked for what it has fetched",
        Scene.FORWARDING,
        TANGLED,
        _patient,
    ),
    HandoverWay(
        "a gateway fetches the context of a node that the anchor has refused since",
        Scene.NO_BUFFER,
        (
            *(*AGREED, RENEWED),
            *(Registration(Status.ADMINISTRATIVELY_PROHIBITED), OPEN_FETCH),
        ),
        _patient,
    ),
)
NEW_WAYS = (
    HandoverWay(
        "the next gateway asks for the tunnel, not the former one",
        Scene.FORWARDING,
        (Initiation(Said.OFFER, is_of_third=True), UP, REGISTERED, LEAVES, REQUEST),
    ),
    HandoverWay(
        "a third gateway has forwarded everything",
        Scene.FORWARDING,
        (OFFER, Initiation(Said.COMPLETION, is_of_third=True)),
    ),
    HandoverWay(
        "a tunnel is asked for with U, and everything is forwarded",
        Scene.CONTEXT,
        (OFFER, OVER),
        _asks_for_buffering,
    ),
    HandoverWay(
        "a tunnel is asked for with U, and the context is forgotten",
        Scene.CONTEXT,
        (OFFER, Elapse(context_lifetime.name)),
        _asks_for_buffering,
    ),
    HandoverWay(
        "a node is back before it is seen to have left",
        Scene.FORWARDING,
        RETURNED,
        _handing_over(detachment_delay_ms=500),
    ),
    HandoverWay(
        "a registration is repeated whose prefix was withdrawn",
        Scene.FORWARDING,
        (
            Initiation(Said.OFFER, Flags.FORWARD),
            *(UP, Registration(is_other_prefix=True), RENEWED),
            Registration(Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED),
        ),
        _patient,
    ),
    HandoverWay(
        "a gateway that is asked for a tunnel, and not by who had the context",
        Scene.FORWARDING,
        (*TANGLED, REQUEST),
        _patient,
    ),
)


# ---- recorded --------------------------------------------------------------------------


def gateway_boundary_ways() -> Cases:
    """Record the ways of what a gateway does alone."""
    cases = Cases(PackRole.MAG)
    for way in GATEWAY_WAYS:
        found = gateway_case(gateway_purpose(way), cases, way.settings)
        cases.recorded.append(as_tour(found))
    return _recorded(cases, (*ALONE_WAYS, *TELLING_ALONE_WAYS))


def handover_boundary_ways(role: PackRole) -> Cases:
    """Record the ways of a gateway in one of its roles in a handover."""
    ways = PREVIOUS_WAYS if role is PackRole.PREVIOUS_MAG else NEW_WAYS
    return _recorded(Cases(role), ways)


def _recorded(cases: Cases, ways: Iterable[HandoverWay]) -> Cases:
    for way in ways:
        found = handover_case(handover_purpose(way, cases.role), cases, way.settings)
        cases.recorded.append(as_tour(found))
    return cases


def gateway_purpose(way: GatewayWay) -> GatewayPurpose:
    """A way as what the campaign runs."""
    *before, last = way.stimuli
    steps = [gateway_document(stimulus) for stimulus in way.stimuli]
    name = tour_name(PackRole.MAG, (way.domain, way.words), steps)
    return GatewayPurpose(
        key=name,
        group=GatewayGroup.ACK,
        kind=Kind.BV,
        domain=way.domain,
        title=way.words,
        requirements=(),
        preamble=tuple(before),
        test=last,
        probes=(),
        name=name,
        version=1,
    )


def handover_purpose(way: HandoverWay, role: PackRole) -> HandoverPurpose:
    """A way as what the campaign runs."""
    *before, last = way.stimuli
    steps = [as_document(stimulus) for stimulus in way.stimuli]
    name = tour_name(role, (way.scene, way.words), steps)
    return HandoverPurpose(
        key=name,
        group=HandoverGroup.NEW if role is PackRole.NEW_MAG else HandoverGroup.PRE,
        kind=Kind.BV,
        scene=way.scene,
        title=way.words,
        requirements=(),
        preamble=tuple(before),
        test=last,
        probes=(),
        name=name,
        version=1,
    )
