"""The requests of the gateways in a run, against the request rules.

A gateway of the model is followed by what it sends and receives.  Of the state only two
things count: its control state, which says what a request is for, and where the node is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pmip6.model.domain import Element, Model
from pmip6.model.language.interpreter import Transition, Value
from pmip6.model.language.table import Role
from pmip6.model.mag.request_rules import (
    Purpose,
    RequestRule,
    Situation,
    request_faults,
)
from pmip6.model.state import UpdateListState, pba, pbu
from pmip6.model.wire.abstraction import fields_of
from pmip6.model.wire.messages import ProxyBindingUpdate, options_of
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.model.wire.options import HomeNetworkPrefix
from pmip6.vectors.packs.run_form import WireMessage, wire_steps

PURPOSES = {
    UpdateListState.REGISTERING.name: Purpose.REGISTRATION,
    UpdateListState.REGISTERED.name: Purpose.RENEWAL,
    UpdateListState.DEREGISTERING.name: Purpose.DEREGISTRATION,
}
ACCEPTED = BindingAckStatus.ACCEPTED.name
NOT_AUTHORIZED = BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX.name
Place = tuple[Value, Value]  # a node at a gateway


@dataclass(frozen=True)
class RequestFault:
    """A request that breaks a rule: its step in the run, from 1, and what is wrong."""

    step: int
    rule: RequestRule
    text: str


@dataclass
class _Followed:
    """A node at a gateway: the situation so far, and the requests by their timestamps."""

    known: Situation = field(default_factory=lambda: Situation(Purpose.REGISTRATION))
    sent: dict[Value, ProxyBindingUpdate] = field(
        default_factory=dict[Value, ProxyBindingUpdate]
    )
    answers: dict[Value, tuple[HomeNetworkPrefix, ...]] = field(
        default_factory=dict[Value, tuple[HomeNetworkPrefix, ...]]
    )


class GatewayRun:
    """Follows the gateways of a model through a run."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._followed: dict[Place, _Followed] = {}

    def faults(self, steps: Iterable[Transition]) -> Iterator[RequestFault]:
        """Every request of the run that breaks a rule."""
        for number, (step, messages) in enumerate(wire_steps(self._model, steps), 1):
            if step.rule is None:
                continue
            if step.rule.role is Role.LMA:
                self._note_answers(step, messages)
            if step.rule.role is Role.MAG:
                self._receive(step)
                for rule, text in self._send(step, messages):
                    yield RequestFault(number, rule, text)
                self._end(step)

    def _at(self, node: Value, gateway: Value) -> _Followed:
        return self._followed.setdefault((node, gateway), _Followed())

    def _note_answers(
        self, step: Transition, messages: tuple[WireMessage, ...]
    ) -> None:
        """What the answers that a gateway may receive look like on the wire."""
        for (channel, sent), wire in zip(step.sent, messages, strict=True):
            values = fields_of(sent, channel.fields)
            if channel == pba and values["status"] == ACCEPTED:
                found = self._at(values["node"], values["gateway"])
                prefixes = tuple(options_of(wire.message, HomeNetworkPrefix))
                found.answers[values["request"]] = prefixes

    def _receive(self, step: Transition) -> None:
        """Take an acknowledgement that answers the last request."""
        assert step.rule is not None
        if step.rule.on != pba:
            return
        got = {name: step.environment[f"message.{name}"] for name, _ in pba.fields}
        found = self._at(got["node"], got["gateway"])
        if not found.sent or got["request"] != max(found.sent, key=_number):
            return
        found.known = replace(found.known, unanswered=None)
        if got["status"] == ACCEPTED:
            prefixes = found.answers[got["request"]]
            found.known = replace(found.known, prefixes=prefixes, refused=())
        if got["status"] == NOT_AUTHORIZED:
            named = options_of(found.sent[got["request"]], HomeNetworkPrefix)
            refused = tuple(p for p in named if not p.is_all_zero)
            found.known = replace(found.known, prefixes=(), refused=refused)

    def _send(
        self, step: Transition, messages: tuple[WireMessage, ...]
    ) -> Iterator[tuple[RequestRule, str]]:
        for (channel, sent), wire in zip(step.sent, messages, strict=True):
            if channel != pbu:
                continue
            values = fields_of(sent, pbu.fields)
            found = self._at(values["node"], values["gateway"])
            request = wire.message
            assert isinstance(request, ProxyBindingUpdate)
            purpose = PURPOSES[self._control(step, values["node"], values["gateway"])]
            node, gateway = values["node"], values["gateway"]
            known = replace(
                found.known,
                purpose=purpose,
                is_attached=self._is_attached(step, node, gateway),
            )
            if purpose is not found.known.purpose:
                known = replace(known, unanswered=None)
                if found.known.purpose is Purpose.DEREGISTRATION:
                    known = Situation(purpose, is_attached=known.is_attached)
            yield from request_faults(request, known)
            found.sent[values["timestamp"]] = request
            initial = request if purpose is Purpose.REGISTRATION else known.initial
            found.known = replace(known, initial=initial, unanswered=request)

    def _end(self, step: Transition) -> None:
        """A gateway that has forgotten the node starts afresh."""
        for node, gateway in list(self._followed):
            if self._control(step, node, gateway) == UpdateListState.ABSENT.name:
                del self._followed[node, gateway]

    def _control(self, step: Transition, node: Element, gateway: Element) -> str:
        """Control state of a binding update list entry after the step."""
        position = self._model.cells["bule_state", (node, gateway)]
        return str(step.target.cells[position])

    def _is_attached(self, step: Transition, node: Element, gateway: Element) -> bool:
        """Whether the node is on the link of the gateway."""
        position = self._model.cells["attached", (node,)]
        return step.target.cells[position] == gateway


def _number(time: Value) -> int:
    assert isinstance(time, int)
    return time
