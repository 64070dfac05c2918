"""Tunnel packets: round trips, sizes, congestion marks; scapy and tshark read them."""

import shutil
import struct
import subprocess
from ipaddress import IPv6Address
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmip6.model.wire.icmp_errors import LEAST_MTU, icmp_error
from pmip6.model.wire.ipv6 import decode_ipv6, encode_ipv6
from pmip6.model.wire.reassembly import REASSEMBLY_SECONDS, Reassembly
from pmip6.model.wire.tunnel_packets import (
    Ecn,
    Loss,
    Tunnel,
    decapsulate,
    ecn_of,
    encapsulate,
    forward,
    original_ecn,
    tunnel_ecn,
    with_ecn,
)

LMA, MAG = IPv6Address("2001:db8:f::1"), IPv6Address("2001:db8:f::2")
CN, MN = IPv6Address("2001:db8:c::9"), IPv6Address("2001:db8:1::7")
TUNNEL = Tunnel(LMA, MAG)
UDP = 17
LINKTYPE_IPV6 = 229
TIME_EXCEEDED, PACKET_TOO_BIG, PARAMETER_PROBLEM, UNREACHABLE = 3, 2, 4, 1


def datagram(size: int = 8, *, hop_limit: int = 64, traffic_class: int = 0) -> bytes:
    """An IPv6 packet with a UDP datagram of a size, from the CN to the MN."""
    payload = struct.pack(">HHHH", 9, 9, size, 0) + bytes(size - 8)
    return encode_ipv6(
        CN,
        MN,
        payload,
        next_header=UDP,
        hop_limit=hop_limit,
        traffic_class=traffic_class,
    )


def one(data: bytes, tunnel: Tunnel = TUNNEL) -> bytes:
    """The tunnel packet of an original one that fits."""
    (packet,) = encapsulate(data, tunnel).packets
    return packet


@given(
    st.integers(8, 1400),
    st.integers(2, 255),
    st.integers(0, 255),
    st.sampled_from((None, 0, 4)),
)
def test_an_original_packet_comes_out_one_hop_older(
    size: int, hop_limit: int, traffic_class: int, limit: int | None
) -> None:
    original = datagram(size, hop_limit=hop_limit, traffic_class=traffic_class)
    tunnelled = one(original, Tunnel(LMA, MAG, hop_limit=9, encapsulation_limit=limit))
    assert tunnelled[7] == 9
    out = decapsulate(tunnelled)
    assert out is not None
    assert (out.entry_point, out.exit_point) == (LMA, MAG)
    assert out.original == datagram(
        size, hop_limit=hop_limit - 1, traffic_class=traffic_class
    )


@pytest.mark.parametrize(
    ("original", "marked", "out"),
    [
        (Ecn.NOT_ECT, Ecn.NOT_ECT, Ecn.NOT_ECT),
        (Ecn.ECT_0, Ecn.ECT_0, Ecn.CE),
        (Ecn.ECT_1, Ecn.ECT_1, Ecn.CE),
        (Ecn.CE, Ecn.ECT_0, Ecn.CE),
    ],
)
def test_congestion_within_the_tunnel_is_told(
    original: Ecn, marked: Ecn, out: Ecn
) -> None:
    tunnelled = one(datagram(traffic_class=0xB8 | original))
    assert ecn_of(tunnelled) is marked is tunnel_ecn(original)
    if original is not Ecn.NOT_ECT:
        tunnelled = with_ecn(tunnelled, Ecn.CE)
    decapsulated = decapsulate(tunnelled)
    assert decapsulated is not None
    assert ecn_of(decapsulated.original) is out
    assert decapsulated.original[:2] == bytes((0x6B, 0x80 | out << 4))


def test_only_ce_changes_an_original_packet_and_only_one_that_is_capable() -> None:
    changed = {pair for pair in product(Ecn, Ecn) if original_ecn(*pair) is not pair[1]}
    assert changed == {(Ecn.CE, Ecn.ECT_0), (Ecn.CE, Ecn.ECT_1)}


@pytest.mark.parametrize("hop_limit", [0, 1])
def test_the_last_hop_is_told_to_the_source(hop_limit: int) -> None:
    data = datagram(hop_limit=hop_limit)
    passage = encapsulate(data, TUNNEL)
    assert (passage.packets, passage.loss) == ((), Loss.HOP_LIMIT)
    assert passage.reply == icmp_error(TIME_EXCEEDED, 0, 0, data, LMA, CN)


@pytest.mark.parametrize(
    ("size", "path_mtu", "mtu"),
    [
        (1420, 1500, None),
        (1421, 1500, 1460),
        (1240, 1280, None),
        (1241, 1280, 1280),
    ],
    ids=["fits", "larger than the tunnel", "least MTU", "larger than the least MTU"],
)
def test_what_is_too_big_is_told_to_the_source(
    size: int, path_mtu: int, mtu: int | None
) -> None:
    data = datagram(size)
    passage = encapsulate(data, Tunnel(LMA, MAG, path_mtu))
    if mtu is None:
        assert passage.loss is None
    else:
        assert passage.loss is Loss.TOO_BIG
        assert passage.reply == icmp_error(PACKET_TOO_BIG, 0, mtu, data, LMA, CN)


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_packet_of_the_least_mtu_goes_in_fragments(order: tuple[int, ...]) -> None:
    data = datagram(1240)
    pieces = encapsulate(data, Tunnel(LMA, MAG, LEAST_MTU), 77).packets
    assert len(pieces) == len(order)
    assert all(len(piece) <= LEAST_MTU for piece in pieces)
    waiting, whole = Reassembly(), None
    for index in order:
        assert whole is None
        waiting, whole = waiting.add(pieces[index], 0.0)
    assert whole == one(data)
    assert waiting == Reassembly()


def test_fragments_that_overlap_or_come_late_make_no_packet() -> None:
    first, second = encapsulate(datagram(1240), Tunnel(LMA, MAG, LEAST_MTU), 7).packets
    waiting, _ = Reassembly().add(first, 0.0)
    waiting, whole = waiting.add(first, 1.0)
    assert (waiting, whole) == (Reassembly(), None)
    waiting, _ = Reassembly().add(first, 0.0)
    _, whole = waiting.add(second, REASSEMBLY_SECONDS)
    assert whole is None


def test_a_limit_of_encapsulations_counts_down_and_ends() -> None:
    once = one(datagram(), Tunnel(LMA, MAG, encapsulation_limit=1))
    twice = one(once, Tunnel(CN, MN))
    assert twice[40:48] == bytes((41, 0, 4, 1, 0, 1, 1, 0))
    passage = encapsulate(twice, Tunnel(LMA, MAG, encapsulation_limit=4))
    assert passage.loss is Loss.ENCAPSULATION_LIMIT
    assert passage.reply == icmp_error(PARAMETER_PROBLEM, 0, 44, twice, LMA, CN)


@pytest.mark.parametrize(
    ("data", "loss"),
    [
        (b"", Loss.MALFORMED),
        (datagram()[:-1], Loss.MALFORMED),
        (encode_ipv6(IPv6Address("fe80::1"), MN, b"", next_header=59), Loss.SCOPE),
        (encode_ipv6(CN, IPv6Address("ff02::1"), b"", next_header=59), Loss.SCOPE),
        (encode_ipv6(IPv6Address("::"), MN, b"", next_header=59), Loss.SCOPE),
        (encode_ipv6(LMA, MAG, b"", next_header=59), Loss.LOOPBACK),
    ],
    ids=["nothing", "cut short", "link-local", "group", "unspecified", "loop"],
)
def test_what_no_router_passes_on_goes_into_no_tunnel(data: bytes, loss: Loss) -> None:
    assert encapsulate(data, TUNNEL).loss is loss


def test_an_error_about_an_error_is_told_to_nobody() -> None:
    error = icmp_error(UNREACHABLE, 0, 0, datagram(), CN, MN)
    assert forward(error[:7] + b"\1" + error[8:], LMA).reply is None


@pytest.mark.parametrize(
    "data",
    [
        datagram(),
        one(datagram())[:-1],
        one(datagram())[:80],
        encode_ipv6(LMA, MAG, datagram()[:-1], next_header=41),
        encode_ipv6(LMA, MAG, b"\x45" + bytes(60), next_header=41),
    ],
    ids=["no tunnel", "cut short", "no original", "original cut short", "IPv4"],
)
def test_what_is_no_whole_tunnel_packet_gives_no_original(data: bytes) -> None:
    assert decapsulate(data) is None


@given(st.binary(max_size=120))
def test_no_octets_raise(data: bytes) -> None:
    tunnelled = encode_ipv6(LMA, MAG, data, next_header=41)
    decapsulate(data)
    decapsulate(tunnelled)
    encapsulate(data, TUNNEL)
    encapsulate(encode_ipv6(CN, MN, data, next_header=60), TUNNEL)
    Reassembly().add(encode_ipv6(LMA, MAG, data, next_header=44), 0.0)


def test_scapy_makes_the_same_tunnel_packet() -> None:
    inet6: Any = pytest.importorskip("scapy.layers.inet6")
    original = inet6.IPv6(src=str(CN), dst=str(MN), nh=59, hlim=7, tc=2) / bytes(20)
    inner = inet6.IPv6(src=str(CN), dst=str(MN), nh=59, hlim=6, tc=2) / bytes(20)
    outer = inet6.IPv6(src=str(LMA), dst=str(MAG), nh=41, hlim=64, tc=2) / inner
    assert one(bytes(original)) == bytes(outer)
    option = inet6.HBHOptUnknown(otype=4, optlen=1, optdata=b"\3")
    pad = inet6.PadN(optdata=b"\0")
    limited = inet6.IPv6(src=str(LMA), dst=str(MAG), nh=60, hlim=64, tc=2)
    limited /= inet6.IPv6ExtHdrDestOpt(nh=41, options=[option, pad], autopad=0) / inner
    tunnel = Tunnel(LMA, MAG, encapsulation_limit=3)
    assert one(bytes(original), tunnel) == bytes(limited)


def test_tshark_reads_both_headers_fragments_and_errors(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed: scapy alone judges the tunnel packets")
    too_big = encapsulate(datagram(1421), TUNNEL).reply
    assert too_big is not None
    pieces = encapsulate(datagram(1240), Tunnel(LMA, MAG, LEAST_MTU), 77).packets
    packets = [one(datagram(20, traffic_class=1)), *pieces, too_big]
    capture = tmp_path / "tunnel.pcap"
    with capture.open("wb") as file:
        file.write(
            struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_IPV6)
        )
        for packet in packets:
            file.write(struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
    columns = "ipv6.nxt", "ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.tclass.ecn"
    columns += "icmpv6.type", "icmpv6.mtu", "icmpv6.checksum.status"
    run = subprocess.run(
        [tshark, "-n", "-r", str(capture), "-T", "fields", "-E", "separator=|"]
        + [part for column in columns for part in ("-e", column)],
        capture_output=True,
        check=True,
        text=True,
    )
    inside = f"{LMA},{CN}|{MAG},{MN}|64,63"
    assert run.stdout.splitlines() == [
        f"41,17|{inside}|1,1|||",
        f"44|{LMA}|{MAG}|64|0|||",
        f"44,17|{inside}|0,0|||",
        f"58,17|{LMA},{CN}|{CN},{MN}|64,64|0,0|2|1460|1",
    ]


def test_a_tunnel_packet_reads_as_one() -> None:
    packet = decode_ipv6(one(datagram()))
    assert packet is not None
    assert (packet.source, packet.destination, packet.next_header) == (LMA, MAG, 41)
