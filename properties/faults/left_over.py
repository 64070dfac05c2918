"""Values that a faulty rule leaves behind where nothing reads them any more.

A rule that ends something (a binding, a wait, a handover) empties all that belongs to it.
One that forgets a part of that is no other rule if the part is read only while the thing
is there, and written anew whenever it begins: two states that differ in nothing else go on
alike for ever.  Nor is one that does not empty what is always empty.  Both is looked up in
the terms of the rules, for any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pmip6.model.language.table import Rule, StateMap, Update
from pmip6.model.language.terms import (
    TRUE,
    Op,
    Term,
    all_of,
    bound_variable,
    initial,
    name_of,
    subterms,
    variable,
)


@dataclass(frozen=True)
class Witness:
    """A state map that tells whether something is there: not where it has this value."""

    name: str
    gone: Term

    def places(self, condition: Term, *, holds: bool) -> Iterator[tuple[Term, ...]]:
        """Indices at which something is there if a condition holds, or does not."""
        match condition.op:
            case Op.NOT:
                yield from self.places(condition.args[0], holds=not holds)
            case Op.AND | Op.OR if (condition.op is Op.AND) is holds:
                for part in condition.args:
                    yield from self.places(part, holds=holds)
            case Op.EQUAL:
                yield from self._compared(condition, is_equal=holds)
            case _:
                pass

    def _compared(
        self, condition: Term, *, is_equal: bool
    ) -> Iterator[tuple[Term, ...]]:
        for one, other in (condition.args, condition.args[::-1]):
            if one.op is Op.READ and name_of(one) == self.name:
                is_another = other.op is Op.LITERAL and other is not self.gone
                if (is_another and is_equal) or (other is self.gone and not is_equal):
                    yield one.args

    def may_begin(self, update: Update) -> bool:
        """Whether an update of the map may bring something about that was not there."""
        return any(
            leaf is not self.gone and not self._is_kept(leaf, update)
            for leaf in _leaves(update.value)
        )

    def _is_kept(self, leaf: Term, update: Update) -> bool:
        return (
            leaf.op is Op.READ
            and name_of(leaf) == self.name
            and _are_same(leaf.args, update.args)
        )


Known = tuple[tuple[Term, ...], ...]
"""Indices at which something is there for certain."""


def is_left_over(rule: Rule, dropped: Update, rules: Iterable[Rule]) -> bool:
    """Whether a rule without one of its updates leaves a value that nothing reads.

    Args:
        rule: The rule as the facts leave it, with the update.
        dropped: The update that it is to be without.
        rules: All rules as the facts leave them.
    """
    every = list(rules)
    return _is_constant(dropped.map, every) or any(
        _is_unread(dropped.map.name, witness, every)
        for witness in _witnesses(rule, dropped)
    )


def _is_constant(told: StateMap, rules: Sequence[Rule]) -> bool:
    """No rule writes anything into the map but what is in it at first."""
    first = initial(told.value)
    return all(
        update.value is first
        for rule in rules
        for update in rule.updates
        if update.map.name == told.name
    )


def _witnesses(rule: Rule, dropped: Update) -> Iterator[Witness]:
    """The maps that tell that what the value belongs to is over after the rule."""
    for update in rule.updates:
        own = dropped.args[: len(update.args)]
        is_over = update.value.op is Op.LITERAL and update.map is not dropped.map
        if is_over and _are_same(update.args, own):
            yield Witness(update.map.name, update.value)


def _is_unread(name: str, witness: Witness, rules: Sequence[Rule]) -> bool:
    """The map is read only where something is there, and written where that begins."""
    return all(
        _reads_alive(name, witness, rule) and _writes_anew(name, witness, rule)
        for rule in rules
    )


def _writes_anew(name: str, witness: Witness, rule: Rule) -> bool:
    there = list(witness.places(all_of(TRUE, *rule.guard), holds=True))
    begun = [
        update
        for update in rule.updates
        if update.map.name == witness.name
        and witness.may_begin(update)
        and not any(_are_same(update.args, place) for place in there)
    ]
    return all(
        any(
            other.map.name == name
            and _are_same(other.args[: len(update.args)], update.args)
            and all(
                any(each is arg for each in other.bound)
                for arg in other.args[len(update.args) :]
            )
            for other in rule.updates
        )
        for update in begun
    )


def _reads_alive(name: str, witness: Witness, rule: Rule) -> bool:
    guard = all_of(TRUE, *rule.guard)
    after = tuple(witness.places(guard, holds=True))
    values = [
        *(term for update in rule.updates for term in (*update.args, update.value)),
        *(value for send in rule.sends for value in send.values),
        *(term for timer in rule.timers for term in timer.args),
        *(timer.level for timer in rule.timers if timer.level is not None),
    ]
    return _is_alive(name, witness, guard, ()) and all(
        _is_alive(name, witness, value, after) for value in values
    )


def _is_alive(name: str, witness: Witness, term: Term, known: Known) -> bool:
    """Whether all that a term reads of the map is where something is there."""
    if term.op is Op.READ and name_of(term) == name:
        if not any(_are_same(term.args[: len(place)], place) for place in known):
            return False
    elif not _reads(name, term):
        return True
    return all(
        _is_alive(name, witness, part, more)
        for part, more in _parts(term, witness, known)
    )


def _parts(term: Term, witness: Witness, known: Known) -> Iterator[tuple[Term, Known]]:
    """The parts of a term, each with what is known where its value counts."""
    match term.op:
        case Op.AND | Op.OR:
            holds = term.op is Op.AND
            for part in term.args:
                others = (o for o in term.args if o is not part)
                more = (p for o in others for p in witness.places(o, holds=holds))
                yield part, (*known, *more)
        case Op.ITE:
            condition, then, otherwise = term.args
            yield condition, known
            yield then, (*known, *witness.places(condition, holds=True))
            yield otherwise, (*known, *witness.places(condition, holds=False))
        case Op.FORALL | Op.EXISTS:
            bound = variable(*bound_variable(term))
            free = (p for p in known if not any(_has(arg, bound) for arg in p))
            yield term.args[0], tuple(free)
        case _:
            for part in term.args:
                yield part, known


def _leaves(term: Term) -> Iterator[Term]:
    if term.op is Op.ITE:
        for branch in term.args[1:]:
            yield from _leaves(branch)
    else:
        yield term


def _reads(name: str, term: Term) -> bool:
    return any(t.op is Op.READ and name_of(t) == name for t in subterms(term))


def _has(term: Term, part: Term) -> bool:
    return any(each is part for each in subterms(term))


def _are_same(one: Sequence[Term], other: Sequence[Term]) -> bool:
    return len(one) == len(other) and all(
        a is b for a, b in zip(one, other, strict=True)
    )
