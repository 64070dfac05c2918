"""Renamings of elements that change nothing: of states that they make of each other one is kept.

No rule and no property names an element; the facts of a configuration do.  The renamings
that leave every fact as it is, of several sorts at once if need be, form a group; a state
and what the group makes of it have the same steps, renamed (docs/search.md).
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from pmip6.model.domain import CHANNELS, MAPS, RIGIDS, TIMERS, Element, Model
from pmip6.model.language.evaluation import Message, State, Value
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import Op, Sort, SortKind, Term, subterms
from pmip6.model.state import MOBILE_NODE
from pmip6.properties.property import Property

MOST_TRIED = 50_000  # renamings; larger sorts are left alone first
MOST_KEPT = 720

Renaming = dict[Sort, dict[Element, Element]]


class Symmetry:
    """The renamings of a model that change nothing.

    Args:
        model: The model.
        properties: What is to be decided; a sort of which they name an element stays.
    """

    def __init__(self, model: Model, properties: Sequence[Property]) -> None:
        self._model = model
        self._named = {
            term.sort
            for root in _roots(model.rules, properties)
            for term in subterms(root)
            if term.op is Op.LITERAL
            and term.sort.kind is SortKind.OPEN
            and term.payload is not None
        }
        self.renamings: tuple[Renaming, ...] = tuple(self._found())
        self.sorts = tuple(
            sort
            for sort in self._candidates()
            if any(r[sort] != _same(r[sort]) for r in self.renamings)
        )
        # `first` takes the first of elements that are alike; renamed, any may be it
        self.model = self.of_any(model)

    def of_any(self, model: Model) -> Model:
        """The model with rules that take any element that they may, not the first one."""
        found = copy.copy(model)
        found.rules = tuple(map(self._of_any, model.rules))
        return found

    @property
    def is_looser(self) -> bool:
        """Whether some rule may take more elements there than in the model itself."""
        both = zip(self._model.rules, self.model.rules, strict=True)
        return any(rule is not other for rule, other in both)

    def _of_any(self, rule: Rule) -> Rule:
        sort = dict(rule.indices).get(rule.first or "")
        return rule.changed(first=None) if sort in self.sorts else rule

    def _candidates(self) -> list[Sort]:
        """The sorts of which more than one element may be renamed, small ones first."""
        states = {s for m in MAPS for s in (*m.index, m.value)}
        fields = {sort for c in CHANNELS for _, sort in c.fields}
        sorts = sorted(
            (
                s
                for s in states | fields
                if s.kind is SortKind.OPEN
                and s not in self._named
                and len(self._model.elements(s)) > 1
            ),
            key=lambda s: (len(self._model.elements(s)), s.name),
        )
        while math.prod(math.factorial(len(self._model.elements(s))) for s in sorts) > (
            MOST_TRIED
        ):
            sorts.pop()
        return sorts

    def _found(self) -> Iterator[Renaming]:
        """All that leave the facts as they are, the one that renames nothing first."""
        sorts = self._candidates()
        model = self._model
        facts = [
            (
                rigid.index,
                {a for a in model.tuples(rigid.index) if model.is_fact(rigid.name, a)},
            )
            for rigid in RIGIDS
            if rigid.index and rigid.name in model.configuration.facts
        ]
        choices = [itertools.permutations(model.elements(s)) for s in sorts]
        for images in itertools.product(*choices):
            renaming: Renaming = {
                sort: dict(zip(model.elements(sort), image, strict=True))
                for sort, image in zip(sorts, images, strict=True)
            }
            if all(
                {renamed_tuple(renaming, index, a) for a in true} == true
                for index, true in facts
            ):
                yield renaming

    @property
    def order(self) -> int:
        """How many renamings there are, the one that renames nothing among them."""
        return len(self.renamings)

    def told(self) -> str:
        """The sorts that are renamed, in words."""
        if self.order == 1:
            return "symmetry: the facts of the configuration tell all elements apart"
        names = ", ".join(sort.name for sort in self.sorts)
        return f"symmetry: {self.order} renamings of {names}"

    @cached_property
    def _moves(self) -> list[tuple[Renaming, list[int], list[int], list[int]]]:
        """For each renaming where each cell, timer and queue goes."""
        index = {m.name: m.index for m in MAPS}
        timed = {t.name: t.index for t in TIMERS}
        model = self._model
        return [
            (
                r,
                [model.cells[n, renamed_tuple(r, index[n], a)] for n, a in model.cells],
                [
                    model.timers[n, renamed_tuple(r, timed[n], a)]
                    for n, a in model.timers
                ],
                [model.queues[n, renamed_node(r, of)] for n, of in model.queues],
            )
            for r in self.renamings
        ]

    def images(self, state: State) -> frozenset[State]:
        """All that the renamings make of a canonical state."""
        sorts = [{m.name: m.value for m in MAPS}[name] for name, _ in self._model.cells]
        found: set[State] = set()
        for renaming, to_cell, to_timer, to_queue in self._moves:
            cells: list[Value] = [None] * len(state.cells)
            for place, sort, value in zip(to_cell, sorts, state.cells, strict=True):
                cells[place] = renamed(renaming, sort, value)
            timers = [0] * len(state.timers)
            for place, ticks in zip(to_timer, state.timers, strict=True):
                timers[place] = ticks
            queues: list[tuple[Message, ...]] = [()] * len(state.queues)
            for place, (name, _), queue in zip(
                to_queue, self._model.queues, state.queues, strict=True
            ):
                fields = CHANNELS[name].fields
                waiting = [
                    tuple(
                        renamed(renaming, sort, value)
                        for (_, sort), value in zip(fields, message, strict=True)
                    )
                    for message in queue
                ]
                if self._model.configuration.reorder:
                    waiting.sort(key=repr)
                queues[place] = tuple(waiting)
            found.add(State(tuple(cells), tuple(timers), tuple(queues)))
        return frozenset(found)


def renamed(renaming: Renaming, sort: Sort, value: Value) -> Value:
    """What a renaming makes of a value; `none` stays."""
    if value is None or sort not in renaming:
        return value
    return renaming[sort][value]


def renamed_tuple(
    renaming: Renaming, sorts: Iterable[Sort], args: tuple[Element, ...]
) -> tuple[Element, ...]:
    """What a renaming makes of a tuple of elements of the sorts."""
    return tuple(
        renaming[sort][arg] if sort in renaming else arg
        for sort, arg in zip(sorts, args, strict=True)
    )


def renamed_node(renaming: Renaming, node: Element) -> Element:
    """What a renaming makes of a mobile node."""
    return renamed_tuple(renaming, (MOBILE_NODE,), (node,))[0]


def _same(images: dict[Element, Element]) -> dict[Element, Element]:
    return {element: element for element in images}


def _roots(rules: Iterable[Rule], properties: Iterable[Property]) -> Iterator[Term]:
    """Every term of the rules and properties."""
    for rule in rules:
        yield from rule.guard
        for update in rule.updates:
            yield from (*update.args, update.value)
        for send in rule.sends:
            yield from send.values
        for change in rule.timers:
            yield from change.args
            if change.level is not None:
                yield change.level
    for claim in properties:
        yield from (claim.term, claim.premise)
