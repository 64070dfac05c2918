"""Other readings of section 5.5 as variants: what a timestamp is compared with.

The anchor of the protocol compares with the last timestamp that it accepted for the node.
These compare with that of the binding alone, with both, or with the time when the accepted
request arrived (docs/findings.md).
"""

from __future__ import annotations

from pmip6.model.language.table import Message, Role, Rule, Update
from pmip6.model.language.terms import (
    Term,
    all_of,
    before,
    exists,
    substitute,
    variable,
)
from pmip6.model.lma.lookup import matches
from pmip6.model.state import (
    ENTRY,
    MOBILE_NODE,
    TIME,
    accepted_for,
    bce_node,
    last_accepted,
    pbu,
)

ARRIVAL = "arrival"
"""The index of a rule that accepts a request: when it came."""

REQUEST = Message(pbu)
OF_NODE = last_accepted[REQUEST.node]
IS_LOWER = before(REQUEST.timestamp, OF_NODE)
IS_EQUAL = REQUEST.timestamp == OF_NODE


def _of_binding(entry: Term) -> Term:
    return accepted_for[REQUEST.node, entry]


def _is_lower_than_of_binding() -> Term:
    """The binding of the request has a greater timestamp; a new session has none."""
    return exists(
        ENTRY,
        lambda b: all_of(
            matches(b, REQUEST), before(REQUEST.timestamp, _of_binding(b))
        ),
    )


def compared_per_binding(rule: Rule) -> Rule:
    """A timestamp has to exceed that of the binding alone."""
    is_equal = exists(
        ENTRY,
        lambda b: all_of(matches(b, REQUEST), REQUEST.timestamp == _of_binding(b)),
    )
    return _compared(rule, {IS_LOWER: _is_lower_than_of_binding(), IS_EQUAL: is_equal})


def compared_with_both(rule: Rule) -> Rule:
    """A timestamp has to exceed all of the node; 157 is for one below the binding's.

    What is between the two is not valid and not lower, as an equal one is: 156.
    """
    is_lower = _is_lower_than_of_binding()
    return _compared(
        rule,
        {IS_LOWER: is_lower, IS_EQUAL: IS_EQUAL | all_of(IS_LOWER, ~is_lower)},
    )


def _compared(rule: Rule, by: dict[Term, Term]) -> Rule:
    """The rule of an anchor that keeps a timestamp with each binding, and asks for it."""
    if rule.role is not Role.LMA:
        return rule
    guard = rule.guard
    if rule.on == pbu:
        guard = tuple(substitute(condition, by) for condition in guard)
    kept = [_kept(rule, update) for update in rule.updates]
    return rule.changed(
        guard=guard, updates=(*rule.updates, *(each for each in kept if each))
    )


def _kept(rule: Rule, update: Update) -> Update | None:
    """The timestamp of the binding comes and goes with the node of the entry."""
    if update.map == last_accepted and rule.on == pbu:
        entry = variable("entry", ENTRY)
        value = substitute(update.value, {OF_NODE: _of_binding(entry)})
        return Update(accepted_for, (*update.args, entry), value)
    if update.map == bce_node and update.value is MOBILE_NODE.none:
        each = variable("each_MobileNode", MOBILE_NODE)
        return Update(accepted_for, (each, *update.args), TIME.none, (each,))
    return None


def compared_with_arrival(rule: Rule) -> Rule:
    """A timestamp has to exceed the time when the accepted request arrived."""
    if rule.role is not Role.LMA or rule.on != pbu:
        return rule
    arrival = variable(ARRIVAL, TIME)
    updates = tuple(
        Update(u.map, u.args, substitute(u.value, {REQUEST.timestamp: arrival}))
        if u.map == last_accepted
        else u
        for u in rule.updates
    )
    if updates == rule.updates:
        return rule
    return rule.changed(indices=(*rule.indices, (ARRIVAL, TIME)), updates=updates)
