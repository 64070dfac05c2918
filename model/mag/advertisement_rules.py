"""What the Router Advertisements of a gateway have to be (RFC 5213, 6.9.2, 6.9.3, 6.9.5).

`advertise` builds the advertisement of a session; `ADVERTISEMENT_RULES` judge any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from pmip6.model.discovery.messages import (
    ALL_NODES,
    RouterAdvertisement,
    discovery_options_of,
)
from pmip6.model.discovery.options import (
    INFINITE_LIFETIME,
    Mtu,
    PrefixInformation,
    SourceLinkLayerAddress,
)
from pmip6.model.mag.access_link import home_link_advertisement
from pmip6.model.mag.path_mtu import KnownPath
from pmip6.model.wire.ipv6 import Ipv6Packet

MIN_DELAY_BETWEEN_RAS_MS = 3000
"""Between two RAs to all nodes, and the least MinRtrAdvInterval (RFC 4861, section 10)."""
MAX_INITIAL_RTR_ADVERTISEMENTS = 3
MAX_INITIAL_RTR_ADVERT_INTERVAL_MS = 16_000
"""How far apart the first RAs to all nodes may be (RFC 4861, section 10)."""
MAX_FINAL_RTR_ADVERTISEMENTS = 3
"""How many RAs end it that a link is advertised (RFC 4861, section 10)."""
TOLERANCE_MS = 100
"""What the times of two packets may be off by."""


@dataclass(frozen=True, slots=True)
class HomeLink:
    """The home link that a gateway emulates for one node.

    Args:
        prefixes: Of the accepted session; none where there is no such session.
        withdrawn: What the session had before.
        link_local: Address of the gateway on the link.
        link_layer: Link-layer address of the gateway on the link.
        path: What the gateway knows of the path to the anchor.
        access_link_mtu: Of the access link.
        since_ms: Since the RA before this one to all nodes of the link; None where there
            was none, or nobody knows.
        announced: RAs to all nodes that the link has had before, as far as anybody knows.
        visited: Prefixes of regular IPv6 access, for a node that has no session (6.14).
    """

    prefixes: tuple[IPv6Network, ...]
    withdrawn: tuple[IPv6Network, ...]
    link_local: IPv6Address
    link_layer: bytes
    path: KnownPath
    access_link_mtu: int
    since_ms: int | None = None
    announced: int = 0
    visited: tuple[IPv6Network, ...] = ()

    @property
    def mtu(self) -> int:
        """What a packet of the node may have without being cut (RFC 5213, 6.9.5)."""
        return min(self.path.tunnel_mtu, self.access_link_mtu)

    @property
    def is_narrow(self) -> bool:
        """Whether the access link takes less than the tunnel."""
        return self.access_link_mtu < self.path.tunnel_mtu

    def has_mtu(self, told: int) -> bool:
        """Whether a gateway that knows its path tells its node this MTU.

        An access link that takes more than the tunnel and less than the path may be
        told, too (docs/findings.md, Access link between tunnel and path).
        """
        usual = {min(each, self.access_link_mtu) for each in self.path.tunnel_mtus()}
        if self.path.tunnel_mtu < self.access_link_mtu < self.path.mtu:
            usual.add(self.access_link_mtu)
        return told in usual or (self.path.is_protected and told < self.mtu)


def advertise(link: HomeLink, lifetime: int = INFINITE_LIFETIME) -> RouterAdvertisement:
    """The advertisement of a home link, whose prefixes live for so many seconds.

    Where there is no session it is that of regular access.
    """
    return home_link_advertisement(
        link.prefixes or link.visited,
        link_layer_address=link.link_layer,
        prefix_lifetime=lifetime,
        mtu=link.mtu,
        withdrawn=link.withdrawn,
    )


def cease(link: HomeLink) -> RouterAdvertisement:
    """The advertisement after which there is none: no router, and nothing is offered.

    Source: RFC 4861, section 6.2.5.
    """
    return home_link_advertisement(
        (), link_layer_address=link.link_layer, router_lifetime=0
    )


def final_fault(number: int) -> str | None:
    """What is wrong with so many last RAs of a link on which there were others."""
    if not number:
        return "no RA tells the link that the gateway is no router any more"
    if number > MAX_FINAL_RTR_ADVERTISEMENTS:
        return f"{number} RAs tell the link that the gateway is no router any more"
    return None


def is_final(packet: Ipv6Packet, message: RouterAdvertisement) -> bool:
    """Whether an RA tells all nodes of a link that the gateway is no router any more."""
    return packet.destination == ALL_NODES and not message.router_lifetime


Fault = Callable[[Ipv6Packet, RouterAdvertisement, HomeLink], str | None]


@dataclass(frozen=True)
class AdvertisementRule:
    """One row: `fault` says what is wrong with an advertisement, None where nothing."""

    name: str
    requirements: tuple[str, ...]
    fault: Fault


def offered_prefixes(message: RouterAdvertisement) -> set[IPv6Network]:
    """The prefixes that an advertisement announces, whether on-link or not."""
    return {
        IPv6Network((option.prefix, option.prefix_length), strict=False)
        for option in discovery_options_of(message, PrefixInformation)
        if option.valid_lifetime
    }


def gives_access(
    message: RouterAdvertisement, visited: tuple[IPv6Network, ...]
) -> bool:
    """Whether a node without the service has from it where to get an address (6.14)."""
    return message.managed or not offered_prefixes(message).isdisjoint(visited)


def _missing_prefixes(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    on_link = {
        IPv6Network((option.prefix, option.prefix_length), strict=False)
        for option in discovery_options_of(message, PrefixInformation)
        if option.valid_lifetime and option.on_link
    }
    missing = set(link.prefixes) - on_link
    return f"lacks {_shown(missing)} as on-link prefix" if missing else None


def _unaccepted_prefixes(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    found = offered_prefixes(message) - set(link.visited)
    if link.prefixes or not found:
        return None
    return f"has {_shown(found)} without an accepted registration"


def _foreign_prefixes(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    """Prefixes beside those of the session, by which the node sees another link.

    Part of a prefix of the session is no other one.  What is withdrawn or deprecated is
    not offered, and nodes do not heed the link-local prefix (RFC 4861, section 6.3.4).
    """
    offered = {
        IPv6Network((option.prefix, option.prefix_length), strict=False)
        for option in discovery_options_of(message, PrefixInformation)
        if option.valid_lifetime
        and option.preferred_lifetime
        and not option.prefix.is_link_local
    }
    foreign = {each for each in offered if not any(map(each.subnet_of, link.prefixes))}
    if not link.prefixes or not foreign:
        return None
    return f"offers {_shown(foreign)}, which the session does not have"


def _unusable_access(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    """Regular access from which a node gets no address, or no way out."""
    offered = [
        option
        for option in discovery_options_of(message, PrefixInformation)
        if option.valid_lifetime
        and IPv6Network((option.prefix, option.prefix_length), strict=False)
        in link.visited
    ]
    if link.prefixes or not offered:
        return None
    if not (message.managed or all(option.autonomous for option in offered)):
        return "offers regular access, but no way to an address"
    if not message.router_lifetime:
        return "offers regular access without a default router"
    return None


def _other_prefixes(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    withdrawn = {
        IPv6Network((option.prefix, option.prefix_length), strict=False)
        for option in discovery_options_of(message, PrefixInformation)
        if not option.valid_lifetime
    }
    left = set(link.withdrawn) - withdrawn
    return f"does not withdraw {_shown(left)}" if left else None


def _other_source(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    if packet.source == link.link_local:
        return None
    return f"comes from {packet.source}, not {link.link_local}"


def _other_link_layer(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    found = discovery_options_of(message, SourceLinkLayerAddress)
    if all(option.address == link.link_layer for option in found):
        return None
    return f"tells link-layer address {found[0].address.hex(':')}"


def _no_router(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    if message.router_lifetime or not link.prefixes:
        return None
    return "does not make the gateway the default router"


def _no_mtu(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    if discovery_options_of(message, Mtu) or not link.prefixes:
        return None
    return "has no MTU option"


def _wrong_mtu(message: RouterAdvertisement, link: HomeLink) -> str | None:
    found = [option.mtu for option in discovery_options_of(message, Mtu)]
    if not link.prefixes or all(map(link.has_mtu, found)):
        return None
    return f"has MTU {found[0]}, not {link.mtu}"


def _other_than_access_link(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    return _wrong_mtu(message, link) if link.is_narrow else None


def _other_than_changed(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    return _wrong_mtu(message, link) if link.path.has_changed else None


def _other_than_tunnel(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    return _wrong_mtu(message, link)


def _too_often(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    if packet.destination != ALL_NODES or link.since_ms is None:
        return None
    if link.since_ms >= MIN_DELAY_BETWEEN_RAS_MS - TOLERANCE_MS:
        return None
    return f"goes to all nodes {link.since_ms} ms after another one"


def has_to_follow(announced: int) -> bool:
    """Whether one more RA is due soon after so many to all nodes of a link."""
    return 0 < announced < MAX_INITIAL_RTR_ADVERTISEMENTS


def _late_at_first(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> str | None:
    if packet.destination != ALL_NODES or link.since_ms is None or not link.prefixes:
        return None
    longest = MAX_INITIAL_RTR_ADVERT_INTERVAL_MS + TOLERANCE_MS
    if not has_to_follow(link.announced) or link.since_ms <= longest:
        return None
    return f"is one of the first and comes {link.since_ms} ms after another one"


def _shown(prefixes: set[IPv6Network]) -> str:
    return ", ".join(map(str, sorted(prefixes)))


FINAL_ADVERTISEMENTS = ("4861-6.2.5-1",)
"""Behind the last RAs of a link, which a case counts where it stops a gateway."""
FIRST_ADVERTISEMENTS = AdvertisementRule(
    "first advertisements", ("4861-6.2.4-2",), _late_at_first
)
REGULAR_ACCESS = AdvertisementRule("regular access", ("5213-6.14-3",), _unusable_access)
ADVERTISEMENT_RULES: tuple[AdvertisementRule, ...] = (
    AdvertisementRule(
        "prefixes of an advertisement",
        ("5213-6.9.1.2-23", "5213-6.9.2-2", "4861-6.2.3-3"),
        _missing_prefixes,
    ),
    AdvertisementRule(
        "advertisement without a session",
        ("5213-6.9.1.2-16", "5213-6.9.2-3", "5213-6.9.2-4", "5213-6.7-1"),
        _unaccepted_prefixes,
    ),
    AdvertisementRule("foreign prefixes", ("5213-6.7-y1",), _foreign_prefixes),
    REGULAR_ACCESS,
    AdvertisementRule("withdrawn prefixes", ("5213-6.12-1",), _other_prefixes),
    AdvertisementRule(
        "source of an advertisement",
        (
            "5213-6.9.1.2-24",
            "5213-6.9.1.2-25",
            "5213-6.9.3-1",
            "5213-9.3-8",
            "5213-6.1-x5",
            "5213-9.3-x6",
        ),
        _other_source,
    ),
    AdvertisementRule(
        "link-layer address of an advertisement",
        ("5213-6.9.3-1", "5213-9.3-9", "5213-9.3-x8"),
        _other_link_layer,
    ),
    AdvertisementRule("default router", ("5213-6.9.1.2-23",), _no_router),
    AdvertisementRule(
        "rate of advertisements", ("4861-6.2.6-5", "4861-6.2.6-6"), _too_often
    ),
    FIRST_ADVERTISEMENTS,
    AdvertisementRule("MTU option", ("5213-6.9.2-6",), _no_mtu),
    AdvertisementRule(
        "MTU of an advertisement",
        ("5213-6.9.2-7", "5213-6.9.2-8", "5213-6.9.5-8"),
        _other_than_tunnel,
    ),
    AdvertisementRule(
        "MTU of a narrow access link", ("5213-6.9.5-9",), _other_than_access_link
    ),
    AdvertisementRule(
        "MTU of a path that has changed",
        ("5213-6.9.5-7", "5213-6.9.5-10", "5213-6.9.5-12"),
        _other_than_changed,
    ),
)


def advertisement_faults(
    packet: Ipv6Packet, message: RouterAdvertisement, link: HomeLink
) -> Iterator[tuple[AdvertisementRule, str]]:
    """The rows that an advertisement breaks, each with what is wrong."""
    for rule in ADVERTISEMENT_RULES:
        fault = rule.fault(packet, message, link)
        if fault is not None:
            yield rule, fault
