"""A model written as Promela, with exactly the states that the explorer counts.

One process has one loop.  A turn of it is atomic: first one instance of a rule or a tick,
then the canonical form of the state.  Spin stores the states between turns and no other.
What a turn needs for itself is hidden, so that it tells no states apart; and so is what is
always the same in a configuration, which would only make the states of Spin larger.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from pmip6.model.domain import MAPS, RIGIDS, TIMERS, Model
from pmip6.model.language.table import Channel
from pmip6.model.state import TIME
from pmip6.properties.exploration.instances import FRESH, Instance, guard_of, instances
from pmip6.properties.exploration.layout import Layout
from pmip6.properties.exploration.printer import (
    Expression,
    Printer,
    conjunction,
    disjunction,
)
from pmip6.properties.property import Property, Scope


class PromelaSyntax:
    """What terms read, in Promela."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        rules = layout.model.rules
        changes = (change for rule in rules for change in rule.timers)
        started = {c.timer.name for c in changes if c.level is not None}
        self.changing = layout.model.written | started

    def variable(self, name: str) -> str:
        """The name of a map or timer; pan has functions by the names of some hidden ones."""
        return name if name in self.changing else f"{name}_"

    def cell(self, name: str, place: Expression, view: str) -> str:
        """The cell at a place of a map."""
        return f"{self.variable(name)}[{place}]"

    def timer(self, name: str, place: Expression, view: str) -> str:
        """The timer at a place of its kind."""
        return f"{self.variable(name)}[{place}]"

    def rigid(self, name: str, place: Expression) -> str:
        """The value of a predicate that the configuration fixes."""
        rigid = RIGIDS[name]
        model = self.layout.model
        true: list[Expression] = [
            f"(({place}) == {self.layout.offset(rigid.index, args)})"
            for args in model.tuples(rigid.index)
            if model.is_fact(name, args)
        ]
        return str(disjunction(true))

    def choose(self, condition: str, then: Expression, otherwise: Expression) -> str:
        """A conditional expression."""
        return f"({condition} -> {then} : {otherwise})"

    def waiting(self, queue: int, slot: int, view: str) -> tuple[str, str]:
        """Whether a slot of a queue is in use, and the message in it."""
        return f"(length[{queue}] > {slot})", f"queue{queue}[{slot}]"


def promela(model: Model, properties: Iterable[Property] = ()) -> str:
    """The model as Promela.

    Args:
        model: The model.
        properties: What is asserted of every state; those about steps are not exported.

    Raises:
        Pmip6Error: The node of a message is not known from the indices of its rule.
    """
    return "\n".join(_Writer(model, properties).lines()) + "\n"


class _Writer:
    """Writes one model."""

    def __init__(self, model: Model, properties: Iterable[Property]) -> None:
        self.model = model
        self.properties = [p for p in properties if p.scope is Scope.STATE]
        self.layout = Layout(model)
        self.syntax = PromelaSyntax(self.layout)
        self.printer = Printer(self.layout, self.syntax)

    def lines(self) -> Iterator[str]:
        """The text, line by line."""
        found = list(self._options())
        temporaries = max((len(i.assignments) + len(i.sends) for i, _, _ in found))
        chosen = self.model.configuration
        yield f"/* pmip6 model export {chosen.name} --format promela: {chosen.summary} */"
        yield ""
        for part in (*MAPS, *TIMERS):
            size = math.prod(self.layout.size(s) for s in part.index)
            name = self.syntax.variable(part.name)
            if part.name in self.syntax.changing:
                yield f"byte {name}[{size}];"
            else:  # a hidden array of 1 would be none
                yield f"hidden byte {name}[{max(2, size)}];"
        yield f"byte length[{len(self.layout.queues)}];"
        for queue, channel in enumerate(self.layout.queues):
            bits = sum(h.bits for h in self.layout.held(channel))
            kind = "byte" if bits <= 8 else "short" if bits <= 15 else "int"
            size = max(1, self.layout.capacity(channel))  # of 0 there is no array
            yield f"{kind} queue{queue}[{size}];"
        yield ""
        for i in range(temporaries):
            yield f"hidden int x{i};"
        yield f"hidden int {FRESH};"
        yield "hidden int used;"
        yield f"hidden byte rank[{self.layout.times + 3}];"
        yield ""
        yield "active proctype domain()\n{\n    do\n    :: atomic {\n        if"
        for instance, guard, taken in found:
            yield from self._option(instance, guard, taken)
        yield from self._tick()
        yield "        fi;\n        d_step {"
        for number in range(1, len(self.layout.nodes) + 1):
            yield from self._canonical(number)
        yield "            used = 0"
        for asked in self.properties:
            holds = self.printer.print(self.model.decided(asked.term), {})
            yield f"            ; assert({holds}) /* {asked.name} */"
        yield "        }\n    }\n    od\n}"

    # ---- steps -----------------------------------------------------------------------

    def _options(self) -> Iterator[tuple[Instance, Expression, tuple[int, int] | None]]:
        """Each instance with its guard, and the queue and slot of its message."""
        for rule in self.model.rules:
            if not isinstance(rule.on, Channel):
                found = list(instances(self.printer, rule, {}))
                for i, instance in enumerate(found):
                    yield instance, guard_of(instance, found[:i]), None
                continue
            for number, node in enumerate(self.layout.nodes, 1):
                queue = self.model.queues[rule.on.name, node]
                for slot in range(self._takes_from(rule.on)):
                    message = self._message(rule.on, number, queue, slot)
                    found = list(instances(self.printer, rule, message))
                    for i, instance in enumerate(found):
                        guard = guard_of(instance, found[:i])
                        yield instance, guard, (queue, slot)

    def _takes_from(self, channel: Channel) -> int:
        """From how many slots of a queue a message can be taken."""
        reorder = self.model.configuration.reorder
        return self.layout.capacity(channel) if reorder else 1

    def _message(
        self, channel: Channel, number: int, queue: int, slot: int
    ) -> dict[str, Expression]:
        fields = {
            h.name: f"((queue{queue}[{slot}] >> {h.shift}) & {(1 << h.bits) - 1})"
            for h in self.layout.held(channel)
        }
        return self.printer.message_names(channel, number, fields)

    def _option(
        self, instance: Instance, guard: Expression, taken: tuple[int, int] | None
    ) -> Iterator[str]:
        conditions: list[Expression] = []
        if taken is not None:
            queue, slot = taken
            conditions.append(f"(length[{queue}] > {slot})")
            if slot:
                before = f"queue{queue}[{slot - 1}]"
                conditions.append(f"(queue{queue}[{slot}] != {before})")
        most = self.model.configuration.times
        if most is not None:
            conditions += [
                f"({text} < {most})"
                for number in sorted(instance.chooses_time)
                for text in self._times(number)
            ]
        whole = conjunction([*conditions, guard])
        yield f"        :: d_step {{ {whole} -> /* {instance.rule.name} */"
        for line in self._effect(instance, taken):
            yield f"            {line};"
        yield "            skip }"

    def _effect(
        self, instance: Instance, taken: tuple[int, int] | None
    ) -> Iterator[str]:
        if instance.chooses_time:
            yield f"{FRESH} = 0"
            for number in sorted(instance.chooses_time):
                for text in self._times(number):
                    yield f"{FRESH} = ({text} > {FRESH} -> {text} : {FRESH})"
            yield f"{FRESH} = {FRESH} + 1"
        values = [a.value for a in instance.assignments]
        values += [message for _, message in instance.sends]
        conditions = [a.condition for a in instance.assignments]
        names: list[Expression] = []
        for i, value in enumerate(values):
            names.append(value if isinstance(value, int) else f"x{i}")
            if isinstance(value, str):
                yield f"x{i} = {value}"
        places = [str(a.place) for a in instance.assignments]
        for name, a, place, condition in zip(
            names, instance.assignments, places, conditions, strict=False
        ):
            write = f"{self.syntax.variable(a.name)}[{place}] = {name}"
            if isinstance(condition, str):
                write = f"if :: {condition} -> {write} :: else fi"
            yield write
        if taken is not None:
            queue, slot = taken
            last = self.layout.capacity(self.layout.queues[queue]) - 1
            for k in range(slot, last):
                yield f"queue{queue}[{k}] = queue{queue}[{k + 1}]"
            yield f"queue{queue}[{last}] = 0"
            yield f"length[{queue}] = length[{queue}] - 1"
        for name, (queue, _) in zip(
            names[len(instance.assignments) :], instance.sends, strict=True
        ):
            put = f"queue{queue}[length[{queue}]] = {name}; "
            put += f"length[{queue}] = length[{queue}] + 1"
            yield f"if :: {self._room(queue)} -> {put} :: else fi"

    def _room(self, queue: int) -> Expression:
        most = self.layout.capacity(self.layout.queues[queue])
        room: list[Expression] = [f"(length[{queue}] < {most})"]
        under_way = self.model.configuration.in_flight
        if under_way is not None:
            every = " + ".join(f"length[{q}]" for q in range(len(self.layout.queues)))
            room.append(f"({every} < {under_way})")
        return conjunction(room)

    def _tick(self) -> Iterator[str]:
        real = [
            self.syntax.timer(t.name, self.layout.offset(t.index, args), "s")
            for t in TIMERS
            if self.model.is_real(t.name)
            for args in self.model.tuples(t.index)
        ]
        if not real:
            return
        calm: list[Expression] = [f"({timer} != 1)" for timer in real]
        running: list[Expression] = [f"({timer} != 0)" for timer in real]
        if self.model.configuration.prompt:
            calm += [f"(length[{q}] == 0)" for q in range(len(self.layout.queues))]
        guard = conjunction([*calm, disjunction(running)])
        yield f"        :: d_step {{ {guard} -> /* tick */"
        for timer in real:
            yield f"            {timer} = ({timer} > 0 -> {timer} - 1 : 0);"
        yield "            skip }"

    # ---- canonical states ------------------------------------------------------------

    def _time_cells(self, number: int) -> Sequence[str]:
        node = self.layout.nodes[number - 1]
        return [
            self.syntax.cell(m.name, self.layout.offset(m.index, args), "s")
            for m in MAPS
            if m.value == TIME
            for args in self.model.tuples(m.index)
            if args[0] == node
        ]

    def _time_fields(self, number: int) -> Iterator[tuple[int, int, int, int]]:
        """Queue, slot, shift and mask of each time in a message of the node."""
        for queue in self.layout.queues_of(self.layout.nodes[number - 1]):
            channel = self.layout.queues[queue]
            for h in self.layout.held(channel):
                if h.sort == TIME:
                    for slot in range(self.layout.capacity(channel)):
                        yield queue, slot, h.shift, (1 << h.bits) - 1

    def _times(self, number: int) -> Iterator[str]:
        """All times of a node; a slot that is not in use reads as 0."""
        yield from self._time_cells(number)
        for queue, slot, shift, mask in self._time_fields(number):
            yield f"((queue{queue}[{slot}] >> {shift}) & {mask})"

    def _canonical(self, number: int) -> Iterator[str]:
        inner = " " * 12
        yield f"{inner}used = 1;"
        for text in self._times(number):
            yield f"{inner}used = used | (1 << {text});"
        yield f"{inner}if\n{inner}:: (used & (used + 1)) ->"
        inner += "    "
        yield f"{inner}rank[0] = 0;"
        for i in range(self.layout.times + 2):
            yield f"{inner}rank[{i + 1}] = rank[{i}] + ((used >> {i}) & 1);"
        for cell in self._time_cells(number):
            yield f"{inner}{cell} = rank[{cell}];"
        for queue, slot, shift, mask in self._time_fields(number):
            place = f"queue{queue}[{slot}]"
            time = f"(({place} >> {shift}) & {mask})"
            yield f"{inner}{place} = {place} + ((rank[{time}] - {time}) << {shift});"
        inner = inner[4:]
        yield f"{inner}:: else\n{inner}fi;"
        if self.model.configuration.reorder:
            for queue in self.layout.queues_of(self.layout.nodes[number - 1]):
                yield from self._sort(queue)

    def _sort(self, queue: int) -> Iterator[str]:
        inner = " " * 12
        size = self.layout.capacity(self.layout.queues[queue])
        for end in range(size - 1, 0, -1):
            for k in range(end):
                a, b = f"queue{queue}[{k}]", f"queue{queue}[{k + 1}]"
                yield f"{inner}if"
                yield f"{inner}:: (length[{queue}] > {k + 1}) && ({a} > {b}) ->"
                yield f"{inner}    used = {a}; {a} = {b}; {b} = used"
                yield f"{inner}:: else\n{inner}fi;"
