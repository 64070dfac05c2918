"""The codec: exact octets, padding and alignment, and that reading undoes writing."""

from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_messages import (
    LMA,
    MAG,
    random_message,
    random_option,
    valid_acknowledgement,
    valid_handover_acknowledge,
    valid_initiate,
    valid_update,
)

from pmip6.model.errors import Pmip6Error
from pmip6.model.findings import FormatFault
from pmip6.model.wire.decoding import decode
from pmip6.model.wire.encoding import Lies, PaddingStyle, encode
from pmip6.model.wire.messages import (
    BindingError,
    HandoverAcknowledge,
    HandoverInitiate,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    option_of,
    options_of,
)
from pmip6.model.wire.numbers import (
    BindingAckStatus,
    BindingErrorStatus,
    MobilityOptionType,
    is_rejection,
)
from pmip6.model.wire.options import (
    OPTION_CLASSES,
    AccessTechnologyTypeOption,
    AlternateCareOfAddress,
    BindingAuthorizationData,
    BindingRefreshAdvice,
    ContextRequest,
    GreKey,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    Ipv4HomeAddressRequest,
    LinkLocalAddress,
    LocalMobilityAnchorAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    MobilityHeaderLinkLayerAddress,
    MobilityOption,
    NonceIndices,
    Pad1,
    PadN,
    RequestedContext,
    Timestamp,
    UnknownOption,
    VendorSpecific,
)

# The pseudo header of MAG to LMA in 16-bit words, without the length:
# (2001+0db8+0001+0011) + (2001+0db8+0001+0001) + 0087 = 5c0d.
EXACT: dict[str, tuple[MobilityMessage, str]] = {
    # Length 0010; 3b01+0500+0001+4000+0102 = 8104; in all dd21, complement 22de.
    "BU without options": (
        ProxyBindingUpdate(1, 0, acknowledge=False, proxy=False),
        "3b01050022de0001 4000000001020000",
    ),
    # Length 0010; 3b01+0600+a020+1234+0802+0161 = fcb8; in all 158d5, folded 58d6,
    # complement a729.  The option ends at octet 16: no padding.
    "PBA 160 with an identifier": (
        ProxyBindingAcknowledgement(160, 0x1234, 0, (MobileNodeIdentifier(b"a"),)),
        "3b010600a729a020 1234000008020161",
    ),
    # Length 0018; 3b02+0700+0200+fe80+0001 = 14283; in all 19ea8, folded 9ea9,
    # complement 6156.
    "Binding Error": (
        BindingError(2, IPv6Address("fe80::1")),
        "3b02070061560200 fe80000000000000 0000000000000001",
    ),
    # Length 0028; the prefix option stands at octet 20, after four octets of PadN;
    # 3b04+0500+0002+c200+004b+1702+0001+0102+1612+0040+2001+0db8 = 15e61;
    # in all 1ba96, folded ba97, complement 4568.
    "PBU with a prefix after a handoff indicator": (
        ProxyBindingUpdate(
            2,
            75,
            (
                HandoffIndicatorOption(1),
                HomeNetworkPrefix(IPv6Address("2001:db8::"), 64),
            ),
        ),
        "3b04050045680002 c200004b17020001 0102000016120040"
        "20010db800000000 0000000000000000",
    ),
    # Length 0010; flags U, P, F: 70; 3b01+0e00+1234+7003+0803+0161+6200 = 1369c;
    # in all 192b9, folded 92ba, complement 6d45.  One octet of Pad1.
    "Handover Initiate with an identifier": (
        HandoverInitiate(
            0x1234, 3, (MobileNodeIdentifier(b"ab"),), buffer=True, forward=True
        ),
        "3b010e006d451234 7003080301616200",
    ),
    # Length 0010; flags U, P one bit further up: c0; the same words but for
    # 0f00+ffff+c084: 275e8; in all 2d205, folded d207, complement 2df8.
    "Handover Acknowledge 132 with an identifier": (
        HandoverAcknowledge(0xFFFF, 132, (MobileNodeIdentifier(b"ab"),), buffer=True),
        "3b010f002df8ffff c084080301616200",
    ),
    # Length 0018; the example of RFC 5949, section 6.2.1, without type 25;
    # 3b02+0e00+0001+2000+280b+1600+1305+0001+869f+0100 = 141b3; in all 19dd8,
    # folded 9dd9, complement 6226.
    "Handover Initiate that requests context": (
        HandoverInitiate(
            1,
            options=(
                ContextRequest(
                    (
                        RequestedContext(22),
                        RequestedContext(19, bytes.fromhex("0001869f01")),
                    )
                ),
            ),
        ),
        "3b020e0062260001 2000280b00001600 13050001869f0100",
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_octets_computed_by_hand(name: str) -> None:
    message, octets = EXACT[name]
    assert encode(message, MAG, LMA).hex() == octets.replace(" ", "")


@given(st.randoms(use_true_random=False))
def test_reading_undoes_writing(rng: Random) -> None:
    message = random_message(rng)
    data = encode(message, MAG, LMA)
    decoded = decode(data, MAG, LMA)
    assert decoded.message == message
    assert type(decoded.message) is type(message)
    assert len(data) % 8 == 0
    assert data[1] == len(data) // 8 - 1
    assert not decoded.faults() & {
        FormatFault.CHECKSUM,
        FormatFault.OCTETS_MISSING,
        FormatFault.OCTETS_LEFT_OVER,
        FormatFault.OPTION_ALIGNMENT,
        FormatFault.OPTION_LENGTH,
        FormatFault.PADDING,
        FormatFault.RESERVED,
    }


@given(st.randoms(use_true_random=False))
def test_padding_is_minimal(rng: Random) -> None:
    message = random_message(rng)
    layout = decode(encode(message, MAG, LMA), MAG, LMA).layout
    for (at, option), (next_at, next_option) in pairwise(layout):
        if isinstance(option, Pad1 | PadN):
            assert not isinstance(next_option, Pad1 | PadN)
            step, shift = next_option.alignment
            assert next_at == at + (shift - at) % step


@pytest.mark.parametrize(
    ("option", "starts"),
    [
        (BindingRefreshAdvice(1), "2n"),
        (AlternateCareOfAddress(MAG), "8n+6"),
        (NonceIndices(1, 2), "2n"),
        (BindingAuthorizationData(bytes(12)), "8n+2"),
        (MobileNodeIdentifier(b"abc"), "1n"),
        (HomeNetworkPrefix(MAG, 64), "8n+4"),
        (HandoffIndicatorOption(1), "1n"),
        (AccessTechnologyTypeOption(1), "1n"),
        (MobileNodeLinkLayerIdentifier(bytes(6)), "2n"),
        (MobileNodeLinkLayerIdentifier(bytes(4)), "4n"),
        (MobileNodeLinkLayerIdentifier(bytes(8)), "8n+4"),
        (LinkLocalAddress(MAG), "8n+6"),
        (Timestamp(1), "8n+2"),
        (VendorSpecific(1, 1), "1n"),
        (ContextRequest(()), "2n"),
        (LocalMobilityAnchorAddress(LMA), "8n+4"),
        (LocalMobilityAnchorAddress(IPv4Address("192.0.2.1"), 2), "4n"),
        (MobileNodeLinkLocalAddressInterfaceIdentifier(bytes(8)), "8n+4"),
        (GreKey(1), "4n"),
        (GreKey(None), "4n"),
        (Ipv4HomeAddressRequest(IPv4Address("192.0.2.7"), 24), "4n"),
        (MobilityHeaderLinkLayerAddress(bytes(6)), "1n"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
@pytest.mark.parametrize("before", range(9))
def test_every_option_stands_where_it_may(
    option: MobilityOption, starts: str, before: int
) -> None:
    assert str(option.alignment) == starts
    first = UnknownOption(200, bytes(before))
    message = ProxyBindingUpdate(1, 1, (first, option))
    decoded = decode(encode(message, MAG, LMA), MAG, LMA)
    offset = next(at for at, placed in decoded.layout if placed == option)
    step, shift = option.alignment
    assert offset % step == shift
    assert 0 <= offset - (12 + 2 + before) < step
    assert decoded.message == message


def test_the_tables_cover_every_option() -> None:
    numbers = [option.TYPE for option in OPTION_CLASSES]
    assert numbers == sorted(set(numbers))
    assert set(numbers) == set(MobilityOptionType)
    rng = Random(5213)
    drawn = {type(random_option(rng)) for _ in range(500)}
    by_hand = {Pad1, PadN, BindingAuthorizationData}
    assert drawn | by_hand == {*OPTION_CLASSES, UnknownOption}


def test_valid_messages_have_no_finding() -> None:
    for message in (
        valid_update(),
        valid_acknowledgement(),
        valid_initiate(),
        valid_handover_acknowledge(),
    ):
        data = encode(message, MAG, LMA)
        assert decode(data, MAG, LMA, proxy_expected=True).findings == ()


def test_known_numbers_are_named_and_others_kept() -> None:
    for status in (155, 200):
        message = ProxyBindingAcknowledgement(status, 1, 1)
        decoded = decode(encode(message, LMA, MAG), LMA, MAG).message
        assert isinstance(decoded, ProxyBindingAcknowledgement)
        assert decoded.status == status
        assert isinstance(decoded.status, BindingAckStatus) is (status == 155)
    error = decode(encode(BindingError(2), LMA, MAG), LMA, MAG).message
    assert isinstance(error, BindingError)
    assert error.status is BindingErrorStatus.UNRECOGNIZED_MH_TYPE


@pytest.mark.parametrize("status", range(256))
def test_rejections_begin_at_128(status: int) -> None:
    assert is_rejection(status) is (status >= 128)


def test_a_timestamp_counts_seconds_in_48_bits() -> None:
    timestamp = Timestamp.from_seconds(1_700_000_000.5)
    assert timestamp.value == 1_700_000_000 << 16 | 0x8000
    assert timestamp.seconds == 1_700_000_000.5


def test_options_are_found_by_class() -> None:
    message = valid_update()
    assert options_of(message, Timestamp) == [message.options[-1]]
    assert option_of(message, Timestamp) == message.options[-1]
    assert option_of(message, NonceIndices) is None
    assert message.lifetime_seconds == 300


def test_explicit_padding_is_written_as_given() -> None:
    message = ProxyBindingUpdate(1, 1, (Pad1(), PadN(b"\0")))
    data = encode(message, MAG, LMA)
    assert data[12:] == bytes((0, 1, 1, 0))


@pytest.mark.parametrize(
    "message",
    [
        ProxyBindingUpdate(65536, 1),
        ProxyBindingUpdate(1, -1),
        ProxyBindingUpdate(1, 1, (MobileNodeIdentifier(bytes(255)),)),
        ProxyBindingUpdate(1, 1, (Timestamp(1 << 64),)),
        ProxyBindingUpdate(1, 1, (MobileNodeIdentifier(bytes(250)),) * 9),
    ],
)
def test_a_value_too_large_is_an_error_and_no_wrong_message(
    message: ProxyBindingUpdate,
) -> None:
    with pytest.raises(Pmip6Error, match="ProxyBindingUpdate: a value does not fit"):
        encode(message, MAG, LMA)


@pytest.mark.parametrize("style", PaddingStyle)
def test_padding_styles_keep_the_message(style: PaddingStyle) -> None:
    message = valid_update()
    decoded = decode(encode(message, MAG, LMA, lies=Lies(padding=style)), MAG, LMA)
    assert decoded.message == message
