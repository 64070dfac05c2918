"""Ports on an access link: IPv6 packets in frames whose addresses the caller chooses.

`AccessPort` is the gateway's: it sends with a link-layer source of the gateway's choice,
which is the same on every access link of the domain, and to one node alone: a Router
Advertisement to the all-nodes address reaches the node whose prefix it tells and no other
(RFC 5213, 6.8 and 6.9.3; RFC 6085 allows the unicast frame).  `EthernetPort` is that of a
tester, who is any node.  The kernel's own IPv6 is not asked.
"""

import socket
import struct
import time
from dataclasses import dataclass

from pmip6.conformance.wire.packet_port import (
    ETH_P_IPV6,
    PACKET_IGNORE_OUTGOING,
    SOL_PACKET,
)
from pmip6.conformance.wire.sockets import (
    LARGEST_PACKET,
    ReadySocket,
    interface_index,
    open_raw,
    receive_time,
)
from pmip6.model.errors import Pmip6Error

PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
ETHERNET_HEADER = struct.Struct("!6s6sH")
RECEIVE_BUFFER = 1 << 21


@dataclass(frozen=True, slots=True)
class AccessFrame:
    """An IPv6 packet on an access link.

    Attributes:
        time_ns: Kernel receive time, nanoseconds since 1970.
        source: Link-layer address of the sender.
        destination: Link-layer address that the frame is for.
        packet: The packet from its IPv6 header on, without link-layer padding.
    """

    time_ns: int
    source: bytes
    destination: bytes
    packet: bytes


class EthernetPort(ReadySocket):
    """A packet socket that sends from any link-layer address and receives every frame.

    Args:
        interface: Name of the interface.

    Raises:
        Pmip6Error: Without such an interface or the privilege.
    """

    def __init__(self, interface: str) -> None:
        self.interface = interface
        index = interface_index(interface)
        # Protocol 0 receives nothing until everything is set and bind names one.
        opened = open_raw(
            socket.AF_PACKET, socket.SOCK_RAW, 0, f"access port on {interface}"
        )
        super().__init__(opened)
        opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        membership = struct.pack("=iHH8s", index, PACKET_MR_PROMISC, 0, bytes(8))
        opened.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
        opened.bind((interface, ETH_P_IPV6))

    def send_frame(self, source: bytes, destination: bytes, packet: bytes) -> None:
        """Send an IPv6 packet in a frame.

        Raises:
            Pmip6Error: The link refuses it.
        """
        header = ETHERNET_HEADER.pack(destination, source, ETH_P_IPV6)
        try:
            self.socket.send(header + packet)
        except OSError as error:
            raise Pmip6Error(
                f"packet of {len(packet)} bytes on {self.interface}",
                f"cannot be sent: {error.strerror}",
                "check that the link is up and the packet fits it",
                exit_code=3,
            ) from error

    def is_for_it(self, frame: AccessFrame) -> bool:
        """Whether a frame is one that the port receives."""
        return True

    def receive(self, timeout: float) -> AccessFrame | None:
        """The next packet, or None when none comes in `timeout` seconds.

        Raises:
            Pmip6Error: The interface goes down or away.
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
                    "bring it up",
                    exit_code=3,
                ) from error
            if len(data) < ETHERNET_HEADER.size:
                continue
            destination, source, _ = ETHERNET_HEADER.unpack_from(data)
            packet = data[ETHERNET_HEADER.size :]
            packet = packet[: 40 + int.from_bytes(packet[4:6])]
            frame = AccessFrame(receive_time(ancillary), source, destination, packet)
            if self.is_for_it(frame):
                return frame
        return None


class AccessPort(EthernetPort):
    """A gateway's port: it receives what is sent to it and to groups, whatever the
    interface's own address is.

    Args:
        interface: Name of the interface.
        link_layer_address: Six octets, source of every frame that goes out.

    Raises:
        Pmip6Error: Without such an interface or the privilege.
    """

    def __init__(self, interface: str, link_layer_address: bytes) -> None:
        self.link_layer_address = link_layer_address
        super().__init__(interface)

    def is_for_it(self, frame: AccessFrame) -> bool:
        to = frame.destination
        return to == self.link_layer_address or to[0] & 1 == 1

    def send(self, node: bytes, packet: bytes) -> None:
        """Send an IPv6 packet in a frame to one node.

        Raises:
            Pmip6Error: The link refuses it.
        """
        self.send_frame(self.link_layer_address, node, packet)
