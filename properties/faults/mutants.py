"""The rules with one fault: made mechanically from the table, or seeded for a property.

A mechanical mutant drops one thing: a condition of a guard (or a part of one), an update,
a message, a change of a timer, or the whole rule.  Its name says where:
`lma.allocate.guard-3`, `lma.hand_off.update-0`, `lma.deregister.timer-1`,
`lma.expire.removed`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pmip6.model.domain import shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import BOOL, Op, Term
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS


@dataclass(frozen=True, eq=False)
class Mutant:
    """The rules with one fault.

    Args:
        name: Its name on the command line.
        rule: Name of the rule that is changed.
        kind: What is changed: guard, update, send, timer, removed or seeded.
        text: What is changed, in words.
        rules: All rules of the model, with the fault.
    """

    name: str
    rule: str
    kind: str
    text: str
    rules: tuple[Rule, ...]


def _with(rule: Rule, changed: Rule | None) -> tuple[Rule, ...]:
    """All rules; the changed one comes first, so that its fault is not hidden.

    An executable machine takes the first rule whose guard holds.
    """
    others = tuple(other for other in shipped_rules() if other is not rule)
    return others if changed is None else (changed, *others)


def weaker_and_stronger(term: Term) -> Iterator[Term]:
    """The term with one operand of one nested conjunction or disjunction dropped."""
    if term.op in (Op.AND, Op.OR):
        for i in range(len(term.args)):
            rest = term.args[:i] + term.args[i + 1 :]
            yield rest[0] if len(rest) == 1 else Term.make(term.op, rest, BOOL)
    for i, arg in enumerate(term.args):
        for changed in weaker_and_stronger(arg) if arg.sort == BOOL else ():
            args = (*term.args[:i], changed, *term.args[i + 1 :])
            yield Term.make(term.op, args, term.sort, term.payload)


def _of_rule(rule: Rule) -> Iterator[Mutant]:
    place = f"{rule.role.value}.{rule.name}"

    def mutant(suffix: str, kind: str, text: str, changed: Rule | None) -> Mutant:
        name = f"{place}.{suffix}"
        return Mutant(name, rule.name, kind, text, _with(rule, changed))

    for i, conjunct in enumerate(rule.guard):
        rest = rule.guard[:i] + rule.guard[i + 1 :]
        if conjunct.op is not Op.DUE:  # the trigger of the rule, not a condition
            yield mutant(
                f"guard-{i}", "guard", f"without {conjunct}", rule.changed(guard=rest)
            )
        for j, part in enumerate(weaker_and_stronger(conjunct)):
            guard = (*rule.guard[:i], part, *rule.guard[i + 1 :])
            yield mutant(
                f"guard-{i}-{j}",
                "guard",
                f"{part} instead of {conjunct}",
                rule.changed(guard=guard),
            )
    for i, update in enumerate(rule.updates):
        rest_of_updates = rule.updates[:i] + rule.updates[i + 1 :]
        yield mutant(
            f"update-{i}",
            "update",
            f"without {update.map.name} := {update.value}",
            rule.changed(updates=rest_of_updates),
        )
    for i, send in enumerate(rule.sends):
        rest_of_sends = rule.sends[:i] + rule.sends[i + 1 :]
        yield mutant(
            f"send-{i}",
            "send",
            f"without sending on {send.channel.name}",
            rule.changed(sends=rest_of_sends),
        )
    for i, change in enumerate(rule.timers):
        what = "stopping" if change.level is None else "starting"
        rest_of_timers = rule.timers[:i] + rule.timers[i + 1 :]
        if i or not rule.expiry_args:  # the expired timer itself always stops
            yield mutant(
                f"timer-{i}",
                "timer",
                f"without {what} {change.timer.name}",
                rule.changed(timers=rest_of_timers),
            )
    yield mutant("removed", "removed", "without the rule", None)


@cache
def mechanical() -> dict[str, Mutant]:
    """All mechanical mutants by name, in the order of the table."""
    return {m.name: m for rule in shipped_rules() for m in _of_rule(rule)}


@cache
def seeded() -> dict[str, Mutant]:
    """The mutants with a seeded fault by name."""
    by_name = {rule.name: rule for rule in shipped_rules()}
    return {
        name: Mutant(
            name,
            fault.rule,
            "seeded",
            fault.text,
            _with(by_name[fault.rule], fault.change(by_name[fault.rule])),
        )
        for name, fault in SEEDED_FAULTS.items()
    }


def mutants() -> dict[str, Mutant]:
    """All mutants by name, the seeded ones first."""
    return {**seeded(), **mechanical()}


def mutant(name: str) -> Mutant:
    """The mutant of this name, seeded or mechanical.

    Raises:
        Pmip6Error: There is none.
    """
    known = mutants()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 3)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    raise Pmip6Error(name, "is no mutant", f"{meant}pmip6 model mutants lists them")
