"""Every case passes on every gateway that only chooses what the RFC leaves open."""

import pytest

from pmip6.conformance.mag.permitted_gateways import (
    AS_REFERENCE,
    PermittedGateway,
    permitted_gateways,
)
from pmip6.conformance.mag.port import Sent
from pmip6.conformance.verdict import Verdict
from pmip6.vectors.mag.purposes import (
    GatewayPurpose,
    gateway_purposes,
    gateway_purposes_named,
)

VARIANTS = permitted_gateways()
SHARES = 12
"""One in so many of the cases is run on a variant by day."""
TELLING = (
    "TP_MAG_ACK_BI_01",
    "TP_MAG_ACK_BI_19",
    "TP_MAG_EXT_TI_02",
    "TP_MAG_ADV_BV_01",
    "TP_MAG_DHC_BV_01",
    "TP_MAG_ACC_BV_01",
)
"""A registration and two refusals, a renewal, the answer to a solicitation, a relay, and a
node that may not have the service."""


def _assert_all_pass(
    variant: PermittedGateway, chosen: tuple[GatewayPurpose, ...]
) -> None:
    results = {p.name: variant.run(p) for p in chosen}
    warned = {i for r in results.values() for f in r.findings for i in f.requirements}
    assert warned == ({variant.warning} if variant.warning else set())
    allowed = {Verdict.PASS, Verdict.WARN} if variant.warning else {Verdict.PASS}
    wrong = {n: r.reason for n, r in results.items() if r.verdict not in allowed}
    assert wrong == {}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_permitted_gateway_passes(name: str) -> None:
    number = list(VARIANTS).index(name) % SHARES
    _assert_all_pass(VARIANTS[name], gateway_purposes()[number::SHARES])


def test_the_reference_gateway_is_cited_for_what_it_only_may_do() -> None:
    _assert_all_pass(AS_REFERENCE, gateway_purposes()[::SHARES])
    others = {id_ for variant in VARIANTS.values() for id_ in variant.requirements}
    assert not others & set(AS_REFERENCE.requirements)


@pytest.mark.nightly
@pytest.mark.parametrize("name", VARIANTS)
def test_a_permitted_gateway_passes_every_case(name: str) -> None:
    _assert_all_pass(VARIANTS[name], gateway_purposes())


def _sent(variant: PermittedGateway) -> list[Sent]:
    """All packets that a variant sends in a few cases."""
    sent: list[Sent] = []
    for purpose in gateway_purposes_named(TELLING):
        variant.run(purpose, note=sent.append)
    return sent


def test_a_variant_really_does_otherwise() -> None:
    usual = _sent(PermittedGateway("", ""))
    assert {
        name for name, variant in VARIANTS.items() if _sent(variant) == usual
    } == set()
