"""Finding the link-layer address of a neighbour by Neighbor Discovery.

The tester asks by itself instead of reading the kernel's table: the packets that it
sends go past the kernel's routes, and the answer is seen in the moment it comes.

Source: RFC 4861, sections 4.3, 4.4, 7.1.2 and 7.2.2.
"""

import socket
import struct
import sys
import time
from ipaddress import IPv6Address

from pmip6.conformance.wire.sockets import ReadySocket, interface_index, open_raw
from pmip6.model.discovery.messages import HOP_LIMIT, DiscoveryType, solicited_node
from pmip6.model.discovery.options import DiscoveryOptionType
from pmip6.model.errors import Pmip6Error

ICMP6_FILTER = 1
RETRANSMIT_SECONDS = 0.25


def advertised_address(message: bytes, target: IPv6Address) -> bytes | None:
    """The link-layer address of `target` in an ICMPv6 message, if that is there."""
    if (
        len(message) < 24
        or message[0] != DiscoveryType.NEIGHBOR_ADVERTISEMENT
        or message[8:24] != target.packed
    ):
        return None
    at = 24
    while at + 2 <= len(message):
        kind, length = message[at], 8 * message[at + 1]
        if length == 0 or at + length > len(message):
            return None
        if kind == DiscoveryOptionType.TARGET_LINK_LAYER_ADDRESS:
            return message[at + 2 : at + 8]
        at += length
    return None


def resolve(
    interface: str,
    source: IPv6Address,
    target: IPv6Address,
    *,
    own_link_layer_address: bytes,
    timeout: float,
) -> bytes:
    """Solicits a neighbour until it advertises its link-layer address.

    Args:
        source: An address of the interface, which the answer comes to.
        own_link_layer_address: That of the interface; the neighbour learns it.
        timeout: Seconds to wait for an answer in all.

    Raises:
        Pmip6Error: When none comes, or when `source` is not an own address.
    """
    place = f"neighbour {target} on {interface}"
    index = interface_index(interface)
    opened = open_raw(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6, place)
    with ReadySocket(opened) as ready:
        level = socket.IPPROTO_IPV6
        opened.setsockopt(level, socket.IPV6_MULTICAST_IF, index)
        opened.setsockopt(level, socket.IPV6_MULTICAST_HOPS, HOP_LIMIT)
        opened.setsockopt(level, socket.IPV6_RECVHOPLIMIT, 1)
        opened.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, _only_advertisements())
        opened.setsockopt(
            socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0"
        )
        try:
            opened.bind((str(source), 0))
        except OSError as error:
            raise Pmip6Error(
                place,
                f"cannot be solicited from {source}: {error.strerror}",
                f"give that address to {interface}",
            ) from error
        # The kernel fills in the checksum.
        solicitation = struct.pack(
            "!BBHI16sBB",
            DiscoveryType.NEIGHBOR_SOLICITATION,
            *(0, 0, 0),
            target.packed,
            *(DiscoveryOptionType.SOURCE_LINK_LAYER_ADDRESS, 1),
        )
        solicitation += own_link_layer_address
        end = time.monotonic() + timeout
        while (now := time.monotonic()) < end:
            try:
                opened.sendto(solicitation, (str(solicited_node(target)), 0, 0, index))
            except OSError as error:
                raise Pmip6Error(
                    place,
                    f"cannot be solicited: {error.strerror}",
                    f"bring {interface} up",
                    exit_code=3,
                ) from error
            found = _await(ready, target, min(end, now + RETRANSMIT_SECONDS))
            if found is not None:
                return found
    raise Pmip6Error(
        place,
        f"does not answer Neighbor Solicitations within {timeout:g} s",
        "check that it runs, and the address and the interface",
        exit_code=3,
    )


def _await(ready: ReadySocket, target: IPv6Address, deadline: float) -> bytes | None:
    while ready.wait(deadline):
        try:
            message, ancillary, _, _ = ready.socket.recvmsg(2048, 256)
        except BlockingIOError:
            continue  # a wrong checksum
        hop_limits = [
            int.from_bytes(value, sys.byteorder)
            for level, kind, value in ancillary
            if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)
        ]
        found = advertised_address(message, target)
        if hop_limits == [HOP_LIMIT] and found is not None:
            return found
    return None


def _only_advertisements() -> bytes:
    """An ICMPv6 filter: a set bit blocks a type (RFC 3542, section 3.2)."""
    words = [0xFFFFFFFF] * 8
    words[DiscoveryType.NEIGHBOR_ADVERTISEMENT // 32] &= ~(
        1 << DiscoveryType.NEIGHBOR_ADVERTISEMENT % 32
    )
    return struct.pack("=8I", *words)
