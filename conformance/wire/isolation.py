"""The system calls that give a process a network of its own, and the launcher of peers.

This file imports the standard library only and is also run as a script, before
anything else is imported in a peer (see `main`), so that a peer starts in a few
milliseconds and nothing of this package runs in it.

Python 3.11 has neither `os.unshare` nor `os.setns`; both are called in libc.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
PARENT_IS_GONE = 125
CANNOT_START = 126

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Moves the calling thread into new namespaces.

    Args:
        flags: `CLONE_NEWNET`, `CLONE_NEWUSER` or both; the latter is refused by
            the kernel (EINVAL) while the process has a second thread.

    Raises:
        OSError: As `unshare(2)` sets it.
    """
    _check(_libc.unshare(flags), "unshare")


def join_network(descriptor: int) -> None:
    """Moves the calling thread into the network namespace behind a descriptor.

    Raises:
        OSError: As `setns(2)` sets it.
    """
    _check(_libc.setns(descriptor, CLONE_NEWNET), "setns")


def own_network() -> int:
    """Opens the network namespace of the calling thread; the caller closes it."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def map_user_to_root(user: int, group: int) -> None:
    """Makes one user root of the user namespace that the process just entered.

    Args:
        user: Effective user id outside; group: effective group id outside.

    Raises:
        OSError: When the kernel refuses the map.  (`user_namespaces(7)`: without
            privileges the group map needs `setgroups` denied before.)
    """
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def die_with_parent(parent: int) -> bool:
    """Asks the kernel to kill this process with the thread that started it.

    Args:
        parent: Process id of that parent.

    Returns:
        False when the parent died before the kernel took note: the caller exits.
    """
    _check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    return os.getppid() == parent


def main(arguments: list[str]) -> int:
    """Becomes a program in another network: PARENT NETWORK REPORT PROGRAM [ARG ...].

    Args:
        arguments: Process id of the parent, descriptor of the network namespace,
            descriptor to report a failure on (closed without a word by a
            successful start), then the program and its arguments.

    Returns:
        An exit status, only when the program could not be started.
    """
    parent, network, report = (int(number) for number in arguments[:3])
    program = arguments[3:]
    try:
        os.set_inheritable(report, False)
        join_network(network)
        os.close(network)
        if not die_with_parent(parent):
            return PARENT_IS_GONE
        os.execvp(program[0], program)
    except OSError as error:
        os.write(report, str(error.strerror).encode())
    return CANNOT_START


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
