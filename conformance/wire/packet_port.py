"""The tester's port: whole IPv6 packets to and from one network interface.

A packet socket sends what a raw socket would not: foreign source addresses, wrong
checksums, wrong lengths.  It also sees what comes before the kernel judges it.
"""

import ctypes
import socket
import struct
import time
from dataclasses import dataclass
from ipaddress import IPv6Address

from pmip6.conformance.wire.neighbours import resolve
from pmip6.conformance.wire.sockets import (
    IPV6_IN_IPV6,
    LARGEST_PACKET,
    SO_ATTACH_FILTER,
    ReadySocket,
    interface_index,
    open_raw,
    receive_time,
)
from pmip6.model.errors import Pmip6Error
from pmip6.model.mag.dhcp_relay import IPPROTO_UDP, SERVER_PORT
from pmip6.model.wire.icmp_errors import ECHO_REPLY
from pmip6.model.wire.numbers import (
    IPPROTO_ESP,
    IPPROTO_GRE,
    IPPROTO_MOBILITY,
    IPPROTO_NONE,
)

ETH_P_IPV6 = 0x86DD
SOL_PACKET = 263
PACKET_STATISTICS = 6
PACKET_IGNORE_OUTGOING = 23
RECEIVE_BUFFER = 1 << 20

ICMPV6 = 58
FRAGMENT = 44
HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS = 0, 43, 60
PROTOCOLS = (IPPROTO_MOBILITY, IPV6_IN_IPV6, IPPROTO_GRE, IPPROTO_ESP)
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS)
FIRST_INFORMATIONAL_ICMPV6 = 128

# Classic BPF: load a byte, jump if equal, jump if greater or equal, return.
LOAD_BYTE, LOAD_HALF = 0x30, 0x28
JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x15, 0x35, 0x06
ACCEPT, DROP = 0xFFFFFFFF, 0
Instruction = tuple[int, int, int, int]
DROP_ALL: tuple[Instruction, ...] = ((RETURN, 0, 0, DROP),)


def _wanted_packets() -> tuple[Instruction, ...]:
    """The filter that the kernel runs: it spares us what is certainly not wanted."""
    wanted = (*PROTOCOLS, IPPROTO_NONE, *EXTENSIONS)
    count = len(wanted)
    return (
        (LOAD_BYTE, 0, 0, 6),
        *((JUMP_EQUAL, count + 6 - n, 0, wanted[n]) for n in range(count)),
        (JUMP_EQUAL, 3, 0, ICMPV6),
        (JUMP_EQUAL, 0, 6, IPPROTO_UDP),
        (LOAD_HALF, 0, 0, 42),
        (JUMP_EQUAL, 3, 4, SERVER_PORT),
        (LOAD_BYTE, 0, 0, 40),
        (JUMP_EQUAL, 1, 0, ECHO_REPLY),
        (JUMP_AT_LEAST, 1, 0, FIRST_INFORMATIONAL_ICMPV6),
        (RETURN, 0, 0, ACCEPT),
        (RETURN, 0, 0, DROP),
    )


def attach_filter(opened: socket.socket, program: tuple[Instruction, ...]) -> None:
    """Gives a socket a classic BPF program that the kernel runs on each packet."""
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    reference = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, reference)


def upper_layer(packet: bytes) -> tuple[int, int] | None:
    """The protocol behind the extension headers and its offset in the packet.

    Returns:
        None where that cannot be told: the packet ends before it, or is not the
        first fragment.  (RFC 8200, section 4.)
    """
    if len(packet) < 40:
        return None
    protocol, at = packet[6], 40
    while protocol in EXTENSIONS:
        if len(packet) < at + 8:
            return None
        if protocol == FRAGMENT:
            if int.from_bytes(packet[at + 2 : at + 4]) >> 3:
                return None
            protocol, at = packet[at], at + 8
        else:
            protocol, at = packet[at], at + 8 + 8 * packet[at + 1]
    return (protocol, at) if at <= len(packet) else None


def is_wanted(packet: bytes) -> bool:
    """Whether a packet is evidence: of PROTOCOLS or 59, an ICMPv6 error, or unclear.

    Protocol 59 (no next header) is what the tester's user packets have.  Of others only
    Echo Replies and what is for a DHCP server are.
    """
    match upper_layer(packet):
        case (protocol, _) if protocol in (*PROTOCOLS, IPPROTO_NONE):
            return True
        case (58, at):
            is_error = packet[at : at + 1] < bytes((FIRST_INFORMATIONAL_ICMPV6,))
            return at < len(packet) and (is_error or packet[at] == ECHO_REPLY)
        case (protocol, at) if protocol == IPPROTO_UDP:
            return packet[at + 2 : at + 4] == SERVER_PORT.to_bytes(2)
        case (_, _):
            return False
        case None:
            return True


def ipv6_packet(
    source: IPv6Address,
    destination: IPv6Address,
    payload: bytes,
    *,
    protocol: int = IPPROTO_MOBILITY,
    hop_limit: int = 64,
) -> bytes:
    """A payload behind an IPv6 header (RFC 8200, section 3)."""
    fixed = struct.pack("!IHBB", 6 << 28, len(payload), protocol, hop_limit)
    return fixed + source.packed + destination.packed + payload


@dataclass(frozen=True, slots=True)
class Frame:
    """An IPv6 packet on the tester's interface.

    Attributes:
        time_ns: Nanoseconds since 1970: the kernel's receive time, or the time
            just before the packet was handed to the kernel.
        data: The packet from its IPv6 header on, without link-layer padding.
        outbound: Whether the tester sent it.
    """

    time_ns: int
    data: bytes
    outbound: bool


class PacketPort(ReadySocket):
    """Sends and receives whole IPv6 packets on one interface.

    Received are packets of PROTOCOLS and of 59, and ICMPv6 errors, behind any extension
    headers, whatever their destination address.  The kernel answers Neighbor
    Solicitations for the interface's addresses.  While the port is open the kernel
    answers no packet of PROTOCOLS with an ICMPv6 error, as long as the modules `mip6`
    and `tunnel6`, which would, are not loaded.

    Args:
        interface: Name of the interface.
        address: An address of that interface, to solicit neighbours from.

    Raises:
        Pmip6Error: Without such an interface or the privilege.
    """

    def __init__(self, interface: str, address: IPv6Address) -> None:
        self.interface = interface
        self.address = address
        self._index = interface_index(interface)
        place = f"packet port on {interface}"
        # Protocol 0 receives nothing until the filter stands and bind names it.
        opened = open_raw(socket.AF_PACKET, socket.SOCK_DGRAM, 0, place)
        super().__init__(opened)
        attach_filter(opened, _wanted_packets())
        opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        opened.bind((interface, ETH_P_IPV6))
        self._neighbours: dict[IPv6Address, bytes] = {}
        self._lost = 0
        self._silencers = [
            open_raw(socket.AF_INET6, socket.SOCK_RAW, protocol, place)
            for protocol in PROTOCOLS
        ]
        for silencer in self._silencers:
            attach_filter(silencer, DROP_ALL)

    @property
    def link_layer_address(self) -> bytes:
        """The interface's own link-layer address."""
        return bytes(self.socket.getsockname()[4])

    @property
    def lost(self) -> int:
        """Packets that were wanted but found no room since the port was opened."""
        counters = self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        self._lost += struct.unpack("=II", counters)[1]  # reading sets it to 0
        return self._lost

    def resolve(self, next_hop: IPv6Address, timeout: float = 3.0) -> bytes:
        """The link-layer address of a neighbour, solicited anew and remembered.

        Raises:
            Pmip6Error: When it does not answer within `timeout` seconds.
        """
        found = resolve(
            self.interface,
            self.address,
            next_hop,
            own_link_layer_address=self.link_layer_address,
            timeout=timeout,
        )
        self._neighbours[next_hop] = found
        return found

    def send(self, packet: bytes, next_hop: IPv6Address) -> Frame:
        """Sends bytes that begin with an IPv6 header, whatever they say.

        Args:
            next_hop: The neighbour to give it to; solicited the first time.

        Raises:
            Pmip6Error: When the neighbour does not answer or the link refuses it.
        """
        neighbour = self._neighbours.get(next_hop) or self.resolve(next_hop)
        frame = Frame(time.time_ns(), packet, outbound=True)
        try:
            self.socket.sendto(packet, (self.interface, ETH_P_IPV6, 0, 0, neighbour))
        except OSError as error:
            raise Pmip6Error(
                f"packet of {len(packet)} bytes on {self.interface}",
                f"cannot be sent: {error.strerror}",
                "check that the link is up and the packet fits it",
                exit_code=3,
            ) from error
        return frame

    def receive(self, timeout: float) -> Frame | None:
        """The next packet, or None when none comes within `timeout` seconds.

        Raises:
            Pmip6Error: When the interface goes down or away.
        """
        deadline = time.monotonic() + timeout
        while self.wait(deadline):
            try:
                data, ancillary, _, _ = self.socket.recvmsg(LARGEST_PACKET, 256)
            except BlockingIOError:
                continue
            except OSError as error:
                raise Pmip6Error(
                    f"interface {self.interface}",
                    f"cannot be received from: {error.strerror}",
                    "bring it up and run the case again",
                    exit_code=3,
                ) from error
            packet = data[: 40 + int.from_bytes(data[4:6])]
            if is_wanted(packet):
                return Frame(receive_time(ancillary), packet, outbound=False)
        return None

    def close(self) -> None:
        """Closes the port; from then on the kernel answers for itself."""
        for silencer in self._silencers:
            silencer.close()
        super().close()
