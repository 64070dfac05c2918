"""Every test case finds a faulty anchor: else it would be of no use."""

import pytest

from pmip6.conformance.fast_handover.case_kills import kill as kill_handover
from pmip6.conformance.kills import (
    ON_THE_LINK,
    REMOVED,
    Attempt,
    Kill,
    first_found,
    report,
)
from pmip6.conformance.lma.case_kills import ESP, kill
from pmip6.conformance.mag.case_kills import kill as kill_gateway
from pmip6.conformance.verdict import Verdict
from pmip6.vectors.fast_handover.purposes import (
    HandoverPurpose,
    handover_purposes,
)
from pmip6.vectors.lma.purposes import Purpose, purposes, purposes_named
from pmip6.vectors.mag.purposes import (
    GatewayPurpose,
    gateway_purposes,
    gateway_purposes_named,
)

SAMPLE = purposes()[::80]
KINDS = {
    "TP_LMA_REG_BV_01": (REMOVED, "lma.allocate.removed"),
    "TP_LMA_RCV_BI_07": (ON_THE_LINK, "answers what it must discard"),
    "TP_LMA_FWD_BI_10": (ON_THE_LINK, "passes on what it must drop"),
    "TP_LMA_EXT_BV_01": (REMOVED, "lma.extend.removed"),
}


@pytest.mark.parametrize("purpose", SAMPLE, ids=lambda p: p.name)
def test_a_case_of_the_sample_finds_one(purpose: Purpose) -> None:
    assert kill(purpose).mutant


@pytest.mark.parametrize("name", KINDS)
def test_what_it_finds_is_told(name: str) -> None:
    (purpose,) = purposes_named([name])
    found = kill(purpose)
    assert (found.kind, found.mutant) == KINDS[name]


@pytest.mark.nightly
def test_every_case_finds_one() -> None:
    found = [kill(purpose) for purpose in purposes()]
    assert [each.case for each in found if not each.mutant] == []


def test_the_report_names_those_that_find_none() -> None:
    text = report(
        [Kill("A", "x", REMOVED), Kill("B", "y", ESP), Kill("C")], "a faulty anchor"
    )
    assert text == (
        "2 of 3 cases find a faulty anchor: 1 esp, 1 removed\nfinds none: C"
    )


# ---- gateways ----------------------------------------------------------------------------

OF_GATEWAYS = {
    "TP_MAG_DER_BO_01": (ON_THE_LINK, "answers what it must discard"),
    "TP_MAG_FWD_BO_01": (ON_THE_LINK, "passes on what it must drop"),
}


@pytest.mark.parametrize("purpose", gateway_purposes()[::60], ids=lambda p: p.name)
def test_a_case_for_gateways_finds_one(purpose: GatewayPurpose) -> None:
    assert kill_gateway(purpose).mutant


@pytest.mark.parametrize("name", OF_GATEWAYS)
def test_what_a_case_for_gateways_finds_is_told(name: str) -> None:
    (purpose,) = gateway_purposes_named([name])
    found = kill_gateway(purpose)
    assert (found.kind, found.mutant) == OF_GATEWAYS[name]


@pytest.mark.parametrize("purpose", handover_purposes()[::60], ids=lambda p: p.name)
def test_a_case_for_fast_handover_finds_one(purpose: HandoverPurpose) -> None:
    assert kill_handover(purpose).mutant


@pytest.mark.nightly
def test_every_case_for_gateways_finds_one() -> None:
    found = [
        *map(kill_gateway, gateway_purposes()),
        *map(kill_handover, handover_purposes()),
    ]
    assert [each.case for each in found if not each.mutant] == []


def test_what_comes_behind_the_first_that_is_found_is_not_tried() -> None:
    def never() -> Verdict:
        raise AssertionError("was tried")

    attempts = [
        Attempt("a", REMOVED, lambda: Verdict.PASS),
        Attempt("b", REMOVED, lambda: Verdict.WARN),
        Attempt("c", REMOVED, never),
    ]
    assert first_found("X", attempts) == Kill("X", "b", REMOVED)
    assert first_found("X", attempts[:1]) == Kill("X")
