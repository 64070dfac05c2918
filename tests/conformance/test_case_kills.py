"""Every test case finds a faulty anchor: else it would be of no use."""

import pytest

from pmip6.conformance.lma.case_kills import (
    ESP,
    ON_THE_LINK,
    REMOVED,
    Kill,
    kill,
    report,
)
from pmip6.vectors.lma.purposes import Purpose, purposes, purposes_named

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
    text = report([Kill("A", "x", REMOVED), Kill("B", "y", ESP), Kill("C")])
    assert text == (
        "2 of 3 cases find a faulty anchor: 1 esp, 1 removed\nfinds none: C"
    )
