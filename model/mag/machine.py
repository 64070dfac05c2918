"""The machine of a gateway with its clock: events and time in, steps out.

What happens on the access link are steps of the node's machine on the same state.  After
each event the gateway does by itself what its rules allow, until there is nothing left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv6Network

from pmip6.model.domain import Configuration, Element, Model
from pmip6.model.language.interpreter import Message, State, Transition, Value
from pmip6.model.language.table import Rule, Timer
from pmip6.model.machines import MagMachine, MnMachine
from pmip6.model.state import pba
from pmip6.model.wire.abstraction import fields_of, networks_of
from pmip6.model.wire.numbers import HandoffIndicator

OWN_ACTS = (
    "notice_detachment",
    "forget_refused_node",
    "fail_authentication",
    "propose_prefix",
    "request_allocation",
    "advertise",
)
"""What the gateway does by itself as soon as it may, the first one first."""

MOST_ACTS = 100
"""Steps after one event; rules that want more go round in a circle."""


class GatewayMachine:
    """The first gateway of a configuration, whose ticks are milliseconds.

    Args:
        configuration: Its nodes, facts and durations.
        taken: Called with each step as soon as it is taken.
        rules: The rules that it follows; those of the model where None.
        start_ms: The time from which it runs.
    """

    def __init__(
        self,
        configuration: Configuration,
        taken: Callable[[Transition], None],
        rules: Iterable[Rule] | None = None,
        start_ms: int = 0,
    ) -> None:
        self.model = Model(configuration, rules)
        self.now_ms = start_ms
        self._gateway, *_ = configuration.gateways
        self._taken = taken
        self._machine = self._made(self.model)
        self._nodes = MnMachine(self.model, self._machine.state)

    def _made(self, model: Model) -> MagMachine:
        """What takes the steps; tests of the tester watch it."""
        return MagMachine(model)

    # ---- events ------------------------------------------------------------------------

    def attach(self, node: bytes, hint: HandoffIndicator) -> None:
        """A node comes to the link; nothing happens where it is there already."""
        self._on_link(
            "attach_with_hint",
            {"node": node, "gateway": self._gateway, "hint": hint.name},
        )

    def detach(self, node: bytes) -> None:
        """A node leaves the link."""
        self._on_link("detach", {"node": node})

    def _on_link(self, act: str, indices: dict[str, Element]) -> None:
        self._nodes.state = self._machine.state
        step = self._nodes.act(act, indices)
        if step is not None:
            self._machine.state = self._nodes.state
            self._taken(step)
            self._settle(indices["node"])

    def solicit(self, node: bytes) -> None:
        """A node asks for an advertisement."""
        self._act("answer_solicitation", {"node": node})

    def synchronise(self, nodes: Iterable[bytes]) -> None:
        """The clock is right: the nodes that wait for that get another attempt."""
        for node in nodes:
            self._act("register_after_synchronisation", {"node": node})

    def answer(self, message: Message, durations: Mapping[str, int]) -> bool:
        """Take an acknowledgement; False where no rule does.

        Args:
            message: A `pba` message whose elements are wire values.
            durations: Milliseconds of the timers that the granted lifetime fixes.
        """
        step = self._machine.receive(pba, message, durations)
        if step is None:
            return False
        self._taken(step)
        self._settle(fields_of(message, pba.fields)["node"])
        self._expire()  # what the answer grants may be over already
        return True

    # ---- time --------------------------------------------------------------------------

    def elapse(self, now_ms: int) -> None:
        """Let time pass; what falls due meanwhile happens in order, each at its time."""
        self._expire()
        while self.now_ms < now_ms:
            ahead = now_ms - self.now_ms
            left = self._machine.remaining()
            ticks = ahead if left is None else min(left, ahead)
            self._machine.elapse(ticks)
            self.now_ms += ticks
            self._expire()

    def _expire(self) -> None:
        for timer, args in list(self._machine.due()):
            self._take_expiry(timer, args)

    def _take_expiry(self, timer: Timer, args: tuple[Element, ...]) -> None:
        step = self._machine.expire(timer, args)
        if step is not None:
            self._taken(step)
            self._settle(args[0])

    def hasten(self, timer: str, node: bytes) -> None:
        """Let a timer that runs fall due at once."""
        position = self.model.timers[timer, (node, self._gateway)]
        timers = list(self._machine.state.timers)
        timers[position] = min(1, timers[position])
        self._machine.state = self._machine.state._replace(timers=tuple(timers))
        self._expire()

    def postpone(self, timer: str, node: bytes, delay_ms: int) -> None:
        """Let a timer fall due later, where it runs: what it measures began later.

        Or sooner, with less than 0, but not before now.
        """
        position = self.model.timers[timer, (node, self._gateway)]
        timers = list(self._machine.state.timers)
        if timers[position]:
            timers[position] = max(1, timers[position] + delay_ms)
        self._machine.state = self._machine.state._replace(timers=tuple(timers))

    def next_deadline(self) -> int | None:
        """When the next timer falls due; None where none will.

        One that is due stays so only where no rule takes it.
        """
        left = self._machine.remaining()
        return None if left is None else self.now_ms + left

    def deadline(self, timer: str, node: bytes) -> int | None:
        """When a timer of a node falls due; None where it does not run."""
        position = self.model.timers[timer, (node, self._gateway)]
        ticks = self._machine.state.timers[position]
        return self.now_ms + ticks - 1 if ticks else None

    # ---- acts of its own ---------------------------------------------------------------

    def _settle(self, node: Element) -> None:
        """Do what the rules allow for a node; an event of it allows nothing for others."""
        for _ in range(MOST_ACTS):
            if not self._act_by_itself(node):
                return

    def _act_by_itself(self, node: Element) -> bool:
        """Take the first step of its own accord that it may; False where there is none."""
        return any(self._act(name, {"node": node}) for name in OWN_ACTS)

    def _act(self, name: str, indices: dict[str, Element]) -> bool:
        step = self._machine.act(name, indices)
        if step is None:
            return False
        self._taken(step)
        return True

    def reset(self, state: State, now_ms: int) -> None:
        """Be in a state at a time."""
        self._machine.resume(state)
        self._nodes.resume(state)
        self.now_ms = now_ms

    # ---- the state ---------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The state of the domain as the gateway sees it."""
        return self._machine.state

    def _cell(self, name: str, *args: Element) -> Value:
        return self._machine.state.cells[self.model.cells[name, args]]

    def control(self, node: bytes) -> str:
        """The control state of the entry of a node."""
        return str(self._cell("bule_state", node, self._gateway))

    def awaited(self, node: bytes) -> Value:
        """The time of the request that has not been answered; 0 where there is none."""
        return self._cell("awaited", node, self._gateway)

    def is_attached(self, node: bytes) -> bool:
        """Whether the node is on the link."""
        return self._cell("attached", node) is not None

    def is_granted(self, node: bytes) -> bool:
        """Whether the node has an established binding."""
        return bool(self._cell("granted", node, self._gateway))

    def prefixes(self, node: bytes) -> tuple[IPv6Network, ...]:
        """The prefixes that are asked for or, once it is accepted, of the session."""
        return networks_of(self._cell("bule_prefix", node, self._gateway))

    def advertised(self, node: bytes) -> tuple[IPv6Network, ...]:
        """The prefixes that the node has heard of last."""
        return networks_of(self._cell("address", node))
