"""Every case passes on every anchor that only chooses what the RFC leaves open."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv6Network
from pathlib import Path

import pytest

from pmip6.conformance.lma.changed_codecs import ChangedCodec
from pmip6.conformance.lma.permitted_variants import (
    PermittedVariant,
    permitted_variants,
)
from pmip6.conformance.verdict import Verdict
from pmip6.model.wire.encoding import Lies, PaddingStyle, encode
from pmip6.model.wire.ipv6 import decode_packet
from pmip6.model.wire.messages import ProxyBindingAcknowledgement
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.model.wire.options import HomeNetworkPrefix, Timestamp
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


# ---- over the wire ---------------------------------------------------------------------

PROGRAM = Path(__file__).parent / "programs" / "certify_variants.py"
REFUSED, HANDED_OVER = "TP_LMA_CHK_BI_01", "TP_LMA_HO_BV_01"
LOW_NUMBER, NUMBERED = "TP_LMA_CHK_BO_44", "TP_LMA_HO_BV_21"
"""Where sequence numbers order requests: one that is refused, and a handoff."""
STATIC = IPv6Network("2001:db8:140::/48")


def _answer(packet: bytes) -> ProxyBindingAcknowledgement:
    """The acknowledgement that a packet carries."""
    read = decode_packet(packet)
    assert read is not None
    message = read[1].message
    assert isinstance(message, ProxyBindingAcknowledgement)
    return message


def _prefixes(packet: bytes) -> list[IPv6Network]:
    options = _answer(packet).options
    return [
        IPv6Network((o.prefix, o.prefix_length))
        for o in options
        if isinstance(o, HomeNetworkPrefix)
    ]


def _is_padded(packet: bytes, padding: PaddingStyle) -> bool:
    read = decode_packet(packet)
    assert read is not None
    header, received = read
    assert received.message is not None
    lies = Lies(padding=padding)
    octets = encode(received.message, header.source, header.destination, lies=lies)
    return packet.endswith(octets)


def _is_reversed(packet: bytes) -> bool:
    """The prefix, which the reference anchor puts first but for the node, is last but it."""
    kinds = [type(option) for option in _answer(packet).options]
    return kinds.index(HomeNetworkPrefix) > kinds.index(Timestamp)


ON_WIRE: dict[str, tuple[Callable[[bytes], bool], str, tuple[str, ...]]] = {
    "sequence-scheme": (
        lambda p: not any(isinstance(o, Timestamp) for o in _answer(p).options),
        NUMBERED,
        (NUMBERED, LOW_NUMBER),
    ),
    "static-prefixes": (
        lambda p: all(found.subnet_of(STATIC) for found in _prefixes(p)),
        HANDED_OVER,
        (REFUSED, HANDED_OVER),
    ),
    "several-prefixes": (
        lambda p: len(_prefixes(p)) == 2,
        HANDED_OVER,
        (REFUSED, HANDED_OVER),
    ),
    "shorter-lifetimes": (
        lambda p: _answer(p).lifetime in (37, 0),
        HANDED_OVER,
        (REFUSED, HANDED_OVER),
    ),
    "options-reversed": (_is_reversed, HANDED_OVER, (REFUSED, HANDED_OVER)),
    "pad1": (
        lambda p: (
            _is_padded(p, PaddingStyle.PAD1_ONLY)
            and not _is_padded(p, PaddingStyle.MINIMAL)
        ),
        HANDED_OVER,
        (REFUSED, HANDED_OVER),
    ),
}
"""What shows in the first acceptance of a case that it is this variant; the cases."""


@pytest.mark.wire
def test_variants_pass_over_the_wire(environment: dict[str, str]) -> None:
    """Each is a process; its answers show that it does what its name says."""
    asked = [f"{name}={','.join(cases)}" for name, (*_, cases) in ON_WIRE.items()]
    run = subprocess.run(
        [sys.executable, str(PROGRAM), *asked],
        capture_output=True,
        text=True,
        env=environment,
        timeout=180,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found.keys() == ON_WIRE.keys()
    for name, (is_shown, where, cases) in ON_WIRE.items():
        allowed = {"PASS", "WARN"} if VARIANTS[name].warning else {"PASS"}
        verdicts = {case: r["verdict"] for case, r in found[name].items()}
        assert verdicts.keys() == set(cases), name
        assert set(verdicts.values()) <= allowed, (name, found[name])
        cited = {i for r in found[name].values() for i in r["cited"]}
        assert cited <= {VARIANTS[name].warning}, name
        answers = [bytes.fromhex(p) for p in found[name][where]["received"]]
        granted = [p for p in answers if _answer(p).status == BindingAckStatus.ACCEPTED]
        assert is_shown(granted[0]), name
