"""The gateway with fast handover that the test purposes expect, step by step.

It is the machine of the model with one node and one other gateway; wire forms do not
matter here.  The tester of a case knows the same stimuli as packets.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from pmip6.model.fast_handover.machine import (
    NOT_FORWARDING,
    REFUSING,
    HandoverMachine,
)
from pmip6.model.fast_handover.reception import acknowledge_code_name
from pmip6.model.fast_handover.state import (
    HandoverRequest,
    NewState,
    PreviousState,
)
from pmip6.model.language.interpreter import State, Transition, Value
from pmip6.model.language.table import Rule
from pmip6.model.mag.answer_matching import status_name
from pmip6.model.mag.configuration import (
    HandoverConfiguration,
    backoff,
    gateway_configuration,
    with_fast_handover,
)
from pmip6.model.state import Origin, pba, registration_lifetime, renewal
from pmip6.model.wire.numbers import (
    HandoffIndicator,
    HandoverInitiateCode,
    is_rejection,
)
from pmip6.vectors.fast_handover.stimuli import (
    Acknowledgement,
    Datagram,
    Elapse,
    Flags,
    HandoverStimulus,
    HostAction,
    Indication,
    Initiation,
    LinkDown,
    LinkUp,
    Registration,
    Said,
    Solicitation,
)

NODE = b"mn@example.org"
GATEWAY, OTHER = IPv6Address("2001:db8:1::11"), IPv6Address("2001:db8:1::12")
PREFIX = IPv6Network("2001:db8:100:1::/64")
OTHER_PREFIX = IPv6Network("2001:db8:100:2::/64")
LIFETIME_MS = 600_000
REFUSED = (
    Said.UNKNOWN_CONTEXT,
    Said.NOBODY,
    Said.STRANGER,
    Said.STRANGE_OFFER,
)
"""What is refused before the model is asked (model/fast_handover/reception.py)."""


class HandoverScene(enum.StrEnum):
    """What the gateway of a case is like."""

    FORWARDING = "its HIs have the F flag"
    BUFFERING = "its HIs have the U flag"
    CONTEXT = "its HIs have neither flag; with the context it asks for forwarding"
    NO_BUFFER = "it has no room for packets"
    NO_FORWARDING = "it cannot forward"
    GRE_KEYS = "packets between it and other gateways have GRE headers with a key"


DERIVED = tuple(scene for scene in HandoverScene if scene is not HandoverScene.GRE_KEYS)
"""Scenes whose rules are tried one by one: with keys the same steps are taken."""


REQUESTS: dict[HandoverScene, tuple[HandoverRequest, ...]] = {
    HandoverScene.BUFFERING: (
        HandoverRequest.OFFER_AND_BUFFER,
        HandoverRequest.FETCH_AND_BUFFER,
        HandoverRequest.ASK_TO_FORWARD,
    ),
    HandoverScene.CONTEXT: (
        HandoverRequest.OFFER,
        HandoverRequest.FETCH,
        HandoverRequest.ASK_TO_FORWARD,
    ),
}
FORWARDING = (HandoverRequest.OFFER_AND_FORWARD, HandoverRequest.FETCH_AND_FORWARD)


@dataclass(frozen=True)
class Where:
    """What a gateway does for a node, as previous and as new one."""

    previous: PreviousState
    new: NewState
    is_on_link: bool
    is_registered: bool
    awaits_answer: bool


@dataclass(frozen=True)
class HandoverSnapshot:
    """A state of the model, to come back to."""

    state: State
    now_ms: int

    @property
    def key(self) -> State:
        """The same for two states that differ in nothing but how far timers have run."""
        return self.state._replace(
            timers=tuple(int(ticks > 0) for ticks in self.state.timers)
        )


class HandoverModel:
    """What a gateway does on the stimuli of a tester.

    Args:
        scene: What it is like.
        rules: Other rules than those of the model.
    """

    machine_kind = HandoverMachine
    """What its machine is; who compares gateways watches another one."""

    def __init__(
        self, scene: HandoverScene, rules: tuple[Rule, ...] | None = None
    ) -> None:
        self.scene = scene
        plain = gateway_configuration(
            GATEWAY,
            (NODE,),
            known={},
            refused=(),
            is_numbered=False,
            lifetime_ms=LIFETIME_MS,
            renewal_ms=LIFETIME_MS * 3 // 4,
            backoff_ms=tuple(backoff()),
        )
        configuration = with_fast_handover(
            plain,
            HandoverConfiguration(
                gateways=(OTHER,),
                may_refuse=scene is HandoverScene.NO_BUFFER,
                may_fail_to_forward=scene is HandoverScene.NO_FORWARDING,
                requests=REQUESTS.get(scene, FORWARDING),
                initiate_ms=(100, 200, 400, 800),
                forwarding_ms=10_000,
                context_ms=10_000,
            ),
        )
        self._steps: list[Transition] = []
        self._machine = self.machine_kind(
            configuration, self._steps.append, lambda node: None, rules
        )

    @property
    def where(self) -> Where:
        """What the gateway does for the node now."""
        machine = self._machine
        return Where(
            machine.previous(NODE),
            machine.new(NODE),
            machine.is_attached(NODE),
            machine.is_granted(NODE),
            bool(machine.initiate_awaited(NODE)),
        )

    @property
    def advertised(self) -> tuple[IPv6Network, ...]:
        """The prefixes that the node has heard of last."""
        return self._machine.advertised(NODE)

    def snapshot(self) -> HandoverSnapshot:
        """Where the model is."""
        return HandoverSnapshot(self._machine.state, self._machine.now_ms)

    def reset(self, snapshot: HandoverSnapshot) -> None:
        """Be where it was."""
        self._machine.reset(snapshot.state, snapshot.now_ms)

    def is_possible(self, stimulus: HandoverStimulus) -> bool:
        """A tester can do it now."""
        machine = self._machine
        match stimulus:
            case LinkUp():
                return not machine.is_attached(NODE)
            case LinkDown() | Solicitation() | HostAction() | Indication():
                return machine.is_attached(NODE)
            case Acknowledgement():
                is_answer = stimulus.is_answer
                return not is_answer or bool(machine.initiate_awaited(NODE))
            case Registration():
                return bool(machine.awaited(NODE))
            case Elapse(timer):
                return machine.deadline(timer, NODE) is not None
            case Initiation() | Datagram():
                return True

    def take(self, stimulus: HandoverStimulus) -> list[Transition]:
        """The steps of the gateway on a stimulus."""
        self._steps.clear()
        machine = self._machine
        match stimulus:
            case LinkUp(is_told):
                if is_told:
                    machine.come_from(NODE, OTHER)
                machine.attach(NODE, HandoffIndicator.UNKNOWN)
            case LinkDown():
                machine.detach(NODE)
            case Solicitation():
                machine.solicit(NODE)
            case HostAction():
                pass  # it means nothing to a gateway of this domain
            case Indication(is_known):
                if is_known:
                    machine.indicate(NODE, OTHER)
            case Initiation():
                self._initiate(stimulus)
            case Acknowledgement():
                self._acknowledge(stimulus)
            case Registration():
                self._register(stimulus)
            case Elapse(timer, times):
                for _ in range(times):
                    machine.hasten(timer, NODE)
            case Datagram():
                pass
        return [step for step in self._steps if step.rule is not None]

    def _initiate(self, stimulus: Initiation) -> None:
        if stimulus.said in REFUSED:
            return
        is_offer = stimulus.said is Said.OFFER
        is_over = stimulus.said is Said.COMPLETION
        over = HandoverInitiateCode.FORWARDING_COMPLETE
        fetches = stimulus.said in (Said.NAMED_FETCH, Said.OPEN_FETCH)
        if stimulus.said is Said.FETCH:  # or what its flags ask for (step e)
            fetches = not self._machine.is_under_way(NODE, OTHER)
        buffers = stimulus.flags is Flags.BUFFER
        preferred: tuple[str, ...] = ()
        if self.scene is HandoverScene.NO_BUFFER and (is_offer or buffers):
            preferred = REFUSING
        if self.scene is HandoverScene.NO_FORWARDING and (
            stimulus.flags is Flags.FORWARD
        ):
            preferred = NOT_FORWARDING
        fields: dict[str, Value] = {
            "node": NODE,
            "source": OTHER,
            "destination": GATEWAY,
            "number": 1,
            "code": (over if is_over else HandoverInitiateCode.DEFAULT).name,
            "buffer": buffers,
            "forward": stimulus.flags is Flags.FORWARD,
            "prefix": PREFIX if is_offer else None,
            "context_request": fetches,
        }
        self._machine.initiate(fields, preferred)

    def _acknowledge(self, stimulus: Acknowledgement) -> None:
        if not stimulus.is_answer:
            return  # it is refused before the model is asked
        prefix = OTHER_PREFIX if stimulus.is_other_prefix else PREFIX
        fields: dict[str, Value] = {
            "node": NODE,
            "source": OTHER,
            "destination": GATEWAY,
            "number": self._machine.initiate_awaited(NODE),
            "code": acknowledge_code_name(stimulus.code),
            "buffer": False,
            "forward": False,
            "prefix": prefix if stimulus.has_context else None,
        }
        self._machine.acknowledge(fields)

    def _register(self, stimulus: Registration) -> None:
        granted = OTHER_PREFIX if stimulus.is_other_prefix else PREFIX
        values: dict[str, Value] = {
            "node": NODE,
            "gateway": GATEWAY,
            "origin": Origin.ANCHOR.name,
            "status": status_name(stimulus.status),
            "prefix": None if is_rejection(stimulus.status) else granted,
            "request": self._machine.awaited(NODE),
            "sequence": 0,
            "is_echo": True,
            "address_in_use": False,
        }
        message = tuple(values[name] for name, _ in pba.fields)
        durations = {
            registration_lifetime.name: LIFETIME_MS,
            renewal.name: LIFETIME_MS * 3 // 4,
        }
        self._machine.answer(message, durations)
