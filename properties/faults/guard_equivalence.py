"""Whether nobody can tell a mutant with other conditions from its rule: proofs.

`properties/faults/equivalence.py` asks whether conditions that were dropped follow from
the others; here a part of one was dropped, and the conditions have to hold together with
the fault just where they do without it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from pmip6.model.language.folding import decided_rule
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import FALSE, Term
from pmip6.properties.faults.equivalence import (
    IDLE,
    IMPLIED,
    SAME,
    Setting,
    reason_equivalent,
    setting,
    switches_of,
)
from pmip6.properties.faults.noticed import RuleChange
from pmip6.properties.proof.obligations import may_hold

ALIKE = (
    "the conditions hold as without it, for any number of nodes, gateways and prefixes"
)


def reason_alike(change: RuleChange, names: Iterable[str]) -> str | None:
    """The argument by which a mutant of conditions is equivalent; None where none is.

    Args:
        change: The rule with the fault.
        names: The settings in which it has to be.
    """
    if not change.is_in_the_guard:
        return None
    is_same = True
    for chosen in map(setting, names):
        right, wrong = chosen.left(change.right), chosen.left(change.wrong)
        if _guard(right) == _guard(wrong):
            continue
        is_same = False
        if not (_follows(chosen, wrong, right) and _follows(chosen, right, wrong)):
            return None
    return SAME if is_same else ALIKE


def _guard(rule: Rule | None) -> frozenset[Term] | None:
    return None if rule is None else frozenset(rule.guard)


def _follows(chosen: Setting, taken: Rule | None, other: Rule | None) -> bool:
    """Wherever one rule is taken the conditions of the other hold; None is never taken."""
    if taken is None:
        return True
    known = set[Term]() if other is None else set(taken.guard)
    asked = [FALSE] if other is None else [c for c in other.guard if c not in known]
    return chosen.implies(taken, asked) if asked else True


def has_same_guard(change: RuleChange) -> bool:
    """Whether the conditions are the same under every choice of the switches of the rule.

    The settings of the proofs are some choices only.
    """
    names = [n for n in switches_of(change.right) if n not in may_hold({})]
    return all(
        _guard(decided_rule(change.right, holding))
        == _guard(None if change.wrong is None else decided_rule(change.wrong, holding))
        for count in range(len(names) + 1)
        for on in itertools.combinations(names, count)
        for holding in [may_hold({}) | frozenset(on)]
    )


def argument(changes: Iterable[RuleChange], names: Sequence[str]) -> str | None:
    """The argument by which nobody can tell a mutant; None where none is.

    Args:
        changes: What it makes of each rule that it changes.
        names: The settings in which it has to be equivalent.
    """
    reasons = set[str]()
    for change in changes:
        reason = _argument(change, names)
        if reason is None:
            return None
        reasons.add(reason)
    return next((r for r in (ALIKE, IMPLIED, IDLE, SAME) if r in reasons), None)


def _argument(change: RuleChange, names: Sequence[str]) -> str | None:
    reason = reason_equivalent(change, names)
    if reason is not None:
        return reason
    reason = reason_alike(change, names)
    return None if reason == SAME and not has_same_guard(change) else reason
