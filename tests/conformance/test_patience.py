"""How long a case for gateways takes is told before it runs, well enough to begin in order."""

import pytest

from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.mag.in_memory import run_script
from pmip6.conformance.mag.lane import new_case
from pmip6.conformance.mag.patience import gateway_patience, handover_patience
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.scenes import scenes
from pmip6.conformance.mag.selection import AnyGatewayPurpose, reason_to_skip
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import gateway_purposes

PLAIN = reference_gateway(nodes=1)
HANDOVER = reference_gateway(nodes=1, handover=HandoverScene.FORWARDING)
ALONE = [
    p
    for p in gateway_purposes()
    if p.domain is GatewayDomain.FIXED
    and not p.needs_hosts
    and not reason_to_skip(p, PLAIN)
]
CASES: list[AnyGatewayPurpose] = [
    *ALONE[::9],
    *[p for p in ALONE if "_TI_" in p.name or "_ND_" in p.name][::4],
    *[p for p in handover_purposes() if not reason_to_skip(p, HANDOVER)][::12],
]
NOT_COUNTED_MS = 4500
"""What single packets and the ends of timers take beside, in a case of many steps."""


def _taken_ms(purpose: AnyGatewayPurpose) -> int:
    """How long a case takes under virtual time."""
    declared = HANDOVER if isinstance(purpose, HandoverPurpose) else PLAIN
    told = gateway_file(declared)
    link = VirtualGatewayLink(lambda start_ms: gateway_of(told, start_ms=start_ms))
    scene = next(scenes(declared))
    case, judge = new_case(purpose, declared, scene, 1, None)
    run_script(case, link, judge)
    return link.now_ms()


def _told_ms(purpose: AnyGatewayPurpose) -> int:
    if isinstance(purpose, HandoverPurpose):
        return handover_patience(purpose, HANDOVER)
    return gateway_patience(purpose, PLAIN)


@pytest.mark.parametrize("purpose", CASES, ids=lambda p: p.name)
def test_a_case_takes_about_as_long_as_is_told(purpose: AnyGatewayPurpose) -> None:
    """At most the double, where a renewal comes earlier than it has to."""
    told, taken = _told_ms(purpose), _taken_ms(purpose)
    assert taken - NOT_COUNTED_MS <= told <= 2 * taken
