"""Test networks: what they hold, and that nothing of them outlives their maker."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pmip6.conformance.wire import isolation
from pmip6.conformance.wire.namespaces import Network
from pmip6.model.errors import Pmip6Error

PROGRAM = Path(__file__).parent / "programs" / "two_hosts.py"
PERMANENT_WITHOUT_DETECTION = "82"


@dataclass
class TwoHosts:
    process: "subprocess.Popen[str]"
    peer: int
    user: int
    networks: list[int]
    here: dict[str, str]
    there: dict[str, str]

    def is_gone(self) -> bool:
        """Neither the peer nor a process in one of the networks is left."""
        return _is_dead(self.peer) and not any(
            _network_of(entry) in self.networks
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit()
        )


def _is_dead(process: int) -> bool:
    """Whether a process ended; whoever inherits it may reap it late."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def _network_of(process: Path) -> int:
    try:
        return (process / "ns" / "net").stat().st_ino
    except OSError:
        return 0


def _start(how_to_end: str, environment: dict[str, str], *python: str) -> TwoHosts:
    process = subprocess.Popen(
        [*(python or [sys.executable]), str(PROGRAM), how_to_end],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(f"two_hosts.py ended: {process.communicate()[1]}")
    facts = json.loads(line)
    return TwoHosts(
        process,
        facts["peer"],
        facts["user"],
        facts["networks"],
        facts["here"],
        facts["there"],
    )


def _becomes_true(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def _end(hosts: TwoHosts) -> int:
    hosts.process.communicate(timeout=20)
    return hosts.process.returncode


def _named_networks() -> set[str]:
    places = (Path("/run/netns"), Path("/var/run/netns"))
    return {name for place in places if place.exists() for name in os.listdir(place)}


@pytest.mark.wire
@pytest.mark.parametrize(
    ("how_to_end", "number", "status"),
    [
        ("wait", signal.SIGKILL, -signal.SIGKILL),
        ("wait", signal.SIGINT, 130),
        ("return", None, 0),
    ],
    ids=["kill -9", "Ctrl-C", "normal end"],
)
def test_nothing_is_left_behind(
    how_to_end: str,
    number: signal.Signals | None,
    status: int,
    environment: dict[str, str],
) -> None:
    named, interfaces = _named_networks(), socket.if_nameindex()
    hosts = _start(how_to_end, environment)
    if number is not None:
        assert not hosts.is_gone()
        hosts.process.send_signal(number)
    assert _end(hosts) == status
    assert _becomes_true(hosts.is_gone)
    assert (_named_networks(), socket.if_nameindex()) == (named, interfaces)


@pytest.mark.wire
def test_addresses_are_usable_at_once_and_there_is_no_link_local_one(
    environment: dict[str, str],
) -> None:
    hosts = _start("return", environment)
    assert _end(hosts) == 0
    assert len({*hosts.networks, os.stat("/proc/self/ns/net").st_ino}) == 3
    flags = PERMANENT_WITHOUT_DETECTION
    assert hosts.here == {"::1": "80", "2001:db8::1": flags, "2001:db8::2": flags}
    assert hosts.there == {"::1": "80", "2001:db8::100": flags}


@pytest.mark.wire
def test_no_privilege_is_needed_where_user_namespaces_are_permitted(
    environment: dict[str, str], unprivileged_python: list[str]
) -> None:
    hosts = _start("wait", environment, *unprivileged_python)
    assert hosts.user == 0, "root of the user namespace"
    hosts.process.kill()
    _end(hosts)
    assert _becomes_true(hosts.is_gone)


@pytest.mark.wire
def test_where_neither_is_possible_one_line_says_so(
    environment: dict[str, str],
) -> None:
    # No user namespace may be made inside one whose limit is 0.
    forbid = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv"
    drop = "--bounding-set=-sys_admin --inh-caps=-sys_admin"
    command = f'{forbid} {drop} "$@"'
    run = subprocess.run(
        [
            *("unshare", "--user", "--map-root-user", "sh", "-c", command, "sh"),
            *(sys.executable, str(PROGRAM), "return"),
        ],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith(
        "network namespace: not possible here: unshare: No space "
    )
    assert "(run as root, or allow user namespaces" in run.stderr


def test_a_peer_whose_parent_died_before_it_asked_does_not_start() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to join a network")
    read, write = os.pipe()
    own = isolation.own_network()
    somebody_else = "1"
    launcher = [sys.executable, "-I", "-S", isolation.__file__]
    run = subprocess.run(
        [*launcher, somebody_else, str(own), str(write), "echo", "started"],
        pass_fds=(own, write),
        capture_output=True,
    )
    for descriptor in (read, write, own):
        os.close(descriptor)
    assert (run.returncode, run.stdout) == (isolation.PARENT_IS_GONE, b"")


@pytest.mark.wire
def test_a_program_that_cannot_be_started_is_named() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to make a network in the process of the tests")
    with Network() as network:
        with pytest.raises(
            Pmip6Error, match=r"no-such-lma: cannot be started: No such"
        ):
            network.spawn(["no-such-lma"])
        with network.spawn(["sleep", "600"]) as peer:
            assert peer.is_running()
        assert peer.close() == -signal.SIGTERM
        stubborn = "trap '' TERM; echo deaf; sleep 600"
        again = network.spawn(["sh", "-c", stubborn], stdout=subprocess.PIPE)
        assert again.process.stdout is not None
        assert again.process.stdout.readline() == b"deaf\n"
        assert again.close(grace=0.2) == -signal.SIGKILL
        assert again.close() == -signal.SIGKILL
        crashed = network.spawn(["sh", "-c", "sleep 600 & echo $!; exit 3"], stdout=-1)
        assert crashed.process.stdout is not None
        left_behind = int(crashed.process.stdout.readline())
        assert _becomes_true(lambda: not crashed.is_running())
        assert not _is_dead(left_behind)
        assert crashed.close() == 3
        assert _becomes_true(lambda: _is_dead(left_behind))


@pytest.mark.wire
def test_a_second_thread_in_the_way_of_a_user_namespace_is_told(
    environment: dict[str, str], unprivileged_python: list[str]
) -> None:
    script = """
import threading, time
from pmip6.conformance.wire.namespaces import enter_private_network
threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
enter_private_network()
"""
    run = subprocess.run(
        [*unprivileged_python, "-c", script],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].endswith(
        "a user namespace cannot be entered by a process of 2 threads"
        " (enter it first thing in the program, or run as root)"
    )
