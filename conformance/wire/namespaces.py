"""Hosts of a test network: network namespaces without names, joined by veth links.

A namespace is held by a file descriptor and by the processes in it, never by a
name.  When the process that made it ends in whatever way, its descriptors close,
its peers are killed by the kernel and the namespaces and links go with them.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv6Address
from pathlib import Path
from typing import IO, TypeVar

from pmip6.conformance.wire import isolation, netlink
from pmip6.conformance.wire.closing import Closing
from pmip6.model.errors import Pmip6Error

T = TypeVar("T")
Stream = int | IO[bytes] | None

TESTER_INTERFACE = "tester0"
PEER_INTERFACE = "peer0"

_PRIVILEGES = (
    "run as root, or allow user namespaces "
    "(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone)"
)


def enter_private_network() -> None:
    """Moves the calling process into a network namespace of its own, for good.

    Root just changes its network.  Anyone else becomes root of a new user
    namespace first, which needs a process of one thread: call this before
    libraries that start threads are imported.  Threads that run already stay in
    the old network, new ones follow the caller.  Loopback is up afterwards.

    Raises:
        Pmip6Error: Where neither is permitted.
    """
    try:
        isolation.unshare(isolation.CLONE_NEWNET)
    except PermissionError:
        _enter_user_namespace()
    except OSError as error:
        raise _namespace_error(error) from error
    netlink.bring_up_loopback()


def _enter_user_namespace() -> None:
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        raise Pmip6Error(
            "network namespace",
            f"a user namespace cannot be entered by a process of {threads} threads",
            "enter it first thing in the program, or run as root",
            exit_code=3,
        )
    user, group = os.geteuid(), os.getegid()
    try:
        isolation.unshare(isolation.CLONE_NEWUSER | isolation.CLONE_NEWNET)
        isolation.map_user_to_root(user, group)
    except OSError as error:
        raise _namespace_error(error) from error


def _namespace_error(error: OSError) -> Pmip6Error:
    return Pmip6Error(
        "network namespace",
        f"not possible here: {error.strerror}",
        _PRIVILEGES,
        exit_code=3,
    )


BUSY = ("R", "D")
"""States of a process that runs, is about to, or waits for memory or a disk (proc(5))."""


class Peer(Closing):
    """A process in another network that the kernel kills when its parent dies.

    The kernel watches the thread that started it, so start peers from a thread
    that lives as long as they shall.  Processes that the peer itself starts are
    killed by `close`, but not by the kernel: let them ask for it likewise.
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    @property
    def pid(self) -> int:
        """Process id of the peer."""
        return self.process.pid

    def is_running(self) -> bool:
        """Whether the process has not ended yet."""
        if self.process.returncode is not None:
            return False
        # WNOWAIT leaves the process id in use until `close`, so that no signal
        # can meet another process that got the same number.
        how = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, how) is None

    def is_idle(self) -> bool:
        """Whether the process waits for something to come, or has ended.

        While it is about to run, or runs, what it was given may not have been looked at.
        """
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text("ascii", "replace")
        except OSError:  # it has ended
            return True
        state = stat.rpartition(")")[2].split()[0]
        return state not in BUSY

    def close(self, grace: float = 2.0) -> int:
        """Ends the peer, with SIGTERM and after `grace` seconds with SIGKILL.

        Processes of its session that it left behind are killed with it.

        Returns:
            Its exit status, negative when a signal ended it.
        """
        if self.is_running():
            os.kill(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + grace
            while self.is_running() and time.monotonic() < deadline:
                time.sleep(0.005)
        if self.process.returncode is None:
            os.killpg(self.pid, signal.SIGKILL)
        status = self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return status


class Network(Closing):
    """A second network, held by a descriptor of this process; loopback is up.

    Raises:
        Pmip6Error: When this process may not make one: an unprivileged process
            calls `enter_private_network` first.
    """

    def __init__(self) -> None:
        self._peers: list[Peer] = []
        try:
            self.descriptor = _in_thread(_new_network)
        except OSError as error:
            raise _namespace_error(error) from error
        self.run(netlink.bring_up_loopback)

    def run(self, function: Callable[[], T]) -> T:
        """Calls a function inside this network, in a thread of its own.

        Sockets that it opens stay in this network.
        """

        def inside() -> T:
            isolation.join_network(self.descriptor)
            return function()

        return _in_thread(inside)

    def spawn(
        self,
        program: Sequence[str],
        *,
        stdin: Stream = subprocess.DEVNULL,
        stdout: Stream = None,
        stderr: Stream = None,
        environment: Mapping[str, str] | None = None,
    ) -> Peer:
        """Starts a program inside this network, in a session of its own.

        A Ctrl-C at the terminal therefore reaches the tester alone, which ends
        its peers in order.  Returns when the program runs.

        Raises:
            Pmip6Error: When the program cannot be started.
        """
        report, report_there = os.pipe()
        launcher = [
            *(sys.executable, "-I", "-S", isolation.__file__),
            *(str(os.getpid()), str(self.descriptor), str(report_there)),
        ]
        try:
            process = subprocess.Popen(
                [*launcher, *program],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=environment,
                pass_fds=(self.descriptor, report_there),
                start_new_session=True,
            )
        except BaseException as error:
            os.close(report)
            if isinstance(error, OSError):
                raise Pmip6Error(
                    sys.executable,
                    f"cannot be started again for a peer: {error.strerror}",
                    "make it executable for this user",
                    exit_code=3,
                ) from error
            raise
        finally:
            os.close(report_there)
        with os.fdopen(report, "rb") as reports:
            failure = reports.read().decode()
        peer = Peer(process)
        if failure:
            peer.close()
            raise Pmip6Error(
                program[0], f"cannot be started: {failure}", "check the command"
            )
        self._peers.append(peer)
        return peer

    def is_idle(self) -> bool:
        """Whether no peer in this network has anything to do at the moment."""
        return all(peer.is_idle() for peer in self._peers)

    def end_peers(self) -> None:
        """Ends the peers in this network, which stays as it is."""
        while self._peers:
            self._peers.pop().close()

    def close(self) -> None:
        """Ends the peers in this network, then lets go of it and of its links."""
        self.end_peers()
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def link(
    network: Network,
    *,
    here: Sequence[IPv6Address],
    there: Sequence[IPv6Address],
    here_interface: str = TESTER_INTERFACE,
    there_interface: str = PEER_INTERFACE,
) -> None:
    """Joins the network of this process with another by a veth pair.

    Every address is a /64 that is usable on return.  The ends have no link-local
    addresses and send no Router Solicitations.  Each end looks for every
    destination on the link, so that a peer answers foreign source addresses too.

    Args:
        here: Addresses of this end; there: those of the other end.
        here_interface: Name of this end; there_interface: name of the other end.

    Raises:
        Pmip6Error: When the kernel refuses the link or an address.
    """

    netlink.create_veth(here_interface, there_interface, network.descriptor)
    netlink.bring_up(here_interface)
    network.run(lambda: netlink.bring_up(there_interface))
    netlink.add_addresses(here_interface, here)
    network.run(lambda: netlink.add_addresses(there_interface, there))


def _new_network() -> int:
    isolation.unshare(isolation.CLONE_NEWNET)
    return isolation.own_network()


def _in_thread(function: Callable[[], T]) -> T:
    """The result of a function, called in a new thread that ends with it."""
    results: list[T] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=call, name="network")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
