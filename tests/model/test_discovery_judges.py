"""Independent judges: tshark and scapy read from our Neighbor Discovery what we meant."""

from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path
from random import Random
from typing import Any

import pytest
from random_discovery import random_discovery
from tshark import dissect

from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import (
    DISCOVERY_CLASSES,
    DiscoveryMessage,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from pmip6.model.discovery.options import (
    DISCOVERY_OPTION_CLASSES,
    DiscoveryOption,
    Mtu,
    PrefixInformation,
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
    UnknownDiscoveryOption,
)

COUNT = 300
CHECKSUM_IS_GOOD = 1
RNG = Random(4861)
SENT = [random_discovery(RNG) for _ in range(COUNT)]
PACKETS = [
    discovery_packet(each.message, each.source, each.destination) for each in SENT
]

Field = tuple[str, int | bytes]
"""Name that tshark gives a field, and its value."""


def test_the_messages_hold_every_kind_and_option() -> None:
    assert {type(sent.message) for sent in SENT} == set(DISCOVERY_CLASSES)
    kinds = {type(option) for sent in SENT for option in sent.message.options}
    assert kinds == {*DISCOVERY_OPTION_CLASSES.values(), UnknownDiscoveryOption}


def _fields_of_message(message: DiscoveryMessage) -> Iterator[Field]:
    """Fields that tshark is to show for a message, in wire order."""
    yield "icmpv6.type", int(message.TYPE)
    yield "icmpv6.code", 0
    yield "icmpv6.checksum.status", CHECKSUM_IS_GOOD
    match message:
        case RouterSolicitation():
            pass
        case RouterAdvertisement():
            yield "icmpv6.nd.ra.cur_hop_limit", message.current_hop_limit
            yield "icmpv6.nd.ra.flag.m", int(message.managed)
            yield "icmpv6.nd.ra.flag.o", int(message.other)
            yield "icmpv6.nd.ra.flag.rsv", 0
            yield "icmpv6.nd.ra.router_lifetime", message.router_lifetime
            yield "icmpv6.nd.ra.reachable_time", message.reachable_time
            yield "icmpv6.nd.ra.retrans_timer", message.retransmission_timer
        case NeighborSolicitation():
            yield "icmpv6.nd.ns.target_address", message.target.packed
        case NeighborAdvertisement():
            yield "icmpv6.nd.na.flag.r", int(message.router)
            yield "icmpv6.nd.na.flag.s", int(message.solicited)
            yield "icmpv6.nd.na.flag.o", int(message.override)
            yield "icmpv6.nd.na.target_address", message.target.packed
    for option in message.options:
        yield from _fields_of_option(option)


def _fields_of_option(option: DiscoveryOption) -> Iterator[Field]:
    """Fields that tshark is to show for an option, in wire order."""
    yield "icmpv6.opt.type", int(option.type_number)
    yield "icmpv6.opt.length", (2 + len(option.data())) // 8
    match option:
        case SourceLinkLayerAddress():
            yield "icmpv6.opt.src_linkaddr", option.address
        case TargetLinkLayerAddress():
            yield "icmpv6.opt.target_linkaddr", option.address
        case PrefixInformation():
            yield "icmpv6.opt.prefix.length", option.prefix_length
            yield "icmpv6.opt.prefix.flag.l", int(option.on_link)
            yield "icmpv6.opt.prefix.flag.a", int(option.autonomous)
            yield "icmpv6.opt.prefix.valid_lifetime", option.valid_lifetime
            yield "icmpv6.opt.prefix.preferred_lifetime", option.preferred_lifetime
            yield "icmpv6.opt.prefix", option.prefix.packed
        case Mtu():
            yield "icmpv6.opt.mtu", option.mtu
        case UnknownDiscoveryOption():
            yield "icmpv6.data", option.content
        case _:
            raise AssertionError(f"no tshark field for {option}")


def test_tshark_reads_the_same_values_and_checksums(tmp_path: Path) -> None:
    expected = [list(_fields_of_message(sent.message)) for sent in SENT]
    kinds = {name: type(value) for fields in expected for name, value in fields}
    for wanted, packet in zip(expected, dissect(PACKETS, tmp_path), strict=True):
        seen: list[Field] = []
        for field in packet.iter("field"):
            name = field.get("name", "")
            if kinds.get(name) is int:
                seen.append((name, int(field.get("show", ""), 0)))
            elif kinds.get(name) is bytes:
                seen.append((name, bytes.fromhex(field.get("value", ""))))
        assert seen == wanted
        names = {field.get("name") for field in packet.iter("field")}
        assert "_ws.malformed" not in names
    print(f"tshark: {COUNT} messages, {sum(map(len, expected))} fields agree")


def _read_by_scapy(option: Any) -> tuple[Any, ...]:
    """Type and values of an option as scapy read it."""
    values = {
        1: ("lladdr",),
        2: ("lladdr",),
        3: ("prefixlen", "L", "A", "validlifetime", "preferredlifetime", "prefix"),
        5: ("mtu",),
    }.get(option.type, ("data",))
    return (option.type, *(getattr(option, name) for name in values))


def _wanted_of_scapy(option: DiscoveryOption) -> tuple[Any, ...]:
    match option:
        case SourceLinkLayerAddress() | TargetLinkLayerAddress():
            return option.type_number, option.address.hex(":")
        case PrefixInformation():
            return (
                3,
                option.prefix_length,
                option.on_link,
                option.autonomous,
                option.valid_lifetime,
                option.preferred_lifetime,
                str(option.prefix),
            )
        case Mtu():
            return 5, option.mtu
        case _:
            return option.type_number, option.data()


def _values_of(message: DiscoveryMessage) -> dict[str, int | str]:
    """Fields of scapy's class for a message."""
    match message:
        case RouterSolicitation():
            return {"res": 0}
        case RouterAdvertisement():
            return {
                "chlim": message.current_hop_limit,
                "M": message.managed,
                "O": message.other,
                "routerlifetime": message.router_lifetime,
                "reachabletime": message.reachable_time,
                "retranstimer": message.retransmission_timer,
            }
        case NeighborSolicitation():
            return {"res": 0, "tgt": str(message.target)}
        case NeighborAdvertisement():
            return {
                "R": message.router,
                "S": message.solicited,
                "O": message.override,
                "res": 0,
                "tgt": str(message.target),
            }


def test_scapy_reads_the_same_values_and_checksums() -> None:
    inet6 = pytest.importorskip(
        "scapy.layers.inet6", reason="scapy is not installed: tshark judges alone"
    )
    for sent, packet in zip(SENT, PACKETS, strict=True):
        read = inet6.IPv6(packet)
        assert read.hlim == 255 and read.payload.type == sent.message.TYPE
        without = packet[40:42] + bytes(2) + packet[44:]
        under = inet6.IPv6(src=str(sent.source), dst=str(sent.destination))
        assert inet6.in6_chksum(58, under, without) == read.payload.cksum
        seen = {name: getattr(read.payload, name) for name in _values_of(sent.message)}
        assert seen == _values_of(sent.message)
        options: list[Any] = []
        layer = read.payload.payload
        while layer:
            options.append(layer.copy())
            layer = layer.payload
        assert [_read_by_scapy(option) for option in options] == [
            _wanted_of_scapy(option) for option in sent.message.options
        ]
    print(f"scapy: {COUNT} messages agree")


def test_scapy_writes_what_we_read() -> None:
    """The other way round: octets that we did not make."""
    inet6 = pytest.importorskip("scapy.layers.inet6", reason="scapy is not installed")
    packet = bytes(
        inet6.IPv6(src="fe80::1", dst="ff02::2", hlim=255)
        / inet6.ICMPv6ND_RS()
        / inet6.ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:01:01")
    )
    read = decode_discovery_packet(packet)
    assert read is not None and read[1].findings == ()
    source = SourceLinkLayerAddress(bytes.fromhex("020000000101"))
    assert read[1].valid_message == RouterSolicitation((source,))
    assert read[0].source == IPv6Address("fe80::1")
