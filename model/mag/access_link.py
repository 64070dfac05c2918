"""What every access link of the domain has in common, so that it looks like one link.

Sources: RFC 5213, sections 6.8 and 6.9.3; RFC 6543, section 1; RFC 4291, appendix A.
"""

from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network

from pmip6.model.discovery.messages import RouterAdvertisement
from pmip6.model.discovery.options import (
    INFINITE_LIFETIME,
    DiscoveryOption,
    Mtu,
    PrefixInformation,
    SourceLinkLayerAddress,
)

LINK_LOCAL_PREFIX = 0xFE80 << 112
RESERVED_LINK_LAYER_ADDRESS = bytes.fromhex("00005e005213")
"""Ethernet address that gateways have towards mobile nodes (6543-1-x1)."""
DEFAULT_ROUTER_LIFETIME = 1800
"""Seconds: three times MaxRtrAdvInterval as RFC 4861, section 6.2.1, has it."""


def interface_identifier(link_layer_address: bytes) -> int:
    """Make the modified EUI-64 identifier of an Ethernet address (RFC 4291, appendix A)."""
    first, *rest = link_layer_address
    return int.from_bytes(bytes((first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:])))


def link_local_address(link_layer_address: bytes) -> IPv6Address:
    """Make the link-local address that an interface gives itself by EUI-64."""
    return IPv6Address(LINK_LOCAL_PREFIX | interface_identifier(link_layer_address))


RESERVED_LINK_LOCAL_ADDRESS = link_local_address(RESERVED_LINK_LAYER_ADDRESS)
"""Link-local address that gateways have towards mobile nodes (6543-1-x4 and -x5)."""


def home_link_advertisement(
    prefixes: Iterable[IPv6Network],
    *,
    link_layer_address: bytes = RESERVED_LINK_LAYER_ADDRESS,
    router_lifetime: int = DEFAULT_ROUTER_LIFETIME,
    prefix_lifetime: int = INFINITE_LIFETIME,
    mtu: int | None = None,
    withdrawn: Iterable[IPv6Network] = (),
) -> RouterAdvertisement:
    """Make the RA by which a gateway emulates the home link of one mobile node.

    Args:
        prefixes: Home network prefixes of its mobility session; with none of them the
            advertisement names the router alone.
        link_layer_address: That of the gateway on the access link.
        router_lifetime: Seconds; 0 tells that the gateway is no default router.
        prefix_lifetime: Seconds, valid and preferred alike.
        mtu: MTU of the path through the tunnel, None to tell none.
        withdrawn: Prefixes that the session had and has no more (5213-6.12-1).
    """
    options: list[DiscoveryOption] = [SourceLinkLayerAddress(link_layer_address)]
    if mtu is not None:
        options.append(Mtu(mtu))
    options += [
        PrefixInformation(
            prefix.network_address, prefix.prefixlen, prefix_lifetime, prefix_lifetime
        )
        for prefix in prefixes
    ]
    options += [
        PrefixInformation(prefix.network_address, prefix.prefixlen, 0, 0)
        for prefix in withdrawn
    ]
    return RouterAdvertisement(router_lifetime, tuple(options))
