"""The first advertisements of a link come within 16 seconds of each other (RFC 4861, 6.2.4)."""

from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network

import pytest

from pmip6.conformance.mag import advertising
from pmip6.conformance.mag.permitted_gateways import PermittedGateway
from pmip6.conformance.verdict import Verdict
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import ALL_NODES, RouterAdvertisement
from pmip6.model.mag.advertisement_rules import (
    FIRST_ADVERTISEMENTS,
    HomeLink,
    advertise,
)
from pmip6.model.mag.path_mtu import KnownPath
from pmip6.vectors.mag.purposes import gateway_purposes_named

LONG = "TP_MAG_ACK_BI_67"  # the node stays for 25 s after it has been accepted
LINK = HomeLink(
    (IPv6Network("2001:db8:100:1::/64"),),
    (),
    IPv6Address("fe80::1"),
    bytes(6),
    KnownPath(),
    1500,
)


@pytest.mark.parametrize("interval_ms", [20_000, 450_000])
def test_a_second_advertisement_that_does_not_come_in_time_is_noticed(
    interval_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (purpose,) = gateway_purposes_named((LONG,))
    assert PermittedGateway("", "").run(purpose).verdict is Verdict.PASS
    monkeypatch.setattr(advertising, "MAX_INITIAL_RTR_ADVERT_INTERVAL_MS", interval_ms)
    result = PermittedGateway("", "").run(purpose)
    assert result.verdict is Verdict.WARN
    assert {i for f in result.findings for i in f.requirements} == {"4861-6.2.4-2"}


@pytest.mark.parametrize(
    ("announced", "since_ms", "is_late"),
    [
        (1, 16_000, False),
        (1, 20_000, True),
        (2, 20_000, True),
        (3, 20_000, False),
        (0, None, False),
    ],
)
def test_one_that_comes_late_is_told_by_its_row(
    announced: int, since_ms: int | None, is_late: bool
) -> None:
    packet = discovery_packet(advertise(LINK), LINK.link_local, ALL_NODES)
    read = decode_discovery_packet(packet)
    assert read is not None and isinstance(read[1].message, RouterAdvertisement)
    link = replace(LINK, announced=announced, since_ms=since_ms)
    fault = FIRST_ADVERTISEMENTS.fault(read[0], read[1].message, link)
    assert (fault is not None) == is_late
