"""A request that waits for the end of another session of its node.

RFC 5213, sections 5.4.1.2 and 5.4.1.3: with the indicator of an unknown handoff, and one
session of the node that is not for the interface of the request, the anchor should wait
until that session is de-registered, and then hand it over; after
MaxDelayBeforeNewBCEAssign it makes a new one.  The feature `waits_for_deregistration`
says whether it does (docs/findings.md).  Which of the two sections asks for it depends on
the request; `vectors/lma/waiting.py` cites the one.
"""

from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import (
    FALSE,
    Term,
    all_of,
    before,
    enum_literal,
    forall,
    ite,
)
from pmip6.model.lma.binding_cache import (
    create,
    is_free,
    is_from_serving_gateway,
    is_stamped,
    register,
)
from pmip6.model.lma.checks import is_for, is_new_session
from pmip6.model.lma.lookup import (
    has_interface_entry,
    has_only_one_entry,
    has_several_entries,
    names_prefix,
)
from pmip6.model.sending import acknowledge, send_answer
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    LINK_LAYER,
    MOBILE_NODE,
    PREFIX,
    SEQUENCE,
    TECHNOLOGY,
    TIME,
    BindingState,
    bce_prefix,
    bce_state,
    held_gateway,
    held_link_layer,
    held_proxy_coa,
    held_sequence,
    held_technology,
    held_timestamp,
    is_assignable,
    last_accepted,
    max_delay_before_new_bce_assign,
    pbu,
    several_interfaces,
    waits_for_deregistration,
)
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator

waiting = RoleTable(Role.LMA)


class HeldRequest(Message):
    """The request of a node that waits, as rules see a received one."""

    def __init__(self, node: Term) -> None:
        super().__init__(pbu)
        self.fields |= {
            "node": node,
            "gateway": held_gateway[node],
            "proxy_coa": held_proxy_coa[node],
            "deregistration": FALSE,
            "prefix": PREFIX.none,
            "timestamp": held_timestamp[node],
            "has_timestamp": held_sequence[node] == SEQUENCE.none,
            "sequence": held_sequence[node],
            "handoff_indicator": enum_literal(HandoffIndicator.UNKNOWN),
            "link_layer": held_link_layer[node],
            "technology": held_technology[node],
        }


# ---- conditions ------------------------------------------------------------------------


def is_waiting(node: Term) -> Term:
    """A request of the node waits."""
    return waits_for_deregistration() & (held_gateway[node] != GATEWAY.none)


def has_to_wait(message: Message) -> Term:
    """A request for a new session has to wait for the end of the only other one."""
    return all_of(
        waits_for_deregistration(),
        several_interfaces(),
        ~names_prefix(message),
        message.handoff_indicator == HandoffIndicator.UNKNOWN,
        has_only_one_entry(message),
    )


def hands_over(message: Message) -> Term:
    """A de-registration of the only entry is what a request of its node waits for."""
    return all_of(
        several_interfaces(),
        is_waiting(message.node),
        ~has_several_entries(message),
        ~has_interface_entry(HeldRequest(message.node)),
    )


# ---- effects ---------------------------------------------------------------------------


def keep(step: Step, message: Message) -> None:
    """Keep what the answer to the request will need."""
    node, stamped = message.node, is_stamped(message)
    step.set(held_gateway[node], message.gateway)
    step.set(held_proxy_coa[node], message.proxy_coa)
    step.set(held_link_layer[node], message.link_layer)
    step.set(held_technology[node], message.technology)
    step.set(held_timestamp[node], ite(stamped, message.timestamp, TIME.none))
    step.set(held_sequence[node], ite(stamped, SEQUENCE.none, message.sequence))


def release(step: Step, node: Term) -> None:
    """No request of the node waits any more."""
    step.set(held_gateway[node], GATEWAY.none)
    step.set(held_proxy_coa[node], GATEWAY.none)
    step.set(held_link_layer[node], LINK_LAYER.none)
    step.set(held_technology[node], TECHNOLOGY.none)
    step.set(held_timestamp[node], TIME.none)
    step.set(held_sequence[node], SEQUENCE.none)


def later(one: Term, other: Term) -> Term:
    """The later one of two times."""
    return ite(before(one, other), other, one)


# ---- the rules -------------------------------------------------------------------------


@waiting.rule(on=pbu, requirement="5213-9.1-5")
def hold_request(step: Step, message: Message) -> None:
    """A request waits for the end of the only session of its node, unanswered."""
    is_new_session(step, message)
    step.require(
        ~message.deregistration, has_to_wait(message), ~is_waiting(message.node)
    )
    keep(step, message)
    step.start(max_delay_before_new_bce_assign, message.node)


@waiting.rule(on=pbu, requirement="5213-9.1-5")
def hold_newer_request(step: Step, message: Message) -> None:
    """A newer request takes the place of the one that waits; the delay goes on."""
    is_new_session(step, message)
    step.require(
        ~message.deregistration, has_to_wait(message), is_waiting(message.node)
    )
    keep(step, message)


@waiting.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=("5213-5.3.1-16", "5213-5.3.5-3"),
)
def hand_over_to_waiting(
    step: Step, message: Message, entry: Term, prefix: Term
) -> None:
    """The session that a request waits for is de-registered, and goes to that request."""
    is_for(step, message, entry)
    step.require(
        message.deregistration,
        is_from_serving_gateway(entry, message),
        bce_prefix[entry, prefix],
        bce_state[entry] == BindingState.REGISTERED,
        hands_over(message),
    )
    held = HeldRequest(message.node)
    known = later(last_accepted[message.node], message.timestamp)
    register(step, held, entry, prefix, later(known, held.timestamp))
    release(step, message.node)
    step.stop(max_delay_before_new_bce_assign, message.node)
    acknowledge(step, message, prefix)
    acknowledge(step, held, prefix)


@waiting.rule(
    expiry=max_delay_before_new_bce_assign,
    node=MOBILE_NODE,
    entry=ENTRY,
    prefix=PREFIX,
    first="entry",
    requirement="5213-9.1-5",
)
def allocate_after_waiting(step: Step, node: Term, entry: Term, prefix: Term) -> None:
    """Nobody has ended the other session in time: the request gets a new one."""
    held = HeldRequest(node)
    step.require(
        is_waiting(node),
        ~has_interface_entry(held),
        is_assignable(node, prefix),
        is_free(prefix),
    )
    create(step, held, entry, prefix, later(last_accepted[node], held.timestamp))
    release(step, node)
    acknowledge(step, held, prefix)


@waiting.rule(
    expiry=max_delay_before_new_bce_assign,
    node=MOBILE_NODE,
    requirement=("5213-5.3.2-4", "5213-9.1-5"),
)
def reject_after_waiting(step: Step, node: Term) -> None:
    """Nobody has ended the other session in time, and no prefix is left for a new one."""
    held = HeldRequest(node)
    step.require(
        is_waiting(node),
        ~has_interface_entry(held),
        forall(PREFIX, lambda p: ~is_assignable(node, p) | ~is_free(p)),
    )
    release(step, node)
    send_answer(step, held, BindingAckStatus.INSUFFICIENT_RESOURCES, PREFIX.none)


@waiting.rule(
    expiry=max_delay_before_new_bce_assign, node=MOBILE_NODE, requirement="5213-5.4-3"
)
def forget_overtaken_request(step: Step, node: Term) -> None:
    """The interface has got its session by a later request: nothing is left to answer."""
    step.require(is_waiting(node), has_interface_entry(HeldRequest(node)))
    release(step, node)
