"""What an access network tells a gateway, as datagrams."""

import pytest

from pmip6.conformance.mag.access_triggers import (
    AboutToMove,
    Attached,
    ClockSet,
    Detached,
    Trigger,
    decode_trigger,
    encode_trigger,
)
from pmip6.model.wire.numbers import HandoffIndicator

NODE = bytes.fromhex("0200000001ab")
SAID: list[tuple[Trigger, bytes]] = [
    (Attached(NODE), b"attach 02:00:00:00:01:ab\n"),
    (
        Attached(NODE, HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE),
        b"attach 02:00:00:00:01:ab 3\n",
    ),
    (Attached(NODE, None, "ap-1"), b"attach 02:00:00:00:01:ab from ap-1\n"),
    (
        Attached(NODE, HandoffIndicator.BETWEEN_INTERFACES, "ap-1"),
        b"attach 02:00:00:00:01:ab 2 from ap-1\n",
    ),
    (AboutToMove(NODE, "ap-2"), b"handover 02:00:00:00:01:ab ap-2\n"),
    (Detached(NODE), b"detach 02:00:00:00:01:ab\n"),
    (ClockSet(), b"clock\n"),
    (ClockSet(1700000000), b"clock 1700000000\n"),
]


@pytest.mark.parametrize(("trigger", "data"), SAID)
def test_reading_undoes_writing(trigger: Trigger, data: bytes) -> None:
    assert encode_trigger(trigger) == data
    assert decode_trigger(data) == decode_trigger(data.rstrip()) == trigger


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"attach",
        b"attach 02:00:00:00:01",
        b"attach 02:00:00:00:01:AB",
        b"attach 02:00:00:00:01:ab 0",
        b"attach 02:00:00:00:01:ab 6",
        b"detach 02:00:00:00:01:ab 3",
        b"detach 02:00:00:00:01:ab from ap-1",
        b"attach 02:00:00:00:01:ab from ",
        b"attach 02:00:00:00:01:ab from ap 1",
        b"handover 02:00:00:00:01:ab",
        b"handover 02:00:00:00:01:ab " + b"x" * 65,
        b"clock x",
        b"attach 02:00:00:00:01:ab\nattach 02:00:00:00:01:ab\n",
        bytes(64),
    ],
)
def test_anything_else_is_no_trigger(data: bytes) -> None:
    assert decode_trigger(data) is None
