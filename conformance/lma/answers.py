"""What an anchor answers in a case, judged as it comes, or missed where it does not."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address

from pmip6.conformance.conclusion import Evidence, UnexpectedBehaviour
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.expectations import cited, described, expected
from pmip6.conformance.lma.judge import Known, judge_exchange, judge_format
from pmip6.conformance.lma.oracle import Observed, Oracle, Outcome
from pmip6.conformance.lma.requests import Prepared
from pmip6.conformance.verdict import Finding, Layer, Verdict, finding, verdict_of
from pmip6.conformance.wire.arrivals import Arrival
from pmip6.model.lma.acknowledgement import held_link_local_address
from pmip6.model.lma.answer import HeldAddress
from pmip6.model.state import BindingState
from pmip6.model.wire.abstraction import home_network_prefixes, network, prefix_value
from pmip6.model.wire.messages import option_of, options_of
from pmip6.model.wire.numbers import is_rejection
from pmip6.model.wire.options import HomeNetworkPrefix, LinkLocalAddress
from pmip6.vectors.lma.stimuli import Node


class Answers:
    """The answers to the requests of one case.

    Args:
        declaration: The implementation under test.
        oracle: What it may do.
        answered: The sequence numbers of requests that were answered.

    Attributes:
        worst: What a finding comes to at most, in the part of the case at hand.
        blamed: What a wrong answer to a probe shows.
        now_ms: The time, as far as the case has come.
        unanswered: Requests that got no answer where none had to come, by number.
        not_taken: When requests were sent that no answer is waited for any more, by number.
        came_late: What answers one of these, and is not judged yet.
        delay_ms: The longest that an answer has taken so far.
    """

    def __init__(
        self, declaration: Declaration, oracle: Oracle, answered: set[int]
    ) -> None:
        self.evidence = Evidence()
        self._declared = declaration
        self._oracle = oracle
        self._answered = answered
        self._link_local: dict[Node, HeldAddress | None] = {}
        self.worst = Verdict.ERROR
        self.blamed: tuple[str, ...] = ()
        self.now_ms = 0
        self.unanswered: dict[int, Prepared] = {}
        self.not_taken: dict[int, int] = {}
        self.came_late: list[Arrival] = []
        self.delay_ms = 0

    def silence(
        self, prepared: Prepared, sent_ms: int, seen: str = "no answer came"
    ) -> None:
        when_ms = (sent_ms, sent_ms + self.delay_ms)
        self._oracle.advance(*when_ms)
        outcomes = self._oracle.outcomes(prepared.messages)
        if not self._oracle.observe(outcomes, None, when_ms):
            self.evidence.is_silent = True
            self.misbehaved(outcomes, seen)
        self.unanswered[prepared.sequence] = prepared

    def judge_late(self, arrival: Arrival) -> None:
        """Judge the answer to a request that the anchor has made wait."""
        assert arrival.sequence is not None
        prepared = self.unanswered.pop(arrival.sequence)
        self._answered.add(prepared.sequence)
        self._oracle.advance(self.now_ms)

        def observe(observed: Observed) -> list[Outcome]:
            return self._oracle.observe_late(prepared.messages, observed)

        self._judge_answer(prepared, arrival, [], observe, 0)

    def judge(self, prepared: Prepared, arrival: Arrival, sent_ms: int) -> None:
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
        self.note(judge_format(arrival, packet))
        pba = arrival.acknowledgement
        if pba is None:
            self.evidence.is_silent = True  # an ICMPv6 error, for one, is no answer
            self.misbehaved(outcomes, f"got {arrival}")
            return
        found = map(network, options_of(pba, HomeNetworkPrefix))
        prefix = prefix_value(n for n in found if n is not None)
        # Whatever is granted: no session may outlast what was asked for (6275-10.3.1-16).
        asked_seconds = prepared.sent.message.lifetime_seconds
        seconds = min(pba.lifetime_seconds, asked_seconds)
        observed = Observed(pba.status, prefix, seconds * 1000)
        agreed = observe(observed)
        node = prepared.request.node
        is_new = not agreed or any(map(self._is_new, agreed))
        if is_new and agreed:
            self._link_local.pop(node, None)
        held = self._link_local.get(node)
        known = Known(
            home_network_prefixes(prefix) if agreed and prefix is not None else None,
            held,
            self._declared.timers.timestamp_validity_window_ms + taken_ms,
            self._declared.domain.mobile_node_generated_timestamp_in_use,
            self._declared.timers.clock_offset,
            next((o.accepted_sequence for o in agreed), None),
            is_new,
        )
        self.note(judge_exchange(prepared.sent, arrival, known, packet))
        if not agreed:
            seen = f"got {described(pba.status, prefix)}"
            self.misbehaved(outcomes, seen, is_rejected=is_rejection(pba.status))
        elif not is_rejection(pba.status):
            option = option_of(pba, LinkLocalAddress)
            generated = option.address if option else IPv6Address(0)
            asked = prepared.sent.message
            self._link_local[node] = held_link_local_address(asked, held, generated)

    def _is_new(self, outcome: Outcome) -> bool:
        """The request makes a new session."""
        entry = outcome.step.environment.get("entry")
        if entry is None:
            return False
        before = self._oracle.rules.cell(outcome.before.state, "bce_state", entry)
        return before == BindingState.FREE.name

    # ---- conclusions -----------------------------------------------------------------

    def note(self, findings: list[Finding]) -> None:
        self.evidence.findings += findings
        for found in findings:
            verdict = min(verdict_of([found]), self.worst)
            self.evidence.conclude(verdict, found.text)

    def refuse_late(self, arrival: Arrival) -> None:
        """Give up where something comes for a request that is not waited for any more.

        It may be what the request had to get, which was judged without it.

        Raises:
            UnexpectedBehaviour: It is so.
        """
        sent_ms = self.not_taken.get(
            -1 if arrival.sequence is None else arrival.sequence
        )
        if sent_ms is not None and not arrival.is_report:
            self.evidence.packets += 1
            told = f"{arrival} came after {arrival.time_ms - sent_ms} ms"
            silence_ms = self._declared.timers.silence_ms
            reason = f"{told}, and timers.silence_ms is {silence_ms}"
            self.stop(reason, is_failure=False)

    def unasked(self, arrival: Arrival) -> None:
        self.evidence.packets += 1
        text = f"{arrival} came although nothing was asked"
        self.note([finding((), text, self.evidence.packets, Layer.BEHAVIOUR)])

    def misbehaved(
        self, outcomes: list[Outcome], seen: str, *, is_rejected: bool = False
    ) -> None:
        outcomes = sorted(outcomes, key=lambda o: (o.rule.name, expected(o)))
        named = [
            *self.blamed,
            *(name for o in outcomes for name in cited(o, is_rejected=is_rejected)),
        ]
        requirements = tuple(dict.fromkeys(named))
        wanted = dict.fromkeys(map(expected, outcomes))
        text = f"expected {' or '.join(wanted) or 'nothing of this kind'}, {seen}"
        self.note([finding(requirements, text, self.evidence.packets, Layer.BEHAVIOUR)])
        self.stop(text, is_failure=True)

    def stop(self, reason: str, *, is_failure: bool) -> None:
        if not is_failure:
            self.evidence.conclude(Verdict.INCONC, reason)
        raise UnexpectedBehaviour
