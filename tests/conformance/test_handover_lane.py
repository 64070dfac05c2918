"""Campaigns with fast handover in memory: which cases suit a gateway, side by side."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from pmip6.conformance.fast_handover.gateway import FastHandoverGateway, gateway_of
from pmip6.conformance.mag.declaration import DeclaredHandover, GatewayDeclaration
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.lane import gateway_campaign
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.selection import reason_to_skip
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.results import CampaignResult
from pmip6.conformance.verdict import Layer, Verdict
from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Rule
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes
from pmip6.vectors.mag.purposes import gateway_purposes_named

PURPOSES = handover_purposes()


def _run(
    declared: GatewayDeclaration,
    chosen: list[HandoverPurpose],
    rules: tuple[Rule, ...] | None = None,
) -> CampaignResult:
    told = gateway_file(declared)

    def start(start_ms: int) -> ReferenceGateway:
        return gateway_of(told, start_ms=start_ms, rules=rules)

    plain = gateway_purposes_named(["TP_MAG_ACK_BV_01", "TP_MAG_DER_BV_01"])
    campaign = gateway_campaign(declared, VirtualGatewayLink(start))
    return campaign.run([*chosen, *plain])


def _verdicts(result: CampaignResult) -> Counter[Verdict]:
    return Counter(case.verdict for case in result.cases)


@pytest.mark.parametrize("scene", HandoverScene)
def test_cases_that_suit_a_gateway_pass_side_by_side(scene: HandoverScene) -> None:
    """Beside those that any gateway has to pass."""
    chosen = [p for p in PURPOSES if p.scene is scene][::4]
    result = _run(reference_gateway(handover=scene), chosen)
    assert [c.reason for c in result.cases if c.verdict is not Verdict.PASS] == []
    assert result.strays == ()
    assert len(result.cases) == len(chosen) + 2
    assert all(case.packets for case in result.cases)


def test_cases_for_other_gateways_are_skipped_with_a_reason() -> None:
    first = [next(p for p in PURPOSES if p.scene is scene) for scene in HandoverScene]
    declared = reference_gateway(handover=HandoverScene.NO_BUFFER)
    result = _run(declared, first)
    assert _verdicts(result) == {Verdict.PASS: 3, Verdict.SKIP: 4}
    reasons = {c.reason for c in result.cases if c.verdict is Verdict.SKIP}
    assert all(reason.startswith("is for a gateway of which") for reason in reasons)
    result = _run(reference_gateway(), first)
    assert _verdicts(result) == {Verdict.PASS: 2, Verdict.SKIP: 5}
    assert "needs fast_handover" in result.cases[0].reason


@pytest.mark.parametrize("key", ["attach_from", "handover", "attach"])
def test_cases_without_their_trigger_are_skipped(key: str) -> None:
    declared = reference_gateway(handover=HandoverScene.FORWARDING)
    triggers = declared.triggers.model_copy(update={key: ()})
    declared = declared.model_copy(update={"triggers": triggers})
    chosen = [p for p in PURPOSES if p.scene is HandoverScene.FORWARDING]
    reasons = [reason_to_skip(purpose, declared) for purpose in chosen]
    assert any(f"triggers.{key}" in reason for reason in reasons)
    assert "" in reasons


def test_a_fault_fails_and_shows_the_packet() -> None:
    """A gateway that sends no HI when the node is about to move."""
    mute = tuple(
        r.changed(sends=()) if r.name == "initiate_handover" else r
        for r in shipped_rules()
    )
    chosen = [p for p in PURPOSES if p.key.startswith("initiate_handover / ")][:1]
    result = _run(reference_gateway(handover=HandoverScene.FORWARDING), chosen, mute)
    (case,) = [c for c in result.cases if c.verdict is not Verdict.PASS]
    assert case.verdict is Verdict.FAIL
    assert case.findings[0].layer is Layer.BEHAVIOUR
    assert ": missing: HI from " in case.reason


def test_a_wrong_form_in_every_message_is_told_once_and_fails_no_case() -> None:
    """HI and HAck have a reserved bit that is 1."""

    class Odd(FastHandoverGateway):
        def __init__(self, settings: GatewaySettings, **others: Any) -> None:
            super().__init__(settings, **others)
            self._lies = replace(self._lies, message_reserved=1)

    declared = reference_gateway(handover=HandoverScene.FORWARDING)
    told = gateway_file(declared)
    scene = [p for p in PURPOSES if p.scene is HandoverScene.FORWARDING]
    chosen = [p for p in scene if p.key.startswith(("give_context", "initiate_h"))]
    link = VirtualGatewayLink(lambda start_ms: Odd(told, start_ms=start_ms))
    result = gateway_campaign(declared, link).run(chosen)
    assert _verdicts(result) == {Verdict.PASS: len(chosen)}
    assert [f for case in result.cases for f in case.findings] == []
    told_once = {each.finding.rule: each.finding.layer for each in result.repeated}
    assert told_once["handover_initiate_reserved"] is Layer.FORMAT
    assert told_once["handover_acknowledge_reserved"] is Layer.FORMAT


def test_a_gateway_is_odd_in_one_way_only() -> None:
    told = reference_gateway(handover=HandoverScene.BUFFERING).fast_handover
    assert told is not None
    content = told.model_dump() | {"forwards": False}
    with pytest.raises(ValidationError, match="more than one holds"):
        DeclaredHandover.model_validate(content)
