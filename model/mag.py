"""The rules of the mobile access gateway (RFC 5213, section 6.9).

    ABSENT --> REGISTERING --> REGISTERED --> DEREGISTERING --> ABSENT
                   |   ^            |
                   v   +------------+  a rejection that asks for another attempt
                REFUSED

One binding update list entry for each node and gateway.  `awaited` is the timestamp of
the request that has not been answered yet; an acknowledgement of any other is ignored.
"""

from pmip6.model.numbers import BindingAckStatus, HandoffIndicator
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    Origin,
    UpdateListState,
    address,
    attached,
    awaited,
    backoff,
    bule_prefix,
    bule_state,
    granted,
    is_proposed,
    may_fail_authentication,
    pba,
    pbu,
    renewal,
    retransmission,
)
from pmip6.model.table import LEVEL, Message, Role, RoleTable, Step
from pmip6.model.terms import (
    Term,
    all_of,
    any_of,
    enum_literal,
    ite,
    level,
    one_of,
    raised,
)

mag = RoleTable(Role.MAG)


# ---- conditions ----------------------------------------------------------------------


def is_attached(node: Term, gateway: Term) -> Term:
    """The node is on the access link of the gateway."""
    return attached[node] == gateway


def is_active(node: Term, gateway: Term) -> Term:
    """The gateway serves the node, or tries to."""
    return one_of(
        bule_state[node, gateway],
        UpdateListState.REGISTERING,
        UpdateListState.REGISTERED,
    )


def is_awaited(message: Message) -> Term:
    """The acknowledgement answers the last request (RFC 5213, 6.9.1.2)."""
    return all_of(
        awaited[message.node, message.gateway] != TIME.none,
        message.request == awaited[message.node, message.gateway],
    )


def is_awaited_registration(message: Message) -> Term:
    """The acknowledgement answers the last request, a registration."""
    return is_awaited(message) & is_active(message.node, message.gateway)


# ---- effects -------------------------------------------------------------------------


def request(
    step: Step,
    node: Term,
    gateway: Term,
    now: Term,
    *,
    deregistration: bool,
    prefix: Term,
    handoff_indicator: HandoffIndicator | Term,
) -> None:
    """Send a complete PBU with the latest timestamp (RFC 5213, 6.9.1.5 and 6.9.4)."""
    step.send(
        pbu,
        node=node,
        gateway=gateway,
        origin=Origin.GATEWAY,
        deregistration=deregistration,
        prefix=prefix,
        timestamp=now,
        timely=True,
        handoff_indicator=handoff_indicator,
        has_node_identifier=True,
        has_prefix=True,
        has_handoff_indicator=True,
        has_access_technology=True,
    )
    step.set(awaited[node, gateway], now)


def start_backoff(step: Step, node: Term, gateway: Term) -> None:
    """Wait INITIAL_BINDACK_TIMEOUT for the answer (RFC 5213, 6.9.4)."""
    step.set(backoff[node, gateway], level(0, LEVEL))
    step.start(retransmission, node, gateway)


def stop_waiting(step: Step, node: Term, gateway: Term) -> None:
    """No answer is expected any more."""
    step.set(awaited[node, gateway], TIME.none)
    step.set(backoff[node, gateway], level(0, LEVEL))
    step.stop(retransmission, node, gateway)


def begin_registration(
    step: Step, node: Term, gateway: Term, now: Term, prefix: Term
) -> None:
    """Ask the anchor for a registration, as after an attachment."""
    step.set(bule_state[node, gateway], UpdateListState.REGISTERING)
    step.set(bule_prefix[node, gateway], prefix)
    step.set(granted[node, gateway], False)
    step.stop(renewal, node, gateway)
    request(
        step,
        node,
        gateway,
        now,
        deregistration=False,
        prefix=prefix,
        handoff_indicator=HandoffIndicator.UNKNOWN,
    )
    start_backoff(step, node, gateway)


def refuse(step: Step, node: Term, gateway: Term) -> None:
    """Deny the service: no prefix is advertised, no packet forwarded."""
    step.set(bule_state[node, gateway], UpdateListState.REFUSED)
    step.set(bule_prefix[node, gateway], PREFIX.none)
    step.set(granted[node, gateway], False)
    step.stop(renewal, node, gateway)
    stop_waiting(step, node, gateway)


def forget(step: Step, node: Term, gateway: Term) -> None:
    """Remove the binding update list entry (RFC 5213, 6.9.1.4)."""
    step.set(bule_state[node, gateway], UpdateListState.ABSENT)
    step.set(bule_prefix[node, gateway], PREFIX.none)
    step.set(granted[node, gateway], False)
    step.stop(renewal, node, gateway)
    stop_waiting(step, node, gateway)


# ---- 6.9.1.1, attachment and initial registration --------------------------------------

ATTACHMENT = (
    "5213-6.9.1.1-1",
    "5213-6.9.1.1-2",
    "5213-6.9.1.1-3",
    "5213-6.9.1.1-4",
    "5213-6.9.1.1-8",
    "5213-6.9.1.1-9",
    "5213-6.9.1.1-13",
    "5213-6.9.1.1-16",
    "5213-6.9.1.1-20",
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


@mag.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=(*ATTACHMENT, "5213-6.9.1.1-6", "5213-6.9.1.1-7"),
)
def request_allocation(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """A node attaches; the gateway asks the anchor for any prefix."""
    detects_attachment(step, node, gateway)
    begin_registration(step, node, gateway, now, PREFIX.none)


@mag.rule(
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


@mag.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement="5213-6.9.1.1-2")
def fail_authentication(step: Step, node: Term, gateway: Term) -> None:
    """A node attaches whose access is not granted: no request is sent."""
    step.require(
        is_attached(node, gateway),
        bule_state[node, gateway] == UpdateListState.ABSENT,
        may_fail_authentication(node),
    )
    refuse(step, node, gateway)


# ---- 6.9.1.2, receiving the acknowledgement --------------------------------------------


@mag.rule(on=pba, requirement=("5213-6.9.1.2-6", "5213-6.9.1.2-7", "6275-11.7.3-4"))
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


@mag.rule(on=pba, requirement=("5213-6.9.1.2-22", "5213-6.9.1.2-23"))
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


@mag.rule(on=pba, now=TIME, requirement=("5213-6.9.1.2-12", "5213-6.9.1.2-16"))
def register_again(step: Step, message: Message, now: Term) -> None:
    """After 157 the gateway asserts the node's presence with a newer timestamp."""
    node, gateway = message.node, message.gateway
    step.require(
        is_awaited_registration(message),
        message.status == BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
        is_attached(node, gateway),
    )
    begin_registration(step, node, gateway, now, bule_prefix[node, gateway])


@mag.rule(
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


@mag.rule(
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


@mag.rule(
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


@mag.rule(
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


@mag.rule(
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


# ---- 6.9.1.4 and 6.13, detachment ------------------------------------------------------


@mag.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=(
        "5213-6.9.1.4-1",
        "5213-6.9.1.4-2",
        "5213-6.9.1.4-3",
        "5213-6.9.1.4-4",
        "5213-6.13-3",
    ),
)
def notice_detachment(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """Sooner or later the gateway sees that the node has left, and ends the session."""
    step.require(is_active(node, gateway), ~is_attached(node, gateway))
    step.set(bule_state[node, gateway], UpdateListState.DEREGISTERING)
    step.set(granted[node, gateway], False)
    step.stop(renewal, node, gateway)
    request(
        step,
        node,
        gateway,
        now,
        deregistration=True,
        prefix=bule_prefix[node, gateway],
        handoff_indicator=HandoffIndicator.UNKNOWN,
    )
    start_backoff(step, node, gateway)


@mag.rule(on=pba, requirement=("5213-6.9.1.4-5", "5213-6.9.1.4-6"))
def finish_deregistration(step: Step, message: Message) -> None:
    """The accepted de-registration removes the entry."""
    step.require(
        is_awaited(message),
        bule_state[message.node, message.gateway] == UpdateListState.DEREGISTERING,
        message.status == BindingAckStatus.ACCEPTED,
    )
    forget(step, message.node, message.gateway)


@mag.rule(on=pba, requirement=("5213-6.9.1.4-5",))
def ignore_refused_deregistration(step: Step, message: Message) -> None:
    """A refused de-registration changes nothing: the entry goes with its timeout."""
    step.require(
        is_awaited(message),
        bule_state[message.node, message.gateway] == UpdateListState.DEREGISTERING,
        message.status != BindingAckStatus.ACCEPTED,
    )


@mag.rule(
    expiry=retransmission,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5213-6.9.1.4-5", "5213-6.9.1.4-6"),
)
def abandon_deregistration(step: Step, node: Term, gateway: Term) -> None:
    """Without an answer the entry is removed after INITIAL_BINDACK_TIMEOUT."""
    step.require(bule_state[node, gateway] == UpdateListState.DEREGISTERING)
    forget(step, node, gateway)


@mag.rule(
    expiry=retransmission,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5213-6.9.4-3", "5213-6.13-4"),
)
def lapse_instead_of_retransmission(step: Step, node: Term, gateway: Term) -> None:
    """A node that has left is not registered again; the entry goes without a word."""
    step.require(is_active(node, gateway), ~is_attached(node, gateway))
    forget(step, node, gateway)


@mag.rule(
    expiry=renewal,
    node=MOBILE_NODE,
    gateway=GATEWAY,
    requirement=("5213-6.13-1", "5213-6.13-2", "5213-6.13-4"),
)
def lapse_instead_of_renewal(step: Step, node: Term, gateway: Term) -> None:
    """A node whose presence is not certain is not renewed; the entry goes."""
    step.require(is_active(node, gateway), ~is_attached(node, gateway))
    forget(step, node, gateway)


@mag.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement="5213-6.13-4")
def forget_refused_node(step: Step, node: Term, gateway: Term) -> None:
    """A refused node that has left is forgotten."""
    step.require(
        bule_state[node, gateway] == UpdateListState.REFUSED,
        ~is_attached(node, gateway),
    )
    forget(step, node, gateway)
