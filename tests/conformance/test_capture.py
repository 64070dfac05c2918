"""Capture files: read back as written, seen alike by tshark, never half there."""

import os
import shutil
import struct
import subprocess
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmip6.conformance.wire.capture import Capture, CapturedPacket, read, write
from pmip6.conformance.wire.packet_port import ipv6_packet
from pmip6.model.errors import Pmip6Error

MAG, LMA = IPv6Address("2001:db8::1"), IPv6Address("2001:db8::100")
SECOND = 1_700_000_000 * 10**9
CASE = Capture(
    (
        CapturedPacket(
            SECOND + 1, ipv6_packet(MAG, LMA, bytes(16)), "PBU: erste Übung", True
        ),
        CapturedPacket(
            SECOND + 123_456_789, ipv6_packet(LMA, MAG, bytes(7)), "PBA, 5213-x", False
        ),
        CapturedPacket(
            SECOND + 999_999_999, ipv6_packet(LMA, MAG, b"", protocol=59), "", None
        ),
    ),
    "TP_LMA_REG_BV_03",
    "tester0",
)


def test_a_capture_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "case.pcapng"
    write(path, CASE)
    assert read(path) == CASE
    assert os.listdir(tmp_path) == ["case.pcapng"]
    assert path.stat().st_size == 412


def test_a_comment_that_is_too_long_is_cut_between_characters(tmp_path: Path) -> None:
    path = tmp_path / "case.pcapng"
    write(path, Capture((CapturedPacket(0, b"", "Ü" * 40_000),)))
    assert read(path).packets[0].comment == "Ü" * 32_767


def test_tshark_sees_comments_times_and_addresses(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("needs tshark")
    path = tmp_path / "case.pcapng"
    write(path, CASE)
    fields = ("frame.time_epoch", "ipv6.src", "ipv6.dst", "frame.comment")
    fields += ("frame.packet_flags_direction",)
    run = subprocess.run(
        [tshark, "-n", "-r", str(path), "-T", "fields", "-E", "separator=|"]
        + [word for field in fields for word in ("-e", field)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines() == [
        "1700000000.000000001|2001:db8::1|2001:db8::100|PBU: erste Übung|0x00000002",
        "1700000000.123456789|2001:db8::100|2001:db8::1|PBA, 5213-x|0x00000001",
        "1700000000.999999999|2001:db8::100|2001:db8::1||",
    ]


def test_an_older_file_stays_when_a_new_one_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "case.pcapng"
    write(path, CASE)
    before = path.read_bytes()
    with pytest.raises(struct.error):
        write(path, Capture((CapturedPacket(-1, b""),)))
    assert path.read_bytes() == before
    with pytest.raises(Pmip6Error, match="cannot be written: No such file"):
        write(tmp_path / "none" / "case.pcapng", CASE)
    assert os.listdir(tmp_path) == ["case.pcapng"]


def _whole(tmp_path: Path) -> bytes:
    path = tmp_path / "whole.pcapng"
    write(path, CASE)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("start", "end", "patch", "reason"),
    [
        (0, 0, b"", "offset 0: the file is empty"),
        (0, None, b"\xd4\xc3\xb2\xa1", "offset 0: no section header"),
        (8, None, b"\0\0\0\0", "offset 0: the section header has no byte-order magic"),
        (0, 60, b"", "offset 0: length 64 does not fit the file"),
        (68, None, b"\x0b", "offset 64: length 11 does not fit the file"),
        (0, -4, b"", "offset 340: length 72 does not fit the file"),
        (64, None, b"\x99", "offset 108: interface 0 is not described before it"),
        (72, None, b"\x01", "offset 108: its link type is neither"),
        (104, None, b"\x00", "offset 64: its two lengths differ"),
        (128, None, b"\xff", "offset 108: its packet of 255 bytes ends after"),
        (132, None, b"\xff", "offset 108: it has 56 of the 255 bytes"),
    ],
)
def test_a_broken_file_is_told_by_offset(
    tmp_path: Path, start: int, end: int | None, patch: bytes, reason: str
) -> None:
    content = _whole(tmp_path)[:end]
    broken = tmp_path / "broken.pcapng"
    broken.write_bytes(content[:start] + patch + content[start + len(patch) :])
    with pytest.raises(Pmip6Error, match=rf"broken.pcapng: block at {reason}"):
        read(broken)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Pmip6Error, match="cannot be read: No such file"):
        read(tmp_path / "none.pcapng")


def test_a_capture_of_the_other_byte_order_and_microseconds(tmp_path: Path) -> None:
    """What other tools write: big-endian, no options, an unknown block, times in us."""
    data = ipv6_packet(MAG, LMA, b"")

    def block(kind: int, body: bytes) -> bytes:
        total = len(body) + 12
        return struct.pack(">II", kind, total) + body + struct.pack(">I", total)

    ticks = SECOND // 1000 + 7
    packet = (0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    path = tmp_path / "big.pcapng"
    path.write_bytes(
        block(0x0A0D0D0A, struct.pack(">IHHq", 0x1A2B3C4D, 1, 0, -1))
        + block(1, struct.pack(">HHI", 101, 0, 0))
        + block(5, bytes(12))
        + block(6, struct.pack(">IIIII", *packet) + data)
    )
    assert read(path) == Capture((CapturedPacket(SECOND + 7000, data),))


@given(st.data())
def test_no_mutation_raises_anything_but_the_one_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("mutated")
    content = bytearray(_whole(directory))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    path = directory / "mutated.pcapng"
    path.write_bytes(content)
    try:
        assert isinstance(read(path), Capture)
    except Pmip6Error as error:
        assert "block at offset" in error.reason
