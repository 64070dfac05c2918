"""What a seeded fault is, and the changes of rules from which most are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import Op, Term, name_of


@dataclass(frozen=True)
class SeededFault:
    """A fault in words, made from a rule, that breaks the property."""

    property: str
    text: str
    rule: str
    change: Callable[[Rule], Rule | None]


def without(what: str) -> Callable[[Rule], Rule]:
    """Drop the conjuncts of the guard that name a state map, timer or predicate."""

    def change(rule: Rule) -> Rule:
        kept = tuple(g for g in rule.guard if not _names(g, what))
        if len(kept) == len(rule.guard):
            raise Pmip6Error(rule.name, f"has no condition on {what}")
        return rule.changed(guard=kept)

    return change


def without_timer(what: str) -> Callable[[Rule], Rule]:
    """Drop the changes of a timer."""

    def change(rule: Rule) -> Rule:
        kept = tuple(t for t in rule.timers if t.timer.name != what)
        if len(kept) == len(rule.timers):
            raise Pmip6Error(rule.name, f"does not change {what}")
        return rule.changed(timers=kept)

    return change


def without_update(what: str) -> Callable[[Rule], Rule]:
    """Drop the updates of a state map."""

    def change(rule: Rule) -> Rule:
        kept = tuple(u for u in rule.updates if u.map.name != what)
        if len(kept) == len(rule.updates):
            raise Pmip6Error(rule.name, f"does not update {what}")
        return rule.changed(updates=kept)

    return change


def _names(term: Term, what: str) -> bool:
    named = (Op.READ, Op.RIGID, Op.RUNNING, Op.DUE)
    return (term.op in named and name_of(term) == what) or any(
        _names(a, what) for a in term.args
    )
