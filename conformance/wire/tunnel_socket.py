"""The ends of an IPv6-in-IPv6 tunnel on Linux and the way into it; the end of ESP.

The kernel has no part in the tunnel, so that it works where the module `ip6_tunnel` is
missing, and in a user namespace, which may not open a TUN device.
"""

import socket
import sys
import time
from collections.abc import Sequence
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.wire.packet_port import (
    ETH_P_IPV6,
    PACKET_IGNORE_OUTGOING,
    SOL_PACKET,
)
from pmip6.conformance.wire.sockets import (
    IPV6_IN_IPV6,
    LARGEST_PACKET,
    PACKET_INFORMATION,
    ReadySocket,
    interface_index,
    open_raw,
)
from pmip6.model.errors import Pmip6Error
from pmip6.model.mag.dhcp_relay import IPPROTO_UDP
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.numbers import IPPROTO_ESP, IPPROTO_ICMPV6
from pmip6.model.wire.tunnel_packets import HEADER_SIZE

RECEIVE_BUFFER = 1 << 21
PACKET_HOST = 0
ICMP6_FILTER = 1
ICMP6_FILTER_SIZE = 32
"""RFC 3542, section 3.2: one bit for each type."""


class ProtocolSocket(ReadySocket):
    """A raw socket that receives the packets of one protocol to one own address.

    Args:
        address: The own address.
        protocol: Next Header value of the packets.
        name: What errors call it.

    Raises:
        Pmip6Error: Without the privilege, or when the address is not an own one.
    """

    def __init__(self, address: IPv6Address, protocol: int, name: str) -> None:
        self._protocol = protocol
        place = f"{name} on {address}"
        opened = open_raw(socket.AF_INET6, socket.SOCK_RAW, protocol, place)
        for option in (
            socket.IPV6_RECVPKTINFO,
            socket.IPV6_RECVHOPLIMIT,
            socket.IPV6_RECVTCLASS,
        ):
            opened.setsockopt(socket.IPPROTO_IPV6, option, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        try:
            opened.bind((str(address), 0))
        except OSError as error:
            opened.close()
            raise Pmip6Error(
                place, f"{error.strerror}", "give the address to an interface first"
            ) from error
        super().__init__(opened)

    def receive(self, timeout: float) -> bytes | None:
        """The next packet from its IPv6 header on, without extension headers.

        Fragments come put together.  None when none comes within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while self.wait(deadline):
            try:
                data, ancillary, _, sender = self.socket.recvmsg(LARGEST_PACKET, 256)
            except BlockingIOError:
                continue
            told = {
                kind: value
                for level, kind, value in ancillary
                if level == socket.IPPROTO_IPV6
            }
            destination, _ = PACKET_INFORMATION.unpack(told[socket.IPV6_PKTINFO])
            return encode_ipv6(
                IPv6Address(str(sender[0]).partition("%")[0]),
                IPv6Address(destination),
                data,
                next_header=self._protocol,
                hop_limit=int.from_bytes(told[socket.IPV6_HOPLIMIT][:4], sys.byteorder),
                traffic_class=int.from_bytes(
                    told[socket.IPV6_TCLASS][:4], sys.byteorder
                ),
            )
        return None


class TunnelSocket(ProtocolSocket):
    """Receives the tunnel packets to one own address, the exit point of the tunnels."""

    def __init__(self, address: IPv6Address) -> None:
        super().__init__(address, IPV6_IN_IPV6, "tunnel socket")


class EspSocket(ProtocolSocket):
    """Receives the ESP packets to one own address."""

    def __init__(self, address: IPv6Address) -> None:
        super().__init__(address, IPPROTO_ESP, "ESP socket")


class RelaySocket(ProtocolSocket):
    """Receives UDP packets to one own address; the kernel tells nobody of closed ports.

    Args:
        address: The own address.
        port: The port that is held open.
    """

    def __init__(self, address: IPv6Address, port: int) -> None:
        super().__init__(address, IPPROTO_UDP, "relay socket")
        self._held = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            self._held.bind((str(address), port))
        except OSError as error:
            self.close()
            raise Pmip6Error(
                f"UDP port {port} of {address}",
                f"{error.strerror}",
                "run as root or with CAP_NET_BIND_SERVICE, and no other relay agent",
            ) from error

    def close(self) -> None:
        """Closes both sockets."""
        self._held.close()
        super().close()


class ControlSocket(ProtocolSocket):
    """Receives the ICMPv6 packets of some types to one own address.

    Args:
        address: The own address.
        types: The types.
    """

    def __init__(self, address: IPv6Address, types: frozenset[int]) -> None:
        super().__init__(address, IPPROTO_ICMPV6, "ICMPv6 socket")
        blocked = bytearray(b"\xff" * ICMP6_FILTER_SIZE)
        for number in types:  # a bit of a 32-bit word that is set blocks
            word, bit = divmod(number, 32)
            at = slice(4 * word, 4 * word + 4)
            value = int.from_bytes(blocked[at], sys.byteorder) & ~(1 << bit)
            blocked[at] = value.to_bytes(4, sys.byteorder)
        self.socket.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, bytes(blocked))


class RoutedPort(ReadySocket):
    """A packet socket that receives what the hosts of a link give to this node to route.

    Those are packets in frames to this node whose destination is of one of the networks.
    The kernel still has its own opinion of them: where it does not forward, give it a
    blackhole route for each network, or it answers that there is no route.

    Args:
        interface: Name of the interface of that link.
        networks: What packets have to be for.

    Raises:
        Pmip6Error: Without such an interface or the privilege.
    """

    def __init__(self, interface: str, networks: Sequence[IPv6Network]) -> None:
        self.interface = interface
        self._networks = tuple(networks)
        interface_index(interface)
        # Protocol 0 receives nothing until bind names one.
        opened = open_raw(
            socket.AF_PACKET, socket.SOCK_DGRAM, 0, f"routed port on {interface}"
        )
        super().__init__(opened)
        opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        opened.bind((interface, ETH_P_IPV6))

    def receive(self, timeout: float) -> bytes | None:
        """The next packet, or None when none comes within `timeout` seconds.

        Raises:
            Pmip6Error: The interface goes down or away.
        """
        deadline = time.monotonic() + timeout
        while self.wait(deadline):
            try:
                data, _, _, sender = self.socket.recvmsg(LARGEST_PACKET)
            except BlockingIOError:
                continue
            except OSError as error:
                raise Pmip6Error(
                    f"interface {self.interface}",
                    f"cannot be received from: {error.strerror}",
                    "bring it up",
                    exit_code=3,
                ) from error
            packet = data[: HEADER_SIZE + int.from_bytes(data[4:6])]
            if sender[2] != PACKET_HOST or len(packet) < HEADER_SIZE:
                continue
            destination = IPv6Address(packet[24:40])
            if any(destination in network for network in self._networks):
                return packet
        return None
