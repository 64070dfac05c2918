"""The Neighbor Discovery codec: exact octets, and that reading undoes writing."""

from ipaddress import IPv6Address, IPv6Network
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_discovery import GATEWAY, NODE, NODE_MAC, random_discovery

from pmip6.model.discovery.decoding import (
    DecodedDiscovery,
    decode_discovery,
    decode_discovery_packet,
)
from pmip6.model.discovery.encoding import (
    DiscoveryLies,
    discovery_packet,
    encode_discovery,
)
from pmip6.model.discovery.messages import (
    ALL_ROUTERS,
    DiscoveryMessage,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
    solicited_node,
)
from pmip6.model.discovery.options import (
    Mtu,
    PrefixInformation,
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
    UnknownDiscoveryOption,
)
from pmip6.model.errors import Pmip6Error
from pmip6.model.mag.access_link import (
    RESERVED_LINK_LOCAL_ADDRESS,
    home_link_advertisement,
    link_local_address,
)
from pmip6.model.wire.ipv6 import encode_ipv6

COUNT = 500
PREFIX = IPv6Network("2001:db8:100:1::/64")
GATEWAY_MAC = bytes.fromhex("00005e005213")

# Octets by hand, after the figures of RFC 4861, section 4; the checksum is left out.
EXACT: dict[str, tuple[DiscoveryMessage, str]] = {
    "RS": (
        RouterSolicitation((SourceLinkLayerAddress(NODE_MAC),)),
        "8500.... 00000000 0101020000000101",
    ),
    "RA": (
        RouterAdvertisement(
            1800,
            (
                SourceLinkLayerAddress(GATEWAY_MAC),
                Mtu(1460),
                PrefixInformation(
                    PREFIX.network_address, 64, 300, 200, autonomous=False
                ),
            ),
            64,
            managed=True,
            reachable_time=1,
            retransmission_timer=2,
        ),
        "8600.... 40800708 00000001 00000002 010100005e005213"
        "05010000000005b4 0304408000 00012c 000000c8 00000000"
        "20010db8010000010000000000000000",
    ),
    "NS": (
        NeighborSolicitation(NODE),
        "8700.... 00000000 fe800000000000000000000000000001",
    ),
    "NA": (
        NeighborAdvertisement(
            NODE, (TargetLinkLayerAddress(NODE_MAC),), router=True, override=True
        ),
        "8800.... a0000000 fe800000000000000000000000000001 0201020000000101",
    ),
}


def _decode(data: bytes) -> DecodedDiscovery:
    decoded = decode_discovery(data, NODE, GATEWAY)
    assert decoded is not None
    return decoded


@pytest.mark.parametrize(("message", "octets"), EXACT.values(), ids=EXACT)
def test_octets_are_those_of_the_figures(
    message: DiscoveryMessage, octets: str
) -> None:
    data = encode_discovery(message, NODE, GATEWAY)
    wanted = octets.replace(" ", "").replace(".", "0")
    assert (data[:2] + bytes(2) + data[4:]).hex() == wanted
    assert _decode(data).message == message


def test_the_checksum_is_that_of_a_hand_made_sum() -> None:
    # fe80+1+fe80+0200+5eff+fe00+5213 and 8 octets of protocol 3a, then 8500: in all
    # 43156 = 315a with its carry of 4; the complement is cea5.
    data = encode_discovery(RouterSolicitation(), NODE, GATEWAY)
    words = (0xFE80, 1, 0xFE80, 0x0200, 0x5EFF, 0xFE00, 0x5213, 8, 0x3A, 0x8500)
    total = sum(words)
    folded = (total & 0xFFFF) + (total >> 16)
    assert data[2:4] == (0xFFFF - folded).to_bytes(2)


def test_reading_undoes_writing() -> None:
    rng = Random(4861)
    kinds: set[type] = set()
    for sent in (random_discovery(rng) for _ in range(COUNT)):
        packet = discovery_packet(sent.message, sent.source, sent.destination)
        read = decode_discovery_packet(packet)
        assert read is not None and read[1].message == sent.message
        again = discovery_packet(sent.message, read[0].source, read[0].destination)
        assert again == packet
        kinds |= {type(sent.message), *(type(each) for each in sent.message.options)}
    assert len(kinds) == 9


@given(st.binary(max_size=120), st.sampled_from((133, 134, 135, 136)))
def test_nothing_raises_on_octets(data: bytes, kind: int) -> None:
    decoded = decode_discovery(bytes((kind,)) + data, NODE, GATEWAY)
    assert decoded is not None
    assert decoded.message is not None or decoded.findings
    assert all(0 <= finding.offset <= len(data) + 1 for finding in decoded.findings)


@given(st.binary(max_size=120))
def test_nothing_raises_on_packets(data: bytes) -> None:
    decode_discovery_packet(data)
    decode_discovery_packet(encode_ipv6(NODE, GATEWAY, data, next_header=58))


def test_what_is_no_neighbor_discovery_is_none() -> None:
    assert decode_discovery(b"", NODE, GATEWAY) is None
    assert decode_discovery(bytes((128, 0, 0, 0)), NODE, GATEWAY) is None
    assert decode_discovery_packet(encode_ipv6(NODE, GATEWAY, bytes(8))) is None


def test_a_link_layer_address_fills_its_unit() -> None:
    data = encode_discovery(
        RouterSolicitation((SourceLinkLayerAddress(bytes(8)),)), NODE, ALL_ROUTERS
    )
    assert len(data) == 8 + 16 and data[9] == 2


def test_options_of_unknown_type_are_kept_and_no_finding() -> None:
    option = UnknownDiscoveryOption(25, bytes(22))
    advertisement = RouterAdvertisement(0, (option,))
    data = encode_discovery(advertisement, GATEWAY, NODE)
    decoded = decode_discovery(data, GATEWAY, NODE)
    assert decoded is not None
    assert decoded.layout == ((16, option),) and decoded.findings == ()


def test_a_value_too_wide_is_one_clear_line() -> None:
    with pytest.raises(Pmip6Error, match="RouterAdvertisement: a value does not fit"):
        encode_discovery(RouterAdvertisement(1 << 16), GATEWAY, NODE)


def test_lies_go_out_with_a_right_checksum() -> None:
    lies = DiscoveryLies(type=133, trailing=bytes((1, 1)) + NODE_MAC)
    data = encode_discovery(RouterSolicitation(), NODE, GATEWAY, lies=lies)
    decoded = _decode(data)
    assert decoded.message == RouterSolicitation((SourceLinkLayerAddress(NODE_MAC),))
    assert decoded.findings == ()


def test_the_solicited_node_address_has_the_last_three_octets() -> None:
    """The example of RFC 4291, section 2.7.1."""
    address = IPv6Address("4037::01:800:200e:8c6c")
    assert solicited_node(address) == IPv6Address("ff02::1:ff0e:8c6c")


def test_every_access_link_has_the_reserved_addresses() -> None:
    """The numbers of RFC 6543, section 1, in the RA of a gateway."""
    assert IPv6Address("fe80::200:5eff:fe00:5213") == RESERVED_LINK_LOCAL_ADDRESS
    assert link_local_address(NODE_MAC) == IPv6Address("fe80::ff:fe00:101")
    message = home_link_advertisement([PREFIX], mtu=1460)
    assert message.options == (
        SourceLinkLayerAddress(GATEWAY_MAC),
        Mtu(1460),
        PrefixInformation(PREFIX.network_address, 64),
    )
    packet = discovery_packet(message, RESERVED_LINK_LOCAL_ADDRESS, NODE)
    read = decode_discovery_packet(packet)
    assert read is not None and read[1].is_valid and read[1].findings == ()
