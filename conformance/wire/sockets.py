"""Raw sockets for the Mobility Header (protocol 135), as a reference peer uses them.

What the Linux kernel does on a raw IPv6 socket of protocol 135 (RFC 3542, section
3.1, asks it for ICMPv6 only; Linux does it for the Mobility Header as well, as if
IPV6_CHECKSUM were set to 4):

- on sending it writes the checksum at offset 4, whatever stood there, and refuses
  a message of less than 6 bytes (EINVAL);
- on receiving it drops a message with a wrong checksum and only counts it;
- setting IPV6_CHECKSUM to -1 ends both: bytes go out and come in as they are.

As long as any raw socket of a protocol is open in the network, the kernel answers
no packet of that protocol with an ICMPv6 Parameter Problem (unrecognised Next
Header, RFC 4443, section 3.4).
"""

import errno
import selectors
import socket
import struct
import time
from dataclasses import dataclass
from ipaddress import IPv6Address

from pmip6.conformance.wire.closing import Closing
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.numbers import IPPROTO_MOBILITY

IPV6_IN_IPV6 = 41

IPV6_CHECKSUM = 7
SO_ATTACH_FILTER = 26
SO_TIMESTAMPNS = 35
SO_MEMINFO = 55
SK_MEMINFO_DROPS = 8
SK_MEMINFO_WORDS = 9
TIMESPEC = struct.Struct("@ll")
PACKET_INFORMATION = struct.Struct("@16sI")
LARGEST_PACKET = 40 + 0xFFFF
NANOSECONDS = 10**9


def open_raw(family: int, kind: int, protocol: int, place: str) -> socket.socket:
    """Opens a non-blocking raw or packet socket with kernel receive times.

    Raises:
        Pmip6Error: Without the privilege for it, with `place` as its place.
    """
    try:
        opened = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
    except PermissionError as error:
        raise Pmip6Error(
            place,
            "raw sockets are not permitted",
            "run as root or with CAP_NET_RAW, or in a test network (pmip6 demo)",
            exit_code=3,
        ) from error
    opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return opened


def interface_index(interface: str) -> int:
    """The index of a network interface.

    Raises:
        Pmip6Error: When there is none of that name.
    """
    try:
        return socket.if_nametoindex(interface)
    except OSError as error:
        names = ", ".join(name for _, name in socket.if_nameindex())
        raise Pmip6Error(
            f"interface {interface}", "does not exist", f"one of: {names}"
        ) from error


def receive_time(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The kernel's receive time in nanoseconds since 1970; the time now without."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = TIMESPEC.unpack(data[: TIMESPEC.size])
            return int(seconds) * NANOSECONDS + int(nanoseconds)
    return time.time_ns()


class ReadySocket(Closing):
    """A non-blocking socket that can be waited for, and closed once.

    `fileno` lets a caller wait for many of them in a selector of its own; after
    that it receives with a timeout of 0.
    """

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self._selector = selectors.DefaultSelector()
        self._selector.register(opened, selectors.EVENT_READ)

    def wait(self, deadline: float) -> bool:
        """Whether something can be received before a time of `time.monotonic`."""
        return bool(self._selector.select(max(0.0, deadline - time.monotonic())))

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self.socket.fileno()

    def close(self) -> None:
        """Closes the socket."""
        self._selector.close()
        self.socket.close()


@dataclass(frozen=True, slots=True)
class MobilityDatagram:
    """A Mobility Header message as a raw socket received it.

    Attributes:
        time_ns: Kernel receive time, nanoseconds since 1970.
        source: Sender; destination: the own address that it was sent to.
        data: The message from its Payload Proto field on.
    """

    time_ns: int
    source: IPv6Address
    destination: IPv6Address
    data: bytes


class MobilitySocket(ReadySocket):
    """A raw socket of protocol 135, for every own address or for one.

    Args:
        address: The own address to receive for, None for all.
        kernel_checksum: True leaves checksums to the kernel: wrong ones are not
            received, only counted in `dropped`.  False hands over and sends
            every message as it is, so that the decoder judges the checksum and
            a faulty peer can send a wrong one.

    Raises:
        Pmip6Error: Without the privilege, or when the address is not an own one.
    """

    def __init__(
        self, address: IPv6Address | None = None, *, kernel_checksum: bool = True
    ) -> None:
        place = f"mobility socket on {address or 'all addresses'}"
        opened = open_raw(socket.AF_INET6, socket.SOCK_RAW, IPPROTO_MOBILITY, place)
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        if not kernel_checksum:
            opened.setsockopt(socket.IPPROTO_IPV6, IPV6_CHECKSUM, -1)
        try:
            opened.bind((str(address or "::"), 0))
        except OSError as error:
            opened.close()
            raise Pmip6Error(
                place, f"{error.strerror}", "give the address to an interface first"
            ) from error
        super().__init__(opened)

    @property
    def dropped(self) -> int:
        """Messages that the kernel dropped so far: wrong checksum, or no room."""
        words = self.socket.getsockopt(
            socket.SOL_SOCKET, SO_MEMINFO, 4 * SK_MEMINFO_WORDS
        )
        return int(struct.unpack(f"={SK_MEMINFO_WORDS}I", words)[SK_MEMINFO_DROPS])

    def receive(self, timeout: float) -> MobilityDatagram | None:
        """The next message, or None when none comes within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self.wait(deadline):
            try:
                data, ancillary, _, sender = self.socket.recvmsg(LARGEST_PACKET, 256)
            except BlockingIOError:
                continue  # it had a wrong checksum and was dropped meanwhile
            for level, kind, value in ancillary:
                if level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO:
                    destination, _ = PACKET_INFORMATION.unpack(value)
                    return MobilityDatagram(
                        receive_time(ancillary),
                        IPv6Address(str(sender[0]).partition("%")[0]),
                        IPv6Address(destination),
                        data,
                    )
        return None

    def send(
        self, data: bytes, *, source: IPv6Address, destination: IPv6Address
    ) -> None:
        """Sends one message from an own address.

        Raises:
            Pmip6Error: When the kernel refuses it: a foreign source, no route,
                a message too long, or too short for a checksum.
        """
        information = PACKET_INFORMATION.pack(source.packed, 0)
        try:
            self.socket.sendmsg(
                [data],
                [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, information)],
                0,
                (str(destination), 0),
            )
        except OSError as error:
            raise Pmip6Error(
                f"message of {len(data)} bytes from {source} to {destination}",
                f"cannot be sent: {error.strerror}",
                _REMEDIES.get(error.errno or 0, "check addresses and routes"),
                exit_code=3,
            ) from error


_REMEDIES = {
    errno.EINVAL: "use an own source address and at least 6 bytes",
    errno.EADDRNOTAVAIL: "use an own source address",
    errno.ENETUNREACH: "add a route to the destination",
    errno.EMSGSIZE: "send a shorter message",
}
