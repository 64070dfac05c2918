"""Gateways that number their requests: a variant of the protocol, and a naive one.

The rules are those of the protocol, with a counter for each node at each gateway that
comes round, and the number in requests and answers.  A naive gateway knows its requests by
the number alone, and takes the answer to an old one for that to the last (docs/findings.md).
"""

from __future__ import annotations

from pmip6.model.language.table import Channel, Message, Role, Rule, Send, Update
from pmip6.model.language.terms import Term, any_of, substitute, variable
from pmip6.model.state import SEQUENCE, awaited, counter, follows, pba, pbu

NUMBER = "number"
"""The index of a rule that sends a request: the number that the request gets."""


def counted(rule: Rule) -> Rule:
    """The rule of a gateway that numbers requests, or of an anchor that returns numbers."""
    if rule.role is Role.MAG:
        return _of_requests(rule)
    if rule.role is Role.LMA and rule.on == pbu:
        number = Message(pbu).sequence
        return rule.changed(sends=_with_number(rule.sends, pba, number))
    return rule


def matched_by_number(rule: Rule) -> Rule:
    """The same where a gateway looks at the number in place of the timestamp."""
    if rule.role is not Role.MAG or rule.on != pba:
        return counted(rule)
    answer = Message(pba)
    cell = answer.node, answer.gateway
    by_number = {answer.request == awaited[cell]: answer.sequence == counter[cell]}
    guard = tuple(substitute(condition, by_number) for condition in rule.guard)
    return counted(rule.changed(guard=guard))


def _of_requests(rule: Rule) -> Rule:
    """A request has the next number of the counter, which begins anywhere."""
    number = variable(NUMBER, SEQUENCE)
    cells = {send.values[:2] for send in rule.sends if send.channel == pbu}
    if not cells:
        return rule
    ((node, gateway),) = cells
    cell = counter[node, gateway]
    return rule.changed(
        indices=(*rule.indices, (NUMBER, SEQUENCE)),
        guard=(*rule.guard, any_of(cell == SEQUENCE.none, follows(number, cell))),
        updates=(*rule.updates, Update(counter, (node, gateway), number)),
        sends=_with_number(rule.sends, pbu, number),
    )


def _with_number(
    sends: tuple[Send, ...], channel: Channel, number: Term
) -> tuple[Send, ...]:
    at = [name for name, _ in channel.fields].index("sequence")
    return tuple(
        Send(channel, (*send.values[:at], number, *send.values[at + 1 :]))
        if send.channel == channel
        else send
        for send in sends
    )
