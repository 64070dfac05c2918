"""The data plane of the reference anchor: octets to messages of the model, and back.

Which way a packet goes the rules of the model decide (model/lma/forwarding.py); what its
octets become is that of RFC 2473 (model/wire/tunnel_packets.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.lma.domain import (
    UNLISTED_GATEWAY,
    UNLISTED_PREFIX,
    element_of,
    prefix_of,
)
from pmip6.model.domain import Configuration, Element
from pmip6.model.language.interpreter import Message, Value
from pmip6.model.state import packet as user_packet
from pmip6.model.wire.abstraction import networks_of
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, decode_ipv6
from pmip6.model.wire.tunnel_packets import (
    Passage,
    Tunnel,
    decapsulate,
    encapsulate,
    forward,
)


@dataclass(frozen=True)
class UserPacket:
    """A packet that the anchor is to pass on.

    Attributes:
        original: The packet without any tunnel header.
        message: What the rules know of it.
    """

    original: bytes
    message: Message


class AnchorForwarding:
    """Reads user packets and makes those that are sent on.

    Args:
        lma_address: LMAA, one end of all tunnels.
        configuration: The domain of the anchor.
        is_held: Whether a session has a prefix, or a set of prefixes.
        protect: What puts a tunnel packet under ESP, None where it goes as it is.
    """

    def __init__(
        self,
        lma_address: IPv6Address,
        configuration: Configuration,
        is_held: Callable[[Element], bool],
        protect: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._lma_address = lma_address
        self._protect = protect
        self._chosen = configuration
        self._is_held = is_held
        self._elements: dict[IPv6Network, list[Element]] = {}
        for element in configuration.prefixes:
            if element != UNLISTED_PREFIX:
                for network in networks_of(prefix_of(element)):
                    self._elements.setdefault(network, []).append(element)
        self._lengths = sorted({n.prefixlen for n in self._elements}, reverse=True)
        self._identification = 0

    def read(self, data: bytes) -> UserPacket | None:
        """The user packet in a packet that is whole; None where there is none."""
        packet = decode_ipv6(data)
        if packet is None:
            return None
        if packet.destination != self._lma_address:
            return self.to_prefix(data)
        if packet.next_header != IPPROTO_IPV6:
            return None
        inner = decapsulate(data)
        if inner is None:
            return None
        read = decode_ipv6(inner.original)
        assert read is not None
        gateway: Value = element_of(inner.entry_point)
        if gateway not in self._chosen.gateways:
            gateway = UNLISTED_GATEWAY
        prefix = self._element(read.source) or UNLISTED_PREFIX
        return UserPacket(inner.original, self._message(gateway, prefix))

    def to_prefix(self, data: bytes) -> UserPacket | None:
        """The packet as one that came without tunnel header; None if it is for no prefix."""
        packet = decode_ipv6(data)
        prefix = None if packet is None else self._element(packet.destination)
        if prefix is None:
            return None
        return UserPacket(data, self._message(None, prefix))

    def _message(self, gateway: Value, prefix: Element) -> Message:
        values: dict[str, Value] = {
            "node": self._chosen.nodes[0],  # no packet tells it, no rule asks
            "gateway": gateway,
            "prefix": prefix,
        }
        return tuple(values[name] for name, _ in user_packet.fields)

    def _element(self, address: IPv6Address) -> Element | None:
        """The prefix of an address, or the set of a session that has it."""
        for length in self._lengths:
            network = IPv6Network((address, length), strict=False)
            found = self._elements.get(network)
            if found is not None:
                return next(filter(self._is_held, found), found[0])
        return None

    def into_tunnel(self, original: bytes, gateway: IPv6Address) -> Passage:
        """A packet on its way to the gateway that serves its destination."""
        self._identification += 1
        tunnel = Tunnel(self._lma_address, gateway, protect=self._protect)
        return encapsulate(original, tunnel, self._identification)

    def onward(self, original: bytes) -> Passage:
        """A packet on its way to its destination."""
        return forward(original, self._lma_address)
