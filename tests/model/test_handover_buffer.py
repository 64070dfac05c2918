"""The buffer of a handover: bounded, in order, five at once and the others as they came."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmip6.model.fast_handover.buffer import MOST_AT_ONCE, HandoverBuffer


def _filled(*came_ms: int, capacity: int = 100) -> HandoverBuffer:
    buffer = HandoverBuffer(capacity)
    for number, came in enumerate(came_ms):
        added = buffer.add(bytes((number,)), came)
        assert added is not None
        buffer = added
    return buffer


def _drained(buffer: HandoverBuffer) -> list[tuple[int, int]]:
    """When each packet leaves, with its number."""
    left: list[tuple[int, int]] = []
    while buffer.next_ms is not None:
        at = buffer.next_ms
        buffer, packets = buffer.take_due(at)
        left += [(at, packet[0]) for packet in packets]
    return left


def test_nothing_leaves_before_the_release() -> None:
    buffer = _filled(0, 10)
    assert buffer.next_ms is None
    assert buffer.take_due(10_000) == (buffer, ())


def test_five_leave_at_once_and_the_others_as_far_apart_as_they_came() -> None:
    buffer = _filled(0, 1, 2, 3, 4, 24, 64, 65).release(1000)
    assert _drained(buffer) == [
        (1000, 0),
        (1000, 1),
        (1000, 2),
        (1000, 3),
        (1000, 4),
        (1020, 5),
        (1060, 6),
        (1061, 7),
    ]


def test_what_comes_meanwhile_goes_behind() -> None:
    buffer = _filled(0, 1, 2, 3, 4, 104).release(1000)
    buffer, first = buffer.take_due(1000)
    assert len(first) == MOST_AT_ONCE and buffer.is_draining
    added = buffer.add(b"\6", 1050)
    assert added is not None
    assert _drained(added) == [(1100, 5), (1100 + 1050 - 104, 6)]


def test_a_full_buffer_takes_nothing() -> None:
    assert HandoverBuffer(0).add(b"\0", 0) is None
    full = _filled(0, 1, capacity=2)
    assert full.add(b"\2", 2) is None
    assert full.empty().add(b"\2", 2) is not None


def test_a_second_release_changes_nothing() -> None:
    buffer = _filled(*range(0, 700, 100)).release(1000)
    assert buffer.release(1001) is buffer


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=20),
    st.lists(st.integers(0, 50), max_size=10),
)
def test_every_packet_leaves_once_and_in_order(
    before: list[int], after: list[int]
) -> None:
    came = [sum(before[: n + 1]) for n in range(len(before))]
    now = came[-1]
    buffer = _filled(*came).release(now)
    left: list[tuple[int, int]] = []
    for number, wait in enumerate(after, start=len(came)):
        now += wait
        while buffer.next_ms is not None and buffer.next_ms <= now:
            at = buffer.next_ms
            buffer, packets = buffer.take_due(at)
            left += [(at, packet[0]) for packet in packets]
        if not buffer.is_draining:
            left.append((now, number))  # nobody waits: it goes at once
            continue
        added = buffer.add(bytes((number,)), now)
        assert added is not None
        buffer = added
    left += _drained(buffer)
    assert [number for _, number in left] == list(range(len(came) + len(after)))
    assert all(first <= second for (first, _), (second, _) in pairwise(left))


@pytest.mark.parametrize("count", range(1, 12))
def test_no_more_than_five_leave_in_a_row(count: int) -> None:
    buffer = _filled(*range(0, 10 * count, 10)).release(1000)
    times = [at for at, _ in _drained(buffer)]
    assert times.count(1000) == min(count, MOST_AT_ONCE)
    assert all(b - a == 10 for a, b in pairwise(times[MOST_AT_ONCE - 1 :]))
