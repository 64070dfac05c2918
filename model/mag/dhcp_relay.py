"""DHCPv6 through a gateway that is a relay agent (RFC 5213, section 6.11).

Octets to octets: messages of a node and their Relay-forward, Relay-reply messages of a
server and what is in them.  Sources: RFC 8415, sections 7.2, 9, 19.1.1, 19.2 and 21.10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.ipv6 import Ipv6Packet, encode_ipv6

IPPROTO_UDP = 17
CLIENT_PORT, SERVER_PORT = 546, 547
RELAY_FORWARD, RELAY_REPLY = 12, 13
RELAY_MESSAGE = 9
"""Number of the option with the relayed message."""
ALL_RELAY_AGENTS_AND_SERVERS = IPv6Address("ff02::1:2")
_UDP_HEADER, _RELAY_HEADER = 8, 34


@dataclass(frozen=True, slots=True)
class Relayed:
    """A message between a relay agent and a server.

    Args:
        kind: RELAY_FORWARD or RELAY_REPLY.
        hop_count: Relay agents that it has passed before.
        link_address: Tells the server which link the node is on.
        peer_address: The address of the node.
        message: The message of the node, or for it.
    """

    kind: int
    hop_count: int
    link_address: IPv6Address
    peer_address: IPv6Address
    message: bytes


def udp_payload(packet: Ipv6Packet, port: int) -> bytes | None:
    """What a UDP packet for a port carries; None for other packets and wrong ones."""
    data = packet.payload
    if packet.next_header != IPPROTO_UDP or len(data) < _UDP_HEADER:
        return None
    is_right = not checksum_of(data, packet.source, packet.destination, IPPROTO_UDP)
    length = int.from_bytes(data[4:6])
    if not is_right or not _UDP_HEADER <= length <= len(data):
        return None
    return data[_UDP_HEADER:length] if int.from_bytes(data[2:4]) == port else None


def udp_packet(
    payload: bytes,
    source: IPv6Address,
    destination: IPv6Address,
    ports: tuple[int, int],
) -> bytes:
    """A UDP packet, from its IPv6 header on; ports are those of source and destination."""
    length = (_UDP_HEADER + len(payload)).to_bytes(2)
    header = ports[0].to_bytes(2) + ports[1].to_bytes(2) + length
    data = header + b"\0\0" + payload
    checksum = checksum_of(data, source, destination, IPPROTO_UDP)
    return encode_ipv6(
        source,
        destination,
        header + checksum.to_bytes(2) + payload,
        next_header=IPPROTO_UDP,
    )


def encode_relayed(relayed: Relayed) -> bytes:
    """The octets of a message between relay agent and server."""
    return (
        bytes((relayed.kind, relayed.hop_count))
        + relayed.link_address.packed
        + relayed.peer_address.packed
        + RELAY_MESSAGE.to_bytes(2)
        + len(relayed.message).to_bytes(2)
        + relayed.message
    )


def decode_relayed(data: bytes) -> Relayed | None:
    """A message between relay agent and server; None where it has no relayed message."""
    if len(data) < _RELAY_HEADER or data[0] not in (RELAY_FORWARD, RELAY_REPLY):
        return None
    link, peer = IPv6Address(data[2:18]), IPv6Address(data[18:34])
    at = _RELAY_HEADER
    while at + 4 <= len(data):
        number, length = int.from_bytes(data[at : at + 2]), data[at + 2 : at + 4]
        end = at + 4 + int.from_bytes(length)
        if end > len(data):
            return None
        if number == RELAY_MESSAGE:
            return Relayed(data[0], data[1], link, peer, data[at + 4 : end])
        at = end
    return None


def link_address_of(prefixes: tuple[IPv6Network, ...], interface: int) -> IPv6Address:
    """An address of the first home network prefix, which tells a server the link.

    Args:
        prefixes: Of the session of the node.
        interface: Interface identifier of the gateway on the link.
    """
    return IPv6Address(int(prefixes[0].network_address) | interface)


def forward_to_server(
    packet: Ipv6Packet, prefixes: tuple[IPv6Network, ...], interface: int
) -> bytes | None:
    """What goes to the servers for a packet of a node (RFC 8415, 19.1.1).

    None where the packet is no message of a client, or the node has no session.

    Args:
        packet: The packet of the node.
        prefixes: Of its session.
        interface: Interface identifier of the gateway on the link.
    """
    message = udp_payload(packet, SERVER_PORT)
    is_for_relays = packet.destination == ALL_RELAY_AGENTS_AND_SERVERS
    if not message or not is_for_relays or not prefixes:
        return None
    if message[0] in (RELAY_FORWARD, RELAY_REPLY):
        return None
    link = link_address_of(prefixes, interface)
    return encode_relayed(Relayed(RELAY_FORWARD, 0, link, packet.source, message))


# ---- what a Relay-forward has to be -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Relaying:
    """A message of a node, and what a server gets for it.

    Args:
        prefixes: Of the session of the node.
        source: Of the packet of the node.
        message: The message of the node.
        forwarded: What the server gets.
    """

    prefixes: tuple[IPv6Network, ...]
    source: IPv6Address
    message: bytes
    forwarded: Relayed


@dataclass(frozen=True)
class RelayRule:
    """One row: an aspect of a Relay-forward; `holds` takes a right one."""

    name: str
    requirements: tuple[str, ...]
    holds: Callable[[Relaying], bool]


RELAY_RULES: tuple[RelayRule, ...] = (
    RelayRule(
        "kind and hop count of a Relay-forward",
        ("5213-6.11-1",),
        lambda r: (r.forwarded.kind, r.forwarded.hop_count) == (RELAY_FORWARD, 0),
    ),
    RelayRule(
        "link-address of a Relay-forward",
        ("5213-6.11-1",),
        lambda r: any(r.forwarded.link_address in prefix for prefix in r.prefixes),
    ),
    RelayRule(
        "peer-address of a Relay-forward",
        ("5213-6.11-1",),
        lambda r: r.forwarded.peer_address == r.source,
    ),
    RelayRule(
        "message in a Relay-forward",
        ("5213-6.11-1",),
        lambda r: r.forwarded.message == r.message,
    ),
)


def relay_faults(relaying: Relaying) -> Iterator[RelayRule]:
    """The rows that a Relay-forward breaks."""
    return (rule for rule in RELAY_RULES if not rule.holds(relaying))
