"""A campaign: the test cases for one declared implementation, and their results."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from pmip6.conformance.capture import CapturedPacket
from pmip6.conformance.case import Case
from pmip6.conformance.declaration import Declaration
from pmip6.conformance.link import Link
from pmip6.conformance.liveness import LivenessProbe
from pmip6.conformance.oracle import AnchorRules, Clocks, Oracle
from pmip6.conformance.requests import BY_NUMBER, RequestMaker
from pmip6.conformance.scheduler import Scheduler, Task
from pmip6.conformance.user_packets import PacketMaker
from pmip6.conformance.verdict import Finding, Verdict
from pmip6.model.domain import Element
from pmip6.model.errors import Pmip6Error
from pmip6.model.interpreter import Value
from pmip6.model.state import binding_lifetime, several_prefixes
from pmip6.vectors.anchor_model import (
    ANCHOR_TIMERS,
    REQUESTABLE,
    UNASSIGNED,
    AnchorModel,
)
from pmip6.vectors.purposes import Kind, Purpose
from pmip6.vectors.stimuli import Interface, Node, PrefixForm

SERVED = (Node.SERVED, Node.OTHER)

AT_ONCE = 12
"""Cases that run side by side."""

SPACING_MS = 25
"""From the start of a case to that of the next, so that their requests come one by one."""

NO_RESTART = "needs a restart, and no hook for it is declared (hooks.restart)"
NOT_ANSWERING = "the implementation under test does not answer"


@dataclass(frozen=True)
class CaseResult:
    """What became of a case.

    Args:
        reason: Why the verdict is not PASS, in one line.
        steps: What was done, in words.
        packets: What was sent and received.
    """

    purpose: Purpose
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    steps: tuple[str, ...] = ()
    packets: tuple[CapturedPacket, ...] = ()


@dataclass(frozen=True)
class CampaignResult:
    """What became of all cases, in the order of their ids.

    Args:
        died: The implementation did not answer any more, or never did.
        strays: Packets that belong to no case, in words.
    """

    declaration: Declaration
    cases: tuple[CaseResult, ...]
    died: bool = False
    strays: tuple[str, ...] = ()

    def exit_code(self, *, strict: bool = False) -> int:
        """0 conformant, 1 findings, 3 inconclusive, an error, or no case run."""
        verdicts = {case.verdict for case in self.cases}
        ran = verdicts - {Verdict.SKIP}
        if self.died or not ran or Verdict.ERROR in ran:
            return 3
        if Verdict.FAIL in ran or (strict and Verdict.WARN in ran):
            return 1
        return 3 if Verdict.INCONC in ran else 0


Ended = Callable[[CaseResult], None]
Probed = Callable[[Sequence[CapturedPacket]], None]
Restart = Callable[[], None]


def _ignore(_: object) -> None:
    """Tells nobody."""


class NodeSupply:
    """Gives each case mobile nodes that no case had before."""

    def __init__(self, declaration: Declaration) -> None:
        named = declaration.nodes.by_name
        self._declared = declaration
        self._named = iter(named.items())
        plain = (n for n in declaration.nodes.identifiers() if n not in named)
        self._plain = iter(plain)
        self._several = iter(declaration.nodes.several_prefixes)

    def spare(self) -> bytes | None:
        """A node for probes; None where there is none left."""
        name = next(self._plain, None)
        return None if name is None else name.encode()

    def nodes_for(
        self, purpose: Purpose
    ) -> tuple[dict[Node, bytes], dict[Element, Value]] | str:
        """Nodes and prefixes for a case, or why it cannot be run."""
        missing = [need for need in purpose.needs if not self._declared.has(need)]
        if missing:
            return f"needs {' and '.join(missing)}, which is not declared"
        if is_of_other_technology(purpose) and not (
            self._declared.other_access_technology
        ):
            return "no other access technology is declared"
        readings = readings_for(purpose, self._declared)
        if set(readings) != set(purpose.features) and not (
            _model_of(readings).can_take(purpose.stimuli)
        ):
            return f"cannot be brought about with {' and '.join(readings)}"
        nodes: dict[Node, bytes] = {}
        prefixes: dict[Element, Value] = {
            UNASSIGNED: self._declared.prefixes.unassigned
        }
        for node in sorted(purpose.nodes | {Node.SERVED}):
            name: str | None
            if node is Node.SERVED and asks_by_name(purpose):
                name, prefix = next(self._named, ("", None))
                if prefix is None:
                    return "no node is left that may ask for a prefix by name"
                prefixes[REQUESTABLE] = prefix
            elif several_prefixes.name in purpose.needs and node in SERVED:
                name = next(self._several, None)
            else:
                name = self._name(node)
            if not name:
                return f"no {node} node is declared, or none is left"
            nodes[node] = name.encode()
        return nodes, prefixes

    def _name(self, node: Node) -> str | None:
        match node:
            case Node.SERVED | Node.OTHER:
                return next(self._plain, None)
            case Node.BARRED:
                return self._declared.nodes.barred
            case Node.UNKNOWN:
                return self._declared.nodes.unknown
            case Node.UNPROVIDED:
                return self._declared.nodes.unprovided


@cache
def _model_of(readings: tuple[str, ...]) -> AnchorModel:
    return AnchorModel(readings=readings)


def asks_by_name(purpose: Purpose) -> bool:
    """A case needs a node that may ask for a prefix by name."""
    return any(r.prefix is PrefixForm.REQUESTABLE for r in purpose.requests)


def is_of_other_technology(purpose: Purpose) -> bool:
    """A case sends requests of another access technology."""
    return any(r.interface is Interface.OTHER_TECHNOLOGY for r in purpose.requests)


def readings_for(purpose: Purpose, declaration: Declaration) -> tuple[str, ...]:
    """Switches and features of the model that bear on a case."""
    return tuple(dict.fromkeys((*declaration.taken(), *purpose.features)))


@cache
def rules_for(readings: tuple[str, ...]) -> AnchorRules:
    """The anchor's rules for a choice of readings, shared by all cases."""
    return AnchorRules(readings)


def new_case(
    purpose: Purpose,
    declaration: Declaration,
    link: Link,
    nodes: dict[Node, bytes],
    prefixes: dict[Element, Value],
    sequences: Iterator[int],
    number: int,
) -> Case:
    """A case that is ready to run over a link."""
    timers = declaration.timers
    is_short = binding_lifetime.name in purpose.timers
    clocks = Clocks(
        declaration.durations(), {t.name: timers.tolerance_ms for t in ANCHOR_TIMERS}
    )
    oracle = Oracle(
        rules_for(readings_for(purpose, declaration)),
        clocks,
        declaration.prefixes.pool,
        prefixes,
    )
    requests = RequestMaker(
        declaration,
        nodes,
        prefixes,
        time_of_day=link.time_of_day,
        next_sequence=lambda: next(sequences),
        lifetime=timers.short_lifetime_units
        if is_short
        else timers.long_lifetime_units,
        number=number,
    )
    packets = PacketMaker(declaration, next_mark=lambda: next(sequences))
    return Case(purpose, declaration, oracle, requests, packets)


def result_of(case: Case, packets: Sequence[CapturedPacket]) -> CaseResult:
    """The result of a case that has ended."""
    evidence = case.evidence
    return CaseResult(
        case.purpose,
        evidence.verdict,
        tuple(evidence.findings),
        evidence.reason,
        tuple(evidence.steps),
        tuple(packets),
    )


class Campaign:
    """Runs cases over a link, side by side where they allow it.

    After a case in which an answer may have been missing for another reason than the
    rules, a probe shows whether the implementation is still alive.

    Args:
        declaration: The implementation under test.
        link: The link to it.
        ended: Called with the result of each case when it has ended.
        probed: Called with the packets of each probe when it has ended.
        at_once: How many cases run side by side.
        restart: Starts the implementation again, with what it is configured with; None
            where that cannot be done.
    """

    def __init__(
        self,
        declaration: Declaration,
        link: Link,
        *,
        ended: Ended = _ignore,
        probed: Probed = _ignore,
        at_once: int = AT_ONCE,
        restart: Restart | None = None,
    ) -> None:
        self._declared = declaration
        self._link = link
        self._tell = ended
        self._tell_probe = probed
        self._at_once = at_once
        self._restart = restart
        self._supply = NodeSupply(declaration)
        self._sequences = itertools.cycle(range(1, BY_NUMBER))
        self._numbers = itertools.count(1)
        self._scheduler = Scheduler(link, self._ended, declaration.esp_end())
        self._results: dict[str, CaseResult] = {}
        self._unproved: list[Task] = []  # ended since the last probe began
        self._probing: list[Task] = []  # waiting for the probe that runs
        self._probe: LivenessProbe | None = None
        self._died = False
        self._next_start_ms = 0

    def run(self, purposes: Iterable[Purpose]) -> CampaignResult:
        """Run the cases; those that need the implementation alone come later.

        Last, and after all others have ended, come those that follow a restart.

        Raises:
            Pmip6Error: There is no node to probe with, or the link fails.
        """
        every = sorted(purposes, key=lambda p: (p.needs_the_anchor_alone, p.name))
        self._spare = self._supply.spare()
        if self._spare is None:
            raise Pmip6Error(
                "nodes.usable", "names no node to probe with", "declare more of them"
            )
        self._start_probe()
        self._drain()
        self._run_each([p for p in every if not p.follows_a_restart])
        self._run_after_restart([p for p in every if p.follows_a_restart])
        for purpose in every:
            if purpose.name not in self._results:
                self._finish(CaseResult(purpose, Verdict.INCONC, reason=NOT_ANSWERING))
        cases = tuple(self._results[name] for name in sorted(self._results))
        strays = tuple(str(arrival) for arrival in self._scheduler.strays)
        return CampaignResult(self._declared, cases, self._died, strays)

    # ---- running ---------------------------------------------------------------------

    def _run_after_restart(self, waiting: list[Purpose]) -> None:
        """Restart the implementation once for all of these cases, and run them."""
        if not waiting or self._died:
            return
        verdict, reason = Verdict.SKIP, NO_RESTART
        if self._restart is not None:
            try:
                self._restart()
            except Pmip6Error as error:
                verdict, reason = Verdict.INCONC, error.line()
            else:
                self._scheduler.has_restarted()
                self._start_probe()
                self._drain()
                self._run_each(waiting)
                return
        for purpose in waiting:
            self._finish(CaseResult(purpose, verdict, reason=reason))

    def _run_each(self, waiting: list[Purpose]) -> None:
        """Run cases until all have ended, or the implementation is dead."""
        while waiting and not self._died:
            alone = waiting[0].needs_the_anchor_alone
            limit = 1 if alone else self._at_once
            while waiting and self._running() < limit and self._may_start():
                if waiting[0].needs_the_anchor_alone != alone:
                    break
                self._start(waiting.pop(0))
                if alone:
                    self._drain()
            may_wait = waiting and self._running() < limit
            self._step(self._next_start_ms if may_wait else None)
            if waiting and waiting[0].needs_the_anchor_alone and not alone:
                self._drain()
        self._drain()

    def _running(self) -> int:
        return self._scheduler.count

    def _may_start(self) -> bool:
        return self._link.now_ms() >= self._next_start_ms

    def _step(self, latest_ms: int | None = None) -> None:
        if not self._scheduler.is_idle or latest_ms is not None:
            self._scheduler.run_some(latest_ms)
        if self._probe is None and self._unproved and not self._died:
            self._start_probe()

    def _drain(self) -> None:
        while not self._scheduler.is_idle or (self._unproved and not self._died):
            self._step()

    def _start(self, purpose: Purpose) -> None:
        found = self._supply.nodes_for(purpose)
        if isinstance(found, str):
            self._finish(CaseResult(purpose, Verdict.SKIP, reason=found))
            return
        nodes, prefixes = found
        case = new_case(
            purpose,
            self._declared,
            self._link,
            nodes,
            prefixes,
            self._sequences,
            next(self._numbers),
        )
        self._scheduler.start(case)
        self._next_start_ms = self._link.now_ms() + SPACING_MS

    def _start_probe(self) -> None:
        assert self._spare is not None
        self._probing, self._unproved = self._unproved, []
        self._probe = LivenessProbe(
            self._declared, self._link, self._spare, self._sequences
        )
        self._scheduler.start(self._probe)

    # ---- results ---------------------------------------------------------------------

    def _ended(self, task: Task) -> None:
        if isinstance(task.scripted, Case):
            case = task.scripted
            if case.evidence.is_silent or case.purpose.kind in (Kind.BI, Kind.BO):
                self._unproved.append(task)
            else:
                self._finish(result_of(case, task.packets))
            return
        self._tell_probe(task.packets)
        assert self._probe is not None
        is_alive, self._probe = self._probe.is_alive, None
        for ended in self._probing:
            self._settle(ended, is_alive=is_alive)
        self._probing = []
        if not is_alive:
            self._die()

    def _settle(self, task: Task, *, is_alive: bool) -> None:
        assert isinstance(task.scripted, Case)
        result = result_of(task.scripted, task.packets)
        if not is_alive and (task.scripted.evidence.is_silent or not result.findings):
            result = CaseResult(
                result.purpose,
                Verdict.INCONC,
                (),
                NOT_ANSWERING,
                result.steps,
                result.packets,
            )
        self._finish(result)

    def _die(self) -> None:
        self._died = True
        for task in (*self._unproved, *self._scheduler.stop()):
            if isinstance(task.scripted, Case):
                self._settle(task, is_alive=False)
        self._unproved = []

    def _finish(self, result: CaseResult) -> None:
        self._results[result.purpose.name] = result
        self._tell(result)
