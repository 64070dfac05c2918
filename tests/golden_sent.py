"""What a gateway has sent, as the golden exchanges speak of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Any

from pmip6.conformance.gateway_port import Sent, ToNetwork
from pmip6.model.checksum import checksum_of
from pmip6.model.discovery_decoding import decode_discovery_packet
from pmip6.model.discovery_messages import RouterAdvertisement, discovery_options_of
from pmip6.model.discovery_options import (
    DiscoveryOption,
    Mtu,
    PrefixInformation,
    SourceLinkLayerAddress,
)
from pmip6.model.ipv6 import Ipv6Packet, decode_ipv6, decode_packet, encode_ipv6
from pmip6.model.messages import ProxyBindingUpdate

IPPROTO_IPV6, IPPROTO_UDP = 41, 17
TYPES: dict[str, int] = {
    "MN-ID": 8,
    "HNP": 22,
    "Handoff Indicator": 23,
    "Access Technology Type": 24,
    "MN-LL-ID": 25,
    "Link-local Address": 26,
    "Timestamp": 27,
}


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
    names = {number: name for name, number in TYPES.items()}
    options = [
        {"option": names.get(number, "other")} | _option_fields(number, at, data)
        for number, at, data in _options(packet.payload)
        if number > 1
    ]
    home = ["Home Address"] if packet.home_address is not None else []
    return Seen(at_ms, to, "PBU", fields, options, home)


def _options(payload: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, offset and data of the options of a Binding Update, read by hand."""
    at = 12
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
