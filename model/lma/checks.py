"""The checks of RFC 5213, section 5.3.1: the first in order that fails decides.

Each check has one rule here, which refuses the request with the status of the check; all
other rules of the anchor ask that every check passes.
"""

from collections.abc import Callable

from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import Term, all_of, before, exists
from pmip6.model.lma.binding_cache import is_stamped
from pmip6.model.lma.lookup import (
    has_session,
    is_held_by_another,
    matches,
    names_other_set,
)
from pmip6.model.sending import reject, send_answer
from pmip6.model.state import (
    ENTRY,
    SEQUENCE,
    bce_sequence,
    equal_timestamp_is_lower,
    is_authorised_gateway,
    is_enabled_node,
    is_known_node,
    is_newer,
    last_accepted,
    pbu,
    sequence_numbers,
    stale_and_untimely_is_mismatch,
)
from pmip6.model.wire.numbers import BindingAckStatus

checks = RoleTable(Role.LMA)

# ---- the ordered list ------------------------------------------------------------------


def is_stale(message: Message) -> Term:
    """The timestamp is lower than the last accepted one (RFC 5213, 5.5)."""
    return is_stamped(message) & before(message.timestamp, last_accepted[message.node])


def is_repeated(message: Message) -> Term:
    """The timestamp equals the last accepted one (RFC 5213, 5.5)."""
    return is_stamped(message) & (message.timestamp == last_accepted[message.node])


def is_lower(message: Message) -> Term:
    """The timestamp is refused as lower than the previous one."""
    return (
        is_stale(message) & (message.timely | ~stale_and_untimely_is_mismatch())
    ) | (is_repeated(message) & message.timely & equal_timestamp_is_lower())


def is_mismatched(message: Message) -> Term:
    """The timestamp is refused as not valid."""
    return (
        is_stamped(message)
        & ~message.timely
        & (~is_stale(message) | stale_and_untimely_is_mismatch())
    ) | (is_repeated(message) & message.timely & ~equal_timestamp_is_lower())


def is_not_newer(entry: Term, message: Message) -> Term:
    """The sequence number does not exceed that of the session (RFC 6275, 9.5.1)."""
    return all_of(
        sequence_numbers(),
        ~message.has_timestamp,
        matches(entry, message),
        bce_sequence[entry] != SEQUENCE.none,
        ~is_newer(message.sequence, bce_sequence[entry]),
    )


def is_out_of_window(message: Message) -> Term:
    """The sequence number does not exceed that of the session it belongs to."""
    return exists(ENTRY, lambda b: is_not_newer(b, message))


_FAULTS: dict[BindingAckStatus, Callable[[Message], Term]] = {
    BindingAckStatus.MISSING_MN_IDENTIFIER_OPTION: lambda m: ~m.has_node_identifier,
    BindingAckStatus.MAG_NOT_AUTHORIZED_FOR_PROXY_REG: (
        lambda m: ~is_authorised_gateway(m.gateway)
    ),
    BindingAckStatus.NOT_LMA_FOR_THIS_MOBILE_NODE: lambda m: ~is_known_node(m.node),
    BindingAckStatus.PROXY_REG_NOT_ENABLED: lambda m: ~is_enabled_node(m.node),
    BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED: is_lower,
    BindingAckStatus.TIMESTAMP_MISMATCH: is_mismatched,
    BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW: is_out_of_window,
    BindingAckStatus.MISSING_HOME_NETWORK_PREFIX_OPTION: lambda m: ~m.has_prefix,
    BindingAckStatus.MISSING_HANDOFF_INDICATOR_OPTION: (
        lambda m: ~m.has_handoff_indicator
    ),
    BindingAckStatus.MISSING_ACCESS_TECH_TYPE_OPTION: (
        lambda m: ~m.has_access_technology
    ),
}
ORDER = tuple(_FAULTS)
"""The status of each check, in the order in which they are made."""


def fault_of(status: BindingAckStatus) -> Callable[[Message], Term]:
    """What the check of this status refuses."""
    return _FAULTS[status]


def passes(message: Message) -> Term:
    """No check of section 5.3.1 fails."""
    return all_of(*(~fault(message) for fault in _FAULTS.values()))


def fails_at(message: Message, status: BindingAckStatus) -> Term:
    """The check of this status is the first that fails."""
    earlier = (_FAULTS[other] for other in ORDER[: ORDER.index(status)])
    return all_of(*(~fault(message) for fault in earlier), _FAULTS[status](message))


# ---- what a request is that passes -----------------------------------------------------


def names_foreign_prefix(message: Message) -> Term:
    """Sessions have what the request names, but none of its node has just that (5.4.1.1)."""
    return names_other_set(message) | is_held_by_another(message)


def is_new_session(step: Step, message: Message) -> None:
    """The request passes all checks and belongs to no session (RFC 5213, 5.4.1)."""
    step.require(passes(message), ~names_foreign_prefix(message), ~has_session(message))


def is_for(step: Step, message: Message, entry: Term) -> None:
    """The request passes all checks and belongs to the session of this entry."""
    step.require(
        passes(message), ~names_foreign_prefix(message), matches(entry, message)
    )


# ---- the refusals, in the order of the list ---------------------------------------------


@checks.rule(on=pbu, requirement=("5213-5.3.1-5", "5213-5.3.6-6", "5213-8.9-x12"))
def reject_missing_node_identifier(step: Step, message: Message) -> None:
    """A PBU without a Mobile Node Identifier option is refused."""
    status = BindingAckStatus.MISSING_MN_IDENTIFIER_OPTION
    step.require(fails_at(message, status))
    reject(step, message, status)


@checks.rule(
    on=pbu,
    requirement=("5213-4-6", "5213-5.3.1-6", "5213-5.3.1-7", "5213-8.9-x6"),
)
def reject_unauthorised_gateway(step: Step, message: Message) -> None:
    """A PBU from a gateway that may not send requests for the nodes is refused."""
    status = BindingAckStatus.MAG_NOT_AUTHORIZED_FOR_PROXY_REG
    step.require(fails_at(message, status))
    reject(step, message, status)


@checks.rule(on=pbu, requirement=("5213-5.3.1-4", "5213-5.3.1-8", "5213-8.9-x5"))
def reject_unknown_node(step: Step, message: Message) -> None:
    """A PBU for a node that this anchor does not know is refused."""
    status = BindingAckStatus.NOT_LMA_FOR_THIS_MOBILE_NODE
    step.require(fails_at(message, status))
    reject(step, message, status)


@checks.rule(on=pbu, requirement=("5213-5.3.1-9", "5213-8.9-x4"))
def reject_node_without_service(step: Step, message: Message) -> None:
    """A PBU for a node that is not authorised for the service is refused."""
    status = BindingAckStatus.PROXY_REG_NOT_ENABLED
    step.require(fails_at(message, status))
    reject(step, message, status)


@checks.rule(
    on=pbu,
    requirement=(
        "5213-5.3.1-10",
        "5213-5.5-4",
        "5213-5.5-13",
        "5213-5.5-14",
        "5213-5.5-17",
        "5213-5.5-19",
        "5213-8.9-x9",
    ),
)
def reject_lower_timestamp(step: Step, message: Message) -> None:
    """A PBU whose timestamp is lower than the last accepted one is refused."""
    status = BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
    step.require(fails_at(message, status))
    reject(step, message, status)


@checks.rule(
    on=pbu,
    requirement=(
        "5213-5.3.1-10",
        "5213-5.5-4",
        "5213-5.5-13",
        "5213-5.5-14",
        "5213-5.5-15",
        "5213-5.5-21",
        "5213-8.9-x8",
    ),
)
def reject_mismatched_timestamp(step: Step, message: Message) -> None:
    """A PBU whose timestamp is out of the window, or not greater, is refused."""
    status = BindingAckStatus.TIMESTAMP_MISMATCH
    step.require(fails_at(message, status))
    reject(step, message, status)


@checks.rule(
    on=pbu,
    entry=ENTRY,
    requirement=(
        "5213-5.3.1-10",
        "5213-5.5-23",
        "5213-5.5-24",
        "5213-5.5-26",
        "6275-9.5.1-x1",
        "6275-9.5.1-12",
    ),
)
def reject_low_sequence_number(step: Step, message: Message, entry: Term) -> None:
    """A PBU whose sequence number is not greater than the accepted one is refused."""
    status = BindingAckStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW
    step.require(fails_at(message, status), is_not_newer(entry, message))
    send_answer(step, message, status, message.prefix, bce_sequence[entry])


@checks.rule(on=pbu, requirement=("5213-5.3.1-11", "5213-8.9-x10"))
def reject_missing_home_network_prefix(step: Step, message: Message) -> None:
    """A PBU without any Home Network Prefix option is refused."""
    status = BindingAckStatus.MISSING_HOME_NETWORK_PREFIX_OPTION
    step.require(fails_at(message, status))
    reject(step, message, status)


@checks.rule(on=pbu, requirement=("5213-5.3.1-12", "5213-8.9-x13"))
def reject_missing_handoff_indicator(step: Step, message: Message) -> None:
    """A PBU without a Handoff Indicator option is refused."""
    status = BindingAckStatus.MISSING_HANDOFF_INDICATOR_OPTION
    step.require(fails_at(message, status))
    reject(step, message, status)


@checks.rule(on=pbu, requirement=("5213-5.3.1-13", "5213-8.9-x14"))
def reject_missing_access_technology_type(step: Step, message: Message) -> None:
    """A PBU without an Access Technology Type option is refused."""
    status = BindingAckStatus.MISSING_ACCESS_TECH_TYPE_OPTION
    step.require(fails_at(message, status))
    reject(step, message, status)
