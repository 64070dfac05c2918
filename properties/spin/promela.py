"""A model written as Promela, with exactly the states that the explorer counts.

One process has one loop.  A turn of it is atomic: first one instance of a rule or a tick,
then what is asserted of this step, then the canonical form of the state.  Spin stores the
states between turns and no other.  What a turn needs for itself is hidden, so that it tells
no states apart; and so is what is always the same in a configuration, which would only make
the states of Spin larger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pmip6.model.domain import MAPS, TIMERS, Model
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
from pmip6.properties.property import Property
from pmip6.properties.spin.checks import Checks
from pmip6.properties.spin.syntax import PromelaSyntax


def promela(model: Model, properties: Iterable[Property] = ()) -> str:
    """The model as Promela.

    Args:
        model: The model.
        properties: What is asserted, of every state or of every step.

    Raises:
        Pmip6Error: The node of a message is not known from the indices of its rule, or a
            property reads a field of a message that no state holds.
    """
    return "\n".join(_Writer(model, properties).lines()) + "\n"


class _Writer:
    """Writes one model."""

    def __init__(self, model: Model, properties: Iterable[Property]) -> None:
        self.model = model
        self.layout = Layout(model)
        self.syntax = PromelaSyntax(self.layout)
        self.printer = Printer(self.layout, self.syntax)
        self.checks = Checks(self.layout, properties)

    def lines(self) -> Iterator[str]:
        """The text, line by line."""
        found = list(self._options())
        temporaries = max((len(i.assignments) + len(i.sends) for i, _, _ in found))
        chosen = self.model.configuration
        yield f"/* pmip6 model export {chosen.name} --format promela: {chosen.summary} */"
        yield ""
        for name, (kind, size) in self.syntax.arrays.items():
            if self.syntax.is_constant(name):  # a hidden array of 1 would be none
                yield f"hidden {kind} {name}[{max(2, size)}];"
            else:
                yield f"{kind} {name}[{size}];"
        yield ""
        for i in range(temporaries):
            yield f"hidden int x{i};"
        yield f"hidden int {FRESH};"
        yield "hidden int used;"
        yield from self.checks.declarations
        yield f"hidden byte rank[{self.layout.times + 3}];"
        yield ""
        yield "active proctype domain()\n{\n    do\n    :: atomic {\n        if"
        for instance, guard, taken in found:
            yield from self._option(instance, guard, taken)
        yield from self._tick()
        yield "        fi;\n        d_step {"
        yield from self.checks.of_steps
        for number in range(1, len(self.layout.nodes) + 1):
            yield from self._canonical(number)
        yield "            used = 0"
        yield from self.checks.of_states
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
        yield from self.checks.before(instance.rule, taken)
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
        yield from self.checks.before(None, None)
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
