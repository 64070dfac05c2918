"""What a reference implementation does in its machine while a case runs.

Its edges are noted, and what the guards of its rules are like whenever they are asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Any

from pmip6.conformance.fast_handover.gateway import FastHandoverGateway
from pmip6.conformance.mag.domain import configuration_of
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.port import Sent
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.messages import RouterSolicitation
from pmip6.model.domain import Element, Model
from pmip6.model.fast_handover.machine import HandoverMachine
from pmip6.model.fast_handover.previous_gateway import ignore_handover_acknowledge
from pmip6.model.language.evaluation import Environment
from pmip6.model.language.interpreter import Message as Received
from pmip6.model.language.interpreter import Transition
from pmip6.model.language.table import Channel, Message, Role, Rule, Timer
from pmip6.model.language.terms import name_of, variable
from pmip6.model.lma.lookup import matches
from pmip6.model.machines import LmaMachine, MagMachine, RoleMachine
from pmip6.model.mag.machine import GatewayMachine
from pmip6.model.state import ENTRY, pba, pbu
from pmip6.model.wire.messages import HandoverAcknowledge
from pmip6.properties.guards.decisions import Side
from pmip6.vectors.guards.shipped import shipped_decisions
from pmip6.vectors.guards.watch import GuardWatch
from pmip6.vectors.packs.observable import FREE, anchor_control, edge, gateway_control

_BELONGS = matches(variable("entry", ENTRY), Message(pbu))
"""The request belongs to the session of an entry."""


@dataclass
class Walk:
    """What is noted of one case.

    Attributes:
        taken: The edges that are taken: by an anchor, or by a gateway for each node.
        rules: Those that there are.
        sides: Of conditions that decided about a guard alone.
        is_unclear: A request belonged to two sessions, of which the RFC prefers none.
        answers: Those of an anchor that nobody has heard yet, by whether they are of a
            session that was not there before.
    """

    taken: dict[Element, list[str]] = field(default_factory=dict[Element, list[str]])
    rules: set[str] = field(default_factory=set[str])
    sides: set[Side] = field(default_factory=set[Side])
    is_unclear: bool = False
    answers: deque[bool] = field(default_factory=deque[bool])

    def take(self, rule: str, before: str, after: str, node: Element = None) -> None:
        """Note an edge."""
        self.taken.setdefault(node, []).append(edge(rule, before, after))

    @property
    def edges(self) -> list[str]:
        """Those that are taken, node after node: the next edge is one of the same node."""
        return [each for edges in self.taken.values() for each in edges]


class Watches:
    """Watches over the guards of machines, one for all of the same settings."""

    def __init__(self) -> None:
        self._by_settings: dict[str, GuardWatch] = {}

    def over(self, model: Model, role: Role, settings: str) -> GuardWatch:
        """The watch for machines with a model; `settings` tell models apart."""
        found = self._by_settings.get(settings)
        if found is None:
            found = GuardWatch(shipped_decisions(role), model)
            self._by_settings[settings] = found
        return found


class WatchedMachine(RoleMachine):
    """A machine that notes, whenever it is asked for a step, what its guards are like."""

    watch: GuardWatch | None = None
    walk: Walk

    def _ask(self, rules: Iterable[Rule], env: Environment) -> None:
        if self.watch is not None:
            self.watch.ask(rules, self.state, env, self.walk.sides)

    def _rules_on(self, trigger: Channel | Timer | None) -> list[Rule]:
        return [] if self.watch is None else self.watch.decisions.rules_on(trigger)

    def receive(
        self,
        channel: Channel,
        message: Received,
        durations: Mapping[str, int] | None = None,
        *,
        preferred: Collection[str] = (),
    ) -> Transition | None:
        """Ask all rules on the message, and take the first step that one allows."""
        self._ask(self._rules_on(channel), _fields(channel, message))
        return super().receive(channel, message, durations, preferred=preferred)

    def expire(
        self,
        timer: Timer,
        args: tuple[Element, ...],
        durations: Mapping[str, int] | None = None,
    ) -> Transition | None:
        """Ask all rules on the timer, and take the first step that one allows."""
        for rule in self._rules_on(timer):
            due = dict(zip(map(name_of, rule.expiry_args), args, strict=True))
            self._ask((rule,), due)
        return super().expire(timer, args, durations)

    def act(self, name: str, indices: Mapping[str, Element]) -> Transition | None:
        """Ask the rule, and take it if its guard holds."""
        rules = [rule for rule in self._rules_on(None) if rule.name == name]
        self._ask(rules, dict(indices))
        return super().act(name, indices)


def _fields(channel: Channel, message: Received) -> Environment:
    """A message as a condition reads it."""
    names = (f"message.{name}" for name, _ in channel.fields)
    return dict(zip(names, message, strict=True))


class WalkingMachine(WatchedMachine, LmaMachine):
    """A machine of an anchor that notes the edges that it takes.

    Args:
        model: Its model.
        walk: Where they are noted.
        watch: What looks at its guards, if anything does.
    """

    def __init__(
        self, model: Model, walk: Walk, watch: GuardWatch | None = None
    ) -> None:
        LmaMachine.__init__(self, model)
        self.walk = self._walk = walk
        self.watch = watch
        walk.rules |= {rule.name for rule in model.rules if rule.role is self.role}

    def begin(self, walk: Walk) -> None:
        """Begin anew, and note elsewhere what is done."""
        self.resume(self.interpreter.initial())
        self.walk = self._walk = walk
        walk.rules |= {rule.name for rule in self.model.rules if rule.role is self.role}

    def _control_of(self) -> str:
        """The states of the sessions that there are."""
        return anchor_control(cell.control_state for cell in self.cells.values())

    def receive(
        self,
        channel: Channel,
        message: Received,
        durations: Mapping[str, int] | None = None,
        *,
        preferred: Collection[str] = (),
    ) -> Transition | None:
        """Note whether the message belongs to two sessions, and take a step."""
        fields = _fields(channel, message)
        belongs = [
            entry
            for entry in self.model.configuration.entries
            if channel == pbu
            and self.interpreter.value(_BELONGS, self.state, {**fields, "entry": entry})
        ]
        self.walk.is_unclear |= len(belongs) > 1
        return super().receive(channel, message, durations, preferred=preferred)

    def take(self, step: Transition) -> Transition:
        """Take a step, and note its edge."""
        before, sessions = self._control_of(), self._sessions()
        taken = super().take(step)
        self._walk.take(step.name, before, self._control_of())
        opens = bool(self._sessions() - sessions)
        self._walk.answers += [opens for channel, _ in step.sent if channel == pba]
        return taken

    def _sessions(self) -> set[tuple[Element, ...]]:
        """The entries that are in use."""
        cells = self.cells.items()
        return {args for args, cell in cells if cell.control_state != FREE}


class _GatewaysMachine(WatchedMachine, MagMachine):
    """The watched machine of a gateway."""

    def __init__(self, model: Model, walk: Walk, watch: GuardWatch) -> None:
        MagMachine.__init__(self, model)
        self.walk, self.watch = walk, watch
        self.interpreter = watch.interpreter  # of the same settings


class WalkingGateway(ReferenceGateway):
    """A gateway that notes the edges that it takes, and what its guards are like.

    Args:
        settings: What it is told.
        walk: Where they are noted.
        watches: What looks at guards.
        others: As for any reference gateway.
    """

    def __init__(
        self, settings: GatewaySettings, walk: Walk, watches: Watches, **others: Any
    ) -> None:
        self._walk = walk
        self._watches = watches
        super().__init__(settings, **others)
        rules = self._machine.model.rules
        walk.rules |= {rule.name for rule in rules if rule.role is Role.MAG}
        self._initial = self._machine.state
        self._controls: dict[Element, str] = {}

    def _watched(self, model: Model) -> MagMachine:
        told = self.settings.model_dump_json()
        watch = self._watches.over(model, Role.MAG, told)
        return _GatewaysMachine(model, self._walk, watch)

    def _made_machine(
        self, rules: Iterable[Rule] | None, start_ms: int
    ) -> GatewayMachine:
        made = self._watched

        class Machine(GatewayMachine):
            """The machine with its clock."""

            def _made(self, model: Model) -> MagMachine:
                return made(model)

        configuration = configuration_of(self.settings)
        return Machine(configuration, self._taken, rules, start_ms)

    def receive_from_node(
        self, node: bytes, packet: bytes, now_ms: int, time_of_day: int
    ) -> list[Sent]:
        """Note the guard of the rule, too, that a node which has left solicits in vain."""
        sent = super().receive_from_node(node, packet, now_ms, time_of_day)
        known, read = self._known(node), decode_discovery_packet(packet)
        asks = read is not None and isinstance(read[1].message, RouterSolicitation)
        if known is not None and asks and not self._is_on_link(known):
            self._machine.solicit(known)
        return sent

    def _control_of(self, node: Element) -> str:
        """The state for a node before the step at hand."""
        known = self._controls.get(node)
        model = self._machine.model
        return known or gateway_control(model, self._initial, node)

    def _taken(self, step: Transition) -> None:
        node = step.environment.get("node", step.environment.get("message.node"))
        before = self._control_of(node)
        after = gateway_control(self._machine.model, step.target, node)
        self._controls[node] = after
        self._walk.take(step.name, before, after, node)
        super()._taken(step)


class WalkingHandoverGateway(WalkingGateway, FastHandoverGateway):
    """The same for a gateway that does fast handovers."""

    def _made_machine(
        self, rules: Iterable[Rule] | None, start_ms: int
    ) -> HandoverMachine:
        made = self._watched

        class Machine(HandoverMachine):
            """The machine with its clock."""

            def _made(self, model: Model) -> MagMachine:
                return made(model)

        self.machine_kind = Machine
        return FastHandoverGateway._made_machine(self, rules, start_ms)

    def _ignored(self, message: HandoverAcknowledge, source: IPv6Address) -> None:
        """Note the rule of the model for an answer to no HI: its table has decided so."""
        name = ignore_handover_acknowledge.__name__
        node, *_ = self._machine.model.configuration.nodes
        self._walk.take(name, self._control_of(node), self._control_of(node), node)
        super()._ignored(message, source)


def walking_gateway(
    settings: GatewaySettings, walk: Walk, watches: Watches, start_ms: int
) -> ReferenceGateway:
    """A gateway as its settings want it, which notes what it does."""
    kind = WalkingGateway
    if settings.fast_handover is not None:
        kind = WalkingHandoverGateway
    return kind(settings, walk, watches, start_ms=start_ms)
