"""Triggers as they are declared: datagrams and commands, and what goes wrong with them."""

import socket
import sys
import time
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from pmip6.conformance.mag.access_triggers import Attached, ClockSet, Detached, Trigger
from pmip6.conformance.mag.declared_triggers import DeclaredTriggers, TriggerSettings
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.numbers import HandoffIndicator

NODE = bytes.fromhex("020000000101")
NAMES = {NODE: "mn1@example.org"}
TOLD: list[tuple[Trigger, str]] = [
    (Attached(NODE), "attach 02:00:00:00:01:01 {x}"),
    (Attached(NODE, HandoffIndicator.NEW_INTERFACE), "handoff 1 mn1@example.org"),
    (Detached(NODE), "detach 02:00:00:00:01:01"),
    (ClockSet(), "clock"),
]


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as opened:
        opened.bind(("::1", 0))
        opened.settimeout(5)
        yield opened


def _settings(by: str, port: int, *first: str) -> TriggerSettings:
    return TriggerSettings.model_validate(
        {
            "by": by,
            "address": IPv6Address("::1"),
            "port": port,
            "attach": (*first, "attach", "{node}", "{{x}}"),
            "attach_with_handoff": (*first, "handoff", "{handoff}", "{identifier}"),
            "detach": (*first, "detach", "{node}"),
            "clock": (*first, "clock"),
        }
    )


def test_a_datagram_is_the_words_as_a_line(receiver: socket.socket) -> None:
    triggers = DeclaredTriggers(_settings("datagram", receiver.getsockname()[1]), NAMES)
    for trigger, line in TOLD:
        triggers.tell(trigger)
        assert receiver.recv(100) == f"{line}\n".encode()
    triggers.close()


def test_nobody_listens_yet_and_the_next_datagram_goes_out_all_the_same(
    receiver: socket.socket,
) -> None:
    port = receiver.getsockname()[1]
    receiver.close()
    triggers = DeclaredTriggers(_settings("datagram", port), NAMES)
    triggers.tell(ClockSet())
    time.sleep(0.1)  # the error of that one comes
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as opened:
        opened.bind(("::1", port))
        opened.settimeout(5)
        triggers.tell(Detached(NODE))
        assert opened.recv(100) == b"detach 02:00:00:00:01:01\n"
    triggers.close()


def test_a_command_gets_the_words(tmp_path: Path) -> None:
    place = tmp_path / "told"
    script = "import sys; open(sys.argv[1], 'a').write(' '.join(sys.argv[2:]) + '\\n')"
    first = (sys.executable, "-c", script, str(place))
    triggers = DeclaredTriggers(_settings("command", 1, *first), NAMES)
    for number, (trigger, _) in enumerate(TOLD, 1):
        triggers.tell(trigger)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if place.exists() and place.read_text().count("\n") == number:
                break
            time.sleep(0.02)
    assert place.read_text().splitlines() == [line for _, line in TOLD]
    triggers.close()


def test_a_command_that_fails_is_told_with_the_next(tmp_path: Path) -> None:
    triggers = DeclaredTriggers(_settings("command", 1, "false"), NAMES)
    triggers.tell(ClockSet())
    time.sleep(0.3)
    with pytest.raises(Pmip6Error, match="false clock: exit status 1"):
        triggers.tell(ClockSet())
    triggers.close()
    missing = DeclaredTriggers(_settings("command", 1, str(tmp_path / "no")), NAMES)
    with pytest.raises(Pmip6Error, match="No such file"):
        missing.tell(ClockSet())
