"""That each request is answered at once, is ignored where the text says so, or waits.

What a step sends is in no state: a configuration may have nobody who hears it.  So these
properties are made from the rules: a rule that takes a request, and does not
answer it, may be possible in no state but where silence is right.  That a rule which
answers does it to the sender is read off the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pmip6.model.language.table import Channel, Message, Role, Rule, Timer
from pmip6.model.language.terms import (
    Term,
    after,
    all_of,
    any_of,
    exists,
    forall,
    implies,
)
from pmip6.model.lma.binding_cache import is_from_serving_gateway
from pmip6.model.lma.checks import names_foreign_prefix, passes
from pmip6.model.lma.lookup import has_interface_entry, has_session, matches
from pmip6.model.lma.waiting import HeldRequest, has_to_wait, is_waiting
from pmip6.model.state import (
    ENTRY,
    MOBILE_NODE,
    foreign_deregistration_is_acknowledged,
    held_gateway,
    max_delay_before_new_bce_assign,
    pba,
    pbu,
)
from pmip6.properties.enabled import enabled
from pmip6.properties.property import Property, Scope

AT_ONCE, AFTER_A_WAIT = "answer.at-once", "answer.after-a-wait"
ANSWERS = (AT_ONCE, AFTER_A_WAIT)
"""The names of these properties."""


def answers_of(rules: Iterable[Rule]) -> list[Property]:
    """These properties for the rules of a model; none where no anchor takes requests."""
    found = tuple(rules)
    if not _rules_on(found, pbu):
        return []
    return [_at_once(found), _after_a_wait(found)]


# ---- when silence is right ---------------------------------------------------------------


def is_ignored(message: Message) -> Term:
    """A de-registration that the text wants ignored (RFC 5213, 5.4.1.1 and 5.3.5).

    It belongs to no session, or comes from another gateway than the serving one.
    """
    foreign = exists(
        ENTRY,
        lambda b: matches(b, message) & ~is_from_serving_gateway(b, message),
    )
    return all_of(
        message.deregistration,
        passes(message),
        ~names_foreign_prefix(message),
        ~has_session(message) | (foreign & ~foreign_deregistration_is_acknowledged()),
    )


def is_kept(message: Message) -> Term:
    """A registration that has to wait, and does after the step (RFC 5213, 9.1)."""
    return all_of(
        ~message.deregistration,
        passes(message),
        has_to_wait(message),
        after(held_gateway[message.node]) == message.gateway,
    )


# ---- the properties ----------------------------------------------------------------------


def _at_once(rules: Sequence[Rule]) -> Property:
    """The request is answered by the step that takes it; a wait ends with an answer."""
    message = Message(pbu)
    node, taking = message.node, _rules_on(rules, pbu)
    silent = [enabled(r, ()) for r in taking if not answers(r, node, message.gateway)]
    ending = [enabled(r, ()) for r in taking if answers(r, node, held_gateway[node])]
    ends = is_waiting(node) & ~after(is_waiting(node))
    may_be_silent = is_ignored(message) | is_kept(message)
    return Property(
        name=AT_ONCE,
        term=implies(any_of(*silent), may_be_silent) & implies(ends, any_of(*ending)),
        scope=Scope.MESSAGE,
        premise=~is_ignored(message),
        requirements=("5213-5.3.2-12", "5213-5.3.4-8", "5213-5.4.1.1-8"),
        doc="A request is answered, ignored where the text says so, or kept to wait.",
        channel=pbu,
    )


def _after_a_wait(rules: Sequence[Rule]) -> Property:
    """When its delay has passed, a request that waited gets its answer.

    None is left to give where its interface has got its session by another request.
    """

    def answers_late(rule: Rule) -> bool:
        (node,) = rule.expiry_args
        return answers(rule, node, held_gateway[node])

    expiring = _rules_on(rules, max_delay_before_new_bce_assign)
    silent = [rule for rule in expiring if not answers_late(rule)]

    def is_answered(node: Term) -> Term:
        unanswered = any_of(*(enabled(rule, (node,)) for rule in silent))
        return implies(
            max_delay_before_new_bce_assign.due(node) & unanswered,
            has_interface_entry(HeldRequest(node)),
        )

    return Property(
        name=AFTER_A_WAIT,
        term=forall(MOBILE_NODE, is_answered),
        scope=Scope.STATE,
        premise=exists(
            MOBILE_NODE,
            lambda n: is_waiting(n) & max_delay_before_new_bce_assign.due(n),
        ),
        requirements=("5213-5.3.2-4", "5213-9.1-5"),
        doc="A request that waits is answered when its delay has passed.",
    )


# ---- what a rule sends -------------------------------------------------------------------


def answers(rule: Rule, node: Term, gateway: Term) -> bool:
    """Whether the rule sends an acknowledgement for the node to the gateway."""
    names = [name for name, _ in pba.fields]
    places = names.index("node"), names.index("gateway")
    return any(
        sent.values[places[0]] is node and sent.values[places[1]] is gateway
        for sent in rule.sends
        if sent.channel == pba
    )


def _rules_on(rules: Iterable[Rule], cause: Channel | Timer) -> list[Rule]:
    """The rules of the anchor for a message of the channel, or the end of the timer."""
    return [r for r in rules if r.on == cause and r.role is Role.LMA]
