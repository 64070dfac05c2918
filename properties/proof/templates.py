"""Candidates for invariants: templates filled with the maps, timers and channels in use.

A template knows sorts alone, no map or rule by its name: which cells say something of the
same elements, which values a relation pairs once, which times of a node precede others,
what a message tells of the cells of its node.  Most candidates are false; what is left of
them is found by runs and by induction (inference.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

from pmip6.model.domain import CHANNELS, MAPS, TIMERS
from pmip6.model.language.table import Channel, Message, Rule, StateMap
from pmip6.model.language.terms import (
    Op,
    Sort,
    SortKind,
    Term,
    all_of,
    any_of,
    before,
    forall,
    implies,
    initial,
    subterms,
    variable,
)
from pmip6.model.state import MOBILE_NODE, TIME
from pmip6.properties.proof.lemma import Lemma, issued

Elements = dict[Sort, Term]
MOST_ENUM = 8  # literals of a value that templates tell apart


class Templates:
    """The templates over what some rules write, start and send.

    Args:
        rules: The rules as a setting of the features leaves them.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        written = {u.map.name for r in rules for u in r.updates}
        started = {c.timer.name for r in rules for c in r.timers}
        sent = {s.channel.name for r in rules for s in r.sends}
        self.maps = [m for m in MAPS if m.name in written and _is_plain(m.index)]
        self.timers = [t for t in TIMERS if t.name in started and _is_plain(t.index)]
        self.channels = [c for c in CHANNELS if c.name in sent]
        self.literals = _literals(rules)
        self.sorts = tuple(dict.fromkeys(s for m in self.maps for s in m.index))

    def candidates(self) -> list[Lemma]:
        """All candidates, each under a name that numbers it."""
        found = [
            *((None, t) for t in self._of_states()),
            *((c, t) for c in self.channels for t in self._of_messages(c)),
        ]
        return [
            Lemma(f"candidate-{i}", term, "found by inference", channel)
            for i, (channel, term) in enumerate(dict.fromkeys(found), 1)
        ]

    def _of_states(self) -> Iterator[Term]:
        of_timers = (t.index for t in self.timers)
        shapes = dict.fromkeys([*(m.index for m in self.maps), *of_timers])
        for index in shapes:
            yield from self._clauses(index)
        for m in self.maps:
            yield from self._uniqueness(m)
            yield from self._links(m)
        yield from self._order()
        yield from self._joins()

    # ---- cells of the same elements --------------------------------------------------

    def facts(self, at: Elements) -> Iterator[tuple[str, tuple[Sort, ...], Term]]:
        """What can be said of these elements: the map, its index, a condition."""
        for m in self.maps:
            if not all(s in at for s in m.index):
                continue
            cell = m[tuple(at[s] for s in m.index)]
            for fact in self._about(cell):
                yield m.name, m.index, fact
        for t in self.timers:
            if all(s in at for s in t.index):
                yield t.name, t.index, t.running(*(at[s] for s in t.index))

    def _about(self, cell: Term) -> Iterator[Term]:
        match cell.sort.kind:
            case SortKind.BOOL:
                yield cell
            case SortKind.ENUM:
                values = self.literals.get(cell.sort, ())
                if len(values) <= MOST_ENUM or cell.op is Op.VARIABLE:
                    yield from (cell == value for value in values)
            case SortKind.OPEN | SortKind.ORDERED:
                yield cell == cell.sort.none
            case SortKind.LEVEL:
                return

    def _clauses(self, index: tuple[Sort, ...]) -> Iterator[Term]:
        """One or two facts, or their contraries, of which one always holds."""

        def of(at: Elements) -> list[Term]:
            facts = [
                (name, sorts, sign)
                for name, sorts, fact in self.facts(at)
                for sign in (fact, ~fact)
            ]
            alone = [sign for _, sorts, sign in facts if sorts == index]
            pairs = [
                any_of(one, other)
                for (name, a, one), (near, b, other) in itertools.combinations(facts, 2)
                if name != near and index in (a, b)
            ]
            return [*alone, *pairs]

        yield from _for_all(index, of)

    # ---- pairs that are unique, values that lead on ----------------------------------

    def _uniqueness(self, m: StateMap) -> Iterator[Term]:
        kinds = [s.kind for s in m.index]
        if any(k is not SortKind.OPEN for k in kinds):
            return
        if m.value.kind is SortKind.BOOL and len(m.index) == 2:
            one, two = m.index
            yield _three(one, two, two, lambda x, y, z: (m[x, y] & m[x, z], y == z))
            yield _three(two, one, one, lambda y, x, w: (m[x, y] & m[w, y], x == w))
            for state in self._states_of(one):

                def once(y: Term, x: Term, w: Term, s: StateMap = state) -> Clause:
                    first = initial(s.value)
                    live = [s[x] != first, s[w] != first]
                    return all_of(*live, m[x, y], m[w, y]), x == w

                yield _three(two, one, one, once)
        if m.value.kind is SortKind.OPEN and len(m.index) == 1:
            (one,) = m.index

            def same(y: Term, x: Term, w: Term) -> Clause:
                return (m[x] == y) & (m[w] == y), x == w

            yield _three(m.value, one, one, same)

    def _states_of(self, sort: Sort) -> list[StateMap]:
        """The control states of an element."""
        return [
            m for m in self.maps if m.index == (sort,) and m.value.kind is SortKind.ENUM
        ]

    def _links(self, m: StateMap) -> Iterator[Term]:
        """What is true of the element that a cell names."""
        if m.value.kind is not SortKind.OPEN or m.value in m.index:
            return

        def of(at: Elements) -> list[Term]:
            target = {m.value: at[m.value]}
            here = m[tuple(at[s] for s in m.index)] == at[m.value]
            return [
                implies(here, sign)
                for _, _, fact in self.facts(target)
                for sign in (fact, ~fact)
            ]

        yield from _for_all((*m.index, m.value), of)

    # ---- times -----------------------------------------------------------------------

    def _times(self, at: Elements) -> list[Term]:
        return [
            m[tuple(at[s] for s in m.index)]
            for m in (*self.maps, issued)
            if m.value == TIME and all(s in at for s in m.index)
        ]

    def _order(self) -> Iterator[Term]:
        """Which times of a node are not before which others."""
        sorts = dict.fromkeys(
            m.index for m in self.maps if m.value == TIME and m.index[0] == MOBILE_NODE
        )
        for index in sorts:

            def of(at: Elements) -> list[Term]:
                pairs = itertools.permutations(self._times(at), 2)
                return [~before(one, other) for one, other in pairs]

            yield from _for_all(index, of)

    def _joins(self) -> Iterator[Term]:
        """Two times agree: then what one table names, a relation of the other has."""
        for owner, relation, table in itertools.product(self.maps, repeat=3):
            if (
                owner.value.kind is not SortKind.OPEN
                or len(owner.index) != 1
                or relation.value.kind is not SortKind.BOOL
                or table.value.kind is not SortKind.OPEN
                or relation.index != (*owner.index, table.value)
                or len(table.index) != 2
                or table.index[0] != owner.value
            ):
                continue
            index = (*owner.index, *table.index, table.value)
            if not _is_plain(index):
                continue

            def of(
                at: Elements,
                owner: StateMap = owner,
                relation: StateMap = relation,
                table: StateMap = table,
            ) -> list[Term]:
                times = self._times({s: at[s] for s in table.index})
                where = [
                    owner[at[owner.index[0]]] == at[owner.value],
                    table[tuple(at[s] for s in table.index)] == at[table.value],
                ]
                holds = relation[tuple(at[s] for s in relation.index)]
                return [
                    implies(all_of(*where, one == other), holds)
                    for one, other in itertools.combinations(times, 2)
                ]

            yield from _for_all(index, of)

    # ---- messages --------------------------------------------------------------------

    def _of_messages(self, channel: Channel) -> Iterator[Term]:
        message = Message(channel)
        facts = [
            (name, sign)
            for name, field in message.fields.items()
            for fact in self._about(field)
            for sign in (fact, ~fact)
        ]
        node = message.node
        for time in (f for f in message.fields.values() if f.sort == TIME):
            facts += [
                ("times", ~before(known, time))
                for known in self._times({MOBILE_NODE: node})
            ]
        yield from (sign for _, sign in facts)
        kinds = [
            (name, ~fact)
            for name, field in message.fields.items()
            if field.sort.kind is SortKind.ENUM
            for fact in self._about(field)
        ]
        for (name, other_kind), (near, fact) in itertools.product(kinds, facts):
            if name != near:  # of messages of one kind this is true
                yield any_of(other_kind, fact)
        yield from self._answers(message)

    def _answers(self, message: Message) -> Iterator[Term]:
        """A message that tells a time of a table tells its values, too."""
        node = message.node
        for time in message.fields.values():
            for table in self.maps:
                if time.sort != TIME or table.value != TIME or len(table.index) != 2:
                    continue
                if table.index[0] != MOBILE_NODE:
                    continue
                for value in self.maps:
                    if value.index != table.index:
                        continue
                    for field in message.fields.values():
                        if field.sort != value.value or field is time:
                            continue

                        def told(
                            g: Term,
                            time: Term = time,
                            table: StateMap = table,
                            field: Term = field,
                            value: StateMap = value,
                        ) -> Term:
                            same = (time != TIME.none) & (time == table[node, g])
                            return implies(same, field == value[node, g])

                        yield forall(table.index[1], told)


Clause = tuple[Term, Term]  # a premise and a conclusion


def _three(
    one: Sort, two: Sort, three: Sort, body: Callable[[Term, Term, Term], Clause]
) -> Term:
    """For all elements of three sorts the premise of the body implies its conclusion."""

    def clause(x: Term, y: Term, z: Term) -> Term:
        premise, conclusion = body(x, y, z)
        return implies(premise, conclusion)

    return forall(
        one, lambda x: forall(two, lambda y: forall(three, lambda z: clause(x, y, z)))
    )


def _for_all(
    index: tuple[Sort, ...], of: Callable[[Elements], list[Term]]
) -> Iterator[Term]:
    """Each condition on elements of the sorts, for all of them."""

    def built(left: tuple[Sort, ...], at: Elements, number: int) -> Term:
        if not left:
            return of(at)[number]
        return forall(left[0], lambda x: built(left[1:], {**at, left[0]: x}, number))

    # how many conditions there are does not depend on the elements
    for number in range(len(of({s: variable(f"any_{s.name}", s) for s in index}))):
        yield built(index, {}, number)


def _is_plain(index: tuple[Sort, ...]) -> bool:
    """Each sort is there once, and can be quantified."""
    return len(set(index)) == len(index) and all(s.kind is SortKind.OPEN for s in index)


def _literals(rules: Iterable[Rule]) -> dict[Sort, tuple[Term, ...]]:
    """The literals of enumerations that rules write or send, with the first ones."""
    found: dict[Sort, dict[Term, None]] = {}
    for rule in rules:
        terms = [u.value for u in rule.updates]
        terms += [v for s in rule.sends for v in s.values]
        for term in terms:
            for part in subterms(term):
                if part.op is Op.LITERAL and part.sort.kind is SortKind.ENUM:
                    first = {initial(part.sort): None}
                    found.setdefault(part.sort, first)[part] = None
    return {s: tuple(v) for s, v in found.items()}
