"""Registration at the anchor: lookup (RFC 5213, 5.4.1), 5.3.2, 5.3.3 and 5.3.4."""

from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import Term, forall
from pmip6.model.lma.binding_cache import (
    create,
    is_free,
    is_from_serving_gateway,
    register,
)
from pmip6.model.lma.checks import is_for, is_new_session, passes
from pmip6.model.lma.lookup import is_held_by_another, may_have, names_other_set
from pmip6.model.lma.waiting import has_to_wait
from pmip6.model.sending import acknowledge, reject
from pmip6.model.state import (
    ENTRY,
    PREFIX,
    bce_prefix,
    is_assignable,
    min_delay_before_bce_delete,
    pbu,
)
from pmip6.model.wire.numbers import BindingAckStatus

registration = RoleTable(Role.LMA)


# ---- 5.4.1, the lookup -----------------------------------------------------------------


@registration.rule(
    on=pbu, requirement=("5213-5.3.1-14", "5213-5.4.1.1-5", "5213-8.9-x11")
)
def reject_other_prefix_set(step: Step, message: Message) -> None:
    """A PBU that names some prefixes of a session, but not exactly all, is refused."""
    step.require(passes(message), names_other_set(message))
    reject(step, message, BindingAckStatus.BCE_PBU_PREFIX_SET_DO_NOT_MATCH)


@registration.rule(
    on=pbu, requirement=("5213-5.3.1-14", "5213-5.4.1.1-4", "5213-8.9-x7")
)
def reject_prefix_of_another_node(step: Step, message: Message) -> None:
    """A PBU that names a prefix of another node's session is refused."""
    step.require(
        passes(message), ~names_other_set(message), is_held_by_another(message)
    )
    reject(step, message, BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)


@registration.rule(on=pbu, requirement=("5213-5.4.1.1-8", "5213-5.4.1.2-13"))
def ignore_deregistration_without_session(step: Step, message: Message) -> None:
    """A de-registration that belongs to no session is silently ignored."""
    is_new_session(step, message)
    step.require(message.deregistration)


# ---- 5.3.2, initial binding registration -----------------------------------------------


@registration.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    first="entry",
    requirement=(
        "5213-5.1-1",
        "5213-5.3.1-14",
        "5213-5.3.1-15",
        "5213-5.3.2-1",
        "5213-5.3.2-2",
        "5213-5.3.2-7",
        "5213-5.3.2-12",
        "5213-5.4.1.2-2",
        "5213-8.9-x16",
    ),
)
def allocate(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """A new session gets a prefix that no other node or session has."""
    is_new_session(step, message)
    step.require(
        ~message.deregistration,
        message.prefix == PREFIX.none,
        is_assignable(message.node, prefix),
        is_free(prefix),
        ~has_to_wait(message),
    )
    create(step, message, entry, prefix)
    acknowledge(step, message, prefix)


@registration.rule(on=pbu, requirement=("5213-5.3.2-4", "5213-8.9-x19"))
def reject_for_lack_of_prefixes(step: Step, message: Message) -> None:
    """A new session is refused where no prefix is left for it."""
    is_new_session(step, message)
    step.require(
        ~message.deregistration,
        message.prefix == PREFIX.none,
        forall(PREFIX, lambda p: ~is_assignable(message.node, p) | ~is_free(p)),
        ~has_to_wait(message),
    )
    reject(step, message, BindingAckStatus.INSUFFICIENT_RESOURCES)


@registration.rule(
    on=pbu,
    entry=ENTRY,
    first="entry",
    requirement=(
        "5213-5.3.1-15",
        "5213-5.3.2-5",
        "5213-5.3.2-7",
        "5213-5.3.2-12",
        "5213-5.4.1.1-3",
    ),
)
def register_requested_prefix(step: Step, message: Message, entry: Term) -> None:
    """A new session gets the prefix that the request names, if the node may have it."""
    is_new_session(step, message)
    step.require(
        ~message.deregistration,
        message.prefix != PREFIX.none,
        may_have(message),
    )
    create(step, message, entry, message.prefix)
    acknowledge(step, message, message.prefix)


@registration.rule(
    on=pbu, requirement=("5213-4-6", "5213-5.3.2-5", "5213-5.3.2-6", "5213-8.9-x7")
)
def reject_requested_prefix(step: Step, message: Message) -> None:
    """A new session is refused where the node may not have the prefix it names."""
    is_new_session(step, message)
    step.require(
        ~message.deregistration,
        message.prefix != PREFIX.none,
        ~may_have(message),
    )
    reject(step, message, BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)


# ---- 5.3.3 and 5.3.4, lifetime extension -----------------------------------------------


@registration.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=(
        "5213-5.3.1-17",
        "5213-5.3.3-1",
        "5213-5.3.3-2",
        "5213-5.3.5-6",
        "5213-9.1-x2",
    ),
)
def extend(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """The serving gateway extends the lifetime; a deletion delay ends."""
    is_for(step, message, entry)
    step.require(
        ~message.deregistration,
        is_from_serving_gateway(entry, message),
        bce_prefix[entry, prefix],
    )
    step.stop(min_delay_before_bce_delete, entry)
    register(step, message, entry, prefix)
    acknowledge(step, message, prefix)


@registration.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=(
        "5213-5.3.1-18",
        "5213-5.3.4-1",
        "5213-5.3.4-8",
        "5213-5.3.5-6",
        "5213-9.1-x2",
    ),
)
def hand_off(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """Another gateway takes the session over; a deletion delay ends."""
    is_for(step, message, entry)
    step.require(
        ~message.deregistration,
        ~is_from_serving_gateway(entry, message),
        bce_prefix[entry, prefix],
    )
    step.stop(min_delay_before_bce_delete, entry)
    register(step, message, entry, prefix)
    acknowledge(step, message, prefix)
