"""The other reading of section 5.3.1 as a variant: numbers are judged before the lookup.

The anchor of the protocol compares a sequence number with that of the session to which
the lookup leads, so that a request for another set of prefixes has none to be compared
with.  This one compares with every session of the node that has one of the prefixes
(docs/findings.md).
"""

from __future__ import annotations

from pmip6.model.language.table import Message, Role, Rule
from pmip6.model.language.terms import Term, all_of, exists, substitute, variable
from pmip6.model.lma.binding_cache import is_bound_to, share_one
from pmip6.model.lma.checks import is_not_newer, is_out_of_window
from pmip6.model.state import (
    ENTRY,
    PREFIX,
    SEQUENCE,
    bce_prefix,
    bce_sequence,
    is_newer,
    pbu,
    sequence_numbers,
)

REQUEST = Message(pbu)
NAMED_ENTRY = variable("entry", ENTRY)


def _is_low_for(entry: Term) -> Term:
    """The number does not exceed that of a session of the node that has a prefix named."""
    return all_of(
        sequence_numbers(),
        ~REQUEST.has_timestamp,
        is_bound_to(entry, REQUEST.node),
        exists(PREFIX, lambda p: bce_prefix[entry, p] & share_one(p, REQUEST.prefix)),
        bce_sequence[entry] != SEQUENCE.none,
        ~is_newer(REQUEST.sequence, bce_sequence[entry]),
    )


def _is_refused(entry: Term) -> Term:
    return is_not_newer(entry, REQUEST) | _is_low_for(entry)


def numbers_before_lookup(rule: Rule) -> Rule:
    """A number has to exceed that of each session whose prefix the request names."""
    if rule.role is not Role.LMA or rule.on != pbu:
        return rule
    by = {is_out_of_window(REQUEST): exists(ENTRY, _is_refused)}
    guard = tuple(substitute(condition, by) for condition in rule.guard)
    told = frozenset(is_not_newer(NAMED_ENTRY, REQUEST).args)
    if told <= frozenset(guard):  # the rule that tells the gateway the number
        others = (condition for condition in guard if condition not in told)
        guard = (*others, _is_refused(NAMED_ENTRY))
    return rule.changed(guard=guard)
