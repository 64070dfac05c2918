"""What a lemma is, what is assumed of messages, and the ghost: timestamps issued so far.

A lemma on a channel speaks of every message that was ever sent on it.  `issued` is the
latest timestamp that any gateway has put into a request for the node.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from pmip6.model.language.folding import decided
from pmip6.model.language.table import Channel, Message, Role, Rule, StateMap, Update
from pmip6.model.language.terms import TRUE, SortKind, Term, before, variable
from pmip6.model.state import MOBILE_NODE, TIME
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


ARRIVALS: list[Lemma] = []
"""What a proof for any size assumes of a message when a role receives it.

In a configuration, whose channels are small, each is a lemma on the messages under way.
"""


def assumed_on_arrival(
    channel: Channel,
) -> Callable[[Callable[[Message], Term]], Lemma]:
    """Record a function of a message as an assumption; its docstring says it in words."""

    def record(function: Callable[[Message], Term]) -> Lemma:
        text = " ".join((function.__doc__ or "").split())
        term = function(Message(channel))
        ARRIVALS.append(Lemma(function.__name__, term, text, channel))
        return ARRIVALS[-1]

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


def with_arrivals(rule: Rule, holding: frozenset[str]) -> Rule:
    """The rule of a role, taken on a message of which what is assumed is true.

    Args:
        rule: Any rule.
        holding: The predicates that may hold, and the switches that are on.
    """
    if rule.role is Role.CHANNEL:
        return rule
    known = [decided(a.term, holding) for a in ARRIVALS if a.channel == rule.on]
    return rule.changed(guard=(*rule.guard, *(k for k in known if k is not TRUE)))
