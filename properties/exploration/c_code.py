"""The rules and properties of a model printed as C, for properties/exploration/explorer.c.

Each instance of a rule is straight-line code on a copy of the state at hand
(properties/exploration/c_states.py); the copy is made canonical and packed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pmip6.model.domain import CHANNELS
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Channel, Role
from pmip6.properties.exploration.c_states import CStates, CSyntax
from pmip6.properties.exploration.c_symmetry import CSymmetry
from pmip6.properties.exploration.instances import (
    FRESH,
    Assignment,
    Instance,
    instances,
)
from pmip6.properties.exploration.layout import Layout
from pmip6.properties.exploration.printer import (
    Expression,
    Names,
    Printer,
    conjunction,
    negation,
)
from pmip6.properties.exploration.symmetry import Symmetry
from pmip6.properties.fairness import Units
from pmip6.properties.property import Property, Scope

RUNTIME = Path(__file__).with_name("explorer.c")
GRAPH_TYPES, GRAPH = RUNTIME.with_name("graph.h"), RUNTIME.with_name("graph.c")
TABLE, WORDS = RUNTIME.with_name("table.c"), RUNTIME.with_name("words.c")
FEWEST_NUMBERED = 3  # words of a state whose words are kept by their numbers
MOST_TIMES = 30  # times are bits of a 32-bit set while they are ranked
MOST_PROPERTIES = 62  # violations of a step are bits of a 64-bit set
MARK_BITS = 55  # of the hash of a state, where they stand for it
LEAST_BITS = 16  # of the first word, among which its values are spread


class CProgram:
    """The C text of a model with the properties that are checked on the way."""

    def __init__(
        self,
        layout: Layout,
        properties: Sequence[Property],
        symmetry: Symmetry | None = None,
        *,
        compact: bool = False,
    ) -> None:
        self.layout = layout
        self.compact = compact
        self.states = CStates(layout)
        self.symmetry = CSymmetry(layout, symmetry)
        self.model = layout.model
        self.printer = Printer(layout, CSyntax(layout))
        self.units = Units(self.printer)
        self.properties = tuple(properties)
        if layout.times + 2 > MOST_TIMES or len(properties) > MOST_PROPERTIES:
            raise Pmip6Error(
                f"configuration {self.model.configuration.name}",
                f"has more than {MOST_TIMES - 2} times for a node,"
                f" or more than {MOST_PROPERTIES} properties",
                "make the channels smaller",
            )

    def text(self) -> str:
        """The whole program, the runtime included."""
        return (
            RUNTIME.read_text("utf-8")
            .replace("/* @declarations */", "\n".join(self._declarations()))
            .replace("/* @graph-types */", GRAPH_TYPES.read_text("utf-8"))
            .replace("/* @words */", WORDS.read_text("utf-8"))
            .replace("/* @table */", TABLE.read_text("utf-8"))
            .replace("/* @graph */", GRAPH.read_text("utf-8"))
            .replace("/* @model */", "\n".join(self._model()))
        )

    def _declarations(self) -> Iterator[str]:
        slots = [self.layout.capacity(c) for c in CHANNELS]
        state_properties = sum(
            1 << i for i, p in enumerate(self.properties) if p.scope is Scope.STATE
        )
        widths = self.layout.widths
        spread = max(widths[0], LEAST_BITS)
        yield from (
            f"#define WORDS {self.layout.words}",
            f"#define FEWEST_NUMBERED {FEWEST_NUMBERED}",
            f"#define SPREAD {spread}",
            f"#define MIXED {MARK_BITS if self.compact else spread}",
            f"static const u8 word_bits[] = {{{', '.join(map(str, widths))}}};",
            f"#define CELLS {self.layout.map_base['']}",
            f"#define TIMERS {self.layout.timer_base['']}",
            f"#define NODES {len(self.layout.nodes)}",
            f"#define QUEUES {len(self.layout.queues)}",
            f"#define SLOTS {max(slots)}",
            f"#define RULES {len(self.model.rules)}",
            f"#define PROPERTIES {len(self.properties)}",
            f"#define STATE_PROPERTIES {state_properties}ull",
            f"#define COMPACT {int(self.compact)}",
            f"#define SYMMETRIC {int(len(self.symmetry.renamings) > 1)}",
        )

    def _model(self) -> Iterator[str]:
        yield from self.states.lines()
        yield from self.symmetry.lines()
        yield self.units.timer_table()
        yield from self.checks()
        calls: list[str] = []
        for (name, node), queue in self.model.queues.items():
            channel = CHANNELS[name]
            number = self.layout.nodes.index(node) + 1
            yield from self._receive(channel, number)
            calls.append(self._take(channel, number, queue))
        yield from self._act()
        yield from self._tick()
        yield "static void expand(Part *p, const S *s)\n{"
        yield from calls
        yield "    act(p, s);\n    tick(p, s);\n}"

    # ---- properties ------------------------------------------------------------------

    def checks(self) -> Iterator[str]:
        yield "static void check_state(Part *p, const S *s)\n{\n    (void)s;"
        yield from self._check(Scope.STATE, None, {})
        yield "}\nstatic void check_step(Part *p, const S *s, const S *t)\n{"
        yield "    (void)s;\n    (void)t;"
        yield from self._check(Scope.STEP, None, {})
        yield "}"
        for channel in CHANNELS:
            for node in range(1, len(self.layout.nodes) + 1):
                yield (
                    f"static void check_{channel.name}_{node}"
                    "(Part *p, const S *s, const S *t, u32 m)\n{"
                )
                yield "    (void)s;\n    (void)t;\n    (void)m;"
                names = self._fields(channel, node)
                yield from self._locals(channel)
                yield from self._check(Scope.MESSAGE, channel, names)
                yield "}"

    def _check(
        self, scope: Scope, channel: Channel | None, names: Names
    ) -> Iterator[str]:
        for i, found in enumerate(self.properties):
            if found.scope is not scope or found.channel != channel:
                continue
            term, premise = map(self.model.decided, (found.term, found.premise))
            wrong = negation(self.printer.print(term, names))
            met = self.printer.print(premise, names)
            if wrong != 0:
                yield f"    if ((p->undecided >> {i} & 1) && {wrong})"
                yield f"        p->pending |= 1ull << {i};"
            if met != 0:
                yield f"    if ((p->unreached >> {i} & 1) && {met})"
                yield f"        p->unreached &= ~(1ull << {i});"

    # ---- rules -----------------------------------------------------------------------

    def _fields(self, channel: Channel, node: int) -> dict[str, Expression]:
        held = {h.name: f"m_{h.name}" for h in self.layout.held(channel)}
        return self.printer.message_names(channel, node, held)

    def _locals(self, channel: Channel) -> Iterator[str]:
        for h in self.layout.held(channel):
            mask = (1 << h.bits) - 1
            yield f"    const u32 m_{h.name} = m >> {h.shift} & {mask}u;"
            yield f"    (void)m_{h.name};"

    def _receive(self, channel: Channel, node: int) -> Iterator[str]:
        """All rules on a message of a channel and a node."""
        names = self._fields(channel, node)
        found = [
            i
            for rule in self.model.rules
            if rule.on == channel
            for i in instances(self.printer, rule, names)
        ]
        queue = self.printer.queue(channel, node)
        yield f"static void receive_{channel.name}_{node}"
        yield "(Part *p, const S *s, u32 m, int slot)\n{"
        yield f"    const u32 {FRESH} = s->fresh;\n    (void){FRESH};"
        yield from self._locals(channel)
        taken = [
            f"for (int k = slot; k + 1 < t->n[{queue}]; k++)",
            f"    t->q[{queue}][k] = t->q[{queue}][k + 1];",
            f"t->q[{queue}][--t->n[{queue}]] = 0;",
        ]
        check = [f"check_{channel.name}_{node}(p, s, t, m);"]
        yield from self._instances(found, taken, check, {queue})
        yield "}"

    def _take(self, channel: Channel, node: int, queue: int) -> str:
        name = f"receive_{channel.name}_{node}"
        if not self.model.configuration.reorder:
            return f"    if (s->n[{queue}])\n        {name}(p, s, s->q[{queue}][0], 0);"
        return (
            f"    for (int k = 0; k < s->n[{queue}]; k++)\n"
            f"        if (k == 0 || s->q[{queue}][k] != s->q[{queue}][k - 1])\n"
            f"            {name}(p, s, s->q[{queue}][k], k);"
        )

    def _act(self) -> Iterator[str]:
        """All rules that wait for no message."""
        found = [
            i
            for rule in self.model.rules
            if not isinstance(rule.on, Channel)
            for i in instances(self.printer, rule, {})
        ]
        yield "static void act(Part *p, const S *s)\n{"
        yield f"    const u32 {FRESH} = s->fresh;\n    (void){FRESH};"
        yield from self._instances(found, [], [], set())
        yield "}"

    def _instances(
        self,
        found: list[Instance],
        taken: list[str],
        check: list[str],
        queues: set[int],
    ) -> Iterator[str]:
        """Each instance, with the conditions that several have decided once."""
        uses = Counter(text for i in found for text in i.guard)
        shared = {
            text: f"h{n}"
            for n, (text, count) in enumerate(uses.items())
            if count > 1 and len(text) > 6
        }
        for text, name in shared.items():
            yield f"    const int {name} = {text};"
        keys: dict[tuple[object, ...], str] = {}
        for i in found:
            if i.key is not None and (i.rule.name, *i.key) not in keys:
                keys[i.rule.name, *i.key] = f"done{len(keys)}"
                yield f"    int done{len(keys) - 1} = 0;"
        most_times = self.model.configuration.times
        numbers = {rule.name: n for n, rule in enumerate(self.model.rules)}
        for i in found:
            conditions: list[Expression] = [shared.get(t, t) for t in i.guard]
            if i.key is not None:
                conditions.insert(0, "!" + keys[i.rule.name, *i.key])
            if most_times is not None:
                conditions += [
                    f"(s->latest[{n}] < {most_times})" for n in sorted(i.chooses_time)
                ]
            yield f"    if ({conjunction(conditions)}) {{ /* {i.rule.name} */"
            yield "        S next = *s;\n        S *t = &next;"
            if i.key is not None:
                yield f"        {keys[i.rule.name, *i.key]} = 1;"
            checks = [] if i.rule.role is Role.CHANNEL else check
            for line in (*taken, *self._effect(i), *checks, "check_step(p, s, t);"):
                yield f"        {line}"
            nodes = sum(1 << n for n in i.nodes)
            unit, served = self.units.of(i)
            cells = [
                _changed(self.layout.map_base, a)
                for a in i.assignments
                if not a.is_timer
            ]
            timers = [
                _changed(self.layout.timer_base, a) for a in i.assignments if a.is_timer
            ]
            packed = self.states.repacked(
                cells, timers, queues | {q for q, _ in i.sends}
            )
            yield f"        u64 w[WORDS];\n        if (canonical(t, {nodes})) {{"
            yield "            pack(t, w);\n        } else {"
            yield from (f"            {line}" for line in packed)
            yield "        }"
            yield f"        finish(p, t, w, {numbers[i.rule.name]}, {unit}, {served});"
            yield "    }"

    def _effect(self, instance: Instance) -> Iterator[str]:
        syntax = self.printer.syntax
        for a in instance.assignments:
            write = syntax.timer if a.is_timer else syntax.cell
            where = f"if ({a.condition}) " if isinstance(a.condition, str) else ""
            yield f"{where}{write(a.name, a.place, 't')} = (u8){a.value};"
        for queue, message in instance.sends:
            most = self.layout.capacity(self.layout.queues[queue])
            room = f"t->n[{queue}] < {most}"
            if self.model.configuration.in_flight is not None:
                under_way = " + ".join(
                    f"t->n[{q}]" for q in range(len(self.layout.queues))
                )
                room += f" && {under_way} < {self.model.configuration.in_flight}"
            yield f"if ({room})"
            yield f"    t->q[{queue}][t->n[{queue}]++] = (u32){message};"

    def _tick(self) -> Iterator[str]:
        """Time goes on where a real timer runs and none is due."""
        real = [
            self.layout.timers[position][0]
            for (name, _), position in self.model.timers.items()
            if self.model.is_real(name)
        ]
        running = " | ".join(f"s->t[{place}]" for place in real) or "0"
        tick = self.units.tick
        yield "static void tick(Part *p, const S *s)\n{"
        yield f"    if (!({running}))\n        return;"
        yield f"    if (p->graph)\n        want(p->graph, {tick});"
        if self.model.configuration.prompt:
            for queue in range(len(self.layout.queues)):
                yield f"    if (s->n[{queue}])\n        return;"
        yield "    S next = *s;\n    S *t = &next;"
        for place in real:
            yield f"    if (s->t[{place}] == 1)\n        return;"
            yield f"    t->t[{place}] -= s->t[{place}] > 0;"
        yield "    check_step(p, s, t);"
        yield "    u64 w[WORDS];"
        yield from (f"    {line}" for line in self.states.repacked((), real, ()))
        yield f"    finish(p, t, w, RULES, {tick}, 1ull << {tick});\n}}"


def _changed(base: Mapping[str, int], assignment: Assignment) -> int | str:
    """The place in its array that an assignment writes, or the name if any of it."""
    place = assignment.place
    return place + base[assignment.name] if isinstance(place, int) else assignment.name
