"""One test case for an anchor: a generator that sends, waits, and has judged what comes.

script.py says what it wants of its link, and is given.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from pmip6.conformance.conclusion import UnexpectedBehaviour
from pmip6.conformance.journal import Journal
from pmip6.conformance.lma.answers import Answers
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.judge import judge_format
from pmip6.conformance.lma.oracle import Oracle
from pmip6.conformance.lma.reception_judge import judge_reception, lacks_reply
from pmip6.conformance.lma.requests import Prepared, RequestMaker
from pmip6.conformance.lma.script import Granted, Listen, Script, Send, Wish
from pmip6.conformance.lma.user_packets import PacketMaker, judge_packet
from pmip6.conformance.lma.volleys import Volleys
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.arrivals import Arrival
from pmip6.model.state import max_delay_before_new_bce_assign
from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.model.wire.messages import option_of
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator
from pmip6.model.wire.options import Timestamp
from pmip6.model.wire.reception import Reaction
from pmip6.vectors.lma.purposes import Purpose
from pmip6.vectors.lma.stimuli import (
    BY_SESSION,
    ESP_FAULTS,
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


class Case:
    """Runs one purpose against an anchor.

    Args:
        purpose: What to do.
        declaration: The implementation under test.
        oracle: Fresh, for this case alone.
        requests: Makes the packets of its requests.
        packets: Makes the user packets.
        others_follow: On the same anchor: where it fails, it ends what it may have left.
    """

    def __init__(
        self,
        purpose: Purpose,
        declaration: Declaration,
        oracle: Oracle,
        requests: RequestMaker,
        packets: PacketMaker,
        *,
        others_follow: bool = True,
    ) -> None:
        self.purpose = purpose
        self._others_follow = others_follow
        self.journal: Journal | None = None
        self.identifiers = requests.identifiers
        self._declared = declaration
        self._oracle = oracle
        self._requests = requests
        self._packets = packets
        self._answers = Answers(declaration, oracle, requests.answered)
        self._volleys = Volleys(declaration, oracle, requests, self._answers)
        self.evidence = self._answers.evidence

    @property
    def node_names(self) -> frozenset[bytes]:
        """The mobile nodes that no other case uses."""
        return frozenset(
            self.identifiers[node] for node in SERVED if node in self.identifiers
        )

    def run(self, now_ms: int) -> Script:
        """The whole case: preamble, test, probes; then the postamble."""
        self._answers.now_ms = now_ms
        try:
            self._answers.worst = Verdict.INCONC
            for stimulus in self.purpose.preamble:
                yield from self._do(stimulus)
            self._answers.worst = Verdict.ERROR
            if self.purpose.follows_a_restart:
                self._answers.blamed = self.purpose.requirements
            yield from self._do(self.purpose.test)
            self._answers.blamed = self.purpose.requirements
            for stimulus in self.purpose.probes:
                yield from self._do(stimulus)
            self._answers.worst = Verdict.INCONC
            yield from self._clean_up()
        except UnexpectedBehaviour:
            if self._others_follow:
                yield from self._leave()

    def _clean_up(self) -> Script:
        """De-register what is still registered."""
        self._oracle.advance(self._answers.now_ms)
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
        until = self._answers.now_ms
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
                yield from self._volleys.send(stimulus)
        self._packets.remember(self._oracle)

    # ---- time ------------------------------------------------------------------------

    def _wait(self, wait: Wait) -> Script:
        running = self._oracle.running(wait.timer)
        if wait.is_stopped:
            running = {self._oracle.stopped(wait.timer, self._answers.now_ms)}
        if not running:
            self._answers.stop(f"{wait.timer} does not run", is_failure=False)
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
            self._answers.now_ms = max(self._answers.now_ms, arrival.time_ms)
            self._answers.refuse_late(arrival)
            if arrival.sequence in self._answers.unanswered:
                self._answers.judge_late(arrival)
            elif not arrival.is_report:
                self._answers.unasked(arrival)
        self._answers.now_ms = max(self._answers.now_ms, until)
        if wait.phase is Phase.PAST:
            yield from self._await_late(self._declared.timers.silence_ms)

    def _await_late(self, within_ms: int) -> Script:
        """Wait for the answer to an earlier request where it has to come now."""
        came, self._answers.came_late = self._answers.came_late, []
        for late in came:
            self._answers.judge_late(late)
        self._oracle.advance(self._answers.now_ms)
        until = self._answers.now_ms + within_ms
        while self._oracle.expects_late:
            arrival = yield Listen(until)
            if arrival is None:
                self._answers.now_ms = until
                self.evidence.is_silent = True
                self._answers.misbehaved(
                    [], "no answer came to a request that had to wait"
                )
            assert isinstance(arrival, Arrival)
            self._answers.now_ms = max(self._answers.now_ms, arrival.time_ms)
            self._answers.refuse_late(arrival)
            if arrival.sequence in self._answers.unanswered:
                self._answers.judge_late(arrival)
            else:
                self._answers.unasked(arrival)

    # ---- exchanges -------------------------------------------------------------------

    def _exchange(self, request: Request) -> Script:
        prepared = self._requests.prepare(request, self._oracle)
        if prepared is None:
            self._answers.stop(f"cannot be sent: {request}", is_failure=False)
            return
        self.evidence.packets += 1
        sent_ms = yield Send(
            prepared.packet,
            prepared.sequence,
            str(request),
            esp_fault=ESP_FAULTS.get(request.form),
        )
        assert isinstance(sent_ms, int)
        self._answers.now_ms = sent_ms
        self._answers.not_taken.pop(prepared.sequence, None)  # it may have come before
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
            self._answers.silence(prepared, sent_ms)
        else:
            self._answers.delay_ms = max(
                self._answers.delay_ms, arrival.time_ms - sent_ms
            )
            self._answers.judge(prepared, arrival, sent_ms)
        yield from self._await_late(timers.reaction_ms)

    def _answer(
        self, prepared: Prepared, until_ms: int
    ) -> Generator[Wish, Granted, Arrival | None]:
        """The answer to a request; what answers another one is noted."""
        while True:
            arrival = yield Listen(until_ms)
            if arrival is None:
                self._answers.now_ms = until_ms
                return None
            assert isinstance(arrival, Arrival)
            self._answers.now_ms = max(self._answers.now_ms, arrival.time_ms)
            if arrival.sequence in self._answers.unanswered:
                self._answers.came_late.append(arrival)
                continue
            if arrival.is_report:
                continue
            self._answers.refuse_late(arrival)
            if arrival.sequence in self._requests.answered and not (
                tells_accepted_number(prepared, arrival)
            ):
                self._answers.unasked(arrival)
                continue
            self._requests.answered.add(prepared.sequence)
            return arrival

    def _not_taken(self, prepared: Prepared, sent_ms: int) -> Script:
        """A request that the rules of reception keep from the rules of the anchor.

        A reply that has to come may take as long as any answer.
        """
        arrivals: list[Arrival] = []
        timers = self._declared.timers
        quiet = until = sent_ms + timers.silence_ms
        if lacks_reply(prepared, arrivals):
            until = max(quiet, sent_ms + timers.reaction_ms)
        while (arrival := (yield Listen(until))) is not None:
            assert isinstance(arrival, Arrival)
            self._answers.refuse_late(arrival)
            self.evidence.packets += 1
            self._answers.note(judge_format(arrival, self.evidence.packets))
            arrivals.append(arrival)
            if not lacks_reply(prepared, arrivals):
                until = quiet
                if arrival.time_ms >= quiet:
                    break
        self._answers.now_ms = max(until, *(a.time_ms for a in arrivals), sent_ms)
        self._answers.not_taken[prepared.sequence] = sent_ms
        self._answers.note(judge_reception(prepared, arrivals, self.evidence.packets))

    # ---- user packets ----------------------------------------------------------------

    def _pass(self, stimulus: UserPacket) -> Script:
        """A packet that the anchor passes on, or drops."""
        prepared = self._packets.prepare(stimulus)
        if prepared is None:
            self._answers.stop(f"cannot be sent: {stimulus}", is_failure=False)
            return
        largest = LEAST_MTU if stimulus.form is PacketForm.CUT_UP else None
        sent_ms = yield Send(
            prepared.packet, None, str(stimulus), prepared.mark, largest=largest
        )
        assert isinstance(sent_ms, int)
        self.evidence.packets += 1 if largest is None else PIECES
        self._answers.now_ms = sent_ms
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
        self._answers.now_ms = (
            until if arrival is None else max(sent_ms, arrival.time_ms)
        )
        self._oracle.advance(sent_ms, self._answers.now_ms)
        passages = self._oracle.passages(prepared.message)
        found = judge_packet(
            prepared, arrivals, passages, self._declared, self.evidence.packets
        )
        self._answers.note(found.findings)
        if not self._oracle.agree(found.agreed):
            self._answers.stop("the packet went another way", is_failure=True)


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

    Source: RFC 6275, section 9.5.1 (6275-9.5.1-12).
    """
    pba = arrival.acknowledgement
    refused = BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW
    stamped = option_of(prepared.sent.message, Timestamp) is not None
    return not stamped and pba is not None and pba.status == refused
