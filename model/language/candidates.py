"""Where to look for the elements of which a condition may hold, in a live state.

A condition that names a cell, a fact or an element tells of itself which elements can
meet it, however many there are.  What is found is asked again: none that meets the
condition is left out, and one that does not may be in.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, cast, runtime_checkable

from pmip6.model.domain import MAPS, Element, Model
from pmip6.model.language.live_state import LiveCells
from pmip6.model.language.terms import (
    Op,
    Sort,
    SortKind,
    Term,
    initial,
    name_of,
    variables_of,
)

Environment = Mapping[str, Element]
Ranks = Collection[int]
Search = Callable[[Any, Environment], tuple[Element, ...]]
"""The elements that may meet some conditions in a state, in their order."""
Ranking = Callable[[LiveCells[Element], Any, Environment], Ranks | None]
"""Their ranks in their sort; None where it may be any."""


@runtime_checkable
class PairedFact(Protocol):
    """A fact on two elements, whichever comes first, that knows who goes with whom."""

    def partners(self, element: Element) -> Iterable[Element]:
        """The elements for which it holds together with this one."""
        ...


class Places:
    """The cells of one map by one of its indices: which elements have which value there.

    Of a map of truth values only what is true is kept.

    Args:
        positions: The cells of the map, the last index varying fastest.
        sorts: The elements of each index.
        index: Which of them is looked for.
        items: All cells as they are.
    """

    def __init__(
        self,
        positions: range,
        sorts: Sequence[tuple[Element, ...]],
        index: int,
        items: Sequence[Element],
        *,
        is_truth: bool,
    ) -> None:
        self.positions = positions
        self._others = list(
            itertools.product(*(s for at, s in enumerate(sorts) if at != index))
        )
        self._step = 1  # from one element of the index to the next
        for elements in sorts[index + 1 :]:
            self._step *= len(elements)
        self._size = len(sorts[index])
        self._is_truth = is_truth
        self._ranks: dict[tuple[tuple[Element, ...], Element], set[int]] = {}
        for position in positions:
            self._add(position, items[position])

    def _place(self, position: int) -> tuple[tuple[Element, ...], int]:
        high, low = divmod(position - self.positions.start, self._step)
        high, rank = divmod(high, self._size)
        return self._others[high * self._step + low], rank

    def _add(self, position: int, value: Element) -> None:
        if value or not self._is_truth:
            others, rank = self._place(position)
            self._ranks.setdefault((others, value), set()).add(rank)

    def change(self, position: int, before: Element, value: Element) -> None:
        """A cell has another value now."""
        if before or not self._is_truth:
            others, rank = self._place(position)
            found = self._ranks[others, before]
            found.discard(rank)
            if not found:
                del self._ranks[others, before]
        self._add(position, value)

    def ranks(self, others: tuple[Element, ...], value: Element) -> Ranks:
        """The elements that have a value, beside the other indices."""
        return self._ranks.get((others, value), ())


class Candidates:
    """Finds the searches of conditions in one model.

    Args:
        model: Has the elements, the facts and the cells.
        meaning: Gives the meaning of a term.
    """

    def __init__(
        self, model: Model, meaning: Callable[[Term], Callable[..., Element]]
    ) -> None:
        self._model = model
        self._meaning = meaning
        self._maps = {m.name: m for m in MAPS}
        self._ranks: dict[Sort, dict[Element, int]] = {}
        self._facts: dict[tuple[str, int], Mapping[Element, Ranks]] = {}

    def search(
        self,
        name: str,
        sort: Sort,
        conditions: Iterable[Term],
        bound: Collection[str] = (),
    ) -> Search | None:
        """What gives the elements that may meet all conditions; None if that may be any.

        Args:
            name: The variable that they are looked for, of a sort.
            sort: Its sort.
            conditions: What has to hold of it.
            bound: Other variables that have no value yet.
        """
        found = self._all(name, sort, list(conditions), frozenset(bound))
        if found is None:
            return None
        _, search = found
        elements = self._model.elements(sort)

        def candidates(state: Any, env: Environment) -> tuple[Element, ...]:
            ranks = search(state.cells, state, env)
            if ranks is None:
                return elements
            return tuple([elements[rank] for rank in sorted(ranks)])

        return candidates

    def _all(
        self, name: str, sort: Sort, parts: list[Term], bound: frozenset[str]
    ) -> tuple[int, Ranking] | None:
        """The search of the part that leaves the fewest, presumably."""
        found = [self._of(name, sort, part, bound) for part in parts]
        return min(filter(None, found), key=lambda f: f[0], default=None)

    def _of(
        self, name: str, sort: Sort, term: Term, bound: frozenset[str]
    ) -> tuple[int, Ranking] | None:
        match term.op:
            case Op.AND:
                return self._all(name, sort, list(term.args), bound)
            case Op.OR:
                return self._any(name, sort, term, bound)
            case Op.EQUAL:
                for one, other in (term.args, term.args[::-1]):
                    if self._is_given(other, name, bound):
                        if one.op is Op.VARIABLE and name_of(one) == name:
                            return 0, self._same(sort, other)
                        if one.op is Op.READ:
                            return self._read(2, name, one, other, bound)
            case Op.READ:
                return self._read(1, name, term, None, bound)
            case Op.RIGID:
                return self._fact(name, sort, term, bound)
            case Op.NOT if term.args[0].op is Op.EQUAL:
                return self._other_literal(name, term.args[0], bound)
            case _:
                pass
        return None

    def _is_given(self, term: Term, name: str, bound: frozenset[str]) -> bool:
        used = variables_of(term)
        return name not in used and used.isdisjoint(bound)

    def _any(
        self, name: str, sort: Sort, term: Term, bound: frozenset[str]
    ) -> tuple[int, Ranking] | None:
        found = [self._of(name, sort, part, bound) for part in term.args]
        known = [each for each in found if each is not None]
        if len(known) < len(found):
            return None
        searches = [search for _, search in known]

        def search(
            cells: LiveCells[Element], state: Any, env: Environment
        ) -> Ranks | None:
            ranks: set[int] = set()
            for each in searches:
                some = each(cells, state, env)
                if some is None:
                    return None
                ranks.update(some)
            return ranks

        return max(cost for cost, _ in known), search

    def _rank(self, sort: Sort) -> dict[Element, int]:
        if sort not in self._ranks:
            elements = self._model.elements(sort)
            self._ranks[sort] = {e: rank for rank, e in enumerate(elements)}
        return self._ranks[sort]

    def _same(self, sort: Sort, other: Term) -> Ranking:
        value, ranks = self._meaning(other), self._rank(sort)

        def search(cells: LiveCells[Element], state: Any, env: Environment) -> Ranks:
            rank = ranks.get(value(state, env, None))
            return () if rank is None else (rank,)

        return search

    def _indices(
        self, name: str, term: Term, bound: frozenset[str]
    ) -> tuple[int, list[Callable[..., Element]]] | None:
        """Which index of a term is the variable; what the others are."""
        at = [n for n, a in enumerate(term.args) if a.op is Op.VARIABLE]
        at = [n for n in at if name_of(term.args[n]) == name]
        if len(at) != 1:
            return None
        others = [a for n, a in enumerate(term.args) if n != at[0]]
        if not all(self._is_given(a, name, bound) for a in others):
            return None
        return at[0], [*map(self._meaning, others)]

    def _read(
        self,
        cost: int,
        name: str,
        term: Term,
        wanted: Term | None,
        bound: frozenset[str],
    ) -> tuple[int, Ranking] | None:
        """Those for which a cell has a value: that of a term, or true."""
        found = self._indices(name, term, bound)
        if found is None:
            return None
        index, others = found
        places = self._places(name_of(term), index)
        value = None if wanted is None else self._meaning(wanted)
        if wanted is not None and wanted.sort.kind is SortKind.BOOL:
            return None
        missing = self._meaning(initial(term.sort))

        def search(
            cells: LiveCells[Element], state: Any, env: Environment
        ) -> Ranks | None:
            sought = True if value is None else value(state, env, None)
            args = tuple([f(state, env, None) for f in others])
            if None in args and sought == missing(state, env, None):
                return None
            return places(cells).ranks(args, sought)

        return cost, search

    def _other_literal(
        self, name: str, equal: Term, bound: frozenset[str]
    ) -> tuple[int, Ranking] | None:
        """Those for which a cell has another value than a literal of its sort."""
        read, literal = equal.args if equal.args[0].op is Op.READ else equal.args[::-1]
        if read.op is not Op.READ or literal.op is not Op.LITERAL:
            return None
        found = self._indices(name, read, bound)
        if found is None or read.sort.kind is not SortKind.ENUM or found[1]:
            return None
        places = self._places(name_of(read), found[0])
        wanted = [each for each in read.sort.literals if each != literal.payload]

        def search(cells: LiveCells[Element], state: Any, env: Environment) -> Ranks:
            known = places(cells)
            return {rank for value in wanted for rank in known.ranks((), value)}

        return 4, search

    def _places(self, name: str, index: int) -> Callable[[LiveCells[Element]], Places]:
        """What gives the places of a map in some cells."""
        of = self._maps[name]
        sorts = [self._model.elements(sort) for sort in of.index]
        is_truth = of.value.kind is SortKind.BOOL
        positions = self._model.ranges[name]

        def make(items: Sequence[Element]) -> Places:
            return Places(positions, sorts, index, items, is_truth=is_truth)

        key = (name, index)
        return lambda cells: cells.follower(key, make)

    def _fact(
        self, name: str, sort: Sort, term: Term, bound: frozenset[str]
    ) -> tuple[int, Ranking] | None:
        """Those for which a fact holds."""
        found = self._indices(name, term, bound)
        fact = self._model.configuration.facts.get(name_of(term))
        if found is None:
            return None
        index, others = found
        ranks = self._rank(sort)
        if isinstance(fact, PairedFact):
            (other,) = others
            partners = fact.partners

            def paired(
                cells: LiveCells[Element], state: Any, env: Environment
            ) -> Ranks:
                found = partners(other(state, env, None))
                return [ranks[e] for e in found if e in ranks]

            return 3, paired
        if not isinstance(fact, frozenset):
            return None
        known = self._known(
            name_of(term), index, cast("frozenset[tuple[Element, ...]]", fact), ranks
        )

        def listed(cells: LiveCells[Element], state: Any, env: Environment) -> Ranks:
            return known.get(tuple([f(state, env, None) for f in others]), ())

        return 3, listed

    def _known(
        self,
        name: str,
        index: int,
        fact: frozenset[tuple[Element, ...]],
        ranks: Mapping[Element, int],
    ) -> Mapping[Element, Ranks]:
        found = self._facts.get((name, index))
        if found is None:
            by_others: dict[Element, list[int]] = {}
            for args in fact:
                if args[index] in ranks:
                    others = (*args[:index], *args[index + 1 :])
                    by_others.setdefault(others, []).append(ranks[args[index]])
            found = self._facts[name, index] = by_others
        return found
