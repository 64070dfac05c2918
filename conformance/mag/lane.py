"""The cases for gateways: their nodes and prefixes, and how they run over a link."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

from pmip6.conformance.campaign import Campaign, EndedCase
from pmip6.conformance.condition import Condition
from pmip6.conformance.fast_handover.case import HandoverCase
from pmip6.conformance.fast_handover.lane import handover_case
from pmip6.conformance.journal import Journal
from pmip6.conformance.mag.acts import GatewayLink
from pmip6.conformance.mag.case import GatewayCase
from pmip6.conformance.mag.declaration import GatewayDeclaration
from pmip6.conformance.mag.judge import GatewayJudge
from pmip6.conformance.mag.patience import gateway_patience, handover_patience
from pmip6.conformance.mag.probe import Departure, GatewayProbe
from pmip6.conformance.mag.scenes import scenes, special_scenes
from pmip6.conformance.mag.scheduler import (
    NUMBERS_PER_CASE,
    GatewayScheduler,
    GatewayTask,
)
from pmip6.conformance.mag.selection import (
    AnyGatewayPurpose,
    has_stray_answers,
    reason_to_skip,
)
from pmip6.conformance.results import CaseResult, Ended, Probed, tell_nobody
from pmip6.conformance.wire.capture import CapturedPacket
from pmip6.conformance.wire.esp_end import EspEnd, first_sequence, testers_end
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.fast_handover.purposes import HandoverPurpose
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.model import GatewayDomain
from pmip6.vectors.mag.stimuli import Restart, Synchronise, TooBig

AT_ONCE = 128
"""Cases that run side by side at most; none begins while the tester is late."""
IN_TIME = 3
"""A tester is late from the first one in so many parts of the tolerance on."""
NO_NODE = "no node of the kind that it needs is left (nodes)"
NODE, COMPANION = "node", "companion"
"""The parts that nodes have in a case, as its journal calls them."""
SPECIAL = (
    GatewayDomain.DENIED,
    GatewayDomain.EXEMPT,
    GatewayDomain.PROFILED,
    GatewayDomain.COMPANY,
)
"""Domains of cases for nodes that any gateway treats in a way of their own."""


def domain_for(
    purpose: AnyGatewayPurpose, declaration: GatewayDeclaration
) -> GatewayDomain:
    """The domain of the model for a case."""
    if isinstance(purpose, HandoverPurpose) or purpose.domain not in SPECIAL:
        return declaration.domain
    return purpose.domain


def new_case(
    purpose: AnyGatewayPurpose,
    declaration: GatewayDeclaration,
    scene: Scene,
    number: int,
    esp: EspEnd | None,
) -> tuple[GatewayCase | HandoverCase, GatewayJudge | None]:
    """A case that is ready to run, and who judges its packets, if it says so.

    Args:
        purpose: What to do.
        declaration: The gateway under test.
        scene: Who and where.
        number: That of the case: its user packets have numbers from 1000 times it on.
        esp: The end of the ESP at the tester; None where there is none.
    """
    first = number * NUMBERS_PER_CASE
    if isinstance(purpose, HandoverPurpose):
        return handover_case(purpose, scene, declaration, first, esp), None
    judge = GatewayJudge(declaration.judged())
    case = GatewayCase(
        purpose,
        scene,
        judge,
        declaration.waits(),
        first_number=first,
        esp=esp,
        domain=domain_for(purpose, declaration),
        attaches_by_soliciting=not declaration.triggers.attach,
        forwards=declaration.features.forwarding,
    )
    return case, judge


def result_of(
    case: GatewayCase | HandoverCase,
    packets: Sequence[CapturedPacket],
    journal: Journal | None,
) -> CaseResult:
    """The result of a case that has ended."""
    evidence = case.evidence
    return CaseResult(
        case.purpose,
        evidence.verdict,
        tuple(evidence.findings),
        evidence.reason,
        tuple(evidence.steps),
        tuple(packets),
        journal,
    )


class GatewayLane:
    """Cases over a link to a gateway, each with a mobile node that no other has.

    Args:
        declaration: The gateway under test.
        link: The link to it.
        can_restart: Whether its link can start it again.
    """

    def __init__(
        self,
        declaration: GatewayDeclaration,
        link: GatewayLink,
        *,
        can_restart: bool = True,
    ) -> None:
        self.declared = declaration
        self._can_restart = can_restart
        self._link = link
        self._scenes = scenes(declaration)
        self._special = special_scenes(declaration)
        self._spare = next(self._scenes, None)
        self._numbers = itertools.count(1)
        handover = declaration.fast_handover
        self._esp = testers_end(
            declaration.esp,
            declaration.tester.lma_address,
            None if handover is None else handover.esp,
            declaration.proxy_coa,
            first=first_sequence(link.time_of_day()),
        )
        self._scheduler = GatewayScheduler(
            link, self._ended, declaration.tester.access_interface, self._esp
        )
        self._tell: Callable[[EndedCase], None] = tell_nobody
        self._tell_probe: Callable[[Condition, Sequence[CapturedPacket]], None] = (
            tell_nobody
        )

    @property
    def is_in_time(self) -> bool:
        """Whether the tester keeps up with what runs, so that more may begin."""
        return self._scheduler.late_ms * IN_TIME < self.declared.timers.tolerance_ms

    def slowest_ms(self, since_ms: int) -> int:
        """A gateway that is slow is told by what it is given to do (`is_idle`)."""
        return 0

    def observe(
        self,
        ended: Callable[[EndedCase], None],
        probed: Callable[[Condition, Sequence[CapturedPacket]], None],
    ) -> None:
        """Tell from now on of each case that ends, and of each probe."""
        self._tell, self._tell_probe = ended, probed

    @property
    def count(self) -> int:
        """How many cases, probes and departures run."""
        return self._scheduler.count

    @property
    def strays(self) -> tuple[str, ...]:
        """Packets that belong to no case, in words."""
        return tuple(self._scheduler.strays)

    def is_alone(self, purpose: AnyGatewayPurpose) -> bool:
        """Whether what a case does could bear on the node of another one.

        The clock is one for all nodes, and so is the path to the anchor; a restart
        meets all.
        """
        if isinstance(purpose, HandoverPurpose):
            return False
        if any(
            isinstance(step, Synchronise | Restart | TooBig) for step in purpose.stimuli
        ):
            return True
        numbered = GatewayDomain.NUMBERED
        if self.declared.domain is not numbered:
            return False
        suits = purpose.domain in (GatewayDomain.FIXED, numbered)
        return suits and has_stray_answers(purpose)

    def follows_a_restart(self, purpose: AnyGatewayPurpose) -> bool:
        """No case follows a restart."""
        return False

    def patience(self, purpose: AnyGatewayPurpose) -> int:
        """How long a case takes, roughly: the longest begin first."""
        if isinstance(purpose, HandoverPurpose):
            return handover_patience(purpose, self.declared)
        return gateway_patience(purpose, self.declared)

    def now_ms(self) -> int:
        """The time now."""
        return self._link.now_ms()

    def begin(self, purpose: AnyGatewayPurpose) -> str | None:
        """Begin a case; where it cannot be run, the reason why."""
        reason = reason_to_skip(purpose, self.declared, can_restart=self._can_restart)
        if reason:
            return reason
        number = next(self._numbers)
        scene = self._scene_for(purpose)
        if scene is None:
            return NO_NODE
        nodes = {NODE: scene.node.decode()}
        if scene.other is not None:
            nodes[COMPANION] = scene.other.node.decode()
        case, judge = new_case(purpose, self.declared, scene, number, self._esp)
        self._scheduler.start(case, number, judge, Journal(nodes, number))
        return None

    def _scene_for(self, purpose: AnyGatewayPurpose) -> Scene | None:
        """A node for a case, with another one where it needs that."""
        if isinstance(purpose, HandoverPurpose):
            return next(self._scenes, None)
        scene = next(self._special.get(purpose.domain, self._scenes), None)
        if scene is None or not domain_for(purpose, self.declared).has_company:
            return scene
        other = next(self._scenes, None)
        return None if other is None else replace(scene, other=other)

    def probe(self) -> None:
        """Begin a probe.

        Raises:
            Pmip6Error: There is no node to probe with.
        """
        if self._spare is None:
            raise Pmip6Error(
                "nodes", "there is none to probe with", "declare more of them"
            )
        self._scheduler.start(GatewayProbe(self.declared, self._spare, self._esp))

    def run_some(self, latest_ms: int | None = None) -> None:
        """Wait for the next packet or the next time that a case waits for."""
        self._scheduler.run_some(latest_ms)

    def stop(self) -> list[EndedCase]:
        """Give up on everything that runs."""
        return [
            self._ended_case(task.scripted, task)
            for task in self._scheduler.stop()
            if isinstance(task.scripted, GatewayCase | HandoverCase)
        ]

    def leave(self) -> None:
        """Take the nodes of what still runs off the access link."""
        for task in self._scheduler.stop():
            self._link.detach(task.scripted.scene.link_layer)

    def has_restarted(self) -> None:
        """The gateway has been restarted."""
        self._scheduler.has_restarted()

    def _ended(self, task: GatewayTask) -> None:
        match task.scripted:
            case GatewayCase() | HandoverCase() as case:
                self._end(case)
                self._tell(self._ended_case(case, task))
            case GatewayProbe(condition=condition):
                assert condition is not None
                self._tell_probe(condition, task.packets)
            case _:
                pass

    def _end(self, case: GatewayCase | HandoverCase) -> None:
        """See to it that no binding of a case stays at the gateway."""
        reaction_ms = self.declared.timers.reaction_ms
        for scene in case.attached:
            self._scheduler.start(Departure(scene, reaction_ms, None, self._esp))
        if case.scene not in case.attached and case.unanswered is not None:
            request = case.unanswered
            self._scheduler.start(
                Departure(case.scene, reaction_ms, request, self._esp)
            )

    def _ended_case(
        self, case: GatewayCase | HandoverCase, task: GatewayTask
    ) -> EndedCase:
        is_late = task.late_ms > self.declared.timers.tolerance_ms
        result = result_of(case, task.packets, task.journal)
        late_ms = task.late_ms if is_late else 0
        return EndedCase(result, case.evidence.is_silent, late_ms)


def gateway_campaign(
    declaration: GatewayDeclaration,
    link: GatewayLink,
    *,
    ended: Ended = tell_nobody,
    probed: Probed = tell_nobody,
    at_once: int = AT_ONCE,
    can_restart: bool = True,
    restart: Callable[[], None] | None = None,
) -> Campaign[AnyGatewayPurpose]:
    """The campaign for a gateway over a link; see `Campaign`."""
    lane = GatewayLane(declaration, link, can_restart=can_restart)
    return Campaign(lane, at_once, ended=ended, probed=probed, restart=restart)
