"""GRE headers with a key between gateways: octets, what is refused, what others read."""

from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import pytest
from tshark import dissect

from pmip6.model.wire.gre import gre_payload, read_gre
from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.model.wire.ipv6 import decode_ipv6, encode_ipv6
from pmip6.model.wire.numbers import IPPROTO_GRE
from pmip6.model.wire.tunnel_packets import Loss, Tunnel, decapsulate, encapsulate

ONE, OTHER = IPv6Address("2001:db8:1::11"), IPv6Address("2001:db8:1::12")
CN, MN = IPv6Address("2001:db8:c::9"), IPv6Address("2001:db8:100:1::7")
KEY = 0x00120007
TUNNEL = Tunnel(ONE, OTHER, gre_key=KEY)
UDP = 17


def _datagram(size: int = 8) -> bytes:
    payload = b"\0\x09\0\x09" + size.to_bytes(2) + bytes(size - 6)
    return encode_ipv6(CN, MN, payload, next_header=UDP)


def _one(tunnel: Tunnel = TUNNEL) -> bytes:
    (packet,) = encapsulate(_datagram(), tunnel).packets
    return packet


def test_the_octets_of_the_header() -> None:
    packet = _one()
    header = decode_ipv6(packet)
    assert header is not None and header.next_header == IPPROTO_GRE
    assert header.payload[:8] == bytes.fromhex("2000 86dd 00120007")


def test_what_goes_in_comes_out_with_the_key() -> None:
    packet = _one()
    assert decapsulate(packet) is None  # an end that knows no GRE
    out = decapsulate(packet, takes_gre=True)
    assert out is not None and out.gre_key == KEY
    assert out.original[40:] == _datagram()[40:]


def test_without_a_key_there_is_no_header() -> None:
    out = decapsulate(_one(Tunnel(ONE, OTHER)), takes_gre=True)
    assert out is not None and out.gre_key is None


def test_the_header_takes_room() -> None:
    """Eight octets less fit a tunnel with a key; both cut up what is no larger."""
    for key, room in ((None, 1460), (KEY, 1452)):
        tunnel = Tunnel(ONE, OTHER, gre_key=key)
        assert encapsulate(_datagram(room - 40), tunnel).loss is None
        assert encapsulate(_datagram(room - 39), tunnel).loss is Loss.TOO_BIG
    small = Tunnel(ONE, OTHER, LEAST_MTU, gre_key=KEY)
    assert len(encapsulate(_datagram(LEAST_MTU - 40), small, 1).packets) == 2


def _checked(original: bytes) -> bytes:
    head = bytes.fromhex("a000 86dd 0000 0000") + KEY.to_bytes(4)
    total = -(int.from_bytes(head + original) << (8 * (len(original) & 1))) % 0xFFFF
    return head[:4] + total.to_bytes(2) + head[6:] + original


def test_a_checksum_is_verified_and_a_sequence_number_passed_over() -> None:
    for size in (8, 9):
        payload = _checked(_datagram(size))
        read = read_gre(payload)
        assert read is not None and read.original == _datagram(size)
        assert read_gre(payload[:-1] + b"\xff") is None
    numbered = bytes.fromhex("3000 86dd") + KEY.to_bytes(4) + bytes(4)
    read = read_gre(numbered + _datagram())
    assert read is not None and (read.key, read.original) == (KEY, _datagram())


@pytest.mark.parametrize(
    "payload",
    [
        gre_payload(_datagram(), KEY)[:7],
        bytes.fromhex("0000 86dd") + _datagram(),  # no key
        bytes.fromhex("2000 0800") + KEY.to_bytes(4) + _datagram(),  # IPv4
        bytes.fromhex("2001 86dd") + KEY.to_bytes(4) + _datagram(),  # version 1
        bytes.fromhex("6000 86dd") + KEY.to_bytes(4) + _datagram(),  # a reserved bit
        bytes.fromhex("3000 86dd") + KEY.to_bytes(4) + b"\0\0\0",  # cut off
    ],
)
def test_what_is_refused(payload: bytes) -> None:
    assert read_gre(payload) is None
    packet = encode_ipv6(ONE, OTHER, payload, next_header=IPPROTO_GRE)
    assert decapsulate(packet, takes_gre=True) is None


def test_what_carries_no_whole_packet_is_refused() -> None:
    payload = gre_payload(_datagram()[:-1], KEY)
    packet = encode_ipv6(ONE, OTHER, payload, next_header=IPPROTO_GRE)
    assert decapsulate(packet, takes_gre=True) is None


def test_tshark_reads_the_same(tmp_path: Path) -> None:
    (packet,) = dissect([_one()], tmp_path)
    shown = {f.get("name"): f.get("show") for f in packet.iter("field")}
    assert int(str(shown["gre.key"]), 0) == KEY
    assert int(str(shown["gre.proto"]), 0) == 0x86DD
    assert [p.get("name") for p in packet.iter("proto")].count("ipv6") == 2


def test_scapy_reads_the_same() -> None:
    inet6: Any = pytest.importorskip("scapy.layers.inet6", reason="scapy is not here")
    gre: Any = pytest.importorskip("scapy.layers.l2").GRE
    read = inet6.IPv6(_one())
    assert read[gre].key == KEY and read[gre].proto == 0x86DD
    assert str(read[gre].payload.dst) == str(MN)
