"""Every case passes on every anchor that only chooses what the RFC leaves open."""

import pytest

from pmip6.conformance.permitted_variants import permitted_variants
from pmip6.conformance.verdict import Verdict
from pmip6.vectors.purposes import purposes

VARIANTS = permitted_variants()


@pytest.mark.parametrize("name", VARIANTS)
def test_a_permitted_variant_passes(name: str) -> None:
    variant = VARIANTS[name]
    results = {p.name: variant.run(p) for p in purposes()}
    ran = {n: r for n, r in results.items() if r.verdict is not Verdict.SKIP}
    assert all(r.reason for n, r in results.items() if n not in ran)
    assert len(ran) >= len(results) - 10
    warned = {i for r in ran.values() for f in r.findings for i in f.requirements}
    assert warned == ({variant.warning} if variant.warning else set())
    allowed = {Verdict.PASS, Verdict.WARN} if variant.warning else {Verdict.PASS}
    assert {n: r.reason for n, r in ran.items() if r.verdict not in allowed} == {}


def test_a_case_that_a_reading_leaves_no_room_for_is_not_run() -> None:
    variant = VARIANTS["reading-timestamp_ends_with_binding"]
    reasons = {variant.run(p).reason for p in purposes()}
    assert "cannot be brought about with timestamp_ends_with_binding" in reasons
