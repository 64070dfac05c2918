"""The renamings of a model in C: tables of where each part of a state goes, and the least image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmip6.model.domain import CHANNELS, MAPS, TIMERS
from pmip6.model.language.terms import Sort, SortKind
from pmip6.properties.exploration.layout import Layout
from pmip6.properties.exploration.symmetry import Symmetry, renamed_node, renamed_tuple

NOTHING = "static u64 stands_for(const u64 *w)\n{\n    (void)w;\n    return 1;\n}"


class CSymmetry:
    """The functions `least` and `stands_for` of one layout and its renamings."""

    def __init__(self, layout: Layout, symmetry: Symmetry | None) -> None:
        self.layout = layout
        self.renamings = () if symmetry is None else symmetry.renamings
        self._sorts: tuple[Sort, ...] = () if symmetry is None else symmetry.sorts

    def lines(self) -> Iterator[str]:
        """The tables and functions; without renamings each state stands for itself."""
        if len(self.renamings) < 2:
            yield NOTHING
            return
        yield from self._tables()
        yield from self._messages()
        yield from self._renamed()
        yield LEAST.replace("ORDER", str(len(self.renamings)))

    def _kind(self, sort: Sort) -> int:
        return 1 + self._sorts.index(sort) if sort in self._sorts else 0

    def _tables(self) -> Iterator[str]:
        layout, model = self.layout, self.layout.model
        maps = {m.name: m for m in MAPS}
        kinds = {t.name: t for t in TIMERS}
        cells = [
            (maps[name], args, place)
            for (name, args), (place, _, _), part in zip(
                model.cells, layout.cells, layout.cell_parts, strict=True
            )
            if part.bits
        ]
        timers = [
            (kinds[name], args, place)
            for (name, args), (place, _), part in zip(
                model.timers, layout.timers, layout.timer_parts, strict=True
            )
            if part.bits
        ]
        yield f"#define MOVED_CELLS {len(cells)}\n#define MOVED_TIMERS {len(timers)}"
        yield _row("u16", "cell_from", [place for _, _, place in cells])
        yield _row("u8", "cell_kind", [self._kind(m.value) for m, _, _ in cells])
        yield _row("u16", "timer_from", [place for _, _, place in timers])
        yield _rows(
            "u16",
            "cell_to",
            [
                [
                    layout.map_base[m.name]
                    + layout.offset(m.index, renamed_tuple(r, m.index, args))
                    for m, args, _ in cells
                ]
                for r in self.renamings
            ],
        )
        yield _rows(
            "u16",
            "timer_to",
            [
                [
                    layout.timer_base[t.name]
                    + layout.offset(t.index, renamed_tuple(r, t.index, args))
                    for t, args, _ in timers
                ]
                for r in self.renamings
            ],
        )
        yield _rows(
            "u8",
            "queue_to",
            [
                [
                    model.queues[name, renamed_node(r, node)]
                    for name, node in model.queues
                ]
                for r in self.renamings
            ],
        )
        most = max(layout.size(sort) for sort in self._sorts)
        values = [
            [layout.code(s, renamed_tuple(r, (s,), (e,))[0]) for e in model.elements(s)]
            for r in self.renamings
            for s in self._sorts
        ]
        of_each = len(self._sorts)
        blocks = (
            "{{0}, "
            + ", ".join(
                "{" + ", ".join(map(str, [0, *codes])) + "}"
                for codes in values[i : i + of_each]
            )
            + "}"
            for i in range(0, len(values), of_each)
        )
        yield (
            f"static const u8 new_name[{len(self.renamings)}][{1 + of_each}][{most}] = "
            f"{{{', '.join(blocks)}}};"
        )

    def _messages(self) -> Iterator[str]:
        for channel in CHANNELS:
            yield f"static u32 renamed_{channel.name}(u32 m, int g)\n{{\n    (void)g;"
            for h in self.layout.held(channel):
                if h.sort.kind is SortKind.OPEN and self._kind(h.sort):
                    old = f"m >> {h.shift} & {(1 << h.bits) - 1}u"
                    yield f"    const u32 {h.name} = {old};"
                    new = f"new_name[g][{self._kind(h.sort)}][{h.name}]"
                    yield f"    m ^= ({h.name} ^ {new}) << {h.shift};"
            yield "    return m;\n}"

    def _renamed(self) -> Iterator[str]:
        yield "static void renamed(const S *s, S *d, int g)\n{"
        yield "    memset(d, 0, sizeof *d);"
        yield "    for (int i = 0; i < MOVED_CELLS; i++) {"
        yield "        u8 value = s->c[cell_from[i]];"
        yield "        int kind = cell_kind[i];"
        yield "        d->c[cell_to[g][i]] = kind ? new_name[g][kind][value] : value;\n    }"
        yield "    for (int i = 0; i < MOVED_TIMERS; i++)"
        yield "        d->t[timer_to[g][i]] = s->t[timer_from[i]];"
        for queue, channel in enumerate(self.layout.queues):
            yield "    {"
            yield f"        int to = queue_to[g][{queue}];"
            yield f"        d->n[to] = s->n[{queue}];"
            yield f"        for (int k = 0; k < s->n[{queue}]; k++)"
            yield (
                f"            d->q[to][k] = renamed_{channel.name}(s->q[{queue}][k], g);"
            )
            if self.layout.model.configuration.reorder:
                yield f"        sort(d->q[to], s->n[{queue}]);"
            yield "    }"
        yield "}"


LEAST = """\
/* The least of the packed states that the renamings make of a state. */
static void least(const S *t, u64 *w)
{
    S d;
    u64 v[WORDS];
    for (int g = 1; g < ORDER; g++) {
        renamed(t, &d, g);
        pack(&d, v);
        for (int i = 0; i < WORDS; i++)
            if (v[i] != w[i]) {
                if (v[i] < w[i])
                    memcpy(w, v, sizeof v);
                break;
            }
    }
}

/* How many different states the renamings make of a packed state. */
static u64 stands_for(const u64 *w)
{
    S s, d;
    u64 v[WORDS], same = 1;
    unpack(w, &s);
    for (int g = 1; g < ORDER; g++) {
        renamed(&s, &d, g);
        pack(&d, v);
        same += !memcmp(v, w, sizeof v);
    }
    return ORDER / same;
}"""


def _row(kind: str, name: str, values: Sequence[int]) -> str:
    return f"static const {kind} {name}[] = {{{', '.join(map(str, [*values, 0]))}}};"


def _rows(kind: str, name: str, rows: Sequence[Sequence[int]]) -> str:
    width = len(rows[0]) + 1
    texts = ", ".join("{" + ", ".join(map(str, [*row, 0])) + "}" for row in rows)
    return f"static const {kind} {name}[][{width}] = {{{texts}}};"
