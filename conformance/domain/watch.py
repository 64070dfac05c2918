"""What goes over the links of a domain, seen by packet sockets that take no part in it."""

import selectors
import socket
import threading
from collections.abc import Mapping
from functools import partial

from pmip6.conformance.domain.record import Seen
from pmip6.conformance.mag.access_port import ETHERNET_HEADER
from pmip6.conformance.wire.closing import Closing
from pmip6.conformance.wire.namespaces import Network
from pmip6.conformance.wire.packet_port import ETH_P_IPV6
from pmip6.conformance.wire.sockets import LARGEST_PACKET, open_raw, receive_time

ETH_P_ALL = 0x0003
"""Only a socket for all protocols sees what its own host sends."""
PACKET_OUTGOING = 4
RECEIVE_BUFFER = 1 << 22
PATIENCE_SECONDS = 0.1
MOST_OUT_OF_ORDER_NS = 10**9
"""How much later a packet may be read than one that came after it elsewhere."""


class Watch(Closing):
    """Records every IPv6 packet at some places, in a thread of its own, until closed.

    Args:
        places: Name of each place, with the network and the interface there.

    Raises:
        Pmip6Error: Without such an interface or the privilege.
    """

    def __init__(self, places: Mapping[str, tuple[Network, str]]) -> None:
        self._seen: list[Seen] = []
        self._selector = selectors.DefaultSelector()
        for place, (network, interface) in places.items():
            opened = network.run(partial(_open, interface))
            self._selector.register(opened, selectors.EVENT_READ, place)
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._record, name="watch", daemon=True)
        self._thread.start()

    def seen(self) -> list[Seen]:
        """What has been seen so far, by time."""
        return sorted(list(self._seen), key=lambda each: each.time_ns)

    def seen_at(self, place: str, since_ns: int) -> list[Seen]:
        """What has been seen at a place after a time."""
        found: list[Seen] = []
        for each in reversed(list(self._seen)):
            if each.time_ns < since_ns - MOST_OUT_OF_ORDER_NS:
                break
            if each.place == place and each.time_ns >= since_ns:
                found.append(each)
        return found[::-1]

    def _record(self) -> None:
        while not self._is_closing.is_set():
            for key, _ in self._selector.select(PATIENCE_SECONDS):
                opened = key.fileobj
                assert isinstance(opened, socket.socket)
                self._take_all(opened, str(key.data))

    def _take_all(self, opened: socket.socket, place: str) -> None:
        while True:
            try:
                data, ancillary, _, sender = opened.recvmsg(LARGEST_PACKET, 256)
            except BlockingIOError:
                return
            except OSError:  # told once when an interface goes down; it comes back
                return
            if len(data) < ETHERNET_HEADER.size:
                continue
            destination, source, kind = ETHERNET_HEADER.unpack_from(data)
            if kind != ETH_P_IPV6:
                continue
            packet = data[ETHERNET_HEADER.size :]
            self._seen.append(
                Seen(
                    receive_time(ancillary),
                    place,
                    sender[2] == PACKET_OUTGOING,
                    source,
                    destination,
                    packet[: 40 + int.from_bytes(packet[4:6])],
                )
            )

    def close(self) -> None:
        """Ends the recording and closes the sockets."""
        self._is_closing.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            opened = key.fileobj
            assert isinstance(opened, socket.socket)
            opened.close()
        self._selector.close()


def _open(interface: str) -> socket.socket:
    # Protocol 0 receives nothing until bind names one.
    opened = open_raw(socket.AF_PACKET, socket.SOCK_RAW, 0, f"watch on {interface}")
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    opened.bind((interface, ETH_P_ALL))
    return opened
