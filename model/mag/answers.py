"""What an acknowledgement of a registration does to the gateway: RFC 5213, 6.9.1.2."""

from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import TRUE, Term, all_of, any_of, ite, one_of
from pmip6.model.mag.binding_update_list import (
    begin_registration,
    give_up_answer,
    is_acceptance,
    is_active,
    is_attached,
    is_awaited,
    is_awaited_registration,
    is_faithful,
    refuse,
    request,
    start_backoff,
    take_registration,
)
from pmip6.model.state import (
    PREFIX,
    TIME,
    UpdateListState,
    address_collisions,
    altered_answers,
    bule_prefix,
    bule_state,
    clock_synchronisation,
    numbered_registrations,
    pba,
    retransmission,
    spaced_attempts,
)
from pmip6.model.wire.numbers import BindingAckStatus, HandoffIndicator

answers = RoleTable(Role.MAG)


def is_to_be_repeated(message: Message) -> Term:
    """The rejection asks for another attempt: 157, or 155 of a prefix that was named."""
    refused = BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    return any_of(
        message.status == BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
        all_of(
            message.status == refused,
            bule_prefix[message.node, message.gateway] != PREFIX.none,
        ),
    )


@answers.rule(
    on=pba,
    requirement=(
        "5213-6.9.1.2-6",
        "5213-6.9.1.2-7",
        "6275-11.7.3-1",
        "6275-11.7.3-4",
    ),
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


@answers.rule(on=pba, requirement=("5213-6.9.1.2-22", "5213-6.9.1.2-23"))
def accept(step: Step, message: Message) -> None:
    """The registration is accepted: the entry takes the prefix and is renewed in time."""
    step.require(
        is_awaited_registration(message),
        is_faithful(message),
        is_acceptance(message),
        ~(address_collisions() & message.address_in_use),
    )
    take_registration(step, message)


@answers.rule(
    on=pba,
    now=TIME,
    requirement=(
        "5213-6.9.1.2-22",
        "5213-6.9.1.2-23",
        "5213-6.9.1.2-25",
        "5213-6.9.1.2-26",
    ),
)
def accept_and_upload_address(step: Step, message: Message, now: Term) -> None:
    """The node uses the link-local address itself: the gateway names another at once."""
    node, gateway = message.node, message.gateway
    step.require(
        address_collisions(),
        is_awaited_registration(message),
        is_faithful(message),
        is_acceptance(message),
        message.address_in_use,
        is_attached(node, gateway),
    )
    take_registration(step, message)
    request(
        step,
        node,
        gateway,
        now,
        deregistration=False,
        prefix=message.prefix,
        handoff_indicator=HandoffIndicator.NOT_CHANGED,
    )
    start_backoff(step, node, gateway)


@answers.rule(on=pba, now=TIME, requirement=("5213-6.9.1.2-12", "5213-6.9.1.2-16"))
def register_again(step: Step, message: Message, now: Term) -> None:
    """After 157 the gateway asserts the node's presence with a newer timestamp."""
    node, gateway = message.node, message.gateway
    step.require(
        is_awaited_registration(message),
        is_faithful(message),
        message.status == BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED,
        is_attached(node, gateway),
        ~spaced_attempts(),
    )
    begin_registration(step, node, gateway, now, bule_prefix[node, gateway])


@answers.rule(
    on=pba,
    now=TIME,
    requirement=("5213-6.9.1.2-15", "5213-6.9.1.2-16"),
)
def ask_for_another_prefix(step: Step, message: Message, now: Term) -> None:
    """After 155 the gateway asks for any prefix instead of the refused one."""
    node, gateway = message.node, message.gateway
    step.require(
        is_awaited_registration(message),
        is_faithful(message),
        message.status == BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX,
        bule_prefix[node, gateway] != PREFIX.none,
        is_attached(node, gateway),
        ~spaced_attempts(),
    )
    begin_registration(step, node, gateway, now, PREFIX.none)


@answers.rule(
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
        is_faithful(message),
        ~is_acceptance(message),
        ~all_of(
            is_attached(node, gateway),
            any_of(
                is_to_be_repeated(message),
                clock_synchronisation()
                & (message.status == BindingAckStatus.TIMESTAMP_MISMATCH),
                numbered_registrations()
                & (message.status == BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW),
            ),
        ),
    )
    refuse(step, node, gateway)


@answers.rule(on=pba, requirement=("5213-6.9.1.2-13", "5213-6.9.1.2-16"))
def await_synchronisation(step: Step, message: Message) -> None:
    """After 156 nothing is sent for the node before the clock is set again."""
    node, gateway = message.node, message.gateway
    step.require(
        clock_synchronisation(),
        is_awaited_registration(message),
        is_faithful(message),
        message.status == BindingAckStatus.TIMESTAMP_MISMATCH,
        is_attached(node, gateway),
    )
    refuse(step, node, gateway, until_synchronised=TRUE)


@answers.rule(
    on=pba,
    requirement=(
        "5213-6.9.1.2-12",
        "5213-6.9.1.2-15",
        "5213-6.9.1.2-16",
        "6275-11.7.3-9",
        "6275-11.8-7",
        "6275-12-x11",
    ),
)
def try_again_later(step: Step, message: Message) -> None:
    """After 157, 155 or 135 the gateway lets a timeout pass before it asks again.

    An anchor that goes on rejecting is so asked no more often than the rate allows.
    """
    node, gateway = message.node, message.gateway
    refused = BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    step.require(
        is_awaited_registration(message),
        is_faithful(message),
        any_of(
            spaced_attempts() & is_to_be_repeated(message),
            numbered_registrations()
            & (message.status == BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW),
        ),
        is_attached(node, gateway),
    )
    kept = bule_prefix[node, gateway]
    give_up_answer(step, node, gateway)
    step.set(
        bule_prefix[node, gateway], ite(message.status == refused, PREFIX.none, kept)
    )


@answers.rule(on=pba, requirement=("5213-6.9.1.2-8", "5213-6.9.1.2-9"))
def ignore_altered_acknowledgement(step: Step, message: Message) -> None:
    """Options with other values: the answer is ignored, and the request not repeated."""
    node, gateway = message.node, message.gateway
    step.require(
        altered_answers(),
        is_awaited(message),
        is_active(node, gateway),
        ~message.is_echo,
    )
    step.stop(retransmission, node, gateway)


@answers.rule(on=pba, requirement=("5213-6.9.1.2-8",))
def ignore_altered_deregistration(step: Step, message: Message) -> None:
    """An answer to a de-registration with other values: the timeout still comes."""
    step.require(
        altered_answers(),
        is_awaited(message),
        bule_state[message.node, message.gateway] == UpdateListState.DEREGISTERING,
        ~message.is_echo,
    )
