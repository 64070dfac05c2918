"""Terms with all that is certain decided: equal literals, switches, empty predicates.

What the facts of a configuration decide is folded once, so that no engine meets a rule
that they rule out, and no state holds a message field that only such a rule reads.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from pmip6.model.language.table import Rule, Update
from pmip6.model.language.terms import (
    BOOL,
    FALSE,
    TRUE,
    Op,
    SortKind,
    Term,
    literal,
    name_of,
)


@cache
def decided(term: Term, holding: frozenset[str]) -> Term:
    """The term with the predicates decided that hold nowhere, and the switches.

    Args:
        term: Any term.
        holding: Names of the predicates that hold for some elements, and of the switches
            that are on.
    """
    return folded(_known(term, holding))


def _known(term: Term, holding: frozenset[str]) -> Term:
    if term.op is Op.RIGID:
        if name_of(term) not in holding:
            return FALSE
        if not term.args:
            return TRUE
    if not _has_predicates(term):
        return term
    return _rebuilt(term, tuple(_known(arg, holding) for arg in term.args))


@cache
def _has_predicates(term: Term) -> bool:
    return term.op is Op.RIGID or any(map(_has_predicates, term.args))


@cache
def decided_rule(rule: Rule, holding: frozenset[str]) -> Rule | None:
    """The rule as these predicates leave it; None where they make its guard false."""
    guard = tuple(decided(conjunct, holding) for conjunct in rule.guard)
    if any(conjunct is FALSE for conjunct in guard):
        return None
    return rule.changed(
        guard=tuple(conjunct for conjunct in guard if conjunct is not TRUE),
        updates=tuple(
            update
            for update in (
                replace(update, value=decided(update.value, holding))
                for update in rule.updates
            )
            if not _changes_nothing(update)
        ),
        sends=tuple(
            replace(send, values=tuple(decided(v, holding) for v in send.values))
            for send in rule.sends
        ),
        timers=tuple(
            change
            for change in rule.timers
            if change.having is None or change.having in holding
        ),
    )


def _changes_nothing(update: Update) -> bool:
    """The cell gets the value that it has, as where a feature is off."""
    old, name = update.value, update.map.name
    return old.op is Op.READ and name_of(old) == name and old.args == update.args


@cache
def folded(term: Term) -> Term:
    """The term with all that is certain decided; true and false are literals."""
    args = tuple(folded(a) for a in term.args)
    match term.op:
        case Op.EQUAL:
            return _folded_equal(*args)
        case Op.AND | Op.OR:
            decisive, idle = (FALSE, TRUE) if term.op is Op.AND else (TRUE, FALSE)
            if any(a is decisive for a in args):
                return decisive
            left = tuple(a for a in args if a is not idle)
            return left[0] if len(left) == 1 else _rebuilt(term, left) if left else idle
        case Op.NOT:
            if args[0].op is Op.LITERAL:
                return literal(args[0] is FALSE)
            return _rebuilt(term, args)
        case Op.ITE:
            if args[0].op is Op.LITERAL:
                return args[1] if args[0] is TRUE else args[2]
            return args[1] if args[1] is args[2] else _rebuilt(term, args)
        case Op.FORALL | Op.EXISTS:
            certain = TRUE if term.op is Op.FORALL else FALSE
            return certain if args[0] is certain else _rebuilt(term, args)
        case _:
            return _rebuilt(term, args)


def _rebuilt(term: Term, args: tuple[Term, ...]) -> Term:
    return Term.make(term.op, args, term.sort, term.payload)


def _folded_equal(left: Term, right: Term) -> Term:
    if left is right:
        return TRUE
    if left.op is Op.LITERAL and right.op is Op.LITERAL:
        return FALSE
    pair = (left, right)
    if any(_is_none(t) for t in pair) and any(_is_an_element(t) for t in pair):
        return FALSE
    return Term.make(Op.EQUAL, pair, BOOL)


def _is_none(term: Term) -> bool:
    return term.op is Op.LITERAL and term.payload is None


def _is_an_element(term: Term) -> bool:
    """An index, a bound variable or SOME is never `none`; a message field may be."""
    return (
        term.op is Op.VARIABLE
        and term.sort.kind is SortKind.OPEN
        and not name_of(term).startswith("message.")
    )
