"""The cases for gateways: the reference gateway passes all, faulty ones are found out."""

from dataclasses import replace

import pytest

from pmip6.conformance.mag.domain import configuration_of
from pmip6.conformance.mag.in_memory import (
    reference_settings,
    run_gateway_case,
    run_gateways_in_memory,
)
from pmip6.conformance.results import CaseResult
from pmip6.conformance.verdict import Verdict
from pmip6.model.domain import Model
from pmip6.model.language.table import Role
from pmip6.model.mag.request_construction import (
    CONSTRUCTION_RULES,
    REQUEST_FIELDS,
    Asked,
    Registrant,
)
from pmip6.model.wire.options import MobilityOption
from pmip6.properties.faults.mutants import mutant
from pmip6.vectors.mag.edges import SEARCHED, edges
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import (
    GatewayPurpose,
    gateway_purposes,
    gateway_purposes_named,
)
from pmip6.vectors.mag.repertoires import SUBJECTS
from pmip6.vectors.mag.stimuli import as_document, from_document


def _shown(results: tuple[CaseResult, ...]) -> list[str]:
    return [
        f"{r.purpose.name} {r.verdict.name}: {r.reason}"
        for r in results
        if r.verdict is not Verdict.PASS
    ]


def test_the_reference_gateway_passes_every_case() -> None:
    assert len(gateway_purposes()) == 354
    assert _shown(run_gateways_in_memory()) == []


def test_every_rule_of_a_gateway_has_a_case() -> None:
    taken = {edge.taken for domain in SEARCHED for edge in edges(domain)}
    taken |= {edge.taken for subject in SUBJECTS for edge in subject.edges()}
    rules = {
        rule.name
        for domain in GatewayDomain
        for rule in Model(configuration_of(reference_settings(domain))).rules
        if rule.role is Role.MAG
    }
    # what a gateway that sees every departure at once does not come to
    late = {"lapse_instead_of_renewal", "lapse_instead_of_retransmission"}
    assert rules - taken - late == {"advertise"}  # of its own accord, after `accept`


def test_stimuli_are_written_and_read() -> None:
    for purpose in gateway_purposes():
        for stimulus in purpose.stimuli:
            assert from_document(as_document(stimulus)) == stimulus


# ---- faulty gateways -------------------------------------------------------------------


def _verdict(purpose: GatewayPurpose, name: str) -> Verdict:
    return run_gateway_case(purpose, rules=mutant(name).rules).verdict


FAULTY = {
    "mag.accept.removed": "TP_MAG_ACK_BI_01",
    "mag.accept.update-1": "TP_MAG_ACK_BI_01",
    "mag.accept.timer-0": "TP_MAG_ACK_BI_01",
    "mag.accept.guard-0": "TP_MAG_ACK_BI_29",
    "mag.accept_and_upload_address.removed": "TP_MAG_ACK_BV_14",
    "mag.accept_refusal.removed": "TP_MAG_ACK_BI_53",
    "mag.await_synchronisation.removed": "TP_MAG_ACK_BI_18",
    "mag.try_again_later.removed": "TP_MAG_ACK_BI_19",
    "mag.ignore_altered_acknowledgement.removed": "TP_MAG_ACK_BI_26",
    "mag.request_allocation.removed": "TP_MAG_ATT_BV_01",
    "mag.propose_prefix.guard-2": "TP_MAG_ATT_BV_01",
    "mag.advertise.removed": "TP_MAG_REN_BV_02",
    "mag.renew.removed": "TP_MAG_EXT_TI_02",
    "mag.end_registration.removed": "TP_MAG_EXT_TI_05",
    "mag.retransmit.send-0": "TP_MAG_RTX_TI_02",
    "mag.answer_solicitation.removed": "TP_MAG_ADV_BV_01",
    "mag.notice_detachment.send-0": "TP_MAG_DER_BV_01",
}
"""Mechanical mutants of the rules of the gateway, and a case that kills each."""


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_rule_is_found_by_its_case(name: str) -> None:
    (purpose,) = gateway_purposes_named([FAULTY[name]])
    found = _verdict(purpose, name)
    assert found in (Verdict.FAIL, Verdict.WARN)


def _no_options(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    return ()


def _zero(asked: Asked, known: Registrant) -> int:
    return 0


@pytest.mark.parametrize("rule", CONSTRUCTION_RULES, ids=lambda rule: rule.name)
def test_a_request_without_an_option_is_found(rule: object) -> None:
    """Every option that a gateway leaves out or puts in wrongly shows in some domain."""
    without = tuple(
        replace(r, options=_no_options) if r is rule else r for r in CONSTRUCTION_RULES
    )
    verdicts = {
        run_gateway_case(purpose, construction_rules=without).verdict
        for purpose in _first_of_each_domain()
    }
    assert Verdict.FAIL in verdicts


@pytest.mark.parametrize("field", REQUEST_FIELDS, ids=lambda field: field.name)
def test_a_request_with_a_field_of_zero_is_found(field: object) -> None:
    zero = tuple(replace(f, value=_zero) if f is field else f for f in REQUEST_FIELDS)
    verdicts = {
        run_gateway_case(purpose, request_fields=zero).verdict
        for purpose in _first_of_each_domain()
    }
    assert verdicts & {Verdict.FAIL, Verdict.WARN}


def _first_of_each_domain() -> list[GatewayPurpose]:
    """A registration that is accepted, in each domain."""
    found: dict[GatewayDomain, GatewayPurpose] = {}
    for purpose in gateway_purposes():
        if " / accept / REGISTERING" in purpose.key:
            found.setdefault(purpose.domain, purpose)
    return list(found.values())
