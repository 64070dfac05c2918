"""One test case of a gateway: a generator that acts, listens, and judges what comes.

It yields what it wants of the link, an act of the tester or a time until which it
listens, and is given what the gateway sent, or the time now where nothing came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Network

from pmip6.conformance.lma.case import Evidence, UnexpectedBehaviour
from pmip6.conformance.mag.acts import GatewayActs, GatewayLink
from pmip6.conformance.mag.crossing import Crossing, keep_off
from pmip6.conformance.mag.judge import GatewayJudge, Heard, Judged
from pmip6.conformance.mag.packets import Read, Tunnelled
from pmip6.conformance.mag.script import Act, GatewayTimers, Listen, Script
from pmip6.conformance.mag.service_acts import Service, is_service
from pmip6.conformance.verdict import Finding, Layer, Verdict, finding, verdict_of
from pmip6.conformance.wire.esp_end import EspEnd
from pmip6.model.discovery.messages import (
    ALL_NODES,
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
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
    final_fault,
    has_to_follow,
    is_final,
    offered_prefixes,
)
from pmip6.model.mag.forwarding import ForwardingRule, Way
from pmip6.model.state import registration_lifetime, renewal, retransmission
from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.model.wire.messages import ProxyBindingUpdate, option_of
from pmip6.model.wire.numbers import IPPROTO_ICMPV6
from pmip6.model.wire.options import MobileNodeIdentifier
from pmip6.model.wire.tunnel_packets import HEADER_SIZE
from pmip6.vectors.lma.stimuli import Phase
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel, Reaction
from pmip6.vectors.mag.purposes import GatewayPurpose
from pmip6.vectors.mag.stimuli import (
    Answer,
    Ask,
    Attach,
    Await,
    Company,
    CompanyAct,
    Detach,
    Downlink,
    Hint,
    HostPacket,
    Idle,
    Lease,
    Probe,
    Restart,
    Solicit,
    Stimulus,
    Straggle,
    Synchronise,
    TooBig,
    Uplink,
)

NARROWER = 8
"""Octets by which a path takes less, where it has been told to take less before."""
MAX_RA_DELAY_MS = 500
"""How late the answer to a solicitation may be (RFC 4861, section 10)."""
TIMES_DISCARDED = 2
ADVICE = ("6275-11.7.3-14",)
"""Behind a renewal that comes no sooner than the anchor advises."""
EXACT = (retransmission.name, registration_lifetime.name)
"""Timers of which the model knows when they run out; a renewal may come before."""


@dataclass
class Expected:
    """Something that has to come until a time, and why.

    Attributes:
        at_ms: Of a request: when the model sends it.
    """

    kind: str
    until_ms: int
    requirements: tuple[str, ...]
    message: Message | None = None
    at_ms: int = 0
    way: Way | None = None
    packet: bytes = b""


class GatewayCase:
    """Runs one purpose against a gateway.

    Args:
        purpose: What to do.
        scene: Who and where.
        judge: Knows what is declared of the gateway.
        timers: How long to wait.
        first_number: Of its user packets, which they carry.
        esp: The end of the ESP at the tester; None where there is none.
        domain: That of the gateway; the one of the purpose where None.
        attaches_by_soliciting: The gateway knows a node by its Router Solicitation.
        forwards: It passes user packets on; else the steps that send some are left out.
    """

    def __init__(
        self,
        purpose: GatewayPurpose,
        scene: Scene,
        judge: GatewayJudge,
        timers: GatewayTimers,
        *,
        first_number: int = 0,
        esp: EspEnd | None = None,
        domain: GatewayDomain | None = None,
        attaches_by_soliciting: bool = False,
        forwards: bool = True,
    ) -> None:
        self.purpose = purpose
        self.evidence = Evidence()
        self._judge = judge
        self._timers = timers
        self._model = GatewayModel(scene, domain or purpose.domain)
        self._solicits = attaches_by_soliciting
        self._forwards = forwards
        self._node = scene.node
        self._expected: list[Expected] = []
        self._worst = Verdict.ERROR
        self._blamed: tuple[str, ...] = ()
        self._start_ms = 0
        self._acts = GatewayActs(
            self._model, judge.declared.fixed_link_local, first_number, esp
        )
        self._arrived_ms = 0  # when the packet at hand came
        self._crossing = Crossing(timers.tolerance_ms, timers.reaction_ms)
        self._told: set[IPv6Network] = set()
        self._tunnel_mtu: int | None = None  # as the last RA has it
        self._announced_ms: int | None = None  # the last RA to all nodes of the link
        self._announced = 0  # how many there were since the session began
        self._stopped_ms = -1  # what came until then is of the gateway that was stopped
        self._final = 0  # how many last RAs came of it
        self._is_unwanted = False  # nothing of Neighbor Discovery may come
        self._offences: set[str] = set()  # what has come all the same
        self._way: ForwardingRule | None = None  # which way it goes
        self._hint = Hint.NOTHING
        self._service: Service | None = None  # what an answer has to come to
        self._receiver = scene.link_layer  # of the user packet at hand
        self._joining: ProxyBindingUpdate | None = None  # request for the other node
        self._runs_from_answer = (
            False  # the timer of the next request, not from the last
        )

    @property
    def scene(self) -> Scene:
        """Who and where."""
        return self._model.scene

    @property
    def attached(self) -> tuple[Scene, ...]:
        """The scenes of the nodes that are on the access link."""
        here = self._model.machine.is_attached
        company = (self.scene.companion,) if self._model.domain.has_company else ()
        return tuple(each for each in (self.scene, *company) if here(each.node))

    @property
    def unanswered(self) -> ProxyBindingUpdate | None:
        """The request that the gateway awaits an answer to; None where it awaits none."""
        return self._model.request if self._model.machine.awaited(self._node) else None

    def has_to_come(self, came: Read) -> bool:
        """Whether a packet has to come now, or else may."""
        match came.message:
            case RouterAdvertisement():
                return any(e.kind == "RA" for e in self._expected)
            case NeighborAdvertisement():
                return any(e.kind == "NA" for e in self._expected)
            case NeighborSolicitation() | RouterSolicitation():
                return False
            case None if came.packet.next_header == IPPROTO_ICMPV6:
                return self._service is not None
            case _:
                return True

    def run(self, now_ms: int) -> Script:
        """The whole case: preamble, test, probes."""
        self._start_ms = now_ms
        try:
            self._worst = Verdict.INCONC
            for stimulus in self.purpose.preamble:
                yield from self._do(stimulus)
            self._worst = Verdict.ERROR
            self._blamed = self.purpose.requirements
            for stimulus in (self.purpose.test, *self.purpose.probes):
                yield from self._do(stimulus)
        except UnexpectedBehaviour:
            return

    def owns(self, came: Read) -> bool:
        """All that is its own tells so."""
        return False

    # ---- stimuli -----------------------------------------------------------------------

    def _do(self, stimulus: Stimulus) -> Script:
        if isinstance(stimulus, Uplink | Downlink) and not self._forwards:
            return
        if isinstance(stimulus, TooBig):
            stimulus = self._narrower(stimulus)
        self.evidence.steps.append(str(stimulus))
        machine = self._model.machine
        if isinstance(stimulus, Await | Idle):
            yield from self._wait(stimulus)
            return
        if isinstance(stimulus, Answer) and self._timers.answer_delay_ms:
            yield from self._listen(machine.now_ms + self._timers.answer_delay_ms)
        yield from self._keep_off(stimulus)
        before = machine.awaited(self._node)
        if isinstance(stimulus, Solicit | Ask) and not self._model.is_taken(stimulus):
            yield from self._discarded(stimulus)
            return
        if isinstance(stimulus, Attach):
            self._hint = stimulus.hint
        has_heard = bool(self._told)
        if isinstance(stimulus, Detach | Restart):
            self._told.clear()
            self._announced_ms, self._announced = None, 0
        if isinstance(stimulus, Restart):
            self._judge.restart()
        solicits = isinstance(stimulus, Attach) and self._solicits
        act = self._acts.of(Solicit() if solicits else stimulus)
        if act is None:
            self._stop(f"cannot be brought about: {stimulus}")
            return
        yield from self._act(act, str(stimulus))
        if isinstance(stimulus, Restart):
            self._stopped_ms, self._final = machine.now_ms, 0
        self.evidence.packets += self._sends(stimulus)
        if stimulus == Company(CompanyAct.JOINS):
            yield from self._welcome()
        due = machine.deadline(retransmission.name, self._node)
        reaction = self._model.apply(stimulus)
        if reaction is None:
            self._stop(f"cannot be brought about: {stimulus}")
            return
        if isinstance(stimulus, Answer):
            later = machine.deadline(retransmission.name, self._node)
            self._runs_from_answer = later is not None and later != due
        if isinstance(stimulus, Answer) and machine.awaited(self._node) != before:
            self._judge.is_answered = True
        if isinstance(stimulus, Uplink | Downlink | Company | HostPacket):
            self._receiver = self._model.traffic.receiver(stimulus)
        self._expect(reaction, stimulus)
        if solicits:
            solicited = self._model.apply(Solicit())
            if solicited is not None:
                self._expect(solicited, Solicit())
        self._is_unwanted, self._offences = isinstance(stimulus, Straggle), set()
        begin_ms = machine.now_ms
        yield from self._listen(begin_ms + self._timers.silence_ms)
        until_ms = begin_ms + self._timers.reaction_ms
        until_ms = max([until_ms, *(e.until_ms for e in self._expected)])
        may_end = not self._is_unwanted
        yield from self._listen(until_ms, lambda: may_end and not self._expected)
        self._is_unwanted = False
        if isinstance(stimulus, Restart) and has_heard:
            self._conclude_stop()
        for seen in sorted(self._offences):
            self._misbehaved((), f"{seen} came")

    def _narrower(self, stimulus: TooBig) -> TooBig:
        """What takes less than before, also where another case has told it already.

        The path is one for all nodes; how much of it the gateway knows is in its RAs.
        """
        if self._tunnel_mtu is None or self._tunnel_mtu + HEADER_SIZE > stimulus.mtu:
            return stimulus
        mtu = self._tunnel_mtu + HEADER_SIZE - NARROWER
        if mtu < LEAST_MTU:
            self._stop(
                f"the path takes {self._tunnel_mtu + HEADER_SIZE}, hardly more than any has to"
            )
        return replace(stimulus, mtu=mtu)

    def _conclude_stop(self) -> None:
        """See that the link of the node has been told that the gateway was stopped."""
        fault = final_fault(self._final)
        if fault is not None:
            number = self.evidence.packets
            self._note([finding(FINAL_ADVERTISEMENTS, fault, number, Layer.BEHAVIOUR)])

    def _act(self, do: Callable[[GatewayLink], None], comment: str) -> Script:
        """Do something; the time until it is done has passed for the gateway, too."""
        done = yield Act(do, comment)
        if isinstance(done, int):
            self._elapse(max(self._model.machine.now_ms, done - self._start_ms))

    def _keep_off(self, stimulus: Stimulus) -> Script:
        """Wait where a timer of the gateway has run out or not (`crossing.py`)."""
        machine = self._model.machine

        def until() -> int | None:
            return self._crossing.until(machine.now_ms, self._deadlines(stimulus))

        yield from keep_off(until, self._settle, self._listen)

    def _deadlines(self, stimulus: Stimulus) -> Iterator[tuple[int | None, bool]]:
        """When timers run out, and whether the step stops them."""
        for timer in EXACT:
            stops = isinstance(stimulus, Answer) and timer == retransmission.name
            yield self._model.machine.deadline(timer, self._node), stops

    def _settle(self) -> Script:
        """Wait for the requests that have to come."""
        pending = [e.until_ms for e in self._expected if e.kind == "PBU"]
        if pending:
            yield from self._listen(max(pending), self._has_asked)

    def _has_asked(self) -> bool:
        """Every request that had to come has come."""
        return not any(each.kind == "PBU" for each in self._expected)

    def _answered_by(self) -> int:
        """Until when a solicitation has to be answered that comes now."""
        earliest = self._model.machine.now_ms
        if self._announced_ms is not None:  # the answer may have to wait for its turn
            earliest = max(earliest, self._announced_ms + MIN_DELAY_BETWEEN_RAS_MS)
        return earliest + MAX_RA_DELAY_MS + self._timers.tolerance_ms

    def _welcome(self) -> Script:
        """Accept the registration of the other node, which has to come now."""
        other, self._joining = self._model.scene.companion, None
        until = self._model.machine.now_ms + self._timers.reaction_ms

        def has_come() -> bool:
            return self._joining is not None

        yield from self._listen(until, has_come)
        if self._joining is None:
            self._stop(f"no request for {other.node.decode()} came")
            return
        welcome = self._acts.welcome(self._joining)
        yield from self._act(welcome, "answer 0 to the other node")
        self.evidence.packets += 1

    def _sends(self, stimulus: Stimulus) -> bool:
        """Whether the tester sends a packet; a trigger is none."""
        match stimulus:
            case Attach():
                return self._solicits
            case Detach() | Synchronise() | Restart() | Company(act=CompanyAct.JOINS):
                return False
            case _:
                return True

    def _discarded(self, stimulus: Solicit | Ask) -> Script:
        """Send twice what has to be discarded: advertisements come unasked as well."""
        act = self._acts.of(stimulus)
        assert act is not None
        offences: list[set[str]] = []
        for _ in range(TIMES_DISCARDED):
            yield from self._keep_off(stimulus)
            yield from self._act(act, str(stimulus))
            self.evidence.packets += 1
            self._is_unwanted = True
            self._offences = set()
            yield from self._listen(self._answered_by())
            self._is_unwanted = False
            offences.append(self._offences)
            between = MIN_DELAY_BETWEEN_RAS_MS + self._timers.tolerance_ms
            yield from self._listen(self._model.machine.now_ms + between)
        every = [
            seen for seen in sorted(offences[0]) if all(seen in o for o in offences)
        ]
        for seen in every:
            self._misbehaved((), f"{seen} came, each time")

    def _expect(self, reaction: Reaction, stimulus: Stimulus) -> None:
        """Note what has to come now."""
        machine = self._model.machine
        at_once = machine.now_ms + self._timers.reaction_ms
        rule = reaction.rule
        because = () if rule is None else rule.requirements
        for at_ms, message in reaction.requests:
            self._expected.append(Expected("PBU", at_once, because, message, at_ms))
        if reaction.is_advertised:
            self._expected.append(Expected("RA", self._answered_by(), because))
        self._service = stimulus if isinstance(stimulus, Probe | Lease) else None
        if self._service is not None:
            self._expected.append(Expected("answer", at_once, self._blamed))
        if isinstance(stimulus, Ask):
            self._expected.append(Expected("NA", at_once, self._blamed))
        if reaction.way is not None:
            self._expect_packet(reaction.way, at_once)

    def _expect_packet(self, way: ForwardingRule, until_ms: int) -> None:
        self._way = way
        if way.way is not Way.DROP:
            self._expected.append(
                Expected(
                    "data",
                    until_ms,
                    way.requirements,
                    way=way.way,
                    packet=self._acts.packet,
                )
            )

    # ---- time --------------------------------------------------------------------------

    def _wait(self, stimulus: Await | Idle) -> Script:
        machine = self._model.machine
        if isinstance(stimulus, Idle):
            yield from self._listen(machine.now_ms + stimulus.seconds * 1000)
            return
        until = self._model.until(stimulus, self._timers.tolerance_ms + 1)
        due = machine.deadline(stimulus.timer, self._node)
        if until is None:
            self._stop(f"{stimulus.timer} does not run")
            return

        def is_over() -> bool:
            return (
                stimulus.phase is Phase.PAST
                and machine.deadline(stimulus.timer, self._node) != due
                and not self._expected
            )

        yield from self._listen(until, is_over)

    def _listen(
        self, until_ms: int, is_over: Callable[[], bool] = lambda: False
    ) -> Script:
        """Take what comes until a time of the model, or until it is over."""
        machine = self._model.machine
        while not is_over():
            due = machine.next_deadline()
            limit = until_ms if due is None else min(due, until_ms)
            came = yield Listen(self._start_ms + limit)
            if isinstance(came, tuple):
                time_ms, packet = came
                self._arrived_ms = time_ms - self._start_ms
                self._elapse(min(limit, max(machine.now_ms, self._arrived_ms)))
                self._arrive(packet)
                continue
            # A tester that is late acts late, and its model with it.
            now_ms = limit if came is None else came - self._start_ms
            self._elapse(max(limit, now_ms))
            if machine.now_ms >= until_ms:
                break
        if any(e.until_ms <= machine.now_ms for e in self._expected):
            self._missing()

    def _elapse(self, now_ms: int) -> None:
        """Let the model's time go on; what its timers bring has to come, too."""
        reaction = self._model.elapse(now_ms)
        if reaction.rule is not None and not reaction.requests:
            self._crossing.ended(now_ms + 1)
        self._later(reaction)
        self._await_first_advertisements()

    def _await_first_advertisements(self) -> None:
        """See that the second and third RA to all nodes of a link come (RFC 4861, 6.2.4)."""
        if not self._model.session():
            self._announced = 0
        if self._announced_ms is None or not has_to_follow(self._announced):
            return
        due_ms = self._announced_ms + MAX_INITIAL_RTR_ADVERT_INTERVAL_MS
        if self._model.machine.now_ms > due_ms + self._timers.tolerance_ms:
            text = "no RA to all nodes follows one of the first in time"
            because, number = FIRST_ADVERTISEMENTS.requirements, self.evidence.packets
            self._note([finding(because, text, number, Layer.BEHAVIOUR)])
            self._announced = MAX_INITIAL_RTR_ADVERTISEMENTS  # once is enough

    def _later(self, reaction: Reaction) -> None:
        rule = reaction.rule
        because = () if rule is None else rule.requirements
        if rule is not None and rule.name == "renew" and self._model.is_advised:
            because = ADVICE
        for at_ms, message in reaction.requests:
            until = at_ms + self._timers.tolerance_ms
            if self._runs_from_answer:  # which the gateway has taken when it did
                until += self._timers.reaction_ms
            self._expected.append(Expected("PBU", until, because, message, at_ms))

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

    def _arrive(self, came: Read) -> None:
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
            case None if self._service is not None and is_service(came):
                self._answer_of_service(self._service, came)
            case None if came.is_user_packet:
                self._user_packet(came)
            case _:
                pass  # solicitations and reports of errors are free to come

    def _is_of_companion(self, came: Read) -> bool:
        """It is not about the node of the case, but the other one."""
        other = self._model.scene.companion
        if isinstance(came.message, ProxyBindingUpdate):
            named = option_of(came.message, MobileNodeIdentifier)
            if named is not None and named.identifier == other.node:
                self._joining = came.message
                return True
            return False
        return came.node == other.link_layer and came.message is not None

    def _request(self, came: Read, request: ProxyBindingUpdate) -> None:
        pending = [e for e in self._expected if e.kind == "PBU"]
        if not pending and self._hasten():
            pending = [e for e in self._expected if e.kind == "PBU"]
        if not pending:
            self._misbehaved((), f"nothing had to be sent, got {came}")
            return
        wanted = pending[0]
        assert wanted.message is not None
        known = Judged(
            message=wanted.message,
            model=self._model,
            tells_handoffs=self._hint is not Hint.NOTHING,
        )
        self._note(self._judge.request(came, request, known, self.evidence.packets))
        self._expected.remove(wanted)
        machine = self._model.machine
        self._runs_from_answer = False
        # What it waits for an answer is measured from the request on, whenever the tester
        # has come to look at that.
        late_ms = self._arrived_ms - wanted.at_ms
        machine.postpone(retransmission.name, self._node, late_ms)
        self._model.request = request
        self._model.sent_ms = min(machine.now_ms, self._arrived_ms)

    def _advertisement(self, came: Read, message: RouterAdvertisement) -> None:
        if self._arrived_ms <= self._stopped_ms:
            self._final += is_final(came.packet, message)
            return
        prefixes = self._model.session()
        before = tuple(self._told - set(prefixes)) if prefixes else ()
        self._told |= set(prefixes)
        for option in discovery_options_of(message, Mtu):
            self._tunnel_mtu = option.mtu
        now_ms, last_ms = self._model.machine.now_ms, self._announced_ms
        since_ms = None if last_ms is None else now_ms - last_ms
        announced = self._announced
        if came.packet.destination == ALL_NODES:
            self._announced_ms = now_ms
            self._announced += 1 if prefixes else 0
        self._note(
            self._judge.advertisement(
                came,
                message,
                self._model,
                Heard(before, since_ms, announced),
                self.evidence.packets,
            )
        )
        pending = [e for e in self._expected if e.kind == "RA"]
        if pending:
            self._expected.remove(pending[0])
        elif self._is_unwanted and not self._is_regular_access(message):
            self._offences.add("a Router Advertisement")

    def _is_regular_access(self, message: RouterAdvertisement) -> bool:
        """Whether it offers nothing but the declared access without the service (6.14)."""
        offered = offered_prefixes(message)
        visited = set(self._judge.declared.visited_prefixes)
        return bool(offered) and offered <= visited and not self._model.session()

    def _neighbor(self, message: NeighborAdvertisement) -> None:
        pending = [e for e in self._expected if e.kind == "NA"]
        told = discovery_options_of(message, TargetLinkLayerAddress)
        own = self._judge.declared.link_layer
        if pending and all(option.address == own for option in told):
            self._expected.remove(pending[0])
        elif self._is_unwanted:
            self._offences.add("a Neighbor Advertisement")

    def _answer_of_service(self, stimulus: Service, came: Read) -> None:
        services = self._acts.services
        pending = [e for e in self._expected if e.kind == "answer"]
        if not pending or not services.is_answer(stimulus, came):
            return
        self._expected.remove(pending[0])
        number = self.evidence.packets
        self._note(
            [
                finding(because, text, number, Layer.EXCHANGE)
                for because, text in services.faults(stimulus, came)
            ]
        )

    def _user_packet(self, came: Read) -> None:
        for wanted in self._expected:
            if wanted.kind == "data" and self._is_wanted(came, wanted):
                self._expected.remove(wanted)
                return
        because = () if self._way is None else self._way.requirements
        self._misbehaved(because, f"got {came}")

    def _is_wanted(self, came: Read, wanted: Expected) -> bool:
        inner = came.tunnelled
        scene = self._model.scene
        if wanted.way is Way.TUNNEL:
            ends = Tunnelled(scene.gateway, scene.anchor)
            return inner == ends and came.carries(wanted.packet)
        return (
            inner is None
            and came.node == (None if wanted.way is Way.NETWORK else self._receiver)
            and came.carries(wanted.packet)
        )

    # ---- conclusions -------------------------------------------------------------------

    def _note(self, findings: list[Finding]) -> None:
        self.evidence.findings += findings
        for found in findings:
            verdict = min(verdict_of([found]), self._worst)
            self.evidence.conclude(verdict, found.text)

    def _missing(self) -> None:
        late = self._expected[0]
        self.evidence.is_silent = True
        self._misbehaved(late.requirements, f"no {late.kind} came")

    def _misbehaved(self, requirements: tuple[str, ...], seen: str) -> None:
        named = tuple(dict.fromkeys((*self._blamed, *requirements)))
        self._note([finding(named, seen, self.evidence.packets, Layer.BEHAVIOUR)])
        raise UnexpectedBehaviour

    def _stop(self, reason: str) -> None:
        self.evidence.conclude(Verdict.INCONC, reason)
        raise UnexpectedBehaviour
