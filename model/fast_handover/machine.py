"""The machine of a gateway that does fast handovers, too (RFC 5949).

The other gateways are elements of its configuration, and it alone acts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from ipaddress import IPv6Network

from pmip6.model.domain import Configuration, Element
from pmip6.model.fast_handover.state import (
    HandoverRequest,
    NewState,
    PreviousState,
    handover_acknowledge,
    handover_indication,
    handover_initiate,
)
from pmip6.model.language.interpreter import Transition, Value
from pmip6.model.language.table import Channel, Rule
from pmip6.model.mag.machine import OWN_ACTS, GatewayMachine
from pmip6.model.wire.abstraction import networks_of
from pmip6.model.wire.numbers import HandoffIndicator

FIRST_ACTS = (
    "withdraw_prefix",
    "advertise_transferred_prefix",
    "take_back",
    "start_forwarding",
    "ask_previous_gateway",
    "fetch_context",
    "register_transferred_prefix",
    "register_returned_node",
)
"""What the gateway does before its acts of base PMIPv6, as soon as it may."""

REGISTRATIONS = frozenset({"request_allocation", "propose_prefix"})
"""What waits until the context has come or will not (RFC 5949, figure 3)."""
DETACHMENT = frozenset({"notice_detachment"})
"""What waits until a node that has left has been away for a while."""

REFUSING = ("refuse_offer", "refuse_fetch", "refuse_fetch_and_cancel")
"""What is asked first where a gateway has no room for packets."""
NOT_FORWARDING = ("give_context_without_forwarding",)
"""What is asked first where a gateway cannot forward."""


class HandoverMachine(GatewayMachine):
    """The first gateway of a configuration with fast handover.

    Args:
        configuration, taken, rules, start_ms: As for any gateway.
        repeated: Called with a node that asks for an RA before its registration and has
            had one; it gets that again (RFC 5949, section 5.2).
        detachment_ms: How long it does not see that a node has left.
    """

    def __init__(
        self,
        configuration: Configuration,
        taken: Callable[[Transition], None],
        repeated: Callable[[bytes], None],
        rules: Iterable[Rule] | None = None,
        start_ms: int = 0,
        *,
        detachment_ms: int = 0,
    ) -> None:
        super().__init__(configuration, taken, rules, start_ms)
        self._repeated = repeated
        self._detachment_ms = detachment_ms
        self._unnoticed: dict[Element, int] = {}  # who has left, and until when

    # ---- events ------------------------------------------------------------------------

    def indicate(self, node: bytes, target: Element) -> bool:
        """The access network tells to which gateway a node will move."""
        values = {"node": node, "gateway": self._gateway, "target": target}
        return self._get(handover_indication, values)

    def initiate(
        self, message: Mapping[str, Value], preferred: Collection[str] = ()
    ) -> bool:
        """Take a Handover Initiate; False where no rule does.

        Args:
            message: Its fields.
            preferred: The rules to be asked first.
        """
        return self._get(handover_initiate, message, preferred)

    def acknowledge(self, message: Mapping[str, Value]) -> bool:
        """Take a Handover Acknowledge; False where no rule does."""
        return self._get(handover_acknowledge, message)

    def _get(
        self,
        channel: Channel,
        values: Mapping[str, Value],
        preferred: Collection[str] = (),
    ) -> bool:
        message = tuple(values[name] for name, _ in channel.fields)
        step = self._machine.receive(channel, message, preferred=preferred)
        if step is None:
            return False
        self._taken(step)
        self._settle(values["node"])
        return True

    def come_from(self, node: bytes, former: Element) -> None:
        """The node was on the link of another gateway until now; it is on no link here."""
        self._nodes.state = self._machine.state
        there: dict[str, Element] = {
            "node": node,
            "gateway": former,
            "hint": HandoffIndicator.UNKNOWN.name,
        }
        if self._nodes.act("attach_with_hint", there) is not None:
            self._nodes.act("detach", {"node": node})
            self._machine.state = self._nodes.state

    def attach(self, node: bytes, hint: HandoffIndicator) -> None:
        """A node comes to the link; nothing happens where it is there already."""
        self._unnoticed.pop(node, None)
        super().attach(node, hint)

    def detach(self, node: bytes) -> None:
        """A node leaves the link, which is seen a while later."""
        if self._detachment_ms and self.is_attached(node):
            self._unnoticed[node] = self.now_ms + self._detachment_ms
        super().detach(node)

    def elapse(self, now_ms: int) -> None:
        """Let time pass; what falls due meanwhile happens in order, each at its time."""
        due = sorted((at, node) for node, at in self._unnoticed.items() if at <= now_ms)
        for at, node in due:
            super().elapse(at)
            del self._unnoticed[node]
            self._settle(node)
        super().elapse(now_ms)

    def next_deadline(self) -> int | None:
        """When the next timer falls due, or a node is seen to have left; None for neither."""
        times = [super().next_deadline(), *self._unnoticed.values()]
        return min((at for at in times if at is not None), default=None)

    def solicit(self, node: bytes) -> None:
        """A node asks for an advertisement, before its registration or after."""
        if self._act("answer_solicitation", {"node": node}):
            return
        if self.is_attached(node) and self.advertised(node) and self.has_context(node):
            self._repeated(node)

    def has_context(self, node: bytes) -> bool:
        """The context of a node has come."""
        return self.new(node) not in (NewState.IDLE, NewState.FETCHING)

    def _act_by_itself(self, node: Element) -> bool:
        own = {"node": node, "gateway": self._gateway}
        if any(self._act(name, own) for name in FIRST_ACTS):
            return True
        waits = (
            REGISTRATIONS if self.new(node) is NewState.FETCHING else frozenset[str]()
        )
        if node in self._unnoticed:
            waits |= DETACHMENT
        others = (name for name in OWN_ACTS if name not in waits)
        return any(self._act(name, {"node": node}) for name in others)

    # ---- the state ---------------------------------------------------------------------

    def unnoticed(self) -> dict[Element, int]:
        """Who has left without its being seen yet, and in how many ms it will be."""
        return {node: at - self.now_ms for node, at in self._unnoticed.items()}

    def previous(self, node: Element) -> PreviousState:
        """What the gateway does for a node as its previous one."""
        return PreviousState[str(self._cell("previous_state", node, self._gateway))]

    def new(self, node: Element) -> NewState:
        """What the gateway does for a node as its new one."""
        return NewState[str(self._cell("new_state", node, self._gateway))]

    def next_gateway(self, node: bytes) -> Value:
        """The gateway that the node is handed over to, None without one."""
        return self._cell("next_gateway", node, self._gateway)

    def former_gateway(self, node: bytes) -> Value:
        """The gateway that the node comes from, None without one."""
        return self._cell("former_gateway", node, self._gateway)

    def is_under_way(self, node: bytes, other: Value) -> bool:
        """Both gateways have agreed on a handover of the node, in either direction."""
        hands_over = self.previous(node) is not PreviousState.IDLE
        if hands_over and self.next_gateway(node) == other:
            return True
        return self.has_context(node) and self.former_gateway(node) == other

    def transferred(self, node: bytes) -> tuple[IPv6Network, ...]:
        """The prefixes of the context of a node."""
        return networks_of(self._cell("transferred_prefix", node, self._gateway))

    def request(self, node: bytes) -> HandoverRequest:
        """What the HI asks for that is not answered; nothing where there is none."""
        cell = self._cell("handover_request", node, self._gateway)
        return HandoverRequest[str(cell)]

    def initiate_awaited(self, node: bytes) -> Value:
        """The number of the HI that is not answered; 0 where there is none."""
        return self._cell("handover_awaited", node, self._gateway)
