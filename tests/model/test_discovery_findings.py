"""Format findings of Neighbor Discovery: each rule is provoked by one lie, and found alone."""

from dataclasses import dataclass, replace
from ipaddress import IPv6Address

import pytest
from random_discovery import GATEWAY, NODE, NODE_MAC

from pmip6.model.discovery.decoding import (
    DecodedDiscovery,
    decode_discovery,
    decode_discovery_packet,
)
from pmip6.model.discovery.encoding import DiscoveryLies, discovery_packet
from pmip6.model.discovery.messages import (
    ALL_NODES,
    ALL_ROUTERS,
    HOP_LIMIT,
    DiscoveryMessage,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
    solicited_node,
)
from pmip6.model.discovery.options import (
    DiscoveryOption,
    Mtu,
    PrefixInformation,
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
    UnknownDiscoveryOption,
)
from pmip6.model.discovery.rules import DISCARDED_BY, DISCOVERY_RULES
from pmip6.model.findings import FormatRule
from pmip6.model.requirements.tables import Level, load_requirements
from pmip6.model.wire.messages import UNSPECIFIED

SOURCE = SourceLinkLayerAddress(NODE_MAC)
TARGET = TargetLinkLayerAddress(NODE_MAC)
PREFIX = PrefixInformation(IPv6Address("2001:db8:1::"), 64, 300, 300)
GROUP = IPv6Address("ff02::1:ff00:1")
HOME = IPv6Address("2001:db8:1::1")
TRUTH = DiscoveryLies()


@dataclass(frozen=True)
class Case:
    """A packet that violates exactly one rule, with the place of the violation."""

    rule: str
    message: DiscoveryMessage
    source: IPv6Address
    destination: IPv6Address
    lies: DiscoveryLies = TRUTH
    offset: int = 0
    hop_limit: int = HOP_LIMIT


RS = Case("", RouterSolicitation((SOURCE,)), NODE, ALL_ROUTERS)
RA = Case("", RouterAdvertisement(1800, (SOURCE, Mtu(1500), PREFIX)), GATEWAY, NODE)
NS = Case("", NeighborSolicitation(HOME, (SOURCE,)), NODE, solicited_node(HOME))
NA = Case("", NeighborAdvertisement(HOME, (TARGET,), solicited=True), HOME, NODE)
GOOD = {"rs": RS, "ra": RA, "ns": NS, "na": NA}
DETECTION = Case("", NeighborSolicitation(HOME), UNSPECIFIED, solicited_node(HOME))


def _lie(rule: str, lies: DiscoveryLies, offset: int, good: Case) -> Case:
    return replace(good, rule=rule, lies=lies, offset=offset)


def _with(rule: str, offset: int, good: Case, *options: DiscoveryOption) -> Case:
    message = replace(good.message, options=options)
    return replace(good, rule=rule, message=message, offset=offset)


def _of_every_message(short: str, good: Case) -> list[Case]:
    """Lies that every message can tell; `end` is where its options begin."""
    end = good.message.FIXED_LENGTH
    reserved = 0x03 if short == "ra" else 0x1F
    wrong = SOURCE if short == "na" else TARGET
    return [
        replace(good, rule=f"{short}_hop_limit", hop_limit=254),
        _lie(f"{short}_code", DiscoveryLies(code=1), 1, good),
        _lie(f"{short}_checksum", DiscoveryLies(corrupt_checksum=True), 2, good),
        _lie(f"{short}_complete", DiscoveryLies(truncate_to=end - 1), end - 1, good),
        _lie(
            f"{short}_reserved",
            DiscoveryLies(reserved=reserved),
            5 if short == "ra" else 4,
            good,
        ),
        _with(
            f"{short}_options",
            end + 8 * sum(1 for _ in good.message.options[:1]),
            good,
            *good.message.options[:1],
            wrong,
        ),
        _lie(
            f"{short}_option_not_empty",
            DiscoveryLies(trailing=bytes((200, 0, 0, 0, 0, 0, 0, 0))),
            end + _octets_of(good.message) + 1,
            good,
        ),
    ]


def _octets_of(message: DiscoveryMessage) -> int:
    return sum(-(-(2 + len(option.data())) // 8) * 8 for option in message.options)


def _with_prefix(rule: str, at: int, prefix: PrefixInformation) -> Case:
    return _with(rule, 16 + at, RA, prefix)


CASES = [
    *(case for short, good in GOOD.items() for case in _of_every_message(short, good)),
    _lie("icmpv6_complete", DiscoveryLies(truncate_to=3), 0, RS),
    _lie("discovery_option_complete", DiscoveryLies(option_lengths=((2, 5),)), 32, RA),
    replace(RS, rule="rs_source_unspecified", source=UNSPECIFIED, offset=8),
    replace(NS, rule="ns_source_unspecified", source=UNSPECIFIED, offset=24),
    replace(RA, rule="ra_source", source=HOME),
    Case(
        "ns_target",
        NeighborSolicitation(GROUP, (SOURCE,)),
        NODE,
        solicited_node(GROUP),
        offset=8,
    ),
    Case("na_target", NeighborAdvertisement(GROUP, (TARGET,)), HOME, NODE, offset=8),
    replace(DETECTION, rule="ns_destination", destination=HOME),
    replace(NA, rule="na_solicited", destination=ALL_NODES, offset=4),
    _with("rs_tells_source", 8, RS),
    _with("ns_multicast_tells_source", 24, NS),
    _with("ns_unicast_tells_source", 24, replace(NS, destination=HOME)),
    replace(RA, rule="ra_lifetime", message=RouterAdvertisement(9001), offset=6),
    _with(
        "prefix_information_length",
        17,
        RA,
        UnknownDiscoveryOption(3, bytes(22)),
    ),
    _with("mtu_length", 17, RA, UnknownDiscoveryOption(5, bytes(14))),
    _with_prefix(
        "prefix_information_prefix_length", 2, replace(PREFIX, prefix_length=129)
    ),
    _with_prefix("prefix_information_reserved", 3, replace(PREFIX, reserved1=1)),
    _with_prefix("prefix_information_reserved", 12, replace(PREFIX, reserved2=1)),
    _with_prefix(
        "prefix_information_lifetimes", 8, replace(PREFIX, preferred_lifetime=301)
    ),
    _with_prefix("prefix_information_host_bits", 16, replace(PREFIX, prefix=HOME)),
    _with_prefix(
        "prefix_information_link_local",
        16,
        replace(PREFIX, prefix=IPv6Address("fe80::")),
    ),
    _with("mtu_reserved", 18, RA, Mtu(1500, reserved=1)),
]


def _decode(case: Case) -> DecodedDiscovery:
    packet = discovery_packet(
        case.message,
        case.source,
        case.destination,
        hop_limit=case.hop_limit,
        lies=case.lies,
    )
    read = decode_discovery_packet(packet)
    assert read is not None
    return read[1]


@pytest.mark.parametrize("good", [*GOOD.values(), DETECTION], ids=[*GOOD, "dad"])
def test_a_right_message_breaks_nothing(good: Case) -> None:
    decoded = _decode(good)
    assert decoded.findings == () and decoded.valid_message == good.message


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_lie_provokes_exactly_its_finding_at_its_place(case: Case) -> None:
    decoded = _decode(case)
    found = [(finding.rule.name, finding.offset) for finding in decoded.findings]
    assert found == [(case.rule, case.offset)]
    discarded = any(rule.name == case.rule for rule in DISCARDED_BY)
    assert decoded.is_valid is not discarded


def test_every_rule_has_its_lie() -> None:
    names = [rule.name for rule in DISCOVERY_RULES]
    assert len(names) == len(set(names))
    assert {case.rule for case in CASES} == set(names)


@pytest.mark.parametrize("rule", DISCOVERY_RULES, ids=lambda rule: rule.name)
def test_every_rule_cites_requirements_of_its_level(rule: FormatRule) -> None:
    requirements = load_requirements()
    levels = [requirements[name].level for name in rule.requirements]
    assert rule.level in levels
    assert Level.MUST not in levels or rule.level is Level.MUST


def test_bits_that_later_documents_took_are_no_finding() -> None:
    taken = DiscoveryLies(reserved=0x3C)
    assert _decode(replace(RA, lies=taken)).findings == ()
    prefix = replace(PREFIX, reserved1=0x30)
    assert _decode(_with("", 0, RA, prefix)).findings == ()


def test_detection_may_be_sent_to_any_solicited_node_address() -> None:
    """RFC 4861, section 7.1.1, asks for such an address, not for that of the target."""
    case = replace(DETECTION, destination=solicited_node(NODE))
    assert _decode(case).findings == ()


def test_of_a_single_octet_only_the_type_is_known() -> None:
    decoded = decode_discovery(bytes((134,)), GATEWAY, NODE)
    assert decoded is not None and not decoded.is_valid
    assert decoded.faults() == {rule.fault for rule in DISCOVERY_RULES[:1]}
