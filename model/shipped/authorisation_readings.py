"""Gateways that may send requests for certain nodes only, as a variant.

Whether such a gateway is told 154 or 153 about a node that nobody knows is left open (docs/
findings.md): the first reading bars it from that node as well, the second one does not.
"""

from __future__ import annotations

from pmip6.model.language.table import Message, Role, Rule
from pmip6.model.language.terms import substitute
from pmip6.model.state import is_authorised_gateway, is_barred, pbu

REQUEST = Message(pbu)


def authorised_per_node(rule: Rule) -> Rule:
    """A gateway is authorised for a node unless it is barred from it."""
    if rule.role is not Role.LMA or rule.on != pbu:
        return rule
    for_all = is_authorised_gateway(REQUEST.gateway)
    for_node = for_all & ~is_barred(REQUEST.gateway, REQUEST.node)
    return rule.changed(
        guard=tuple(
            substitute(condition, {for_all: for_node}) for condition in rule.guard
        )
    )
