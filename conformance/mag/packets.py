"""The packets of a tester of gateways, and how it reads those of a gateway."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from pmip6.conformance.mag.port import Sent, ToNetwork, ToNode
from pmip6.conformance.wire.esp_end import EspEnd
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import (
    DiscoveryMessage,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
)
from pmip6.model.discovery.options import TargetLinkLayerAddress
from pmip6.model.findings import FormatFinding
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.encoding import Lies, encode
from pmip6.model.wire.esp import EspCheck
from pmip6.model.wire.gre import read_gre
from pmip6.model.wire.ipv6 import (
    IPPROTO_IPV6,
    Ipv6Packet,
    decode_ipv6,
    decode_packet,
    encode_ipv6,
)
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.numbers import IPPROTO_GRE, LIFETIME_UNIT_SECONDS
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    MobileNodeLinkLayerIdentifier,
)
from pmip6.model.wire.tunnel_packets import (
    HEADER_SIZE,
    ROUTER_HOP_LIMIT,
    Ecn,
    with_ecn,
)
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.stimuli import AnswerForm

IPPROTO_UDP = 17
_UDP_HEADER_SIZE = 8
_RESERVED = 0x1F


@dataclass(frozen=True)
class Tunnelled:
    """The ends of a tunnel, as the header of a tunnel packet names them."""

    source: IPv6Address
    destination: IPv6Address


@dataclass(frozen=True)
class Read:
    """A packet of a gateway, as far as it can be read.

    Args:
        sent: It as it came, without ESP.
        packet: The IPv6 packet.
        node: Link-layer address of the node that it goes to; None for the network.
        message: The mobility or discovery message, None without one.
        findings: What is wrong with its form.
        tunnelled: The ends of the tunnel, None for other packets.
        inner: The packet in the tunnel, or the packet itself.
        unprotected: The check of ESP that it fails, None where it fails none.
    """

    sent: Sent
    packet: Ipv6Packet
    node: bytes | None
    message: MobilityMessage | DiscoveryMessage | None
    findings: tuple[FormatFinding, ...]
    tunnelled: Tunnelled | None
    inner: Ipv6Packet
    unprotected: EspCheck | None = None

    @property
    def is_user_packet(self) -> bool:
        """A packet of a node or for one."""
        return self.inner.next_header == IPPROTO_UDP

    def carries(self, sent: bytes) -> bool:
        """The packet that was sent has come, its hop limit one less."""
        wanted = decode_ipv6(sent)
        assert wanted is not None
        return (
            wanted.source,
            wanted.destination,
            wanted.payload,
            wanted.hop_limit - 1,
        ) == (
            self.inner.source,
            self.inner.destination,
            self.inner.payload,
            self.inner.hop_limit,
        )

    def __str__(self) -> str:
        """The packet in words."""
        ends = f"from {self.inner.source} to {self.inner.destination}"
        return f"{_kind(self.message)} {ends}"


def _kind(message: MobilityMessage | DiscoveryMessage | None) -> str:
    """What a packet is, by the RFC's abbreviation, with what tells it from others."""
    match message:
        case None:
            return "a packet"
        case ProxyBindingUpdate(sequence=sequence, lifetime=units):
            granted = f"for {units * LIFETIME_UNIT_SECONDS} s" if units else "to end it"
            return f"PBU {sequence} {granted}"
        case HandoverInitiate(sequence=sequence):
            return f"HI {sequence}"
        case HandoverAcknowledge(sequence=sequence, code=code):
            return f"HAck {sequence} with code {int(code)}"
        case RouterAdvertisement():
            return "RA"
        case NeighborAdvertisement():
            return "NA"
        case NeighborSolicitation():
            return "NS"
        case _:
            return type(message).__name__


def read(sent: Sent, esp: EspEnd | None = None) -> Read:
    """Read a packet of a gateway, once: a sequence number of ESP does not come twice.

    Args:
        sent: The packet.
        esp: The end of the ESP at the tester; None where there is none.
    """
    if esp is None or not isinstance(sent, ToNetwork):
        return _read(sent)
    found = esp.receive(sent.packet)
    if isinstance(found, EspCheck):
        return replace(_read(sent), unprotected=found)
    return _read(ToNetwork(found))


def _read(sent: Sent) -> Read:
    packet = decode_ipv6(sent.packet)
    if packet is None:
        nothing = IPv6Address(0)
        packet = Ipv6Packet(nothing, nothing, 59, sent.packet)
    node = sent.node if isinstance(sent, ToNode) else None
    signalling = decode_packet(sent.packet, proxy_expected=True)
    if signalling is not None:
        header, decoded = signalling
        findings = (*header.findings, *decoded.findings)
        return Read(sent, header, node, decoded.message, findings, None, header)
    discovery = decode_discovery_packet(sent.packet)
    if discovery is not None:
        header, found = discovery
        return Read(sent, header, node, found.message, found.findings, None, header)
    inner = _carried(packet)
    if inner is not None:
        ends = Tunnelled(packet.source, packet.destination)
        return Read(sent, packet, node, None, packet.findings, ends, inner)
    return Read(sent, packet, node, None, packet.findings, None, packet)


def _carried(packet: Ipv6Packet) -> Ipv6Packet | None:
    """The original packet in a tunnel packet, with or without a GRE header."""
    if packet.next_header == IPPROTO_GRE:
        keyed = read_gre(packet.payload)
        return None if keyed is None else decode_ipv6(keyed.original)
    return decode_ipv6(packet.payload) if packet.next_header == IPPROTO_IPV6 else None


def _with_reserved(option: MobilityOption) -> MobilityOption:
    """The option with bits set that it reserves."""
    match option:
        case (
            HomeNetworkPrefix()
            | HandoffIndicatorOption()
            | AccessTechnologyTypeOption()
            | MobileNodeLinkLayerIdentifier()
        ):
            return replace(option, reserved=_RESERVED)
        case _:
            return option


def answer_packet(
    answer: ProxyBindingAcknowledgement, form: AnswerForm, scene: Scene
) -> bytes:
    """The packet of an acknowledgement, with what is wrong with it on the wire."""
    has_reserved = form is AnswerForm.RESERVED_SET
    lies = Lies(
        corrupt_checksum=form is AnswerForm.BAD_CHECKSUM,
        reserved=_RESERVED if has_reserved else 0,
        message_reserved=_RESERVED if has_reserved else 0,
    )
    if has_reserved:
        options = tuple(map(_with_reserved, answer.options))
        answer = replace(answer, options=options)
    source = scene.stranger if form is AnswerForm.STRANGER else scene.anchor
    octets = encode(answer, source, scene.gateway, lies=lies)
    return encode_ipv6(source, scene.gateway, octets)


def tunnel_packet(
    inner: bytes, source: IPv6Address, scene: Scene, ecn: Ecn = Ecn.NOT_ECT
) -> bytes:
    """A tunnel packet to the gateway, around another, with a mark of its own."""
    return with_ecn(tunnel_octets(inner, source, scene.gateway), ecn)


def tunnel_octets(
    inner: bytes, entry_point: IPv6Address, exit_point: IPv6Address
) -> bytes:
    """A tunnel packet around another."""
    return encode_ipv6(entry_point, exit_point, inner, next_header=IPPROTO_IPV6)


def user_packet(
    source: IPv6Address,
    destination: IPv6Address,
    number: int,
    *,
    size: int = 0,
    hop_limit: int = ROUTER_HOP_LIMIT,
) -> bytes:
    """A packet of a user, with its number in it, of so many octets if they are enough."""
    text = f"packet {number}".encode()
    room = size - HEADER_SIZE - _UDP_HEADER_SIZE
    if len(text) < room:
        text = (text + b".").ljust(room, b".")
    header = b"\x13\x89\x13\x89" + (_UDP_HEADER_SIZE + len(text)).to_bytes(2)
    checksum = checksum_of(header + b"\0\0" + text, source, destination, IPPROTO_UDP)
    payload = header + checksum.to_bytes(2) + text
    return encode_ipv6(
        source, destination, payload, next_header=IPPROTO_UDP, hop_limit=hop_limit
    )


def neighbour_answer(
    target: IPv6Address, scene: Scene, asking: IPv6Address
) -> bytes | None:
    """A node's answer to a Neighbor Solicitation; None to duplicate address detection.

    RFC 4861, section 7.2.4: to the source, with the link-layer address of the node.
    """
    if asking.is_unspecified:
        return None
    told = NeighborAdvertisement(
        target,
        (TargetLinkLayerAddress(scene.link_layer),),
        solicited=True,
        override=True,
    )
    return discovery_packet(told, target, asking)
