"""The world of any size in Z3: sorts without a bound, time as a total order.

Time is an uninterpreted sort with a strict total order rather than the integers: no rule
adds to a time, and without arithmetic almost every query is in a decidable fragment whose
satisfiable queries have finite models, so that a fault gives a counterexample and not an
unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import cast

import z3

from pmip6.model.domain import CHANNELS, MAPS, RIGIDS, TIMERS
from pmip6.model.language.table import LEVEL, Channel, StateMap
from pmip6.model.language.terms import BOOL, Op, Sort, SortKind, Term, level
from pmip6.model.state import TIME
from pmip6.properties.proof.lemma import issued
from pmip6.properties.proof.z3_terms import Arguments, View


def all_maps() -> tuple[StateMap, ...]:
    """The maps of the state, and the ghost."""
    return (*MAPS, issued)


@cache
def z3_sort(sort: Sort) -> z3.SortRef:
    """The Z3 sort; an enumeration has its literals, all others are uninterpreted."""
    if sort == BOOL:
        return z3.BoolSort()
    if sort.kind is SortKind.ENUM:
        return _enumeration(sort)[0]
    return z3.DeclareSort(sort.name)


@cache
def _enumeration(sort: Sort) -> tuple[z3.SortRef, dict[str, z3.ExprRef]]:
    made, members = z3.EnumSort(sort.name, [f"{sort.name}.{n}" for n in sort.literals])
    return made, dict(zip(sort.literals, members, strict=True))


def literals(sort: Sort) -> list[z3.ExprRef]:
    """The Z3 constants of an enumeration, in its order; false and true for Bool."""
    if sort == BOOL:
        return [z3.BoolVal(False), z3.BoolVal(True)]
    return list(_enumeration(sort)[1].values())


def literal_of(value: z3.ExprRef, sort: Sort) -> str:
    """The name of the literal that a Z3 value of an enumeration is."""
    return next(n for n, e in _enumeration(sort)[1].items() if e.eq(value))


@cache
def _function(name: str, sorts: tuple[Sort, ...]) -> z3.FuncDeclRef:
    return z3.Function(name, *(z3_sort(s) for s in sorts))


def has_none(sort: Sort) -> bool:
    """Whether the sort has an element that stands for none."""
    return sort.kind in (SortKind.OPEN, SortKind.ORDERED)


def none(sort: Sort) -> z3.ExprRef:
    """The element of an open or ordered sort that stands for none."""
    return z3.Const(f"no_{sort.name}", z3_sort(sort))


def initial(sort: Sort) -> z3.ExprRef:
    """The value that every cell of this sort has at first."""
    if sort == BOOL:
        return z3.BoolVal(False)
    if sort.kind is SortKind.ENUM:
        return _enumeration(sort)[1][sort.literals[0]]
    if sort.kind is SortKind.LEVEL:
        return OpenWorld({}).literal(level(0, sort))
    return none(sort)


def precedes(earlier: z3.ExprRef, later: z3.ExprRef) -> z3.BoolRef:
    """The order of time."""
    return cast("z3.BoolRef", _function("before", (TIME, TIME, BOOL))(earlier, later))


class OpenWorld:
    """Sorts, literals, order and quantifiers without a bound.

    Args:
        switches: The readings that are chosen; a switch that is not named is off.
    """

    def __init__(self, switches: dict[str, bool]) -> None:
        self.switches = switches

    def literal(self, term: Term) -> z3.ExprRef:
        """The Z3 constant of a literal."""
        if term.sort == BOOL:
            return z3.BoolVal(term.payload is True)
        if term.sort.kind is SortKind.ENUM:
            return _enumeration(term.sort)[1][str(term.payload)]
        if term.sort.kind is SortKind.LEVEL:
            return z3.Const(f"level_{term.payload}", z3_sort(term.sort))
        return none(term.sort)

    def before(self, earlier: z3.ExprRef, later: z3.ExprRef) -> z3.BoolRef:
        """The strict order of time."""
        return precedes(earlier, later)

    def raised(self, level: z3.ExprRef) -> z3.ExprRef:
        """Any level: how long a timer runs does not matter here."""
        return _function("raised", (LEVEL, LEVEL))(level)

    def rigid(self, name: str, args: Arguments) -> z3.BoolRef:
        """A switch as it is set; any predicate where there are indices."""
        if not args:
            return z3.BoolVal(self.switches.get(name, False))
        sorts = RIGIDS[name].index
        return cast("z3.BoolRef", _function(name, (*sorts, BOOL))(*args))

    def quantify(
        self, op: Op, sort: Sort, body: Callable[[z3.ExprRef], z3.BoolRef]
    ) -> z3.BoolRef:
        """A Z3 quantifier that leaves out `none`."""
        element = z3.FreshConst(z3_sort(sort), sort.name)
        if not has_none(sort):
            inside = body(element)
        elif op is Op.FORALL:
            inside = z3.Or(element == none(sort), body(element))
        else:
            inside = z3.And(element != none(sort), body(element))
        return (z3.ForAll if op is Op.FORALL else z3.Exists)([element], inside)

    def axioms(self) -> list[z3.BoolRef]:
        """Time is a strict total order with `none` first; `none` has and is nothing."""
        a, b, c = (z3.FreshConst(z3_sort(TIME), "t") for _ in range(3))
        order = [
            z3.ForAll([a], z3.Not(precedes(a, a))),
            z3.ForAll([a, b], z3.Or(a == b, precedes(a, b), precedes(b, a))),
            z3.ForAll(
                [a, b, c],
                z3.Implies(z3.And(precedes(a, b), precedes(b, c)), precedes(a, c)),
            ),
            z3.ForAll([a], z3.Not(precedes(a, none(TIME)))),
        ]
        nothing: list[z3.BoolRef] = []
        for name, index, sort_of_value, read in (
            *((m.name, m.index, m.value, AnyState().read) for m in all_maps()),
            *((r.name, r.index, BOOL, self.rigid) for r in RIGIDS),
        ):
            args = fresh(index)
            for i, sort in enumerate(index):
                if not has_none(sort):
                    continue
                value = read(name, (*args[:i], none(sort), *args[i + 1 :]))
                others = [a for j, a in enumerate(args) if j != i]
                empty = value == initial(sort_of_value)
                nothing.append(z3.ForAll(others, empty) if others else empty)
        return order + nothing


def fresh(sorts: tuple[Sort, ...], prefix: str = "x") -> Arguments:
    """New constants of the sorts."""
    return tuple(z3.FreshConst(z3_sort(s), prefix) for s in sorts)


def _map(name: str) -> StateMap:
    return issued if name == issued.name else MAPS[name]


class AnyState:
    """A state about which nothing is known: each map is a function without definition."""

    def read(self, name: str, args: Arguments) -> z3.ExprRef:
        """The map's function."""
        found = _map(name)
        return _function(name, (*found.index, found.value))(*args)

    def running(self, name: str, args: Arguments) -> z3.BoolRef:
        """The timer's relation."""
        found = _function(f"running_{name}", (*TIMERS[name].index, BOOL))(*args)
        return cast("z3.BoolRef", found)

    def due(self, name: str, args: Arguments) -> z3.BoolRef:
        """Any subset of the timers that run."""
        found = _function(f"due_{name}", (*TIMERS[name].index, BOOL))(*args)
        return z3.And(self.running(name, args), found)

    def sent(self, channel: str, values: Arguments) -> z3.BoolRef:
        """The relation of all messages ever sent."""
        sorts = tuple(sort for _, sort in CHANNELS[channel].fields)
        found = _function(f"sent_{channel}", (*sorts, BOOL))(*values)
        return cast("z3.BoolRef", found)


class FirstState:
    """The first state: nothing registered, nothing sent, no timer running."""

    def read(self, name: str, args: Arguments) -> z3.ExprRef:
        """The initial value of the map."""
        return initial(_map(name).value)

    def running(self, name: str, args: Arguments) -> z3.BoolRef:
        """No timer runs."""
        return z3.BoolVal(False)

    def due(self, name: str, args: Arguments) -> z3.BoolRef:
        """No timer is due."""
        return z3.BoolVal(False)

    def sent(self, channel: str, values: Arguments) -> z3.BoolRef:
        """Nothing was sent."""
        return z3.BoolVal(False)


def for_each_sent(
    channel: Channel, view: View, body: Callable[[dict[str, z3.ExprRef]], z3.BoolRef]
) -> z3.BoolRef:
    """The body for every message that was ever sent on the channel."""
    fields = fresh(tuple(s for _, s in channel.fields), "m")
    names = [f"message.{n}" for n, _ in channel.fields]
    values = dict(zip(names, fields, strict=True))
    sent = view.sent(channel.name, fields)
    return z3.ForAll(list(fields), z3.Implies(sent, body(values)))
