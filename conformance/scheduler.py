"""Runs the scripts of many cases over one link, each as if it were alone.

A packet goes to the case whose request it answers, by sequence number and mobile node.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from pmip6.conformance.lma.script import Granted, Listen, Script, Send
from pmip6.conformance.results import tell_nobody
from pmip6.conformance.wire.arrivals import Arrival, read_arrival
from pmip6.conformance.wire.capture import CapturedPacket
from pmip6.conformance.wire.esp_end import EspEnd
from pmip6.conformance.wire.link import Link
from pmip6.model.wire.esp import EspCheck
from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND
from pmip6.model.wire.tunnel_packets import fragment

SECOND_NS = 10**9
SLOW_MS = 20
"""Answers that took at least so long are remembered with their times."""


class Scripted(Protocol):
    """Something with a script: a test case, or a probe of liveness."""

    @property
    def node_names(self) -> frozenset[bytes]:
        """The mobile nodes that it alone uses."""
        ...

    def run(self, now_ms: int) -> Script:
        """What it does."""
        ...


@dataclass
class Task:
    """A script that runs.

    Attributes:
        until_ms: Until when it listens.
        sequences: Sequence numbers of its requests.
        marks: Numbers of its user packets.
        packets: What it sent and received.
        late_ms: How late the tester has done something for it, at most.
        noted: Called with what the script is given.
    """

    scripted: Scripted
    script: Script
    until_ms: int = 0
    is_done: bool = False
    sequences: set[int] = field(default_factory=set[int])
    marks: set[int] = field(default_factory=set[int])
    packets: list[CapturedPacket] = field(default_factory=list[CapturedPacket])
    late_ms: int = 0
    noted: Callable[[Granted], None] = tell_nobody


Ended = Callable[[Task], None]


class Scheduler:
    """Runs scripts over a link.

    Args:
        link: The link to the implementation under test.
        ended: Called with each task that has ended.
        esp: The tester's end of the ESP; None where there is none.
        is_foreign: Whether a packet is for another tester on the same link.
    """

    def __init__(
        self,
        link: Link,
        ended: Ended,
        esp: EspEnd | None = None,
        is_foreign: Callable[[Arrival], bool] = lambda _: False,
    ) -> None:
        self.link = link
        self._esp = esp
        self._is_foreign = is_foreign
        self.strays: list[Arrival] = []
        self._ended = ended
        self._tasks: list[Task] = []
        self._identification = 0  # of the last packet that was cut up
        self._former: set[bytes] = set()  # nodes of tasks that have ended
        self._sent_ms: dict[int, int] = {}  # of requests without an answer, by sequence
        self._delay_ms = 0  # how long the last answer took
        self._answered_ms = 0  # when it came
        self._slow: list[tuple[int, int]] = []  # when requests came and were answered

    @property
    def count(self) -> int:
        """How many scripts run."""
        return len(self._tasks)

    @property
    def is_idle(self) -> bool:
        """Nothing runs."""
        return not self._tasks

    def delay_ms(self, within_ms: int) -> int:
        """How long the last answer has taken, 0 where none came of late.

        Args:
            within_ms: How long ago it may have come.
        """
        is_late = self.link.now_ms() - self._answered_ms > within_ms
        return 0 if is_late or not self._tasks else self._delay_ms

    def slowest_ms(self, since_ms: int, more_than_ms: int) -> int:
        """How long the slowest answer has taken for which it waited at a time or later.

        Args:
            since_ms: The time.
            more_than_ms: Answers that took no longer do not count.

        Returns:
            0 where there is none.
        """
        taken = (to - since for since, to in self._slow if to >= since_ms)
        return max((ms for ms in taken if ms > more_than_ms), default=0)

    def start(
        self, scripted: Scripted, noted: Callable[[Granted], None] = tell_nobody
    ) -> Task:
        """Begin a script; `noted` is called with the time, and with what it is given."""
        now = self.link.now_ms()
        noted(now)
        task = Task(scripted, scripted.run(now), noted=noted)
        self._tasks.append(task)
        self._go_on(task, None)
        return task

    def run_some(self, latest_ms: int | None = None) -> None:
        """Wait for the next packet or the next time that a task waits for.

        Not longer than until `latest_ms`, which is needed where no task runs.
        """
        times = [task.until_ms for task in self._tasks]
        until = min(times if latest_ms is None else [*times, latest_ms])
        received = self.link.receive(until)
        if received is not None:
            self._deliver(self._read(*received), received[1])
            return
        now = self.link.now_ms()
        for task in [t for t in self._tasks if t.until_ms <= now]:
            if not task.is_done:  # stopped since, by what another one has shown
                self._be_late(task, task.until_ms)
                self._resume(task, None)

    def _be_late(self, task: Task, wanted_ms: int) -> None:
        """Note that what should have been done at a time for a task is done now."""
        task.late_ms = max(task.late_ms, self.link.now_ms() - wanted_ms)

    def stop(self) -> list[Task]:
        """Give up on everything that runs."""
        stopped, self._tasks = self._tasks, []
        for task in stopped:
            task.is_done = True
            task.script.close()
        return stopped

    def has_restarted(self) -> None:
        """The implementation has been restarted."""
        if self._esp is not None:
            self._esp.forget_windows()

    def _resume(self, task: Task, granted: Granted) -> None:
        """Give a script what it has waited for, or None where that has not come."""
        task.noted(granted)
        self._go_on(task, granted)

    def _go_on(self, task: Task, granted: Granted) -> None:
        try:
            while True:
                wish = task.script.send(granted)
                if isinstance(wish, Listen):
                    task.until_ms = wish.until_ms
                    return
                granted = self._send(task, wish)
                task.noted(granted)
        except StopIteration:
            task.is_done = True
            self._tasks.remove(task)
            self._former |= task.scripted.node_names
            self._ended(task)

    def _send(self, task: Task, wish: Send) -> int:
        now = self.link.now_ms()
        if wish.sequence is not None:
            task.sequences.add(wish.sequence)
            self._sent_ms[wish.sequence] = now
        if wish.mark is not None:
            task.marks.add(wish.mark)
        data = wish.packet
        if self._esp is not None:
            data = self._esp.send(data, wish.esp_fault)
        pieces: tuple[bytes, ...] = (data,)
        if wish.largest is not None:
            self._identification += 1
            pieces = fragment(data, wish.largest, self._identification)
        for piece in pieces:
            packet = self._captured(piece, f"sent: {wish.comment}", outbound=True)
            task.packets.append(packet)
            self.link.send(piece)
        return now

    def _read(self, time_ms: int, data: bytes) -> Arrival:
        """What has come, without ESP where it is under it."""
        now = self.link.time_of_day()
        found = data if self._esp is None else self._esp.receive(data)
        if isinstance(found, EspCheck):
            return replace(read_arrival(data, time_ms, now), unprotected=found)
        return read_arrival(found, time_ms, now)

    def _captured(self, data: bytes, comment: str, *, outbound: bool) -> CapturedPacket:
        time_ns = self.link.time_of_day() * SECOND_NS // TIMESTAMP_UNITS_PER_SECOND
        return CapturedPacket(time_ns, data, comment, outbound)

    def _deliver(self, arrival: Arrival, data: bytes) -> None:
        if self._is_foreign(arrival):
            self.strays.append(arrival)
            return
        sent_ms = self._sent_ms.pop(
            -1 if arrival.sequence is None else arrival.sequence, None
        )
        if sent_ms is not None:
            self._delay_ms = arrival.time_ms - sent_ms
            self._answered_ms = arrival.time_ms
            if self._delay_ms >= SLOW_MS:
                self._slow.append((sent_ms, arrival.time_ms))
        task = addressee(arrival, self._tasks, self._former)
        if task is None:
            self.strays.append(arrival)
            return
        packet = self._captured(data, f"received: {arrival}", outbound=False)
        task.packets.append(packet)
        self._be_late(task, arrival.time_ms)
        self._resume(task, arrival)


def addressee(
    arrival: Arrival, tasks: Iterable[Task], former: Container[bytes] = ()
) -> Task | None:
    """The task that a packet belongs to, None where that cannot be told.

    The number of a user packet decides, then the mobile node; without one the sequence
    number; if that is wrong as well, the packet belongs to the only task that there is,
    unless its node is one of those of former tasks: then it is late.
    """
    running = list(tasks)
    if arrival.mark is not None:
        return next((t for t in running if arrival.mark in t.marks), None)
    name, sequence = arrival.identifier, arrival.sequence
    for task in running:
        if name and name in task.scripted.node_names:
            return task
    for task in running:
        if sequence is not None and sequence in task.sequences:
            return task
    is_late = name is not None and name in former
    return running[0] if len(running) == 1 and not is_late else None
