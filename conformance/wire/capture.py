"""Capture files in pcapng with a comment per packet.

python-pcapng 2.1.1 was looked at: it writes comments, but has no types, keeps its
times as floating-point seconds and tells no offset in its errors.  What evidence
needs of the format is small enough to stand here.

Source: draft-ietf-opsawg-pcapng, sections 3 and 4.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pmip6.model.errors import Pmip6Error
from pmip6.vectors.files import replace_file

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
ENHANCED_PACKET = 6
BYTE_ORDER_MAGIC = 0x1A2B3C4D

OPT_END = 0
OPT_COMMENT = 1
SHB_USERAPPL = 4
IF_NAME = 2
IF_TSRESOL = 9
EPB_FLAGS = 2
LONGEST_OPTION = 0xFFFF

LINKTYPE_RAW = 101
LINKTYPE_IPV6 = 229
NANOSECONDS = 10**9
INBOUND, OUTBOUND = 1, 2


@dataclass(frozen=True, slots=True)
class CapturedPacket:
    """One packet of a capture.

    Attributes:
        time_ns: Nanoseconds since 1970 (UTC).
        data: The packet from its IPv6 header on.
        comment: What the case has to say about it.
        outbound: True when the tester sent it, False when it received it, None
            when that is not known.
        interface: Name of its interface where that is not the first of the capture.
    """

    time_ns: int
    data: bytes
    comment: str = ""
    outbound: bool | None = None
    interface: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """The packets of one case in the order in which they were written.

    Attributes:
        comment: What the section comment says about the case.
        interface: Name of the first interface, "" when it is not told.
    """

    packets: tuple[CapturedPacket, ...]
    comment: str = ""
    interface: str = ""


def write(path: Path, capture: Capture) -> None:
    """Writes a capture file, whole or not at all.

    Raises:
        Pmip6Error: When the file cannot be written.
    """
    section = struct.pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, -1)
    section += _options((OPT_COMMENT, _text(capture.comment)), (SHB_USERAPPL, b"pmip6"))
    named = (packet.interface for packet in capture.packets)
    interfaces = list(dict.fromkeys([capture.interface, *filter(None, named)]))
    blocks = [_block(SECTION_HEADER, section)]
    blocks += [_block(INTERFACE_DESCRIPTION, _interface_body(i)) for i in interfaces]
    for packet in capture.packets:
        number = interfaces.index(packet.interface or capture.interface)
        blocks.append(_block(ENHANCED_PACKET, _packet_body(packet, number)))
    replace_file(path, b"".join(blocks))


def _interface_body(name: str) -> bytes:
    body = struct.pack("<HHI", LINKTYPE_IPV6, 0, 0)
    return body + _options((IF_NAME, _text(name)), (IF_TSRESOL, bytes([9])))


def _packet_body(packet: CapturedPacket, interface: int) -> bytes:
    high, low = packet.time_ns >> 32, packet.time_ns & 0xFFFFFFFF
    length = len(packet.data)
    body = struct.pack("<IIIII", interface, high, low, length, length)
    body += _padded(packet.data)
    flags = b""
    if packet.outbound is not None:
        flags = struct.pack("<I", OUTBOUND if packet.outbound else INBOUND)
    return body + _options((OPT_COMMENT, _text(packet.comment)), (EPB_FLAGS, flags))


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _text(value: str) -> bytes:
    """A text as an option holds it: cut between two characters where it is too long."""
    return value.encode()[:LONGEST_OPTION].decode(errors="ignore").encode()


def _options(*options: tuple[int, bytes]) -> bytes:
    """The options that have a value, with their end mark."""
    encoded = [
        struct.pack("<HH", code, len(value)) + _padded(value)
        for code, value in options
        if value
    ]
    return b"".join([*encoded, bytes(4)]) if encoded else b""


def _block(kind: int, body: bytes) -> bytes:
    total = len(body) + 12
    return struct.pack("<II", kind, total) + body + struct.pack("<I", total)


@dataclass(frozen=True, slots=True)
class _Interface:
    name: str
    ticks_per_second: int
    is_ipv6: bool


class _Reader:
    """Reads the blocks of one file; `offset` is that of the block in hand."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        self.content = content
        self.offset = 0
        self.order = "<"

    def fault(self, reason: str) -> Pmip6Error:
        return Pmip6Error(
            str(self.path),
            f"block at offset {self.offset}: {reason}",
            "make the capture again",
        )

    def unpack(self, layout: str, data: bytes, at: int = 0) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + layout, data, at)
        except struct.error:
            raise self.fault("the block ends too early") from None

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        if not self.content:
            raise self.fault("the file is empty")
        while self.offset < len(self.content):
            head = self.content[self.offset : self.offset + 12]
            if head[:4] == b"\n\r\r\n":
                big = head[8:12] == struct.pack(">I", BYTE_ORDER_MAGIC)
                self.order = ">" if big else "<"
                if self.unpack("I", head, 8)[0] != BYTE_ORDER_MAGIC:
                    raise self.fault("the section header has no byte-order magic")
            elif self.offset == 0:
                raise self.fault("no section header: not a pcapng file")
            kind, total = self.unpack("II", head)
            end = self.offset + total
            if total < 12 or total % 4 or end > len(self.content):
                raise self.fault(f"length {total} does not fit the file")
            if self.unpack("I", self.content, end - 4)[0] != total:
                raise self.fault("its two lengths differ")
            yield kind, self.content[self.offset + 8 : end - 4]
            self.offset = end

    def options(self, data: bytes) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        at = 0
        while at < len(data):
            code, length = self.unpack("HH", data, at)
            if code == OPT_END:
                break
            value = data[at + 4 : at + 4 + length]
            if len(value) != length:
                raise self.fault(f"option {code} ends after the block")
            found.setdefault(code, value)
            at += 4 + length + -length % 4
        return found

    def text(self, value: bytes) -> str:
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise self.fault("a text option is not UTF-8") from None

    def interface(self, body: bytes) -> _Interface:
        (link_type,) = self.unpack("HHI", body)[:1]
        options = self.options(body[8:])
        resolution = (options.get(IF_TSRESOL) or b"\x06")[0]
        base, exponent = (2 if resolution & 0x80 else 10), resolution & 0x7F
        return _Interface(
            self.text(options.get(IF_NAME, b"")),
            base**exponent,
            link_type in (LINKTYPE_RAW, LINKTYPE_IPV6),
        )

    def packet(self, body: bytes, interfaces: Sequence[_Interface]) -> CapturedPacket:
        number, high, low, length, original = self.unpack("IIIII", body)
        if number >= len(interfaces):
            raise self.fault(f"interface {number} is not described before it")
        interface = interfaces[number]
        if not interface.is_ipv6:
            raise self.fault("its link type is neither raw IP (101) nor IPv6 (229)")
        data = body[20 : 20 + length]
        if len(data) != length:
            raise self.fault(f"its packet of {length} bytes ends after the block")
        if length != original:
            raise self.fault(f"it has {length} of the {original} bytes of its packet")
        options = self.options(body[20 + length + -length % 4 :])
        flags = options.get(EPB_FLAGS, bytes(4))
        direction = self.unpack("I", flags)[0] & 3
        return CapturedPacket(
            ((high << 32) + low) * NANOSECONDS // interface.ticks_per_second,
            data,
            self.text(options.get(OPT_COMMENT, b"")),
            {INBOUND: False, OUTBOUND: True}.get(direction),
            interface.name if number else "",
        )


def read(path: Path) -> Capture:
    """Reads a capture file of raw IP or IPv6 packets; other blocks are passed over.

    Raises:
        Pmip6Error: With the file, the offset of the block and what is wrong there.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Pmip6Error(
            str(path), f"cannot be read: {error.strerror}", "name a capture file"
        ) from error
    reader = _Reader(path, content)
    comment, interfaces, packets = "", list[_Interface](), list[CapturedPacket]()
    for kind, body in reader.blocks():
        match kind:
            case 0x0A0D0D0A:
                reader.unpack("IHHq", body)
                options = reader.options(body[16:])
                comment = comment or reader.text(options.get(OPT_COMMENT, b""))
                interfaces = []
            case 1:
                interfaces.append(reader.interface(body))
            case 6:
                packets.append(reader.packet(body, interfaces))
            case _:
                continue
    return Capture(tuple(packets), comment, interfaces[0].name if interfaces else "")
