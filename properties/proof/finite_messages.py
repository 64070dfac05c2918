"""The messages of a step as formulas: what is taken, what is sent, what finds room.

A queue is a row of places without gaps.  The first message that is sent goes into the
first empty place, as on the plain interpreter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import z3

from pmip6.model.domain import CHANNELS, MAPS, Element, Model
from pmip6.model.language.table import Channel, Rule
from pmip6.model.language.terms import SortKind
from pmip6.model.state import MOBILE_NODE, TIME
from pmip6.properties.proof.finite_world import FiniteState, FiniteWorld, Slot
from pmip6.properties.proof.z3_terms import (
    Arguments,
    Translator,
    conjunction,
    disjunction,
    equal,
)


@dataclass(frozen=True)
class FiniteStep:
    """One step: which rule is chosen, its indices and message, and where it leads."""

    source: FiniteState
    target: FiniteState
    chosen: Mapping[str, z3.BoolRef]  # by name of the rule, or `tick`
    values: dict[str, z3.ExprRef]
    formulas: list[z3.BoolRef] = field(default_factory=list[z3.BoolRef])

    def name(self, found: z3.ModelRef) -> str:
        """Name of the rule that a Z3 model chooses."""
        return next(
            n for n, on in self.chosen.items() if z3.is_true(found.eval(on, True))
        )

    def environment(self, rule: Rule) -> dict[str, z3.ExprRef]:
        """The message and the indices of a rule."""
        found = {n: self.values[f"{n}:{s.name}"] for n, s in rule.indices}
        if isinstance(rule.on, Channel):
            found |= self.message(rule.on)
        return found

    def message(self, channel: Channel) -> dict[str, z3.ExprRef]:
        """The fields of the message that is taken from the channel."""
        return {
            f"message.{n}": self.values[f"{channel.name}:message.{n}"]
            for n, _ in channel.fields
        }


class Messages:
    """The messages of the steps of one model."""

    def __init__(self, model: Model, world: FiniteWorld) -> None:
        self.model = model
        self.world = world

    def fields(self, where: str, channel: str) -> Arguments:
        """Constants for the fields of a message."""
        fields = CHANNELS[channel].fields
        return tuple(self.world.constant(f"{where}.{n}", s) for n, s in fields)

    def receive(
        self, where: str, channel: Channel, step: FiniteStep
    ) -> Mapping[tuple[Element, int], z3.BoolRef]:
        """Which place the message is taken from; the fields of the message."""
        on = disjunction(
            [step.chosen[r.name] for r in self.model.rules if r.on == channel]
        )
        fields = self.fields(f"{where}!{channel.name}", channel.name)
        for (name, _), value in zip(channel.fields, fields, strict=True):
            step.values[f"{channel.name}:message.{name}"] = value
        taken: dict[tuple[Element, int], z3.BoolRef] = {}
        for (name, node), slots in step.source.queues.items():
            if name != channel.name:
                continue
            for i, slot in enumerate(slots):
                if i and not self.model.configuration.reorder:
                    break
                here = z3.Bool(f"{where}!{name}!{node}!{i}")
                taken[node, i] = here
                step.formulas.append(
                    z3.Implies(here, z3.And(slot.full, equal(fields, slot.fields)))
                )
        every = list(taken.values())
        step.formulas.append(z3.Implies(on, disjunction(every)))
        step.formulas.extend(z3.Implies(here, on) for here in every)
        step.formulas.extend(at_most_one(every))
        return taken

    def deliver(
        self,
        taken: Mapping[str, Mapping[tuple[Element, int], z3.BoolRef]],
        step: FiniteStep,
    ) -> None:
        """Where the messages are after the step, as formulas of the step."""
        now = {
            (name, node): _without_taken(
                slots, [taken[name].get((node, i)) for i in range(len(slots))]
            )
            for (name, node), slots in step.source.queues.items()
        }
        most_sends = max((len(r.sends) for r in self.model.rules), default=0)
        for number in range(most_sends):
            room = self._leaves(1, now)
            for channel in CHANNELS:
                on, fields = self._sent(channel, number, step)
                if not fields:
                    continue
                position = [n for n, _ in channel.fields].index("node")
                sort = channel.fields[position][1]
                for node in self.model.configuration.nodes:
                    mine = fields[position] == self.world.element(node, sort)
                    queue = (channel.name, node)
                    arrives = z3.And(on, room, mine)
                    now[queue] = _with_message(now[queue], arrives, fields)
        for queue, slots in now.items():
            for slot, new in zip(slots, step.target.queues[queue], strict=True):
                step.formulas.append(new.full == slot.full)
                # what an empty place holds does not matter, but is fixed
                step.formulas.append(equal(new.fields, slot.fields))

    def has_kept_to_limit(self, state: FiniteState) -> z3.BoolRef:
        """No more messages are under way in the whole domain than may be."""
        return self._leaves(0, state.queues)

    def _leaves(
        self, room: int, queues: Mapping[tuple[str, Element], Sequence[Slot]]
    ) -> z3.BoolRef:
        """So many more messages may be under way in the whole domain."""
        most = self.model.configuration.in_flight
        if most is None:
            return z3.BoolVal(True)
        under_way = [s.full for slots in queues.values() for s in slots]
        return _at_most(under_way, most - room)

    def _sent(
        self, channel: Channel, number: int, step: FiniteStep
    ) -> tuple[z3.BoolRef, Arguments]:
        """Whether the chosen rule sends a message with this number here, and which."""
        terms = Translator(self.world, step.source)
        ons: list[z3.BoolRef] = []
        fields: Arguments = ()
        for rule in self.model.rules:
            if len(rule.sends) <= number or rule.sends[number].channel != channel:
                continue
            on = step.chosen[rule.name]
            values = step.environment(rule)
            new = tuple(terms.value(v, values) for v in rule.sends[number].values)
            pairs = zip(new, fields or new, strict=True)
            fields = tuple(z3.If(on, a, b) for a, b in pairs)
            ons.append(on)
        return disjunction(ons), fields

    def has_time_left(self, rule: Rule, step: FiniteStep) -> z3.BoolRef:
        """The node of a rule that chooses a time has not too many in use already."""
        most = self.model.configuration.times
        chooses = any(s.kind is SortKind.ORDERED for _, s in rule.indices)
        if most is None or not chooses:
            return z3.BoolVal(True)
        values = step.environment(rule)
        chosen = [values[n] for n, s in rule.variables if s == MOBILE_NODE]
        return conjunction(
            [
                z3.Implies(
                    disjunction(
                        [c == self.world.element(node, MOBILE_NODE) for c in chosen]
                    ),
                    self._uses_at_most(most - 1, node, step.source),
                )
                for node in self.model.configuration.nodes
            ]
        )

    def _uses_at_most(self, most: int, node: Element, state: FiniteState) -> z3.BoolRef:
        """The cells and messages of a node hold no more different times."""
        always = z3.BoolVal(True)
        sorts = {m.name: m.value for m in MAPS}
        held = [
            (always, value)
            for (name, args), value in state.cells.items()
            if sorts[name] == TIME and args[0] == node
        ]
        for channel in CHANNELS:
            for i, (name, sort) in enumerate(channel.fields):
                if sort == TIME and name in self.model.fields[channel.name]:
                    slots = state.queues[channel.name, node]
                    held += [(slot.full, slot.fields[i]) for slot in slots]
        no_time = self.world.number(0, TIME)
        first = [
            conjunction(
                [
                    here,
                    value != no_time,
                    *(z3.Not(conjunction([h, v == value])) for h, v in held[:i]),
                ]
            )
            for i, (here, value) in enumerate(held)
        ]
        return _at_most(first, most)


def at_most_one(choices: Sequence[z3.BoolRef]) -> Iterator[z3.BoolRef]:
    """No two of the choices are made."""
    for i, left in enumerate(choices):
        for right in choices[i + 1 :]:
            yield z3.Not(z3.And(left, right))


def _at_most(conditions: Sequence[z3.BoolRef], most: int) -> z3.BoolRef:
    """No more than this many of the conditions are true."""
    if most < 0:
        return z3.BoolVal(False)
    reached = [z3.BoolVal(False)] * (most + 1)  # one, two, ... of those so far are true
    for condition in conditions:
        fewer = [z3.BoolVal(True), *reached[:-1]]
        reached = [
            disjunction([reach, conjunction([condition, less])])
            for reach, less in zip(reached, fewer, strict=True)
        ]
    return z3.Not(reached[most])


def _without_taken(
    slots: Sequence[Slot], taken: Sequence[z3.BoolRef | None]
) -> tuple[Slot, ...]:
    """The places after a message was taken: those behind it move up."""
    result: list[Slot] = []
    for i, slot in enumerate(slots):
        here = [t for t in taken[: i + 1] if t is not None]
        moved = disjunction(here)
        if i + 1 < len(slots):
            following = slots[i + 1]
            full = cast("z3.BoolRef", z3.If(moved, following.full, slot.full))
            pairs = zip(following.fields, slot.fields, strict=True)
            fields = tuple(z3.If(moved, a, b) for a, b in pairs)
        else:
            full, fields = z3.And(slot.full, z3.Not(moved)), slot.fields
        result.append(Slot(full, fields))
    return tuple(result)


def _with_message(
    slots: Sequence[Slot], on: z3.BoolRef, message: Arguments
) -> tuple[Slot, ...]:
    """The places after a message was put into the first empty one, if there is one."""
    result: list[Slot] = []
    for i, slot in enumerate(slots):
        here = z3.And(on, z3.Not(slot.full), *(s.full for s in slots[:i][-1:]))
        pairs = zip(message, slot.fields, strict=True)
        fields = tuple(z3.If(here, a, b) for a, b in pairs)
        result.append(Slot(z3.Or(slot.full, here), fields))
    return tuple(result)
