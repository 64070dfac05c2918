"""The tester as router of the path, probing anchor, DHCP client and DHCP server."""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.conformance.mag.packets import Read, tunnel_octets, user_packet
from pmip6.model.mag.dhcp_relay import (
    ALL_RELAY_AGENTS_AND_SERVERS,
    CLIENT_PORT,
    RELAY_REPLY,
    SERVER_PORT,
    Relayed,
    Relaying,
    decode_relayed,
    encode_relayed,
    relay_faults,
    udp_packet,
    udp_payload,
)
from pmip6.model.wire.icmp_errors import ECHO_REPLY, ECHO_REQUEST, echo, icmp_error
from pmip6.model.wire.numbers import IPPROTO_ICMPV6, PACKET_TOO_BIG
from pmip6.vectors.mag.model import GatewayModel
from pmip6.vectors.mag.stimuli import Lease, Probe, TooBig

Service = TooBig | Probe | Lease
SOLICIT, REPLY = 1, 7
"""Types of DHCP messages (RFC 8415, section 7.3)."""
CLIENT_IDENTIFIER = 1
_HEADERS = 48  # IPv6 and ICMPv6, before the data of an Echo Request


class GatewayServiceActs:
    """What the tester sends beside signalling and user packets, and what has to come.

    Args:
        model: Knows who and where.
    """

    def __init__(self, model: GatewayModel) -> None:
        self._model = model
        self._asked = b""  # the message of the node to the DHCP servers
        self._relayed: Relayed | None = None  # what a server has got for it
        self._wanted = b""  # what has to come back

    def packet(self, stimulus: Service, number: int) -> bytes | None:
        """The packet of a stimulus; None where it cannot be brought about."""
        scene = self._model.scene
        match stimulus:
            case TooBig(mtu=mtu):
                source = self._model.traffic.node_address()
                inner = user_packet(source, scene.correspondent, number)
                about = tunnel_octets(inner, scene.gateway, scene.anchor)
                ends = scene.stranger, scene.gateway
                return icmp_error(PACKET_TOO_BIG, 0, mtu, about, *ends)
            case Probe(octets=octets):
                text = f"packet {number}.".encode()
                self._wanted = bytes(4) + text.ljust(octets - _HEADERS, b".")
                return echo(ECHO_REQUEST, self._wanted, scene.anchor, scene.gateway)
            case Lease(is_answer=False):
                self._asked = _message(SOLICIT, number)
                to, ports = ALL_RELAY_AGENTS_AND_SERVERS, (CLIENT_PORT, SERVER_PORT)
                return udp_packet(self._asked, scene.node_link_local, to, ports)
            case Lease() if self._relayed is not None:
                self._wanted = _message(REPLY, number)
                told = Relayed(
                    RELAY_REPLY,
                    self._relayed.hop_count,
                    self._relayed.link_address,
                    self._relayed.peer_address,
                    self._wanted,
                )
                ports = SERVER_PORT, SERVER_PORT
                data = encode_relayed(told)
                return udp_packet(data, scene.anchor, scene.gateway, ports)
            case _:
                return None

    def is_answer(self, stimulus: Service, came: Read) -> bool:
        """Whether it is what has to come on the stimulus."""
        scene = self._model.scene
        match stimulus:
            case Probe():
                packet = came.packet
                is_icmp = packet.next_header == IPPROTO_ICMPV6
                is_reply = packet.payload[:1] == bytes((ECHO_REPLY,))
                return is_icmp and is_reply and packet.payload[4:] == self._wanted
            case Lease(is_answer=True):
                payload = udp_payload(came.packet, CLIENT_PORT)
                return came.node == scene.link_layer and payload == self._wanted
            case Lease():
                return came.node is None and _relayed(came) is not None
            case _:
                return False

    def faults(
        self, stimulus: Service, came: Read
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        """What is wrong with what has come: ids and words."""
        relayed = _relayed(came)
        if stimulus != Lease() or relayed is None:
            return
        self._relayed = relayed
        source = self._model.scene.node_link_local
        seen = Relaying(self._model.session(), source, self._asked, relayed)
        for rule in relay_faults(seen):
            yield rule.requirements, f"{rule.name} is wrong"


def is_service(came: Read) -> bool:
    """Whether it is DHCP or an echo, and no packet of a user."""
    is_dhcp = any(
        udp_payload(came.packet, port) is not None
        for port in (CLIENT_PORT, SERVER_PORT)
    )
    return is_dhcp or came.packet.next_header == IPPROTO_ICMPV6


def _relayed(came: Read) -> Relayed | None:
    payload = udp_payload(came.packet, SERVER_PORT)
    return None if payload is None else decode_relayed(payload)


def _message(kind: int, number: int) -> bytes:
    """A DHCP message with an identifier of the client that has a number in it."""
    identifier = bytes((0, 2, 0, 0, 0, 0)) + f"packet {number}.".encode()
    head = bytes((kind,)) + number.to_bytes(3)
    length = len(identifier).to_bytes(2)
    return head + CLIENT_IDENTIFIER.to_bytes(2) + length + identifier
