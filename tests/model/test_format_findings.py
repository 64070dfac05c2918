"""Format findings: each rule is provoked by one lie, and found alone."""

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from random import Random

import pytest
from random_messages import (
    LMA,
    MAG,
    random_message,
    valid_acknowledgement,
    valid_handover_acknowledge,
    valid_initiate,
    valid_update,
)

from pmip6.model.findings import FormatFinding, FormatRule
from pmip6.model.requirements.tables import Level, load_requirements
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import Lies, PaddingStyle, encode
from pmip6.model.wire.field_rules import OPTION_READERS, OPTION_RULES
from pmip6.model.wire.format_rules import FORMAT_RULES, SINGLE_OPTIONS
from pmip6.model.wire.ipv6 import PACKET_RULES, decode_ipv6, decode_packet, encode_ipv6
from pmip6.model.wire.messages import (
    UNSPECIFIED,
    BindingError,
    HandoverInitiate,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    AlternateCareOfAddress,
    BindingAuthorizationData,
    BindingRefreshAdvice,
    ContextRequest,
    GreKey,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    Ipv4HomeAddressRequest,
    LocalMobilityAnchorAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    MobilityOption,
    NonceIndices,
    RequestedContext,
    Timestamp,
    UnknownOption,
)
from pmip6.model.wire.reception import Reaction, receive

PBU = valid_update()
PBA = valid_acknowledgement()
BU = ProxyBindingUpdate(1, 1, proxy=False)
TO_CORRESPONDENT = ProxyBindingUpdate(1, 1, home_registration=False, proxy=False)
BA = ProxyBindingAcknowledgement(0, 1, 100, proxy=False)
BE = BindingError(1)
INITIATE = valid_initiate()
ACKNOWLEDGE = valid_handover_acknowledge()
HOME_ADDRESS = IPv4Address("192.0.2.7")
AUTH = BindingAuthorizationData(bytes(12))


TRUTH = Lies()


@dataclass(frozen=True)
class Case:
    """A message and a lie that violate exactly one rule."""

    rule: str
    message: MobilityMessage
    lies: Lies = TRUTH
    proxy_expected: bool = False
    source: IPv6Address = MAG
    also: str = ""


def _with(message: MobilityMessage, *options: MobilityOption) -> MobilityMessage:
    return replace(message, options=(*message.options, *options))


def _without(message: MobilityMessage, option: type[MobilityOption]) -> MobilityMessage:
    kept = tuple(each for each in message.options if not isinstance(each, option))
    return replace(message, options=kept)


def _swap(message: MobilityMessage, option: MobilityOption) -> MobilityMessage:
    """Put an option in the place of the one of its class."""
    swapped = tuple(
        option if type(each) is type(option) else each for each in message.options
    )
    return replace(message, options=swapped)


def _single_cases(prefix: str, message: MobilityMessage) -> list[Case]:
    cases: list[Case] = []
    for kind in SINGLE_OPTIONS:
        name = OPTION_READERS[int(kind.TYPE)].sized.name.removesuffix("_length")
        twin = next(each for each in message.options if isinstance(each, kind))
        cases.append(Case(f"{prefix}_has_one_{name}", _with(message, twin)))
    return cases


def _mandatory_cases(prefix: str, message: MobilityMessage) -> list[Case]:
    return [
        Case(f"{prefix}_has_{name}", _without(message, kind))
        for name, kind in (
            ("mobile_node_identifier", MobileNodeIdentifier),
            ("home_network_prefix", HomeNetworkPrefix),
            ("handoff_indicator", HandoffIndicatorOption),
            ("access_technology_type", AccessTechnologyTypeOption),
        )
    ]


# Option by number with a wrong length, alone in a direct update.
WRONG_LENGTHS = {
    "binding_refresh_advice": (2, 3),
    "alternate_care_of_address": (3, 15),
    "nonce_indices": (4, 2),
    "mobile_node_identifier": (8, 0),
    "home_network_prefix": (22, 17),
    "handoff_indicator": (23, 1),
    "access_technology_type": (24, 6),
    "mobile_node_link_layer_identifier": (25, 1),
    "link_local_address": (26, 8),
    "timestamp": (27, 4),
    "vendor_specific": (19, 4),
    "mobility_header_link_layer_address": (7, 0),
    "gre_key": (33, 4),
    "ipv4_home_address_request": (36, 2),
    "context_request": (40, 1),
    "local_mobility_anchor_address": (41, 16),
    "mobile_node_link_local_address_interface_identifier": (42, 8),
}


def _raw(kind: int, size: int) -> MobilityMessage:
    message = BA if kind == BindingRefreshAdvice.TYPE else BU
    return replace(message, options=(UnknownOption(kind, bytes(size)),))


# Direct messages that hold one option at an offset that its type forbids: 13 or 12.
ONE_OFF = UnknownOption(200, b"\0")
MISALIGNED: dict[str, MobilityMessage] = {
    "binding_refresh_advice": replace(BA, options=(ONE_OFF, BindingRefreshAdvice(1))),
    "alternate_care_of_address": replace(BU, options=(AlternateCareOfAddress(MAG),)),
    "nonce_indices": replace(
        TO_CORRESPONDENT,
        options=(ONE_OFF, NonceIndices(1, 1), BindingAuthorizationData(b"\0")),
    ),
    "home_network_prefix": replace(BU, options=(ONE_OFF, HomeNetworkPrefix(MAG, 64))),
    "mobile_node_link_layer_identifier": replace(
        BU, options=(ONE_OFF, MobileNodeLinkLayerIdentifier(bytes(6)))
    ),
    "link_local_address": replace(
        BU, options=tuple(o for o in PBU.options if o.TYPE == 26)
    ),
    "timestamp": replace(BU, options=(Timestamp(1),)),
    "gre_key": replace(BU, options=(ONE_OFF, GreKey(1))),
    "ipv4_home_address_request": replace(
        BU, options=(ONE_OFF, Ipv4HomeAddressRequest(HOME_ADDRESS, 24))
    ),
}

CASES = [
    Case("checksum", PBU, Lies(corrupt_checksum=True)),
    Case("checksum", PBU, Lies(checksum=0x1234)),
    Case("payload_proto", PBU, Lies(payload_proto=6)),
    Case("octets_missing", PBU, Lies(header_len_added=4)),
    Case("octets_left_over", PBU, Lies(trailing=bytes(8))),
    Case("mh_type", PBU, Lies(mh_type=200)),
    Case("message_complete", PBU, Lies(header_len=0, truncate_to_header_len=True)),
    Case("header_reserved", PBU, Lies(reserved=255)),
    Case("update_reserved", PBU, Lies(message_reserved=0x1FF)),
    Case("acknowledgement_reserved", PBA, Lies(message_reserved=1)),
    Case("error_reserved", BE, Lies(message_reserved=1)),
    Case("handover_initiate_reserved", INITIATE, Lies(message_reserved=1)),
    Case("handover_acknowledge_reserved", ACKNOWLEDGE, Lies(message_reserved=16)),
    Case("option_complete", PBU, Lies(option_lengths=((6, 250),))),
    Case("padn_preferred", _raw(200, 0), Lies(padding=PaddingStyle.PAD1_ONLY)),
    Case("padn_value", _raw(200, 7), Lies(padn_content=7)),
    *(Case(f"{name}_length", _raw(*raw)) for name, raw in WRONG_LENGTHS.items()),
    *(
        Case(f"{name}_alignment", message, Lies(padding=PaddingStyle.UNALIGNED))
        for name, message in MISALIGNED.items()
    ),
    *(
        Case(f"{name}_reserved", _swap(PBU, option))
        for name, option in (
            ("home_network_prefix", HomeNetworkPrefix(MAG, 64, reserved=255)),
            ("handoff_indicator", HandoffIndicatorOption(1, reserved=1)),
            ("access_technology_type", AccessTechnologyTypeOption(1, reserved=1)),
            (
                "mobile_node_link_layer_identifier",
                MobileNodeLinkLayerIdentifier(bytes(6), reserved=255),
            ),
        )
    ),
    Case("home_network_prefix_value", _swap(PBU, HomeNetworkPrefix(MAG, 129))),
    *(
        Case(f"{name}_reserved", _swap(INITIATE, option))
        for name, option in (
            ("context_request", ContextRequest((), reserved=1)),
            (
                "local_mobility_anchor_address",
                LocalMobilityAnchorAddress(LMA, reserved=255),
            ),
            (
                "mobile_node_link_local_address_interface_identifier",
                MobileNodeLinkLocalAddressInterfaceIdentifier(bytes(8), reserved=1),
            ),
            ("gre_key", GreKey(1, reserved=256)),
            (
                "ipv4_home_address_request",
                Ipv4HomeAddressRequest(HOME_ADDRESS, 24, reserved=0x3FF),
            ),
        )
    ),
    *(
        Case("context_request_value", _swap(INITIATE, ContextRequest((), rest=rest)))
        for rest in (b"\x16", b"\x13\5\0\0\0\1")
    ),
    *(
        Case(
            "local_mobility_anchor_address_value",
            _swap(INITIATE, LocalMobilityAnchorAddress(address, code)),
        )
        for address, code in ((LMA, 0), (LMA, 2), (HOME_ADDRESS, 1))
    ),
    Case(
        "ipv4_home_address_request_value",
        _swap(INITIATE, Ipv4HomeAddressRequest(HOME_ADDRESS, 33)),
    ),
    Case(
        "handover_initiate_has_mobile_node_identifier",
        _without(INITIATE, MobileNodeIdentifier),
    ),
    Case(
        "handover_initiate_has_one_mobile_node_identifier",
        _with(INITIATE, MobileNodeIdentifier(b"mn2@example.org")),
    ),
    Case(
        "handover_acknowledge_has_one_mobile_node_identifier",
        _with(ACKNOWLEDGE, MobileNodeIdentifier(b"mn2@example.org")),
    ),
    Case("handover_initiate_names_a_node", _swap(INITIATE, MobileNodeIdentifier(b""))),
    Case(
        "handover_initiate_asks_for_no_address",
        replace(INITIATE, assigned_address=True),
    ),
    *(
        Case("handover_initiate_code", replace(INITIATE, code=code))
        for code in (1, 4, 255)
    ),
    *(
        Case("handover_acknowledge_code", replace(ACKNOWLEDGE, code=code))
        for code in (1, 2, 3, 4, 7, 127, 133)
    ),
    *(
        Case(
            "context_request_misplaced",
            _with(message, ContextRequest((RequestedContext(22),))),
        )
        for message in (PBU, PBA, ACKNOWLEDGE)
    ),
    Case(
        "handover_initiate_is_proxy",
        replace(INITIATE, proxy=False),
        proxy_expected=True,
    ),
    Case(
        "handover_acknowledge_is_proxy",
        replace(ACKNOWLEDGE, proxy=False),
        proxy_expected=True,
    ),
    *_mandatory_cases("pbu", PBU),
    *_mandatory_cases("pba", PBA),
    *_single_cases("pbu", PBU),
    *_single_cases("pba", PBA),
    Case(
        "pbu_has_all_zero_prefix_alone", _with(PBU, HomeNetworkPrefix(UNSPECIFIED, 0))
    ),
    Case("pbu_asks_for_an_answer", replace(PBU, acknowledge=False)),
    Case("pbu_names_a_node", _swap(PBU, MobileNodeIdentifier(b""))),
    Case("pbu_tells_a_handoff", _swap(PBU, HandoffIndicatorOption(0))),
    Case("pbu_tells_a_technology", _swap(PBU, AccessTechnologyTypeOption(0))),
    Case("care_of_address", _with(PBU, AlternateCareOfAddress(IPv6Address("::")))),
    Case("care_of_address", _with(PBU, AlternateCareOfAddress(IPv6Address("ff02::1")))),
    Case("care_of_address", PBU, source=IPv6Address("fe80::1")),
    *(
        Case(
            "alternate_care_of_address_misplaced",
            _with(message, AlternateCareOfAddress(MAG)),
        )
        for message in (PBA, INITIATE, ACKNOWLEDGE)
    ),
    *(
        Case(
            "binding_refresh_advice_misplaced", _with(message, BindingRefreshAdvice(1))
        )
        for message in (PBU, INITIATE, ACKNOWLEDGE)
    ),
    *(
        Case("nonce_indices_misplaced", _with(message, NonceIndices(1, 1)))
        for message in (BA, INITIATE, ACKNOWLEDGE)
    ),
    Case(
        "binding_authorization_data_misplaced",
        _with(BE, AUTH),
        also="error_without_options",
    ),
    Case("error_without_options", _with(BE, HandoffIndicatorOption(1))),
    Case(
        "home_registration_without_nonces",
        _with(BU, NonceIndices(1, 1), AUTH),
    ),
    Case("refresh_before_expiry", _with(BA, BindingRefreshAdvice(100))),
    Case("nonces_authorized", _with(TO_CORRESPONDENT, NonceIndices(1, 1))),
    Case("authorization_last", _with(PBU, AUTH, ONE_OFF)),
    Case(
        "identifier_before_authorization",
        replace(PBU, options=(AUTH, *PBU.options)),
        also="authorization_last",
    ),
    Case("pbu_is_proxy", BU, proxy_expected=True),
    Case("pba_is_proxy", BA, proxy_expected=True),
]


def _findings(case: Case) -> tuple[FormatFinding, ...]:
    data = encode(case.message, case.source, LMA, lies=case.lies)
    decoded = decode(data, case.source, LMA, proxy_expected=case.proxy_expected)
    return decoded.findings


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_lie_provokes_exactly_its_finding(case: Case) -> None:
    names = [finding.rule.name for finding in _findings(case)]
    assert set(names) == {case.rule, case.also} - {""}
    assert len(names) == len(set(names))


def test_every_rule_has_its_lie() -> None:
    names = [rule.name for rule in FORMAT_RULES]
    assert len(names) == len(set(names))
    assert {case.rule for case in CASES} | {"header_complete"} == set(names)


@pytest.mark.parametrize("rule", (*FORMAT_RULES, *PACKET_RULES), ids=lambda r: r.name)
def test_every_rule_cites_requirements_of_its_level(rule: FormatRule) -> None:
    requirements = load_requirements()
    levels = [requirements[name].level for name in rule.requirements]
    assert rule.level in levels
    assert Level.MUST not in levels or rule.level is Level.MUST


def test_rules_about_options_are_derived_from_the_classes() -> None:
    assert {rule.name for rule in OPTION_RULES} <= {case.rule for case in CASES}


@pytest.mark.parametrize("size", range(6))
def test_a_header_cut_off_is_a_finding(size: int) -> None:
    decoded = decode(bytes(size), MAG, LMA)
    assert [finding.rule.name for finding in decoded.findings] == ["header_complete"]
    assert decoded.message is None
    assert receive(decoded).reaction is Reaction.DISCARD


def test_an_option_of_unknown_type_is_no_finding() -> None:
    message = _with(PBU, UnknownOption(200, b"\1\2\3"))
    assert _findings(Case("", message)) == ()


def test_an_offset_points_at_the_octet() -> None:
    (finding,) = _findings(Case("", PBU, Lies(payload_proto=6)))
    assert (finding.offset, finding.level) == (0, Level.MUST)
    data = encode(PBU, MAG, LMA, lies=Lies(option_lengths=((6, 250),)))
    (finding,) = decode(data, MAG, LMA).findings
    assert data[finding.offset : finding.offset + 2] == bytes((27, 250))


@pytest.mark.parametrize(
    ("lies", "reaction"),
    [
        (Lies(), Reaction.PROCESS),
        (Lies(reserved=255), Reaction.PROCESS),
        (Lies(trailing=b"\0"), Reaction.PROCESS),
        (Lies(corrupt_checksum=True), Reaction.DISCARD),
        (Lies(corrupt_checksum=True, mh_type=200), Reaction.DISCARD),
        (Lies(mh_type=200), Reaction.BINDING_ERROR),
        (Lies(mh_type=200, payload_proto=6), Reaction.BINDING_ERROR),
        (Lies(mh_type=1), Reaction.DISCARD),
        (Lies(payload_proto=6), Reaction.PARAMETER_PROBLEM),
        (Lies(header_len=0, truncate_to_header_len=True), Reaction.PARAMETER_PROBLEM),
        (Lies(header_len_added=4), Reaction.DISCARD),
        (Lies(option_lengths=((6, 250),)), Reaction.DISCARD),
    ],
)
def test_the_receiver_reacts_as_section_9_2_says(
    lies: Lies, reaction: Reaction
) -> None:
    decoded = decode(encode(PBU, MAG, LMA, lies=lies), MAG, LMA)
    assert receive(decoded).reaction is reaction


@pytest.mark.parametrize("message", [INITIATE, ACKNOWLEDGE], ids=["HI", "HAck"])
@pytest.mark.parametrize(
    ("lies", "unknown", "known"),
    [
        (Lies(), Reaction.BINDING_ERROR, Reaction.PROCESS),
        (Lies(corrupt_checksum=True), Reaction.DISCARD, Reaction.DISCARD),
        (Lies(payload_proto=6), Reaction.BINDING_ERROR, Reaction.PARAMETER_PROBLEM),
        (Lies(option_lengths=((0, 250),)), Reaction.BINDING_ERROR, Reaction.DISCARD),
        (Lies(message_reserved=1), Reaction.BINDING_ERROR, Reaction.PROCESS),
    ],
)
def test_handover_messages_are_unknown_to_those_without_fast_handover(
    message: MobilityMessage, lies: Lies, unknown: Reaction, known: Reaction
) -> None:
    decoded = decode(encode(message, MAG, LMA, lies=lies), MAG, LMA)
    assert receive(decoded).reaction is unknown
    assert receive(decoded, fast_handover=True).reaction is known


def test_a_handover_message_cut_off_within_its_data_is_a_finding() -> None:
    lies = Lies(truncate_to=8, header_len=0)
    decoded = decode(encode(HandoverInitiate(1), MAG, LMA, lies=lies), MAG, LMA)
    assert [finding.rule.name for finding in decoded.findings] == ["message_complete"]
    assert decoded.message is None


@pytest.mark.parametrize(
    ("message", "home", "routed", "rule"),
    [
        (PBU, None, None, None),
        (PBU, MAG, None, "pbu_without_home_address"),
        (BU, MAG, None, None),
        (PBA, None, MAG, "pba_without_routing_header"),
        (BA, None, MAG, None),
        (BE, MAG, None, "message_without_home_address"),
        (PBU, None, MAG, "message_without_routing_header"),
    ],
)
def test_extension_headers_are_read_and_judged(
    message: MobilityMessage,
    home: IPv6Address | None,
    routed: IPv6Address | None,
    rule: str | None,
) -> None:
    data = encode(message, home or MAG, routed or LMA)
    packet = encode_ipv6(
        MAG, LMA, data, home_address=home, routed_home_address=routed, hop_limit=9
    )
    read = decode_packet(packet)
    assert read is not None
    found, decoded = read
    assert decoded.message == message
    assert decoded.findings == ()
    assert (found.source, found.destination, found.hop_limit) == (MAG, LMA, 9)
    assert (found.home_address, found.routed_home_address) == (home, routed)
    assert packet[found.payload_offset :] == data
    assert [each.rule.name for each in found.findings] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("at", "value", "rule"),
    [
        (5, 255, "ipv6_complete"),
        (41, 200, "ipv6_complete"),
        (47, 15, "home_address_form"),
        (47, 30, "ipv6_complete"),
    ],
)
def test_a_broken_extension_header_is_a_finding(at: int, value: int, rule: str) -> None:
    packet = bytearray(encode_ipv6(MAG, LMA, b"", home_address=MAG))
    packet[at] = value
    read = decode_ipv6(bytes(packet))
    assert read is not None
    assert rule in {each.rule.name for each in read.findings}


def test_a_routing_header_without_one_segment_left_is_a_finding() -> None:
    packet = bytearray(encode_ipv6(MAG, LMA, b"", routed_home_address=MAG))
    packet[43] = 0
    read = decode_ipv6(bytes(packet))
    assert read is not None
    assert [each.rule.name for each in read.findings] == ["routing_header_form"]


def test_what_is_no_mobility_packet_is_none() -> None:
    assert decode_ipv6(bytes(40)) is None
    assert decode_ipv6(b"") is None
    assert decode_packet(encode_ipv6(MAG, LMA, b"", next_header=59)) is None


def test_a_hundred_thousand_mutated_packets_raise_nothing() -> None:
    rng = Random(5213)
    originals = [
        encode_ipv6(
            MAG,
            LMA,
            encode(random_message(rng), MAG, LMA),
            home_address=MAG if rng.randrange(4) == 0 else None,
            routed_home_address=LMA if rng.randrange(4) == 0 else None,
        )
        for _ in range(500)
    ]
    clean = 0
    for number in range(100_000):
        packet = bytearray(originals[number % len(originals)])
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(packet))
            match rng.randrange(4):
                case 0:
                    packet[at] ^= 1 << rng.randrange(8)
                case 1:
                    packet[at] = rng.randrange(256)
                case 2:
                    del packet[at + 1 :]
                case _:
                    packet[at:at] = rng.randbytes(1)
        data = bytes(packet)
        decode_packet(data)
        decoded = decode(data[40:], MAG, LMA)
        receive(decoded)
        clean += not decoded.findings
    assert clean < 20_000


JUNK = UnknownOption(255, b"")  # of a length octet that its lie makes run too far

SHOWN: dict[str, tuple[MobilityMessage, Lies]] = {
    "4283-3-x8": (_raw(8, 0), TRUTH),
    "5213-8.4-x6": (_raw(23, 3), TRUTH),  # a handoff indicator of 16 bits
    "5213-8.5-x6": (_raw(24, 3), TRUTH),
    "5213-10-x15": (PBU, Lies(message_reserved=1)),
    "5213-10-x20": (PBA, Lies(message_reserved=0x10)),
    "6275-6.1.1-4": (PBU, Lies(corrupt_checksum=True)),
    "6275-6.1.1-5": (replace(BU, options=(JUNK,)), Lies(option_lengths=((0, 9),))),
    "6275-6.1.1-x3": (PBU, Lies(payload_proto=0)),
    "6275-6.1.1-x16": (PBU, Lies(header_len=1)),  # options, and a length without them
    "6275-6.1.1-x17": (replace(BU, options=(JUNK,)), Lies(option_lengths=((0, 9),))),
    "6275-6.1.1-x18": (BU, Lies(padding=PaddingStyle.NONE)),
    "6275-6.1.7-x13": (BU, Lies(padding=PaddingStyle.NONE)),
    "6275-6.1.8-x30": (BA, Lies(padding=PaddingStyle.NONE)),
    "6275-6.1.9-x10": (BE, Lies(header_len=1)),
    "6275-6.2-x2": (replace(BU, options=(JUNK,)), Lies(option_lengths=((0, 9),))),
    "6275-6.2-x3": (PBU, Lies(header_len=1)),
    "6275-10.3.1-31": (_with(BA, BindingRefreshAdvice(100)), TRUTH),
}
"""How a message violates what a rule cites beside its main requirement."""


@pytest.mark.parametrize("requirement", SHOWN)
def test_a_violation_is_cited(requirement: str) -> None:
    message, lies = SHOWN[requirement]
    cited = {
        name for f in _findings(Case("", message, lies)) for name in f.requirements
    }
    assert requirement in cited
