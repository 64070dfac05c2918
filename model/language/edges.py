"""The edges of the state machines of the roles, derived from the rule tables.

A machine is about one cell of a control map: an entry of the binding cache, an entry of a
binding update list, the attachment of a node.  For each state of that cell the guard of a
rule is folded: where it cannot hold there is no edge.  The update of the cell says where
the edge leads.  Nothing here restates a rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from pmip6.model.domain import shipped_rules
from pmip6.model.language.folding import folded
from pmip6.model.language.table import Channel, Role, Rule, StateMap, Timer
from pmip6.model.language.terms import (
    BOOL,
    FALSE,
    Op,
    SortKind,
    Term,
    name_of,
    substitute,
    subterms,
    variable,
)
from pmip6.model.state import address, attached, bce_state, bule_state

SOME = "some"  # any element of an open sort but `none`


@dataclass(frozen=True, eq=False)
class Control:
    """The control map of a role.

    Args:
        role: The role whose machine it is.
        map: The map; each of its cells is one machine.
        names: What the states are called, where the literals do not say it.
        told: Other maps of the role that the rules of others may change.
    """

    role: Role
    map: StateMap
    names: dict[str, str] = field(default_factory=dict[str, str])
    told: tuple[StateMap, ...] = ()

    @property
    def values(self) -> tuple[Term, ...]:
        """The values that tell states apart, the first state first."""
        sort = self.map.value
        if sort.kind is SortKind.OPEN:
            return (sort.none, variable(SOME, sort))
        return tuple(Term.make(Op.LITERAL, (), sort, name) for name in sort.literals)

    @property
    def states(self) -> tuple[str, ...]:
        """The names of the states, the first state first."""
        return tuple(self.name(value) for value in self.values)

    def name(self, value: Term) -> str:
        """The name of the state with this value."""
        return self.names.get(str(value), str(value))

    def state_of(self, value: object) -> str:
        """The name of the state in which the cell has this value."""
        if self.map.value.kind is SortKind.OPEN:
            return self.states[0 if value is None else 1]
        return self.names.get(str(value), str(value))


CONTROLS = {
    Role.LMA: Control(Role.LMA, bce_state),
    Role.MAG: Control(Role.MAG, bule_state),
    Role.MN: Control(
        Role.MN, attached, {"none": "DETACHED", SOME: "ATTACHED"}, (address,)
    ),
}


@dataclass(frozen=True, eq=False)
class Edge:
    """One edge: a rule that may be taken in the source state, and where it leads.

    `internal` is true where the rule leaves the cell as it is.
    """

    rule: Rule
    source: str
    target: str
    internal: bool

    @property
    def trigger(self) -> str:
        """What the role reacts to: see `trigger_of`."""
        return trigger_of(self.rule)


def trigger_of(rule: Rule) -> str:
    """The name of what triggers a rule: a message, a timer, or the rule itself."""
    match rule.on:
        case Channel(name=name):
            return f"receive_{name}"
        case Timer(name=name):
            return f"expire_{name}"
        case None:
            return rule.name


@cache
def control_cell(rule: Rule, control: Control) -> Term | None:
    """The cell of the control map that the rule is about; None where there is none."""
    written = (
        Term.make(Op.READ, u.args, control.map.value, control.map.name)
        for u in rule.updates
        if u.map.name == control.map.name
    )
    own = {name for name, _ in rule.variables}
    read = (
        term
        for guard in rule.guard
        for term in subterms(guard)
        if term.op is Op.READ
        and name_of(term) == control.map.name
        and all(name_of(a) in own for a in term.args)
    )
    return next(itertools.chain(written, read), None)


def edges(control: Control, rules: Iterable[Rule] | None = None) -> list[Edge]:
    """The edges of a role's machine, in the order of the rules.

    Args:
        control: The control map of the role.
        rules: The rules of all roles, those that ship where None; those of the role
            count, and those of others that change its maps.
    """
    maps = {m.name for m in (control.map, *control.told)}
    found: list[Edge] = []
    for rule in shipped_rules() if rules is None else rules:
        if rule.role is control.role or any(u.map.name in maps for u in rule.updates):
            found += _edges_of(rule, control)
    return found


@cache
def _edges_of(rule: Rule, control: Control) -> tuple[Edge, ...]:
    """The edges of one rule; made once, as variants of a table share most rules."""
    return tuple(_made_edges(rule, control_cell(rule, control), control))


def _made_edges(rule: Rule, cell: Term | None, control: Control) -> Iterator[Edge]:
    for source in control.values:
        name = control.name(source)
        if cell is None:
            yield Edge(rule, name, name, internal=True)
            continue
        if any(_where(g, cell, source) is FALSE for g in rule.guard):
            continue
        updates = [u for u in rule.updates if u.map.name == control.map.name]
        if not updates:
            yield Edge(rule, name, name, internal=True)
            continue
        target = _where(updates[-1].value, cell, source)
        for value in control.values:
            if folded(_equal(target, value)) is not FALSE:
                yield Edge(rule, name, control.name(value), internal=False)


@cache
def _where(term: Term, cell: Term, value: Term) -> Term:
    """What is left of a term where a cell has a value; rules share most of their terms."""
    return folded(substitute(term, {cell: value}))


def _equal(left: Term, right: Term) -> Term:
    """The equality of two terms; only `none` differs from some element."""
    if right.op is Op.VARIABLE and right.sort.kind is SortKind.OPEN:
        return Term.make(Op.NOT, (_equal(left, right.sort.none),), BOOL)
    return Term.make(Op.EQUAL, (left, right), BOOL)
