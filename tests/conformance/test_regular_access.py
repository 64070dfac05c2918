"""Regular IPv6 access for nodes without the mobility service (RFC 5213, 6.9.2 and 6.14)."""

from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network

import pytest

from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.in_memory import SCENE, reference_settings
from pmip6.conformance.mag.permitted_gateways import (
    PermittedGateway,
    Rewriting,
    permitted_gateways,
    rewritten_advertisements,
)
from pmip6.conformance.mag.port import Sent, ToNetwork, ToNode
from pmip6.conformance.verdict import Verdict
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import (
    ALL_ROUTERS,
    RouterAdvertisement,
    RouterSolicitation,
)
from pmip6.model.discovery.options import PrefixInformation
from pmip6.model.mag.advertisement_rules import HomeLink, advertisement_faults
from pmip6.model.mag.path_mtu import KnownPath
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import gateway_purposes_named

VARIANT = permitted_gateways()["regular-access"]
DENIED = "TP_MAG_ACC_BV_01"
VISITED = IPv6Network("2001:db8:5:1::/64")
OWN = VISITED[0x77]
ELSEWHERE = IPv6Address("2001:db8:999::1")


def _gateway() -> ReferenceGateway:
    settings = reference_settings(GatewayDomain.DENIED)
    gateway = ReferenceGateway(
        settings.model_copy(update={"visited_prefixes": (VISITED,)})
    )
    gateway.attach(SCENE.link_layer, 0, 0)
    return gateway


def _advertised() -> tuple[RouterAdvertisement, ToNode]:
    """What a node without the service hears when it asks."""
    asked = discovery_packet(RouterSolicitation(()), SCENE.node_link_local, ALL_ROUTERS)
    (sent,) = _gateway().receive_from_node(SCENE.link_layer, asked, 10, 10)
    assert isinstance(sent, ToNode)
    read = decode_discovery_packet(sent.packet)
    assert read is not None and isinstance(read[1].message, RouterAdvertisement)
    return read[1].message, sent


def test_a_refused_node_is_offered_a_local_prefix() -> None:
    message, sent = _advertised()
    (option,) = (o for o in message.options if isinstance(o, PrefixInformation))
    assert (option.prefix, option.autonomous) == (VISITED.network_address, True)
    assert message.router_lifetime
    assert sent.node == SCENE.link_layer


def test_nobody_is_offered_a_prefix_where_there_is_none() -> None:
    gateway = ReferenceGateway(reference_settings(GatewayDomain.DENIED))
    gateway.attach(SCENE.link_layer, 0, 0)
    asked = discovery_packet(RouterSolicitation(()), SCENE.node_link_local, ALL_ROUTERS)
    assert gateway.receive_from_node(SCENE.link_layer, asked, 10, 10) == []


@pytest.mark.parametrize(
    ("source", "passes"), [(OWN, True), (SCENE.address_in(SCENE.prefixes[0]), False)]
)
def test_its_packets_go_to_the_network_from_that_prefix_alone(
    source: IPv6Address, passes: bool
) -> None:
    packet = encode_ipv6(source, ELSEWHERE, b"", next_header=59)
    sent = _gateway().receive_from_node(SCENE.link_layer, packet, 10, 10)
    assert [type(each) for each in sent] == ([ToNetwork] if passes else [])


# ---- the judge --------------------------------------------------------------------------


def _broken(change: str) -> Rewriting:
    def changed(message: RouterAdvertisement) -> RouterAdvertisement:
        if change == "router":
            return replace(message, router_lifetime=0)
        options = tuple(
            replace(o, autonomous=False) if isinstance(o, PrefixInformation) else o
            for o in message.options
        )
        return replace(message, options=options)

    return rewritten_advertisements(changed)


@pytest.mark.parametrize("change", ["address", "router"])
def test_access_that_is_of_no_use_is_noticed(change: str) -> None:
    faulty = PermittedGateway("", "", settings=VARIANT.settings, writes=_broken(change))
    (purpose,) = gateway_purposes_named((DENIED,))
    assert VARIANT.run(purpose).verdict is Verdict.PASS
    result = faulty.run(purpose)
    assert result.verdict is Verdict.WARN
    assert {i for f in result.findings for i in f.requirements} == {"5213-6.14-3"}


def _silent(sent: Sent) -> list[Sent]:
    """No advertisement goes out."""
    return [] if isinstance(sent, ToNode) else [sent]


def _by_dhcp(message: RouterAdvertisement) -> RouterAdvertisement:
    return replace(message, managed=True, options=())


@pytest.mark.parametrize(
    ("writes", "verdict"),
    [
        (_silent, Verdict.WARN),
        (rewritten_advertisements(lambda m: replace(m, options=())), Verdict.WARN),
        (rewritten_advertisements(_by_dhcp), Verdict.PASS),
    ],
)
def test_declared_access_has_to_be_offered(writes: Rewriting, verdict: Verdict) -> None:
    gateway = PermittedGateway("", "", settings=VARIANT.settings, writes=writes)
    (purpose,) = gateway_purposes_named((DENIED,))
    result = gateway.run(purpose)
    assert result.verdict is verdict
    named = {i for f in result.findings for i in f.requirements}
    assert named == ({"5213-6.14-3"} if verdict is Verdict.WARN else set())
    assert len(result.steps) == 1 + len(purpose.probes)  # it goes on all the same


def test_nothing_is_owed_where_no_access_is_declared() -> None:
    (purpose,) = gateway_purposes_named((DENIED,))
    assert PermittedGateway("", "", writes=_silent).run(purpose).verdict is Verdict.PASS


@pytest.mark.parametrize(("visited", "wrong"), [((VISITED,), 0), ((), 1)])
def test_a_prefix_that_is_not_declared_is_one_without_a_session(
    visited: tuple[IPv6Network, ...], wrong: int
) -> None:
    message, sent = _advertised()
    read = decode_discovery_packet(sent.packet)
    assert read is not None
    link = HomeLink(
        (), (), read[0].source, sent.packet[:0], KnownPath(), 1500, visited=visited
    )
    faults = [r.name for r, _ in advertisement_faults(read[0], message, link)]
    assert faults.count("advertisement without a session") == wrong
