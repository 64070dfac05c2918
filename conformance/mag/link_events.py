"""Which interfaces have a carrier: told by the kernel as it changes.

A carrier that comes or goes is the link-layer event by which a gateway learns that a
point-to-point access link begins or ends (RFC 5213, sections 6.9.1.1 and 6.13).
Source: rtnetlink(7).
"""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

RTMGRP_LINK = 1
RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
IFLA_IFNAME = 3
IFF_UP, IFF_LOWER_UP = 0x1, 0x10000
LARGEST_DATAGRAM = 1 << 16

_MESSAGE = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ATTRIBUTE = struct.Struct("=HH")


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """An interface as it is now.

    Attributes:
        interface: Its name.
        index: Its index; another one after it went away and came back.
        is_up: Whether it is up and has a carrier.
    """

    interface: str
    index: int
    is_up: bool


class LinkMonitor:
    """A netlink socket that tells of every interface once, then of each change.

    It is not blocking: `events` gives what has come, `fileno` is what to wait for.
    """

    def __init__(self) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK
        self._socket = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
        self._socket.bind((0, RTMGRP_LINK))
        length = _MESSAGE.size + _LINK.size
        flags = NLM_F_REQUEST | NLM_F_DUMP
        request = _MESSAGE.pack(length, RTM_GETLINK, flags, 1, 0)
        self._socket.send(request + _LINK.pack(0, 0, 0, 0, 0))

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._socket.fileno()

    def events(self) -> Iterator[LinkEvent]:
        """What has been told since the last call, in order."""
        while True:
            try:
                data = self._socket.recv(LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            yield from _events_in(data)

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()


def _events_in(data: bytes) -> Iterator[LinkEvent]:
    at = 0
    while at + _MESSAGE.size <= len(data):
        length, kind, _, _, _ = _MESSAGE.unpack_from(data, at)
        body = data[at + _MESSAGE.size : at + length]
        if kind in (RTM_NEWLINK, RTM_DELLINK) and len(body) >= _LINK.size:
            _, _, index, flags, _ = _LINK.unpack_from(body)
            wanted = IFF_UP | IFF_LOWER_UP
            is_up = kind == RTM_NEWLINK and flags & wanted == wanted
            name = _name_in(body[_LINK.size :])
            if name is not None:
                yield LinkEvent(name, index, is_up)
        at += max(_MESSAGE.size, (length + 3) & ~3)


def _name_in(attributes: bytes) -> str | None:
    at = 0
    while at + _ATTRIBUTE.size <= len(attributes):
        length, kind = _ATTRIBUTE.unpack_from(attributes, at)
        if kind == IFLA_IFNAME:
            value = attributes[at + _ATTRIBUTE.size : at + length]
            return value.rstrip(b"\0").decode(errors="replace")
        at += max(_ATTRIBUTE.size, (length + 3) & ~3)
    return None
