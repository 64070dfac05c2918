"""Every case passes on every anchor that only chooses what the RFC leaves open."""

from dataclasses import replace

import pytest

from pmip6.conformance.lma.changed_codecs import ChangedCodec
from pmip6.conformance.lma.permitted_variants import (
    PermittedVariant,
    permitted_variants,
)
from pmip6.conformance.verdict import Verdict
from pmip6.vectors.lma.purposes import Purpose, purposes, purposes_named

VARIANTS = permitted_variants()
TELLING = ("TP_LMA_FMT_BV_01", "TP_LMA_CHK_BI_01", "TP_LMA_RCV_BI_05")
"""A session with every option, a refusal, and an unknown MH Type."""


SHARES = 12
"""One in so many of the cases that need a feature is run on a variant by day."""


def _featured(name: str) -> list[Purpose]:
    """The cases that need a feature which the variant has."""
    return [p for p in VARIANTS[name].declaration().suited(purposes()) if p.needs]


def _sample(name: str) -> list[Purpose]:
    """All cases without a feature, and one in so many of the others."""
    number = list(VARIANTS).index(name) % SHARES
    plain = [p for p in purposes() if not p.needs]
    return plain + _featured(name)[number::SHARES]


@pytest.mark.parametrize("name", VARIANTS)
def test_a_permitted_variant_passes(name: str) -> None:
    _assert_all_pass(name, _sample(name))


@pytest.mark.nightly
@pytest.mark.parametrize("name", VARIANTS)
def test_a_permitted_variant_passes_every_case_of_a_feature(name: str) -> None:
    _assert_all_pass(name, _featured(name))


def _assert_all_pass(name: str, chosen: list[Purpose]) -> None:
    variant = VARIANTS[name]
    results = {p.name: variant.run(p) for p in chosen}
    ran = {n: r for n, r in results.items() if r.verdict is not Verdict.SKIP}
    assert all(r.reason for n, r in results.items() if n not in ran)
    assert len(ran) >= len(results) - 10
    warned = {i for r in ran.values() for f in r.findings for i in f.requirements}
    assert warned == ({variant.warning} if variant.warning else set())
    allowed = {Verdict.PASS, Verdict.WARN} if variant.warning else {Verdict.PASS}
    assert {n: r.reason for n, r in ran.items() if r.verdict not in allowed} == {}


def _sent(variant: PermittedVariant) -> set[bytes]:
    """All packets that a variant sends in a few cases."""
    sent: set[bytes] = set()

    def note(packet: bytes) -> bytes:
        written = variant.codec.writes(packet)
        sent.add(written)
        return written

    noting = replace(variant, codec=ChangedCodec(writes=note))
    for purpose in purposes_named(TELLING):
        noting.run(purpose)
    return sent


def test_a_variant_really_does_otherwise() -> None:
    usual = _sent(PermittedVariant("", ""))
    citing = {name for name, variant in VARIANTS.items() if variant.requirements}
    assert citing
    assert {name for name in citing if _sent(VARIANTS[name]) == usual} == set()


def test_a_case_that_a_reading_leaves_no_room_for_is_not_run() -> None:
    variant = VARIANTS["reading-timestamp_ends_with_binding"]
    reasons = {variant.run(p).reason for p in purposes() if not p.needs}
    assert any(
        reason.startswith("cannot be brought about with timestamp_ends_with_binding")
        for reason in reasons
    )


def test_what_the_rfc_leaves_open_has_a_variant() -> None:
    chosen = {
        "sequence-scheme",
        "static-prefixes",
        "several-prefixes",
        "shorter-lifetimes",
        "options-reversed",
        "options-rotated",
        "pad1",
        "waiting",
        "esp",
        "esp-around-tunnel",
    }
    assert chosen <= VARIANTS.keys()
