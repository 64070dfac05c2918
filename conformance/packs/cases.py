"""The cases of the campaign as scenarios of a pack: each role, each declaration.

Cases about ESP are left out: their octets depend on counters and keys of both ends; and so
are volleys of malformed messages, which the group `wire` has one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import Field, dataclass, field, replace
from functools import partial
from typing import Any, ClassVar, Protocol, TypeVar

from pydantic import BaseModel

from pmip6.conformance.fast_handover.case import HandoverCase
from pmip6.conformance.fast_handover.cast import Cast, settings_of
from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.declaration import Declaration, Readings
from pmip6.conformance.lma.in_memory import (
    reference_declaration,
    run_case_in_memory,
    waiting_declaration,
)
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.mag.case import GatewayCase
from pmip6.conformance.mag.in_memory import (
    declared,
    reference_settings,
    run_script,
)
from pmip6.conformance.mag.judge import GatewayJudge
from pmip6.conformance.mag.packets import read
from pmip6.conformance.mag.port import Sent
from pmip6.conformance.mag.script import GatewayTimers
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.packs.kept_anchors import KeptAnchors
from pmip6.conformance.packs.peers import AnchorPeer
from pmip6.conformance.packs.recording import (
    Recorded,
    RecordingGatewayLink,
    RecordingLink,
    Waiting,
    clock,
    recorded,
)
from pmip6.conformance.packs.walk import (
    Walk,
    WalkingMachine,
    Watches,
    walking_gateway,
)
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.virtual import VirtualLink
from pmip6.model.domain import Model, shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.model.fast_handover.new_gateway import new_gateway
from pmip6.model.fast_handover.previous_gateway import previous_gateway
from pmip6.vectors.case_purpose import CasePurpose
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes
from pmip6.vectors.fast_handover.stimuli import LinkUp
from pmip6.vectors.lma.purposes import Purpose, purposes
from pmip6.vectors.lma.stimuli import Form
from pmip6.vectors.mag.edges import SCENE
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes
from pmip6.vectors.packs.case_list import why_left_out
from pmip6.vectors.packs.packet_fields import Fields
from pmip6.vectors.packs.replay import play
from pmip6.vectors.packs.scenario_group import PackRole, ScenarioVector
from pmip6.vectors.packs.suites import rule_of
from pmip6.vectors.packs.tours import (
    Tour,
    anchor_tour,
    gateway_tour,
    handover_tour,
    tours_of,
)

HOME_AGENT: Fields = {"kind": {"one_of": ["BA", "PBA"]}, "proxy": False}
"""What a home agent answers to a direct Binding Update, which is its own matter."""
GATEWAYS_OWN: list[Fields] = [
    {"kind": kind} for kind in ("Error", "NeighborSolicitation", "RouterSolicitation")
]
"""What a gateway may send at any time."""

EITHER_SESSION = "either_of_two_sessions"
"""A request belongs to two sessions of one interface (docs/findings.md)."""
TIMERS = GatewayTimers()
HANDOVER_TOLERANCE_MS = 50
"""Half of the shortest timer of a fast handover: that of the first HI."""
QUICK_MS = 100
"""How soon a tour goes on, so that several steps are done before a request is repeated."""


@dataclass
class Cases:
    """The scenarios of a role as they are recorded, the settings and rules of it."""

    role: PackRole
    settings: dict[str, Fields] = field(default_factory=dict[str, Fields])
    recorded: list[Recorded] = field(default_factory=list[Recorded])
    rules: set[str] = field(default_factory=set[str])
    watches: Watches = field(default_factory=Watches, repr=False)
    anchors: KeptAnchors = field(default_factory=KeptAnchors, repr=False)

    def name_of(self, kind: str, told: BaseModel) -> str:
        """The name of settings; the same settings have one name."""
        data = told.model_dump(mode="json")
        known = next((n for n, d in self.settings.items() if d == data), None)
        if known is not None:
            return known
        name = f"{kind}-{1 + sum(n.startswith(f'{kind}-') for n in self.settings)}"
        self.settings[name] = data
        return name

    def joined(self, others: Cases) -> Cases:
        """These and others of the same role, whose settings get names of these."""
        settings = dict(self.settings)
        names: dict[str, str] = {}
        for name, data in others.settings.items():
            same = next((n for n, d in settings.items() if d == data), None)
            kind = name.rpartition("-")[0]
            count = sum(n.startswith(f"{kind}-") for n in settings)
            names[name] = same or f"{kind}-{count + 1}"
            settings[names[name]] = data
        for each in others.recorded:
            each.scenario.settings = names[each.scenario.settings]
        return Cases(
            self.role,
            settings,
            [*self.recorded, *others.recorded],
            self.rules | others.rules,
        )

    def with_settings(self, names: Set[str]) -> Cases:
        """The scenarios of an implementation with these settings; of none, all."""
        if not names:
            return self
        return replace(
            self,
            settings={n: told for n, told in self.settings.items() if n in names},
            recorded=[r for r in self.recorded if r.scenario.settings in names],
        )

    def __getstate__(self) -> dict[str, object]:
        """All but the machines and their watches, which stay in their process."""
        return {**vars(self), "watches": None, "anchors": None}


SettingsT = TypeVar("SettingsT", bound=BaseModel)
Chosen = Callable[[SettingsT], SettingsT]
"""Settings of an implementation, from those that a case has."""


class NotPassed(Pmip6Error):
    """The reference implementation does not pass a case."""


def _passed(purpose: str, verdict: Verdict, reason: str) -> None:
    if verdict is not Verdict.PASS:
        what = f"the reference implementation has verdict {verdict.name}: {reason}"
        raise NotPassed(purpose, what, "run the case with pmip6 certify")


# ---- anchors ---------------------------------------------------------------------------


def anchor_cases(chosen: Iterable[Purpose] | None = None) -> Cases:
    """Record cases for anchors, all that ship where None."""
    cases = Cases(PackRole.LMA)
    for purpose in purposes() if chosen is None else chosen:
        if not why_left_out(purpose):
            cases.recorded.append(anchor_case(purpose, cases))
    return cases


def anchor_case(
    purpose: Purpose, cases: Cases, chosen: Chosen[AnchorSettings] | None = None
) -> Recorded:
    """Record a case for anchors.

    With settings that are chosen otherwise than its declaration has them, the tester does
    not know what has to come: that is for the model alone to say.
    """
    kept: list[RecordingLink] = []
    told: list[AnchorSettings] = []
    walk = Walk()

    def link_to(anchor: ReferenceAnchor) -> VirtualLink:
        kept.append(RecordingLink(anchor))
        kept[0].tape.opens = walk.answers.popleft
        return kept[0]

    def settings(plain: AnchorSettings) -> AnchorSettings:
        told.append(plain if chosen is None else chosen(plain))
        return told[-1]

    def machine(model: Model) -> WalkingMachine:
        return cases.anchors.walking(model, walk)

    def run(declaration: Declaration) -> tuple[Verdict, str, list[str]]:
        result = run_case_in_memory(
            purpose,
            declaration,
            settings=settings,
            link_to=link_to,
            machine=machine,
            model=cases.anchors.model,
        )
        sent = [p.comment for p in result.packets if p.outbound]
        return result.verdict, result.reason, sent

    declaration = reference_declaration()
    verdict, reason, words = run(declaration)
    if verdict is Verdict.SKIP:
        declaration = waiting_declaration()
        verdict, reason, words = run(declaration)
    if chosen is None:
        _passed(purpose.name, verdict, reason)
    link = kept[0]
    link.tape.edges, cases.rules = walk.edges, cases.rules | walk.rules
    link.tape.sides = walk.sides
    while link.receive(link.now_ms()) is not None:
        pass
    for moment, comment in zip(link.tape.moments, words, strict=True):
        moment.words = comment.removeprefix("sent: ")
    prefixes = {str(p.network_address) for n in told[0].nodes for p in n.prefixes}
    is_direct = any(r.form is Form.DIRECT for r in purpose.requests)
    found = recorded(
        purpose,
        link.tape.end(link.now_ms()),
        cases.name_of("anchor", told[0]),
        pool=declaration.prefixes.pool,
        known=prefixes,
        waiting=Waiting(declaration.timers.tolerance_ms),
        free=[HOME_AGENT] if is_direct else [],
    )
    found.scenario.readings = list(
        readings_of(found.scenario, told[0], cases.anchors, walk)
    )
    return found


def readings_of(
    scenario: ScenarioVector, told: AnchorSettings, anchors: KeptAnchors, walk: Walk
) -> Iterator[str]:
    """The readings with which an anchor would fail that takes them alone.

    Args:
        scenario: What the anchor of the model does.
        told: Its settings.
        anchors: Makes anchors.
        walk: What was noted of it: where a request belonged to two sessions, another
            anchor may take it for one of the other.
    """
    if walk.is_unclear:
        yield EITHER_SESSION
    settings = told.model_dump(mode="json")
    for name in Readings.model_fields:
        peer = AnchorPeer(partial(_read_as, name, anchors))
        if play(scenario, settings, PackRole.LMA, clock(0), peer):
            yield name


def _read_as(name: str, anchors: KeptAnchors, told: AnchorSettings) -> ReferenceAnchor:
    return anchors.anchor(told.model_copy(update={"switches": (*told.switches, name)}))


# ---- gateways --------------------------------------------------------------------------


def gateway_cases(chosen: Iterable[GatewayPurpose] | None = None) -> Cases:
    """Record cases for gateways, all that ship where None."""
    cases = Cases(PackRole.MAG)
    for purpose in gateway_purposes() if chosen is None else chosen:
        if not why_left_out(purpose):
            cases.recorded.append(gateway_case(purpose, cases))
    return cases


def gateway_case(
    purpose: GatewayPurpose,
    cases: Cases,
    chosen: Chosen[GatewaySettings] = lambda plain: plain,
    timers: GatewayTimers = TIMERS,
) -> Recorded:
    """Record a case for gateways; its settings may be chosen otherwise."""
    told = chosen(reference_settings(purpose.domain))
    link, walk = _recording(told, cases)
    judge = GatewayJudge(declared(told))
    case = GatewayCase(purpose, SCENE, judge, timers)
    link.tape.words = lambda: case.evidence.steps[-1]
    link.tape.awaits = lambda sent: case.has_to_come(read(_packet(sent)))
    run_script(case, link, judge)
    link.tape.edges, cases.rules = walk.edges, cases.rules | walk.rules
    _passed(purpose.name, case.evidence.verdict, case.evidence.reason)
    return recorded(
        purpose,
        link.tape.end(link.now_ms()),
        cases.name_of("gateway", told),
        pool=None,
        known=set(),
        waiting=Waiting(TIMERS.tolerance_ms),
        free=GATEWAYS_OWN,
    )


def _recording(
    told: GatewaySettings, cases: Cases
) -> tuple[RecordingGatewayLink, Walk]:
    """A link to a gateway, and what is noted of it."""
    walk = Walk()
    link = RecordingGatewayLink(
        lambda at_ms: walking_gateway(told, walk, cases.watches, at_ms)
    )
    link.tape.sides = walk.sides
    return link, walk


def _packet(sent: Sent | bytes) -> Sent:
    assert not isinstance(sent, bytes)
    return sent


def handover_cases(
    chosen: Iterable[HandoverPurpose] | None = None,
) -> tuple[Cases, Cases]:
    """Record cases of fast handover: those for previous and for new gateways."""
    previous, new = Cases(PackRole.PREVIOUS_MAG), Cases(PackRole.NEW_MAG)
    for purpose in handover_purposes() if chosen is None else chosen:
        cases = previous if is_previous(purpose) else new
        cases.recorded.append(handover_case(purpose, cases))
    return previous, new


def is_previous(purpose: HandoverPurpose) -> bool:
    """Whether the gateway is the one that the node comes from.

    Its rule tells, or else whether the node is there before anything else happens.
    """
    rule = purpose.key.split(" / ")[0]
    if rule in {r.name for r in previous_gateway.rules}:
        return True
    if rule in {r.name for r in new_gateway.rules}:
        return False
    return purpose.stimuli[0] == LinkUp()


def handover_case(
    purpose: HandoverPurpose,
    cases: Cases,
    chosen: Chosen[GatewaySettings] = lambda plain: plain,
) -> Recorded:
    """Record a case of fast handover; its settings may be chosen otherwise."""
    cast = Cast()
    told = chosen(settings_of(purpose.scene, [cast]))
    link, walk = _recording(told, cases)
    case = HandoverCase(purpose, cast, told)
    link.tape.words = lambda: case.evidence.steps[-1]
    run_script(case, link)
    link.tape.edges, cases.rules = walk.edges, cases.rules | walk.rules
    _passed(purpose.name, case.evidence.verdict, case.evidence.reason)
    return recorded(
        purpose,
        link.tape.end(link.now_ms()),
        cases.name_of("gateway", told),
        pool=None,
        known=set(),
        waiting=Waiting(HANDOVER_TOLERANCE_MS),
        free=[],
    )


# ---- tours -----------------------------------------------------------------------------


def anchor_ways(tours: Iterable[Tour] | None = None) -> Cases:
    """Record tours for anchors, those that ship where None."""
    some = tours_of(PackRole.LMA) if tours is None else tours
    return _ways(Cases(PackRole.LMA), map(anchor_tour, some), anchor_case)


def gateway_ways(tours: Iterable[Tour] | None = None) -> Cases:
    """Record tours for gateways, those that ship where None."""
    quick = replace(TIMERS, reaction_ms=QUICK_MS, silence_ms=QUICK_MS)
    record = partial(gateway_case, timers=quick)
    some = tours_of(PackRole.MAG) if tours is None else tours
    return _ways(Cases(PackRole.MAG), map(gateway_tour, some), record)


def handover_ways(role: PackRole, tours: Iterable[Tour] | None = None) -> Cases:
    """Record tours for gateways with fast handover in one of their roles."""
    some = tours_of(role) if tours is None else tours
    return _ways(Cases(role), map(partial(handover_tour, role), some), handover_case)


class Way(CasePurpose, Protocol):
    """A tour as what the campaign runs: a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


WayT = TypeVar("WayT", bound=Way)


def _ways(
    cases: Cases, tours: Iterable[WayT], record: Callable[[WayT, Cases], Recorded]
) -> Cases:
    """Record tours, each as far as the tester can tell what has to come.

    They have no exchanges; the ids that they cite are those of the rules that they take.
    """
    for tour in tours:
        best = _longest(tour, lambda part: record(part, cases))
        if best is not None:
            cases.recorded.append(as_tour(best))
    return cases


def as_tour(found: Recorded) -> Recorded:
    """What is recorded as a way of its own, not as a case."""
    known = {rule.name: rule.requirements for rule in shipped_rules()}
    taken = dict.fromkeys(rule_of(edge) for edge in found.scenario.edges)
    ids = {i for rule in taken for i in known.get(rule, ())}
    found.scenario.requirements = sorted(ids)
    return Recorded(found.scenario, (), found.sides)


def _longest(tour: WayT, record: Callable[[WayT], Recorded]) -> Recorded | None:
    """The whole tour, or else the longest beginning of it that can be recorded."""
    steps = (*tour.preamble, tour.test)
    best: Recorded | None = None
    low, high = 0, len(steps)  # what passes, what may
    tried = high
    while low < high:
        *before, last = steps[:tried]
        part = replace(tour, preamble=tuple(before), test=last)
        try:
            best, low = record(part), tried
        except NotPassed:
            high = tried - 1
        tried = (low + high + 1) // 2
    return best


def all_cases() -> Iterator[Cases]:
    """Everything that a pack has scenarios of, by role."""
    yield anchor_cases()
    yield gateway_cases()
    yield from handover_cases()
