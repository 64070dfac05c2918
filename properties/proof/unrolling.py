"""Steps of a finite model as formulas: from a state with constants to the next one.

Exactly one rule, or a tick, is chosen in each step; its indices and its message are
constants that all rules share.  The meaning is the interpreter's, on which every run that
a solver finds is taken again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import z3

from pmip6.model.domain import CHANNELS, MAPS, TIMERS, Model
from pmip6.model.language.interpreter import TICK
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import Sort, SortKind
from pmip6.properties.proof.finite_messages import FiniteStep, Messages, at_most_one
from pmip6.properties.proof.finite_world import (
    FiniteState,
    FiniteWorld,
    Slot,
    longest,
    timer_value,
)
from pmip6.properties.proof.z3_terms import (
    AfterRule,
    Arguments,
    Translator,
    conjunction,
    disjunction,
    equal,
    with_bound,
)


class Unrolling:
    """States and steps of one model, with constants named by the number of the state."""

    def __init__(self, model: Model, latest: int, label: str) -> None:
        self.model = model
        self.world = FiniteWorld(model, latest)
        self.label = label
        self.messages = Messages(model, self.world)

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
                    Slot(
                        z3.BoolVal(False),
                        self.messages.fields(f"none.{queue}.{i}", queue[0]),
                    )
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
                    self.messages.fields(f"{where}.{queue}.{i}", queue[0]),
                )
                for i in range(self._capacity(queue[0]))
            )
            for queue in self.model.queues
        }
        return FiniteState(self.world, cells, timers, queues, latest)

    def _capacity(self, channel: str) -> int:
        return self.model.configuration.room(channel)

    def well_formed(self, state: FiniteState) -> list[z3.BoolRef]:
        """What is true of every state by its type: ranges, and queues without gaps.

        No step leads to more messages under way than there may be.
        """
        world = self.world
        parts = [self.messages.has_kept_to_limit(state)]
        for m in MAPS:
            for args in self.model.tuples(m.index):
                parts.append(self._at_most(state.cells[m.name, args], m.value, state))
        for name, args in self.model.timers:
            durations = self.model.configuration.durations.get(name, (0,))
            most = timer_value(self.model, 1 + max(durations))
            parts.append(z3.ULE(state.timers[name, args], most))
        for (name, node), slots in state.queues.items():
            channel = CHANNELS[name]
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
        step.formulas.extend([disjunction(on), *at_most_one(on)])
        for rule in self.model.rules:
            for name, sort in rule.indices:
                self._index(where, name, sort, step)
        taken = {c.name: self.messages.receive(where, c, step) for c in CHANNELS}
        for rule in self.model.rules:
            step.formulas.append(
                z3.Implies(chosen[rule.name], self._enabled(rule, step))
            )
        self._cells(step)
        self._timers(step)
        self.messages.deliver(taken, step)
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

    def _enabled(self, rule: Rule, step: FiniteStep) -> z3.BoolRef:
        terms = Translator(self.world, step.source)
        values = step.environment(rule)
        parts = [
            *terms.all(rule.guard, values),
            self.messages.has_time_left(rule, step),
        ]
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
                    values = step.environment(rule)
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
        if self.model.configuration.prompt:
            waiting = [s.full for q in step.source.queues.values() for s in q]
            step.formulas.append(z3.Implies(tick, z3.Not(disjunction(waiting))))
        for timer in TIMERS:
            for args in self.model.tuples(timer.index):
                cell = (timer.name, args)
                before = cast("z3.BitVecRef", source[cell])
                result: z3.ExprRef = before
                if cell in real:
                    running = z3.And(tick, before != off)
                    result = z3.If(running, before - 1, before)
                where = self.world.elements(args, timer.index)
                for on, which, ticks in self._changes(timer.name, step, where):
                    result = z3.If(z3.And(on, equal(which, where)), ticks, result)
                step.formulas.append(target[cell] == result)

    def _changes(
        self, timer: str, step: FiniteStep, where: Arguments
    ) -> Iterator[tuple[z3.BoolRef, Arguments, z3.ExprRef]]:
        """Rule by rule: chosen, of which timer (this one, if of all), its new value."""
        terms = Translator(self.world, step.source)
        for rule in self.model.rules:
            for change in rule.timers:
                if change.timer.name != timer:
                    continue
                values = with_bound(
                    step.environment(rule), change.bound, change.args, where
                )
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
