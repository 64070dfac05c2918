"""What a gateway sends in a case: expected, judged as it comes, missed where it does not.

Time is that of the case: milliseconds from its start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv6Network
from typing import NoReturn

from pmip6.conformance.conclusion import Evidence, UnexpectedBehaviour
from pmip6.conformance.mag.acts import GatewayActs
from pmip6.conformance.mag.crossing import Crossing
from pmip6.conformance.mag.due import DueRequests
from pmip6.conformance.mag.judge import GatewayJudge, Heard, Judged
from pmip6.conformance.mag.packets import Read, Tunnelled
from pmip6.conformance.mag.script import GatewayTimers
from pmip6.conformance.mag.service_acts import Service, is_service
from pmip6.conformance.verdict import (
    STRENGTH,
    Finding,
    Layer,
    Verdict,
    finding,
    level_of,
    verdict_of,
)
from pmip6.model.discovery.messages import (
    ALL_NODES,
    NeighborAdvertisement,
    RouterAdvertisement,
    discovery_options_of,
)
from pmip6.model.discovery.options import Mtu, TargetLinkLayerAddress
from pmip6.model.language.interpreter import Message
from pmip6.model.mag.advertisement_rules import (
    FINAL_ADVERTISEMENTS,
    FIRST_ADVERTISEMENTS,
    MAX_INITIAL_RTR_ADVERT_INTERVAL_MS,
    MAX_INITIAL_RTR_ADVERTISEMENTS,
    MIN_DELAY_BETWEEN_RAS_MS,
    REGULAR_ACCESS,
    final_fault,
    gives_access,
    has_to_follow,
    is_final,
    offered_prefixes,
)
from pmip6.model.mag.forwarding import ForwardingRule, Way
from pmip6.model.requirements.tables import Level
from pmip6.model.state import registration_lifetime, renewal, retransmission
from pmip6.model.wire.icmp_errors import error_in
from pmip6.model.wire.messages import ProxyBindingUpdate, option_of
from pmip6.model.wire.numbers import PACKET_TOO_BIG
from pmip6.model.wire.options import MobileNodeIdentifier
from pmip6.model.wire.tunnel_rules import (
    INTO_TUNNEL_AT_GATEWAY,
    OUT_OF_TUNNEL_AT_GATEWAY,
)
from pmip6.vectors.lma.stimuli import PacketForm
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel, Reaction
from pmip6.vectors.mag.stimuli import (
    LOST_AT_TUNNEL,
    Answer,
    Ask,
    Downlink,
    Hint,
    Lease,
    Probe,
    Solicit,
    Stimulus,
    Uplink,
)

MAX_RA_DELAY_MS = 500
"""How late the answer to a solicitation may be (RFC 4861, section 10)."""
EXACT = (retransmission.name, registration_lifetime.name)
"""Timers of which the model knows when they run out; a renewal may come before."""


@dataclass
class Expected:
    """Something that has to come until a time, and why.

    Attributes:
        requirements: What asks for it; None where nothing does, and it may come.
        at_ms: Of a request: when the model sends it.
    """

    kind: str
    until_ms: int
    requirements: tuple[str, ...] | None
    message: Message | None = None
    at_ms: int = 0
    way: Way | None = None
    packet: bytes = b""
    outer: bytes = b""


class Hearing:
    """What a gateway sends in a case, held against what has to come.

    Args:
        model: What the gateway has to be like.
        judge: Knows what is declared of it.
        timers: How long to wait.
        acts: What the tester has sent.

    Attributes:
        expected: What has to come, in the order in which it was brought about.
        worst: What a finding comes to at most, in the part of the case at hand.
        blamed: The requirements that this part is about.
        is_probing: The step is a probe, which shows nothing of them by a request.
    """

    def __init__(
        self,
        model: GatewayModel,
        judge: GatewayJudge,
        timers: GatewayTimers,
        acts: GatewayActs,
    ) -> None:
        self.evidence = Evidence()
        self._model = model
        self._judge = judge
        self._timers = timers
        self._acts = acts
        self._node = model.scene.node
        self._due = DueRequests()
        self.expected: list[Expected] = []
        self.worst = Verdict.ERROR
        self.blamed: tuple[str, ...] = ()
        self.is_probing = False
        self.arrived_ms = 0  # when the packet at hand came
        self.crossing = Crossing(timers.tolerance_ms, timers.reaction_ms)
        self.told: set[IPv6Network] = set()
        self.tunnel_mtu: int | None = None  # as the last RA has it
        self.announced_ms: int | None = None  # the last RA to all nodes of the link
        self.announced = 0  # how many there were since the session began
        self.stopped_ms = -1  # what came until then is of the gateway that was stopped
        self.final = 0  # how many last RAs came of it
        self.has_access = False  # the node has heard of regular access since it came
        self.is_unwanted = False  # nothing of Neighbor Discovery may come
        self.offences: set[str] = set()  # what has come all the same
        self.way: ForwardingRule | None = None  # which way it goes
        self.hint = Hint.NOTHING
        self.service: Service | None = None  # what an answer has to come to
        self.receiver = model.scene.link_layer  # of the user packet at hand
        self.joining: ProxyBindingUpdate | None = None  # request for the other node
        self.runs_from_answer = (
            False  # the timer of the next request, not from the last
        )

    # ---- what has to come --------------------------------------------------------------

    def expect(self, reaction: Reaction, stimulus: Stimulus) -> None:
        """Note what has to come now."""
        machine = self._model.machine
        at_once = machine.now_ms + self._timers.reaction_ms
        rule = reaction.rule
        because = () if rule is None else rule.requirements
        status = stimulus.status if isinstance(stimulus, Answer) else None
        self._due.follow(rule, status)
        for at_ms, message in reaction.requests:
            self.expected.append(
                Expected("PBU", at_once, self._due.behind(rule), message, at_ms)
            )
        if reaction.is_advertised:
            self.expected.append(Expected("RA", self.answered_by(), because))
        if isinstance(stimulus, Solicit) and self._is_owed_access():
            owed = Expected("access", self.answered_by(), REGULAR_ACCESS.requirements)
            self.expected.append(owed)
        self.service = stimulus if isinstance(stimulus, Probe | Lease) else None
        if self.service is not None:
            self.expected.append(Expected("answer", at_once, self.blamed))
        if isinstance(stimulus, Ask):
            self.expected.append(Expected("NA", at_once, self.blamed))
        if reaction.way is not None:
            form = PacketForm.ORDINARY
            if isinstance(stimulus, Uplink | Downlink):
                form = stimulus.form
            self._expect_packet(reaction.way, form, at_once)

    def _expect_packet(
        self, way: ForwardingRule, form: PacketForm, until_ms: int
    ) -> None:
        if form in LOST_AT_TUNNEL and way.way is not Way.DROP:
            is_up = way.way is Way.TUNNEL
            rows = INTO_TUNNEL_AT_GATEWAY if is_up else OUT_OF_TUNNEL_AT_GATEWAY
            way = replace(way, requirements=rows[0].requirements, way=Way.DROP)
            if form is PacketForm.LARGE:
                self.expected.append(Expected("report", until_ms, way.requirements))
        self.way = way
        if way.way is not Way.DROP:
            self.expected.append(
                Expected(
                    "data",
                    until_ms,
                    way.requirements,
                    way=way.way,
                    packet=self._acts.packet,
                    outer=self._acts.outer,
                )
            )

    def _is_owed_access(self) -> bool:
        """Whether the node is to be offered the declared access without the service."""
        return (
            self._model.domain is GatewayDomain.DENIED
            and self._model.machine.is_attached(self._node)
            and bool(self._judge.declared.visited_prefixes)
            and not self.has_access
        )

    def answered_by(self) -> int:
        """Until when a solicitation has to be answered that comes now."""
        earliest = self._model.machine.now_ms
        if self.announced_ms is not None:  # the answer may have to wait for its turn
            earliest = max(earliest, self.announced_ms + MIN_DELAY_BETWEEN_RAS_MS)
        return earliest + MAX_RA_DELAY_MS + self._timers.tolerance_ms

    def elapse(self, now_ms: int) -> None:
        """Let the model's time go on; what its timers bring has to come, too."""
        reaction = self._model.elapse(now_ms)
        if reaction.rule is not None and not reaction.requests:
            self.crossing.ended(now_ms + 1)
        self._later(reaction)
        self._await_first_advertisements()

    def _later(self, reaction: Reaction) -> None:
        rule = reaction.rule
        self._due.follow(rule)
        because = self._due.behind(rule, is_advised=self._model.is_advised)
        for at_ms, message in reaction.requests:
            until = at_ms + self._timers.tolerance_ms
            if self.runs_from_answer:  # which the gateway has taken when it did
                until += self._timers.reaction_ms
            self.expected.append(Expected("PBU", until, because, message, at_ms))

    def _hasten(self) -> bool:
        """A timer of the gateway may have run out a little earlier than the model's."""
        machine = self._model.machine
        idle = not machine.awaited(self._node)
        for timer, early_ms in (
            (renewal.name, None),
            *((exact, self._timers.tolerance_ms) for exact in EXACT),
        ):
            due = machine.deadline(timer, self._node)
            if due is None:
                continue
            is_renewal = timer == renewal.name and idle
            near = early_ms is not None and due - machine.now_ms <= early_ms
            if is_renewal or near:
                self._later(self._model.hasten(timer))
                return True
        return False

    # ---- what comes --------------------------------------------------------------------

    def arrive(self, came: Read) -> None:
        self.evidence.packets += 1
        self._note(self._judge.format(came, self.evidence.packets))
        if self._is_of_companion(came):
            return
        match came.message:
            case ProxyBindingUpdate() as request:
                self._request(came, request)
            case RouterAdvertisement() as message:
                self._advertisement(came, message)
            case NeighborAdvertisement() as told:
                self._neighbor(told)
            case None if self.service is not None and is_service(came):
                self._answer_of_service(self.service, came)
            case None if came.is_user_packet:
                self._user_packet(came)
            case None if came.node is not None:
                self._report(came)
            case _:
                pass  # solicitations and reports of errors are free to come

    def _is_of_companion(self, came: Read) -> bool:
        """It is not about the node of the case, but the other one."""
        other = self._model.scene.companion
        if isinstance(came.message, ProxyBindingUpdate):
            named = option_of(came.message, MobileNodeIdentifier)
            if named is not None and named.identifier == other.node:
                self.joining = came.message
                return True
            return False
        return came.node == other.link_layer and came.message is not None

    def _request(self, came: Read, request: ProxyBindingUpdate) -> None:
        pending = [e for e in self.expected if e.kind == "PBU"]
        if not pending and self._hasten():
            pending = [e for e in self.expected if e.kind == "PBU"]
        if not pending:
            against = self._due.against(request, self.arrived_ms)
            if against is not None:
                self._request_misbehaved(against, f"nothing had to be sent, got {came}")
            elif self._due.is_rejected:
                self._ask_again(request)
            return
        wanted = pending[0]
        if wanted.until_ms < self.arrived_ms and any(
            other.at_ms <= self.arrived_ms for other in pending[1:]
        ):
            self.missing()  # this one is of the later time
        assert wanted.message is not None
        known = Judged(
            message=wanted.message,
            model=self._model,
            tells_handoffs=self.hint is not Hint.NOTHING,
        )
        self._note(self._judge.request(came, request, known, self.evidence.packets))
        self.expected.remove(wanted)
        machine = self._model.machine
        self.runs_from_answer = False
        # What it waits for an answer is measured from the request on, whenever the tester
        # has come to look at that.
        late_ms = self.arrived_ms - wanted.at_ms
        machine.postpone(retransmission.name, self._node, late_ms)
        self._model.request = request
        self._model.sent_ms = min(machine.now_ms, self.arrived_ms)

    def _ask_again(self, request: ProxyBindingUpdate) -> None:
        """Take a request that comes at once after a rejection, where it may.

        Its repetition is the request that the model sends a timeout after the rejection.
        """
        number = self.evidence.packets
        self._note(self._judge.refused_prefixes(request, number))
        machine, (wait_ms, _) = self._model.machine, self._model.scene.backoff_ms
        due = machine.deadline(retransmission.name, self._node)
        if due is not None:
            late_ms = self.arrived_ms + wait_ms - due
            machine.postpone(retransmission.name, self._node, late_ms)

    def _advertisement(self, came: Read, message: RouterAdvertisement) -> None:
        if self.arrived_ms <= self.stopped_ms:
            self.final += is_final(came.packet, message)
            return
        prefixes = self._model.session()
        before = tuple(self.told - set(prefixes)) if prefixes else ()
        self.told |= set(prefixes)
        for option in discovery_options_of(message, Mtu):
            self.tunnel_mtu = option.mtu
        now_ms, last_ms = self._model.machine.now_ms, self.announced_ms
        since_ms = None if last_ms is None else now_ms - last_ms
        announced = self.announced
        if came.packet.destination == ALL_NODES:
            self.announced_ms = now_ms
            self.announced += 1 if prefixes else 0
        self._note(
            self._judge.advertisement(
                came,
                message,
                self._model,
                Heard(before, since_ms, announced),
                self.evidence.packets,
            )
        )
        if gives_access(message, self._judge.declared.visited_prefixes):
            self.has_access = True
            self.expected = [e for e in self.expected if e.kind != "access"]
        pending = [e for e in self.expected if e.kind == "RA"]
        if pending:
            self.expected.remove(pending[0])
        elif self.is_unwanted and not self._is_regular_access(message):
            self.offences.add("a Router Advertisement")

    def _is_regular_access(self, message: RouterAdvertisement) -> bool:
        """Whether it offers nothing but the declared access without the service (6.14)."""
        offered = offered_prefixes(message)
        visited = set(self._judge.declared.visited_prefixes)
        return bool(offered) and offered <= visited and not self._model.session()

    def _neighbor(self, message: NeighborAdvertisement) -> None:
        pending = [e for e in self.expected if e.kind == "NA"]
        told = discovery_options_of(message, TargetLinkLayerAddress)
        own = self._judge.declared.link_layer
        is_asked_for = message.target == self._acts.target
        if pending and is_asked_for and all(each.address == own for each in told):
            self.expected.remove(pending[0])
        elif self.is_unwanted:
            self.offences.add("a Neighbor Advertisement")

    def _answer_of_service(self, stimulus: Service, came: Read) -> None:
        services = self._acts.services
        pending = [e for e in self.expected if e.kind == "answer"]
        if not pending or not services.is_answer(stimulus, came):
            return
        self.expected.remove(pending[0])
        number = self.evidence.packets
        self._note(
            [
                finding(because, text, number, Layer.EXCHANGE)
                for because, text in services.faults(stimulus, came)
            ]
        )

    def _user_packet(self, came: Read) -> None:
        for wanted in self.expected:
            if wanted.kind == "data" and self._is_wanted(came, wanted):
                self.expected.remove(wanted)
                ends, number = (wanted.packet, wanted.outer), self.evidence.packets
                self._note(self._judge.octets(came, *ends, number))
                return
        because = () if self.way is None else self.way.requirements
        self.misbehaved(because, f"got {came}")

    def _report(self, came: Read) -> None:
        """A message to a node about a packet of it; others than the wanted are free."""
        error, pending = error_in(came.sent.packet), None
        if error is not None and error.kind == PACKET_TOO_BIG:
            pending = next((e for e in self.expected if e.kind == "report"), None)
        if error is not None and pending is not None:
            self.expected.remove(pending)
            number = self.evidence.packets
            self._note(self._judge.too_big(error, self._model, number))

    def _is_wanted(self, came: Read, wanted: Expected) -> bool:
        inner = came.tunnelled
        scene = self._model.scene
        if wanted.way is Way.TUNNEL:
            ends = Tunnelled(scene.gateway, scene.anchor)
            return inner == ends and came.carries(wanted.packet)
        return (
            inner is None
            and came.node == (None if wanted.way is Way.NETWORK else self.receiver)
            and came.carries(wanted.packet)
        )

    # ---- what does not -----------------------------------------------------------------

    def missing(self) -> None:
        late = min(self.expected, key=lambda expected: expected.until_ms)
        self.evidence.is_silent = True
        if late.kind == "access" and late.requirements:  # advice: the case can go on
            self.expected.remove(late)
            text, number = "no RA offers regular access", self.evidence.packets
            self._note([finding(late.requirements, text, number, Layer.BEHAVIOUR)])
            return
        seen = f"no {late.kind} came"
        if late.kind == "PBU":
            self._request_misbehaved(late.requirements, seen)
        else:
            self.misbehaved(late.requirements, seen)

    def _await_first_advertisements(self) -> None:
        """See that the second and third RA to all nodes of a link come (RFC 4861, 6.2.4)."""
        if not self._model.session():
            self.announced = 0
        if self.announced_ms is None or not has_to_follow(self.announced):
            return
        due_ms = self.announced_ms + MAX_INITIAL_RTR_ADVERT_INTERVAL_MS
        if self._model.machine.now_ms > due_ms + self._timers.tolerance_ms:
            text = "no RA to all nodes follows one of the first in time"
            because, number = FIRST_ADVERTISEMENTS.requirements, self.evidence.packets
            self._note([finding(because, text, number, Layer.BEHAVIOUR)])
            self.announced = MAX_INITIAL_RTR_ADVERTISEMENTS  # once is enough

    def conclude_stop(self) -> None:
        """See that the link of the node has been told that the gateway was stopped."""
        fault = final_fault(self.final)
        if fault is not None:
            number = self.evidence.packets
            self._note([finding(FINAL_ADVERTISEMENTS, fault, number, Layer.BEHAVIOUR)])

    # ---- conclusions -------------------------------------------------------------------

    def _note(self, findings: list[Finding]) -> None:
        self.evidence.findings += findings
        for found in findings:
            verdict = min(verdict_of([found]), self.worst)
            self.evidence.conclude(verdict, found.text)

    def _request_misbehaved(
        self, requirements: tuple[str, ...] | None, seen: str
    ) -> None:
        """The same of a request; a probe brings one about for reasons of its own."""
        if self.is_probing and requirements:
            self.blamed = ()
        self.misbehaved(requirements, seen)

    def misbehaved(self, requirements: tuple[str, ...] | None, seen: str) -> None:
        """End the case: the gateway is in no state that the model knows.

        Args:
            requirements: What it has not done, or should not have done; None where it
                may.  What this part is about is blamed, too, as far as it makes that no
                worse.
            seen: In words.
        """
        if requirements is not None:
            self._blame(requirements, seen)
        if self.worst is Verdict.INCONC:  # the test has not begun
            self.evidence.conclude(Verdict.INCONC, seen)
        raise UnexpectedBehaviour

    def _blame(self, requirements: tuple[str, ...], seen: str) -> None:
        most = STRENGTH[level_of(requirements)]
        about = (id_ for id_ in self.blamed if STRENGTH[level_of([id_])] <= most)
        named = tuple(dict.fromkeys((*about, *requirements)))
        if level_of(named) in (Level.MUST, Level.SHOULD):
            self._note([finding(named, seen, self.evidence.packets, Layer.BEHAVIOUR)])

    def stop(self, reason: str) -> NoReturn:
        self.evidence.conclude(Verdict.INCONC, reason)
        raise UnexpectedBehaviour
