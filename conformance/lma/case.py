"""One test case: a generator that sends, waits, and judges what comes back.

It yields what it wants of the link, a packet to send or a time until which it listens,
and is given the time of sending, or what arrived (None where nothing did).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address
from typing import TypeAlias

from pmip6.conformance.journal import Journal
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.judge import Known, judge_exchange, judge_format
from pmip6.conformance.lma.oracle import Observed, Oracle, Outcome
from pmip6.conformance.lma.reception_judge import (
    judge_acknowledgements,
    judge_reception,
)
from pmip6.conformance.lma.requests import Prepared, RequestMaker
from pmip6.conformance.lma.user_packets import PacketMaker, judge_packet
from pmip6.conformance.verdict import Finding, Layer, Verdict, finding, verdict_of
from pmip6.conformance.wire.arrivals import Arrival
from pmip6.model.language.interpreter import Value
from pmip6.model.lma.acceptance import broken_by_rejecting
from pmip6.model.lma.acknowledgement import held_link_local_address
from pmip6.model.lma.answer import HeldAddress
from pmip6.model.state import BindingState, max_delay_before_new_bce_assign
from pmip6.model.wire.abstraction import (
    home_network_prefixes,
    network,
    networks_of,
    prefix_value,
)
from pmip6.model.wire.esp import EspCheck
from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.model.wire.messages import option_of, options_of
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator, is_rejection
from pmip6.model.wire.options import HomeNetworkPrefix, LinkLocalAddress, Timestamp
from pmip6.model.wire.reception import Reaction
from pmip6.model.wire.tunnel_packets import fragment
from pmip6.vectors.lma.purposes import Purpose
from pmip6.vectors.lma.stimuli import (
    BY_SESSION,
    ESP_FAULTS,
    FLOODS,
    Form,
    Gateway,
    Node,
    PacketForm,
    Phase,
    Request,
    Stimulus,
    UserPacket,
    Volley,
    Wait,
)

MARGIN_MS = 20
"""How long before or after an uncertain time the tester acts."""


SERVED = (Node.SERVED, Node.OTHER)
"""The mobile nodes that may have sessions."""
PIECES = 2
"""A user packet that is cut up is a little larger than its first fragment may be."""


@dataclass(frozen=True)
class Send:
    """Send this packet now; the answer is the time, and the time of day.

    Args:
        sequence: The sequence number of the request in it, None for a user packet.
        mark: The number of the user packet in it, None for a request.
        esp_fault: What is wrong with its ESP on purpose, where ESP is declared.
        largest: Octets that a fragment of it has at most; None where it goes whole.
    """

    packet: bytes
    sequence: int | None
    comment: str
    mark: int | None = None
    esp_fault: EspCheck | None = None
    largest: int | None = None


@dataclass(frozen=True)
class Listen:
    """Give the next packet for this case, or None at this time."""

    until_ms: int


Wish: TypeAlias = Send | Listen
Granted: TypeAlias = Arrival | int | None
Script: TypeAlias = Generator[Wish, Granted, None]


@dataclass
class Evidence:
    """What a case has seen and concluded so far.

    Attributes:
        findings: In the order of the packets.
        reason: Why the verdict is not PASS, in one line.
        is_silent: A required acknowledgement did not come.
        steps: What was done and seen, in words.
    """

    verdict: Verdict = Verdict.PASS
    findings: list[Finding] = field(default_factory=list[Finding])
    reason: str = ""
    is_silent: bool = False
    steps: list[str] = field(default_factory=list[str])
    packets: int = 0

    def conclude(self, verdict: Verdict, reason: str) -> None:
        """Take a verdict into account; the worst one and its reason stay."""
        if verdict > self.verdict:
            self.verdict, self.reason = verdict, reason


class UnexpectedBehaviour(Exception):
    """The anchor did what no state of the model allows: the case ends."""


class Case:
    """Runs one purpose against an anchor.

    Args:
        purpose: What to do.
        declaration: The implementation under test.
        oracle: Fresh, for this case alone.
        requests: Makes the packets of its requests.
        packets: Makes the user packets.
    """

    def __init__(
        self,
        purpose: Purpose,
        declaration: Declaration,
        oracle: Oracle,
        requests: RequestMaker,
        packets: PacketMaker,
    ) -> None:
        self.purpose = purpose
        self.journal: Journal | None = None
        self.evidence = Evidence()
        self.identifiers = requests.identifiers
        self._declared = declaration
        self._oracle = oracle
        self._requests = requests
        self._packets = packets
        self._link_local: dict[Node, HeldAddress | None] = {}
        self._worst = Verdict.ERROR
        self._blamed: tuple[str, ...] = ()  # what a wrong answer to a probe shows
        self._now_ms = 0
        self._unanswered: dict[int, Prepared] = {}  # by sequence number
        self._came_late: list[Arrival] = []
        self._delay_ms = 0  # the longest that an answer has taken so far

    @property
    def node_names(self) -> frozenset[bytes]:
        """The mobile nodes that no other case uses."""
        return frozenset(
            self.identifiers[node] for node in SERVED if node in self.identifiers
        )

    def run(self, now_ms: int) -> Script:
        """The whole case: preamble, test, probes; then the postamble."""
        self._now_ms = now_ms
        try:
            self._worst = Verdict.INCONC
            for stimulus in self.purpose.preamble:
                yield from self._do(stimulus)
            self._worst = Verdict.ERROR
            if self.purpose.follows_a_restart:
                self._blamed = self.purpose.requirements
            yield from self._do(self.purpose.test)
            self._blamed = self.purpose.requirements
            for stimulus in self.purpose.probes:
                yield from self._do(stimulus)
            self._worst = Verdict.INCONC
            yield from self._clean_up()
        except UnexpectedBehaviour:
            yield from self._leave()

    def _clean_up(self) -> Script:
        """De-register what is still registered."""
        self._oracle.advance(self._now_ms)
        if self._oracle.running(max_delay_before_new_bce_assign.name):
            yield from self._do(Wait(max_delay_before_new_bce_assign.name, Phase.PAST))
        for node in SERVED:
            for request in self._ends(node):
                yield from self._do(request)

    def _leave(self) -> Script:
        """De-register whatever the case may have registered; what comes back is not judged.

        What the anchor has is not known any more.  With its sessions left behind, the same
        case with the same nodes would begin where this one has ended.
        """
        self.evidence.steps.append("de-registrations of all nodes, not judged")
        until = self._now_ms
        for request in ends_of(self.purpose):
            prepared = self._requests.prepare(request, self._oracle)
            if prepared is not None:
                comment = f"not judged: {request}"
                sent_ms = yield Send(prepared.packet, prepared.sequence, comment)
                assert isinstance(sent_ms, int)
                until = sent_ms + self._declared.timers.reaction_ms
        while (yield Listen(until)) is not None:
            pass

    def _ends(self, node: Node) -> list[Request]:
        """De-registrations of the sessions of a node, by prefix where it has several."""
        serving = self._oracle.registered_sessions(node)
        end = Request(node=node, deregistration=True)
        if not self._declared.features.several_interfaces:
            return [replace(end, gateway=g) for _, g in serving]
        moved = HandoffIndicator.BETWEEN_INTERFACES
        return [
            replace(end, gateway=g, prefix=prefix, indicator=moved)
            for (_, g), prefix in zip(serving, BY_SESSION, strict=False)
        ]

    def _do(self, stimulus: Stimulus) -> Script:
        self.evidence.steps.append(str(stimulus))
        match stimulus:
            case Wait():
                yield from self._wait(stimulus)
            case UserPacket():
                yield from self._pass(stimulus)
            case Request():
                yield from self._exchange(stimulus)
            case Volley():
                yield from self._volley(stimulus)
        self._packets.remember(self._oracle)

    # ---- time ------------------------------------------------------------------------

    def _wait(self, wait: Wait) -> Script:
        running = self._oracle.running(wait.timer)
        if not running:
            self._stop(f"{wait.timer} does not run", is_failure=False)
        uncertain = self._declared.timers.tolerance_ms + MARGIN_MS
        match wait.phase:
            case Phase.BEGUN:
                until = max(r.latest_start_ms + r.duration_ms // 2 for r in running)
            case Phase.NEARLY:
                until = min(r.start_ms + r.duration_ms - uncertain for r in running)
            case Phase.PAST:
                until = max(
                    r.latest_start_ms + r.duration_ms + uncertain for r in running
                )
        while (arrival := (yield Listen(until))) is not None:
            assert isinstance(arrival, Arrival)
            self._now_ms = max(self._now_ms, arrival.time_ms)
            if arrival.sequence in self._unanswered:
                self._judge_late(arrival)
            elif not arrival.is_report:
                self._unasked(arrival)
        self._now_ms = max(self._now_ms, until)
        if wait.phase is Phase.PAST:
            yield from self._await_late(self._declared.timers.silence_ms)

    def _await_late(self, within_ms: int) -> Script:
        """Wait for the answer to an earlier request where it has to come now."""
        came, self._came_late = self._came_late, []
        for late in came:
            self._judge_late(late)
        self._oracle.advance(self._now_ms)
        until = self._now_ms + within_ms
        while self._oracle.expects_late:
            arrival = yield Listen(until)
            if arrival is None:
                self._now_ms = until
                self.evidence.is_silent = True
                self._misbehaved([], "no answer came to a request that had to wait")
            assert isinstance(arrival, Arrival)
            self._now_ms = max(self._now_ms, arrival.time_ms)
            if arrival.sequence in self._unanswered:
                self._judge_late(arrival)
            else:
                self._unasked(arrival)

    # ---- exchanges -------------------------------------------------------------------

    def _exchange(self, request: Request) -> Script:
        prepared = self._requests.prepare(request, self._oracle)
        if prepared is None:
            self._stop(f"cannot be sent: {request}", is_failure=False)
            return
        self.evidence.packets += 1
        sent_ms = yield Send(
            prepared.packet,
            prepared.sequence,
            str(request),
            esp_fault=ESP_FAULTS.get(request.form),
        )
        assert isinstance(sent_ms, int)
        self._now_ms = sent_ms
        self._oracle.advance(sent_ms)
        if prepared.reception.reaction is not Reaction.PROCESS or (
            request.form is Form.DIRECT
        ):
            yield from self._not_taken(prepared, sent_ms)
            return
        outcomes = self._oracle.outcomes(prepared.messages)
        may_answer = any(outcome.status is not None for outcome in outcomes)
        timers = self._declared.timers
        until = sent_ms + (timers.reaction_ms if may_answer else timers.silence_ms)
        arrival = yield from self._answer(prepared, until)
        if arrival is None:
            self._silence(prepared, sent_ms)
        else:
            self._delay_ms = max(self._delay_ms, arrival.time_ms - sent_ms)
            self._judge(prepared, arrival, sent_ms)
        yield from self._await_late(timers.reaction_ms)

    def _answer(
        self, prepared: Prepared, until_ms: int
    ) -> Generator[Wish, Granted, Arrival | None]:
        """The answer to a request; what answers another one is noted."""
        while True:
            arrival = yield Listen(until_ms)
            if arrival is None:
                self._now_ms = until_ms
                return None
            assert isinstance(arrival, Arrival)
            self._now_ms = max(self._now_ms, arrival.time_ms)
            if arrival.sequence in self._unanswered:
                self._came_late.append(arrival)
                continue
            if arrival.is_report:
                continue
            if arrival.sequence in self._requests.answered and not (
                tells_accepted_number(prepared, arrival)
            ):
                self._unasked(arrival)
                continue
            self._requests.answered.add(prepared.sequence)
            return arrival

    def _not_taken(self, prepared: Prepared, sent_ms: int) -> Script:
        """A request that the rules of reception keep from the rules of the anchor."""
        arrivals: list[Arrival] = []
        until = sent_ms + self._declared.timers.silence_ms
        while (arrival := (yield Listen(until))) is not None:
            assert isinstance(arrival, Arrival)
            self.evidence.packets += 1
            self._note(judge_format(arrival, self.evidence.packets))
            arrivals.append(arrival)
        self._now_ms = until
        self._note(judge_reception(prepared, arrivals, self.evidence.packets))

    # ---- volleys ---------------------------------------------------------------------

    def _volley(self, stimulus: Volley) -> Script:
        """Messages with something wrong; the session of the served node lasts."""
        shots: dict[int, Prepared] = {}
        is_flood = stimulus.malformed in FLOODS
        name = ""
        for name, prepared in self._requests.shots(stimulus.malformed, self._oracle):
            shots[prepared.sequence] = prepared
            size = len(prepared.packet)
            largest = None if size <= LEAST_MTU else LEAST_MTU
            yield Send(prepared.packet, prepared.sequence, name, largest=largest)
            whole = largest is None
            pieces = 1 if whole else len(fragment(prepared.packet, LEAST_MTU, 0))
            self.evidence.packets += pieces
            if not is_flood:
                yield from self._renewal(shots, name)
        if is_flood:
            yield from self._replies(shots)
            yield from self._renewal(shots, name)
        yield from self._replies(shots)

    def _renewal(self, shots: dict[int, Prepared], name: str) -> Script:
        """The session is renewed, as if the message before had never come."""
        prepared = self._requests.prepare(Request(), self._oracle)
        assert prepared is not None
        self.evidence.packets += 1
        sent_ms = yield Send(
            prepared.packet, prepared.sequence, f"renewal after {name}"
        )
        assert isinstance(sent_ms, int)
        until = sent_ms + self._declared.timers.reaction_ms
        while (arrival := (yield Listen(until))) is not None:
            assert isinstance(arrival, Arrival)
            self._now_ms = max(self._now_ms, arrival.time_ms)
            pba = arrival.acknowledgement
            if pba is not None and pba.sequence not in shots:
                self._requests.answered.add(prepared.sequence)
                self._judge(prepared, arrival, sent_ms)
                return
            self._reply(shots, arrival)
        self._now_ms = until
        self._silence(prepared, sent_ms, f"no answer came to the renewal after {name}")

    def _replies(self, shots: dict[int, Prepared]) -> Script:
        """What still comes back for the messages of a volley, until all is quiet."""
        while True:
            self._now_ms += self._declared.timers.silence_ms
            arrival = yield Listen(self._now_ms)
            if arrival is None:
                return
            assert isinstance(arrival, Arrival)
            self._now_ms = arrival.time_ms
            self._reply(shots, arrival)

    def _reply(self, shots: dict[int, Prepared], arrival: Arrival) -> None:
        """What comes back for a message of a volley: no acknowledgement where none may.

        Its format is not judged: it may repeat what was wrong.
        """
        self.evidence.packets += 1
        shot = None if arrival.sequence is None else shots.get(arrival.sequence)
        if shot is not None and shot.reception.reaction is not Reaction.PROCESS:
            packet = self.evidence.packets
            self._note(list(judge_acknowledgements(shot, [arrival], packet)))

    def _silence(
        self, prepared: Prepared, sent_ms: int, seen: str = "no answer came"
    ) -> None:
        when_ms = (sent_ms, sent_ms + self._delay_ms)
        self._oracle.advance(*when_ms)
        outcomes = self._oracle.outcomes(prepared.messages)
        if not self._oracle.observe(outcomes, None, when_ms):
            self.evidence.is_silent = True
            self._misbehaved(outcomes, seen)
        self._unanswered[prepared.sequence] = prepared

    def _judge_late(self, arrival: Arrival) -> None:
        """Judge the answer to a request that the anchor has made wait."""
        assert arrival.sequence is not None
        prepared = self._unanswered.pop(arrival.sequence)
        self._requests.answered.add(prepared.sequence)
        self._oracle.advance(self._now_ms)

        def observe(observed: Observed) -> list[Outcome]:
            return self._oracle.observe_late(prepared.messages, observed)

        self._judge_answer(prepared, arrival, [], observe, 0)

    def _judge(self, prepared: Prepared, arrival: Arrival, sent_ms: int) -> None:
        when_ms = (sent_ms, max(sent_ms, arrival.time_ms))
        self._oracle.advance(*when_ms)
        outcomes = self._oracle.outcomes(prepared.messages)

        def observe(observed: Observed) -> list[Outcome]:
            return self._oracle.observe(outcomes, observed, when_ms)

        taken_ms = when_ms[1] - sent_ms
        self._judge_answer(prepared, arrival, outcomes, observe, taken_ms)

    def _judge_answer(
        self,
        prepared: Prepared,
        arrival: Arrival,
        outcomes: list[Outcome],
        observe: Callable[[Observed], list[Outcome]],
        taken_ms: int,
    ) -> None:
        """Judge an answer in all layers; `observe` gives the outcomes that agree."""
        self.evidence.packets += 1
        packet = self.evidence.packets
        self._note(judge_format(arrival, packet))
        pba = arrival.acknowledgement
        if pba is None:
            self.evidence.is_silent = True  # an ICMPv6 error, for one, is no answer
            self._misbehaved(outcomes, f"got {arrival}")
            return
        found = map(network, options_of(pba, HomeNetworkPrefix))
        prefix = prefix_value(n for n in found if n is not None)
        # Whatever is granted: no session may outlast what was asked for (6275-10.3.1-16).
        asked_seconds = prepared.sent.message.lifetime_seconds
        seconds = min(pba.lifetime_seconds, asked_seconds)
        observed = Observed(pba.status, prefix, seconds * 1000)
        agreed = observe(observed)
        node = prepared.request.node
        held = self._held(node, agreed)
        known = Known(
            home_network_prefixes(prefix) if agreed and prefix is not None else None,
            held,
            self._declared.timers.timestamp_validity_window_ms + taken_ms,
            self._declared.domain.mobile_node_generated_timestamp_in_use,
            self._declared.timers.clock_offset,
            next((o.accepted_sequence for o in agreed), None),
        )
        self._note(judge_exchange(prepared.sent, arrival, known, packet))
        if not agreed:
            seen = f"got {described(pba.status, prefix)}"
            self._misbehaved(outcomes, seen, is_rejected=is_rejection(pba.status))
        elif not is_rejection(pba.status):
            option = option_of(pba, LinkLocalAddress)
            generated = option.address if option else IPv6Address(0)
            asked = prepared.sent.message
            self._link_local[node] = held_link_local_address(asked, held, generated)

    def _held(self, node: Node, agreed: list[Outcome]) -> HeldAddress | None:
        """The link-local address of the session before the request."""
        for outcome in agreed:
            entry = outcome.step.environment.get("entry")
            if entry is not None:
                state = outcome.before.state
                before = self._oracle.rules.cell(state, "bce_state", entry)
                if before == BindingState.FREE.name:
                    self._link_local.pop(node, None)
        return self._link_local.get(node)

    # ---- user packets ----------------------------------------------------------------

    def _pass(self, stimulus: UserPacket) -> Script:
        """A packet that the anchor passes on, or drops."""
        prepared = self._packets.prepare(stimulus)
        if prepared is None:
            self._stop(f"cannot be sent: {stimulus}", is_failure=False)
            return
        largest = LEAST_MTU if stimulus.form is PacketForm.CUT_UP else None
        sent_ms = yield Send(
            prepared.packet, None, str(stimulus), prepared.mark, largest=largest
        )
        assert isinstance(sent_ms, int)
        self.evidence.packets += 1 if largest is None else PIECES
        self._now_ms = sent_ms
        self._oracle.advance(sent_ms)
        passages = self._oracle.passages(prepared.message)
        may_arrive = prepared.may_arrive and any(p.is_sent_on for p in passages)
        timers = self._declared.timers
        is_awaited = may_arrive or stimulus.form is PacketForm.LARGE
        until = sent_ms + (timers.reaction_ms if is_awaited else timers.silence_ms)
        arrivals: list[Arrival] = []
        while (arrival := (yield Listen(until))) is not None:
            assert isinstance(arrival, Arrival)
            self.evidence.packets += 1
            arrivals.append(arrival)
            if is_awaited:
                break
        self._now_ms = until if arrival is None else max(sent_ms, arrival.time_ms)
        self._oracle.advance(sent_ms, self._now_ms)
        passages = self._oracle.passages(prepared.message)
        found = judge_packet(
            prepared, arrivals, passages, self._declared, self.evidence.packets
        )
        self._note(found.findings)
        if not self._oracle.agree(found.agreed):
            self._stop("the packet went another way", is_failure=True)

    # ---- conclusions -----------------------------------------------------------------

    def _note(self, findings: list[Finding]) -> None:
        self.evidence.findings += findings
        for found in findings:
            verdict = min(verdict_of([found]), self._worst)
            self.evidence.conclude(verdict, found.text)

    def _unasked(self, arrival: Arrival) -> None:
        self.evidence.packets += 1
        text = f"{arrival} came although nothing was asked"
        self._note([finding((), text, self.evidence.packets, Layer.BEHAVIOUR)])

    def _misbehaved(
        self, outcomes: list[Outcome], seen: str, *, is_rejected: bool = False
    ) -> None:
        outcomes = sorted(outcomes, key=lambda o: (o.rule.name, expected(o)))
        named = [
            *self._blamed,
            *(name for o in outcomes for name in _cited(o, is_rejected=is_rejected)),
        ]
        requirements = tuple(dict.fromkeys(named))
        wanted = dict.fromkeys(map(expected, outcomes))
        text = f"expected {' or '.join(wanted) or 'nothing of this kind'}, {seen}"
        self._note(
            [finding(requirements, text, self.evidence.packets, Layer.BEHAVIOUR)]
        )
        self._stop(text, is_failure=True)

    def _stop(self, reason: str, *, is_failure: bool) -> None:
        if not is_failure:
            self.evidence.conclude(Verdict.INCONC, reason)
        raise UnexpectedBehaviour


def ends_of(purpose: Purpose) -> tuple[Request, ...]:
    """De-registrations of each interface that a case registers, from either gateway.

    They name no prefix: none need be known.
    """
    asked = [r for r in purpose.requests if r.node in SERVED and not r.deregistration]
    ends = (
        Request(
            node=request.node,
            gateway=gateway,
            deregistration=True,
            link_layer_identifier=request.link_layer_identifier,
            interface=request.interface,
            indicator=HandoffIndicator.BETWEEN_INTERFACES,
        )
        for request in asked
        for gateway in (Gateway.MAG1, Gateway.MAG2)
    )
    return tuple(dict.fromkeys(ends))


def tells_accepted_number(prepared: Prepared, arrival: Arrival) -> bool:
    """The answer has the number of the session in place of the request's own.

    Source: RFC 6275, section 9.5.1 (6275-9.5.1-13).
    """
    pba = arrival.acknowledgement
    refused = BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW
    stamped = option_of(prepared.sent.message, Timestamp) is not None
    return not stamped and pba is not None and pba.status == refused


def _cited(outcome: Outcome, *, is_rejected: bool) -> tuple[str, ...]:
    """What an answer breaks that is not this outcome."""
    is_accepted = outcome.status is not None and not is_rejection(outcome.status)
    if is_rejected and is_accepted:
        return broken_by_rejecting(outcome.rule.requirements)
    return outcome.rule.requirements


def described(status: int, prefix: Value) -> str:
    """An answer in words."""
    name = status.name if isinstance(status, BindingAckStatus) else "unknown"
    words = f"status {int(status)} ({name})"
    return (
        words
        if is_rejection(status)
        else f"{words} with prefix {shown(prefix) or 'none'}"
    )


def shown(prefix: Value) -> str:
    """The prefixes of a session in words; empty where there is none."""
    return " and ".join(map(str, networks_of(prefix)))


def expected(outcome: Outcome) -> str:
    """What an outcome looks like from outside, in words."""
    if outcome.status is None:
        return f"no answer ({outcome.rule.name})"
    known = shown(outcome.before.prefix(outcome.prefix))
    status = BindingAckStatus(outcome.status)
    if is_rejection(status):
        return f"status {int(status)} ({status.name})"
    prefix = known or "a prefix that is free"
    return f"status {int(status)} ({status.name}) with prefix {prefix}"
