"""Typed Neighbor Discovery messages: RS, RA, NS and NA, as far as PMIPv6 meets them.

Source: RFC 4861, sections 4.1 to 4.4.  Redirects are no part of it: a gateway is the
only router of its access link, and nothing on it is a better first hop.
"""

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv6Address
from typing import ClassVar, TypeAlias, TypeVar

from pmip6.model.discovery.options import DiscoveryOption

HOP_LIMIT = 255
"""Hop Limit of every Neighbor Discovery packet: no router has forwarded it."""
ALL_NODES = IPv6Address("ff02::1")
ALL_ROUTERS = IPv6Address("ff02::2")
SOLICITED_NODE_PREFIX = bytes.fromhex("ff0200000000000000000001ff")

Option = TypeVar("Option", bound=DiscoveryOption)


class DiscoveryType(IntEnum):
    """ICMPv6 Type of a Neighbor Discovery message."""

    ROUTER_SOLICITATION = 133
    ROUTER_ADVERTISEMENT = 134
    NEIGHBOR_SOLICITATION = 135
    NEIGHBOR_ADVERTISEMENT = 136


@dataclass(frozen=True, slots=True)
class RouterSolicitation:
    """A host asks for Router Advertisements (RFC 4861, section 4.1).

    Args:
        options: Options in wire order.
    """

    TYPE: ClassVar[DiscoveryType] = DiscoveryType.ROUTER_SOLICITATION
    FIXED_LENGTH: ClassVar[int] = 8

    options: tuple[DiscoveryOption, ...] = ()


@dataclass(frozen=True, slots=True)
class RouterAdvertisement:
    """A router tells of itself and of the prefixes of the link (RFC 4861, section 4.2).

    Args:
        router_lifetime: Seconds for which it is a default router, 16 bits; 0: it is none.
        options: Options in wire order.
        current_hop_limit: Hop Limit that hosts are to use, 8 bits; 0: not told.
        managed: M flag: addresses by DHCPv6.
        other: O flag: other configuration by DHCPv6.
        reachable_time: Milliseconds, 32 bits; 0: not told.
        retransmission_timer: Milliseconds, 32 bits; 0: not told (Retrans Timer).
    """

    TYPE: ClassVar[DiscoveryType] = DiscoveryType.ROUTER_ADVERTISEMENT
    FIXED_LENGTH: ClassVar[int] = 16

    router_lifetime: int
    options: tuple[DiscoveryOption, ...] = ()
    current_hop_limit: int = 0
    managed: bool = False
    other: bool = False
    reachable_time: int = 0
    retransmission_timer: int = 0


@dataclass(frozen=True, slots=True)
class NeighborSolicitation:
    """A node asks for the link-layer address of another (RFC 4861, section 4.3).

    Args:
        target: Address that is asked for.
        options: Options in wire order.
    """

    TYPE: ClassVar[DiscoveryType] = DiscoveryType.NEIGHBOR_SOLICITATION
    FIXED_LENGTH: ClassVar[int] = 24

    target: IPv6Address
    options: tuple[DiscoveryOption, ...] = ()


@dataclass(frozen=True, slots=True)
class NeighborAdvertisement:
    """A node tells the link-layer address of an address (RFC 4861, section 4.4).

    Args:
        target: Address that it is about.
        options: Options in wire order.
        router: R flag: the sender is a router.
        solicited: S flag: it answers a solicitation from the destination.
        override: O flag: it overrides what is cached.
    """

    TYPE: ClassVar[DiscoveryType] = DiscoveryType.NEIGHBOR_ADVERTISEMENT
    FIXED_LENGTH: ClassVar[int] = 24

    target: IPv6Address
    options: tuple[DiscoveryOption, ...] = ()
    router: bool = False
    solicited: bool = False
    override: bool = False


DiscoveryMessage: TypeAlias = (
    RouterSolicitation
    | RouterAdvertisement
    | NeighborSolicitation
    | NeighborAdvertisement
)

DISCOVERY_CLASSES: tuple[type[DiscoveryMessage], ...] = (
    RouterSolicitation,
    RouterAdvertisement,
    NeighborSolicitation,
    NeighborAdvertisement,
)
"""Every message that has a class, by type number."""


def discovery_options_of(message: DiscoveryMessage, kind: type[Option]) -> list[Option]:
    """Give every option of one kind, in wire order."""
    return [option for option in message.options if isinstance(option, kind)]


def solicited_node(address: IPv6Address) -> IPv6Address:
    """Give the solicited-node multicast address of an address (RFC 4291, 2.7.1)."""
    return IPv6Address(SOLICITED_NODE_PREFIX + address.packed[13:])
