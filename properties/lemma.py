"""What a lemma is, and the ghost of the proofs: the timestamps issued so far.

A lemma on a channel speaks of every message that was ever sent on it.  `issued` is the
latest timestamp that any gateway has put into a request for the node.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from pmip6.model.state import MOBILE_NODE, TIME
from pmip6.model.table import Channel, Message, Rule, StateMap, Update
from pmip6.model.terms import SortKind, Term, before, variable
from pmip6.properties.property import Property

issued = StateMap("issued", (MOBILE_NODE,), TIME, observer=True)


@dataclass(frozen=True, eq=False)
class Lemma:
    """A strengthening invariant: of each state, or of each message sent on a channel."""

    name: str
    term: Term
    reason: str
    channel: Channel | None = None


LEMMAS: list[Lemma] = []


def lemma(function: Callable[[], Term]) -> Lemma:
    """Record a function as an invariant; its docstring is the reason."""
    reason = inspect.cleandoc(function.__doc__ or "")
    LEMMAS.append(Lemma(function.__name__, function(), reason))
    return LEMMAS[-1]


def sent_lemma(channel: Channel) -> Callable[[Callable[[Message], Term]], Lemma]:
    """Record a function of a message as an invariant of all messages sent."""

    def record(function: Callable[[Message], Term]) -> Lemma:
        reason = inspect.cleandoc(function.__doc__ or "")
        term = function(Message(channel))
        LEMMAS.append(Lemma(function.__name__, term, reason, channel))
        return LEMMAS[-1]

    return record


def property_as_lemma(known: Property) -> Lemma:
    """Record a property of states as a lemma for the others."""
    LEMMAS.append(Lemma(known.name, known.term, known.doc))
    return LEMMAS[-1]


def with_issued(rule: Rule) -> Rule:
    """The rule with the ghost: a time that it chooses is later than all issued ones."""
    guard, updates = rule.guard, rule.updates
    for name, sort in rule.indices:
        if sort.kind is not SortKind.ORDERED:
            continue
        node = next(
            variable(n, s) for n, s in rule.variables if s == MOBILE_NODE
        )  # each rule that chooses a time is about one node
        now = variable(name, sort)
        guard = (*guard, before(issued[node], now))
        updates = (*updates, Update(issued, (node,), now))
    return rule.changed(guard=guard, updates=updates)
