"""The typed terms in which rules and properties are written.

A term is an immutable, interned tree: two terms that are written alike are the same
object.  Operators build terms and never decide anything, so that a rule function is
called once and records all its cases.  Python decides silently in `if t`, `t and u`,
`not t` and `t in (...)`; each of these needs a truth value, and asking a term for one
raises.

Comparison is `==` and `!=`; conjunction `&`, disjunction `|`, negation `~`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, cast

from pmip6.model.errors import Pmip6Error


class SortKind(enum.Enum):
    """What the elements of a sort are."""

    BOOL = "bool"
    ENUM = "enum"
    OPEN = "open"  # any number of elements, and `none`
    ORDERED = "ordered"  # totally ordered, and `none` before all others
    LEVEL = "level"  # 0 up to a bound of the configuration


@dataclass(frozen=True)
class Sort:
    """A sort of the model: name, kind, and the literals of an enumeration."""

    name: str
    kind: SortKind
    literals: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def none(self) -> Term:
        """The element that stands for 'no element' of an open or ordered sort."""
        if self.kind not in (SortKind.OPEN, SortKind.ORDERED):
            raise Pmip6Error(self.name, "this sort has no element none")
        return Term.make(Op.LITERAL, (), self, None)


BOOL = Sort("Bool", SortKind.BOOL)


def enum_sort(members: type[enum.Enum]) -> Sort:
    """The sort whose literals are the names of an enumeration, in its order."""
    return Sort(members.__name__, SortKind.ENUM, tuple(m.name for m in members))


class Op(enum.Enum):
    """The kinds of terms."""

    LITERAL = "literal"  # payload: True/False, literal name, None, level
    VARIABLE = "variable"  # payload: name
    READ = "read"  # payload: name of a state map; args: indices
    RUNNING = "running"  # payload: name of a timer; args: indices
    DUE = "due"  # payload: name of a timer; args: indices
    RIGID = "rigid"  # payload: name of a function fixed by the configuration
    EQUAL = "equal"
    BEFORE = "before"
    AND = "and"
    OR = "or"
    NOT = "not"
    ITE = "ite"
    FORALL = "forall"  # payload: bound variables; args: body
    EXISTS = "exists"
    SENT = "sent"  # payload: channel name; args: fields: the message is under way
    AFTER = "after"  # the argument in the state after the step
    RAISED = "raised"  # the next level, at most the bound

    __hash__ = object.__hash__  # quicker than that of its name


Payload = object


class Term:
    """One interned term; build it with the functions and operators of this module."""

    __slots__ = ("args", "op", "payload", "sort")
    _interned: ClassVar[dict[tuple[object, ...], Term]] = {}

    op: Op
    args: tuple[Term, ...]
    sort: Sort
    payload: Payload

    @classmethod
    def make(
        cls, op: Op, args: tuple[Term, ...], sort: Sort, payload: Payload = None
    ) -> Term:
        """Give the one term of this shape."""
        key = (op, tuple(id(a) for a in args), sort, type(payload), payload)
        found = cls._interned.get(key)
        if found is None:
            found = object.__new__(cls)
            found.op, found.args, found.sort, found.payload = op, args, sort, payload
            cls._interned[key] = found
        return found

    def __bool__(self) -> bool:
        raise Pmip6Error(
            str(self),
            "a term has no truth value while a rule is recorded",
            "write &, |, ~, one_of() or ite() instead of and, or, not, in, if",
        )

    def __eq__(self, other: object) -> Term:  # type: ignore[override]  # builds a term
        if isinstance(other, bool):
            other = literal(other)
        if isinstance(other, enum.Enum):
            other = enum_literal(other)
        if not isinstance(other, Term) or other.sort != self.sort:
            raise Pmip6Error(
                f"{self} == {other}", f"compares {self.sort.name} with another sort"
            )
        return Term.make(Op.EQUAL, (self, other), BOOL)

    def __ne__(self, other: object) -> Term:  # type: ignore[override]  # builds a term
        return ~(self == other)

    __hash__ = object.__hash__

    def __and__(self, other: Term) -> Term:
        return all_of(self, other)

    def __or__(self, other: Term) -> Term:
        return any_of(self, other)

    def __invert__(self) -> Term:
        if self.op is Op.NOT:
            return self.args[0]
        return Term.make(Op.NOT, (_truth(self),), BOOL)

    def __str__(self) -> str:
        return show(self)

    __repr__ = __str__


def _truth(term: Term) -> Term:
    if term.sort != BOOL:
        raise Pmip6Error(str(term), "a condition is needed, not a " + term.sort.name)
    return term


def literal(value: bool) -> Term:
    """The truth value as a term."""
    return Term.make(Op.LITERAL, (), BOOL, value)


TRUE = literal(True)
FALSE = literal(False)


def enum_literal(member: enum.Enum) -> Term:
    """The member of an enumeration as a term."""
    return Term.make(Op.LITERAL, (), enum_sort(type(member)), member.name)


def level(number: int, sort: Sort) -> Term:
    """The level `number` of a level sort as a term."""
    return Term.make(Op.LITERAL, (), sort, number)


def initial(sort: Sort) -> Term:
    """What every cell of the sort is at first, as a term."""
    match sort.kind:
        case SortKind.BOOL:
            return FALSE
        case SortKind.ENUM:
            return Term.make(Op.LITERAL, (), sort, sort.literals[0])
        case SortKind.OPEN | SortKind.ORDERED:
            return sort.none
        case SortKind.LEVEL:
            return level(0, sort)


def variable(name: str, sort: Sort) -> Term:
    """A rule index, a message field or a bound variable."""
    return Term.make(Op.VARIABLE, (), sort, name)


def all_of(*terms: Term) -> Term:
    """The conjunction of the terms; true if there is none."""
    parts = [_truth(t) for t in terms]
    return parts[0] if len(parts) == 1 else Term.make(Op.AND, tuple(parts), BOOL)


def any_of(*terms: Term) -> Term:
    """The disjunction of the terms; false if there is none."""
    parts = [_truth(t) for t in terms]
    return parts[0] if len(parts) == 1 else Term.make(Op.OR, tuple(parts), BOOL)


def implies(premise: Term, conclusion: Term) -> Term:
    """True unless the premise holds and the conclusion does not."""
    return any_of(~premise, conclusion)


def ite(condition: Term, then: Term, otherwise: Term) -> Term:
    """The second term where the condition holds, else the third; both of one sort."""
    if then.sort != otherwise.sort:
        raise Pmip6Error(str(condition), "the two branches are of different sorts")
    return Term.make(Op.ITE, (_truth(condition), then, otherwise), then.sort)


def one_of(term: Term, *members: enum.Enum) -> Term:
    """True where the enumeration term is one of the members."""
    return any_of(*(term == m for m in members))


def before(earlier: Term, later: Term) -> Term:
    """The strict order of an ordered sort; `none` is before every other element."""
    if earlier.sort.kind is not SortKind.ORDERED or earlier.sort != later.sort:
        raise Pmip6Error(f"{earlier} < {later}", "the order is on one ordered sort")
    return Term.make(Op.BEFORE, (earlier, later), BOOL)


def raised(term: Term) -> Term:
    """The next higher level, or the same one at the configuration's bound."""
    return Term.make(Op.RAISED, (term,), term.sort)


def after(term: Term) -> Term:
    """The value of the term in the state after the step, for step properties."""
    return Term.make(Op.AFTER, (term,), term.sort)


def forall(sort: Sort, body: Callable[[Term], Term]) -> Term:
    """True where the body holds for every element of the sort but `none`."""
    return _quantify(Op.FORALL, sort, body)


def exists(sort: Sort, body: Callable[[Term], Term]) -> Term:
    """True where the body holds for some element of the sort but `none`."""
    return _quantify(Op.EXISTS, sort, body)


def _quantify(op: Op, sort: Sort, body: Callable[[Term], Term]) -> Term:
    if sort.kind is not SortKind.OPEN:
        raise Pmip6Error(sort.name, "quantifiers range over open sorts")
    depth = 0
    while True:  # the first name that the body does not use for itself
        name = f"{sort.name[0].lower()}{sort.name[1:]}_{depth}"
        bound = variable(name, sort)
        term = body(bound)
        if name not in _bound_names(term):
            return Term.make(op, (_truth(term),), BOOL, (name, sort))
        depth += 1


def _bound_names(term: Term) -> set[str]:
    return {
        bound_variable(t)[0] for t in subterms(term) if t.op in (Op.FORALL, Op.EXISTS)
    }


def bound_variable(term: Term) -> tuple[str, Sort]:
    """Name and sort of the variable that a quantifier binds."""
    return cast("tuple[str, Sort]", term.payload)


def name_of(term: Term) -> str:
    """The name in a variable, read, timer, rigid or channel term."""
    assert isinstance(term.payload, str)
    return term.payload


def subterms(term: Term) -> Iterator[Term]:
    """The term and all terms in it, outermost first."""
    waiting = [term]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(each.args))


@cache
def variables_of(term: Term) -> frozenset[str]:
    """The names of the variables in a term."""
    return frozenset(name_of(t) for t in subterms(term) if t.op is Op.VARIABLE)


def indices_needed(term: Term, names: Sequence[str]) -> int:
    """How many of the indices, in their order, decide the term once they are chosen."""
    places = [names.index(name) for name in variables_of(term) if name in names]
    return max(places, default=-1) + 1


def substitute(term: Term, values: dict[Term, Term]) -> Term:
    """The term with whole subterms replaced, outermost first."""
    if term in values:
        return values[term]
    if not term.args:
        return term
    args = tuple(substitute(a, values) for a in term.args)
    return Term.make(term.op, args, term.sort, term.payload)


_INFIX = {Op.EQUAL: " == ", Op.BEFORE: " < ", Op.AND: " & ", Op.OR: " | "}


@cache
def show(term: Term) -> str:
    """The term as a line that reads like the rule it came from."""

    def listed(terms: Iterable[Term]) -> str:
        return ", ".join(show(t) for t in terms)

    match term.op:
        case Op.LITERAL:
            return "none" if term.payload is None else str(term.payload)
        case Op.VARIABLE:
            return name_of(term)
        case Op.READ | Op.RIGID:
            return f"{term.payload}[{listed(term.args)}]"
        case Op.RUNNING | Op.DUE | Op.SENT:
            return f"{term.op.value}({term.payload}[{listed(term.args)}])"
        case Op.EQUAL | Op.BEFORE | Op.AND | Op.OR:
            if not term.args:
                return str(term.op is Op.AND)
            return "(" + _INFIX[term.op].join(show(a) for a in term.args) + ")"
        case Op.NOT:
            return f"~{show(term.args[0])}"
        case Op.FORALL | Op.EXISTS:
            name, sort = bound_variable(term)
            return f"({term.op.value} {name}: {sort.name}. {show(term.args[0])})"
        case Op.ITE | Op.AFTER | Op.RAISED:
            return f"{term.op.value}({listed(term.args)})"
