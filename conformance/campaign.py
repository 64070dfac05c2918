"""A campaign: test cases over a link, side by side where they allow it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from pmip6.conformance.condition import ANSWERS, SILENT, Condition, State
from pmip6.conformance.grouping import grouped
from pmip6.conformance.losses import MOST_IN_A_ROW, Loss, Losses
from pmip6.conformance.results import (
    CampaignResult,
    CaseResult,
    Declared,
    Ended,
    Probed,
    Restart,
    Timing,
    tell_nobody,
)
from pmip6.conformance.verdict import Layer, Verdict, finding
from pmip6.conformance.wire.capture import CapturedPacket
from pmip6.conformance.wire.link import MILLISECOND_NS
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.case_purpose import CasePurpose
from pmip6.vectors.lma.purposes import Kind

SPACING_MS = 25
"""From the start of a case to that of the next, so that their requests come one by one."""

CALM = (4, 1)
"""Cases that run side by side where they run again, as something else was too late."""

MOST_PROBES = 20
"""By so many at most, after a restart, it is seen whether probes alone lose it as well."""

NO_RESTART = "needs a restart, and no hook for it is declared (hooks.restart)"
NOT_ANSWERING = SILENT.reason

P = TypeVar("P", bound=CasePurpose)
AnyPurpose = TypeVar("AnyPurpose", bound=CasePurpose, contravariant=True)


@dataclass(frozen=True)
class EndedCase:
    """A case that has ended.

    Args:
        is_silent: Something that had to come did not, for whatever reason.
        late_ms: How late the tester was, where that is more than it may be: nothing that
            is amiss means something then; else 0.
    """

    result: CaseResult
    is_silent: bool
    late_ms: int = 0


class Lane(Protocol[AnyPurpose]):
    """The cases of a role over its link, and the probes of liveness between them."""

    @property
    def declared(self) -> Declared:
        """The implementation under test."""
        ...

    @property
    def count(self) -> int:
        """How many cases and probes run."""
        ...

    @property
    def strays(self) -> tuple[str, ...]:
        """Packets that belong to no case, in words."""
        ...

    @property
    def is_in_time(self) -> bool:
        """Whether the tester keeps up with what runs, so that more may begin."""
        ...

    def slowest_ms(self, since_ms: int) -> int:
        """How long the slowest answer has taken for which it waited since a time.

        0 where no answer was so slow that it could bear on a verdict.
        """
        ...

    def observe(
        self,
        ended: Callable[[EndedCase], None],
        probed: Callable[[Condition, Sequence[CapturedPacket]], None],
    ) -> None:
        """Tell from now on of each case that ends, and of what each probe shows."""
        ...

    def is_alone(self, purpose: AnyPurpose) -> bool:
        """Whether a case needs the implementation for itself."""
        ...

    def follows_a_restart(self, purpose: AnyPurpose) -> bool:
        """Whether the implementation has to be started again before a case."""
        ...

    def patience(self, purpose: AnyPurpose) -> int:
        """How long a case takes, roughly: the longest begin first."""
        ...

    def now_ms(self) -> int:
        """The time now."""
        ...

    def begin(self, purpose: AnyPurpose) -> str | None:
        """Begin a case; where it cannot be run, the reason why."""
        ...

    def probe(self) -> None:
        """Begin a probe.

        Raises:
            Pmip6Error: There is no node to probe with.
        """
        ...

    def run_some(self, latest_ms: int | None = None) -> None:
        """Wait for the next packet or the next time that a case waits for."""
        ...

    def stop(self) -> list[EndedCase]:
        """Give up on everything that runs."""
        ...

    def has_restarted(self) -> None:
        """The implementation has been restarted."""
        ...


class Campaign(Generic[P]):
    """Runs cases over a link, side by side where they allow it.

    After a case in which an answer may have been missing for another reason than the
    rules, a probe shows whether the implementation is still alive.  Where it is not and
    can be started again, the cases that may have been the cause run once more, each
    alone, with a probe behind it: the one after which it is lost again has failed, if it
    ran first after a restart, and as many messages of probes do no harm; else it runs once
    more, as the first.  Where no case is the reason the campaign ends after some losses.

    Args:
        lane: The cases of the role over the link to the implementation under test.
        at_once: How many cases run side by side.
        ended: Called with the result of each case when it has ended.
        probed: Called with the packets of each probe when it has ended.
        restart: Starts the implementation again, with what it is configured with; None
            where that cannot be done.
        lost: Called with each loss.
        spacing_ms: From the start of a case to that of the next.
    """

    def __init__(
        self,
        lane: Lane[P],
        at_once: int,
        *,
        ended: Ended = tell_nobody,
        probed: Probed = tell_nobody,
        restart: Restart | None = None,
        lost: Callable[[Loss], None] = tell_nobody,
        spacing_ms: int = SPACING_MS,
    ) -> None:
        self._spacing_ms = spacing_ms
        self._lane = lane
        self._tell = ended
        self._tell_probe = probed
        self._tell_loss = lost
        self._at_once = at_once
        self._restart = restart
        self._purposes: dict[str, P] = {}
        self._disturbed: list[str] = []  # what runs once more
        self._runs_left = len(CALM)  # of those that the tester has disturbed
        self._again: list[str] = []  # what ran again, and why
        self._before: dict[str, CaseResult] = {}  # of these: nothing is concluded
        self._results: dict[str, CaseResult] = {}
        self._unproved: list[EndedCase] = []  # ended since the last probe began
        self._probing: list[EndedCase] = []  # waiting for the probe that runs
        self._is_probing = False
        self._has_lived = False
        self._died = False
        self._condition = ANSWERS  # what the last probe has shown
        self._suspects: list[P] = []  # one of them may have killed it
        self._alone: set[str] = set()  # names of suspects: they run by themselves
        self._next_start_ms = 0
        self._began_ms: dict[str, int] = {}
        self._longest_ms = 0
        self._alone_ms = 0
        self._beside_ms = 0  # when the last case ended that had others beside it
        self._started_ms = 0
        self._losses = Losses()
        self._blamed: EndedCase | None = None  # it ran first, and it was lost then
        self._is_after_restart = False
        self._crowded: set[str] = set()  # names of cases that had others beside them
        lane.observe(self._ended, self._probed)

    def run(self, purposes: Iterable[P]) -> CampaignResult:
        """Run the cases; those that need the implementation alone come later.

        Last, and after all others have ended, come those that follow a restart.

        Raises:
            Pmip6Error: There is no node to probe with, or the link fails.
        """
        lane = self._lane
        started_ms, computed_ns = lane.now_ms(), time.thread_time_ns()
        self._started_ms = started_ms
        every = sorted(
            purposes, key=lambda p: (lane.is_alone(p), -lane.patience(p), p.name)
        )
        self._purposes = {purpose.name: purpose for purpose in every}
        self._start_probe()
        self._drain()
        self._run_each([p for p in every if not lane.follows_a_restart(p)])
        beside_ms, again_from_ms = self._beside_ms - started_ms, lane.now_ms()
        self._run_once_more()
        again_ms = lane.now_ms() - again_from_ms
        self._run_after_restart([p for p in every if lane.follows_a_restart(p)])
        for purpose in every:
            if purpose.name not in self._results:
                self._finish(CaseResult(purpose, Verdict.INCONC, reason=self._lost()))
        cases = tuple(self._results[name] for name in sorted(self._results))
        timing = Timing(
            lane.now_ms() - started_ms,
            self._longest_ms,
            self._alone_ms,
            max(0, beside_ms),
            again_ms,
            (time.thread_time_ns() - computed_ns) // MILLISECOND_NS,
        )
        result = CampaignResult(
            lane.declared,
            cases,
            self._died,
            lane.strays,
            again=tuple(self._again),
            losses=tuple(self._losses.every),
            timing=timing,
        )
        return grouped(result)

    # ---- running ---------------------------------------------------------------------

    def _run_once_more(self) -> None:
        """Run the cases that the tester has disturbed again, where it has less to do."""
        for at_once in CALM:
            self._runs_left = max(0, self._runs_left - 1)
            usual, self._at_once = self._at_once, min(self._at_once, at_once)
            disturbed, self._disturbed = sorted(self._disturbed), []
            self._run_each([self._purposes[name] for name in disturbed])
            self._at_once = usual

    def _run_after_restart(self, waiting: list[P]) -> None:
        """Restart the implementation once for all of these cases, and run them."""
        if not waiting or self._died:
            return
        verdict, reason = Verdict.SKIP, NO_RESTART
        if self._restart is not None:
            began_ms = self._lane.now_ms()
            self._is_after_restart = True
            self._at_once = min(self._at_once, max(CALM))  # they run once only
            try:
                self._restart()
            except Pmip6Error as error:
                verdict, reason = Verdict.INCONC, error.line()
            else:
                self._lane.has_restarted()
                self._losses.has_restarted()
                self._start_probe()
                self._drain()
                self._run_each(waiting)
                self._alone_ms += self._lane.now_ms() - began_ms
                return
        for purpose in waiting:
            self._finish(CaseResult(purpose, verdict, reason=reason))

    def _run_each(self, waiting: list[P]) -> None:
        """Run cases until all have ended, or the implementation is dead for good."""
        self._run_while_alive(waiting)
        while self._died and self._has_revived():
            waiting[:0], self._suspects = self._suspects, []
            self._run_while_alive(waiting)

    def _is_alone(self, purpose: P) -> bool:
        return purpose.name in self._alone or self._lane.is_alone(purpose)

    def _run_while_alive(self, waiting: list[P]) -> None:
        """Run cases until all have ended, or the implementation is dead."""
        while waiting and not self._died:
            alone = self._is_alone(waiting[0])
            limit = 1 if alone else self._at_once
            while waiting and self._lane.count < limit and self._may_start():
                if self._is_alone(waiting[0]) != alone:
                    break
                self._start(waiting.pop(0))
                if alone:
                    self._drain()
                    if self._died:
                        return
            lane = self._lane
            is_late = lane.count and not lane.is_in_time  # it has enough to do
            may_wait = waiting and lane.count < limit and not is_late
            self._step(self._next_start_ms if may_wait else None)
            if waiting and self._is_alone(waiting[0]) and not alone:
                self._drain()
        self._drain()

    def _may_start(self) -> bool:
        return self._lane.now_ms() >= self._next_start_ms and self._lane.is_in_time

    def _step(self, latest_ms: int | None = None) -> None:
        if self._lane.count or latest_ms is not None:
            self._lane.run_some(latest_ms)
        if not self._is_probing and self._unproved and not self._died:
            self._start_probe()

    def _drain(self) -> None:
        while self._lane.count or (self._unproved and not self._died):
            self._step()

    def _start(self, purpose: P) -> None:
        self._began_ms[purpose.name] = self._lane.now_ms()
        self._losses.begins(purpose.name)
        self._crowded.discard(purpose.name)
        if self._at_once > 1 and not self._is_alone(purpose):
            self._crowded.add(purpose.name)
        reason = self._lane.begin(purpose)
        if reason is not None:
            before = self._before.get(purpose.name)
            if before is None:
                self._finish(CaseResult(purpose, Verdict.SKIP, reason=reason))
            else:  # it has run, so that it is not skipped
                told = f"{before.reason}; not again: {reason}"
                self._finish(replace(before, reason=told))
            return
        self._next_start_ms = self._lane.now_ms() + self._spacing_ms

    def _start_probe(self) -> None:
        self._probing, self._unproved = self._unproved, []
        self._is_probing = True
        self._lane.probe()

    # ---- results ---------------------------------------------------------------------

    def _ended(self, ended: EndedCase) -> None:
        purpose = ended.result.purpose
        is_suspect = purpose.name in self._alone
        taken_ms = self._lane.now_ms() - self._began_ms[purpose.name]
        if self._is_after_restart:
            pass  # all of them together count as one that runs alone
        elif purpose.name not in self._crowded:
            self._alone_ms += taken_ms
        else:
            self._longest_ms = max(self._longest_ms, taken_ms)
            self._beside_ms = self._lane.now_ms()
        if ended.is_silent or is_suspect or purpose.kind in (Kind.BI, Kind.BO):
            if ended.late_ms and self._runs_once_more(ended):
                return
            self._unproved.append(ended)
        elif not self._runs_once_more(ended):
            self._finish(ended.result)

    def _runs_once_more(self, ended: EndedCase) -> bool:
        """Whether nothing can be concluded from a case, which runs again or is INCONC."""
        result = ended.result
        name = result.purpose.name
        why = self._disturbance(ended)
        if not why or result.verdict in (Verdict.PASS, Verdict.SKIP):
            return False
        reason = f"{why}, then: {result.reason}"
        if self._runs_left and name not in self._alone:
            self._disturbed.append(name)
            self._again.append(f"{name}: {reason}")
            self._before[name] = _undecided(result, reason)
        else:
            self._finish(_undecided(result, reason))
        return True

    def _disturbance(self, ended: EndedCase) -> str:
        """What may have led to findings beside the implementation; empty for nothing."""
        if ended.late_ms:
            return f"the tester was {ended.late_ms} ms late"
        name = ended.result.purpose.name
        if self._is_after_restart or name not in self._crowded:
            return ""  # few are beside it, or none: if it is slow then that is its own
        slowest_ms = self._lane.slowest_ms(self._began_ms[name])
        told = f"with others beside it, an answer took {slowest_ms} ms"
        return told if slowest_ms else ""

    def _probed(
        self, condition: Condition, packets: Sequence[CapturedPacket]
    ) -> None:  # a callback
        self._tell_probe(packets)
        self._is_probing = False
        self._condition = condition
        if not self._has_lived and condition.state is State.SLOW:
            self._runs_left = 0  # it has nothing else to do: less would not help
        self._has_lived = self._has_lived or condition.is_alive
        for ended in self._probing:
            self._settle(ended, condition)
        self._probing = []
        if not condition.is_alive:
            self._die()

    def _lost(self) -> str:
        """Why a case has not come to an end."""
        if self._losses.are_too_many:
            return (
                f"it was lost {MOST_IN_A_ROW} times, and no case alone brings it about"
            )
        return NOT_ANSWERING if self._condition.is_alive else self._condition.reason

    def _settle(self, ended: EndedCase, condition: Condition) -> None:
        result = ended.result
        name = result.purpose.name
        is_slow = condition.state is State.SLOW and ended.is_silent
        may_run = condition.is_alive and (not is_slow or self._runs_left)
        if may_run and self._runs_once_more(ended):
            return
        if is_slow:
            result = _undecided(result, condition.reason)
        if not condition.is_alive:
            self._losses.in_doubt.append(name)
            says_nothing = ended.is_silent or not result.findings
            if name in self._alone and name == self._losses.first:
                self._blamed = ended
                return
            if says_nothing and self._has_lived and self._restart is not None:
                self._suspects.append(self._purposes[name])
                return
            if says_nothing:
                result = _undecided(result, condition.reason)
        self._finish(result)

    def _has_revived(self) -> bool:
        """Start it again, for the suspects to run by themselves, the quickest first."""
        blamed, self._blamed = self._blamed, None
        condition = self._condition
        restart, self._restart = self._restart, None  # not again, if it is of no use
        if not self._has_lived or restart is None or self._losses.are_too_many:
            has_restarted = False
        else:
            has_restarted = self._has_restarted(restart)
        is_alive = has_restarted and self._bears_probes(blamed)
        if blamed is not None:
            self._conclude(blamed, condition, is_guilty=is_alive or not has_restarted)
        if is_alive:
            self._restart = restart
        return is_alive

    def _has_restarted(self, restart: Restart) -> bool:
        kinds = (Kind.BI, Kind.BO)
        self._suspects.sort(
            key=lambda p: (p.kind not in kinds, self._lane.patience(p), p.name)
        )
        self._alone = {purpose.name for purpose in self._suspects}
        try:
            restart()
        except Pmip6Error:
            return False
        self._lane.has_restarted()
        self._losses.has_restarted()
        self._died = False
        return True

    def _bears_probes(self, blamed: EndedCase | None) -> bool:
        """Whether it lives on with probes alone, as many as a case has sent messages."""
        packets = () if blamed is None else blamed.result.packets
        count = sum(packet.outbound is True for packet in packets)
        for _ in range(min(count, MOST_PROBES) + 1):
            self._start_probe()
            self._drain()
            if self._died:
                return False
        return True

    def _conclude(
        self, blamed: EndedCase, condition: Condition, *, is_guilty: bool
    ) -> None:
        """The result of a case that ran first, and after which it was lost."""
        result = blamed.result
        if is_guilty:
            self._losses.blame(result.purpose.name)
            if blamed.is_silent or not result.findings:
                result = _killed_by(blamed, condition)
        elif blamed.is_silent or not result.findings:
            result = _undecided(result, self._lost())
        self._finish(result)

    def _die(self) -> None:
        self._died = True
        for ended in (*self._unproved, *self._lane.stop()):
            self._settle(ended, self._condition)
        self._unproved = []
        if self._has_lived:
            at_ms = self._lane.now_ms() - self._started_ms
            self._tell_loss(self._losses.add(self._condition, at_ms))

    def _finish(self, result: CaseResult) -> None:
        self._results[result.purpose.name] = result
        self._tell(result)


def _undecided(result: CaseResult, reason: str) -> CaseResult:
    """A result that says nothing of the implementation, whatever the case has found."""
    return replace(
        result,
        verdict=Verdict.INCONC,
        findings=(),
        reason=reason,
        is_concluded=True,
    )


def _killed_by(ended: EndedCase, condition: Condition) -> CaseResult:
    """The result of a case after which the implementation, otherwise idle, is lost."""
    result = ended.result
    before = result.findings[:-1] if ended.is_silent else result.findings
    text = f"it {condition.state.value} after this case, which ran alone"
    if ended.is_silent:
        text += f": {result.reason}"
    found = finding(
        result.purpose.requirements, text, len(result.packets), Layer.BEHAVIOUR
    )
    return replace(
        result,
        verdict=Verdict.FAIL,
        findings=(*before, found),
        reason=text,
        is_concluded=True,
    )
