"""Mobility options of RFC 6275 that a proxy message may meet.

Source: RFC 6275, sections 6.2.4 to 6.2.7.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import ClassVar, Self

from pmip6.model.wire.numbers import MobilityOptionType
from pmip6.model.wire.option_format import Alignment, MobilityOption


@dataclass(frozen=True, slots=True)
class BindingRefreshAdvice(MobilityOption):
    """When to register again, in units of 4 s (RFC 6275, section 6.2.4)."""

    TYPE: ClassVar[int] = MobilityOptionType.BINDING_REFRESH_ADVICE
    ALIGNMENT: ClassVar[Alignment] = Alignment(2, 0)
    LENGTHS: ClassVar[range] = range(2, 3)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("6275-6.2.4-y1",)
    SIZED_BY: ClassVar[tuple[str, ...]] = ("6275-6.2.4-y2",)
    interval: int

    def data(self) -> bytes:
        return self.interval.to_bytes(2)

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(int.from_bytes(data))


@dataclass(frozen=True, slots=True)
class AlternateCareOfAddress(MobilityOption):
    """Care-of address other than the packet's source (RFC 6275, section 6.2.5)."""

    TYPE: ClassVar[int] = MobilityOptionType.ALTERNATE_CARE_OF_ADDRESS
    ALIGNMENT: ClassVar[Alignment] = Alignment(8, 6)
    LENGTHS: ClassVar[range] = range(16, 17)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("6275-6.2.5-x1",)
    SIZED_BY: ClassVar[tuple[str, ...]] = ("6275-6.2.5-x2",)
    address: IPv6Address

    def data(self) -> bytes:
        return self.address.packed

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(IPv6Address(data))


@dataclass(frozen=True, slots=True)
class NonceIndices(MobilityOption):
    """Nonce indices for a correspondent node (RFC 6275, section 6.2.6)."""

    TYPE: ClassVar[int] = MobilityOptionType.NONCE_INDICES
    ALIGNMENT: ClassVar[Alignment] = Alignment(2, 0)
    LENGTHS: ClassVar[range] = range(4, 5)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("6275-6.2.6-y1",)
    SIZED_BY: ClassVar[tuple[str, ...]] = ("6275-6.2.6-y2",)
    home: int
    care_of: int

    def data(self) -> bytes:
        return self.home.to_bytes(2) + self.care_of.to_bytes(2)

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(int.from_bytes(data[:2]), int.from_bytes(data[2:]))


@dataclass(frozen=True, slots=True)
class BindingAuthorizationData(MobilityOption):
    """Authenticator, the last option of its message (RFC 6275, section 6.2.7)."""

    TYPE: ClassVar[int] = MobilityOptionType.BINDING_AUTHORIZATION_DATA
    ALIGNMENT: ClassVar[Alignment] = Alignment(8, 2)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ()
    authenticator: bytes

    @property
    def alignment(self) -> Alignment:
        """The one start from which the option ends on 8 octets without padding.

        It is 8n+2 for the 12 octets of the return routability procedure.  No rule of
        its own: elsewhere padding would follow, which the rule about order forbids.
        """
        return Alignment(8, -(2 + len(self.authenticator)) % 8)

    def data(self) -> bytes:
        return self.authenticator

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(data)
