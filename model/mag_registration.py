"""Registration by the gateway: RFC 5213, 6.9.1.1 to 6.9.1.3, 6.9.2 and 6.9.4."""

from pmip6.model.binding_update_list import (
    begin_registration,
    is_active,
    is_attached,
    is_awaited,
    is_awaited_registration,
    refuse,
    request,
    start_backoff,
    stop_waiting,
)
from pmip6.model.numbers import BindingAckStatus, HandoffIndicator
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    UpdateListState,
    address,
    backoff,
    bule_prefix,
    bule_state,
    granted,
    is_proposed,
    may_fail_authentication,
    pba,
    renewal,
    retransmission,
)
from pmip6.model.table import Message, Role, RoleTable, Step
from pmip6.model.terms import Term, all_of, any_of, enum_literal, ite, one_of, raised

registration = RoleTable(Role.MAG)

# ---- 6.9.1.1, attachment and initial registration --------------------------------------

ATTACHMENT = (
    "5213-6.9.1.1-1",
    "5213-6.9.1.1-2",
    "5213-6.9.1.1-9",
    "5213-6.9.1.1-13",
    "5213-6.9.1.1-16",
    "5213-6.9.1.1-26",
    "5213-6.9.1.5-9",
)


def detects_attachment(step: Step, node: Term, gateway: Term) -> None:
    """A node is on the link and no entry serves it."""
    step.require(
        is_attached(node, gateway),
        one_of(
            bule_state[node, gateway],
            UpdateListState.ABSENT,
            UpdateListState.DEREGISTERING,
        ),
    )


@registration.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=(*ATTACHMENT, "5213-6.9.1.1-6"),
)
def request_allocation(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """A node attaches; the gateway asks the anchor for any prefix."""
    detects_attachment(step, node, gateway)
    begin_registration(step, node, gateway, now, PREFIX.none)


@registration.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    prefix=PREFIX,
    now=TIME,
    requirement=(*ATTACHMENT, "5213-6.9.1.1-5"),
)
def propose_prefix(
    step: Step, node: Term, gateway: Term, prefix: Term, now: Term
) -> None:
    """A node attaches; the gateway asks for the prefix that it knows for the node."""
    detects_attachment(step, node, gateway)
    step.require(is_proposed(node, gateway, prefix))
    begin_registration(step, node, gateway, now, prefix)


@registration.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement="5213-6.9.1.1-2")
def fail_authentication(step: Step, node: Term, gateway: Term) -> None:
    """A node attaches whose access is not granted: no request is sent."""
    step.require(
        is_attached(node, gateway),
        bule_state[node, gateway] == UpdateListState.ABSENT,
        may_fail_authentication(node),
    )
    refuse(step, node, gateway)


# ---- 6.9.1.2, receiving the acknowledgement --------------------------------------------


@registration.rule(
    on=pba, requirement=("5213-6.9.1.2-6", "5213-6.9.1.2-7", "6275-11.7.3-4")
)
def ignore_unexpected_acknowledgement(step: Step, message: Message) -> None:
    """An acknowledgement that answers no recent request is ignored."""
    step.require(
        ~is_awaited(message)
        | ~one_of(
            bule_state[message.node, message.gateway],
            UpdateListState.REGISTERING,
            UpdateListState.REGISTERED,
            UpdateListState.DEREGISTERING,
        )
    )


@registration.rule(on=pba, requirement=("5213-6.9.1.2-22", "5213-6.9.1.2-23"))
def accept(step: Step, message: Message) -> None:
    """The registration is accepted: the entry takes the prefix and is renewed in time."""
    node, gateway = message.node, message.gateway
    step.require(
        is_awaited_registration(message), message.status == BindingAckStatus.ACCEPTED
    )
    step.set(bule_state[node, gateway], UpdateListState.REGISTERED)
    step.set(bule_prefix[node, gateway], message.prefix)
    step.set(granted[node, gateway], True)
    stop_waiting(step, node, gateway)
    step.start(renewal, node, gateway)


@registration.rule(on=pba, now=TIME, requirement=("5213-6.9.1.2-12", "5213-6.9.1.2-16"))
def register_again(step: Step, message: Message, now: Term) -> None:
    """After 157 the gateway asserts the node's presence with a newer timestamp."""
    node, gateway = message.node, message.gateway
    step.require(
        is_awaited_registration(message),
        message.status == BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
        is_attached(node, gateway),
    )
    begin_registration(step, node, gateway, now, bule_prefix[node, gateway])


@registration.rule(
    on=pba,
    now=TIME,
    requirement=("5213-6.9.1.2-15", "5213-6.9.1.2-16"),
)
def ask_for_another_prefix(step: Step, message: Message, now: Term) -> None:
    """After 155 the gateway asks for any prefix instead of the refused one."""
    node, gateway = message.node, message.gateway
    step.require(
        is_awaited_registration(message),
        message.status == BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX,
        bule_prefix[node, gateway] != PREFIX.none,
        is_attached(node, gateway),
    )
    begin_registration(step, node, gateway, now, PREFIX.none)


@registration.rule(
    on=pba,
    requirement=(
        "5213-6.9.1.2-10",
        "5213-6.9.1.2-11",
        "5213-6.9.1.2-13",
        "5213-6.9.1.2-16",
    ),
)
def accept_refusal(step: Step, message: Message) -> None:
    """After any other rejection the node gets no service until it leaves."""
    node, gateway = message.node, message.gateway
    step.require(
        is_awaited_registration(message),
        message.status != BindingAckStatus.ACCEPTED,
        ~all_of(
            is_attached(node, gateway),
            any_of(
                message.status == BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
                all_of(
                    message.status
                    == BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX,
                    bule_prefix[node, gateway] != PREFIX.none,
                ),
            ),
        ),
    )
    refuse(step, node, gateway)


# ---- 6.9.2, router advertisements ------------------------------------------------------


@registration.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5213-6.9.1.2-23", "5213-6.9.2-2", "5213-6.9.2-3", "5213-6.9.2-4"),
)
def advertise(step: Step, node: Term, gateway: Term) -> None:
    """The node on the link hears the prefix of its session in an RA."""
    step.require(
        bule_state[node, gateway] == UpdateListState.REGISTERED,
        is_attached(node, gateway),
        address[node] != bule_prefix[node, gateway],
    )
    step.set(address[node], bule_prefix[node, gateway])


# ---- 6.9.1.3 and 6.9.4, extending the lifetime and retransmission ----------------------


@registration.rule(
    expiry=renewal,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=(
        "5213-6.9.1.3-1",
        "5213-6.9.1.3-2",
        "5213-6.9.1.3-3",
        "5213-6.13-1",
    ),
)
def renew(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """The gateway extends the lifetime of a node that is still there."""
    step.require(
        bule_state[node, gateway] == UpdateListState.REGISTERED,
        is_attached(node, gateway),
    )
    request(
        step,
        node,
        gateway,
        now,
        deregistration=False,
        prefix=bule_prefix[node, gateway],
        handoff_indicator=HandoffIndicator.NOT_CHANGED,
    )
    start_backoff(step, node, gateway)


@registration.rule(
    expiry=retransmission,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=("5213-6.9.4-2", "5213-6.9.4-3", "5213-6.9.4-4", "5213-6.9.4-6"),
)
def retransmit(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """Without an answer the request is sent again, with twice the waiting time."""
    step.require(is_active(node, gateway), is_attached(node, gateway))
    registered = bule_state[node, gateway] == UpdateListState.REGISTERED
    request(
        step,
        node,
        gateway,
        now,
        deregistration=False,
        prefix=bule_prefix[node, gateway],
        handoff_indicator=ite(
            registered,
            enum_literal(HandoffIndicator.NOT_CHANGED),
            enum_literal(HandoffIndicator.UNKNOWN),
        ),
    )
    step.set(backoff[node, gateway], raised(backoff[node, gateway]))
    step.start(retransmission, node, gateway, level=raised(backoff[node, gateway]))
