"""What the two ends of a domain say to each other: a connection, and two streams of datagrams.

Plain sockets of the hosts' kernels, opened in their networks and served by threads here.
"""

import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from pmip6.conformance.domain.networks import PATIENCE_SECONDS
from pmip6.conformance.domain.record import Connection, Stream
from pmip6.conformance.wire.closing import Closing
from pmip6.conformance.wire.namespaces import Network

CONNECTION_PORT, STREAM_PORT = 5213, 5214
NUMBER = struct.Struct("!Q")
POLL_SECONDS = 0.1


@dataclass
class Traffic(Closing):
    """Traffic between the mobile node and the correspondent node, until closed.

    The mobile node has an address when it begins.

    Args:
        node: The network of the mobile node.
        correspondent: The network of the correspondent node.
        address: Address of the correspondent node.
        interval_ms: Between two datagrams of a stream, and two numbers on the connection.

    Raises:
        OSError: The connection is not established.
    """

    node: Network
    correspondent: Network
    address: IPv6Address
    interval_ms: int
    up: Stream = field(default_factory=Stream)
    down: Stream = field(default_factory=Stream)
    connection: Connection = field(default_factory=Connection)

    def __post_init__(self) -> None:
        self._is_closing = threading.Event()
        self._has_said_all = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        listening = self.correspondent.run(lambda: self._listen())
        upper = self.correspondent.run(lambda: self._bound(STREAM_PORT))
        connected = self.node.run(lambda: self._connect())
        self.connection.address = str(connected.getsockname()[0])
        accepted, _ = listening.accept()
        accepted.settimeout(POLL_SECONDS)
        self._sockets.append(accepted)
        lower = self.node.run(lambda: self._bound(STREAM_PORT))
        own = self.connection.address
        for work in (
            lambda: self._echo_connection(accepted),
            lambda: self._send_numbers(connected),
            lambda: self._take_numbers(connected),
            lambda: self._send_datagrams(lower, str(self.address), self.up),
            lambda: self._take_datagrams(upper, self.up),
            lambda: self._send_datagrams(upper, own, self.down),
            lambda: self._take_datagrams(lower, self.down),
        ):
            thread = threading.Thread(target=work, name="traffic", daemon=True)
            self._threads.append(thread)
            thread.start()

    # ---- sockets ---------------------------------------------------------------------

    def _kept(self, opened: socket.socket) -> socket.socket:
        self._sockets.append(opened)
        return opened

    def _listen(self) -> socket.socket:
        listening = self._kept(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
        listening.bind((str(self.address), CONNECTION_PORT))
        listening.listen()
        listening.settimeout(PATIENCE_SECONDS)
        return listening

    def _connect(self) -> socket.socket:
        connected = self._kept(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
        connected.settimeout(PATIENCE_SECONDS)
        connected.connect((str(self.address), CONNECTION_PORT))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.settimeout(POLL_SECONDS)
        return connected

    def _bound(self, port: int) -> socket.socket:
        opened = self._kept(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        opened.bind(("::", port))
        opened.settimeout(POLL_SECONDS)
        return opened

    # ---- the connection --------------------------------------------------------------

    def _echo_connection(self, accepted: socket.socket) -> None:
        while not self._is_closing.is_set():
            try:
                data = accepted.recv(4096)
            except TimeoutError:
                continue
            except OSError as error:
                self._fail(f"correspondent node: {error.strerror}")
                return
            if not data:
                return
            accepted.sendall(data)

    def _send_numbers(self, connected: socket.socket) -> None:
        while not self._has_said_all.wait(self.interval_ms / 1000):
            try:
                connected.sendall(NUMBER.pack(self.connection.sent))
            except OSError as error:
                self._fail(f"mobile node: {error.strerror or error}")
                return
            self.connection.sent += 1

    def _take_numbers(self, connected: socket.socket) -> None:
        pending = b""
        while not self._is_closing.is_set():
            try:
                data = connected.recv(4096)
            except TimeoutError:
                continue
            except OSError as error:
                self._fail(f"mobile node: {error.strerror}")
                return
            if not data:
                self._fail("the correspondent node closed it")
                return
            pending += data
            while len(pending) >= NUMBER.size:
                (number,) = NUMBER.unpack_from(pending)
                if number != self.connection.returned:
                    self._fail(
                        f"{number} came where {self.connection.returned} was due"
                    )
                    return
                self.connection.returned += 1
                pending = pending[NUMBER.size :]

    def _fail(self, fault: str) -> None:
        if not self._is_closing.is_set():
            self.connection.fault = self.connection.fault or fault

    # ---- the streams -----------------------------------------------------------------

    def _send_datagrams(self, sender: socket.socket, to: str, stream: Stream) -> None:
        while not self._has_said_all.wait(self.interval_ms / 1000):
            number = len(stream.sent_ns)
            stream.sent_ns.append(time.time_ns())
            try:
                sender.sendto(NUMBER.pack(number), (to, STREAM_PORT))
            except OSError:  # without a carrier: it counts as lost
                continue

    def _take_datagrams(self, receiver: socket.socket, stream: Stream) -> None:
        while not self._is_closing.is_set():
            try:
                data = receiver.recv(64)
            except OSError:  # nothing came, or an error is reported of one that is lost
                continue
            (number,) = NUMBER.unpack(data)
            stream.arrivals.append((number, time.time_ns()))

    def settle(self, timeout: float) -> None:
        """Sends no more, and waits until the connection has brought all back."""
        self._has_said_all.set()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            time.sleep(self.interval_ms / 1000)
            if self.connection.returned == self.connection.sent:
                return

    def close(self) -> None:
        """Ends the threads and closes the sockets."""
        self._has_said_all.set()
        self._is_closing.set()
        for thread in self._threads:
            thread.join()
        for opened in self._sockets:
            opened.close()
