"""The cases for fast handover against a declared gateway: which suit it, and how each runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pmip6.conformance.fast_handover.case import HandoverCase
from pmip6.conformance.fast_handover.cast import Cast, Times
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.settings import (
    Asked,
    FastHandoverSettings,
    GatewaySettings,
)
from pmip6.conformance.wire.esp_end import EspEnd
from pmip6.vectors.fast_handover.purposes import HandoverPurpose
from pmip6.vectors.fast_handover.stimuli import Indication, LinkUp
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.model import GatewayDomain

ORDINARY = (GatewayDomain.FIXED, GatewayDomain.LOCAL)
"""Domains that the oracle of these cases is like."""


_LATER: Mapping[str, Literal[Asked.BUFFERING, Asked.FORWARDING]] = {
    "buffering": Asked.BUFFERING,
    "forwarding": Asked.FORWARDING,
}


def handover_reason_to_skip(
    purpose: HandoverPurpose, declaration: GatewayDeclaration
) -> str:
    """Why a case is not for the declared gateway; empty where it is."""
    handover, triggers = declaration.fast_handover, declaration.triggers
    if handover is None:
        return "needs fast_handover, which is not declared"
    if declaration.domain not in ORDINARY:
        return (
            "needs a gateway with a fixed link-local address, timestamps and link-layer "
            "identifiers"
        )
    if any(one.data is not None for one in declaration.esp):
        return "needs user packets in clear, and they are under ESP (esp.data)"
    if not declaration.features.forwarding:
        return "needs features.forwarding, which is not declared"
    if purpose.scene is not handover.scene:
        return f"is for a gateway of which this holds: {purpose.scene}"
    for step in purpose.stimuli:
        if isinstance(step, Indication) and not triggers.handover:
            return (
                "no trigger for a node that will move is declared (triggers.handover)"
            )
        if step == LinkUp(is_told=True) and not triggers.attach_from:
            return "no trigger tells where a node comes from (triggers.attach_from)"
        if step == LinkUp() and not triggers.attach:
            return "needs triggers.attach"
    return ""


def handover_settings(
    declaration: GatewayDeclaration,
) -> FastHandoverSettings | None:
    """What a gateway that is as declared is told of fast handover."""
    told = declaration.fast_handover
    if told is None:
        return None
    asked = Asked(told.requests)
    later = "" if asked is Asked.FORWARDING else "forwarding"
    return FastHandoverSettings(
        gateways=(told.other_gateway,),
        access_points={told.access_point: told.other_gateway},
        offers=asked,
        fetches=asked,
        asks=_LATER.get(told.asks or later),
        buffer_packets=told.buffer_packets,
        forwards=told.forwards,
        gre_keys=told.gre_keys,
        esp=() if told.esp is None else (told.esp,),
        initiate_timeout_ms=told.initiate_timeout_ms,
        initiate_retries=told.initiate_retries,
        forwarding_lifetime_ms=told.lifetime_ms,
        context_lifetime_ms=told.lifetime_ms,
    )


def handover_case(
    purpose: HandoverPurpose,
    scene: Scene,
    declaration: GatewayDeclaration,
    first_number: int,
    esp: EspEnd | None = None,
) -> HandoverCase:
    """A case that is ready to run, for a node of the declared gateway.

    Args:
        purpose: What to do.
        scene: Its node.
        declaration: The gateway.
        first_number: Of its user packets and HIs.
        esp: The end of the ESP at the tester; None where there is none.
    """
    expected = handover_settings(declaration)
    told, links, timers = (
        declaration.fast_handover,
        declaration.links,
        declaration.timers,
    )
    assert told is not None
    cast = Cast(
        scene,
        told.other_gateway,
        told.access_point,
        told.unknown_access_point,
        told.gre_keys,
    )
    settings = GatewaySettings(
        proxy_coa=scene.gateway,
        lma_address=scene.anchor,
        nodes=(cast.profile,),
        access_technology=links.access_technology,
        link_layer_address=links.link_layer_address,
        fixed_mag_link_local_address=links.fixed_mag_link_local_address,
        lifetime_units=timers.lifetime_units,
        initial_bindack_timeout_ms=timers.initial_bindack_timeout_ms,
        max_bindack_timeout_ms=timers.max_bindack_timeout_ms,
        path_mtu=links.path_mtu,
        access_link_mtu=links.access_link_mtu,
        fast_handover=expected and expected.model_copy(update={"esp": ()}),
    )
    times = Times(
        reaction_ms=timers.silence_ms,
        grace_ms=timers.reaction_ms + timers.tolerance_ms,
        tolerance_ms=timers.tolerance_ms,
        answer_ms=timers.reaction_ms,
    )
    return HandoverCase(
        purpose, cast, settings, times, first_number=first_number, esp=esp
    )
