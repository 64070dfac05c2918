"""Properties that follow from the rules and clocks of a model, without a text of their own.

That every state has a step is told by the explorer itself (`no-deadlock`): it is about
the messages under way, over which no term quantifies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pmip6.model.domain import TIMERS, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Rule, Timer
from pmip6.model.language.terms import (
    Sort,
    SortKind,
    Term,
    all_of,
    any_of,
    exists,
    forall,
    implies,
    name_of,
    substitute,
    subterms,
    variable,
)
from pmip6.properties.property import Property, Scope

Indices = tuple[Term, ...]
Quantify = Callable[[Sort, Callable[[Term], Term]], Term]


def time_can_go_on(model: Model) -> Property:
    """Whenever a real timer is due, a rule for its expiry can be taken.

    A tick waits for every real timer that is due; so without such a rule time would stand
    still for ever.

    Raises:
        Pmip6Error: The guard of such a rule reads a fresh time.
    """
    real = [t for t in TIMERS if model.is_real(t.name)]
    return Property(
        name="time-can-go-on",
        term=all_of(*(_over(forall, t, partial(_goes_on, model, t)) for t in real)),
        scope=Scope.STATE,
        premise=any_of(*(_over(exists, t, partial(_is_due, t)) for t in real)),
        requirements=(),
        doc="Whenever a real timer is due, a rule for its expiry can be taken.",
    )


def _is_due(timer: Timer, indices: Indices) -> Term:
    return timer.due(*indices)


def _goes_on(model: Model, timer: Timer, indices: Indices) -> Term:
    return implies(timer.due(*indices), _expires(model, timer, indices))


def _over(quantify: Quantify, timer: Timer, body: Callable[[Indices], Term]) -> Term:
    """The body for every or some element of each index of the timer."""

    def nested(chosen: Indices) -> Term:
        if len(chosen) == len(timer.index):
            return body(chosen)
        return quantify(timer.index[len(chosen)], lambda x: nested((*chosen, x)))

    return nested(())


def _expires(model: Model, timer: Timer, indices: Indices) -> Term:
    """Some rule for the expiry of this timer can be taken."""
    return any_of(*(enabled(rule, indices) for rule in model.rules if rule.on == timer))


def enabled(rule: Rule, indices: Indices) -> Term:
    """The guard of the rule holds for some choice of its other indices."""
    own = {name_of(a) for a in rule.expiry_args}
    others = [(n, s) for n, s in rule.indices if n not in own]

    def nested(left: list[tuple[str, Sort]], values: dict[Term, Term]) -> Term:
        if not left:
            return all_of(*(substitute(c, values) for c in rule.guard))
        (name, sort), rest = left[0], left[1:]
        index = variable(name, sort)
        if sort.kind is SortKind.OPEN:
            return exists(sort, lambda x: nested(rest, {**values, index: x}))
        if any(t is index for c in rule.guard for t in subterms(c)):
            raise Pmip6Error(rule.name, f"its guard reads the index {name}")
        return nested(rest, values)

    return nested(others, dict(zip(rule.expiry_args, indices, strict=True)))
