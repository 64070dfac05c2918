"""The states of a model in C: what terms read, and how states are packed and unpacked.

A state is unpacked into small integers.  It is made canonical before it is packed again:
the times of each node become their order, and bags are sorted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pmip6.model.domain import RIGIDS
from pmip6.model.state import TIME
from pmip6.properties.exploration.layout import WORD, Layout, Part
from pmip6.properties.exploration.printer import Expression


class CSyntax:
    """What terms read, in C: `s` and `t` point to the states before and after a step."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def cell(self, name: str, place: Expression, view: str) -> str:
        """The cell at a place of a map."""
        return f"{view}->c[{_sum(self.layout.map_base[name], place)}]"

    def timer(self, name: str, place: Expression, view: str) -> str:
        """The timer at a place of its kind."""
        return f"{view}->t[{_sum(self.layout.timer_base[name], place)}]"

    def rigid(self, name: str, place: Expression) -> str:
        """The value of a predicate that the configuration fixes."""
        return f"{name}[{place}]"

    def choose(self, condition: str, then: Expression, otherwise: Expression) -> str:
        """A conditional expression."""
        return f"({condition} ? {then} : {otherwise})"

    def waiting(self, queue: int, slot: int, view: str) -> tuple[str, str]:
        """Whether a slot of a queue is in use, and the message in it."""
        return f"({view}->n[{queue}] > {slot})", f"{view}->q[{queue}][{slot}]"


def _sum(base: int, place: Expression) -> Expression:
    if isinstance(place, int):
        return base + place
    return f"{base} + {place}" if base else place


class CStates:
    """The functions `unpack`, `pack` and `canonical` of one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.is_bag = layout.model.configuration.reorder

    def lines(self) -> Iterator[str]:
        """The predicates that the configuration fixes, and the functions."""
        yield from self._rigids()
        yield from self._unpack()
        yield from self._pack()
        yield from self._canonical()

    def _rigids(self) -> Iterator[str]:
        for rigid in RIGIDS:
            if rigid.index and self.layout.model.configuration.facts.get(rigid.name):
                size = 1
                for sort in rigid.index:
                    size *= self.layout.size(sort)
                true = sorted(
                    self.layout.offset(rigid.index, args)
                    for args in self.layout.model.tuples(rigid.index)
                    if self.layout.model.is_fact(rigid.name, args)
                )
                bits = ", ".join(str(int(i in true)) for i in range(size))
                yield f"static const u8 {rigid.name}[{size}] = {{{bits}}};"

    def _parts(self) -> Iterator[tuple[str, Part]]:
        for (place, _, _), part in zip(
            self.layout.cells, self.layout.cell_parts, strict=True
        ):
            yield f"s->c[{place}]", part
        for (place, _), part in zip(
            self.layout.timers, self.layout.timer_parts, strict=True
        ):
            yield f"s->t[{place}]", part
        for queue, (length, slots) in enumerate(self.layout.queue_parts):
            yield f"s->n[{queue}]", length
            for slot, part in enumerate(slots):
                yield f"s->q[{queue}][{slot}]", part

    def _unpack(self) -> Iterator[str]:
        yield "static void unpack(const u64 *w, S *s)\n{"
        yield "    memset(s, 0, sizeof *s);"
        for text, part in self._parts():
            if part.bits:
                mask = (1 << part.bits) - 1
                yield f"    {text} = w[{part.word}] >> {part.shift} & {mask}u;"
        for node in range(1, len(self.layout.nodes) + 1):
            yield f"    u32 times_{node} = 1;"
            yield from self._times(node, "s", f"times_{node}")
            yield f"    while (times_{node} >> (s->latest[{node}] + 1))"
            yield f"        s->latest[{node}]++;"
            yield f"    if (s->fresh <= s->latest[{node}])"
            yield f"        s->fresh = s->latest[{node}] + 1;"
        yield "}\n"

    def _pack(self) -> Iterator[str]:
        yield "static void pack(const S *s, u64 *w)\n{"
        for word in range(self.layout.words):
            texts = [
                f"(u64){text} << {part.shift}"
                for text, part in self._parts()
                if part.word == word and part.bits
            ]
            yield f"    w[{word}] = {' | '.join(texts) or '0'};"
        yield "}"

    def repacked(
        self,
        cells: Iterable[int | str],
        timers: Iterable[int | str],
        queues: Iterable[int],
    ) -> Iterator[str]:
        """How `w` is packed from the words before a step that changes no more than these.

        A cell or timer that is known while printing goes by its place in its array, else by
        the name of its map or kind.
        """
        model = self.layout.model
        changed = {f"s->n[{q}]" for q in queues}
        for queue in queues:
            slots = range(len(self.layout.queue_parts[queue][1]))
            changed |= {f"s->q[{queue}][{slot}]" for slot in slots}
        for (name, _), (place, _, _) in zip(
            model.cells, self.layout.cells, strict=True
        ):
            if {name, place} & set(cells):
                changed.add(f"s->c[{place}]")
        for (name, _), (place, _) in zip(model.timers, self.layout.timers, strict=True):
            if {name, place} & set(timers):
                changed.add(f"s->t[{place}]")
        for word in range(self.layout.words):
            parts = [
                (text, part)
                for text, part in self._parts()
                if part.word == word and part.bits and text in changed
            ]
            mask = sum(((1 << part.bits) - 1) << part.shift for _, part in parts)
            kept = f"p->current[{word}] & {~mask & (1 << WORD) - 1:#x}u"
            texts = [
                f"(u64){text.replace('s', 't', 1)} << {part.shift}"
                for text, part in parts
            ]
            yield f"w[{word}] = {' | '.join([kept, *texts])};"

    def _time_fields(self, queue: int) -> list[tuple[int, int]]:
        held = self.layout.held(self.layout.queues[queue])
        return [(h.shift, (1 << h.bits) - 1) for h in held if h.sort == TIME]

    def _times(self, node: int, view: str, name: str) -> Iterator[str]:
        element = self.layout.nodes[node - 1]
        for place in self.layout.time_cells(element):
            yield f"    {name} |= 1u << {view}->c[{place}];"
        for queue in self.layout.queues_of(element):
            for shift, mask in self._time_fields(queue):
                yield f"    for (int k = 0; k < {view}->n[{queue}]; k++)"
                yield (
                    f"        {name} |= 1u << ({view}->q[{queue}][k]"
                    f" >> {shift} & {mask}u);"
                )

    def _canonical(self) -> Iterator[str]:
        """The order of the times of a node for the times, and bags in order."""
        if self.is_bag:
            yield "static void sort(u32 *q, int n)\n{"
            yield "    for (int i = 1; i < n; i++)"
            yield "        for (int k = i; k > 0 && q[k - 1] > q[k]; k--) {"
            yield "            u32 x = q[k];"
            yield "            q[k] = q[k - 1];\n            q[k - 1] = x;\n        }\n}"
        for node in range(1, len(self.layout.nodes) + 1):
            element = self.layout.nodes[node - 1]
            yield f"static int canonical_{node}(S *t)\n{{\n    u32 times = 1;"
            yield from self._times(node, "t", "times")
            yield "    if (times & (times + 1)) {"
            yield "        u8 rank[32], next = 0;"
            yield "        for (int i = 0; times >> i; i++) {"
            yield "            rank[i] = next;\n            next += times >> i & 1;\n        }"
            for place in self.layout.time_cells(element):
                yield f"        t->c[{place}] = rank[t->c[{place}]];"
            for queue in self.layout.queues_of(element):
                for shift, mask in self._time_fields(queue):
                    yield f"        for (int k = 0; k < t->n[{queue}]; k++) {{"
                    yield f"            u32 *m = &t->q[{queue}][k];"
                    yield f"            u32 time = *m >> {shift} & {mask}u;"
                    yield (
                        f"            *m ^= (time ^ rank[time]) << {shift};\n        }}"
                    )
            yield "    }"
            if self.is_bag:
                for queue in self.layout.queues_of(element):
                    if self.layout.capacity(self.layout.queues[queue]) > 1:
                        yield f"    sort(t->q[{queue}], t->n[{queue}]);"
            yield "    return (times & (times + 1)) != 0;\n}"
        yield "/* Whether times of these nodes have become others. */"
        yield "static int canonical(S *t, u32 nodes)\n{\n    int renumbered = 0;"
        for node in range(1, len(self.layout.nodes) + 1):
            yield f"    if (nodes >> {node} & 1)"
            yield f"        renumbered |= canonical_{node}(t);"
        yield "    return renumbered;\n}"
