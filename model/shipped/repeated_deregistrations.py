"""Gateways that repeat an unanswered de-registration, as a variant.

RFC 5213 has the gateway remove its entry after one timeout (5213-6.9.1.4-6); RFC 6275,
section 11.8, has every unanswered Binding Update repeated (docs/findings.md).
"""

from __future__ import annotations

from pmip6.model.language.table import Role, RoleTable, Rule, Step
from pmip6.model.language.terms import Term, raised
from pmip6.model.mag.binding_update_list import request
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    TIME,
    UpdateListState,
    backoff,
    bule_prefix,
    bule_state,
    retransmission,
)

repeating = RoleTable(Role.MAG)


@repeating.rule(
    expiry=retransmission,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement="6275-11.8-3",
)
def abandon_deregistration(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """Without an answer the de-registration is sent again, with twice the waiting time."""
    step.require(bule_state[node, gateway] == UpdateListState.DEREGISTERING)
    request(
        step,
        node,
        gateway,
        now,
        deregistration=True,
        prefix=bule_prefix[node, gateway],
    )
    step.set(backoff[node, gateway], raised(backoff[node, gateway]))
    step.start(retransmission, node, gateway, level=raised(backoff[node, gateway]))


(REPEATED,) = repeating.rules


def deregistrations_repeated(rule: Rule) -> Rule:
    """The rule that abandons a de-registration repeats it in its place."""
    is_it = rule.role is Role.MAG and rule.name == REPEATED.name
    return REPEATED if is_it else rule
