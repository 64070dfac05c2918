"""Runs a test purpose for fast handover as a script of a tester, and judges what comes.

The tester is the other gateway, the access network, the node and the anchor.  After each
stimulus what the oracle sends has to come, and nothing else of its kinds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from pmip6.conformance.conclusion import Evidence
from pmip6.conformance.fast_handover.cast import IN_MEMORY, Cast, Times, settings_of
from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.fast_handover.oracle import (
    AT_RATE,
    EARLY,
    Due,
    HandoverOracle,
    Signature,
    number_of_initiate,
    other_form,
    packet_in_words,
    signature_of,
    without_withdrawals,
)
from pmip6.conformance.fast_handover.packets import (
    End,
    acknowledge,
    datagram,
    give_the_rest,
    host_message,
    initiate,
    register,
    serves_host,
)
from pmip6.conformance.mag.acts import GatewayLink
from pmip6.conformance.mag.crossing import Crossing, keep_off
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.in_memory import run_script
from pmip6.conformance.mag.judge import form_findings, protection_findings
from pmip6.conformance.mag.packets import Read
from pmip6.conformance.mag.port import Sent, ToNode
from pmip6.conformance.mag.script import Act, Listen, Script
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.virtual_gateway import Start, VirtualGatewayLink
from pmip6.conformance.results import CaseResult
from pmip6.conformance.verdict import (
    Finding,
    Layer,
    Verdict,
    finding,
    level_of,
    verdict_of,
)
from pmip6.conformance.wire.esp_end import EspEnd
from pmip6.conformance.wire.link import MILLISECOND_NS, timestamp_of
from pmip6.conformance.wire.virtual import EPOCH_NS
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import ALL_ROUTERS, RouterSolicitation
from pmip6.model.fast_handover.due_messages import REPEATED_OFTENER
from pmip6.model.fast_handover.options import ContextRequest
from pmip6.model.fast_handover.state import (
    context_lifetime,
    forwarding_lifetime,
    handover_retransmission,
)
from pmip6.model.requirements.tables import Level
from pmip6.model.state import retransmission
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    ProxyBindingUpdate,
    option_of,
)
from pmip6.model.wire.numbers import SEQUENCE_NUMBERS, HandoverAcknowledgeCode
from pmip6.model.wire.options import MobileNodeIdentifier
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.purposes import HandoverPurpose
from pmip6.vectors.fast_handover.stimuli import (
    Acknowledgement,
    Datagram,
    Elapse,
    HandoverStimulus,
    HostAction,
    Indication,
    Initiation,
    LinkDown,
    LinkUp,
    Registration,
    Route,
    Solicitation,
    in_words,
)
from pmip6.vectors.mag.answers import Scene

GRACE_STEP_MS = 20
STOPPED_BY: dict[str, tuple[type[HandoverStimulus], ...]] = {
    handover_retransmission.name: (Acknowledgement,),
    retransmission.name: (Registration,),
    forwarding_lifetime.name: (),
    context_lifetime.name: (),
}
"""The timers of the gateway, and the answers of the tester that stop them."""
OWN_TIMERS = (forwarding_lifetime.name, context_lifetime.name)
"""Those that the RFC does not name: how long they run is declared."""


class HandoverCase:
    """One run of a purpose.

    Args:
        purpose: What to do.
        cast: Who takes part.
        settings: Of the gateway that is expected, which knows the node of the case alone.
        times: How long the tester waits.
        first_number: Of its user packets and HIs, which tell that they are its own.
        esp: The end of the ESP at the tester; None where there is none.
    """

    def __init__(
        self,
        purpose: HandoverPurpose,
        cast: Cast,
        settings: GatewaySettings,
        times: Times = IN_MEMORY,
        *,
        first_number: int = 0,
        esp: EspEnd | None = None,
    ) -> None:
        self.purpose = purpose
        self._esp = esp
        self.evidence = Evidence()
        self._cast, self._times = cast, times
        self._crossing = Crossing(times.tolerance_ms, times.answer_ms)
        self._settings = settings
        self._oracle: HandoverOracle  # begins with the case
        self._now_ms = 0
        self._theirs, self._ours = End(), End()  # the gateway's, and the oracle's
        self._due: list[Due] = []
        self._came: list[tuple[int, int, Sent]] = []  # number, time and packet
        self._worst = Verdict.INCONC
        self._number = first_number
        self._initiated = 0  # the number of the tester's last HI
        self._owed: list[Signature] = []  # early advertisements that have not come
        self._has_told_of_more = False
        self._sequences: set[int] = set()
        self._heard: set[int | None] = set()  # numbers of HIs of the gateway
        self._begun: set[int | None] = set()  # those of the oracle that came
        self._left_out: set[int] = set()  # those of the oracle that did not come
        self._is_here = False

    @property
    def scene(self) -> Scene:
        """Who and where."""
        return self._cast.scene

    @property
    def attached(self) -> tuple[Scene, ...]:
        """The scene of the node, where it is on the access link."""
        return (self.scene,) if self._is_here else ()

    @property
    def unanswered(self) -> ProxyBindingUpdate | None:
        """The last request of the gateway, where it ends a session."""
        update = self._theirs.update
        return update if update is not None and update.lifetime == 0 else None

    def run(self, now_ms: int) -> Script:
        """Take every step."""
        self._now_ms = now_ms
        interface = self._cast.link_local.packed[8:]
        self._oracle = HandoverOracle(self._settings, interface, start_ms=now_ms)
        for stimulus in self.purpose.preamble:
            yield from self._do(stimulus)
        self._worst = Verdict.ERROR
        for stimulus in (self.purpose.test, *self.purpose.probes):
            yield from self._do(stimulus)

    def owns(self, came: Read) -> bool:
        """Whether handover signalling is about the node of the case, or one it invents."""
        message = came.message
        if not isinstance(message, HandoverInitiate | HandoverAcknowledge):
            return False
        named = option_of(message, MobileNodeIdentifier)
        if named is None:  # it answers an HI that names nobody
            return message.sequence in self._sequences
        return named.identifier in (self._cast.node, self._cast.stranger)

    # ---- what the tester does ------------------------------------------------------------

    def _do(self, stimulus: HandoverStimulus) -> Script:
        if not isinstance(stimulus, Elapse):
            yield from self._keep_off(stimulus)
        self.evidence.steps.append(in_words(stimulus))
        if isinstance(stimulus, Elapse):
            yield from self._wait(stimulus)
        else:
            yield from self._act(stimulus)
            yield from self._listen(self._now_ms + self._times.reaction_ms)
        yield from self._compare()

    def _keep_off(self, stimulus: HandoverStimulus) -> Script:
        """Wait where a timer of the gateway has run out or not (`crossing.py`)."""

        def until() -> int | None:
            deadlines = (
                (self._oracle.deadline(timer), isinstance(stimulus, stops))
                for timer, stops in STOPPED_BY.items()
            )
            return self._crossing.until(self._now_ms, deadlines)

        yield from keep_off(until, self._compare, self._listen)

    def _clock(self) -> tuple[int, int]:
        """The time of the oracle: any time of day will do, as nobody compares it."""
        day_ns = EPOCH_NS + self._now_ms * MILLISECOND_NS
        return self._now_ms, timestamp_of(day_ns)

    def _act(self, stimulus: HandoverStimulus) -> Script:
        do, tell = self._parts(stimulus)
        if do is not None:
            done = yield Act(do, in_words(stimulus))
            if isinstance(done, int):
                self._now_ms = max(self._now_ms, done)
        self._follow(tell)

    def _parts(
        self, stimulus: HandoverStimulus
    ) -> tuple[Callable[[GatewayLink], None] | None, Callable[[], list[Sent]]]:
        """What the tester does on its links, and how the oracle is told of it."""
        cast, oracle = self._cast, self._oracle
        node = cast.link_layer
        match stimulus:
            case LinkUp(is_told):
                self._is_here = True
                point = cast.access_point if is_told else None
                return (
                    lambda link: link.link_up(node, point),
                    lambda: oracle.attach(node, *self._clock(), old_access_point=point),
                )
            case LinkDown():
                self._is_here = False
                self._owed = []
                return (
                    lambda link: link.detach(node),
                    lambda: oracle.detach(node, *self._clock()),
                )
            case Indication(is_known):
                to = cast.access_point if is_known else cast.nowhere
                return (
                    lambda link: link.indicate_handover(node, to),
                    lambda: oracle.indicate_handover(node, to, *self._clock()),
                )
            case Solicitation() | HostAction() | Datagram(Route.NODE):
                packet = self._of_node(stimulus)
                self.evidence.packets += 1
                return (
                    lambda link: link.send_from_node(node, packet),
                    lambda: oracle.receive_from_node(node, packet, *self._clock()),
                )
            case _:
                theirs, ours = self._packets(stimulus)
                self.evidence.packets += bool(theirs)
                return (
                    (lambda link: link.send(self._protected(theirs)))
                    if theirs
                    else None,
                    lambda: (
                        oracle.receive_from_network(ours, *self._clock())
                        if ours
                        else []
                    ),
                )

    def _protected(self, packet: bytes) -> bytes:
        """The packet as it goes out, under ESP where that is declared."""
        return packet if self._esp is None else self._esp.send(packet)

    def _of_node(self, stimulus: Solicitation | HostAction | Datagram) -> bytes:
        """A packet of the node."""
        if isinstance(stimulus, HostAction):
            router = self._settings.fixed_mag_link_local_address
            return host_message(stimulus.message, self._cast, router)
        if isinstance(stimulus, Datagram):
            return datagram(Route.NODE, self._next(), self._cast)
        asked = RouterSolicitation()
        return discovery_packet(asked, self._cast.link_local, ALL_ROUTERS)

    def _packets(self, stimulus: HandoverStimulus) -> tuple[bytes, bytes]:
        """A packet for the gateway, and the one for the oracle; empty for none."""
        match stimulus:
            case Initiation():
                number = self._initiated
                if not stimulus.is_repeated:
                    number = self._next() % SEQUENCE_NUMBERS
                self._initiated = number
                self._sequences.add(number)
                packet = initiate(stimulus, number, self._cast)
                return packet, packet
            case Acknowledgement(code=code):
                accepted = code == HandoverAcknowledgeCode.CONTEXT_ACCEPTED
                self._has_told_of_more = accepted and stimulus.is_answer
                asked = self._ours.initiate
                is_left_out = asked is not None and asked.sequence in self._left_out
                end = End() if is_left_out else self._theirs
                return (
                    acknowledge(stimulus, end, self._cast),
                    acknowledge(stimulus, self._ours, self._cast),
                )
            case Registration():
                return (
                    register(stimulus, self._theirs, self._cast),
                    register(stimulus, self._ours, self._cast),
                )
            case Datagram(route):
                number = self._next()
                theirs, ours = self._theirs.gre_key, self._ours.gre_key
                return (
                    datagram(route, number, self._cast, theirs),
                    datagram(route, number, self._cast, ours),
                )
            case _:
                raise AssertionError(f"no packet for {stimulus}")

    def _next(self) -> int:
        """A number that no packet of the case has had."""
        self._number += 1
        return self._number

    # ---- what comes ----------------------------------------------------------------------

    def _follow(self, tell: Callable[[], list[Sent]]) -> None:
        """Let the oracle do what has to be done until now, and note what has to come."""
        ends = [self._oracle.deadline(timer) for timer in STOPPED_BY]
        sent = tell()
        for at_ms in ends:
            if at_ms is not None and at_ms <= self._now_ms:
                self._crossing.ended(at_ms)
        for due in self._oracle.due(sent):
            self._ours.note(due.sent)
            self._due.append(due)

    def _listen(self, until_ms: int) -> Script:
        """Take what comes until a time, while the oracle's time goes on, too."""
        while isinstance(came := (yield Listen(until_ms)), tuple):
            self._now_ms = max(self._now_ms, came[0])
            self.evidence.packets += 1
            rest = self._request_for_the_rest(came[1].message)
            if rest is not None:
                yield from self._give_the_rest(rest)
            elif self._counts(came[1]):
                self._note(protection_findings(came[1], self.evidence.packets))
                self._note(form_findings(came[1], self.evidence.packets))
                self._theirs.note(came[1].sent)
                self._came.append((self.evidence.packets, came[0], came[1].sent))
        self._now_ms = max(self._now_ms, until_ms, came or 0)
        self._follow(lambda: self._oracle.advance(*self._clock()))

    def _request_for_the_rest(self, message: object) -> HandoverInitiate | None:
        """An HI that a gateway may send after Code 5 (5949-6.1.2-4); None for others."""
        last = self._theirs.initiate
        if (
            not self._has_told_of_more
            or not isinstance(message, HandoverInitiate)
            or last is None
            or message.sequence == last.sequence
            or message.buffer
            or message.forward
            or option_of(message, ContextRequest) is None
        ):
            return None
        named = option_of(message, MobileNodeIdentifier)
        is_mine = named is not None and named.identifier == self._cast.node
        return message if is_mine else None

    def _give_the_rest(self, request: HandoverInitiate) -> Script:
        packet = give_the_rest(request, self._cast)
        self.evidence.packets += 1
        yield Act(
            lambda link: link.send(self._protected(packet)),
            "HAck with the rest of the context",
        )

    def _counts(self, came: Read) -> bool:
        """Whether a packet is about the node of the case, and of a kind that counts."""
        if serves_host(came.sent.packet):
            return False  # as it may, by the other protocol
        if isinstance(came.sent, ToNode):
            return came.sent.node == self._cast.link_layer
        if self.owns(came):
            return True
        if isinstance(came.message, ProxyBindingUpdate):
            named = option_of(came.message, MobileNodeIdentifier)
            return named is not None and named.identifier == self._cast.node
        prefix = self._cast.prefix()
        ends = came.inner.source, came.inner.destination
        return came.message is None and any(end in prefix for end in ends)

    def _wait(self, stimulus: Elapse) -> Script:
        for _ in range(stimulus.times):
            deadline = self._oracle.deadline(stimulus.timer)
            if deadline is not None:
                due_ms = max(deadline, self._now_ms)
                yield from self._listen(due_ms + self._times.reaction_ms)

    def _compare(self) -> Script:
        """Each packet that is due has come, and no other one."""
        until_ms = self._oracle.releasing_until()
        last_ms = max(self._now_ms, until_ms or 0) + self._times.grace_ms
        while self._is_open() and self._now_ms < last_ms:
            yield from self._listen(self._now_ms + GRACE_STEP_MS)
        for due, wanted in self._wanted():
            same = [c for c in self._came if signature_of(c[2]) == wanted]
            if not same:
                if wanted is not None and not self._takes_in_other_form(due):
                    self._miss(due)
                continue
            self._came.remove(same[0])
            self._begun.add(due.initiate)
            self._heard.add(number_of_initiate(same[0][2]))
            number, at_ms, sent = same[0]
            for requirements, text in due.faults(sent):
                self._find(text, requirements, Layer.EXCHANGE, number)
            if due.turn_ms is not None:
                self._compare_turns(due.turn_ms - at_ms, sent, number)
        for number, _, sent in self._came:
            if signature_of(sent) in self._owed:
                self._owed.remove(signature_of(sent))
                continue
            against = self._against(sent)
            if against is not None:
                text = f"not expected: {packet_in_words(sent)}"
                self._find(text, against, packet=number)
        self._due, self._came = [], []

    def _against(self, sent: Sent) -> tuple[str, ...] | None:
        """What a packet breaks that is not due; None for nothing."""
        number = number_of_initiate(sent)
        is_repeated = number is not None and number in self._heard
        self._heard.add(number)
        return REPEATED_OFTENER if is_repeated else self._oracle.against(sent)

    def _takes_in_other_form(self, due: Due) -> bool:
        """A user packet that is due has come between the right ends, but in another form."""
        for came in self._came:
            form = other_form(signature_of(came[2]), due.signature)
            if form is not None and self._cast.other in due.signature:
                self._came.remove(came)
                text = f"{form.name}: {packet_in_words(came[2])}"
                self._find(text, form.requirements, packet=came[0])
                return True
        return False

    def _compare_turns(self, early_ms: int, sent: Sent, number: int) -> None:
        """A packet that was held back does not leave before its turn."""
        if early_ms > self._times.tolerance_ms:
            text = f"{packet_in_words(sent)} left {early_ms} ms before its turn"
            self._find(text, AT_RATE, packet=number)

    def _is_open(self) -> bool:
        """Something may still come."""
        return self._oracle.releasing_until() is not None or not self._agrees()

    def _agrees(self) -> bool:
        due = Counter(each for _, each in self._wanted() if each is not None)
        return due == Counter(signature_of(sent) for _, _, sent in self._came)

    def _wanted(self) -> list[tuple[Due, Signature | None]]:
        """What is due, and what has to come for it; None where nothing has to.

        To a node that has not heard of its prefix nothing is withdrawn, and what one
        advertisement tells need not come in two.
        """
        found: list[tuple[Due, Signature | None]] = []
        told: set[Signature] = set()
        for due in self._due:
            if not self._owed or due.is_early:
                found.append((due, due.signature))
                continue
            left = without_withdrawals(due.signature)
            if left in told:
                left = None
            elif left is not None and left != due.signature:
                told.add(left)
            found.append((due, left))
        return found

    def _miss(self, due: Due) -> None:
        """A packet has not come; an advertisement before the registration may come later."""
        number = due.initiate
        is_left_out = number in self._left_out
        if number is not None and number not in self._begun:
            self._left_out.add(number)
        if due.is_free or is_left_out:
            return
        self.evidence.is_silent = True
        cited = due.because
        if due.is_early:
            cited = EARLY
            self._owed.append(due.signature)
        self._find(f"missing: {packet_in_words(due.sent)}", cited)

    def _find(
        self,
        text: str,
        requirements: tuple[str, ...] | None = None,
        layer: Layer = Layer.BEHAVIOUR,
        packet: int | None = None,
    ) -> None:
        cited = self.purpose.requirements if requirements is None else requirements
        where = f"{self.evidence.steps[-1]}: {text}"
        number = self.evidence.packets if packet is None else packet
        is_content = layer is Layer.EXCHANGE
        at_most = Level.MUST if is_content else self._strongest(cited)
        self._note([finding(cited, where, number, layer, at_most)])

    def _strongest(self, cited: tuple[str, ...]) -> Level:
        """How strong a finding may be that says what came or did not come.

        What no requirement asks for is expected because the gateway is declared so; how
        long it forwards and keeps a context is its own affair, too.  What follows where it
        does not do what is advised or permitted alone is no worse than that.
        """
        test, about = self.purpose.test, self.purpose.requirements
        is_timed = isinstance(test, Elapse) and test.timer in OWN_TIMERS
        is_bound = bool(about) and level_of(about) is Level.MUST and not is_timed
        has_begun = self._worst is Verdict.ERROR
        return Level.MUST if cited and (is_bound or not has_begun) else Level.SHOULD

    def _note(self, findings: list[Finding]) -> None:
        self.evidence.findings += findings
        for found in findings:
            verdict = min(verdict_of([found]), self._worst)
            self.evidence.conclude(verdict, found.text)


def run_in_memory(
    purpose: HandoverPurpose,
    start: Callable[[GatewaySettings, int], ReferenceGateway] | None = None,
    link_to: Callable[[Start], VirtualGatewayLink] = VirtualGatewayLink,
    declared: Mapping[str, object] | None = None,
) -> CaseResult:
    """Run a case against a reference gateway of its own, under virtual time.

    Args:
        purpose: What to do.
        start: Makes the gateway; the reference gateway where None.
        link_to: The link that it is behind.
        declared: What it is declared to be otherwise than cases expect: attributes of the
            settings for fast handover, by name.
    """
    cast = Cast(has_gre_keys=purpose.scene is HandoverScene.GRE_KEYS)
    settings = settings_of(purpose.scene, [cast], declared or {})

    def begin(start_ms: int) -> ReferenceGateway:
        if start is None:
            return gateway_of(settings, start_ms=start_ms)
        return start(settings, start_ms)

    case = HandoverCase(purpose, cast, settings)
    run_script(case, link_to(begin))
    evidence = case.evidence
    return CaseResult(
        purpose,
        evidence.verdict,
        tuple(evidence.findings),
        evidence.reason,
        tuple(evidence.steps),
    )
