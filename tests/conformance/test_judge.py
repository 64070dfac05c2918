"""The format and exchange layers, and what becomes of requests that must not be taken."""

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from pmip6.conformance.lma.judge import Known, Sent, judge_exchange, judge_format
from pmip6.conformance.verdict import Finding, Layer, Verdict, level_of, verdict_of
from pmip6.conformance.wire.arrivals import read_arrival
from pmip6.model.lma.acknowledgement import acknowledge
from pmip6.model.lma.answer import Answer, HeldAddress
from pmip6.model.requirements.tables import Level
from pmip6.model.wire.encoding import Lies, encode
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.messages import ProxyBindingAcknowledgement, ProxyBindingUpdate
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobilityOption,
    Timestamp,
)

MAG, LMAA = IPv6Address("2001:db8:1::11"), IPv6Address("2001:db8:1::1")
PREFIX = HomeNetworkPrefix(IPv6Address("2001:db8:100::"), 64)
OTHER = HomeNetworkPrefix(IPv6Address("2001:db8:101::"), 64)
NOW = 1_600_000_000 << 16
HELD = HeldAddress(IPv6Address("fe80::5"), is_named=False)
REQUEST = ProxyBindingUpdate(
    7,
    75,
    (
        MobileNodeIdentifier(b"mn1@example.org"),
        HomeNetworkPrefix(IPv6Address(0), 0),
        HandoffIndicatorOption(4),
        AccessTechnologyTypeOption(4),
        LinkLocalAddress(IPv6Address(0)),
        Timestamp(NOW),
    ),
)
RIGHT = acknowledge(REQUEST, Answer(0, 75, (PREFIX,), None, NOW, HELD))


def _judged(
    pba: ProxyBindingAcknowledgement,
    *,
    source: IPv6Address = LMAA,
    destination: IPv6Address = MAG,
    routed: IPv6Address | None = None,
    lies: Lies | None = None,
    held: HeldAddress | None = HELD,
    is_new: bool = False,
) -> list[Finding]:
    octets = encode(pba, source, routed or destination, lies=lies)
    packet = encode_ipv6(source, destination, octets, routed_home_address=routed)
    arrival = read_arrival(packet, 0, NOW)
    return judge_format(arrival, 2) + judge_exchange(
        Sent(REQUEST, MAG, LMAA),
        arrival,
        Known((PREFIX,), held, 300, is_new=is_new),
        2,
    )


def _with(
    kind: type[MobilityOption], *options: MobilityOption
) -> ProxyBindingAcknowledgement:
    kept = tuple(o for o in RIGHT.options if not isinstance(o, kind))
    return replace(RIGHT, options=kept + options)


def test_the_right_answer_has_no_finding() -> None:
    assert _judged(RIGHT) == []


@pytest.mark.parametrize(
    ("pba", "requirement"),
    [
        (_with(MobileNodeIdentifier, MobileNodeIdentifier(b"x")), "5213-5.3.6-5"),
        (_with(HomeNetworkPrefix, OTHER), "5213-5.3.6-10"),
        (_with(HomeNetworkPrefix, PREFIX, OTHER), "5213-5.3.6-10"),
        (_with(HandoffIndicatorOption, HandoffIndicatorOption(1)), "5213-5.3.6-12"),
        (_with(AccessTechnologyTypeOption), "5213-5.3.6-14"),
        (_with(Timestamp), "5213-5.3.6-17"),
        (_with(Timestamp, Timestamp(NOW + 1)), "5213-5.5-18"),
        (_with(LinkLocalAddress), "5213-5.3.6-20"),
        (
            _with(LinkLocalAddress, LinkLocalAddress(IPv6Address("fe80::6"))),
            "5213-5.3.6-22",
        ),
        (replace(RIGHT, sequence=8), "5213-5.5-12"),
        (replace(RIGHT, proxy=False), "5213-5.3.6-x2"),
        (replace(RIGHT, lifetime=76), "6275-10.3.1-16"),
    ],
)
def test_a_wrong_answer_cites_its_requirement(
    pba: ProxyBindingAcknowledgement, requirement: str
) -> None:
    findings = _judged(pba)
    assert requirement in {r for f in findings for r in f.requirements}
    assert verdict_of(findings) is Verdict.FAIL
    assert {f.packet for f in findings} == {2}


@pytest.mark.parametrize("address", ["::", "2001:db8::1"])
def test_a_generated_link_local_address_is_one(address: str) -> None:
    pba = _with(LinkLocalAddress, LinkLocalAddress(IPv6Address(address)))
    (finding,) = _judged(pba, held=None, is_new=True)
    assert "5213-5.3.6-23" in finding.requirements
    assert _judged(RIGHT, held=None, is_new=True) == []


@pytest.mark.parametrize(
    ("address", "is_right"), [("::", True), ("2001:db8::1", False)]
)
def test_of_an_entry_without_an_address_none_may_be_told_or_a_new_one(
    address: str, is_right: bool
) -> None:
    pba = _with(LinkLocalAddress, LinkLocalAddress(IPv6Address(address)))
    findings = _judged(pba, held=None)
    assert [f.requirements for f in findings] == [
        ("5213-5.3.6-20", "5213-5.3.6-22")
    ] * (not is_right)
    assert _judged(RIGHT, held=None) == []


def test_addresses_and_headers_of_the_packet_count() -> None:
    elsewhere = IPv6Address("2001:db8:1::77")
    (source,) = _judged(RIGHT, source=elsewhere)
    assert "5213-5.3.6-2" in source.requirements
    (destination,) = _judged(RIGHT, destination=elsewhere)
    assert "5213-5.3.6-3" in destination.requirements
    (routing,) = _judged(RIGHT, routed=elsewhere)
    assert "5213-5.3.6-29" in routing.requirements
    assert routing.layer is Layer.FORMAT


def test_the_format_layer_repeats_the_decoder() -> None:
    findings = _judged(RIGHT, lies=Lies(corrupt_checksum=True, message_reserved=1))
    assert len(findings) == 2
    assert {f.layer for f in findings} == {Layer.FORMAT}
    assert all("octet" in f.text for f in findings)


def test_the_strongest_level_decides() -> None:
    assert level_of(["6275-9.2-7"]) is Level.SHOULD
    assert level_of(["6275-9.2-7", "6275-9.2-6"]) is Level.MUST
    weak = Finding((), Level.SHOULD, "", 1, Layer.BEHAVIOUR)
    strong = Finding((), Level.MUST, "", 1, Layer.BEHAVIOUR)
    assert verdict_of([weak]) is Verdict.WARN
    assert verdict_of([weak, strong]) is Verdict.FAIL
    assert verdict_of([]) is Verdict.PASS
