"""A gateway under test as the model sees it: stimuli in, what has to come out.

The same object derives the test purposes and, told what comes on the wire, is the oracle
of a running case.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, IPv6Network

from pmip6.model.domain import Element
from pmip6.model.language.interpreter import Message, State, Transition, Value
from pmip6.model.language.table import Role, Rule
from pmip6.model.mag.answer_matching import (
    abstract_answer,
    advised_ms,
    answered,
    granted_durations,
    is_echo,
)
from pmip6.model.mag.configuration import backoff, gateway_configuration
from pmip6.model.mag.forwarding import ForwardingRule
from pmip6.model.mag.machine import GatewayMachine
from pmip6.model.mag.request_construction import Registrant, build_request
from pmip6.model.state import (
    UpdateListState,
    pbu,
    registration_lifetime,
    renewal,
    retransmission,
)
from pmip6.model.wire.abstraction import prefix_value
from pmip6.model.wire.messages import (
    UNSPECIFIED,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.numbers import (
    LIFETIME_UNIT_SECONDS,
    HandoffIndicator,
    is_rejection,
)
from pmip6.vectors.lma.stimuli import Phase
from pmip6.vectors.mag.answers import (
    FREE_LINK_LOCAL,
    Scene,
    make_answer,
)
from pmip6.vectors.mag.discovery import (
    SolicitationForm,
    is_taken,
    neighbor_solicitation,
    router_solicitation,
)
from pmip6.vectors.mag.stimuli import (
    ANSWER_FAULTS,
    Answer,
    AnswerForm,
    Ask,
    Attach,
    Await,
    Company,
    CompanyAct,
    Detach,
    Downlink,
    Frame,
    Hint,
    HostPacket,
    Idle,
    Lease,
    Named,
    Probe,
    Restart,
    Solicit,
    Source,
    Stimulus,
    Straggle,
    Synchronise,
    TooBig,
    Uplink,
)
from pmip6.vectors.mag.traffic import Sessions

ANOTHER_LINK_LOCAL = IPv6Address("fe80::5213:2")
"""Stands for the address that a gateway chooses itself."""
ANY_LINK_LOCAL = IPv6Address("fe80::5213:3")
"""Stands for the address that a gateway has, where any will do."""
LATEST_RENEWAL_PERCENT = 90
"""When the model renews, of the granted lifetime."""
NOT_TAKEN = frozenset(
    {AnswerForm.DIRECT, AnswerForm.STRANGER, AnswerForm.BAD_CHECKSUM, *ANSWER_FAULTS}
)
"""Forms that keep an answer from the rules of the gateway."""
HINTS = {
    Hint.NOTHING: HandoffIndicator.UNKNOWN,
    Hint.NEW_INTERFACE: HandoffIndicator.NEW_INTERFACE,
    Hint.BETWEEN_INTERFACES: HandoffIndicator.BETWEEN_INTERFACES,
    Hint.BETWEEN_GATEWAYS: HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
}
TIMERS = (retransmission.name, renewal.name, registration_lifetime.name)
SOLICITED = "answer_solicitation"


class GatewayDomain(enum.StrEnum):
    """What is fixed for the domain of the gateway."""

    FIXED = "fixed"  # link-local address; timestamps order the requests
    SIGNALLED = "signalled"  # the anchor says the link-local address
    NUMBERED = "numbered"  # sequence numbers order the requests
    PROTECTED = "protected"  # the signalling is under ESP
    ANONYMOUS = "anonymous"  # no interface has an identifier that the gateway knows
    PROFILED = "profiled"  # the policy profile of the node names its prefix
    DENIED = "denied"  # the node is not entitled to the service
    COMPANY = "company"  # the gateway has another node
    LOCAL = "local"  # the same, and local routing
    EXEMPT = "exempt"  # the same, but the profile of the node forbids it

    @property
    def is_signalled(self) -> bool:
        """The anchor says the link-local address of the gateway."""
        return self is GatewayDomain.SIGNALLED

    @property
    def is_numbered(self) -> bool:
        """Sequence numbers order the requests."""
        return self is GatewayDomain.NUMBERED

    @property
    def routes_locally(self) -> bool:
        """EnableMAGLocalRouting is set."""
        return self in (GatewayDomain.LOCAL, GatewayDomain.EXEMPT)

    @property
    def has_company(self) -> bool:
        """The gateway has another node."""
        return self.routes_locally or self is GatewayDomain.COMPANY


@dataclass(frozen=True)
class Reaction:
    """What a gateway does on a stimulus.

    Args:
        rule: The rule of the gateway that takes it, None where none does.
        way: The row that decides over a user packet, None without one.
        requests: What has to be sent: when, and the message of the model.
        is_advertised: An RA has to come.
    """

    rule: Rule | None
    way: ForwardingRule | None
    requests: tuple[tuple[int, Message], ...]
    is_advertised: bool


Snapshot = tuple[
    State,
    int,
    ProxyBindingUpdate | None,
    int,
    IPv6Address,
    bool,
    tuple[IPv6Network, ...],
    bool,
    int | None,
    bool,
]


def _profiled(scene: Scene) -> dict[Element, Value]:
    """The prefix that the profile of the node names."""
    return {scene.node: prefix_value(scene.prefixes[:1])}


class GatewayModel:
    """The gateway of one scene.

    Args:
        scene: Who and where.
        domain: What is fixed for its domain.
        rules: The rules that it follows; those of the model where None.
        reserve_ms: How long before its end a lifetime is renewed at the latest; a tenth
            of it where None.
    """

    def __init__(
        self,
        scene: Scene,
        domain: GatewayDomain,
        rules: Iterable[Rule] | None = None,
        reserve_ms: int | None = None,
    ) -> None:
        self.scene = scene
        self._reserve_ms = reserve_ms
        self.domain = domain
        self._companion = scene.companion.node if domain.has_company else b""
        self._joining: ProxyBindingUpdate | None = None  # the request of that node
        lifetime = scene.long_units * LIFETIME_UNIT_SECONDS * 1000
        configuration = gateway_configuration(
            scene.gateway,
            (scene.node, *([self._companion] if self._companion else [])),
            known=_profiled(scene) if domain is GatewayDomain.PROFILED else {},
            refused=(scene.node,) if domain is GatewayDomain.DENIED else (),
            is_numbered=domain.is_numbered,
            lifetime_ms=lifetime,
            renewal_ms=lifetime,
            backoff_ms=tuple(backoff(*scene.backoff_ms)),
        )
        self.machine = GatewayMachine(configuration, self._taken, rules)
        self.request: ProxyBindingUpdate | None = None  # the latest one
        self.sent_ms = 0  # when it was sent
        self.named = UNSPECIFIED  # the gateway's link-local address, by the anchor
        self.is_known = False  # the node's own link-local address
        self.has_to_upload = False  # an address of its own choice
        self.continues_at: int | None = None  # the number that 135 told
        self.former: tuple[IPv6Network, ...] = ()  # prefixes that the session has lost
        self.has_restarted = False
        self.has_asked = False  # the node, a DHCP server
        self.is_advised = False  # by the anchor, to register again before it has to
        self.path_mtu: int | None = None  # what a router of the path has told
        self._first = self.machine.state
        self._steps: list[tuple[int, Transition]] = []

    # ---- stimuli -----------------------------------------------------------------------

    def apply(self, stimulus: Stimulus) -> Reaction | None:
        """Take a stimulus; None where it cannot be brought about."""
        self._steps = []
        way: ForwardingRule | None = None
        before = self.session()
        node, is_here = self.scene.node, self.machine.is_attached(self.scene.node)
        match stimulus:
            case Attach() if not is_here:
                self.machine.attach(node, HINTS[stimulus.hint])
            case Detach() if is_here:
                self.is_known = False
                self.machine.detach(node)
            case Solicit(form=form) if is_here:
                if self.is_taken(stimulus):
                    self.is_known |= form is not SolicitationForm.UNSPECIFIED
                    self.machine.solicit(node)
            case Ask() if is_here:
                pass  # neighbour discovery has no state in the model
            case TooBig(mtu=mtu) if self.session():
                self.path_mtu = mtu
            case Probe():
                pass
            case Lease() if self.session():
                self.has_asked = True
            case Restart():
                self._restart()
            case Synchronise():
                self.machine.synchronise((node,))
            case Answer() if self.request is not None:
                self._answer(stimulus, self.request)
            case Straggle(frame=frame) if not is_here:
                if frame is Frame.PACKET:
                    way = self.traffic.way(Uplink())
                elif frame is Frame.SOLICITATION:
                    self.machine.solicit(node)
            case Uplink(source=Source.FORMER) if is_here and not self.former:
                return None
            case Uplink() if is_here:
                way = self.traffic.way(stimulus)
            case Downlink(is_former=True) if not self.former:
                return None
            case Company(act=CompanyAct.JOINS) if not self.traffic.company:
                self._join()
            case Company() if self.traffic.company:
                way = self.traffic.way(stimulus)
            case Downlink() | HostPacket():
                way = self.traffic.way(stimulus)
            case Await():
                until = self.until(stimulus)
                if until is None:
                    return None
                self.machine.elapse(until)
            case Idle():
                self.machine.elapse(self.machine.now_ms + stimulus.seconds * 1000)
            case _:
                return None
        now = self.session()
        if now and now != before:
            self.former = tuple(prefix for prefix in before if prefix not in now)
        elif not now:
            self.former = ()
        reaction = self._reaction(way)
        is_told = isinstance(stimulus, TooBig | Answer) and stimulus.is_told
        return replace(reaction, is_advertised=True) if is_told else reaction

    def until(self, wait: Await, margin_ms: int = 0) -> int | None:
        """Until when a wait lasts; None where the timer does not run."""
        due = self.machine.deadline(wait.timer, self.scene.node)
        if due is None:
            return None
        match wait.phase:
            case Phase.PAST:
                return due + margin_ms
            case Phase.NEARLY:
                return due - max(margin_ms, 100)
            case Phase.BEGUN:
                return (due + self.machine.now_ms) // 2

    def elapse(self, now_ms: int) -> Reaction:
        """Let time pass."""
        self._steps = []
        self.machine.elapse(now_ms)
        return self._reaction(None)

    def hasten(self, timer: str) -> Reaction:
        """A timer falls due now."""
        self._steps = []
        self.machine.hasten(timer, self.scene.node)
        return self._reaction(None)

    def is_taken(self, stimulus: Solicit | Ask) -> bool:
        """Whether a receiver processes the solicitation."""
        return is_taken(self.solicitation(stimulus, ANY_LINK_LOCAL))

    def solicitation(self, stimulus: Solicit | Ask, target: IPv6Address) -> bytes:
        """The packet of a solicitation.

        Args:
            stimulus: Which one.
            target: What an `Ask` asks for.
        """
        source, own = self.scene.node_link_local, self.scene.link_layer
        if isinstance(stimulus, Solicit):
            return router_solicitation(source, own, stimulus.form)
        return neighbor_solicitation(source, own, target, stimulus.form)

    def answer(self, stimulus: Answer) -> ProxyBindingAcknowledgement:
        """The acknowledgement that a stimulus stands for."""
        assert self.request is not None
        return make_answer(stimulus, self.request, self.scene)

    def _answer(self, stimulus: Answer, request: ProxyBindingUpdate) -> None:
        if stimulus.form in NOT_TAKEN:
            return
        answer = make_answer(stimulus, request, self.scene)
        node = self.scene.node
        is_open = bool(self.machine.awaited(node))
        found = answered(answer, {node: request} if is_open else {})
        echoes = is_echo(answer, request)
        collides = stimulus.named is Named.OF_NODE and self.is_known
        signalled = self.domain.is_signalled
        message = abstract_answer(
            answer,
            node,
            self.scene.gateway,
            request=0 if found is None else self.machine.awaited(node),
            is_echo=echoes,
            address_in_use=collides and signalled,
        )
        if found is not None and echoes and not is_rejection(answer.status):
            self._name(stimulus.named, collides=collides)
        if found is not None and answer.sequence != request.sequence:
            self.continues_at = answer.sequence
        self.is_advised = advised_ms(answer) is not None
        waited_ms = self.machine.now_ms - self.sent_ms
        durations = granted_durations(answer, waited_ms, LATEST_RENEWAL_PERCENT)
        if self._reserve_ms is not None and not self.is_advised:
            left = durations[registration_lifetime.name]
            durations[renewal.name] = max(0, left - self._reserve_ms)
        self.machine.answer(message, durations)

    def _restart(self) -> None:
        """Nothing is known of any node; what is configured is as it was."""
        self.machine.reset(self._first, self.machine.now_ms)
        self.request, self.continues_at = None, None
        self.named, self.former = UNSPECIFIED, ()
        self.is_known, self.has_to_upload = False, False
        self.has_restarted = True

    def _join(self) -> None:
        """The other node comes, and the anchor accepts its registration."""
        scene = self.scene.companion
        self.machine.attach(scene.node, HandoffIndicator.UNKNOWN)
        request = self._joining
        assert request is not None
        answer = make_answer(Answer(), request, scene)
        message = abstract_answer(
            answer,
            scene.node,
            scene.gateway,
            request=self.machine.awaited(scene.node),
            is_echo=True,
            address_in_use=False,
        )
        durations = granted_durations(answer, 0, LATEST_RENEWAL_PERCENT)
        self.machine.answer(message, durations)

    def _name(self, named: Named, *, collides: bool) -> None:
        """The gateway's link-local address after an acceptance that names one."""
        if not self.domain.is_signalled or named is Named.NOTHING:
            return
        told = FREE_LINK_LOCAL if named is Named.FREE else self.scene.node_link_local
        self.named = ANOTHER_LINK_LOCAL if collides else told
        self.has_to_upload = collides

    @property
    def traffic(self) -> Sessions:
        """What user packets meet now."""
        return Sessions(
            self.scene,
            self.session(),
            self._session_of(self._companion) if self._companion else (),
            self.former,
            self.domain.routes_locally,
            False if self.domain is GatewayDomain.EXEMPT else None,
        )

    def session(self) -> tuple[IPv6Network, ...]:
        """The prefixes of the accepted session."""
        return self._session_of(self.scene.node)

    def _session_of(self, node: bytes) -> tuple[IPv6Network, ...]:
        return self.machine.prefixes(node) if self.machine.is_granted(node) else ()

    # ---- what follows ------------------------------------------------------------------

    def _taken(self, step: Transition) -> None:
        if self._companion in step.environment.values():
            self._note_companion(step)
            return
        self._steps.append((self.machine.now_ms, step))
        control = self.machine.control(self.scene.node)
        if control in (UpdateListState.ABSENT.name, UpdateListState.REFUSED.name):
            self.named = UNSPECIFIED
        for channel, message in step.sent:
            if channel == pbu:
                self.request = build_request(message, self.registrant(0))
                self.sent_ms = self.machine.now_ms

    def _note_companion(self, step: Transition) -> None:
        for channel, message in step.sent:
            if channel == pbu:
                known = replace(
                    self.registrant(0), link_layer=self.scene.companion.link_layer
                )
                self._joining = build_request(message, known)

    def registrant(self, timestamp: int) -> Registrant:
        """What the gateway knows of the node, as far as the tester knows it."""
        anonymous = self.domain is GatewayDomain.ANONYMOUS
        before = 0 if self.request is None else self.request.sequence
        return Registrant(
            proxy_coa=self.scene.gateway,
            lma_address=self.scene.anchor,
            technology=4,
            link_layer=None if anonymous else self.scene.link_layer,
            link_local=self.named if self.domain.is_signalled else None,
            lifetime=self.scene.long_units,
            sequence=before,
            timestamp=None if self.domain.is_numbered else timestamp,
        )

    def _reaction(self, way: ForwardingRule | None) -> Reaction:
        own = [step for _, step in self._steps if step.rule is not None]
        first = next((s.rule for s in own if s.rule and s.rule.role is Role.MAG), None)
        return Reaction(
            first,
            way,
            tuple(
                (at, message)
                for at, step in self._steps
                for channel, message in step.sent
                if channel == pbu
            ),
            any(step.name == SOLICITED for step in own),
        )

    @property
    def control(self) -> str:
        """The control state of the entry, and what it waits for."""
        node = self.scene.node
        name = self.machine.control(node)
        waits = bool(self.machine.awaited(node))
        match UpdateListState[name]:
            case UpdateListState.REGISTERED if waits:
                return f"{name}, renewing"
            case UpdateListState.REGISTERING if not waits:
                return f"{name}, later"
            case _:
                return name

    # ---- states ------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """All that a stimulus changes."""
        return (
            self.machine.state,
            self.machine.now_ms,
            self.request,
            self.sent_ms,
            self.named,
            self.is_known,
            self.former,
            self.has_restarted,
            self.path_mtu,
            self.has_asked,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a state."""
        state, now_ms, self.request, self.sent_ms = snapshot[:4]
        self.named, self.is_known, self.former = snapshot[4:7]
        self.has_restarted, self.path_mtu, self.has_asked = snapshot[7:]
        self.machine.reset(state, now_ms)

    def signature(self) -> object:
        """What tells states apart that a tester can bring about."""
        state = self.machine.state
        times = {name for name, _ in self.machine.model.cells if name in ("awaited",)}
        cells = tuple(
            bool(value) if name in times else value
            for (name, _), value in zip(
                self.machine.model.cells, state.cells, strict=True
            )
        )
        running = tuple(bool(ticks) for ticks in state.timers)
        beside = self.request is None, self.is_known, self.former, self.has_restarted
        return cells, running, beside, self.path_mtu, self.has_asked
