"""A tester or an anchor that gets no processor for a while: no failure comes of that."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace

import pytest

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.in_memory import anchor_settings, reference_declaration
from pmip6.conformance.lma.lane import AnchorLane, anchor_campaign
from pmip6.conformance.results import CampaignResult, Timing, side_by_side
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.language.table import Rule
from pmip6.model.lma.rules import lma
from pmip6.model.state import several_prefixes
from pmip6.reports.verdicts import summary, timing
from pmip6.vectors.lma.purposes import Purpose, purposes
from pmip6.vectors.lma.stimuli import Wait

DECLARED = reference_declaration()
CASES = [
    p
    for p in DECLARED.suited(purposes())
    if any(isinstance(step, Wait) for step in p.stimuli)
    and several_prefixes.name not in p.needs
    and not (p.follows_a_restart or p.needs_the_anchor_alone)
][::6]
STALL_MS = 1200
"""More than the reaction that is declared, and than the tolerance."""
UNTIL_MS = 9_000
"""After this both have the machine for themselves."""


class _LateTester(VirtualLink):
    """Now and then the tester gets no processor: what comes meanwhile has to wait."""

    EVERY = 4

    def __init__(self, anchor: ReferenceAnchor) -> None:
        super().__init__(anchor)
        self._wakes = 0

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        came = super().receive(until_ms)
        self._wakes += 1
        if self._wakes % self.EVERY or self.now_ms() > UNTIL_MS:
            return came
        end_ms, queue = self.now_ms() + STALL_MS, deque[tuple[int, bytes]]()
        while (later := super().receive(end_ms)) is not None:
            queue.append(later)
        if came is None and queue:
            came = queue.popleft()
        self._waiting.extendleft(reversed(queue))
        return came


class _BusyAnchor(VirtualLink):
    """Now and then the anchor gets no processor: what it is sent has to wait."""

    EVERY = 12
    UNTIL_MS = UNTIL_MS

    def __init__(self, anchor: ReferenceAnchor) -> None:
        super().__init__(anchor)
        self._requests = 0
        self._queue = deque[bytes]()
        self._until_ms = 0

    def send(self, packet: bytes) -> None:
        self._requests += 1
        if self._requests % self.EVERY == 0 and self.now_ms() < self.UNTIL_MS:
            self._until_ms = self.now_ms() + STALL_MS
        if self._until_ms > self.now_ms():
            self._queue.append(packet)
        else:
            super().send(packet)

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        if self._queue:
            came = super().receive(min(until_ms, self._until_ms))
            if came is not None or self.now_ms() < self._until_ms:
                return came
            while self._queue:
                super().send(self._queue.popleft())
        return super().receive(until_ms)


class _SlowAnchor(_BusyAnchor):
    """The same for as long as the campaign takes."""

    UNTIL_MS = 10**9


def _run(
    link_to: Callable[[ReferenceAnchor], VirtualLink],
    rules: tuple[Rule, ...] | None = None,
    at_once: int = 16,
) -> CampaignResult:
    names = [
        *DECLARED.nodes.identifiers()[: 3 * len(CASES)],
        *DECLARED.nodes.by_name,
    ]
    told = anchor_settings(DECLARED, names, forwards=True)
    link = link_to(ReferenceAnchor(told, rules=rules))
    return anchor_campaign(DECLARED, link, at_once=at_once).run(CASES)


def _verdicts(result: CampaignResult) -> Counter[Verdict]:
    return Counter(case.verdict for case in result.cases)


def _not_passed(result: CampaignResult) -> dict[str, str]:
    return {
        c.purpose.name: f"{c.verdict.name}: {c.reason}"
        for c in result.cases
        if c.verdict is not Verdict.PASS
    }


def test_all_pass_where_nothing_is_late() -> None:
    result = _run(VirtualLink)
    assert _not_passed(result) == {} and result.again == ()


@pytest.mark.parametrize(
    ("link_to", "why"),
    [(_LateTester, "the tester was"), (_BusyAnchor, "an answer took")],
    ids=["tester", "anchor"],
)
def test_lateness_fails_no_case(
    link_to: Callable[[ReferenceAnchor], VirtualLink], why: str
) -> None:
    result = _run(link_to)
    assert result.again and any(why in line for line in result.again)
    assert Verdict.FAIL not in _verdicts(result), _not_passed(result)


def test_a_case_that_cannot_run_again_is_not_skipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin, begun = AnchorLane.begin, set[str]()

    def begin_once(lane: AnchorLane, purpose: Purpose) -> str | None:
        if purpose.name in begun:
            return "no node is left"
        begun.add(purpose.name)
        return begin(lane, purpose)

    monkeypatch.setattr(AnchorLane, "begin", begin_once)
    result = _run(_LateTester)
    again = {line.partition(":")[0] for line in result.again}
    undecided = [c for c in result.cases if c.verdict is not Verdict.PASS]
    assert again == {c.purpose.name for c in undecided}
    for case in undecided:
        assert case.verdict is Verdict.INCONC
        assert case.reason.startswith("the tester was")
        assert case.reason.endswith("not again: no node is left")


def test_an_anchor_that_is_late_with_nothing_else_to_do_has_no_excuse() -> None:
    """One case at a time: what is slow then is the anchor, and nothing runs again."""
    result = _run(_SlowAnchor, at_once=1)
    assert result.again == ()
    assert set(_verdicts(result)) - {Verdict.PASS}


def test_lateness_hides_no_fault() -> None:
    """An anchor that keeps its entries for ever fails in spite of what comes late."""
    keeps = tuple(rule for rule in lma.rules if rule.name != "delete_after_delay")
    late, in_time = _run(_LateTester, keeps), _run(VirtualLink, keeps)
    failed = {c.purpose.name for c in in_time.cases if c.verdict is Verdict.FAIL}
    assert failed
    assert failed == {c.purpose.name for c in late.cases if c.verdict is Verdict.FAIL}


@pytest.mark.parametrize(
    ("total_ms", "is_kept"), [(21_999, True), (22_000, True), (22_001, False)]
)
def test_the_limit_is_a_fifth_more_than_the_longest_and_all_that_run_alone(
    total_ms: int, is_kept: bool
) -> None:
    taken = Timing(total_ms, longest_ms=10_000, alone_ms=10_000)
    assert taken.limit_ms == 22_000
    assert taken.is_kept is is_kept


def test_the_last_lines_tell_what_the_time_went_into() -> None:
    taken = Timing(
        9_000, 5_000, 2_000, beside_ms=5_100, again_ms=1_800, computed_ms=700
    )
    first, limit = timing(taken).splitlines()
    assert first == (
        "took 9.0 s: 5.1 s side by side (the longest case 5.0 s), 2.0 s alone, 1.8 s "
        "again; the tester computed for 0.7 s, and waited for the rest"
    )
    assert limit.endswith(" 8.0 s: exceeded, but for what ran again")
    assert timing(replace(taken, again_ms=500)).endswith(" 8.0 s: exceeded")
    assert timing(replace(taken, total_ms=8_000)).endswith(" 8.0 s: kept")


def test_cases_that_ran_again_for_one_reason_are_one_line() -> None:
    result = replace(
        _run(VirtualLink),
        again=(
            "TP_A_01: an answer took 900 ms, then: no answer came",
            "TP_A_02: an answer took 1100 ms, then: got status 0",
            "TP_A_03: the tester was 400 ms late, then: no answer came",
        ),
    )
    assert summary(result).partition(" as then\n")[2].splitlines() == [
        "  2 of them: at most, an answer took 1100 ms: TP_A_01, TP_A_02",
        "  TP_A_03: the tester was 400 ms late, then: no answer came",
    ]


def test_a_campaign_knows_what_its_time_went_into() -> None:
    taken = _run(VirtualLink).timing
    assert taken is not None and taken.is_kept
    assert taken.longest_ms <= taken.beside_ms <= taken.total_ms
    assert taken.again_ms == 0 < taken.computed_ms
    late = _run(_LateTester).timing
    assert late is not None and late.again_ms > 0


def test_campaigns_side_by_side_take_as_long_as_the_longest_parts() -> None:
    first, second = Timing(9_000, 4_000, 2_000), Timing(8_000, 5_000, 1_000)
    assert side_by_side([first, second]) == Timing(9_000, 5_000, 2_000)
    assert side_by_side([first, None]) is None
    assert side_by_side([]) is None
