"""The cases for anchors: their nodes and prefixes, and how they run over a link."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TypeVar

from pmip6.conformance.campaign import Campaign, EndedCase
from pmip6.conformance.condition import Condition
from pmip6.conformance.journal import Clock, Journal
from pmip6.conformance.lma.case import Case
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.liveness import LivenessProbe
from pmip6.conformance.lma.oracle import AnchorRules, Clocks, Oracle
from pmip6.conformance.lma.requests import BY_NUMBER, RequestMaker
from pmip6.conformance.lma.user_packets import PacketMaker
from pmip6.conformance.losses import Loss
from pmip6.conformance.results import CaseResult, Ended, Probed, Restart, tell_nobody
from pmip6.conformance.scheduler import Scheduler, Task
from pmip6.conformance.wire.arrivals import Arrival
from pmip6.conformance.wire.capture import CapturedPacket
from pmip6.conformance.wire.esp_end import first_sequence
from pmip6.conformance.wire.link import Link
from pmip6.model.domain import Element
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import Value
from pmip6.model.state import binding_lifetime, several_prefixes
from pmip6.model.wire.numbers import SEQUENCE_NUMBERS
from pmip6.vectors.lma.model import (
    ANCHOR_TIMERS,
    REQUESTABLE,
    UNASSIGNED,
    AnchorModel,
)
from pmip6.vectors.lma.purposes import Purpose
from pmip6.vectors.lma.stimuli import Interface, Node, Order, PrefixForm, Wait

AT_ONCE = 100
"""Cases that run side by side."""
STARTS_MS = 700
"""In what time all that run side by side begin, where none has to wait."""
SOON = 10
"""An anchor that takes longer than this part of what it may is given no further case."""
NODES_IN_A_SECOND = 97
"""By so many the first node of a campaign is another one than that of a second before."""
SERVED = (Node.SERVED, Node.OTHER)
Name = TypeVar("Name")


class NodeSupply:
    """Gives each case mobile nodes that no case had before.

    Args:
        declaration: It names them.
        second: The time at which the campaign begins.  One that follows at once begins with
            other nodes, as those of the last one may still have sessions.
    """

    def __init__(self, declaration: Declaration, second: int = 0) -> None:
        nodes = declaration.nodes
        plain = [n for n in nodes.identifiers() if n not in nodes.by_name]
        turns = second * NODES_IN_A_SECOND
        self._declared = declaration
        self._named = _turned(list(nodes.by_name.items()), turns)
        self._plain = _turned(plain, turns)
        self._several = _turned(nodes.several_prefixes, turns)

    def spare(self) -> bytes | None:
        """A node for probes; None where there is none left."""
        name = next(self._plain, None)
        return None if name is None else name.encode()

    def nodes_for(
        self, purpose: Purpose
    ) -> tuple[dict[Node, bytes], dict[Element, Value]] | str:
        """Nodes and prefixes for a case, or why it cannot be run."""
        reason = reason_to_skip(purpose, self._declared)
        if reason:
            return reason
        nodes: dict[Node, bytes] = {}
        for node in sorted(purpose.nodes | {Node.SERVED}):
            name: str | None
            if node is Node.SERVED and asks_by_name(purpose):
                name, prefix = next(self._named, ("", None))
                if prefix is None:
                    return NOBODY_ASKS_BY_NAME
            elif several_prefixes.name in purpose.needs and node in SERVED:
                name = next(self._several, None)
            else:
                name = self._name(node)
            if not name:
                return no_node(node)
            nodes[node] = name.encode()
        return nodes, prefixes_of(purpose, self._declared, nodes)

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


NOBODY_ASKS_BY_NAME = "no node is left that may ask for a prefix by name"


def no_node(node: Node) -> str:
    """Why a case cannot be run that has no such node."""
    return f"no {node} node is declared, or none is left"


def reason_to_skip(purpose: Purpose, declaration: Declaration) -> str:
    """Why a case is not for what is declared, whatever nodes are left; empty if it is."""
    missing = [need for need in purpose.needs if not declaration.has(need)]
    if missing:
        return f"needs {' and '.join(missing)}, which is not declared"
    if is_of_other_technology(purpose) and not declaration.other_access_technology:
        return "no other access technology is declared"
    readings = readings_for(purpose, declaration)
    if set(readings) != set(purpose.features) and not (
        _model_of(readings).can_take(purpose.stimuli)
    ):
        return f"cannot be brought about with {' and '.join(readings)}"
    return ""


def _turned(names: Sequence[Name], turns: int) -> Iterator[Name]:
    """All of them, from another one on."""
    first = turns % max(1, len(names))
    return iter((*names[first:], *names[:first]))


@cache
def _model_of(readings: tuple[str, ...]) -> AnchorModel:
    return AnchorModel(readings=readings)


def prefixes_of(
    purpose: Purpose, declaration: Declaration, nodes: Mapping[Node, bytes]
) -> dict[Element, Value]:
    """The prefixes that a case asks for by name, where it has these nodes."""
    found: dict[Element, Value] = {UNASSIGNED: declaration.prefixes.unassigned}
    if asks_by_name(purpose):
        name = nodes[Node.SERVED].decode()
        found[REQUESTABLE] = declaration.nodes.by_name[name]
    return found


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
    clock: Clock,
    nodes: dict[Node, bytes],
    prefixes: dict[Element, Value],
    sequences: Iterator[int],
    number: int,
    *,
    others_follow: bool = True,
) -> Case:
    """A case that is ready to run over a link; the clock tells the time of day.

    Where others follow on the same anchor, it ends what it may have left when it fails.
    """
    timers = declaration.timers
    is_short = binding_lifetime.name in purpose.timers
    clocks = Clocks(
        declaration.durations(), {t.name: timers.tolerance_ms for t in ANCHOR_TIMERS}
    )
    # Numbers of requests with timestamps, which the last number before the wrap exceeds
    # where it follows: an anchor may have kept them (docs/findings.md).
    wraps = any(request.order is Order.LAST for request in purpose.requests)
    first = SEQUENCE_NUMBERS // 2 if wraps else 0
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
        time_of_day=lambda: clock.time_of_day() + timers.clock_offset,
        next_sequence=lambda: first + next(sequences),
        lifetime=timers.short_lifetime_units
        if is_short
        else timers.long_lifetime_units,
        number=number,
    )
    packets = PacketMaker(declaration, next_mark=lambda: next(sequences))
    return Case(
        purpose, declaration, oracle, requests, packets, others_follow=others_follow
    )


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
        case.journal,
    )


class AnchorLane:
    """Cases over a link to an anchor, each with mobile nodes that no other has.

    Args:
        declaration: The anchor under test.
        link: The link to it.
        second: See `NodeSupply`.
    """

    def __init__(self, declaration: Declaration, link: Link, second: int = 0) -> None:
        self.declared = declaration
        self._link = link
        self._supply = NodeSupply(declaration, second)
        self._spare = self._supply.spare()
        self._probes_sent_ms: dict[int, int] = {}
        self._sequences = itertools.cycle(range(1, BY_NUMBER))
        self._numbers = itertools.count(1)
        esp = declaration.esp_end(first_sequence(link.time_of_day()))
        self._scheduler = Scheduler(link, self._ended, esp, self._is_foreign)
        self._names = {name.encode() for name in declaration.nodes.every()}
        tester = declaration.tester
        self._addresses = {*tester.proxy_coas, tester.unlisted_proxy_coa}
        self._tell: Callable[[EndedCase], None] = tell_nobody
        self._tell_probe: Callable[[Condition, Sequence[CapturedPacket]], None] = (
            tell_nobody
        )

    @property
    def is_in_time(self) -> bool:
        """Whether the anchor answers soon enough that it can be given more to do."""
        reaction_ms = self.declared.timers.reaction_ms
        return self._scheduler.delay_ms(reaction_ms) < reaction_ms // SOON

    def slowest_ms(self, since_ms: int) -> int:
        """How long the slowest answer has taken, where that is more than the tolerance."""
        return self._scheduler.slowest_ms(since_ms, self.declared.timers.tolerance_ms)

    def observe(
        self,
        ended: Callable[[EndedCase], None],
        probed: Callable[[Condition, Sequence[CapturedPacket]], None],
    ) -> None:
        """Tell from now on of each case that ends, and of each probe."""
        self._tell, self._tell_probe = ended, probed

    @property
    def count(self) -> int:
        """How many cases and probes run."""
        return self._scheduler.count

    @property
    def strays(self) -> tuple[str, ...]:
        """Packets that belong to no case, in words."""
        return tuple(
            f"{each} for another tester" if self._is_foreign(each) else str(each)
            for each in self._scheduler.strays
        )

    def _is_foreign(self, arrival: Arrival) -> bool:
        """Whether a PBA is for another tester: neither its node nor its address is ours."""
        return (
            arrival.packet is not None
            and arrival.identifier is not None
            and arrival.identifier not in self._names
            and arrival.packet.destination not in self._addresses
        )

    def is_alone(self, purpose: Purpose) -> bool:
        """Whether a case needs the anchor for itself."""
        return purpose.needs_the_anchor_alone

    def follows_a_restart(self, purpose: Purpose) -> bool:
        """Whether the anchor has to be started again before a case."""
        return purpose.follows_a_restart

    def patience(self, purpose: Purpose) -> int:
        """What the timers take that it waits for, in milliseconds."""
        durations = self.declared.durations()
        waits = (s for s in purpose.stimuli if isinstance(s, Wait))
        return sum(durations[wait.timer] for wait in waits)

    def now_ms(self) -> int:
        """The time now."""
        return self._link.now_ms()

    def begin(self, purpose: Purpose) -> str | None:
        """Begin a case; where it cannot be run, the reason why."""
        found = self._supply.nodes_for(purpose)
        if isinstance(found, str):
            return found
        nodes, prefixes = found
        number = next(self._numbers)
        journal = Journal({str(n): name.decode() for n, name in nodes.items()}, number)
        case = new_case(
            purpose,
            self.declared,
            journal.reading(self._link),
            nodes,
            prefixes,
            journal.counting(self._sequences),
            number,
        )
        case.journal = journal
        self._scheduler.start(case, journal.note)
        return None

    def probe(self) -> None:
        """Begin a probe.

        Raises:
            Pmip6Error: There is no node to probe with.
        """
        if self._spare is None:
            raise Pmip6Error(
                "nodes.usable", "names no node to probe with", "declare more of them"
            )
        self._scheduler.start(
            LivenessProbe(
                self.declared,
                self._link,
                self._spare,
                self._sequences,
                self._probes_sent_ms,
            )
        )

    def run_some(self, latest_ms: int | None = None) -> None:
        """Wait for the next packet or the next time that a case waits for."""
        self._scheduler.run_some(latest_ms)

    def stop(self) -> list[EndedCase]:
        """Give up on everything that runs."""
        return [
            _ended_case(task.scripted, task, self.declared.timers.tolerance_ms)
            for task in self._scheduler.stop()
            if isinstance(task.scripted, Case)
        ]

    def has_restarted(self) -> None:
        """The anchor has been restarted."""
        self._scheduler.has_restarted()

    def _ended(self, task: Task) -> None:
        match task.scripted:
            case Case() as case:
                tolerance_ms = self.declared.timers.tolerance_ms
                self._tell(_ended_case(case, task, tolerance_ms))
            case LivenessProbe(condition=condition):
                assert condition is not None
                self._tell_probe(condition, task.packets)
            case other:
                raise TypeError(f"{other} is neither a case nor a probe")


def _ended_case(case: Case, task: Task, tolerance_ms: int) -> EndedCase:
    result, is_silent = result_of(case, task.packets), case.evidence.is_silent
    late_ms = task.late_ms if task.late_ms > tolerance_ms else 0
    return EndedCase(result, is_silent, late_ms)


def anchor_campaign(
    declaration: Declaration,
    link: Link,
    *,
    ended: Ended = tell_nobody,
    probed: Probed = tell_nobody,
    at_once: int = AT_ONCE,
    restart: Restart | None = None,
    lost: Callable[[Loss], None] = tell_nobody,
    second: int = 0,
) -> Campaign[Purpose]:
    """The campaign for an anchor over a link; see `Campaign` and `NodeSupply`."""
    lane = AnchorLane(declaration, link, second)
    return Campaign(
        lane,
        at_once,
        ended=ended,
        probed=probed,
        restart=restart,
        lost=lost,
        spacing_ms=STARTS_MS // at_once,
    )
