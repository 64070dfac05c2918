"""What can be wrong with a Neighbor Discovery message, one function each.

Each gives the violation with its offset within the ICMPv6 message, or None.
Source: RFC 4861, sections 4, 6.1, 6.2.1 and 7.1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TypeAlias

from pmip6.model.discovery.messages import (
    HOP_LIMIT,
    DiscoveryMessage,
    DiscoveryType,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    solicited_node,
)
from pmip6.model.discovery.options import (
    DISCOVERY_OPTION_CLASSES,
    DiscoveryOption,
    DiscoveryOptionType,
    Mtu,
    PrefixInformation,
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
)

PlacedDiscoveryOption: TypeAlias = tuple[int, DiscoveryOption]
"""Offset of an option within the ICMPv6 message, and the option."""
Violation: TypeAlias = tuple[str, int]

LARGEST_ROUTER_LIFETIME = 9000
"""Seconds; AdvDefaultLifetime of RFC 4861, section 6.2.1, has this upper bound."""
UNASSIGNED_ADVERTISEMENT_BITS = 0x03
"""Reserved bits of an RA that no later RFC took: H (6275), Prf (4191) and P (4389) did."""
UNASSIGNED_PREFIX_BITS = 0x0F
"""Reserved1 without the R flag of RFC 6275, section 7.2, and the P flag of RFC 9762."""


@dataclass(frozen=True, slots=True)
class DiscoveryView:
    """A message that was read, and what the rules ask of the packet around it.

    Args:
        message: The message.
        source: IPv6 source.
        destination: IPv6 destination.
        hop_limit: Hop Limit of the packet.
        code: ICMPv6 Code.
        layout: Its options with their offsets.
        reserved: Its reserved bits, those that later RFCs assigned left out.
    """

    message: DiscoveryMessage
    source: IPv6Address
    destination: IPv6Address
    hop_limit: int
    code: int
    layout: tuple[PlacedDiscoveryOption, ...]
    reserved: int

    def place_of(self, kind: type[DiscoveryOption]) -> int | None:
        """Offset of the first option of a kind, None where there is none."""
        for at, option in self.layout:
            if isinstance(option, kind):
                return at
        return None


def hop_limit_not_255(view: DiscoveryView) -> Violation | None:
    if view.hop_limit == HOP_LIMIT:
        return None
    return f"Hop Limit is {view.hop_limit}, not {HOP_LIMIT}", 0


def code_not_zero(view: DiscoveryView) -> Violation | None:
    return (f"Code is {view.code}, not 0", 1) if view.code else None


def source_told_without_one(view: DiscoveryView) -> Violation | None:
    at = view.place_of(SourceLinkLayerAddress)
    if at is None or not view.source.is_unspecified:
        return None
    return "Source Link-Layer Address from the unspecified address", at


def source_not_link_local(view: DiscoveryView) -> Violation | None:
    if view.source.is_link_local:
        return None
    return f"source {view.source} is no link-local address", 0


def target_is_multicast(view: DiscoveryView) -> Violation | None:
    message = view.message
    if not isinstance(message, NeighborSolicitation | NeighborAdvertisement):
        return None
    if not message.target.is_multicast:
        return None
    return f"target {message.target} is a multicast address", 8


def detection_not_to_solicited_node(view: DiscoveryView) -> Violation | None:
    destination = view.destination
    # Validation asks for any solicited-node address, not for that of the target.
    if not view.source.is_unspecified or solicited_node(destination) == destination:
        return None
    return f"from the unspecified address to {destination}", 0


def solicited_by_multicast(view: DiscoveryView) -> Violation | None:
    message = view.message
    if not isinstance(message, NeighborAdvertisement) or not message.solicited:
        return None
    if not view.destination.is_multicast:
        return None
    return f"S flag in an advertisement to {view.destination}", 4


def reserved_bits_set(view: DiscoveryView) -> Violation | None:
    if not view.reserved:
        return None
    at = 5 if isinstance(view.message, RouterAdvertisement) else 4
    return f"reserved bits are {view.reserved:#x}", at


def solicitation_without_source(view: DiscoveryView) -> Violation | None:
    if view.source.is_unspecified or view.place_of(SourceLinkLayerAddress) is not None:
        return None
    return "Source Link-Layer Address is missing", view.message.FIXED_LENGTH


def multicast_without_source(view: DiscoveryView) -> Violation | None:
    if not view.destination.is_multicast:
        return None
    return solicitation_without_source(view)


def unicast_without_source(view: DiscoveryView) -> Violation | None:
    if view.destination.is_multicast:
        return None
    return solicitation_without_source(view)


def router_lifetime_too_long(view: DiscoveryView) -> Violation | None:
    message = view.message
    if not isinstance(message, RouterAdvertisement):
        return None
    if message.router_lifetime <= LARGEST_ROUTER_LIFETIME:
        return None
    return f"Router Lifetime is {message.router_lifetime} s", 6


_Wrong: TypeAlias = Callable[[PrefixInformation], tuple[str, int] | None]


def _of_prefixes(wrong: _Wrong) -> Callable[[DiscoveryView], Violation | None]:
    """Make a check of the first prefix that is wrong; offsets are within the option."""

    def violation(view: DiscoveryView) -> Violation | None:
        for at, option in view.layout:
            if isinstance(option, PrefixInformation) and (found := wrong(option)):
                return found[0], at + found[1]
        return None

    return violation


@_of_prefixes
def prefix_length_too_long(option: PrefixInformation) -> tuple[str, int] | None:
    if option.prefix_length <= 128:
        return None
    return f"prefix length {option.prefix_length} exceeds 128", 2


@_of_prefixes
def prefix_reserved_bits_set(option: PrefixInformation) -> tuple[str, int] | None:
    if option.reserved1 & UNASSIGNED_PREFIX_BITS:
        return f"Reserved1 is {option.reserved1:#x}", 3
    return (f"Reserved2 is {option.reserved2:#x}", 12) if option.reserved2 else None


@_of_prefixes
def prefix_preferred_too_long(option: PrefixInformation) -> tuple[str, int] | None:
    valid, preferred = option.valid_lifetime, option.preferred_lifetime
    if preferred <= valid:
        return None
    return f"preferred for {preferred} s, valid for {valid} s", 8


@_of_prefixes
def prefix_host_bits_set(option: PrefixInformation) -> tuple[str, int] | None:
    host_bits = max(0, 128 - option.prefix_length)
    if not int(option.prefix) & ((1 << host_bits) - 1):
        return None
    return f"{option.prefix}/{option.prefix_length} has bits after its length", 16


@_of_prefixes
def prefix_is_link_local(option: PrefixInformation) -> tuple[str, int] | None:
    if not option.prefix.is_link_local:
        return None
    return f"prefix {option.prefix} is the link-local one", 16


def mtu_reserved_bits_set(view: DiscoveryView) -> Violation | None:
    for at, option in view.layout:
        if isinstance(option, Mtu) and option.reserved:
            return f"reserved bits of the MTU option are {option.reserved:#x}", at + 2
    return None


OPTIONS_THAT_MAY_APPEAR: dict[DiscoveryType, tuple[type[DiscoveryOption], ...]] = {
    DiscoveryType.ROUTER_SOLICITATION: (SourceLinkLayerAddress,),
    DiscoveryType.ROUTER_ADVERTISEMENT: (
        SourceLinkLayerAddress,
        PrefixInformation,
        Mtu,
    ),
    DiscoveryType.NEIGHBOR_SOLICITATION: (SourceLinkLayerAddress,),
    DiscoveryType.NEIGHBOR_ADVERTISEMENT: (TargetLinkLayerAddress,),
}
"""The options of RFC 4861 that each message may have."""


def option_misplaced(view: DiscoveryView) -> Violation | None:
    allowed = OPTIONS_THAT_MAY_APPEAR[view.message.TYPE]
    for at, option in view.layout:
        number = option.type_number
        defined = DISCOVERY_OPTION_CLASSES.get(number)
        known = defined is not None or number == DiscoveryOptionType.REDIRECTED_HEADER
        if known and defined not in allowed:
            name = DiscoveryOptionType(number).name
            return f"option {name} is not for this message", at
    return None
