"""Steps of a finite model as formulas: from a state with constants to the next one.

Exactly one rule, or a tick, is chosen in each step; its indices and its message are
constants that all rules share.  The meaning is the interpreter's, on which every run that
a solver finds is taken again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import z3

from pmip6.model.domain import CHANNELS, MAPS, TIMERS, Element, Model
from pmip6.model.interpreter import TICK
from pmip6.model.state import MOBILE_NODE, TIME
from pmip6.model.table import Channel, Rule
from pmip6.model.terms import Sort, SortKind
from pmip6.properties.finite_world import (
    FiniteState,
    FiniteWorld,
    Slot,
    longest,
    timer_value,
)
from pmip6.properties.z3_terms import (
    AfterRule,
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


class Unrolling:
    """States and steps of one model, with constants named by the number of the state."""

    def __init__(self, model: Model, latest: int, label: str) -> None:
        self.model = model
        self.world = FiniteWorld(model, latest)
        self.label = label

    # ---- states ----------------------------------------------------------------------

    def initial(self) -> FiniteState:
        """The first state."""
        return FiniteState(
            self.world,
            {
                (m.name, args): z3.BoolVal(False)
                if m.value.kind is SortKind.BOOL
                else self.world.number(0, m.value)
                for m in MAPS
                for args in self.model.tuples(m.index)
            },
            {t: timer_value(self.model, 0) for t in self.model.timers},
            {
                queue: tuple(
                    Slot(z3.BoolVal(False), self._fields(f"none.{queue}.{i}", queue[0]))
                    for i in range(self._capacity(queue[0]))
                )
                for queue in self.model.queues
            },
            latest=0,
        )

    def unknown(self, number: int, latest: int) -> FiniteState:
        """A state of constants."""
        where = f"{self.label}{number}"
        cells = {
            (m.name, args): self.world.constant(f"{where}.{m.name}{args}", m.value)
            for m in MAPS
            for args in self.model.tuples(m.index)
        }
        bits = longest(self.model).bit_length()
        timers = {t: z3.BitVec(f"{where}.{t}", bits) for t in self.model.timers}
        queues = {
            queue: tuple(
                Slot(
                    z3.Bool(f"{where}.{queue}.{i}"),
                    self._fields(f"{where}.{queue}.{i}", queue[0]),
                )
                for i in range(self._capacity(queue[0]))
            )
            for queue in self.model.queues
        }
        return FiniteState(self.world, cells, timers, queues, latest)

    def _capacity(self, channel: str) -> int:
        return self.model.configuration.capacity[channel]

    def _fields(self, where: str, channel: str) -> Arguments:
        fields = next(c.fields for c in CHANNELS if c.name == channel)
        return tuple(self.world.constant(f"{where}.{n}", s) for n, s in fields)

    def well_formed(self, state: FiniteState) -> list[z3.BoolRef]:
        """What is true of every state by its type: ranges, and queues without gaps."""
        world, parts = self.world, list[z3.BoolRef]()
        for m in MAPS:
            for args in self.model.tuples(m.index):
                parts.append(self._at_most(state.cells[m.name, args], m.value, state))
        for name, args in self.model.timers:
            durations = self.model.configuration.durations.get(name, (0,))
            most = timer_value(self.model, 1 + max(durations))
            parts.append(z3.ULE(state.timers[name, args], most))
        for (name, node), slots in state.queues.items():
            channel = next(c for c in CHANNELS if c.name == name)
            for i, slot in enumerate(slots):
                for (field_name, sort), value in zip(
                    channel.fields, slot.fields, strict=True
                ):
                    parts.append(self._at_most(value, sort, state))
                    if field_name == "node":
                        parts.append(value == world.element(node, sort))
                if i:
                    parts.append(z3.Implies(slot.full, slots[i - 1].full))
        return parts

    def _at_most(self, value: z3.ExprRef, sort: Sort, state: FiniteState) -> z3.BoolRef:
        if sort.kind is SortKind.ORDERED:
            return z3.ULE(value, self.world.number(state.latest, sort))
        return self.world.in_range(value, sort)

    # ---- steps -----------------------------------------------------------------------

    def step(self, number: int, source: FiniteState) -> FiniteStep:
        """A step from a state to a new one."""
        where = f"{self.label}{number}"
        target = self.unknown(number + 1, source.latest + 1)
        names = [*(r.name for r in self.model.rules), TICK]
        chosen = {n: z3.Bool(f"{where}!{n}") for n in names}
        step = FiniteStep(source, target, chosen, {})
        on = list(chosen.values())
        step.formulas.extend([disjunction(on), *_at_most_one(on)])
        for rule in self.model.rules:
            for name, sort in rule.indices:
                self._index(where, name, sort, step)
        taken = {c.name: self._receive(where, c, step) for c in CHANNELS}
        for rule in self.model.rules:
            step.formulas.append(
                z3.Implies(chosen[rule.name], self._enabled(rule, step))
            )
        self._cells(step)
        self._timers(step)
        self._queues(taken, step)
        return step

    def _index(self, where: str, name: str, sort: Sort, step: FiniteStep) -> None:
        key = f"{name}:{sort.name}"
        if key in step.values:
            return
        if sort.kind is SortKind.ORDERED:  # later than all before
            step.values[key] = self.world.number(step.target.latest, sort)
            return
        value = self.world.constant(f"{where}!{key}", sort)
        lowest = 1 if sort.kind is SortKind.OPEN else 0
        step.formulas.append(self.world.in_range(value, sort, lowest))
        step.values[key] = value

    def _receive(
        self, where: str, channel: Channel, step: FiniteStep
    ) -> Mapping[tuple[Element, int], z3.BoolRef]:
        """Which place the message is taken from; the fields of the message."""
        on = disjunction(
            [step.chosen[r.name] for r in self.model.rules if r.on == channel]
        )
        fields = self._fields(f"{where}!{channel.name}", channel.name)
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
        step.formulas.extend(_at_most_one(every))
        return taken

    def environment(self, rule: Rule, step: FiniteStep) -> dict[str, z3.ExprRef]:
        """The message and the indices of a rule in a step."""
        found = {n: step.values[f"{n}:{s.name}"] for n, s in rule.indices}
        if isinstance(rule.on, Channel):
            found |= self.message(rule.on, step)
        return found

    def message(self, channel: Channel, step: FiniteStep) -> dict[str, z3.ExprRef]:
        """The fields of the message that is taken from the channel."""
        return {
            f"message.{n}": step.values[f"{channel.name}:message.{n}"]
            for n, _ in channel.fields
        }

    def _enabled(self, rule: Rule, step: FiniteStep) -> z3.BoolRef:
        terms = Translator(self.world, step.source)
        values = self.environment(rule, step)
        parts = [*terms.all(rule.guard, values), self._has_time_left(rule, step)]
        if rule.first is not None:
            sort = dict(rule.indices)[rule.first]
            numbers = [self.world.element(e, sort) for e in self.model.elements(sort)]
            for i, later in enumerate(numbers):
                for earlier in numbers[:i]:
                    other = conjunction(
                        terms.all(rule.guard, {**values, rule.first: earlier})
                    )
                    parts.append(z3.Not(z3.And(values[rule.first] == later, other)))
        return conjunction(parts)

    def _cells(self, step: FiniteStep) -> None:
        for m in MAPS:
            rules = [
                r
                for r in self.model.rules
                if any(u.map.name == m.name for u in r.updates)
            ]
            for args in self.model.tuples(m.index):
                result = step.source.cells[m.name, args]
                where = self.world.elements(args, m.index)
                for rule in rules:
                    values = self.environment(rule, step)
                    then = AfterRule(self.world, step.source, rule, values)
                    new = then.read(m.name, where)
                    result = z3.If(step.chosen[rule.name], new, result)
                step.formulas.append(step.target.cells[m.name, args] == result)

    def _timers(self, step: FiniteStep) -> None:
        source, target = step.source.timers, step.target.timers
        real = [t for t in self.model.timers if self.model.is_real(t[0])]
        off, due = timer_value(self.model, 0), timer_value(self.model, 1)
        tick = step.chosen[TICK]
        step.formulas.append(
            z3.Implies(
                tick,
                z3.And(
                    disjunction([source[t] != off for t in real]),
                    conjunction([source[t] != due for t in real]),
                ),
            )
        )
        for timer in TIMERS:
            for args in self.model.tuples(timer.index):
                cell = (timer.name, args)
                before = cast("z3.BitVecRef", source[cell])
                result: z3.ExprRef = before
                if cell in real:
                    running = z3.And(tick, before != off)
                    result = z3.If(running, before - 1, before)
                where = self.world.elements(args, timer.index)
                for on, which, ticks in self._changes(timer.name, step):
                    result = z3.If(z3.And(on, equal(which, where)), ticks, result)
                step.formulas.append(target[cell] == result)

    def _changes(
        self, timer: str, step: FiniteStep
    ) -> Iterator[tuple[z3.BoolRef, Arguments, z3.ExprRef]]:
        """Rule by rule: chosen, of which timer, its new value."""
        terms = Translator(self.world, step.source)
        for rule in self.model.rules:
            for change in rule.timers:
                if change.timer.name != timer:
                    continue
                values = self.environment(rule, step)
                which = tuple(terms.value(a, values) for a in change.args)
                ticks: z3.ExprRef = timer_value(self.model, 0)
                if change.level is not None:
                    level = terms.value(change.level, values)
                    for i in range(self.model.levels):
                        duration = 1 + self.model.duration(timer, i)
                        ticks = z3.If(
                            level == self.world.number(i, change.level.sort),
                            timer_value(self.model, duration),
                            ticks,
                        )
                yield step.chosen[rule.name], which, ticks

    # ---- queues ----------------------------------------------------------------------

    def _queues(
        self,
        taken: Mapping[str, Mapping[tuple[Element, int], z3.BoolRef]],
        step: FiniteStep,
    ) -> None:
        now = {
            (name, node): _without_taken(
                slots, [taken[name].get((node, i)) for i in range(len(slots))]
            )
            for (name, node), slots in step.source.queues.items()
        }
        most_sends = max((len(r.sends) for r in self.model.rules), default=0)
        for number in range(most_sends):
            room = self._has_room(now)
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

    def _has_room(
        self, queues: Mapping[tuple[str, Element], Sequence[Slot]]
    ) -> z3.BoolRef:
        """One more message may be under way in the whole domain."""
        most = self.model.configuration.in_flight
        if most is None:
            return z3.BoolVal(True)
        return _at_most([s.full for slots in queues.values() for s in slots], most - 1)

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
            values = self.environment(rule, step)
            new = tuple(terms.value(v, values) for v in rule.sends[number].values)
            pairs = zip(new, fields or new, strict=True)
            fields = tuple(z3.If(on, a, b) for a, b in pairs)
            ons.append(on)
        return disjunction(ons), fields

    # ---- times -----------------------------------------------------------------------

    def _has_time_left(self, rule: Rule, step: FiniteStep) -> z3.BoolRef:
        """The node of a rule that chooses a time has not too many in use already."""
        most = self.model.configuration.times
        chooses = any(s.kind is SortKind.ORDERED for _, s in rule.indices)
        if most is None or not chooses:
            return z3.BoolVal(True)
        values = self.environment(rule, step)
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
            z3.And(
                here,
                value != no_time,
                *(z3.Not(z3.And(h, v == value)) for h, v in held[:i]),
            )
            for i, (here, value) in enumerate(held)
        ]
        return _at_most(first, most)


def _at_most(conditions: Sequence[z3.BoolRef], most: int) -> z3.BoolRef:
    """No more than this many of the conditions are true."""
    too_many = itertools.combinations(conditions, most + 1)
    return conjunction([z3.Not(conjunction(some)) for some in too_many])


def _at_most_one(choices: Sequence[z3.BoolRef]) -> Iterator[z3.BoolRef]:
    for i, left in enumerate(choices):
        for right in choices[i + 1 :]:
            yield z3.Not(z3.And(left, right))


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
