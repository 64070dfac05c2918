"""Mobility options that carry the context of a node between two gateways.

RFC 5949 defines three of them and borrows the others; it states no alignment for its
own.  Ours stand where their fields fall on natural boundaries, as RFC 6275 has it
(6275-6.2.1-x6), and no judge asks for that (docs/findings.md).
Sources: RFC 5949, section 6.2; RFC 5844, section 3.3.1; RFC 5845, section 6.1; RFC
5568, section 6.4.4.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from struct import Struct
from typing import ClassVar, NamedTuple, Self

from pmip6.model.wire.numbers import MobilityOptionType
from pmip6.model.wire.option_format import Alignment, MobilityOption

LMA_IPV6_ADDRESS = 1
"""Option-Code of an IPv6 address of the anchor (RFC 5949, section 6.2.2)."""
LMA_IPV4_ADDRESS = 2
"""Option-Code of an IPv4 address of the anchor (RFC 5949, section 6.2.2)."""
LINK_LAYER_ADDRESS_OF_NODE = 2
"""Option-Code of a node's link-layer address (RFC 5568, section 6.4.4)."""


class RequestedContext(NamedTuple):
    """One entry of a Context Request: an option type, and what narrows it down."""

    type: int
    content: bytes = b""


def _requested(data: bytes) -> tuple[tuple[RequestedContext, ...], bytes]:
    """The entries in some octets, and what is left over behind the last whole one."""
    found: list[RequestedContext] = []
    while len(data) >= 2 and len(data) >= 2 + data[1]:
        end = 2 + data[1]
        found.append(RequestedContext(data[0], data[2:end]))
        data = data[end:]
    return tuple(found), data


@dataclass(frozen=True, slots=True)
class ContextRequest(MobilityOption):
    """Which options the answer is to have (RFC 5949, section 6.2.1).

    Args:
        requests: The entries, in wire order.
        rest: Octets behind them that are no whole entry.
    """

    TYPE: ClassVar[int] = MobilityOptionType.CONTEXT_REQUEST
    ALIGNMENT: ClassVar[Alignment] = Alignment(2, 0)
    LENGTHS: ClassVar[range] = range(2, 256)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ()
    SIZED_BY: ClassVar[tuple[str, ...]] = ("5949-6.2.1-x5", "5949-6.2.1-x7")
    ZEROED_BY: ClassVar[tuple[str, ...]] = ("5949-6.2.1-3",)
    VALUED_BY: ClassVar[tuple[str, ...]] = (
        "5949-6.2.1-x5",
        "5949-6.2.1-x8",
        "5949-6.2.1-x9",
        "5949-6.2.1-x10",
        "5949-6.2.1-x11",
        "5949-6.2.1-x12",
    )
    requests: tuple[RequestedContext, ...]
    rest: bytes = field(default=b"", kw_only=True)
    reserved: int = field(default=0, kw_only=True)

    def wrong_value(self) -> str | None:
        if self.rest:
            return f"{len(self.rest)} octets of a Context Request are no whole entry"
        return None

    @property
    def reserved_bits(self) -> int:
        return self.reserved

    def data(self) -> bytes:
        entries = (
            bytes((entry.type, len(entry.content))) + entry.content
            for entry in self.requests
        )
        return self.reserved.to_bytes(2) + b"".join(entries) + self.rest

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        requests, rest = _requested(data[2:])
        return cls(requests, rest=rest, reserved=int.from_bytes(data[:2]))


@dataclass(frozen=True, slots=True)
class LocalMobilityAnchorAddress(MobilityOption):
    """Address of the anchor that serves the node (RFC 5949, section 6.2.2)."""

    TYPE: ClassVar[int] = MobilityOptionType.LOCAL_MOBILITY_ANCHOR_ADDRESS
    LENGTHS: ClassVar[range] = range(6, 19, 12)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ()
    SIZED_BY: ClassVar[tuple[str, ...]] = ("5949-6.2.2-x2", "5949-6.2.2-x4")
    ZEROED_BY: ClassVar[tuple[str, ...]] = ("5949-6.2.2-1",)
    VALUED_BY: ClassVar[tuple[str, ...]] = (
        "5949-6.2.2-x5",
        "5949-6.2.2-x6",
        "5949-6.2.2-x7",
        "5949-6.2.2-x8",
    )
    address: IPv6Address | IPv4Address
    code: int = LMA_IPV6_ADDRESS
    reserved: int = field(default=0, kw_only=True)

    @property
    def alignment(self) -> Alignment:
        """Where the address falls on a boundary of its own width, at most 8 octets."""
        return Alignment(8, 4) if self.address.version == 6 else Alignment(4, 0)

    def wrong_value(self) -> str | None:
        is_ipv6 = self.address.version == 6
        if self.code != (LMA_IPV6_ADDRESS if is_ipv6 else LMA_IPV4_ADDRESS):
            return f"Option-Code {self.code} with an IPv{self.address.version} address"
        return None

    @property
    def reserved_bits(self) -> int:
        return self.reserved

    def data(self) -> bytes:
        return bytes((self.code, self.reserved)) + self.address.packed

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        address = IPv6Address if len(data) > 6 else IPv4Address
        return cls(address(data[2:]), data[0], reserved=data[1])


@dataclass(frozen=True, slots=True)
class MobileNodeLinkLocalAddressInterfaceIdentifier(MobilityOption):
    """Interface identifier of the node's link-local address (RFC 5949, 6.2.3)."""

    TYPE: ClassVar[int] = (
        MobilityOptionType.MOBILE_NODE_LINK_LOCAL_ADDRESS_INTERFACE_IDENTIFIER
    )
    ALIGNMENT: ClassVar[Alignment] = Alignment(8, 4)
    LENGTHS: ClassVar[range] = range(10, 11)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ()
    SIZED_BY: ClassVar[tuple[str, ...]] = ("5949-6.2.3-x2", "5949-6.2.3-x4")
    ZEROED_BY: ClassVar[tuple[str, ...]] = ("5949-6.2.3-1",)
    identifier: bytes
    reserved: int = field(default=0, kw_only=True)

    @property
    def reserved_bits(self) -> int:
        return self.reserved

    def data(self) -> bytes:
        return self.reserved.to_bytes(2) + self.identifier

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(data[2:], reserved=int.from_bytes(data[:2]))


@dataclass(frozen=True, slots=True)
class GreKey(MobilityOption):
    """Key that the sender expects in GRE packets of a flow (RFC 5845, section 6.1).

    Args:
        key: 32 bits; None where the option carries none.
    """

    TYPE: ClassVar[int] = MobilityOptionType.GRE_KEY
    ALIGNMENT: ClassVar[Alignment] = Alignment(4, 0)
    LENGTHS: ClassVar[range] = range(2, 7, 4)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("5845-6.1-y1", "5949-6.2.6-x2")
    SIZED_BY: ClassVar[tuple[str, ...]] = ("5845-6.1-y2", "5949-6.2.6-x2")
    ZEROED_BY: ClassVar[tuple[str, ...]] = ("5845-6.1-y3",)
    key: int | None
    reserved: int = field(default=0, kw_only=True)

    @property
    def reserved_bits(self) -> int:
        return self.reserved

    def data(self) -> bytes:
        key = b"" if self.key is None else self.key.to_bytes(4)
        return self.reserved.to_bytes(2) + key

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        key = int.from_bytes(data[2:]) if len(data) > 2 else None
        return cls(key, reserved=int.from_bytes(data[:2]))


_IPV4_HOME_ADDRESS = Struct(">H4s")


@dataclass(frozen=True, slots=True)
class Ipv4HomeAddressRequest(MobilityOption):
    """IPv4 home address of the node, and its prefix length (RFC 5844, 3.3.1)."""

    TYPE: ClassVar[int] = MobilityOptionType.IPV4_HOME_ADDRESS_REQUEST
    ALIGNMENT: ClassVar[Alignment] = Alignment(4, 0)
    LENGTHS: ClassVar[range] = range(6, 7)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ("5844-3.3.1-y1", "5949-6.2.7-x3")
    SIZED_BY: ClassVar[tuple[str, ...]] = ("5844-3.3.1-1", "5949-6.2.7-x3")
    ZEROED_BY: ClassVar[tuple[str, ...]] = ("5844-3.3.1-2",)
    VALUED_BY: ClassVar[tuple[str, ...]] = ("5844-3.3.1-y2",)
    address: IPv4Address
    prefix_length: int
    reserved: int = field(default=0, kw_only=True)

    def wrong_value(self) -> str | None:
        if self.prefix_length > 32:
            return f"prefix length {self.prefix_length} exceeds 32"
        return None

    @property
    def reserved_bits(self) -> int:
        return self.reserved

    def data(self) -> bytes:
        if self.reserved >> 10:
            raise OverflowError(f"{self.reserved} in 10 reserved bits")
        return _IPV4_HOME_ADDRESS.pack(
            self.prefix_length << 10 | self.reserved, self.address.packed
        )

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        first, address = _IPV4_HOME_ADDRESS.unpack(data)
        return cls(IPv4Address(address), first >> 10, reserved=first & 0x3FF)


@dataclass(frozen=True, slots=True)
class VendorSpecific(MobilityOption):
    """What means something to a vendor only (RFC 5949, section 6.2.8; RFC 5094)."""

    TYPE: ClassVar[int] = MobilityOptionType.VENDOR_SPECIFIC
    LENGTHS: ClassVar[range] = range(5, 256)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ()
    SIZED_BY: ClassVar[tuple[str, ...]] = ("5949-6.2.8-x1", "5949-6.2.1-x14")
    vendor: int
    subtype: int
    content: bytes = b""

    def data(self) -> bytes:
        return self.vendor.to_bytes(4) + bytes((self.subtype,)) + self.content

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(int.from_bytes(data[:4]), data[4], data[5:])


@dataclass(frozen=True, slots=True)
class MobilityHeaderLinkLayerAddress(MobilityOption):
    """Link-layer address of the node as RFC 5568 names it (section 6.4.4)."""

    TYPE: ClassVar[int] = MobilityOptionType.MOBILITY_HEADER_LINK_LAYER_ADDRESS
    LENGTHS: ClassVar[range] = range(1, 256)
    ALIGNED_BY: ClassVar[tuple[str, ...]] = ()
    SIZED_BY: ClassVar[tuple[str, ...]] = ("5568-6.4.4-y1",)
    address: bytes
    code: int = LINK_LAYER_ADDRESS_OF_NODE

    def data(self) -> bytes:
        return bytes((self.code,)) + self.address

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        return cls(data[1:], data[0])
