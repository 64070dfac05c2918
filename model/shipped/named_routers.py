"""Gateways whose link-local address the anchor names (RFC 5213, 6.8 and 5.3.6).

The rules are those of the protocol, with the address of the router that a session has:
the anchor makes one for a new session, keeps it and tells it in each acceptance; a gateway
asks for it when it registers a node.  When it extends a lifetime it asks again, or names
the one that it has (docs/findings.md).  Addresses are elements of the sort of numbers, and
travel in the field of the sequence number, which nobody reads in a domain that timestamps
order.
"""

from __future__ import annotations

from pmip6.model.language.table import Channel, Message, Role, Rule, Send, Update
from pmip6.model.language.terms import (
    Term,
    enum_literal,
    ite,
    variable,
)
from pmip6.model.state import (
    SEQUENCE,
    BindingState,
    UpdateListState,
    bce_node,
    bce_router,
    bce_state,
    bule_router,
    bule_state,
    pba,
    pbu,
)
from pmip6.model.wire.numbers import BindingAckStatus

ROUTER = "router"
"""The index of a rule that makes a session: the link-local address of its routers."""
_FREE = enum_literal(BindingState.FREE)
_REGISTERED = enum_literal(UpdateListState.REGISTERED)
_ACCEPTED = enum_literal(BindingAckStatus.ACCEPTED)
NONE = SEQUENCE.none


def asked_again(rule: Rule) -> Rule:
    """The rule where every request asks the anchor for the address."""
    if rule.role is Role.LMA:
        return _of_anchor(rule)
    return _of_gateway(rule) if rule.role is Role.MAG else rule


def named_again(rule: Rule) -> Rule:
    """The same where a gateway names the address that it has for a node."""
    changed = asked_again(rule)
    is_first = any(u.map == bule_state for u in rule.updates)
    if rule.role is not Role.MAG or is_first:
        return changed
    sends = changed.sends
    for node, gateway in {s.values[:2] for s in rule.sends if s.channel == pbu}:
        sends = _with_address(sends, pbu, bule_router[node, gateway])
    return changed.changed(sends=sends)


# ---- the anchor ------------------------------------------------------------------------


def _of_anchor(rule: Rule) -> Rule:
    request = Message(pbu)
    deleted = [u for u in rule.updates if u.map == bce_state and u.value is _FREE]
    if deleted:
        gone = tuple(Update(bce_router, u.args, NONE, u.bound) for u in deleted)
        return rule.changed(updates=(*rule.updates, *gone))
    accepts = [
        send
        for send in rule.sends
        if send.channel == pba and any(value is _ACCEPTED for value in send.values)
    ]
    entries = [t for name, _ in rule.indices if (t := _entry(rule, name)) is not None]
    asks = any(condition is ~request.deregistration for condition in rule.guard)
    if rule.on != pbu or len(accepts) != 1 or len(entries) != 1 or not asks:
        return rule
    (entry,) = entries
    named = request.sequence
    if any(u.map == bce_node for u in rule.updates):  # a new session
        made = variable(ROUTER, SEQUENCE)
        return rule.changed(
            indices=(*rule.indices, (ROUTER, SEQUENCE)),
            guard=(*rule.guard, (named == NONE) | (made == named)),
            updates=(*rule.updates, Update(bce_router, (entry,), made)),
            sends=_with_address(rule.sends, pba, made),
        )
    kept = ite(named == NONE, bce_router[entry], named)
    return rule.changed(
        updates=(*rule.updates, Update(bce_router, (entry,), kept)),
        sends=_with_address(rule.sends, pba, kept),
    )


def _entry(rule: Rule, name: str) -> Term | None:
    """The index of this name, where it is an entry."""
    sort = dict(rule.indices)[name]
    return variable(name, sort) if sort == bce_router.index[0] else None


# ---- the gateway -----------------------------------------------------------------------


def _of_gateway(rule: Rule) -> Rule:
    answer = Message(pba)
    is_taken = rule.on == pba
    addresses = tuple(
        Update(
            bule_router,
            u.args,
            answer.sequence if is_taken and u.value is _REGISTERED else NONE,
            u.bound,
        )
        for u in rule.updates
        if u.map == bule_state
    )
    return rule.changed(updates=(*rule.updates, *addresses))


def _with_address(
    sends: tuple[Send, ...], channel: Channel, address: Term
) -> tuple[Send, ...]:
    at = [name for name, _ in channel.fields].index("sequence")
    return tuple(
        Send(channel, (*send.values[:at], address, *send.values[at + 1 :]))
        if send.channel == channel
        else send
        for send in sends
    )
