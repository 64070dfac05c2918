"""Faults after which a rule can only be taken in more states than before, or in fewer.

With more the reachable states of a configuration and its steps are at least those without
the fault, with fewer at most those.  So where the rule with such a fault is taken in a
reachable state in which the right one is not, or the other way round, a search would
count more steps, or fewer: it need not be made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmip6.model.domain import Configuration, Model
from pmip6.model.language.terms import Op, Term
from pmip6.model.shipped.named import NAMED
from pmip6.properties.exploration.explore import explore
from pmip6.properties.faults.noticed import AT_ONCE, RuleChange
from pmip6.properties.result import Outcome, Run

WEAKER, SAME, STRONGER = 1, 0, -1


def side_of(change: RuleChange) -> int | None:
    """Whether the rule is taken in more states or in fewer; None where that is not sure.

    It is not where the rule does something else, or is taken for the first element alone.
    """
    if change.wrong is None:
        return STRONGER
    if not change.is_in_the_guard or change.right.first is not None:
        return None
    right, wrong = change.right.guard, change.wrong.guard
    kept = set(map(id, wrong))
    if len(wrong) < len(right):
        return WEAKER if kept <= set(map(id, right)) else None
    pairs = [(r, w) for r, w in zip(right, wrong, strict=True) if r is not w]
    if len(pairs) != 1:
        return None
    return _side(*pairs[0])


def _side(right: Term, wrong: Term) -> int | None:
    """The side of a condition that was changed in one place."""
    if right is wrong:
        return SAME
    if right.op in (Op.AND, Op.OR) and _is_shorter(right, wrong):
        return WEAKER if right.op is Op.AND else STRONGER
    if right.op is not wrong.op or len(right.args) != len(wrong.args):
        return None
    sides = [_side(r, w) for r, w in zip(right.args, wrong.args, strict=True)]
    changed = [(i, side) for i, side in enumerate(sides) if side != SAME]
    if len(changed) != 1:
        return None
    place, side = changed[0]
    if side is None or right.op in (Op.AND, Op.OR, Op.FORALL, Op.EXISTS):
        return side
    if right.op is Op.NOT:
        return -side
    return side if right.op is Op.ITE and place else None


def _is_shorter(right: Term, wrong: Term) -> bool:
    """One operand is missing; with one left the operator is, too."""
    if wrong.op is right.op and len(wrong.args) == len(right.args) - 1:
        left = wrong.args
    elif len(right.args) == 2:
        left = (wrong,)
    else:
        return False
    known = set(map(id, right.args))
    return all(id(each) in known for each in left)


# ---- what is noticed without a search ----------------------------------------------------


def sure_notices(changes: Sequence[RuleChange], names: Sequence[str]) -> dict[str, str]:
    """What the first configuration would count otherwise, by the name of the fault.

    Args:
        changes: The faults; those of which nothing is sure are not found.
        names: The configurations that are looked at, in this order.
    """
    found: dict[str, str] = {}
    sides = {c.name: side for c in changes if (side := side_of(c))}
    for chosen in (NAMED[name] for name in names):
        left = [c for c in changes if c.name in sides and c.name not in found]
        felt = [change for change in left if change.is_felt_in(chosen)]
        if not felt:
            continue
        whole = explore(Model(chosen), [], lasting=False)
        for name in _differing(chosen, felt, whole):
            way = "more" if sides[name] is WEAKER else "fewer"
            told = f"{way} transitions than {whole.transitions}"
            found[name] = f"{chosen.name}: {told}"
    return found


def _differing(
    chosen: Configuration, felt: Sequence[RuleChange], whole: Run
) -> Iterator[str]:
    """The faults whose rule is taken in other states than the right one."""
    yield from (
        c.name for c in felt if c.wrong is None and whole.rules.get(c.right.name)
    )
    model = Model(chosen)
    claims = [c.is_taken_alike(model) for c in felt if c.wrong is not None]
    names = {c.claim: c.name for c in felt}
    for n in range(0, len(claims), AT_ONCE):
        run = explore(model, claims[n : n + AT_ONCE], lasting=False, deadlock=False)
        violated = (p.name for p in run.properties if p.outcome is Outcome.VIOLATED)
        yield from (names[claim] for claim in violated)
