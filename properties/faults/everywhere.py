"""Faults of a condition that several rules share: its part is dropped in all of them.

The recorder copies a condition that is written once, as a row of the lookup, into every
rule that asks it.  A mutant of one copy (properties/faults/mutants.py) is thus an anchor
that has the row written many times, and one of them wrong.  Here the fault is where the
row is written: a part of a conjunction or disjunction is dropped wherever rules have the
same one, whatever its variables are called there.  So there is one mutant for each part
that is written, and none of the nested ones is a copy of no such mutant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Role, Rule
from pmip6.model.language.terms import (
    BOOL,
    Op,
    Term,
    bound_variable,
)

EVERYWHERE = "everywhere"
Shape = tuple[object, ...]
"""A term without the names of its variables: these are numbered as they come."""
Part = tuple[int, int]
"""A conjunction or disjunction, by its number among the shapes, and one of its operands."""


@dataclass(frozen=True, eq=False)
class SharedFault:
    """A part of a condition that is dropped wherever it stands.

    Args:
        name: Its name on the command line: that of the first copy after `everywhere`.
        text: What is dropped, in words.
        copies: The mutants of one copy that are of this part, in the order of the table.
        changed: What becomes of each rule that has the condition, by its name.
    """

    name: str
    text: str
    copies: tuple[str, ...]
    changed: dict[str, Rule]

    @property
    def is_shared(self) -> bool:
        """More than one rule has the condition."""
        return len(self.changed) > 1

    def rules(self) -> tuple[Rule, ...]:
        """All rules of the model, those with the fault first."""
        others = (r for r in shipped_rules() if r.name not in self.changed)
        return (*self.changed.values(), *others)


# ---- conditions that are the same but for names ------------------------------------------


def shape_of(term: Term) -> Shape:
    """What the term has in common with those that differ in names of variables only."""
    return _shape(term, {}, [0])


def _shape(term: Term, names: dict[Term, int], count: list[int]) -> Shape:
    if term.op is Op.VARIABLE:
        if term not in names:
            names[term] = count[0]
            count[0] += 1
        return term.op, names[term], term.sort
    if term.op not in (Op.FORALL, Op.EXISTS):
        return (
            term.op,
            term.sort,
            term.payload,
            *(_shape(arg, names, count) for arg in term.args),
        )
    name, sort = bound_variable(term)
    bound = Term.make(Op.VARIABLE, (), sort, name)
    outer = names.pop(bound, None)
    found = term.op, sort, _shape(term.args[0], names, count)
    names.pop(bound, None)
    if outer is not None:
        names[bound] = outer
    return found


_shapes: dict[Shape, int] = {}


@cache
def _number(term: Term) -> int:
    """The number of the shape of a term."""
    return _shapes.setdefault(shape_of(term), len(_shapes))


def _parts(term: Term) -> Iterator[tuple[Term, int]]:
    """Every operand of every conjunction and disjunction, in the order of the mutants."""
    if term.op in (Op.AND, Op.OR):
        yield from ((term, i) for i in range(len(term.args)))
    for arg in term.args:
        if arg.sort == BOOL:
            yield from _parts(arg)


def _without(term: Term, part: Part) -> Term:
    """The term with this part dropped wherever it stands."""
    if term.op in (Op.AND, Op.OR) and _number(term) == part[0]:
        rest = term.args[: part[1]] + term.args[part[1] + 1 :]
        return rest[0] if len(rest) == 1 else Term.make(term.op, rest, BOOL)
    args = tuple(_without(a, part) if a.sort == BOOL else a for a in term.args)
    return Term.make(term.op, args, term.sort, term.payload)


# ---- the faults --------------------------------------------------------------------------


@cache
def shared_faults(role: Role = Role.LMA) -> dict[str, SharedFault]:
    """The faults of all parts of the conditions of a role, in the order of the table."""
    rules = [rule for rule in shipped_rules() if rule.role is role]
    copies: dict[Part, list[str]] = {}
    owners: dict[Part, dict[str, Rule]] = {}
    first: dict[Part, Term] = {}
    for rule in rules:
        for i, conjunct in enumerate(rule.guard):
            for j, (term, operand) in enumerate(_parts(conjunct)):
                part = _number(term), operand
                name = f"{role.value}.{rule.name}.guard-{i}-{j}"
                copies.setdefault(part, []).append(name)
                owners.setdefault(part, {})[rule.name] = rule
                first.setdefault(part, term)
    return {
        fault.name: fault
        for part, names in copies.items()
        for fault in [_fault(part, first[part], names, owners[part])]
    }


def _fault(
    part: Part, term: Term, copies: list[str], owners: dict[str, Rule]
) -> SharedFault:
    changed = {
        name: rule.changed(guard=tuple(_without(g, part) for g in rule.guard))
        for name, rule in owners.items()
    }
    rules = f"{len(changed)} rules" if len(changed) > 1 else next(iter(changed))
    return SharedFault(
        f"{EVERYWHERE}.{copies[0]}",
        f"in {rules}, without {term.args[part[1]]} of {term}",
        tuple(copies),
        changed,
    )
