"""What an access network tells a gateway of the nodes on its links, in datagrams.

Access networks tell it in ways of their own (RFC 5213, sections 6.6, 6.9.1.1 and 6.13);
that of the reference gateway is one line of text in a UDP datagram to its Proxy-CoA:

    attach 02:00:00:00:01:01          a node came
    attach 02:00:00:00:01:01 3        the same, and its Handoff Indicator for certain
    attach 02:00:00:00:01:01 from ap1 the same, and the access point that it comes from
    handover 02:00:00:00:01:01 ap2    a node is about to move to an access point
    detach 02:00:00:00:01:01          a node left
    clock                             the common time source has been asked: no change
    clock 1700000000                  the same, and the time that it told

The last two are what a time service does for a gateway (RFC 5213, section 5.5).
"""

import re
import socket
import time
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Protocol, TypeAlias

from pmip6.conformance.wire.sockets import ReadySocket
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.numbers import HandoffIndicator

LONGEST = 128
_NODE = re.compile(
    rb"(?P<act>attach|detach) (?P<node>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})"
    rb"(?: (?P<handoff>[1-5]))?(?: from (?P<point>[!-~]{1,64}))?\n?"
)
_HANDOVER = re.compile(
    rb"handover (?P<node>(?:[0-9a-f]{2}:){5}[0-9a-f]{2}) (?P<point>[!-~]{1,64})\n?"
)
_CLOCK = re.compile(rb"clock(?: (?P<seconds>[0-9]{1,12}))?\n?")


@dataclass(frozen=True, slots=True)
class Attached:
    """A node came.

    Attributes:
        node: Its link-layer address.
        handoff: How it came, where that is certain.
        access_point: Where it comes from, None where that is not known.
    """

    node: bytes
    handoff: HandoffIndicator | None = None
    access_point: str | None = None


@dataclass(frozen=True, slots=True)
class AboutToMove:
    """A node will move (RFC 5949, section 4.1, step b of figure 2).

    Attributes:
        node: Its link-layer address.
        access_point: Where it will be.
    """

    node: bytes
    access_point: str


@dataclass(frozen=True, slots=True)
class Detached:
    """A node left.

    Attributes:
        node: Its link-layer address.
    """

    node: bytes


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The clock follows the common time source again.

    Attributes:
        unix_seconds: What that told, None where the clock was right.
    """

    unix_seconds: int | None = None


Trigger: TypeAlias = Attached | AboutToMove | Detached | ClockSet


def encode_trigger(trigger: Trigger) -> bytes:
    """The datagram for a trigger."""
    match trigger:
        case Attached(node, handoff, point):
            told = "" if handoff is None else f" {handoff:d}"
            origin = "" if point is None else f" from {point}"
            line = f"attach {node.hex(':')}{told}{origin}"
        case AboutToMove(node, point):
            line = f"handover {node.hex(':')} {point}"
        case Detached(node):
            line = f"detach {node.hex(':')}"
        case ClockSet(None):
            line = "clock"
        case ClockSet(seconds):
            line = f"clock {seconds}"
    return f"{line}\n".encode()


def decode_trigger(data: bytes) -> Trigger | None:
    """The trigger in a datagram; None where it is none."""
    clock = _CLOCK.fullmatch(data)
    if clock is not None:
        told = clock["seconds"]
        return ClockSet(None if told is None else int(told))
    moving = _HANDOVER.fullmatch(data)
    if moving is not None:
        return AboutToMove(_octets(moving["node"]), moving["point"].decode())
    found = _NODE.fullmatch(data)
    if found is None:
        return None
    node, hint, point = _octets(found["node"]), found["handoff"], found["point"]
    if found["act"] == b"attach":
        handoff = None if hint is None else HandoffIndicator(int(hint))
        return Attached(node, handoff, None if point is None else point.decode())
    return Detached(node) if hint is None and point is None else None


def _octets(text: bytes) -> bytes:
    return bytes.fromhex(text.decode().replace(":", ""))


class Triggers(Protocol):
    """Tells a gateway of nodes that come and go, and of the time."""

    def tell(self, trigger: Trigger) -> None:
        """Tell of one."""
        ...

    def close(self) -> None:
        """Give up what it holds."""
        ...


class TriggerSender:
    """Tells a reference gateway by datagrams.

    Args:
        address: Its Proxy-CoA.
        port: Its port for triggers.
    """

    def __init__(self, address: IPv6Address, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._socket.connect((str(address), port))

    def tell(self, trigger: Trigger) -> None:
        """Send the datagram for a trigger."""
        self._socket.send(encode_trigger(trigger))

    def close(self) -> None:
        """Closes its socket."""
        self._socket.close()


class TriggerSocket(ReadySocket):
    """A UDP socket that receives triggers on an own address.

    Raises:
        Pmip6Error: The address is not an own one, or the port is taken.
    """

    def __init__(self, address: IPv6Address, port: int) -> None:
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
        opened = socket.socket(socket.AF_INET6, kind)
        try:
            opened.bind((str(address), port))
        except OSError as error:
            opened.close()
            raise Pmip6Error(
                f"triggers on {address} port {port}",
                f"{error.strerror}",
                "give the address to an interface first, and name a free port",
            ) from error
        super().__init__(opened)

    def receive(self, timeout: float) -> bytes | None:
        """The next datagram, or None when none comes within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self.wait(deadline):
            try:
                return self.socket.recv(LONGEST)
            except OSError:  # an error of an earlier answer, of which there is none
                continue
        return None
