"""Which edges of its machine a reference implementation takes while a case runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pmip6.conformance.fast_handover.gateway import FastHandoverGateway
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.model.domain import Model
from pmip6.model.language.interpreter import State, Transition
from pmip6.model.language.table import Role
from pmip6.model.machines import LmaMachine
from pmip6.vectors.packs.observable import anchor_control, edge, gateway_control


@dataclass
class Walk:
    """What is noted of one case: the edges that are taken, the rules that there are."""

    edges: list[str] = field(default_factory=list[str])
    rules: set[str] = field(default_factory=set[str])


class WalkingMachine(LmaMachine):
    """A machine of an anchor that notes the edges that it takes."""

    def __init__(self, model: Model, walk: Walk) -> None:
        super().__init__(model)
        self._walk = walk
        walk.rules |= {rule.name for rule in model.rules if rule.role is self.role}

    def _control_of(self) -> str:
        """The states of the sessions that there are."""
        return anchor_control(cell.control_state for cell in self.cells.values())

    def take(self, step: Transition) -> Transition:
        """Take a step, and note its edge."""
        before = self._control_of()
        taken = super().take(step)
        self._walk.edges.append(edge(step.name, before, self._control_of()))
        return taken


class WalkingGateway(ReferenceGateway):
    """A gateway that notes the edges that it takes.

    Args:
        settings: What it is told.
        walk: Where they are noted.
        others: As for any reference gateway.
    """

    def __init__(self, settings: GatewaySettings, walk: Walk, **others: Any) -> None:
        self._walk = walk
        super().__init__(settings, **others)
        rules = self._machine.model.rules
        walk.rules |= {rule.name for rule in rules if rule.role is Role.MAG}
        self._control = self._control_of(self._machine.state)

    def _control_of(self, state: State) -> str:
        return gateway_control(self._machine.model, state)

    def _taken(self, step: Transition) -> None:
        before, self._control = self._control, self._control_of(step.target)
        self._walk.edges.append(edge(step.name, before, self._control))
        super()._taken(step)


class WalkingHandoverGateway(WalkingGateway, FastHandoverGateway):
    """The same for a gateway that does fast handovers."""


def walking_gateway(
    settings: GatewaySettings, walk: Walk, start_ms: int
) -> ReferenceGateway:
    """A gateway as its settings want it, which notes the edges that it takes."""
    kind = WalkingGateway
    if settings.fast_handover is not None:
        kind = WalkingHandoverGateway
    return kind(settings, walk, start_ms=start_ms)
