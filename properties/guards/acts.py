"""What a gateway has done already whenever a guard of it is asked.

After each event it does by itself what its rules allow, in an order, until nothing is left
(model/mag/machine.py, model/fast_handover/machine.py).  So no guard of these acts holds
when a message comes or a timer is due; when one of them is asked, none before it holds.
"""

from __future__ import annotations

from collections.abc import Iterable

from pmip6.model.fast_handover.machine import DETACHMENT, FIRST_ACTS, REGISTRATIONS
from pmip6.model.fast_handover.state import NewState, new_state
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import (
    Op,
    Sort,
    SortKind,
    Term,
    all_of,
    any_of,
    exists,
    forall,
    substitute,
    variable,
)
from pmip6.model.mag.machine import OWN_ACTS
from pmip6.model.state import GATEWAY, MOBILE_NODE
from pmip6.properties.guards.decisions import Decisions

ACTS = tuple(act for act in (*FIRST_ACTS, *OWN_ACTS) if act not in DETACHMENT)
"""In their order; that a node has left may be seen a while later."""


def idle_acts(rules: Iterable[Rule], before: int = len(ACTS)) -> dict[str, Term]:
    """That none of the first acts is possible, for any node: a term for each."""
    known = {rule.name: rule for rule in rules}
    return {name: _is_idle(known[name]) for name in ACTS[:before] if name in known}


def _is_idle(rule: Rule) -> Term:
    own = dict.fromkeys(("node", "gateway"))
    others = [(name, sort) for name, sort in rule.indices if name not in own]

    def allowed(left: list[tuple[str, Sort]], chosen: dict[Term, Term]) -> Term:
        if not left:
            return substitute(all_of(*rule.guard), chosen)
        (name, sort), *rest = left

        def with_chosen(element: Term) -> Term:
            return allowed(rest, {**chosen, variable(name, sort): element})

        if sort.kind is SortKind.ORDERED:
            return allowed(rest, chosen)  # the time, which no guard of them reads
        if sort.kind is SortKind.ENUM:
            every = (Term.make(Op.LITERAL, (), sort, name) for name in sort.literals)
            return any_of(*map(with_chosen, every))
        return exists(sort, with_chosen)

    def is_idle(node: Term, gateway: Term) -> Term:
        chosen = {
            variable("node", MOBILE_NODE): node,
            variable("gateway", GATEWAY): gateway,
        }
        idle = ~allowed(others, chosen)
        if rule.name not in REGISTRATIONS:
            return idle
        return any_of(idle, new_state[node, gateway] == NewState.FETCHING)

    return forall(MOBILE_NODE, lambda n: forall(GATEWAY, lambda g: is_idle(n, g)))


def first_possible(decisions: Decisions) -> dict[str, int]:
    """How many acts are not possible, whenever each decision is asked, by its name."""
    found: dict[str, int] = {}
    for rule in decisions.rules:
        done = ACTS.index(rule.name) if rule.name in ACTS else len(ACTS)
        waiting = [decisions.of_rules[rule.name]]
        while waiting:
            decision = waiting.pop()
            found[decision.name] = min(done, found.get(decision.name, done))
            waiting += [inner.decision for inner in decision.inner]
    return found
