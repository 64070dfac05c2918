"""What a gateway has sent, as the golden exchanges speak of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Any

from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.messages import RouterAdvertisement, discovery_options_of
from pmip6.model.discovery.options import (
    DiscoveryOption,
    Mtu,
    PrefixInformation,
    SourceLinkLayerAddress,
)
from pmip6.model.wire.checksum import checksum_of
from pmip6.model.wire.ipv6 import Ipv6Packet, decode_ipv6, decode_packet, encode_ipv6
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import IPPROTO_MOBILITY

IPPROTO_IPV6, IPPROTO_UDP = 41, 17
TYPES: dict[str, int] = {
    "MN-ID": 8,
    "HNP": 22,
    "Handoff Indicator": 23,
    "Access Technology Type": 24,
    "MN-LL-ID": 25,
    "Link-local Address": 26,
    "Timestamp": 27,
    "Context Request": 40,
    "LMA Address": 41,
}
MAG2 = IPv6Address("2001:db8:1::12")
HANDOVER: dict[int, tuple[str, dict[str, int]]] = {
    14: ("HI", {"S": 0x80, "U": 0x40, "P": 0x20, "F": 0x10}),
    15: ("HAck", {"U": 0x80, "P": 0x40, "F": 0x20}),
}
"""Handover messages by MH Type, with the masks of their flags (RFC 5949, section 8)."""
FIXED_OCTETS = {5: 12, 14: 10, 15: 10}
"""Octets before the options, by MH Type."""


@dataclass
class Seen:
    """Something that the gateway has sent: to whom, what, and what can be said of it."""

    at_ms: int
    to: str
    kind: str
    fields: dict[str, Any]
    options: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    destination_options: list[str] = field(default_factory=list[str])
    is_consumed: bool = False


def read(at_ms: int, sent: Sent, layers: Mapping[bytes, str]) -> Seen:
    """Something that a gateway has sent; `layers` are nodes by link-layer address."""
    packet = decode_ipv6(sent.packet)
    assert packet is not None, "no IPv6 packet"
    to = "LMA" if isinstance(sent, ToNetwork) else "MN"
    if isinstance(sent, ToNetwork) and packet.destination == MAG2:
        to = "MAG2"
    fields: dict[str, Any] = {
        "src": str(packet.source),
        "dst": str(packet.destination),
        "hop_limit": packet.hop_limit,
    }
    if not isinstance(sent, ToNetwork):
        fields["mn"] = layers[sent.node]
    signalling = decode_packet(sent.packet)
    if signalling is not None and isinstance(signalling[1].message, ProxyBindingUpdate):
        return _read_request(at_ms, to, fields, packet, signalling[1].message)
    if packet.next_header == IPPROTO_MOBILITY and packet.payload[2] in HANDOVER:
        return _read_handover(at_ms, to, fields, packet)
    discovery = decode_discovery_packet(sent.packet)
    if discovery is not None and isinstance(discovery[1].message, RouterAdvertisement):
        assert discovery[1].is_valid, discovery[1].findings
        return _read_advertisement(at_ms, to, fields, packet, discovery[1].message)
    outer = None
    if packet.next_header == IPPROTO_IPV6:
        outer = {"src": fields["src"], "dst": fields["dst"]}
        inner = decode_ipv6(packet.payload)
        assert inner is not None
        packet = inner
        fields |= {"src": str(inner.source), "dst": str(inner.destination)}
    fields |= {"outer": outer, "payload": packet.payload[8:].decode("latin-1")}
    return Seen(at_ms, to, "data", fields)


def user_packet(data: Mapping[str, Any]) -> bytes:
    """A UDP packet with the payload of a `data` message."""
    source, destination = IPv6Address(data["src"]), IPv6Address(data["dst"])
    text = data["payload"].encode()
    header = b"\x13\x89\x13\x89" + (8 + len(text)).to_bytes(2)
    checksum = checksum_of(header + b"\0\0" + text, source, destination, IPPROTO_UDP)
    return encode_ipv6(
        source,
        destination,
        header + checksum.to_bytes(2) + text,
        next_header=IPPROTO_UDP,
    )


def _read_request(
    at_ms: int,
    to: str,
    fields: dict[str, Any],
    packet: Ipv6Packet,
    message: ProxyBindingUpdate,
) -> Seen:
    fields |= {
        "sequence": message.sequence,
        "lifetime_units": message.lifetime,
        "P": int(message.proxy),
        "A": int(message.acknowledge),
        "H": int(message.home_registration),
        "mh_type": packet.payload[2],
        "mh_length": len(packet.payload),
    }
    options = _named_options(packet.payload)
    home = ["Home Address"] if packet.home_address is not None else []
    return Seen(at_ms, to, "PBU", fields, options, home)


def _read_handover(
    at_ms: int, to: str, fields: dict[str, Any], packet: Ipv6Packet
) -> Seen:
    """An HI or HAck, read by hand as RFC 5949, sections 6.1 and 8, lays it out."""
    payload = packet.payload
    kind, masks = HANDOVER[payload[2]]
    fields |= {
        "sequence": int.from_bytes(payload[6:8]),
        "flags_octet": payload[8],
        "code": payload[9],
        "mh_type": payload[2],
        "mh_length": len(payload),
        **{flag: int(payload[8] & mask != 0) for flag, mask in masks.items()},
    }
    assert not checksum_of(payload, packet.source, packet.destination)
    return Seen(at_ms, to, kind, fields, _named_options(payload))


def _named_options(payload: bytes) -> list[dict[str, Any]]:
    names = {number: name for name, number in TYPES.items()}
    return [
        {"option": names.get(number, "other")} | _option_fields(number, at, data)
        for number, at, data in _options(payload)
        if number > 1
    ]


def _options(payload: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, offset and data of the options of a message, read by hand."""
    at = FIXED_OCTETS[payload[2]]
    while at < len(payload):
        if payload[at] == 0:
            at += 1
            continue
        end = at + 2 + payload[at + 1]
        yield payload[at], at, payload[at + 2 : end]
        at = end


def _option_fields(number: int, at: int, data: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "type": number,
        "length": len(data),
        "offset_mod_8": at % 8,
    }
    match number:
        case 8:
            fields["value"] = data[1:].decode()
        case 22:
            fields |= {
                "reserved": data[0],
                "prefix_length": data[1],
                "prefix": str(IPv6Address(data[2:])),
            }
        case 23 | 24:
            fields |= {"reserved": data[0], "value": data[1]}
        case 25:
            fields |= {"reserved": int.from_bytes(data[:2]), "value": data[2:].hex(":")}
        case 26:
            fields["value"] = str(IPv6Address(data))
        case 27:
            fields["value"] = int.from_bytes(data)
        case 41:
            fields |= {
                "option_code": data[0],
                "reserved": data[1],
                "value": str(IPv6Address(data[2:])),
            }
        case _:
            fields["value"] = data.hex()
    return fields


def _read_advertisement(
    at_ms: int,
    to: str,
    fields: dict[str, Any],
    packet: Ipv6Packet,
    message: RouterAdvertisement,
) -> Seen:
    told = discovery_options_of(message, SourceLinkLayerAddress)
    fields |= {
        "code": packet.payload[1],
        "router_lifetime": message.router_lifetime,
        "link_layer_src": told[0].address.hex(":") if told else None,
    }
    options = [found for o in message.options if (found := _discovery_option(o))]
    return Seen(at_ms, to, "RA", fields, options)


def _discovery_option(option: DiscoveryOption) -> dict[str, Any]:
    match option:
        case PrefixInformation():
            return {
                "option": "Prefix Information",
                "prefix": str(option.prefix),
                "prefix_length": option.prefix_length,
                "L": int(option.on_link),
                "valid_lifetime": option.valid_lifetime,
            }
        case Mtu():
            return {"option": "MTU", "value": option.mtu}
        case _:
            return {}
