"""A link in memory to an anchor that takes its time."""

from collections import deque

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.wire.virtual import VirtualLink


class LateLink(VirtualLink):
    """Whose answers come later by `takes_ms`, in milliseconds."""

    takes_ms = 0

    def __init__(self, anchor: ReferenceAnchor) -> None:
        super().__init__(anchor)
        self._late: deque[tuple[int, bytes]] = deque()

    def send(self, packet: bytes) -> None:
        """What comes of it comes late."""
        super().send(packet)
        while self._waiting:
            self.delay(*self._waiting.popleft())

    def delay(self, time_ms: int, answer: bytes) -> None:
        """An answer of this time comes late."""
        self._late.append((time_ms + self.takes_ms, answer))

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        """The next answer, when its time has come."""
        if self._late and self._late[0][0] <= until_ms:
            due, answer = self._late.popleft()
            super().receive(max(due, self.now_ms()))
            return due, answer
        return super().receive(until_ms)
