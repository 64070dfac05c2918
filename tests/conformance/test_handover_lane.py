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
from pmip6.conformance.mag.reference_gateway import (
    OTHER_GATEWAY,
    gateway_file,
    reference_gateway,
)
from pmip6.conformance.mag.selection import reason_to_skip
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.results import CampaignResult
from pmip6.conformance.verdict import Layer, Verdict
from pmip6.conformance.wire.esp_end import GatewayEsp
from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Rule
from pmip6.model.wire.esp import EspCheck
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes
from pmip6.vectors.mag.model import GatewayDomain
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


def test_what_is_declared_of_its_choices_is_expected_of_a_gateway() -> None:
    """It repeats an HI once, and asks for forwarding where it is offered the context."""
    declared = reference_gateway(handover=HandoverScene.FORWARDING)
    assert declared.fast_handover is not None
    told = declared.fast_handover.model_copy(
        update={"initiate_retries": 1, "asks": "forwarding"}
    )
    chosen = [
        p
        for p in PURPOSES
        if p.key.startswith(
            ("give_up_as_previous_gateway", "accept_offer / IDLE, IDLE")
        )
        and p.scene is HandoverScene.FORWARDING
    ][:2]
    otherwise = declared.model_copy(update={"fast_handover": told})
    result = _run(otherwise, chosen)
    assert _verdicts(result) == {Verdict.PASS: len(chosen) + 2}


WITH_ANCHOR = reference_gateway(GatewayDomain.PROTECTED).esp
BETWEEN_GATEWAYS = GatewayEsp(
    gateway=OTHER_GATEWAY,
    spi_to_gateway=0x5001,
    key_to_gateway="51" * 32,
    spi_from_gateway=0x5002,
    key_from_gateway="52" * 32,
)


def _under_esp(with_anchor: bool, *, with_other: bool = True) -> GatewayDeclaration:
    declared = reference_gateway(handover=HandoverScene.FORWARDING)
    assert declared.fast_handover is not None
    told = {"esp": BETWEEN_GATEWAYS if with_other else None}
    return declared.model_copy(
        update={
            "esp": WITH_ANCHOR if with_anchor else (),
            "fast_handover": declared.fast_handover.model_copy(update=told),
        }
    )


SOME = [
    *[p for p in PURPOSES if p.scene is HandoverScene.FORWARDING][::24],
    *(p for p in PURPOSES if p.key == "initiate_handover / IDLE, IDLE"),
]


@pytest.mark.parametrize(
    ("with_anchor", "with_other"),
    [
        (True, True),
        pytest.param(True, False, marks=pytest.mark.nightly),
        pytest.param(False, True, marks=pytest.mark.nightly),
    ],
)
def test_a_gateway_whose_signalling_is_under_esp_passes(
    with_anchor: bool, with_other: bool
) -> None:
    """With the anchor, with the other gateway, and with both."""
    result = _run(_under_esp(with_anchor, with_other=with_other), SOME)
    assert [c.reason for c in result.cases if c.verdict is not Verdict.PASS] == []
    assert result.strays == () and len(result.cases) == len(SOME) + 2


@pytest.mark.nightly
@pytest.mark.parametrize("scene", HandoverScene)
def test_every_case_passes_under_esp(scene: HandoverScene) -> None:
    chosen = [p for p in PURPOSES if p.scene is scene]
    declared = reference_gateway(handover=scene)
    assert declared.fast_handover is not None
    told = declared.fast_handover.model_copy(update={"esp": BETWEEN_GATEWAYS})
    both = {"esp": WITH_ANCHOR, "fast_handover": told}
    result = _run(declared.model_copy(update=both), chosen)
    assert [c.reason for c in result.cases if c.verdict is not Verdict.PASS] == []
    assert result.strays == () and len(result.cases) == len(chosen) + 2


def test_a_gateway_that_protects_nothing_of_a_handover_is_told() -> None:
    told = gateway_file(_under_esp(True, with_other=False))
    checks = frozenset(EspCheck) - {EspCheck.PROTECTION}

    def start(start_ms: int) -> ReferenceGateway:
        return gateway_of(told, start_ms=start_ms, esp_checks=checks)

    campaign = gateway_campaign(_under_esp(True), VirtualGatewayLink(start))
    result = campaign.run([p for p in SOME if p.key.startswith("initiate_h")])
    found = [f for case in result.cases for f in case.findings]
    found += [each.finding for each in result.repeated]
    assert any("5949-7-1" in each.requirements for each in found)


def test_cases_whose_user_packets_are_under_esp_are_skipped() -> None:
    (pair,) = WITH_ANCHOR
    with_data = pair.model_copy(update={"data": pair})
    data = _under_esp(True).model_copy(update={"esp": (with_data,)})
    assert "esp.data" in reason_to_skip(SOME[0], data)


def test_the_association_is_one_with_the_other_gateway() -> None:
    told = _under_esp(True).fast_handover
    assert told is not None and told.esp is not None
    wrong = told.esp.model_copy(update={"gateway": reference_gateway().proxy_coa})
    content = told.model_dump() | {"esp": wrong.model_dump()}
    with pytest.raises(ValidationError, match="is not other_gateway"):
        DeclaredHandover.model_validate(content)


def test_cases_for_other_gateways_are_skipped_with_a_reason() -> None:
    first = [next(p for p in PURPOSES if p.scene is scene) for scene in HandoverScene]
    declared = reference_gateway(handover=HandoverScene.NO_BUFFER)
    result = _run(declared, first)
    assert _verdicts(result) == {Verdict.PASS: 3, Verdict.SKIP: 5}
    reasons = {c.reason for c in result.cases if c.verdict is Verdict.SKIP}
    assert all(reason.startswith("is for a gateway of which") for reason in reasons)
    result = _run(reference_gateway(), first)
    assert _verdicts(result) == {Verdict.PASS: 2, Verdict.SKIP: 6}
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
    sending = ("initiate_handover", "retransmit_handover_initiate")
    mute = tuple(
        r.changed(sends=()) if r.name in sending else r for r in shipped_rules()
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
