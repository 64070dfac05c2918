"""Anchors that do what a requirement forbids fail the cases that cite it."""

import pytest

from pmip6.conformance import anchor
from pmip6.conformance.faulty_peers import faulty_peer
from pmip6.conformance.in_memory import run_in_memory
from pmip6.conformance.kill_matrix import verdict
from pmip6.conformance.verdict import Verdict
from pmip6.model.state import binding_lifetime
from pmip6.vectors.purposes import Purpose, purposes, purposes_named
from pmip6.vectors.stimuli import Phase, Wait

ENDS = (
    "6275-6.1.7-x8",
    "6275-6.1.7-x9",
    "6275-6.1.8-x25",
    "6275-10.3.1-28",
)
"""What every case shows that is about when a binding ends."""

AT_THE_END = {
    Phase.NEARLY: ("6275-6.1.8-3", 2),
    Phase.PAST: ("6275-6.1.7-7", 8),
}
"""What the cases of a phase show beside that, and a unit of lifetimes that is wrong."""


def _waiting_for(phase: Phase) -> list[Purpose]:
    wait = Wait(binding_lifetime.name, phase)
    measured = f"{phase} of {binding_lifetime.name}"
    return [
        p for p in purposes() if p.key.endswith(measured) and p.probes[:1] == (wait,)
    ]


@pytest.mark.parametrize("phase", AT_THE_END)
def test_another_unit_of_lifetimes_is_found_out(
    phase: Phase, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirement, seconds = AT_THE_END[phase]
    cases = _waiting_for(phase)
    assert cases
    for case in cases:
        assert {requirement, *ENDS} <= set(case.requirements), case.name
    monkeypatch.setattr(anchor, "LIFETIME_UNIT_SECONDS", seconds)
    found = run_in_memory(cases=[case.name for case in cases])
    assert {result.verdict for result in found.cases} == {Verdict.FAIL}


FORBIDDEN = [
    ("6275-9.5.2-1", "lma.allocate.update-3", "TP_LMA_REG_BV_01"),
    ("6275-10.3.1-11", "lma.hand_off.update-1", "TP_LMA_HO_BV_01"),
    ("6275-9.5.1-18", "lma.hand_off.update-1", "TP_LMA_HO_BV_01"),
    ("6275-9.5.1-x8", "lma.hand_off.update-1", "TP_LMA_HO_BV_01"),
    ("6275-6.1.7-x14", "lma.hand_off.update-1", "TP_LMA_HO_BV_01"),
    ("6275-9.5.1-x5", "lma.allocate.removed", "TP_LMA_REG_BV_01"),
    ("6275-6.1.7-12", "lma.deregister.removed", "TP_LMA_DER_BV_01"),
    ("6275-9.5.1-x6", "lma.deregister.removed", "TP_LMA_DER_BV_01"),
    ("6275-9.5.4-2", "lma.extend.send-0", "TP_LMA_EXT_BV_01"),
    ("6275-6.1.7-x3", "lma.extend.send-0", "TP_LMA_EXT_BV_01"),
    ("6275-9.5.4-6", "lma.reject_unauthorised_gateway.removed", "TP_LMA_CHK_BI_03"),
    ("6275-10.3.1-7", "lma.reject_unauthorised_gateway.removed", "TP_LMA_CHK_BI_03"),
    ("6275-9.5.2-6", "lma.reject_for_lack_of_prefixes.send-0", ""),
    ("6275-9.5.4-3", "lma.reject_for_lack_of_prefixes.send-0", ""),
]
"""A requirement, an anchor that breaks it, and the case that shows it ("": each)."""


@pytest.mark.parametrize(("requirement", "mutant", "name"), FORBIDDEN, ids=str)
def test_what_is_forbidden_fails_a_case_that_cites_it(
    requirement: str, mutant: str, name: str
) -> None:
    citing = [p for p in purposes() if requirement in p.requirements]
    cases = purposes_named([name]) if name else tuple(citing)
    for case in cases:
        assert case in citing
        assert verdict(faulty_peer(mutant), case) is Verdict.FAIL
