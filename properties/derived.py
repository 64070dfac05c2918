"""Properties that follow from the rules and clocks of a model, without a text of their own.

Those of answers (properties/answers.py) follow from the rules alone, and so are asked for
any size, too.  That every state has a step is told by the explorer itself
(`no-deadlock`): it is about the messages under way, over which no term quantifies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pmip6.model.domain import TIMERS, Model
from pmip6.model.language.table import Timer
from pmip6.model.language.terms import (
    Sort,
    Term,
    all_of,
    any_of,
    exists,
    forall,
    implies,
)
from pmip6.properties.answers import ANSWERS, answers_of
from pmip6.properties.enabled import Indices, enabled
from pmip6.properties.property import Property, Scope, with_a_case

TIME_CAN_GO_ON = "time-can-go-on"
DERIVED = (TIME_CAN_GO_ON, *ANSWERS)
"""The names of these properties."""

Quantify = Callable[[Sort, Callable[[Term], Term]], Term]


def derived_properties(model: Model) -> list[Property]:
    """Those that have a case in a model, and that time can go on."""
    return [time_can_go_on(model), *with_a_case(model, answers_of(model.rules))]


def time_can_go_on(model: Model) -> Property:
    """Whenever a real timer is due, a rule for its expiry can be taken.

    A tick waits for every real timer that is due; so without such a rule time would stand
    still for ever.

    Raises:
        Pmip6Error: The guard of such a rule reads a fresh time.
    """
    real = [t for t in TIMERS if model.is_real(t.name)]
    return Property(
        name=TIME_CAN_GO_ON,
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
