"""Which elements matter to a quantifier, or as an index of a rule.

The first of the conditions on an element often select few of many: facts, which do not
change with the state, or what the state has of that element alone.  What they select is
kept as long as it is the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Hashable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from pmip6.model.domain import Element, Model
from pmip6.model.language.terms import Op, Term, name_of, subterms, variables_of

Cells = Sequence[Element]
Holds = Callable[[Element], bool]
"""Whether the first conditions hold of an element."""

MOST_KEPT = 10_000
"""Selections by facts that are kept, each for a choice of the other variables."""
_FACTUAL = frozenset(
    {Op.LITERAL, Op.VARIABLE, Op.RIGID, Op.EQUAL, Op.AND, Op.OR, Op.NOT}
)


@runtime_checkable
class ChangingFact(Protocol):
    """A fact that is another one now and then, which `variant` tells."""

    @property
    def variant(self) -> Hashable:
        """The same for as long as the fact is the same."""
        ...


class Selection:
    """The elements that the first of some conditions select.

    Args:
        model: Has the facts.
        name: The variable that the elements are chosen for.
        elements: All that can be chosen.
        conditions: What they have to meet, of which the first come first.

    Attributes:
        first: The conditions that select; empty where nothing can be kept.
        others: Those that are left to be looked at.
    """

    def __init__(
        self,
        model: Model,
        name: str,
        elements: tuple[Element, ...],
        conditions: tuple[Term, ...],
    ) -> None:
        self._elements = elements

        def is_own(part: Term) -> bool:
            """It is about the element alone."""
            return _is_of(part, _FACTUAL | {Op.READ}) and variables_of(
                part
            ) == frozenset({name})

        own = tuple(itertools.takewhile(is_own, conditions))
        factual = itertools.takewhile(lambda part: _is_of(part, _FACTUAL), conditions)
        chosen = own or tuple(factual)
        rigid = {name_of(t) for p in chosen for t in subterms(p) if t.op is Op.RIGID}
        nothing = frozenset[tuple[Element, ...]]()
        facts = [model.configuration.facts.get(fact, nothing) for fact in rigid]
        self._changing = [fact for fact in facts if isinstance(fact, ChangingFact)]
        is_kept = bool(own or rigid) and all(map(_may_be_kept, facts))
        self.first = chosen if is_kept else ()
        self.others = conditions[len(self.first) :]
        self._is_own = bool(own)
        self._given = sorted({v for p in self.first for v in variables_of(p)} - {name})
        self._cells: Cells | None = None  # of which own conditions were looked at
        self._kept: dict[Hashable, tuple[Element, ...]] = {}

    def elements(
        self, cells: Cells, env: Mapping[str, Element], holds: Holds
    ) -> tuple[Element, ...]:
        """The elements that are selected, for a state and the other variables."""
        if self._is_own and self._cells is not cells:
            self._kept.clear()
            self._cells = cells
        variants = [fact.variant for fact in self._changing]
        key = (*variants, *[env[name] for name in self._given])
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) == MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = tuple(filter(holds, self._elements))
        return found


def _is_of(term: Term, ops: frozenset[Op]) -> bool:
    return all(t.op in ops for t in subterms(term))


def _may_be_kept(fact: Container[tuple[Element, ...]]) -> bool:
    return isinstance(fact, frozenset | ChangingFact)
