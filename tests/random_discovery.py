"""Random Neighbor Discovery messages of every kind, with the addresses of their packets."""

from dataclasses import dataclass
from ipaddress import IPv6Address
from random import Random

from pmip6.model.discovery.messages import (
    ALL_NODES,
    ALL_ROUTERS,
    DiscoveryMessage,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
    solicited_node,
)
from pmip6.model.discovery.options import (
    DiscoveryOption,
    Mtu,
    PrefixInformation,
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
    UnknownDiscoveryOption,
)
from pmip6.model.wire.messages import UNSPECIFIED

NODE = IPv6Address("fe80::1")
GATEWAY = IPv6Address("fe80::200:5eff:fe00:5213")
NODE_MAC = bytes.fromhex("020000000101")


@dataclass(frozen=True)
class Sent:
    """A message and the addresses of the packet that it is in."""

    message: DiscoveryMessage
    source: IPv6Address
    destination: IPv6Address


def _address(rng: Random) -> IPv6Address:
    return IPv6Address(0x20010DB8 << 96 | rng.getrandbits(64))


def random_discovery_option(rng: Random) -> DiscoveryOption:
    """Make one option with any value that its fields hold."""
    match rng.randrange(5):
        case 0:
            return SourceLinkLayerAddress(rng.randbytes(6))
        case 1:
            return TargetLinkLayerAddress(rng.randbytes(6))
        case 2:
            length = rng.randrange(129)
            prefix = int(_address(rng)) >> (128 - length) << (128 - length)
            return PrefixInformation(
                IPv6Address(prefix),
                length,
                rng.getrandbits(32),
                rng.getrandbits(32),
                bool(rng.getrandbits(1)),
                bool(rng.getrandbits(1)),
            )
        case 3:
            return Mtu(rng.getrandbits(32))
        case _:
            return UnknownDiscoveryOption(
                rng.randrange(200, 253), rng.randbytes(rng.choice((6, 14, 30)))
            )


def random_discovery(rng: Random) -> Sent:
    """Make one message; any mixture of options, so that findings are expected."""
    options = tuple(random_discovery_option(rng) for _ in range(rng.randrange(5)))
    flags = [bool(rng.getrandbits(1)) for _ in range(3)]
    target = _address(rng)
    match rng.randrange(4):
        case 0:
            source = rng.choice((UNSPECIFIED, NODE))
            return Sent(RouterSolicitation(options), source, ALL_ROUTERS)
        case 1:
            message = RouterAdvertisement(
                rng.getrandbits(16),
                options,
                rng.getrandbits(8),
                flags[0],
                flags[1],
                rng.getrandbits(32),
                rng.getrandbits(32),
            )
            return Sent(message, GATEWAY, rng.choice((ALL_NODES, NODE)))
        case 2:
            source = rng.choice((UNSPECIFIED, NODE))
            destination = solicited_node(target)
            return Sent(NeighborSolicitation(target, options), source, destination)
        case _:
            destination = rng.choice((ALL_NODES, NODE))
            message = NeighborAdvertisement(target, options, *flags)
            return Sent(message, target, destination)
