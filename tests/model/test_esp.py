"""ESP: what is protected comes out again, every check tells, and tshark agrees."""

from ipaddress import IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tshark import dissect

from pmip6.model.wire.encoding import encode
from pmip6.model.wire.esp import (
    EspCheck,
    ReplayWindow,
    SecurityAssociation,
    has_to_be_protected,
    is_esp,
    protect,
    unprotect,
)
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, encode_ipv6
from pmip6.model.wire.messages import BindingError, ProxyBindingUpdate
from pmip6.model.wire.numbers import IPPROTO_ICMPV6, IPPROTO_NONE
from pmip6.model.wire.options import MobileNodeIdentifier, Timestamp

GATEWAY, LMAA = IPv6Address("2001:db8::11"), IPv6Address("2001:db8::1")
HERE = SecurityAssociation(0x1001, bytes(range(32)), GATEWAY, LMAA)
THERE = SecurityAssociation(0x1002, bytes(32), IPv6Address("2001:db8::12"), LMAA)
SAD = {HERE.spi: HERE, THERE.spi: THERE}
WINDOW = 64


def _request(name: bytes = b"mn") -> bytes:
    message = ProxyBindingUpdate(1, 1, (MobileNodeIdentifier(name), Timestamp(1)))
    return encode_ipv6(GATEWAY, LMAA, encode(message, GATEWAY, LMAA))


def _changed(packet: bytes, at: int) -> bytes:
    return packet[:at] + bytes((packet[at] ^ 1,)) + packet[at + 1 :]


@given(st.binary(min_size=1, max_size=40), st.integers(1, 0xFFFFFFFF))
def test_what_is_protected_comes_out_again(name: bytes, sequence: int) -> None:
    packet = _request(name)
    under = protect(packet, HERE, sequence)
    assert is_esp(under) and not is_esp(packet) and len(under) % 4 == 0
    found = unprotect(under, SAD, {})
    assert not isinstance(found, EspCheck)
    assert (found.packet, found.association, found.sequence) == (packet, HERE, sequence)


def test_every_octet_after_the_ip_header_counts() -> None:
    under = protect(_request(), HERE, 1)
    assert {
        unprotect(_changed(under, at), SAD, {}) for at in range(48, len(under))
    } == {EspCheck.INTEGRITY}


@pytest.mark.parametrize(
    ("packet", "check"),
    [
        (protect(_request(), THERE, 1), EspCheck.ENDS),
        (_changed(protect(_request(), HERE, 1), 40), EspCheck.ASSOCIATION),
        (_changed(protect(_request(), HERE, 1), 23), EspCheck.ENDS),
        (_changed(protect(_request(), HERE, 1), -1), EspCheck.INTEGRITY),
        (protect(_request(), HERE, 9), EspCheck.REPLAY),
        (protect(_request(), HERE, 1)[:60], EspCheck.FORM),
        (
            protect(encode_ipv6(GATEWAY, LMAA, b"", next_header=59), HERE, 1),
            EspCheck.FORM,
        ),
    ],
    ids=["foreign SPI", "unknown SPI", "source", "ICV", "replay", "cut", "no message"],
)
def test_a_packet_that_fails_a_check_gives_the_check(
    packet: bytes, check: EspCheck
) -> None:
    windows = {HERE.spi: ReplayWindow().after(9)}
    assert unprotect(packet, SAD, windows) is check


@given(st.lists(st.integers(0, 200), max_size=40))
def test_the_window_takes_each_number_once_and_none_that_is_too_old(
    numbers: list[int],
) -> None:
    window, came = ReplayWindow(), set[int]()
    for number in numbers:
        is_old = number <= max(came, default=0) - WINDOW
        expected = number > 0 and number not in came and not is_old
        assert window.is_new(number) == expected
        if expected:
            window = window.after(number)
            came.add(number)


def test_only_updates_and_acknowledgements_have_to_be_protected() -> None:
    error = encode(BindingError(1, GATEWAY), LMAA, GATEWAY)
    assert has_to_be_protected(_request())
    assert not has_to_be_protected(encode_ipv6(LMAA, GATEWAY, error))
    for kind in (IPPROTO_ICMPV6, IPPROTO_NONE):
        packet = encode_ipv6(LMAA, GATEWAY, b"\4\0\5\0", next_header=kind)
        assert not has_to_be_protected(packet)


def _preferences(association: SecurityAssociation) -> tuple[str, ...]:
    """What tshark has to know to look into what is under an association."""
    told = (
        f'"IPv6","{GATEWAY}","{LMAA}","{association.spi:#010x}","NULL","",'
        f'"HMAC-SHA-256-128 [RFC4868]","0x{association.key.hex()}","32-bit"'
    )
    return (
        "esp.enable_authentication_check:TRUE",
        "esp.enable_encryption_decode:TRUE",
        f"uat:esp_sa:{told}",
    )


def test_tshark_takes_a_tunnel_packet_under_esp_for_tunnel_mode(tmp_path: Path) -> None:
    data = SecurityAssociation(0x3001, bytes(32), GATEWAY, LMAA, IPPROTO_IPV6)
    node, peer = IPv6Address("2001:db8:100::1"), IPv6Address("2001:db8:200::5")
    inner = encode_ipv6(node, peer, b"", next_header=IPPROTO_NONE)
    tunnelled = encode_ipv6(GATEWAY, LMAA, inner, next_header=IPPROTO_IPV6)
    under = protect(tunnelled, data, 1)
    (read,) = dissect([under], tmp_path, _preferences(data))
    told = [(f.get("name"), f.get("show")) for f in read.iter("field")]
    assert ("esp.icv_good", "1") in told and ("esp.protocol", "0x29") in told
    assert [show for name, show in told if name == "ipv6.src"] == [
        str(GATEWAY),
        str(node),
    ]


def test_what_an_association_is_not_for_does_not_come_through() -> None:
    data = SecurityAssociation(0x3001, bytes(32), GATEWAY, LMAA, IPPROTO_IPV6)
    assert (
        unprotect(protect(_request(), data, 1), {data.spi: data}, {}) is EspCheck.FORM
    )


def test_tshark_agrees(tmp_path: Path) -> None:
    names = [b"m" * n for n in range(1, 9)]
    packets = [protect(_request(name), HERE, n) for n, name in enumerate(names, 1)]
    packets.append(_changed(packets[0], -1 % len(packets[0])))
    read = dissect(packets, tmp_path, _preferences(HERE))
    for number, packet in enumerate(read, 1):
        told = {f.get("name"): f.get("show") for f in packet.iter("field")}
        assert told["esp.icv_good"] == ("1" if number <= len(names) else "0")
        if number <= len(names):
            assert told["esp.sequence"] == str(number)
            assert told["esp.protocol"] == "0x87"
            assert told["mip6.mhtype"] == "5"
