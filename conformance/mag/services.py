"""What a reference gateway does beside signalling and forwarding: path MTU, DHCP relay."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.mag.port import Sent, ToNetwork, ToNode
from pmip6.conformance.mag.visitor import Visitor
from pmip6.model.mag.access_link import interface_identifier
from pmip6.model.mag.dhcp_relay import (
    CLIENT_PORT,
    RELAY_REPLY,
    SERVER_PORT,
    decode_relayed,
    forward_to_server,
    udp_packet,
    udp_payload,
)
from pmip6.model.wire.icmp_errors import error_in
from pmip6.model.wire.ipv6 import Ipv6Packet, decode_ipv6
from pmip6.model.wire.numbers import PACKET_TOO_BIG
from pmip6.model.wire.tunnel_packets import Tunnel, narrowed


def narrowed_path(packet: bytes, tunnel: Tunnel) -> int | None:
    """The MTU of the path of a tunnel after a packet (RFC 5213, 6.9.5; RFC 2473, 8.1).

    None where the packet does not tell that one of the tunnel was too big.
    """
    told = error_in(packet)
    if told is None or told.kind != PACKET_TOO_BIG:
        return None
    about = decode_ipv6(told.about)
    ends = tunnel.entry_point, tunnel.exit_point
    if about is None or (about.source, about.destination) != ends:
        return None
    return narrowed(tunnel, told.word).path_mtu


def relay_to_servers(
    visitor: Visitor, packet: Ipv6Packet, prefixes: tuple[IPv6Network, ...]
) -> list[Sent]:
    """What goes to the DHCP servers for a packet of a node (RFC 5213, 6.11)."""
    settings = visitor.settings
    interface = interface_identifier(settings.link_layer)
    message = forward_to_server(packet, prefixes, interface)
    if message is None:
        return []
    ports = SERVER_PORT, SERVER_PORT
    return [
        ToNetwork(udp_packet(message, settings.proxy_coa, server, ports))
        for server in settings.dhcp_servers
    ]


def relay_to_node(packet: bytes, visitors: Iterable[Visitor]) -> list[Sent]:
    """What goes to a node for the answer of a DHCP server (RFC 8415, 19.2)."""
    header = decode_ipv6(packet)
    payload = None if header is None else udp_payload(header, SERVER_PORT)
    relayed = None if payload is None else decode_relayed(payload)
    if header is None or relayed is None or relayed.kind != RELAY_REPLY:
        return []
    ports = SERVER_PORT, CLIENT_PORT
    return [
        ToNode(
            visitor.link_layer,
            udp_packet(
                relayed.message, visitor.link_local, relayed.peer_address, ports
            ),
        )
        for visitor in visitors
        if _is_on_link(relayed.peer_address, visitor)
        and header.source in visitor.settings.dhcp_servers
    ]


def _is_on_link(address: IPv6Address, visitor: Visitor) -> bool:
    return address in visitor.addresses
