"""Which cases are for a declared gateway, and why another one is not."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from pmip6.conformance.campaign import NO_RESTART
from pmip6.conformance.fast_handover.lane import handover_reason_to_skip
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.model.mag.path_mtu import KnownPath
from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.vectors.fast_handover.purposes import HandoverPurpose
from pmip6.vectors.lma.stimuli import PacketForm
from pmip6.vectors.mag.edges import SCENE
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel
from pmip6.vectors.mag.purposes import GatewayPurpose
from pmip6.vectors.mag.stimuli import (
    Answer,
    AnswerForm,
    Ask,
    Attach,
    Company,
    Downlink,
    Echo,
    Frame,
    Hint,
    Lease,
    Straggle,
    Synchronise,
    Uplink,
)

AnyGatewayPurpose: TypeAlias = GatewayPurpose | HandoverPurpose
"""What a gateway is tested for: by itself, and with another gateway."""
_NEEDED = {
    GatewayDomain.SIGNALLED: "needs a gateway whose link-local address the anchor says "
    '(links.fixed_mag_link_local_address = "::")',
    GatewayDomain.NUMBERED: "needs a gateway whose requests are ordered by sequence "
    "numbers (features.timestamp_based_approach_in_use = false)",
    GatewayDomain.PROTECTED: "needs ESP, which is not declared ([[esp]])",
    GatewayDomain.ANONYMOUS: "needs a gateway that tells no link-layer identifiers "
    "(links.tells_link_layer_identifiers = false)",
    GatewayDomain.COMPANY: "needs a gateway without local routing, with a fixed "
    "link-local address, timestamps and link-layer identifiers",
    GatewayDomain.LOCAL: "needs a gateway with local routing "
    "(features.enable_mag_local_routing = true)",
    GatewayDomain.EXEMPT: "needs a gateway with local routing, and nodes whose profile "
    "forbids it (nodes.exempt)",
    GatewayDomain.PROFILED: "needs nodes whose profile names a prefix (nodes.profiled), "
    "and a fixed link-local address",
    GatewayDomain.DENIED: "needs nodes that are not entitled to the service "
    "(nodes.denied), and a fixed link-local address",
}

_NO_HANDOFF = (
    "no trigger with the kind of handoff is declared (triggers.attach_with_handoff)"
)

_NO_LARGER = (
    "needs an access link that takes packets larger than the tunnel "
    "(links.access_link_mtu)"
)


def _exceeds_tunnel(declaration: GatewayDeclaration) -> bool:
    """Whether a packet that the access link takes may be refused as too big."""
    tunnel = KnownPath(declaration.links.path_mtu).tunnel_mtu
    return declaration.links.access_link_mtu > max(tunnel, LEAST_MTU)


def reason_to_skip(
    purpose: AnyGatewayPurpose,
    declaration: GatewayDeclaration,
    *,
    can_restart: bool = True,
) -> str:
    """Why a case is not for the declared gateway; empty where it is.

    What needs nothing particular of a domain is for gateways of every domain.
    """
    if isinstance(purpose, HandoverPurpose):
        return handover_reason_to_skip(purpose, declaration)
    if purpose.needs_hosts:
        return "needs an ordinary host on a link of the gateway, and the tester is none"
    if purpose.needs_restart and not can_restart:
        return NO_RESTART
    has = {GatewayDomain.FIXED, declaration.domain}
    if declaration.esp:
        has.add(GatewayDomain.PROTECTED)
    match declaration.domain:
        case GatewayDomain.FIXED:
            has.add(GatewayDomain.COMPANY)
            if declaration.nodes.profiled:
                has.add(GatewayDomain.PROFILED)
            if declaration.nodes.denied:
                has.add(GatewayDomain.DENIED)
        case GatewayDomain.LOCAL if declaration.nodes.exempt:
            has.add(GatewayDomain.EXEMPT)
        case _:
            pass
    if purpose.domain not in has:
        return _NEEDED[purpose.domain]
    for step in purpose.stimuli:
        match step:
            case Attach(hint=hint) if hint is not Hint.NOTHING:
                if not declaration.triggers.attach_with_handoff:
                    return _NO_HANDOFF
            case Ask() | Straggle(frame=Frame.NEIGHBOR) if (
                declaration.domain is GatewayDomain.SIGNALLED
            ):
                return "needs a fixed link-local address, to ask for it"
            case Company() if not declaration.triggers.attach:
                return "needs triggers.attach, for a second node"
            case Uplink(form=PacketForm.LARGE) if not _exceeds_tunnel(declaration):
                return _NO_LARGER
            case Lease() if not declaration.features.dhcp_relay:
                return "needs features.dhcp_relay, which is not declared"
            case Synchronise() if not declaration.triggers.clock:
                return "no trigger for the clock is declared (triggers.clock)"
            case _:
                pass
    is_about_packets = isinstance(purpose.test, Uplink | Downlink)
    if not declaration.features.forwarding and (
        is_about_packets or purpose.domain.has_company
    ):
        return "needs features.forwarding, which is not declared"
    return ""


@cache
def has_stray_answers(purpose: GatewayPurpose) -> bool:
    """Whether an answer of a case belongs to no request, but for its sequence number.

    Without timestamps an answer belongs to a request by that number, which requests for
    different nodes may share.
    """
    model = GatewayModel(SCENE, GatewayDomain.NUMBERED)
    for step in purpose.stimuli:
        if isinstance(step, Answer) and (
            not model.machine.awaited(SCENE.node)
            or step.form is AnswerForm.OTHER_NUMBER
            or Echo.NODE_IDENTIFIER in (step.altered, step.missing)
        ):
            return True
        model.apply(step)
    return False
