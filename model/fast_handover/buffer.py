"""The packets that a gateway holds back for a node, and when they leave again.

They leave in the order in which they came: a few at once, the others as far apart as they
came, so that the link of the node is not flooded.  What comes while some still wait goes
behind them.  Source: RFC 5568, section 5.4 (5568-5.4-2, 5568-5.4-3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST_AT_ONCE = 5
"""Packets that may leave one after another (RFC 5568, section 5.4)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A packet that waits.

    Args:
        packet: From its IPv6 header on.
        came_ms: When it came.
        due_ms: When it leaves; None where nobody has asked for it yet.
    """

    packet: bytes
    came_ms: int
    due_ms: int | None = None


@dataclass(frozen=True, slots=True)
class HandoverBuffer:
    """A bounded first-in first-out buffer; each change gives another one.

    Args:
        capacity: How many packets it holds.
        most_at_once: How many of them may leave one after another.
        waiting: Those that it holds, the oldest first.
        left: How many have left since then.
    """

    capacity: int
    most_at_once: int = MOST_AT_ONCE
    waiting: tuple[Kept, ...] = ()
    left: int = 0

    @property
    def is_draining(self) -> bool:
        """Packets are leaving, and whatever comes goes behind them."""
        return bool(self.waiting) and self.waiting[0].due_ms is not None

    def add(self, packet: bytes, now_ms: int) -> HandoverBuffer | None:
        """Hold a packet back; None where there is no room for it."""
        if len(self.waiting) >= self.capacity:
            return None
        added = Kept(packet, now_ms)
        if self.is_draining:
            added = self._scheduled(added, self.waiting[-1], len(self.waiting), now_ms)
        return replace(self, waiting=(*self.waiting, added))

    def _scheduled(
        self, kept: Kept, before: Kept | None, ahead: int, now_ms: int
    ) -> Kept:
        """When a packet leaves that has so many ahead of it, `before` the last of them."""
        if before is None or before.due_ms is None:
            return replace(kept, due_ms=now_ms)
        is_at_once = self.left + ahead < self.most_at_once
        gap = 0 if is_at_once else kept.came_ms - before.came_ms
        return replace(kept, due_ms=max(now_ms, before.due_ms + gap))

    def release(self, now_ms: int) -> HandoverBuffer:
        """Let the packets go from now on."""
        if self.is_draining:
            return self
        begun = replace(self, waiting=(), left=0)
        scheduled: list[Kept] = []
        before: Kept | None = None
        for ahead, kept in enumerate(self.waiting):
            before = begun._scheduled(kept, before, ahead, now_ms)
            scheduled.append(before)
        return replace(begun, waiting=tuple(scheduled))

    def take_due(self, now_ms: int) -> tuple[HandoverBuffer, tuple[bytes, ...]]:
        """The packets that leave by now, and the buffer without them."""
        due: list[Kept] = []
        for kept in self.waiting:
            if kept.due_ms is None or kept.due_ms > now_ms:
                break
            due.append(kept)
        after = replace(
            self,
            waiting=self.waiting[len(due) :],
            left=self.left + len(due),
        )
        return after, tuple(kept.packet for kept in due)

    @property
    def next_ms(self) -> int | None:
        """When the next packet leaves; None where none does."""
        return self.waiting[0].due_ms if self.waiting else None

    def empty(self) -> HandoverBuffer:
        """The buffer without its packets."""
        return replace(self, waiting=(), left=0)
