"""Terms and rules as Z3 formulas.

One walker serves every kind of proof.  A `World` says what sorts, literals, the order of
time and quantifiers become; a `View` says what one state is.  The state after a rule is
no copy of the state: it is a view that answers from the state before and the updates of
the rule, so that what a rule does not name keeps its value by construction.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

import z3

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import Op, Sort, Term, bound_variable, name_of

Values = Mapping[str, z3.ExprRef]
Arguments = tuple[z3.ExprRef, ...]


class World(Protocol):
    """What does not change from state to state."""

    def literal(self, term: Term) -> z3.ExprRef:
        """The Z3 constant of a literal."""
        ...

    def before(self, earlier: z3.ExprRef, later: z3.ExprRef) -> z3.BoolRef:
        """The strict order of time."""
        ...

    def raised(self, level: z3.ExprRef) -> z3.ExprRef:
        """The next level."""
        ...

    def rigid(self, name: str, args: Arguments) -> z3.BoolRef:
        """A predicate that the configuration fixes."""
        ...

    def quantify(
        self, op: Op, sort: Sort, body: Callable[[z3.ExprRef], z3.BoolRef]
    ) -> z3.BoolRef:
        """The body for all, or for some, elements of the sort but `none`."""
        ...


class View(Protocol):
    """One state, as far as terms can see it."""

    def read(self, name: str, args: Arguments) -> z3.ExprRef:
        """The value of a cell of a state map."""
        ...

    def running(self, name: str, args: Arguments) -> z3.BoolRef:
        """Whether a timer runs."""
        ...

    def due(self, name: str, args: Arguments) -> z3.BoolRef:
        """Whether a timer has run out."""
        ...

    def sent(self, channel: str, values: Arguments) -> z3.BoolRef:
        """Whether a message is under way (or was ever sent)."""
        ...


def conjunction(parts: Sequence[z3.ExprRef]) -> z3.BoolRef:
    """The conjunction of the formulas, as short as can be."""
    if not parts:
        return z3.BoolVal(True)
    return _junction(z3.Z3_mk_and, parts)


def disjunction(parts: Sequence[z3.ExprRef]) -> z3.BoolRef:
    """The disjunction of the formulas, as short as can be."""
    if not parts:
        return z3.BoolVal(False)
    return _junction(z3.Z3_mk_or, parts)


Make = Callable[[object, int, ctypes.Array[z3.Ast]], z3.Ast]


def _junction(make: Make, parts: Sequence[z3.ExprRef]) -> z3.BoolRef:
    """`z3.And` or `z3.Or` of formulas, without looking at their sorts each time."""
    if len(parts) == 1:
        return cast("z3.BoolRef", parts[0])
    asts = (z3.Ast * len(parts))(*[part.as_ast() for part in parts])
    context = z3.main_ctx()
    return z3.BoolRef(make(context.ref(), len(parts), asts), context)


def with_bound(
    values: Values, bound: Sequence[Term], named: Sequence[Term], args: Arguments
) -> Values:
    """The values, with those of `args` for the bound variables where they are named."""
    names = {name_of(b) for b in bound}
    pairs = zip(named, args, strict=True)
    return {**values, **{name_of(t): a for t, a in pairs if _is_one_of(t, names)}}


def _is_one_of(term: Term, names: set[str]) -> bool:
    return term.op is Op.VARIABLE and name_of(term) in names


def equal(left: Arguments, right: Arguments) -> z3.BoolRef:
    """The equality of two tuples; identical parts are left out."""
    pairs = zip(left, right, strict=True)
    return conjunction([a == b for a, b in pairs if not a.eq(b)])


class Translator:
    """Turns terms into formulas over a state and, inside `after`, over the next one."""

    def __init__(self, world: World, now: View, then: View | None = None) -> None:
        self.world = world
        self.now = now
        self.then = then

    def condition(self, term: Term, values: Values) -> z3.BoolRef:
        """The formula of a term of sort Bool."""
        return cast("z3.BoolRef", self.value(term, values))

    def all(self, terms: Sequence[Term], values: Values) -> list[z3.BoolRef]:
        """The formulas of several conditions."""
        return [self.condition(t, values) for t in terms]

    def value(self, term: Term, values: Values) -> z3.ExprRef:
        """The Z3 expression of a term; free variables get their `values`."""
        if term.op is Op.AFTER:
            if self.then is None:
                raise Pmip6Error(str(term), "speaks of a step where there is none")
            return Translator(self.world, self.then).value(term.args[0], values)
        if term.op in (Op.FORALL, Op.EXISTS):
            name, sort = bound_variable(term)

            def body(element: z3.ExprRef) -> z3.BoolRef:
                return self.condition(term.args[0], {**values, name: element})

            return self.world.quantify(term.op, sort, body)
        args = tuple(self.value(a, values) for a in term.args)
        match term.op:
            case Op.LITERAL:
                return self.world.literal(term)
            case Op.VARIABLE:
                return values[name_of(term)]
            case Op.READ:
                return self.now.read(name_of(term), args)
            case Op.RUNNING:
                return self.now.running(name_of(term), args)
            case Op.DUE:
                return self.now.due(name_of(term), args)
            case Op.SENT:
                return self.now.sent(name_of(term), args)
            case Op.RIGID:
                return self.world.rigid(name_of(term), args)
            case Op.EQUAL:
                return args[0] == args[1]
            case Op.BEFORE:
                return self.world.before(args[0], args[1])
            case Op.AND:
                return conjunction(args)
            case Op.OR:
                return disjunction(args)
            case Op.NOT:
                return z3.Not(args[0])
            case Op.ITE:
                return z3.If(args[0], args[1], args[2])
            case Op.RAISED:
                return self.world.raised(args[0])


_fresh = itertools.count()


class AfterRule:
    """The state after a rule has been taken with its indices chosen.

    A channel is a set that only grows.  Whether a timer that runs is due after the step
    is left open: time may have passed.
    """

    def __init__(self, world: World, before: View, rule: Rule, values: Values) -> None:
        self.before = before
        self.rule = rule
        self.values = values
        self._terms = Translator(world, before)
        self._step = next(_fresh)

    def read(self, name: str, args: Arguments) -> z3.ExprRef:
        """The new value where an update names the cell, else the old one."""
        result = self.before.read(name, args)
        for update in self.rule.updates:
            if update.map.name != name:
                continue
            values = with_bound(self.values, update.bound, update.args, args)
            chosen = equal(
                args, tuple(self._terms.value(t, values) for t in update.args)
            )
            result = z3.If(chosen, self._terms.value(update.value, values), result)
        return result

    def running(self, name: str, args: Arguments) -> z3.BoolRef:
        """True where the rule starts the timer, or leaves it running."""
        result = self.before.running(name, args)
        for change in self.rule.timers:
            if change.timer.name == name:
                values = with_bound(self.values, change.bound, change.args, args)
                which = tuple(self._terms.value(a, values) for a in change.args)
                started = z3.BoolVal(change.level is not None)
                result = cast("z3.BoolRef", z3.If(equal(args, which), started, result))
        return result

    def due(self, name: str, args: Arguments) -> z3.BoolRef:
        """Any subset of the timers that run."""
        sorts = [a.sort() for a in args]
        oracle = z3.Function(f"due_{name}_{self._step}", *sorts, z3.BoolSort())
        return z3.And(self.running(name, args), oracle(*args))

    def sent(self, channel: str, values: Arguments) -> z3.BoolRef:
        """True for what was sent before, and for what the rule sends."""
        parts: list[z3.ExprRef] = [self.before.sent(channel, values)]
        for send in self.rule.sends:
            if send.channel.name == channel:
                new = tuple(self._terms.value(v, self.values) for v in send.values)
                parts.append(equal(values, new))
        return disjunction(parts)
