"""Options of Neighbor Discovery: link-layer addresses, prefix and MTU.

An option of another type, or of a length that its class forbids, is an
`UnknownDiscoveryOption`.  Source: RFC 4861, sections 4.6 to 4.6.4.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import IPv6Address
from struct import Struct
from typing import ClassVar, Self

UNIT = 8
"""Octets in one unit of an option's length."""
INFINITE_LIFETIME = 0xFFFFFFFF
"""A lifetime that does not end (RFC 4861, section 4.6.2)."""


class DiscoveryOptionType(IntEnum):
    """Type number of a Neighbor Discovery option (RFC 4861, section 4.6)."""

    SOURCE_LINK_LAYER_ADDRESS = 1
    TARGET_LINK_LAYER_ADDRESS = 2
    PREFIX_INFORMATION = 3
    REDIRECTED_HEADER = 4
    MTU = 5


@dataclass(frozen=True, slots=True)
class DiscoveryOption:
    """An option in type-length-value form, its length in units of 8 octets.

    Class attributes: TYPE is the type number; LENGTHS the units that it may have.
    """

    TYPE: ClassVar[int] = -1
    LENGTHS: ClassVar[range] = range(1, 256)

    @property
    def type_number(self) -> int:
        """Type octet of this option."""
        return self.TYPE

    def data(self) -> bytes:
        """Option data without type and length, not yet filled up to the unit."""
        return b""

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        """Read option data whose length is one of LENGTHS."""
        return cls()


@dataclass(frozen=True, slots=True)
class _LinkLayerAddress(DiscoveryOption):
    """A link-layer address; on Ethernet six octets, which fill the unit exactly."""

    address: bytes

    def data(self) -> bytes:
        return self.address

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(data)


@dataclass(frozen=True, slots=True)
class SourceLinkLayerAddress(_LinkLayerAddress):
    """Link-layer address of the sender (RFC 4861, section 4.6.1)."""

    TYPE: ClassVar[int] = DiscoveryOptionType.SOURCE_LINK_LAYER_ADDRESS


@dataclass(frozen=True, slots=True)
class TargetLinkLayerAddress(_LinkLayerAddress):
    """Link-layer address of the target (RFC 4861, section 4.6.1)."""

    TYPE: ClassVar[int] = DiscoveryOptionType.TARGET_LINK_LAYER_ADDRESS


_PREFIX_INFORMATION = Struct(">BBIII16s")
_ON_LINK, _AUTONOMOUS = 0x80, 0x40


@dataclass(frozen=True, slots=True)
class PrefixInformation(DiscoveryOption):
    """A prefix that is on the link or to make addresses from (RFC 4861, section 4.6.2).

    Args:
        prefix: The prefix, the bits after its length zero.
        prefix_length: Bits of it, 0 to 128.
        valid_lifetime: Seconds, 32 bits; `INFINITE_LIFETIME` does not end.
        preferred_lifetime: Seconds, at most the valid lifetime.
        on_link: L flag.
        autonomous: A flag.
        reserved1: The six bits after the flags.
        reserved2: The 32 bits before the prefix.
    """

    TYPE: ClassVar[int] = DiscoveryOptionType.PREFIX_INFORMATION
    LENGTHS: ClassVar[range] = range(4, 5)

    prefix: IPv6Address
    prefix_length: int
    valid_lifetime: int = INFINITE_LIFETIME
    preferred_lifetime: int = INFINITE_LIFETIME
    on_link: bool = True
    autonomous: bool = True
    reserved1: int = field(default=0, kw_only=True)
    reserved2: int = field(default=0, kw_only=True)

    def data(self) -> bytes:
        flags = self.on_link << 7 | self.autonomous << 6 | self.reserved1
        return _PREFIX_INFORMATION.pack(
            self.prefix_length,
            flags,
            self.valid_lifetime,
            self.preferred_lifetime,
            self.reserved2,
            self.prefix.packed,
        )

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        length, flags, valid, preferred, reserved2, prefix = _PREFIX_INFORMATION.unpack(
            data
        )
        return cls(
            IPv6Address(prefix),
            length,
            valid,
            preferred,
            flags & _ON_LINK != 0,
            flags & _AUTONOMOUS != 0,
            reserved1=flags & 0x3F,
            reserved2=reserved2,
        )


_MTU = Struct(">HI")


@dataclass(frozen=True, slots=True)
class Mtu(DiscoveryOption):
    """MTU that the nodes of the link are to use (RFC 4861, section 4.6.4)."""

    TYPE: ClassVar[int] = DiscoveryOptionType.MTU
    LENGTHS: ClassVar[range] = range(1, 2)

    mtu: int
    reserved: int = field(default=0, kw_only=True)

    def data(self) -> bytes:
        return _MTU.pack(self.reserved, self.mtu)

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        reserved, mtu = _MTU.unpack(data)
        return cls(mtu, reserved=reserved)


@dataclass(frozen=True, slots=True)
class UnknownDiscoveryOption(DiscoveryOption):
    """An option by number, where no class reads it or its length is wrong."""

    type: int
    content: bytes = b""

    @property
    def type_number(self) -> int:
        return self.type

    def data(self) -> bytes:
        return self.content


DISCOVERY_OPTION_CLASSES: dict[int, type[DiscoveryOption]] = {
    int(option.TYPE): option
    for option in (
        SourceLinkLayerAddress,
        TargetLinkLayerAddress,
        PrefixInformation,
        Mtu,
    )
}
"""Decode table: type number to class."""
