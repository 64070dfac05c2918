"""A Linux mobile node in a domain of reference peers: it moves, and notices nothing."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pmip6.conformance.domain.evidence import CAPTURE_FILES
from pmip6.conformance.domain.record import Mode
from pmip6.conformance.wire.capture import read
from pmip6.conformance.wire.packet_port import upper_layer
from pmip6.model.wire.ipv6 import decode_ipv6

MODULE = "pmip6.reports.start"
HANDOFFS = 10
ADDRESS = "2001:db8:100::ff:fe00:101"
ROUTER = ("fe80::200:5eff:fe00:5213", "00:00:5e:00:52:13")
MOBILITY, ICMPV6, ROUTER_ADVERTISEMENT, TCP, ESP = 135, 58, 134, 6, 50


def _demo(
    environment: dict[str, str], *arguments: str, python: list[str] | None = None
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*(python or [sys.executable]), "-m", MODULE, "--domain", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


@pytest.mark.wire
def test_a_node_keeps_address_router_and_connection_in_each_mode(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """RFC 5213, sections 6.7 to 6.10 and 7, and RFC 5949, between hosts of this kernel."""
    process = _demo(environment, "--handoffs", str(HANDOFFS), "--out", str(tmp_path))
    output, errors = process.communicate(timeout=180)
    assert process.returncode == 0, output + errors
    lines = output.splitlines()
    assert lines[-1].endswith(": PASS")
    told = f"address of the node: {ADDRESS}, {HANDOFFS + 1} times looked at"
    assert lines.count(told) == len(Mode)
    came = re.findall(r": open; (\d+) of (\d+) numbers came back, in order", output)
    assert len(came) == len(Mode)
    assert all(back == sent and int(back) > 50 for sent, back in came)
    table = [line for line in lines if re.match(r"\s+\d+  MAG[12]  ", line)]
    assert len(table) == HANDOFFS * len(Mode)
    assert output.count("sequenceDiagram") == 1 + len(Mode)
    _assert_compared(lines, HANDOFFS)
    for mode in Mode:
        _assert_captured(tmp_path / CAPTURE_FILES[mode], mode)


BOUNDS = r"(\d+)(?: to (\d+))?"


def _assert_compared(lines: list[str], handoffs: int) -> None:
    """What is measured is what the model says, and what each mode is for holds.

    A loaded host may take longer for one packet at a handoff than for all others around.
    """
    rows = 0
    for mode in Mode:
        for way in ("down", "up"):
            form = rf"{mode}, {way} +\d+ +(\d+) +{BOUNDS} +(\d+) +{BOUNDS} +(\d+)"
            found = next(filter(None, (re.fullmatch(form, line) for line in lines)))
            lost, least, most, late, first, last, twice = map(int, found.groups("-1"))
            most, last = max(least, most), max(first, last)
            assert least - handoffs <= lost <= most + handoffs, (mode, way)
            assert late <= last + handoffs and twice == 0, (mode, way)
            if (mode, way) == (Mode.PREDICTIVE, "down"):
                assert (lost, most) == (0, 0)
            else:
                assert most > 0
            rows += 1
    assert rows == 2 * len(Mode)


def _assert_captured(path: Path, mode: Mode) -> None:
    """What the capture tells by itself, without the judge."""
    signalling: set[str] = set()
    routers: set[tuple[str, str]] = set()
    sent: set[str] = set()
    for each in read(path).packets:
        header, upper = decode_ipv6(each.data), upper_layer(each.data)
        assert header is not None and upper is not None
        protocol, at = upper
        where = each.comment.partition(",")[0]
        if protocol == MOBILITY or (protocol == ESP and "between" in where):
            signalling.add(where)
        assert protocol != MOBILITY or "between" not in where, "it is not under ESP"
        if each.comment.startswith("sent at node") and protocol == TCP:
            sent.add(str(header.source))
        if protocol == ICMPV6 and each.data[at] == ROUTER_ADVERTISEMENT:
            frame = each.comment.partition("frame from ")[2].split()
            routers.add((str(header.source), frame[0]))
            assert frame[2].startswith("02:00:00:00:01:01"), "to this node alone"
    places = {"gateway 1", "gateway 2"}
    places |= set() if mode is Mode.NONE else {"between gateways"}
    assert signalling == {
        f"{way} at {p}" for way in ("sent", "received") for p in places
    }
    assert routers == {ROUTER}
    assert sent == {ADDRESS}


@pytest.mark.wire
def test_user_namespaces_are_enough(
    environment: dict[str, str], unprivileged_python: list[str]
) -> None:
    process = _demo(environment, "--handoffs", "1", python=unprivileged_python)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, output + errors
    assert output.splitlines()[-1].endswith(": PASS")


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(OSError):  # the thread has ended meanwhile
            found += map(int, (task / "children").read_text().split())
    return found


def _network(process: int) -> int:
    try:
        return os.stat(f"/proc/{process}/ns/net").st_ino
    except OSError:
        return 0


def _becomes_true(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.wire
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)],
    ids=["Ctrl-C", "kill -9"],
)
def test_nothing_outlives_the_domain(
    number: signal.Signals, status: int, environment: dict[str, str]
) -> None:
    with _demo(environment) as process:
        try:
            assert _becomes_true(lambda: len(_children(process.pid)) == 3, 20)
            time.sleep(1.0)
            children = _children(process.pid)
            networks = {_network(p) for p in (process.pid, *children)}
            networks -= {_network(os.getpid())}
            assert len(networks) == 4, "anchor, gateways, and the one that started them"
            process.send_signal(number)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == status
    assert errors == ("pmip6: interrupted\n" if number == signal.SIGINT else "")
    left = [p for p in Path("/proc").iterdir() if p.name.isdigit()]
    assert _becomes_true(
        lambda: not [p for p in left if _network(int(p.name)) in networks], 5
    )


@pytest.mark.wire
def test_where_networks_are_not_possible_one_line_says_so(
    environment: dict[str, str],
) -> None:
    # No user namespace may be made inside one whose limit is 0.
    forbid = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv"
    drop = "--bounding-set=-sys_admin --inh-caps=-sys_admin"
    run = subprocess.run(
        [
            *("unshare", "--user", "--map-root-user", "sh", "-c"),
            *(f'{forbid} {drop} "$@"', "sh"),
            *(sys.executable, "-m", MODULE, "--domain"),
        ],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (3, "", 1)
    assert run.stderr.startswith("pmip6: network namespace: not possible here")
