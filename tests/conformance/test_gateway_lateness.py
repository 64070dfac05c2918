"""A tester or a gateway that gets no processor for a while: no verdict comes of that."""

from collections import Counter, deque
from collections.abc import Callable

import pytest

from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.lane import gateway_campaign
from pmip6.conformance.mag.port import Sent
from pmip6.conformance.mag.reference_gateway import gateway_file, reference_gateway
from pmip6.conformance.mag.virtual_gateway import Start, VirtualGatewayLink
from pmip6.conformance.results import CampaignResult
from pmip6.conformance.verdict import Verdict
from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Rule
from pmip6.model.wire.numbers import HandoffIndicator
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.purposes import gateway_purposes, gateway_purposes_named

CASES = [p for p in gateway_purposes() if p.domain is GatewayDomain.FIXED][::9]
STALL_MS = 700
"""More than the reaction that is declared, and than the tolerance."""


UNTIL_MS = 20_000
"""After this both have the machine for themselves."""


class _LateTester(VirtualGatewayLink):
    """Now and then the tester gets no processor: what comes meanwhile has to wait."""

    EVERY = 12

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self._wakes = 0

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        came = super().receive(until_ms)
        self._wakes += 1
        if self._wakes % self.EVERY or self.now_ms() > UNTIL_MS:
            return came
        end_ms, queue = self.now_ms() + STALL_MS, deque[tuple[int, Sent]]()
        while (later := super().receive(end_ms)) is not None:
            queue.append(later)
        if came is None and queue:
            came = queue.popleft()
        self._waiting.extendleft(reversed(queue))
        return came


class _BusyGateway(VirtualGatewayLink):
    """Now and then the gateway gets no processor: what it is given has to wait."""

    EVERY = 25

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self._inputs = 0
        self._queue = deque[Callable[[], None]]()
        self._until_ms = 0

    def is_idle(self) -> bool:
        return not self._queue

    def _give(self, do: Callable[[], None]) -> None:
        self._inputs += 1
        if self._inputs % self.EVERY == 0 and self.now_ms() < UNTIL_MS:
            self._until_ms = self.now_ms() + STALL_MS
        if self._until_ms > self.now_ms():
            self._queue.append(do)
        else:
            do()

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        plain = super().attach
        self._give(lambda: plain(node, handoff))

    def detach(self, node: bytes) -> None:
        plain = super().detach
        self._give(lambda: plain(node))

    def send(self, packet: bytes) -> None:
        plain = super().send
        self._give(lambda: plain(packet))

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        plain = super().send_from_node
        self._give(lambda: plain(node, packet))

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        if self._queue:
            came = super().receive(min(until_ms, self._until_ms))
            if came is not None or self.now_ms() < self._until_ms:
                return came
            while self._queue:
                self._queue.popleft()()
        return super().receive(until_ms)


class _BusyAndUnseen(_BusyGateway):
    """The same on another host, where the tester does not see it."""

    def is_idle(self) -> bool:
        return True


def _run(
    link_to: Callable[[Start], VirtualGatewayLink],
    names: list[str] | None = None,
    rules: tuple[Rule, ...] | None = None,
) -> CampaignResult:
    declared = reference_gateway()
    told = gateway_file(declared)
    link = link_to(lambda start: ReferenceGateway(told, rules=rules, start_ms=start))
    chosen = CASES if names is None else gateway_purposes_named(names)
    return gateway_campaign(declared, link).run(chosen)


def _verdicts(result: CampaignResult) -> Counter[Verdict]:
    return Counter(case.verdict for case in result.cases)


@pytest.mark.parametrize("link_to", [_LateTester, _BusyGateway])
def test_lateness_fails_no_case(link_to: Callable[[Start], VirtualGatewayLink]) -> None:
    result = _run(link_to)
    assert _verdicts(result) == {Verdict.PASS: len(CASES)}
    assert all("the tester was" in line for line in result.again)


def test_a_gateway_that_is_late_for_reasons_of_its_own_fails() -> None:
    """Only what the tester can see excuses it: 700 ms are more than is declared."""
    assert Verdict.FAIL in _verdicts(_run(_BusyAndUnseen))


MUTE = tuple(
    r.changed(sends=()) if r.name == "retransmit" else r for r in shipped_rules()
)
"""Rules of a gateway that never repeats a request."""


@pytest.mark.parametrize("link_to", [_LateTester, _BusyGateway])
def test_a_fault_is_found_all_the_same(
    link_to: Callable[[Start], VirtualGatewayLink],
) -> None:
    result = _run(link_to, ["TP_MAG_RTX_TI_02", "TP_MAG_ACK_BI_18"], MUTE)
    found = {case.purpose.name: case.verdict for case in result.cases}
    assert found["TP_MAG_RTX_TI_02"] is Verdict.WARN
