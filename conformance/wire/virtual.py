"""A link to an anchor in memory, under virtual time: waiting costs nothing."""

from collections import deque

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.wire.link import MILLISECOND_NS, timestamp_of

EPOCH_NS = 1_600_000_000 * 10**9
"""Time of day at the start of every virtual link, so that all runs are alike."""


class VirtualLink:
    """A link whose time goes on only where the tester waits; packets take no time.

    Args:
        anchor: The implementation under test, not used by anyone else.
    """

    def __init__(self, anchor: ReferenceAnchor) -> None:
        self.anchor = anchor
        self._now_ms = 0
        self._waiting: deque[tuple[int, bytes]] = deque()

    def now_ms(self) -> int:
        """Virtual milliseconds since the link was made."""
        return self._now_ms

    def time_of_day(self) -> int:
        """The virtual time of day, in the format of the Timestamp option."""
        return timestamp_of(EPOCH_NS + self._now_ms * MILLISECOND_NS)

    def send(self, packet: bytes) -> None:
        """Give a packet to the anchor, whose answers wait to be received."""
        answers = self.anchor.receive(packet, self._now_ms, self.time_of_day())
        self._waiting.extend((self._now_ms, answer) for answer in answers)

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        """The next packet at once; else None, after virtual time has gone on."""
        if self._waiting:
            return self._waiting.popleft()
        while self._now_ms < until_ms:
            due = self.anchor.next_deadline()
            self._now_ms = until_ms if due is None else min(due, until_ms)
            answers = self.anchor.advance(self._now_ms)
            if answers:
                self._waiting.extend((self._now_ms, answer) for answer in answers)
                return self._waiting.popleft()
        return None
