"""Random mobility messages of every kind, with every option, from a given source."""

from ipaddress import IPv4Address, IPv6Address
from random import Random

from pmip6.model.wire.messages import (
    BindingError,
    HandoverAcknowledge,
    HandoverInitiate,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.numbers import (
    AccessTechnologyType,
    BindingAckStatus,
    HandoffIndicator,
    HandoverAcknowledgeCode,
    HandoverInitiateCode,
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
    LinkLocalAddress,
    LocalMobilityAnchorAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    MobilityHeaderLinkLayerAddress,
    MobilityOption,
    NonceIndices,
    RequestedContext,
    Timestamp,
    UnknownOption,
    VendorSpecific,
)

MAG = IPv6Address("2001:db8:1::11")
LMA = IPv6Address("2001:db8:1::1")


def random_option(rng: Random) -> MobilityOption:
    """Make one option that is no padding, with any value that its fields hold."""
    match rng.randrange(19):
        case 0:
            return MobileNodeIdentifier(
                b"".join(rng.choices([b"a", b"7", b".", b"@"], k=rng.randrange(40)))
            )
        case 1:
            prefix = rng.getrandbits(64) << 64
            return HomeNetworkPrefix(IPv6Address(prefix), rng.randrange(129))
        case 2:
            return HandoffIndicatorOption(_number(rng, HandoffIndicator))
        case 3:
            return AccessTechnologyTypeOption(_number(rng, AccessTechnologyType))
        case 4:
            size = rng.choice((0, 1, 2, 4, 6, 6, 6, 8, 16, 20))
            return MobileNodeLinkLayerIdentifier(rng.randbytes(size))
        case 5:
            return LinkLocalAddress(IPv6Address(0xFE80 << 112 | rng.getrandbits(64)))
        case 6:
            return Timestamp(rng.getrandbits(48))
        case 7:
            return AlternateCareOfAddress(IPv6Address(rng.getrandbits(128)))
        case 8:
            return BindingRefreshAdvice(rng.getrandbits(16))
        case 9:
            return NonceIndices(rng.getrandbits(16), rng.getrandbits(16))
        case 10:
            return VendorSpecific(
                rng.getrandbits(32),
                rng.getrandbits(8),
                rng.randbytes(rng.randrange(15)),
            )
        case 11:
            return ContextRequest(
                tuple(
                    rng.choice(
                        (
                            RequestedContext(rng.choice((22, 25, 41, 42))),
                            RequestedContext(19, rng.randbytes(5)),
                            RequestedContext(200, rng.randbytes(3)),
                        )
                    )
                    for _ in range(rng.randrange(5))
                )
            )
        case 12:
            return LocalMobilityAnchorAddress(IPv6Address(rng.getrandbits(128)))
        case 13:
            return LocalMobilityAnchorAddress(IPv4Address(rng.getrandbits(32)), code=2)
        case 14:
            return MobileNodeLinkLocalAddressInterfaceIdentifier(rng.randbytes(8))
        case 15:
            return GreKey(rng.choice((None, rng.getrandbits(32))))
        case 16:
            address = IPv4Address(rng.getrandbits(32))
            return Ipv4HomeAddressRequest(address, rng.randrange(33))
        case 17:
            return MobilityHeaderLinkLayerAddress(rng.randbytes(rng.choice((0, 6, 8))))
        case _:
            return UnknownOption(rng.randrange(200, 256), rng.randbytes(5))


def _number(rng: Random, numbers: type[HandoffIndicator | AccessTechnologyType]) -> int:
    value = rng.choice((rng.randrange(6), rng.randrange(256)))
    return numbers(value) if value in list(numbers) else value


def random_message(rng: Random) -> MobilityMessage:
    """Make one message; any mixture of options, so that findings are expected."""
    options = tuple(random_option(rng) for _ in range(rng.randrange(9)))
    if rng.randrange(4) == 0:
        options = (*options, BindingAuthorizationData(rng.randbytes(12)))
    flags = [bool(rng.getrandbits(1)) for _ in range(7)]
    sequence, lifetime = rng.getrandbits(16), rng.getrandbits(16)
    match rng.randrange(9):
        case 0 | 1:
            return ProxyBindingUpdate(sequence, lifetime, options, *flags)
        case 2 | 3:
            known = rng.choice(list(BindingAckStatus))
            unknown = rng.choice((2, 127, 140, 255))
            return ProxyBindingAcknowledgement(
                rng.choice((known, unknown)), sequence, lifetime, options, *flags[:3]
            )
        case 4 | 5:
            code = rng.choice((*HandoverInitiateCode, 1, 4, 255))
            return HandoverInitiate(sequence, code, options, *flags[:4])
        case 6 | 7:
            code = rng.choice((*HandoverAcknowledgeCode, 1, 4, 7, 133))
            return HandoverAcknowledge(sequence, code, options, *flags[:3])
        case _:
            address = IPv6Address(rng.getrandbits(128))
            return BindingError(rng.choice((1, 2, 77)), address, options)


def valid_update() -> ProxyBindingUpdate:
    """Make a Proxy Binding Update without any finding."""
    return ProxyBindingUpdate(
        7,
        75,
        (
            MobileNodeIdentifier(b"mn1@example.org"),
            HomeNetworkPrefix(IPv6Address("2001:db8:100:1::"), 64),
            HandoffIndicatorOption(HandoffIndicator.NEW_INTERFACE),
            AccessTechnologyTypeOption(AccessTechnologyType.IEEE_802_11),
            MobileNodeLinkLayerIdentifier(bytes.fromhex("020000000101")),
            LinkLocalAddress(IPv6Address("fe80::1")),
            Timestamp.from_seconds(1_700_000_000.5),
        ),
    )


def valid_acknowledgement() -> ProxyBindingAcknowledgement:
    """Make a Proxy Binding Acknowledgement without any finding."""
    return ProxyBindingAcknowledgement(
        BindingAckStatus.ACCEPTED, 7, 75, valid_update().options
    )


def valid_initiate() -> HandoverInitiate:
    """Make a Handover Initiate of a previous gateway without any finding."""
    return HandoverInitiate(
        7,
        HandoverInitiateCode.ALL_CONTEXT_TRANSFERRED,
        (
            MobileNodeIdentifier(b"mn1@example.org"),
            HomeNetworkPrefix(IPv6Address("2001:db8:100:1::"), 64),
            LocalMobilityAnchorAddress(LMA),
            MobileNodeLinkLayerIdentifier(bytes.fromhex("020000000101")),
            MobileNodeLinkLocalAddressInterfaceIdentifier(b"\2\0\0\xff\xfe\0\1\1"),
            Ipv4HomeAddressRequest(IPv4Address("192.0.2.7"), 24),
            GreKey(17),
            VendorSpecific(99999, 1, b"abc"),
            ContextRequest((RequestedContext(22),)),
        ),
        forward=True,
    )


def valid_handover_acknowledge() -> HandoverAcknowledge:
    """Make a Handover Acknowledge without any finding."""
    return HandoverAcknowledge(
        7,
        HandoverAcknowledgeCode.CONTEXT_ACCEPTED,
        (MobileNodeIdentifier(b"mn1@example.org"),),
        forward=True,
    )
