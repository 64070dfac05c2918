"""Cases of gateways side by side over one link: each has a mobile node of its own.

What the gateway sends to a node is told by its link-layer address, a request by the node
that it names, and a user packet by the number in it.
"""

import heapq
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network

from pmip6.conformance.esp_end import EspEnd
from pmip6.conformance.gateway_acts import GatewayLink
from pmip6.conformance.gateway_case import (
    Act,
    GatewayCase,
    GatewayTimers,
    Granted,
    Script,
)
from pmip6.conformance.gateway_in_memory import GatewayResult
from pmip6.conformance.gateway_judge import DeclaredGateway, GatewayJudge
from pmip6.conformance.gateway_packets import Read, read
from pmip6.model.messages import ProxyBindingUpdate, option_of
from pmip6.model.numbers import TIMESTAMP_UNITS_PER_SECOND
from pmip6.model.options import MobileNodeIdentifier
from pmip6.vectors.gateway_answers import Scene
from pmip6.vectors.gateway_purposes import GatewayPurpose

NUMBERS_PER_CASE = 1000
"""User packets that a case may send, so that their numbers tell the case."""
BETWEEN_STARTS_MS = 50
_NUMBER = re.compile(rb"packet ([0-9]+)$")


def scene_of(number: int, gateway: IPv6Address, anchor: IPv6Address) -> Scene:
    """The scene of a case: a node and prefixes that no other case has.

    Args:
        number: Of the case, below 2^15.
        gateway: The Proxy-CoA.
        anchor: Address of the anchor.
    """
    pool = int(IPv6Address("2001:db8:100::"))
    first, second = (IPv6Network((pool | (2 * number + n) << 64, 64)) for n in (0, 1))
    return Scene(
        node=f"mn{number}@example.org".encode(),
        link_layer=(0x020000000000 + number).to_bytes(6),
        gateway=gateway,
        anchor=anchor,
        prefixes=(first, second),
    )


@dataclass
class _Task:
    """A case that runs, and until when it listens."""

    case: GatewayCase
    judge: GatewayJudge
    script: Script
    until_ms: int = 0
    has_begun: bool = False
    is_over: bool = False


@dataclass
class GatewayScheduler:
    """Runs cases side by side over one link.

    Args:
        link: The link, which nobody else uses.
        declared: What is declared of the gateway.
        timers: How long to wait.
        esp: The end of the ESP at the tester; None where there is none.
        strays: How many packets belonged to no case.
    """

    link: GatewayLink
    declared: DeclaredGateway
    timers: GatewayTimers = field(default_factory=GatewayTimers)
    esp: EspEnd | None = None
    strays: int = 0

    def run(
        self, purposes: Sequence[GatewayPurpose], scenes: Sequence[Scene]
    ) -> list[GatewayResult]:
        """Run each purpose in the scene of the same number, and give what became of it."""
        tasks = [
            self._task(number, purpose, scene)
            for number, (purpose, scene) in enumerate(
                zip(purposes, scenes, strict=True)
            )
        ]
        everybody = [
            (each, task)
            for task, scene in zip(tasks, scenes, strict=True)
            for each in (scene, scene.companion)
        ]
        self._by_node = {each.node: task for each, task in everybody}
        self._by_layer = {each.link_layer: task for each, task in everybody}
        self._tasks = tasks
        self._order = itertools.count()
        begin = self.link.now_ms()
        self._due = [
            (begin + BETWEEN_STARTS_MS * number, next(self._order), task)
            for number, task in enumerate(tasks)
        ]
        heapq.heapify(self._due)
        for until_ms, _, task in self._due:
            task.until_ms = until_ms
        while self._due:
            self._step()
        return [_result(task.case) for task in tasks]

    def _task(self, number: int, purpose: GatewayPurpose, scene: Scene) -> _Task:
        judge = GatewayJudge(self.declared)
        first = number * NUMBERS_PER_CASE
        case = GatewayCase(
            purpose, scene, judge, self.timers, first_number=first, esp=self.esp
        )
        return _Task(case, judge, self._begun(case))

    def _begun(self, case: GatewayCase) -> Script:
        """The script of a case, which begins when it is first asked."""
        return (yield from case.run(self.link.now_ms()))

    def _step(self) -> None:
        until_ms, _, task = self._due[0]
        if task.is_over or task.until_ms != until_ms:  # it has listened on since
            heapq.heappop(self._due)
            return
        came = self.link.receive(until_ms)
        if came is None:
            heapq.heappop(self._due)
            self._resume(task, None)
            return
        time_ms, packet = came[0], read(came[1], self.esp)
        while self._due and self._due[0][0] < time_ms:
            late_ms, _, late = heapq.heappop(self._due)
            if not late.is_over and late.until_ms == late_ms:
                self._resume(late, None)
        owner = self._owner(packet)
        if owner is None or owner.is_over:
            self.strays += 1
        else:
            self._resume(owner, (time_ms, packet))

    def _owner(self, came: Read) -> _Task | None:
        """The case that a packet belongs to."""
        if came.node is not None:
            return self._by_layer.get(came.node)
        if isinstance(came.message, ProxyBindingUpdate):
            named = option_of(came.message, MobileNodeIdentifier)
            return None if named is None else self._by_node.get(named.identifier)
        found = _NUMBER.search(came.inner.payload)
        if found is None:
            return None
        number = int(found[1]) // NUMBERS_PER_CASE
        return self._tasks[number] if number < len(self._tasks) else None

    def _resume(self, task: _Task, came: tuple[int, Read] | None) -> None:
        """Give a case what came, and do what it wants until it listens again."""
        now_ms = self.link.now_ms()
        since_ms = 0 if came is None else now_ms - came[0]
        age = since_ms * TIMESTAMP_UNITS_PER_SECOND // 1000
        task.judge.time_of_day = self.link.time_of_day() - age
        granted: Granted = now_ms if came is None else came
        try:
            wish = task.script.send(granted if task.has_begun else None)
            task.has_begun = True
            while isinstance(wish, Act):
                wish.do(self.link)
                wish = task.script.send(None)
        except StopIteration:
            task.is_over = True
            return
        task.until_ms = wish.until_ms
        heapq.heappush(self._due, (wish.until_ms, next(self._order), task))


def _result(case: GatewayCase) -> GatewayResult:
    evidence = case.evidence
    return GatewayResult(
        case.purpose,
        evidence.verdict,
        tuple(evidence.findings),
        evidence.reason,
        tuple(evidence.steps),
    )


def shares(
    purposes: Sequence[GatewayPurpose], size: int
) -> Iterator[list[GatewayPurpose]]:
    """Purposes of the same domain, so many at a time."""
    for domain in dict.fromkeys(purpose.domain for purpose in purposes):
        mine = [purpose for purpose in purposes if purpose.domain is domain]
        for begin in range(0, len(mine), size):
            yield mine[begin : begin + size]
