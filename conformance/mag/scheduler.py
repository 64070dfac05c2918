"""Scripts of a tester of gateways, side by side over one link: each has its mobile node.

What the gateway sends to a node is told by its link-layer address, a request by the node
that it names, and a user packet by the number in it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from pmip6.conformance.journal import Journal
from pmip6.conformance.mag.acts import GatewayLink
from pmip6.conformance.mag.judge import GatewayJudge
from pmip6.conformance.mag.packets import (
    Read,
    neighbour_answer,
    read,
)
from pmip6.conformance.mag.port import GROUP_PREFIX, Sent, ToNode
from pmip6.conformance.mag.script import Act, Granted, Script
from pmip6.conformance.wire.capture import CapturedPacket
from pmip6.conformance.wire.esp_end import EspEnd
from pmip6.conformance.wire.link import MILLISECOND_NS, SECOND_NS
from pmip6.model.discovery.messages import NeighborSolicitation
from pmip6.model.wire.messages import HandoverInitiate, ProxyBindingUpdate, option_of
from pmip6.model.wire.numbers import TIMESTAMP_UNITS_PER_SECOND, HandoffIndicator
from pmip6.model.wire.options import MobileNodeIdentifier, MobileNodeLinkLayerIdentifier
from pmip6.vectors.mag.answers import Scene

NUMBERS_PER_CASE = 1000
"""User packets that a case may send, so that their numbers tell the case."""
LOOK_AGAIN_MS = 5
"""After this a gateway that was busy may be idle."""
LONGEST_WORK_MS = 10_000
"""A gateway that is busy for longer is busy for good."""
REQUESTS = (ProxyBindingUpdate, HandoverInitiate)
"""What a gateway repeats where nobody answers it."""
_NUMBER = re.compile(rb"packet ([0-9]+)(?![0-9])")


class GatewayScripted(Protocol):
    """Something with a script and a node of its own: a case, or a probe of liveness."""

    @property
    def scene(self) -> Scene:
        """Who and where."""
        ...

    def run(self, now_ms: int) -> Script:
        """What it does."""
        ...

    def owns(self, came: Read) -> bool:
        """Whether a packet is its own that tells neither its node nor its numbers."""
        ...


@dataclass(eq=False)
class GatewayTask:
    """A script that runs.

    Attributes:
        number: User packets of the script have its numbers.
        until_ms: Until when it listens.
        due_ms: Until when it wanted to, which is before that where the gateway was busy.
        packets: What it sent and received.
        late_ms: How late the tester has done something for it, or the gateway has had
            time for it, at most.
        journal: Takes down what the script is given, where that is kept.
    """

    scripted: GatewayScripted
    script: Script
    number: int
    judge: GatewayJudge | None
    until_ms: int = 0
    packets: list[CapturedPacket] = field(default_factory=list[CapturedPacket])
    late_ms: int = 0
    due_ms: int = 0
    journal: Journal | None = None


class GatewayScheduler:
    """Runs scripts over a link.

    Args:
        link: The link, which nobody else uses.
        ended: Called with each task that has ended.
        access_interface: What captures call the access link.
        esp: The end of the ESP at the tester; None where there is none.

    Attributes:
        strays: Packets that belong to no script, in words.
        late_ms: How late the tester has looked after something the last time.
    """

    def __init__(
        self,
        link: GatewayLink,
        ended: Callable[[GatewayTask], None],
        access_interface: str = "",
        esp: EspEnd | None = None,
    ) -> None:
        self.link = link
        self.strays: list[str] = []
        self.late_ms = 0
        self._ended = ended
        self._access_interface = access_interface
        self._esp = esp
        self._tasks: list[GatewayTask] = []
        self._by_node: dict[bytes, GatewayTask] = {}
        self._by_layer: dict[bytes, GatewayTask] = {}
        self._former: set[bytes] = set()  # identifiers and link-layer addresses

    @property
    def count(self) -> int:
        """How many scripts run."""
        return len(self._tasks)

    def start(
        self,
        scripted: GatewayScripted,
        number: int = 0,
        judge: GatewayJudge | None = None,
        journal: Journal | None = None,
    ) -> GatewayTask:
        """Begin a script; its user packets have numbers from 1000 times a number on."""
        now_ms = self.link.now_ms()
        task = GatewayTask(
            scripted, scripted.run(now_ms), number, judge, journal=journal
        )
        if journal is not None:
            journal.given.append(now_ms)
        self._tasks.append(task)
        for scene in (scripted.scene, scripted.scene.companion):
            self._by_node[scene.node] = self._by_layer[scene.link_layer] = task
        self._resume(task, None, None)
        return task

    def run_some(self, latest_ms: int | None = None) -> None:
        """Wait for the next packet or the next time that a script waits for.

        Not longer than until `latest_ms`, which is needed where no script runs.
        """
        times = [task.until_ms for task in self._tasks]
        until = min(times if latest_ms is None else [*times, latest_ms])
        came = self.link.receive(until)
        now_ms = self.link.now_ms()
        due = [t for t in self._tasks if t.due_ms <= now_ms]
        ages = [now_ms - task.due_ms for task in due]
        ages += [] if came is None else [now_ms - came[0]]
        self.late_ms = max(ages, default=0)
        if came is not None:
            self._deliver(*came)
            return
        for task in due:
            is_there = task in self._tasks and task.until_ms <= now_ms
            if is_there and not self._has_to_wait(task, now_ms):
                self._resume(task, None, now_ms)

    def _has_to_wait(self, task: GatewayTask, now_ms: int) -> bool:
        """Whether nothing can be concluded yet, as the gateway has something to do."""
        if self.link.is_idle() or now_ms - task.due_ms > LONGEST_WORK_MS:
            return False
        task.until_ms = now_ms + LOOK_AGAIN_MS
        return True

    def stop(self) -> list[GatewayTask]:
        """Give up on everything that runs."""
        stopped, self._tasks = self._tasks, []
        for task in stopped:
            task.script.close()
            self._forget(task)
        return stopped

    def has_restarted(self) -> None:
        """The gateway has been restarted."""
        if self._esp is not None:
            self._esp.forget_windows()

    def _deliver(self, time_ms: int, sent: Sent) -> None:
        found = read(sent, self._esp)
        owner = self._owner(found)
        if owner is None:
            if not self._is_expected(found):
                self.strays.append(str(found))
            return
        ago_ns = (self.link.now_ms() - time_ms) * MILLISECOND_NS
        packet = self._captured(sent, f"received: {found}", outbound=False)
        owner.packets.append(replace(packet, time_ns=packet.time_ns - ago_ns))
        self._resume(owner, (time_ms, found), None)

    def _owner(self, came: Read) -> GatewayTask | None:
        """The script that a packet belongs to."""
        if isinstance(came.message, NeighborSolicitation):
            self._advertise(came.message, came)
            return None
        if came.node is not None:
            if came.node.startswith(GROUP_PREFIX) and len(self._tasks) == 1:
                return self._tasks[0]
            return self._by_layer.get(came.node)
        if isinstance(came.message, ProxyBindingUpdate):
            return self._requesting(came.message)
        for task in self._tasks:
            if task.scripted.owns(came):
                return task
        found = _NUMBER.search(came.inner.payload)
        if found is None:
            return None
        number = int(found[1]) // NUMBERS_PER_CASE
        return next((t for t in self._tasks if t.number == number), None)

    def _requesting(self, request: ProxyBindingUpdate) -> GatewayTask | None:
        """The script whose node a request names; where it names none, the only one."""
        node, layer = _named(request)
        found = self._by_node.get(node) or self._by_layer.get(layer)
        if found is None and self._former.isdisjoint((node, layer)):
            return self._tasks[0] if len(self._tasks) == 1 else None
        return found

    def _is_expected(self, came: Read) -> bool:
        """It may come: neighbour discovery, errors, or what is late."""
        if came.node is not None:
            return came.node in self._former or not came.is_user_packet
        if isinstance(came.message, REQUESTS):
            return not self._former.isdisjoint(_named(came.message))
        return not came.is_user_packet or _NUMBER.search(came.inner.payload) is not None

    def _advertise(self, asked: NeighborSolicitation, came: Read) -> None:
        """Answer as the node whose address is asked for."""
        mine = (task.scripted.scene for task in self._tasks)
        for scene in (each for own in mine for each in (own, own.companion)):
            if asked.target in (
                scene.node_link_local,
                *(scene.address_in(prefix) for prefix in scene.prefixes),
            ):
                answer = neighbour_answer(asked.target, scene, came.packet.source)
                if answer is not None:
                    self.link.send_from_node(scene.link_layer, answer)
                return

    def _resume(
        self, task: GatewayTask, came: tuple[int, Read] | None, now_ms: int | None
    ) -> None:
        """Give a script what came, and do what it wants until it listens again.

        Args:
            task: The script.
            came: What came for it and when.
            now_ms: The time now, where nothing did; None for a script that begins.
        """
        since_ms = 0 if came is None else self.link.now_ms() - came[0]
        age = since_ms * TIMESTAMP_UNITS_PER_SECOND // 1000
        time_of_day = self.link.time_of_day() - age
        if task.judge is not None:
            task.judge.time_of_day = time_of_day
        granted: Granted = now_ms if came is None else came
        if task.journal is not None and granted is not None:
            _note(task.journal, granted, time_of_day)
        time_ms = came[0] if came is not None else now_ms
        if (
            time_ms is not None
        ):  # what came later than that came too late for the script
            task.late_ms = max(task.late_ms, time_ms - task.due_ms)
        acted_ms = time_ms
        try:
            wish = task.script.send(granted)
            while isinstance(wish, Act):
                if acted_ms is not None:
                    task.late_ms = max(task.late_ms, self.link.now_ms() - acted_ms)
                wish.do(_Recorder(self, task, wish.comment))
                acted_ms = self.link.now_ms()
                if task.journal is not None:
                    _note(task.journal, acted_ms, time_of_day)
                wish = task.script.send(acted_ms)
        except StopIteration:
            self._tasks.remove(task)
            self._forget(task)
            self._ended(task)
            return
        task.until_ms = task.due_ms = wish.until_ms

    def _forget(self, task: GatewayTask) -> None:
        for scene in (task.scripted.scene, task.scripted.scene.companion):
            if self._by_node.get(scene.node) is task:
                del self._by_node[scene.node], self._by_layer[scene.link_layer]
            self._former |= {scene.node, scene.link_layer}

    def _captured(
        self,
        packet: Sent | bytes,
        comment: str,
        *,
        outbound: bool,
        access: bool = False,
    ) -> CapturedPacket:
        time_ns = self.link.time_of_day() * SECOND_NS // TIMESTAMP_UNITS_PER_SECOND
        if isinstance(packet, bytes):
            data = packet
        else:
            data = packet.packet
            if isinstance(packet, ToNode):
                access, comment = True, f"{comment}, to {packet.node.hex(':')}"
        where = self._access_interface if access else ""
        return CapturedPacket(time_ns, data, comment, outbound, where)

    def record(
        self, task: GatewayTask, packet: bytes, comment: str, *, access: bool
    ) -> None:
        """Keep a packet that a script sends."""
        told = f"sent: {comment}"
        task.packets.append(self._captured(packet, told, outbound=True, access=access))


class _Recorder:
    """The link as one act of a script sees it: what it sends is kept."""

    def __init__(
        self, scheduler: GatewayScheduler, task: GatewayTask, comment: str
    ) -> None:
        self._scheduler = scheduler
        self._link = scheduler.link
        self._task = task
        self._comment = comment

    def now_ms(self) -> int:
        return self._link.now_ms()

    def time_of_day(self) -> int:
        return self._link.time_of_day()

    def is_idle(self) -> bool:
        return self._link.is_idle()

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        self._link.attach(node, handoff)

    def link_up(self, node: bytes, old_access_point: str | None) -> None:
        self._link.link_up(node, old_access_point)

    def indicate_handover(self, node: bytes, access_point: str) -> None:
        self._link.indicate_handover(node, access_point)

    def detach(self, node: bytes) -> None:
        self._link.detach(node)

    def synchronise(self) -> None:
        self._link.synchronise()

    def restart(self) -> None:
        self._link.restart()
        self._scheduler.has_restarted()

    def send_from_host(self, packet: bytes) -> None:
        self._link.send_from_host(packet)

    def send(self, packet: bytes) -> None:
        self._scheduler.record(self._task, packet, self._comment, access=False)
        self._link.send(packet)

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        self._scheduler.record(self._task, packet, self._comment, access=True)
        self._link.send_from_node(node, packet)

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        return self._link.receive(until_ms)


def _note(journal: Journal, granted: tuple[int, Read] | int, time_of_day: int) -> None:
    """Take down what a script is given."""
    if isinstance(granted, int):
        journal.given.append(granted)
        return
    time_ms, came = granted
    check = "" if came.unprotected is None else came.unprotected.name
    node = "" if came.node is None else came.node.hex()
    journal.given.append((time_ms, time_of_day, check, node))


def _named(request: ProxyBindingUpdate | HandoverInitiate) -> tuple[bytes, bytes]:
    """Identifier and link-layer address of the node that a request names."""
    named = option_of(request, MobileNodeIdentifier)
    layer = option_of(request, MobileNodeLinkLayerIdentifier)
    return (
        b"" if named is None else named.identifier,
        b"" if layer is None else layer.identifier,
    )
