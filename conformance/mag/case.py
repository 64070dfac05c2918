"""One test case of a gateway: a generator that acts and listens; `hearing.py` judges what comes.

It yields what it wants of the link, an act of the tester or a time until which it
listens, and is given what the gateway sent, or the time now where nothing came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pmip6.conformance.conclusion import UnexpectedBehaviour
from pmip6.conformance.mag.acts import GatewayActs, GatewayLink
from pmip6.conformance.mag.crossing import keep_off
from pmip6.conformance.mag.hearing import EXACT, Hearing
from pmip6.conformance.mag.judge import GatewayJudge
from pmip6.conformance.mag.packets import Read
from pmip6.conformance.mag.script import Act, GatewayTimers, Listen, Script
from pmip6.conformance.mag.told_paths import less_than
from pmip6.conformance.verdict import Verdict
from pmip6.conformance.wire.esp_end import EspEnd
from pmip6.model.discovery.messages import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from pmip6.model.mag.advertisement_rules import (
    MIN_DELAY_BETWEEN_RAS_MS,
)
from pmip6.model.state import retransmission
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.numbers import IPPROTO_ICMPV6
from pmip6.model.wire.tunnel_packets import HEADER_SIZE
from pmip6.vectors.lma.stimuli import Phase
from pmip6.vectors.mag.answers import Scene
from pmip6.vectors.mag.model import GatewayDomain, GatewayModel
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
    HostPacket,
    Idle,
    Restart,
    Solicit,
    Stimulus,
    Straggle,
    Synchronise,
    TooBig,
    Uplink,
)

TIMES_DISCARDED = 2


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
        self._judge = judge
        self._timers = timers
        # A renewal comes "well before" the end (6275-11.7.3-8): the answer has to come, too.
        wait_ms, _ = scene.backoff_ms
        self._model = GatewayModel(scene, domain or purpose.domain, reserve_ms=wait_ms)
        self._solicits = attaches_by_soliciting
        self._forwards = forwards
        self._node = scene.node
        self._start_ms = 0
        self._acts = GatewayActs(self._model, judge.declared, first_number, esp)
        self._heard = Hearing(self._model, judge, timers, self._acts)
        self.evidence = self._heard.evidence

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
                return any(e.kind in ("RA", "access") for e in self._heard.expected)
            case NeighborAdvertisement():
                return any(e.kind == "NA" for e in self._heard.expected)
            case NeighborSolicitation() | RouterSolicitation():
                return False
            case None if came.packet.next_header == IPPROTO_ICMPV6:
                return self._heard.service is not None
            case _:
                return True

    def run(self, now_ms: int) -> Script:
        """The whole case: preamble, test, probes."""
        self._start_ms = now_ms
        try:
            self._heard.worst = Verdict.INCONC
            for stimulus in self.purpose.preamble:
                yield from self._do(stimulus)
            self._heard.worst = Verdict.ERROR
            self._heard.blamed = self.purpose.requirements
            yield from self._do(self.purpose.test)
            self._heard.is_probing = True
            for stimulus in self.purpose.probes:
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
            self._heard.hint = stimulus.hint
            self._judge.attach()
        has_heard = bool(self._heard.told)
        if isinstance(stimulus, Detach | Restart):
            self._heard.told.clear()
            self._heard.has_access = False
            self._heard.announced_ms, self._heard.announced = None, 0
        if isinstance(stimulus, Restart):
            self._judge.restart()
        solicits = isinstance(stimulus, Attach) and self._solicits
        act = self._acts.of(Solicit() if solicits else stimulus)
        if act is None:
            self._heard.stop(f"cannot be brought about: {stimulus}")
            return
        yield from self._act(act, str(stimulus))
        if isinstance(stimulus, Restart):
            self._heard.stopped_ms, self._heard.final = machine.now_ms, 0
        self.evidence.packets += self._sends(stimulus)
        if stimulus == Company(CompanyAct.JOINS):
            yield from self._welcome()
        due = machine.deadline(retransmission.name, self._node)
        reaction = self._model.apply(stimulus)
        if reaction is None:
            self._heard.stop(f"cannot be brought about: {stimulus}")
            return
        if isinstance(stimulus, Answer):
            later = machine.deadline(retransmission.name, self._node)
            self._heard.runs_from_answer = later is not None and later != due
        if isinstance(stimulus, Answer) and machine.awaited(self._node) != before:
            self._judge.answer(stimulus.status)
        if isinstance(stimulus, Uplink | Downlink | Company | HostPacket):
            self._heard.receiver = self._model.traffic.receiver(stimulus)
        self._heard.expect(reaction, stimulus)
        if solicits:
            solicited = self._model.apply(Solicit())
            if solicited is not None:
                self._heard.expect(solicited, Solicit())
        self._heard.is_unwanted, self._heard.offences = (
            isinstance(stimulus, Straggle),
            set(),
        )
        begin_ms = machine.now_ms
        yield from self._listen(begin_ms + self._timers.silence_ms)
        until_ms = begin_ms + self._timers.reaction_ms
        until_ms = max([until_ms, *(e.until_ms for e in self._heard.expected)])
        may_end = not self._heard.is_unwanted
        yield from self._listen(until_ms, lambda: may_end and not self._heard.expected)
        self._heard.is_unwanted = False
        if isinstance(stimulus, Restart) and has_heard:
            self._heard.conclude_stop()
        for seen in sorted(self._heard.offences):
            self._heard.misbehaved((), f"{seen} came")

    def _narrower(self, stimulus: TooBig) -> TooBig:
        """What takes less than before, also where another case has told it already.

        The path is one for all nodes; how much of it the gateway knows is in its RAs.
        """
        advertised, declared = self._heard.tunnel_mtu, self._judge.declared
        known = min(declared.path_mtu, declared.access_link_mtu + HEADER_SIZE)
        if advertised is not None:
            known = advertised + HEADER_SIZE
        told = less_than(known)
        if told is None:
            self._heard.stop(f"the path takes {known}, hardly more than any has to")
        return replace(stimulus, mtu=told)

    def _act(self, do: Callable[[GatewayLink], None], comment: str) -> Script:
        """Do something; the time until it is done has passed for the gateway, too."""
        done = yield Act(do, comment)
        if isinstance(done, int):
            self._heard.elapse(max(self._model.machine.now_ms, done - self._start_ms))

    def _keep_off(self, stimulus: Stimulus) -> Script:
        """Wait where a timer of the gateway has run out or not (`crossing.py`)."""
        machine = self._model.machine

        def until() -> int | None:
            return self._heard.crossing.until(machine.now_ms, self._deadlines(stimulus))

        yield from keep_off(until, self._settle, self._listen)

    def _deadlines(self, stimulus: Stimulus) -> Iterator[tuple[int | None, bool]]:
        """When timers run out, and whether the step stops them."""
        for timer in EXACT:
            stops = isinstance(stimulus, Answer) and timer == retransmission.name
            yield self._model.machine.deadline(timer, self._node), stops

    def _settle(self) -> Script:
        """Wait for the requests that have to come."""
        pending = [e.until_ms for e in self._heard.expected if e.kind == "PBU"]
        if pending:
            yield from self._listen(max(pending), self._has_asked)

    def _has_asked(self) -> bool:
        """Every request that had to come has come."""
        return not any(each.kind == "PBU" for each in self._heard.expected)

    def _welcome(self) -> Script:
        """Accept the registration of the other node, which has to come now."""
        other, self._heard.joining = self._model.scene.companion, None
        until = self._model.machine.now_ms + self._timers.reaction_ms

        def has_come() -> bool:
            return self._heard.joining is not None

        yield from self._listen(until, has_come)
        if self._heard.joining is None:
            self._heard.stop(f"no request for {other.node.decode()} came")
            return
        welcome = self._acts.welcome(self._heard.joining)
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
            self._heard.is_unwanted = True
            self._heard.offences = set()
            yield from self._listen(self._heard.answered_by())
            self._heard.is_unwanted = False
            offences.append(self._heard.offences)
            between = MIN_DELAY_BETWEEN_RAS_MS + self._timers.tolerance_ms
            yield from self._listen(self._model.machine.now_ms + between)
        every = [
            seen for seen in sorted(offences[0]) if all(seen in o for o in offences)
        ]
        for seen in every:
            self._heard.misbehaved((), f"{seen} came, each time")

    # ---- time --------------------------------------------------------------------------

    def _wait(self, stimulus: Await | Idle) -> Script:
        machine = self._model.machine
        if isinstance(stimulus, Idle):
            yield from self._listen(machine.now_ms + stimulus.seconds * 1000)
            return
        until = self._model.until(stimulus, self._timers.tolerance_ms + 1)
        due = machine.deadline(stimulus.timer, self._node)
        if until is None:
            self._heard.stop(f"{stimulus.timer} does not run")
            return

        def is_over() -> bool:
            return (
                stimulus.phase is Phase.PAST
                and machine.deadline(stimulus.timer, self._node) != due
                and not self._heard.expected
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
                self._heard.arrived_ms = time_ms - self._start_ms
                self._heard.elapse(
                    min(limit, max(machine.now_ms, self._heard.arrived_ms))
                )
                self._heard.arrive(packet)
                continue
            # A tester that is late acts late, and its model with it.
            now_ms = limit if came is None else came - self._start_ms
            self._heard.elapse(max(limit, now_ms))
            if machine.now_ms >= until_ms:
                break
        if any(e.until_ms <= machine.now_ms for e in self._heard.expected):
            self._heard.missing()
