"""A gateway offers a node the prefixes of its session, and no others (RFC 5213, 6.7)."""

from dataclasses import replace
from ipaddress import IPv6Network

import pytest

from pmip6.conformance.mag.faulty_links import FOREIGN, LINKS
from pmip6.conformance.mag.in_memory import run_gateway_case
from pmip6.conformance.verdict import Verdict
from pmip6.model.discovery.messages import ALL_NODES
from pmip6.model.discovery.options import PrefixInformation
from pmip6.model.mag.access_link import (
    RESERVED_LINK_LAYER_ADDRESS,
    RESERVED_LINK_LOCAL_ADDRESS,
)
from pmip6.model.mag.advertisement_rules import (
    HomeLink,
    advertise,
    advertisement_faults,
)
from pmip6.model.mag.path_mtu import KnownPath
from pmip6.model.wire.ipv6 import Ipv6Packet
from pmip6.model.wire.numbers import IPPROTO_ICMPV6
from pmip6.vectors.mag.purposes import gateway_purposes_named

OWN = IPv6Network("2001:db8:100:1::/64")
VISITED = IPv6Network((FOREIGN.prefix, FOREIGN.prefix_length))
LINK = HomeLink(
    (OWN,),
    (),
    RESERVED_LINK_LOCAL_ADDRESS,
    RESERVED_LINK_LAYER_ADDRESS,
    path=KnownPath(),
    access_link_mtu=1500,
)
PACKET = Ipv6Packet(
    RESERVED_LINK_LOCAL_ADDRESS, ALL_NODES, IPPROTO_ICMPV6, b"", hop_limit=255
)
WITHDRAWN = replace(FOREIGN, valid_lifetime=0, preferred_lifetime=0)
DEPRECATED = replace(FOREIGN, preferred_lifetime=0)
PART = PrefixInformation(OWN[0], 80)


def _rows(added: PrefixInformation, link: HomeLink) -> list[str]:
    plain = advertise(link)
    message = replace(plain, options=(*plain.options, added))
    return [row.name for row, _ in advertisement_faults(PACKET, message, link)]


@pytest.mark.parametrize(
    ("added", "link", "rows"),
    [
        (FOREIGN, LINK, ["foreign prefixes"]),
        (replace(FOREIGN, on_link=False), LINK, ["foreign prefixes"]),
        (FOREIGN, replace(LINK, visited=(VISITED,)), ["foreign prefixes"]),
        (FOREIGN, replace(LINK, prefixes=(OWN, VISITED)), []),
        (WITHDRAWN, LINK, []),
        (DEPRECATED, LINK, []),
        (PART, LINK, []),
        (FOREIGN, replace(LINK, prefixes=(), visited=(VISITED,)), []),
        (FOREIGN, replace(LINK, prefixes=()), ["advertisement without a session"]),
    ],
)
def test_only_what_is_offered_beside_the_session_is_foreign(
    added: PrefixInformation, link: HomeLink, rows: list[str]
) -> None:
    assert _rows(added, link) == rows


def test_a_gateway_that_offers_a_foreign_prefix_fails() -> None:
    (purpose,) = gateway_purposes_named(("TP_MAG_ACK_BV_01",))
    assert run_gateway_case(purpose).verdict is Verdict.PASS
    result = run_gateway_case(purpose, link_to=LINKS["offers a foreign prefix"])
    assert result.verdict is Verdict.FAIL
    assert {i for f in result.findings for i in f.requirements} == {"5213-6.7-y1"}
