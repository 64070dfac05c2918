"""Mobility options of Proxy Mobile IPv6, and the table of every option with a class.

Each class knows its type number, its alignment and the lengths that it allows, with
the ids of the requirements behind them.  The decode table is derived from the list
of classes (`pmip6.model.wire.field_rules`); an option of another type, or of a length that
its class forbids, is an `UnknownOption`.
Sources: RFC 4283, section 3; RFC 5213, sections 8.3 to 8.8.
"""

from dataclasses import dataclass, field
from ipaddress import IPv6Address
from struct import Struct
from typing import ClassVar, Self

from pmip6.model.fast_handover.options import (
    ContextRequest,
    GreKey,
    Ipv4HomeAddressRequest,
    LocalMobilityAnchorAddress,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    MobilityHeaderLinkLayerAddress,
    RequestedContext,
    VendorSpecific,
)
from pmip6.model.wire.mobile_ipv6_options import (
    AlternateCareOfAddress,
    BindingAuthorizationData,
    BindingRefreshAdvice,
    NonceIndices,
)
from pmip6.model.wire.numbers import (
    MobilityOptionType,
    named_access_technology,
    named_handoff_indicator,
)
from pmip6.model.wire.option_format import (
    Alignment,
    MobilityOption,
    Pad1,
    PadN,
    UnknownOption,
)

__all__ = [
    "OPTION_CLASSES",
    "AccessTechnologyTypeOption",
    "Alignment",
    "AlternateCareOfAddress",
    "BindingAuthorizationData",
    "BindingRefreshAdvice",
    "ContextRequest",
    "GreKey",
    "HandoffIndicatorOption",
    "HomeNetworkPrefix",
    "Ipv4HomeAddressRequest",
    "LinkLocalAddress",
    "LocalMobilityAnchorAddress",
    "MobileNodeIdentifier",
    "MobileNodeLinkLayerIdentifier",
    "MobileNodeLinkLocalAddressInterfaceIdentifier",
    "MobilityHeaderLinkLayerAddress",
    "MobilityOption",
    "NonceIndices",
    "Pad1",
    "PadN",
    "RequestedContext",
    "Timestamp",
    "UnknownOption",
    "VendorSpecific",
]


@dataclass(frozen=True, slots=True)
class MobileNodeIdentifier(MobilityOption):
    """Identifier of the mobile node, subtype 1 a NAI (RFC 4283, section 3)."""

    TYPE: ClassVar[int] = MobilityOptionType.MOBILE_NODE_IDENTIFIER
    LENGTHS: ClassVar[range] = range(1, 256)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("4283-3-x10",)
    SIZED_BY: ClassVar[tuple[str, ...]] = ("4283-3-x7", "4283-3-x8")
    identifier: bytes
    subtype: int = 1

    def data(self) -> bytes:
        return bytes((self.subtype,)) + self.identifier

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(data[1:], data[0])


_HOME_NETWORK_PREFIX = Struct(">BB16s")


@dataclass(frozen=True, slots=True)
class HomeNetworkPrefix(MobilityOption):
    """One home network prefix; 16 zero octets are ALL_ZERO (RFC 5213, section 8.3)."""

    TYPE: ClassVar[int] = MobilityOptionType.HOME_NETWORK_PREFIX
    ALIGNMENT: ClassVar[Alignment] = Alignment(8, 4)
    LENGTHS: ClassVar[range] = range(18, 19)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("5213-8.3-x3",)
    SIZED_BY: ClassVar[tuple[str, ...]] = (
        "5213-8.3-1",
        "5213-8.3-x6",
        "5213-8.3-x8",
    )
    ZEROED_BY: ClassVar[tuple[str, ...]] = (
        "5213-8.3-2",
        "5213-8.3-x4",
    )
    VALUED_BY: ClassVar[tuple[str, ...]] = ("5213-8.3-x7",)
    prefix: IPv6Address
    prefix_length: int
    reserved: int = field(default=0, kw_only=True)

    @property
    def is_all_zero(self) -> bool:
        """Whether the prefix is ALL_ZERO (RFC 5213, section 2.2)."""
        return int(self.prefix) == 0

    def wrong_value(self) -> str | None:
        if self.prefix_length > 128:
            return f"prefix length {self.prefix_length} exceeds 128"
        return None

    @property
    def reserved_bits(self) -> int:
        return self.reserved

    def data(self) -> bytes:
        return _HOME_NETWORK_PREFIX.pack(
            self.reserved, self.prefix_length, self.prefix.packed
        )

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        reserved, prefix_length, prefix = _HOME_NETWORK_PREFIX.unpack(data)
        return cls(IPv6Address(prefix), prefix_length, reserved=reserved)


@dataclass(frozen=True, slots=True)
class HandoffIndicatorOption(MobilityOption):
    """Kind of handoff, a `HandoffIndicator` or a plain number (RFC 5213, 8.4)."""

    TYPE: ClassVar[int] = MobilityOptionType.HANDOFF_INDICATOR
    LENGTHS: ClassVar[range] = range(2, 3)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("5213-8.4-x2",)
    SIZED_BY: ClassVar[tuple[str, ...]] = (
        "5213-8.4-1",
        "5213-8.4-x5",
        "5213-8.4-x6",
    )
    ZEROED_BY: ClassVar[tuple[str, ...]] = (
        "5213-8.4-2",
        "5213-8.4-x3",
    )
    value: int
    reserved: int = field(default=0, kw_only=True)

    @property
    def reserved_bits(self) -> int:
        return self.reserved

    def data(self) -> bytes:
        return bytes((self.reserved, self.value))

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(named_handoff_indicator(data[1]), reserved=data[0])


@dataclass(frozen=True, slots=True)
class AccessTechnologyTypeOption(MobilityOption):
    """Access technology, an `AccessTechnologyType` or a number (RFC 5213, 8.5)."""

    TYPE: ClassVar[int] = MobilityOptionType.ACCESS_TECHNOLOGY_TYPE
    LENGTHS: ClassVar[range] = range(2, 3)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("5213-8.5-x2",)
    SIZED_BY: ClassVar[tuple[str, ...]] = (
        "5213-8.5-1",
        "5213-8.5-x5",
        "5213-8.5-x6",
    )
    ZEROED_BY: ClassVar[tuple[str, ...]] = (
        "5213-8.5-2",
        "5213-8.5-x3",
    )
    value: int
    reserved: int = field(default=0, kw_only=True)

    @property
    def reserved_bits(self) -> int:
        return self.reserved

    def data(self) -> bytes:
        return bytes((self.reserved, self.value))

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(named_access_technology(data[1]), reserved=data[0])


@dataclass(frozen=True, slots=True)
class MobileNodeLinkLayerIdentifier(MobilityOption):
    """Link-layer identifier of the mobile node (RFC 5213, section 8.6)."""

    TYPE: ClassVar[int] = MobilityOptionType.MOBILE_NODE_LINK_LAYER_IDENTIFIER
    ALIGNMENT: ClassVar[Alignment] = Alignment(2, 0)
    LENGTHS: ClassVar[range] = range(2, 256)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("5213-8.6-1",)
    SIZED_BY: ClassVar[tuple[str, ...]] = ("5213-8.6-x2", "5213-8.6-x4")
    ZEROED_BY: ClassVar[tuple[str, ...]] = ("5213-8.6-2",)
    identifier: bytes
    reserved: int = field(default=0, kw_only=True)

    @property
    def alignment(self) -> Alignment:
        """2n for the reserved field; 4n or 8n+4 where the identifier is 4 or 8 wide."""
        match len(self.identifier):
            case 4:
                return Alignment(4, 0)
            case 8:
                return Alignment(8, 4)
            case _:
                return self.ALIGNMENT

    @property
    def reserved_bits(self) -> int:
        return self.reserved

    def data(self) -> bytes:
        return self.reserved.to_bytes(2) + self.identifier

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(data[2:], reserved=int.from_bytes(data[:2]))


@dataclass(frozen=True, slots=True)
class LinkLocalAddress(MobilityOption):
    """Link-local address of the gateway on the access link (RFC 5213, section 8.7)."""

    TYPE: ClassVar[int] = MobilityOptionType.LINK_LOCAL_ADDRESS
    ALIGNMENT: ClassVar[Alignment] = Alignment(8, 6)
    LENGTHS: ClassVar[range] = range(16, 17)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("5213-8.7-x2",)
    SIZED_BY: ClassVar[tuple[str, ...]] = (
        "5213-8.7-1",
        "5213-8.7-x3",
        "5213-8.7-x5",
        "5213-8.7-x6",
    )
    address: IPv6Address

    def data(self) -> bytes:
        return self.address.packed

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(IPv6Address(data))


@dataclass(frozen=True, slots=True)
class Timestamp(MobilityOption):
    """Time of sending: 48 bits of seconds, 16 bits of 1/65536 s (RFC 5213, 8.8)."""

    TYPE: ClassVar[int] = MobilityOptionType.TIMESTAMP
    ALIGNMENT: ClassVar[Alignment] = Alignment(8, 2)
    LENGTHS: ClassVar[range] = range(8, 9)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("5213-8.8-x2",)
    SIZED_BY: ClassVar[tuple[str, ...]] = (
        "5213-8.8-1",
        "5213-8.8-x3",
        "5213-8.8-x5",
        "5213-8.8-x6",
    )
    value: int

    @classmethod
    def from_seconds(cls, seconds: float) -> Self:
        """Make it from seconds since 1970-01-01 00:00 UTC (5213-8.8-x7)."""
        return cls(int(seconds * 65536))

    @property
    def seconds(self) -> float:
        """Seconds since 1970-01-01 00:00 UTC."""
        return self.value / 65536

    def data(self) -> bytes:
        return self.value.to_bytes(8)

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(int.from_bytes(data))


OPTION_CLASSES: tuple[type[MobilityOption], ...] = (
    Pad1,
    PadN,
    BindingRefreshAdvice,
    AlternateCareOfAddress,
    NonceIndices,
    BindingAuthorizationData,
    MobilityHeaderLinkLayerAddress,
    MobileNodeIdentifier,
    VendorSpecific,
    HomeNetworkPrefix,
    HandoffIndicatorOption,
    AccessTechnologyTypeOption,
    MobileNodeLinkLayerIdentifier,
    LinkLocalAddress,
    Timestamp,
    GreKey,
    Ipv4HomeAddressRequest,
    ContextRequest,
    LocalMobilityAnchorAddress,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
)
"""Every option that has a class, by type number."""
