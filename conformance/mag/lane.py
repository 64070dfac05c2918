"""The cases for gateways: their nodes and prefixes, and how they run over a link."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from ipaddress import IPv6Address, IPv6Network
from itertools import pairwise
from typing import TypeAlias

from pmip6.conformance.campaign import NO_RESTART, Campaign, EndedCase
from pmip6.conformance.condition import ANSWERS, SILENT, Condition
from pmip6.conformance.fast_handover.case import HandoverCase
from pmip6.conformance.fast_handover.lane import handover_case, handover_reason_to_skip
from pmip6.conformance.mag.acts import GatewayLink
from pmip6.conformance.mag.case import GatewayCase
from pmip6.conformance.mag.declaration import (
    PREFIX_LENGTH,
    GatewayDeclaration,
    octets,
)
from pmip6.conformance.mag.judge import GatewayJudge
from pmip6.conformance.mag.probe import Departure, GatewayProbe
from pmip6.conformance.mag.scheduler import (
    NUMBERS_PER_CASE,
    GatewayScheduler,
    GatewayTask,
)
from pmip6.conformance.results import CaseResult, Ended, Probed, tell_nobody
from pmip6.conformance.wire.capture import CapturedPacket
from pmip6.conformance.wire.esp_end import anchor_end, first_sequence
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.fast_handover.purposes import HandoverPurpose
from pmip6.vectors.fast_handover.stimuli import Elapse
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.edges import SCENE
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel
from pmip6.vectors.mag.purposes import GatewayPurpose
from pmip6.vectors.mag.stimuli import (
    Answer,
    AnswerForm,
    Ask,
    Attach,
    Await,
    Company,
    Downlink,
    Echo,
    Frame,
    Hint,
    Idle,
    Lease,
    Restart,
    Straggle,
    Synchronise,
    Uplink,
)

AnyGatewayPurpose: TypeAlias = GatewayPurpose | HandoverPurpose
"""What a gateway is tested for: by itself, and with another gateway."""
AT_ONCE = 48
"""Cases that run side by side at most; none begins while the tester is late."""
IN_TIME = 3
"""A tester is late from the first one in so many parts of the tolerance on."""

_NEEDED = {
    GatewayDomain.SIGNALLED: "needs a gateway whose link-local address the anchor says "
    '(links.fixed_mag_link_local_address = "::")',
    GatewayDomain.NUMBERED: "needs a gateway whose requests are ordered by sequence "
    "numbers (features.timestamp_based_approach_in_use = false)",
    GatewayDomain.PROTECTED: "needs ESP, which is not declared ([[esp]])",
    GatewayDomain.ANONYMOUS: "needs a gateway that tells no link-layer identifiers "
    "(links.tells_link_layer_identifiers = false)",
    GatewayDomain.COMPANY: "needs a gateway without local routing, with a fixed "
    "link-local address, timestamps and link-layer identifiers",
    GatewayDomain.LOCAL: "needs a gateway with local routing "
    "(features.enable_mag_local_routing = true)",
    GatewayDomain.EXEMPT: "needs a gateway with local routing, and nodes whose profile "
    "forbids it (nodes.exempt)",
    GatewayDomain.PROFILED: "needs nodes whose profile names a prefix (nodes.profiled), "
    "and a fixed link-local address",
    GatewayDomain.DENIED: "needs nodes that are not entitled to the service "
    "(nodes.denied), and a fixed link-local address",
}


NO_NODE = "no node of the kind that it needs is left (nodes)"
_NO_HANDOFF = (
    "no trigger with the kind of handoff is declared (triggers.attach_with_handoff)"
)


def reason_to_skip(
    purpose: AnyGatewayPurpose,
    declaration: GatewayDeclaration,
    *,
    can_restart: bool = True,
) -> str:
    """Why a case is not for the declared gateway; empty where it is.

    What needs nothing particular of a domain is for gateways of every domain.
    """
    if isinstance(purpose, HandoverPurpose):
        return handover_reason_to_skip(purpose, declaration)
    if purpose.needs_hosts:
        return "needs an ordinary host on a link of the gateway, and the tester is none"
    if purpose.needs_restart and not can_restart:
        return NO_RESTART
    has = {GatewayDomain.FIXED, declaration.domain}
    if declaration.esp:
        has.add(GatewayDomain.PROTECTED)
    match declaration.domain:
        case GatewayDomain.FIXED:
            has.add(GatewayDomain.COMPANY)
            if declaration.nodes.profiled:
                has.add(GatewayDomain.PROFILED)
            if declaration.nodes.denied:
                has.add(GatewayDomain.DENIED)
        case GatewayDomain.LOCAL if declaration.nodes.exempt:
            has.add(GatewayDomain.EXEMPT)
        case _:
            pass
    if purpose.domain not in has:
        return _NEEDED[purpose.domain]
    for step in purpose.stimuli:
        match step:
            case Attach(hint=hint) if hint is not Hint.NOTHING:
                if not declaration.triggers.attach_with_handoff:
                    return _NO_HANDOFF
            case Ask() | Straggle(frame=Frame.NEIGHBOR) if (
                declaration.domain is GatewayDomain.SIGNALLED
            ):
                return "needs a fixed link-local address, to ask for it"
            case Company() if not declaration.triggers.attach:
                return "needs triggers.attach, for a second node"
            case Lease() if not declaration.features.dhcp_relay:
                return "needs features.dhcp_relay, which is not declared"
            case Synchronise() if not declaration.triggers.clock:
                return "no trigger for the clock is declared (triggers.clock)"
            case _:
                pass
    is_about_packets = isinstance(purpose.test, Uplink | Downlink)
    if not declaration.features.forwarding and (
        is_about_packets or purpose.domain.has_company
    ):
        return "needs features.forwarding, which is not declared"
    return ""


@cache
def has_stray_answers(purpose: GatewayPurpose) -> bool:
    """Whether an answer of a case belongs to no request, but for its sequence number.

    Without timestamps an answer belongs to a request by that number, which requests for
    different nodes may share.
    """
    model = GatewayModel(SCENE, GatewayDomain.NUMBERED)
    for step in purpose.stimuli:
        if isinstance(step, Answer) and (
            not model.machine.awaited(SCENE.node)
            or step.form is AnswerForm.OTHER_NUMBER
            or Echo.NODE_IDENTIFIER in (step.altered, step.missing)
        ):
            return True
        model.apply(step)
    return False


def scenes(declaration: GatewayDeclaration) -> Iterator[Scene]:
    """The scene of each declared node: its prefixes are no other's."""
    plain = _scene(declaration)
    prefixes = declaration.prefixes.pool.subnets(new_prefix=PREFIX_LENGTH)
    for (name, layer), pair in zip(
        declaration.nodes.profiles(), _pairs(prefixes), strict=False
    ):
        yield replace(plain, node=name.encode(), link_layer=layer, prefixes=pair)


def special_scenes(
    declaration: GatewayDeclaration,
) -> dict[GatewayDomain, Iterator[Scene]]:
    """The scenes of the nodes that the gateway treats in a way of their own."""
    plain, pool = _scene(declaration), declaration.prefixes.pool
    last = int(pool.broadcast_address) >> 64 << 64
    other = _network(last)
    nodes = declaration.nodes

    pairs = (
        (_network(last - (n << 65)), _network(last - (n << 65) - (1 << 64)))
        for n in itertools.count(1)
    )

    def named(listed: Mapping[str, str]) -> Iterator[Scene]:
        for name, at in listed.items():
            pair = next(pairs)
            yield replace(
                plain, node=name.encode(), link_layer=octets(at), prefixes=pair
            )

    return {
        GatewayDomain.DENIED: named(nodes.denied),
        GatewayDomain.EXEMPT: named(nodes.exempt),
        GatewayDomain.PROFILED: iter(
            [
                replace(
                    plain,
                    node=name.encode(),
                    link_layer=octets(node.link_layer_address),
                    prefixes=(node.prefix, other),
                )
                for name, node in nodes.profiled.items()
            ]
        ),
    }


def _scene(declaration: GatewayDeclaration) -> Scene:
    """The scene of no node: what all have in common."""
    timers, tester = declaration.timers, declaration.tester
    first, second = itertools.islice(
        declaration.prefixes.pool.subnets(new_prefix=PREFIX_LENGTH), 2
    )
    return Scene(
        node=b"",
        link_layer=bytes(6),
        gateway=declaration.proxy_coa,
        anchor=tester.lma_address,
        prefixes=(first, second),
        long_units=timers.lifetime_units,
        short_units=timers.short_lifetime_units,
        correspondent=tester.correspondent,
        stranger=tester.other_address,
        nobody=declaration.prefixes.outside,
        backoff_ms=(timers.initial_bindack_timeout_ms, timers.max_bindack_timeout_ms),
    )


def _network(address: int) -> IPv6Network:
    return IPv6Network((IPv6Address(address), PREFIX_LENGTH))


def _pairs(
    prefixes: Iterator[IPv6Network],
) -> Iterator[tuple[IPv6Network, IPv6Network]]:
    return itertools.islice(pairwise(prefixes), 0, None, 2)


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
        self._esp = anchor_end(
            declaration.esp,
            declaration.tester.lma_address,
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

        The clock is one for all nodes, and a restart meets all.
        """
        if isinstance(purpose, HandoverPurpose):
            return False
        if any(isinstance(step, Synchronise | Restart) for step in purpose.stimuli):
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
        """How often a case waits for a timer: those that wait begin first."""
        return sum(isinstance(s, Await | Idle | Elapse) for s in purpose.stimuli)

    def now_ms(self) -> int:
        """The time now."""
        return self._link.now_ms()

    def begin(self, purpose: AnyGatewayPurpose) -> str | None:
        """Begin a case; where it cannot be run, the reason why."""
        reason = reason_to_skip(purpose, self.declared, can_restart=self._can_restart)
        if reason:
            return reason
        number = next(self._numbers)
        if isinstance(purpose, HandoverPurpose):
            return self._begin_handover(purpose, number)
        scene = self._scene_for(purpose)
        if scene is None:
            return NO_NODE
        judge = GatewayJudge(self.declared.judged())
        case = GatewayCase(
            purpose,
            scene,
            judge,
            self.declared.waits(),
            first_number=number * NUMBERS_PER_CASE,
            esp=self._esp,
            domain=self._domain_for(purpose),
            attaches_by_soliciting=not self.declared.triggers.attach,
            forwards=self.declared.features.forwarding,
        )
        self._scheduler.start(case, number, judge)
        return None

    def _begin_handover(self, purpose: HandoverPurpose, number: int) -> str | None:
        scene = next(self._scenes, None)
        if scene is None:
            return NO_NODE
        first = number * NUMBERS_PER_CASE
        case = handover_case(purpose, scene, self.declared, first)
        self._scheduler.start(case, number)
        return None

    def _scene_for(self, purpose: GatewayPurpose) -> Scene | None:
        """A node for a case, with another one where it needs that."""
        scene = next(self._special.get(purpose.domain, self._scenes), None)
        if scene is None or not self._domain_for(purpose).has_company:
            return scene
        other = next(self._scenes, None)
        return None if other is None else replace(scene, other=other)

    def _domain_for(self, purpose: GatewayPurpose) -> GatewayDomain:
        """The domain of the model for a case."""
        own = (*self._special, GatewayDomain.COMPANY)
        return purpose.domain if purpose.domain in own else self.declared.domain

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
            case GatewayProbe(is_alive=is_alive):
                self._tell_probe(ANSWERS if is_alive else SILENT, task.packets)
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
        evidence = case.evidence
        is_late = task.late_ms > self.declared.timers.tolerance_ms
        result = CaseResult(
            case.purpose,
            evidence.verdict,
            tuple(evidence.findings),
            evidence.reason,
            tuple(evidence.steps),
            tuple(task.packets),
        )
        return EndedCase(result, evidence.is_silent, task.late_ms if is_late else 0)


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
