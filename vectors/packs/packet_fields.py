"""What a packet says, as plain data by the names of the RFCs: signalling, Neighbor
Discovery, errors, tunnel packets and user packets.

The packs tell of a packet in this form, and a packet of an implementation is read into it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import cast

from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.messages import DiscoveryMessage
from pmip6.model.findings import FormatFinding
from pmip6.model.requirements.tables import Level
from pmip6.model.wire.icmp_errors import error_in
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, Ipv6Packet, decode_ipv6, decode_packet
from pmip6.model.wire.numbers import IPPROTO_ICMPV6
from pmip6.model.wire.tunnel_packets import ecn_of
from pmip6.vectors.packs.wire_group import message_fields, plain

Fields = dict[str, object]
OCTETS_OF_A_CODE = 2


def packet_fields(data: bytes) -> Fields:
    """The fields of an IPv6 packet; options are lists by their names.

    `flags` has the format rules with MUST that it breaks; `kind` says what it is: a
    mobility message, a discovery message, `Error` (ICMPv6), `Tunnel` or `Packet`.
    """
    packet = decode_ipv6(data)
    if packet is None:
        return {"kind": "Octets", "hex": data.hex()}
    ends: Fields = {
        "source": str(packet.source),
        "destination": str(packet.destination),
    }
    signalling = decode_packet(data, proxy_expected=True)
    if signalling is not None:
        header, decoded = signalling
        said: Fields = {"kind": "unreadable"}
        if decoded.message is not None:
            said = message_fields(decoded.message)
            said["options"] = _by_name(cast("list[Fields]", said["options"]))
        return {**ends, **said, "flags": _flags(*header.findings, *decoded.findings)}
    discovery = decode_discovery_packet(data)
    if discovery is not None:
        header, found = discovery
        told = {"kind": "unreadable"} if found.message is None else _told(found.message)
        return {**ends, **told, "flags": _flags(*found.findings)}
    return {**ends, **_other(packet, data), "flags": _flags(*packet.findings)}


def _flags(*findings: FormatFinding) -> list[str]:
    broken = (f.rule.name for f in findings if f.level is Level.MUST)
    return list(dict.fromkeys(broken))


def _by_name(options: list[Fields]) -> Fields:
    found: dict[str, list[Fields]] = {}
    for option in options:
        left = {k: v for k, v in option.items() if k not in ("option", "number")}
        if len(left) > 1:
            del left["data"]  # told by the fields
        found.setdefault(str(option["option"]), []).append(left)
    return dict(found)


def _told(message: DiscoveryMessage) -> Fields:
    options: dict[str, list[Fields]] = {}
    for option in message.options:
        said = {f.name: plain(getattr(option, f.name)) for f in fields(option)}
        options.setdefault(type(option).__name__, []).append(said)
    told = {
        f.name: plain(getattr(message, f.name))
        for f in fields(message)
        if f.name != "options"
    }
    return {"kind": type(message).__name__, **told, "options": options}


def _other(packet: Ipv6Packet, data: bytes) -> Fields:
    error = error_in(data)
    if error is not None:
        return {
            "kind": "Error",
            "type": error.kind,
            "code": packet.payload[1],
            "word": error.word,
            "about": _quoted(error.about),
        }
    mark = int(ecn_of(data))
    if packet.next_header == IPPROTO_IPV6:
        return {"kind": "Tunnel", "ecn": mark, "inner": packet_fields(packet.payload)}
    content = packet.payload
    if packet.next_header == IPPROTO_ICMPV6:  # its checksum follows from the rest
        content = content[:OCTETS_OF_A_CODE] + content[2 * OCTETS_OF_A_CODE :]
    return {
        "kind": "Packet",
        "next_header": packet.next_header,
        "hop_limit": packet.hop_limit,
        "ecn": mark,
        "payload": content.hex(),
    }


def _quoted(about: bytes) -> Fields:
    """The ends of the packet that an error quotes, which may be cut off."""
    packet = decode_ipv6(about)
    if packet is None:
        return {}
    return {"source": str(packet.source), "destination": str(packet.destination)}
