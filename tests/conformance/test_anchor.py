"""The reference anchor on its own: time, lifetimes, answers, variants, speed."""

import time
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network

import pytest

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.settings import AnchorSettings, NodeSettings
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.domain import shipped_rules
from pmip6.model.lma.acknowledgement import EXCHANGE_RULES
from pmip6.model.wire.encoding import Lies, encode
from pmip6.model.wire.ipv6 import decode_ipv6, decode_packet, encode_ipv6
from pmip6.model.wire.messages import (
    UNSPECIFIED,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    option_of,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobilityOption,
    Timestamp,
)

LMA = IPv6Address("2001:db8:1::1")
MAG = IPv6Address("2001:db8:1::11")
OTHER_MAG = IPv6Address("2001:db8:1::12")
ANY = HomeNetworkPrefix(IPv6Address(0), 0)
FIXED = IPv6Network("2001:db8:100:1::/64")


def _settings(nodes: int = 2) -> AnchorSettings:
    return AnchorSettings(
        lma_address=LMA,
        gateways=(MAG, OTHER_MAG),
        nodes=tuple(
            NodeSettings(identifier=f"mn{n}@example.org") for n in range(nodes)
        ),
        prefix_pool=IPv6Network("2001:db8:100::/48"),
        maximum_lifetime_units=25,
        min_delay_before_bce_delete_ms=10_000,
        timestamp_validity_window_ms=300,
    )


def _request(
    link: VirtualLink,
    *,
    node: int = 0,
    lifetime: int = 10,
    source: IPv6Address = MAG,
    prefix: HomeNetworkPrefix = ANY,
    lies: Lies | None = None,
) -> bytes:
    """Send a request 10 ms later than what was before; answers not taken are lost."""
    _wait(link, link.now_ms() + 10)
    options: tuple[MobilityOption, ...] = (
        MobileNodeIdentifier(f"mn{node}@example.org".encode()),
        prefix,
        HandoffIndicatorOption(4),
        AccessTechnologyTypeOption(4),
        Timestamp(link.time_of_day()),
    )
    message = ProxyBindingUpdate(7, lifetime, options)
    packet = encode_ipv6(source, LMA, encode(message, source, LMA, lies=lies))
    link.send(packet)
    return packet


def _options(*others: MobilityOption) -> tuple[MobilityOption, ...]:
    return (
        MobileNodeIdentifier(b"mn0@example.org"),
        ANY,
        HandoffIndicatorOption(4),
        AccessTechnologyTypeOption(4),
        *others,
    )


def _wait(link: VirtualLink, until_ms: int) -> None:
    while link.receive(until_ms) is not None:
        pass


def _answer(link: VirtualLink) -> ProxyBindingAcknowledgement:
    came = link.receive(link.now_ms())
    assert came is not None
    read = decode_packet(came[1])
    assert read is not None
    assert read[1].findings == ()
    assert isinstance(read[1].message, ProxyBindingAcknowledgement)
    return read[1].message


def test_the_lifetime_is_the_one_asked_for_up_to_the_maximum() -> None:
    link = VirtualLink(ReferenceAnchor(_settings()))
    _request(link, lifetime=10)
    assert _answer(link).lifetime == 10
    assert link.anchor.next_deadline() == link.now_ms() + 40_000
    _request(link, lifetime=100)
    assert _answer(link).lifetime == 25
    assert link.anchor.next_deadline() == link.now_ms() + 100_000


def test_an_entry_expires_at_its_time_and_not_before() -> None:
    link = VirtualLink(ReferenceAnchor(_settings()))
    _request(link, lifetime=1)
    end = link.now_ms() + 4000
    _wait(link, end - 1)
    assert [(e.state, e.remaining_ms) for e in link.anchor.state()] == [
        ("REGISTERED", 1)
    ]
    _wait(link, end)
    assert link.anchor.state() == []
    assert link.anchor.next_deadline() is None


def test_timers_fire_in_order_however_far_time_jumps() -> None:
    lines: list[str] = []
    link = VirtualLink(ReferenceAnchor(_settings(), report=lines.append))
    _request(link, node=0, lifetime=3)
    _request(link, node=1, lifetime=2)
    del lines[:]
    link.anchor.advance(1_000_000)
    assert lines == ["bce2: expire", "bce1: expire"]


def test_the_binding_cache_can_be_read() -> None:
    link = VirtualLink(ReferenceAnchor(_settings()))
    _request(link)
    _request(link, lifetime=0)
    (entry,) = link.anchor.state()
    assert (entry.state, entry.node) == ("DEREGISTERED", "mn0@example.org")
    assert entry.prefixes == ("2001:db8:100::/64",)
    assert entry.proxy_coas == (str(MAG),)
    assert entry.remaining_ms == 10_000


def test_a_node_with_a_fixed_prefix_gets_that_one_and_nobody_else_does() -> None:
    settings = _settings().model_copy(
        update={
            "nodes": (
                NodeSettings(identifier="mn0@example.org"),
                NodeSettings(identifier="mn1@example.org", prefixes=(FIXED,)),
            )
        }
    )
    link = VirtualLink(ReferenceAnchor(settings))
    granted: list[MobilityOption] = []
    for node in (1, 0):
        _request(link, node=node)
        granted.append(_answer(link).options[1])
    assert granted == [
        HomeNetworkPrefix(FIXED.network_address, 64),
        HomeNetworkPrefix(IPv6Address("2001:db8:100::"), 64),
    ]


def test_a_packet_for_another_address_is_left_alone() -> None:
    anchor = ReferenceAnchor(_settings())
    packet = encode_ipv6(MAG, OTHER_MAG, encode(ProxyBindingUpdate(1, 1), MAG, LMA))
    assert anchor.receive(packet, 0, 0) == []
    assert anchor.receive(b"", 0, 0) == []


@pytest.mark.parametrize(
    ("lies", "pointer"),
    [
        (Lies(payload_proto=6), 40),
        (Lies(header_len=0, truncate_to_header_len=True), 41),
    ],
    ids=["6275-9.2-7", "6275-9.2-10"],
)
def test_a_parameter_problem_points_at_the_field_and_returns_the_packet(
    lies: Lies, pointer: int
) -> None:
    link = VirtualLink(ReferenceAnchor(_settings()))
    sent = _request(link, lies=lies)
    came = link.receive(link.now_ms())
    assert came is not None
    packet = decode_ipv6(came[1])
    assert packet is not None
    assert (packet.destination, packet.next_header) == (MAG, 58)
    assert packet.payload[:2] == bytes((4, 0))
    assert int.from_bytes(packet.payload[4:8]) == pointer
    assert packet.payload[8:] == sent


def _domain(**changes: object) -> VirtualLink:
    """A link to an anchor in a domain with other variables (RFC 5213, 9.3)."""
    return VirtualLink(ReferenceAnchor(_settings().model_copy(update=changes)))


@pytest.mark.parametrize("by_time", [True, False])
def test_without_timestamps_only_a_domain_by_number_is_served(by_time: bool) -> None:
    link = _domain(timestamp_based_approach_in_use=by_time)
    for number, status in ((9, 0), (9, 135), (10, 0)):
        options = _options(LinkLocalAddress(UNSPECIFIED))
        message = ProxyBindingUpdate(number, 10, options)
        link.send(encode_ipv6(MAG, LMA, encode(message, MAG, LMA)))
        if by_time:
            assert link.receive(link.now_ms()) is None
        else:
            assert _answer(link).status == status


def test_every_gateway_gets_the_fixed_address_of_the_domain() -> None:
    fixed = IPv6Address("fe80::5213")
    link = _domain(fixed_mag_link_local_address_on_all_access_links=fixed)
    for source in (MAG, OTHER_MAG):
        asked = (LinkLocalAddress(UNSPECIFIED), Timestamp(link.time_of_day()))
        message = ProxyBindingUpdate(7, 10, _options(*asked))
        link.send(encode_ipv6(source, LMA, encode(message, source, LMA)))
        found = option_of(_answer(link), LinkLocalAddress)
        assert found is not None and found.address == fixed
        _wait(link, link.now_ms() + 10)


def test_mutated_rules_and_mutated_answers_are_followed() -> None:
    silent = [rule for rule in shipped_rules() if rule.name != "allocate"]
    link = VirtualLink(ReferenceAnchor(_settings(), rules=silent))
    _request(link)
    assert link.receive(link.now_ms()) is None
    forgetful = [rule for rule in EXCHANGE_RULES if rule.name != "timestamp"]
    link = VirtualLink(ReferenceAnchor(_settings(), exchange_rules=forgetful))
    _request(link)
    assert not any(isinstance(o, Timestamp) for o in _answer(link).options)


def test_a_timer_that_no_rule_takes_does_not_stop_time() -> None:
    rules = [
        replace(rule, guard=(*rule.guard, ~rule.guard[0]))
        if rule.name == "expire"
        else rule
        for rule in shipped_rules()
    ]
    link = VirtualLink(ReferenceAnchor(_settings(), rules=rules))
    _request(link, lifetime=1)
    link.anchor.advance(1_000_000)
    assert [e.remaining_ms for e in link.anchor.state()] == [0]


def test_a_request_among_100_nodes_takes_milliseconds() -> None:
    link = VirtualLink(ReferenceAnchor(_settings(nodes=100)))
    begin = time.process_time()
    for node in range(100):
        _request(link, node=node)
        assert not _answer(link).is_rejection
    assert (time.process_time() - begin) / 100 < 0.025
