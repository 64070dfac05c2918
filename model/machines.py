"""The machines of the roles: `transitions` machines made from the rule tables.

States, triggers and conditions come from the edges of the table (model/language/edges.py): one
machine for each entry of the binding cache, each entry of a binding update list, each
mobile node.  A trigger is a message, the expiry of a timer, or an act of the role's own.
The guards are decided by the interpreter, and its step is the effect.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from transitions import EventData, Machine

from pmip6.model.domain import Element, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.edges import (
    CONTROLS,
    Control,
    Edge,
    control_cell,
    edges,
    trigger_of,
)
from pmip6.model.language.interpreter import (
    Interpreter,
    Message,
    State,
    Transition,
    living,
)
from pmip6.model.language.table import Channel, Role, Rule, Timer
from pmip6.model.language.terms import name_of

KEPT_MACHINES = 32
"""Tables whose machines are kept for the next peer that follows them."""


@dataclass(eq=False)
class Cell:
    """One cell of the control map; `control_state` is kept by its machine."""

    args: tuple[Element, ...]
    control_state: str = ""


@lru_cache(KEPT_MACHINES)
def _machine_of(control: Control, found: tuple[Edge, ...]) -> Machine:
    """The machine with these edges, which all peers share that follow them.

    Cells are no models of it, as a model has methods for every trigger: those of a peer
    with many nodes take longer to make than it needs to start.
    """
    return Machine(
        model=None,
        states=list(control.states),
        transitions=[
            {
                "trigger": edge.trigger,
                "source": edge.source,
                "dest": None if edge.internal else edge.target,
                "conditions": partial(_may_take, edge),
            }
            for edge in found
        ],
        initial=control.states[0],
        auto_transitions=False,
        send_event=True,
        model_attribute="control_state",
    )


def _may_take(edge: Edge, event: EventData) -> bool:
    """The rule of the edge is the one whose guard holds, and leads where it says."""
    step, after = event.args
    return step.rule is edge.rule and edge.target == after


class RoleMachine:
    """One role of a model, as machines that share the state of the domain.

    Args:
        role: The role that acts.
        model: The rules, and the elements that they range over.
        state: The state to begin with; the first one of the model where None.
        lives: Whether a step costs what it changes and not what there is, as it has to in
            a peer that serves many nodes (model/language/live_state.py).
    """

    def __init__(
        self,
        role: Role,
        model: Model,
        state: State | None = None,
        *,
        lives: bool = False,
    ) -> None:
        self.role = role
        self.model = model
        self.interpreter = Interpreter(model)
        self.state = self.interpreter.initial() if state is None else state
        if lives:
            self.state = living(self.state)
            self.interpreter.prepare()
        self._control = CONTROLS[role]
        self._edges = edges(self._control, model.rules)
        self._rules = tuple(dict.fromkeys(e.rule for e in self._edges))
        self._acts = {rule.name: rule for rule in self._rules if rule.on is None}
        self._waited = tuple(
            dict.fromkeys(r.on for r in self._rules if isinstance(r.on, Timer))
        )
        self._timers = tuple(model.timers)  # by position
        self.cells = {
            args: Cell(args) for args in model.tuples(self._control.map.index)
        }
        self.machine = _machine_of(self._control, tuple(self._edges))
        self.resume(self.state)

    def _name(self, cell: Cell) -> str:
        """The state of a cell's machine as the state of the domain has it."""
        place = self.model.cells[self._control.map.name, cell.args]
        return self._control.state_of(self.state.cells[place])

    def resume(self, state: State) -> None:
        """Be in a state of the domain, whatever was before."""
        self.state = state
        for cell in self.cells.values():
            cell.control_state = self._name(cell)

    # ---- triggers --------------------------------------------------------------------

    def receive(
        self,
        channel: Channel,
        message: Message,
        durations: Mapping[str, int] | None = None,
        *,
        preferred: Collection[str] = (),
    ) -> Transition | None:
        """Take the first step that a rule allows on a message.

        Args:
            channel: Where it came from.
            message: Its fields in the order of the channel.
            durations: Ticks of timers that the message sets itself, by name.
            preferred: Rules that are asked before the others.

        Returns:
            The step, with what it sends and the timers that it changes; None where no
            rule takes the message.
        """
        rules = [rule for rule in self._rules if rule.on == channel]
        rules.sort(key=lambda rule: rule.name not in preferred)
        steps = self.interpreter.received(rules, message, self.state, durations)
        for step in steps:
            return self.take(step)
        return None

    def expire(
        self,
        timer: Timer,
        args: tuple[Element, ...],
        durations: Mapping[str, int] | None = None,
    ) -> Transition | None:
        """Take the first step that a rule allows on a timer that is due.

        `durations` are as in `receive`.
        """
        for rule in self._rules:
            if rule.on == timer:
                due = dict(zip(map(name_of, rule.expiry_args), args, strict=True))
                for env in self.interpreter.environments(rule, self.state, due):
                    return self.take(
                        self.interpreter.apply(rule, self.state, env, durations)
                    )
        return None

    def act(self, name: str, indices: Mapping[str, Element]) -> Transition | None:
        """Take a rule of the role's own accord, if its guard holds for the indices."""
        rule = self._acts.get(name)
        if rule is not None:
            for step in self.interpreter.steps(rule, self.state, indices):
                return self.take(step)
        return None

    def take(self, step: Transition) -> Transition:
        """Fire the machines that a step concerns; its target is the new state.

        Raises:
            Pmip6Error: No edge allows the step: the edges do not follow the table.
        """
        assert step.rule is not None  # time passes by `elapse`
        self.state = step.target
        for cell in self._concerned(step.rule, step):
            event = self.machine.events[trigger_of(step.rule)]
            if not event.trigger(cell, step, self._name(cell)):
                raise Pmip6Error(
                    step.name,
                    f"has no edge from {cell.control_state} to {self._name(cell)}",
                )
        return step

    def _concerned(self, rule: Rule, step: Transition) -> tuple[Cell, ...]:
        """The cell that the rule is about; none where it is about none, and leaves all."""
        term = control_cell(rule, self._control)
        if term is None:
            return ()
        args = tuple(step.environment[name_of(a)] for a in term.args)
        return (self.cells[args],)

    # ---- time ------------------------------------------------------------------------

    def remaining(self) -> int | None:
        """Ticks until the next timer falls due; None where none will."""
        return self.interpreter.remaining(self.state)

    def elapse(self, ticks: int) -> None:
        """Let time pass, at most `remaining`; what is due stays due."""
        self.state = self.interpreter.elapse(self.state, ticks)

    def due(self) -> Iterator[tuple[Timer, tuple[Element, ...]]]:
        """The timers that are due and that a rule of the role waits for."""
        ticks = self.state.timers
        if 1 not in ticks:  # most of the time none is due
            return
        found = [self._timers[at] for at, left in enumerate(ticks) if left == 1]
        for timer in self._waited:
            yield from ((timer, args) for name, args in found if name == timer.name)


class LmaMachine(RoleMachine):
    """The local mobility anchor: a machine for each binding cache entry."""

    def __init__(
        self, model: Model, state: State | None = None, *, lives: bool = False
    ) -> None:
        super().__init__(Role.LMA, model, state, lives=lives)


class MagMachine(RoleMachine):
    """The gateways: a machine for each node and gateway."""

    def __init__(self, model: Model, state: State | None = None) -> None:
        super().__init__(Role.MAG, model, state)


class MnMachine(RoleMachine):
    """The mobile nodes: a machine for each node."""

    def __init__(self, model: Model, state: State | None = None) -> None:
        super().__init__(Role.MN, model, state)
