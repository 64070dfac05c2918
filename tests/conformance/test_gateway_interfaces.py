"""Several interfaces of a node at one gateway: an entry and a session for each (6.1)."""

from ipaddress import IPv6Network

import pytest
from pydantic import ValidationError

from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.in_memory import reference_settings
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.settings import GatewaySettings, PolicyProfile
from pmip6.model.lma.acknowledgement import acknowledge
from pmip6.model.lma.answer import Answer
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import ProxyBindingUpdate, option_of
from pmip6.model.wire.numbers import IPPROTO_MOBILITY, BindingAckStatus
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
)
from pmip6.vectors.mag.edges import SCENE
from pmip6.vectors.mag.model import GatewayDomain

FIRST, SECOND = (bytes.fromhex(f"0200000001{n:02x}") for n in (1, 2))


def settings(
    domain: GatewayDomain = GatewayDomain.FIXED, **more: object
) -> GatewaySettings:
    told = reference_settings(domain).model_dump(exclude={"nodes"}) | more
    profiles = tuple(
        PolicyProfile(identifier="mn@example.org", link_layer_address=each.hex(":"))
        for each in (FIRST, SECOND)
    )
    return GatewaySettings.model_validate({**told, "nodes": profiles})


def requests(sent: list[Sent]) -> list[ProxyBindingUpdate]:
    found: list[ProxyBindingUpdate] = []
    for each in sent:
        read = decode_packet(each.packet) if isinstance(each, ToNetwork) else None
        if read is not None and isinstance(read[1].message, ProxyBindingUpdate):
            found.append(read[1].message)
    return found


def answer(request: ProxyBindingUpdate, prefix: IPv6Network) -> bytes:
    given = HomeNetworkPrefix(prefix.network_address, prefix.prefixlen)
    decided = Answer(
        BindingAckStatus.ACCEPTED, request.lifetime, (given,), generated=None, now=0
    )
    found = acknowledge(request, decided)
    ends = SCENE.anchor, SCENE.gateway
    octets = encode(found, *ends)
    return encode_ipv6(*ends, octets, next_header=IPPROTO_MOBILITY)


@pytest.mark.parametrize("domain", [GatewayDomain.FIXED, GatewayDomain.NUMBERED])
def test_each_interface_has_a_session_of_its_own(domain: GatewayDomain) -> None:
    gateway = ReferenceGateway(settings(domain))
    asked = [
        request
        for at, link_layer in enumerate((FIRST, SECOND))
        for request in requests(gateway.attach(link_layer, at, at))
    ]
    names = [option_of(request, MobileNodeIdentifier) for request in asked]
    assert names == [MobileNodeIdentifier(b"mn@example.org")] * 2
    told = [option_of(request, MobileNodeLinkLayerIdentifier) for request in asked]
    assert told == [MobileNodeLinkLayerIdentifier(each) for each in (FIRST, SECOND)]
    for request, prefix in reversed(list(zip(asked, SCENE.prefixes, strict=True))):
        gateway.receive_from_network(answer(request, prefix), 2, 2)
    entries = {e.link_layer: (e.node, e.state, e.prefixes) for e in gateway.state()}
    assert entries == {
        each.hex(":"): ("mn@example.org", "REGISTERED", (str(prefix),))
        for each, prefix in zip((FIRST, SECOND), SCENE.prefixes, strict=True)
    }
    (ended,) = requests(gateway.detach(FIRST, 3, 3))
    assert ended.lifetime == 0
    assert option_of(ended, MobileNodeLinkLayerIdentifier) == told[0]
    assert [e.state for e in gateway.state()] == ["DEREGISTERING", "REGISTERED"]


def test_interfaces_that_are_not_told_apart_are_one() -> None:
    with pytest.raises(ValidationError, match="every node needs one of its own"):
        settings(tells_link_layer_identifiers=False)
