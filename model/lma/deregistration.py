"""The end of a session at the anchor: RFC 5213, section 5.3.5, and the timers of an entry."""

from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import Term
from pmip6.model.lma.binding_cache import (
    delete,
    is_from_serving_gateway,
    remember,
)
from pmip6.model.lma.checks import is_for
from pmip6.model.lma.waiting import hands_over
from pmip6.model.sending import acknowledge
from pmip6.model.state import (
    ENTRY,
    PREFIX,
    BindingState,
    bce_prefix,
    bce_state,
    binding_lifetime,
    foreign_deregistration_is_acknowledged,
    min_delay_before_bce_delete,
    pbu,
    repeated_deregistration_restarts_delay,
)

deregistration = RoleTable(Role.LMA)


def ends_session(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """The serving gateway de-registers the session of this entry, with this prefix."""
    is_for(step, message, entry)
    step.require(
        message.deregistration,
        is_from_serving_gateway(entry, message),
        bce_prefix[entry, prefix],
    )


@deregistration.rule(on=pbu, entry=ENTRY, requirement=("5213-5.3.1-16", "5213-5.3.5-1"))
def ignore_foreign_deregistration(step: Step, message: Message, entry: Term) -> None:
    """A de-registration from a gateway that is not the serving one changes nothing."""
    is_for(step, message, entry)
    step.require(
        message.deregistration,
        ~is_from_serving_gateway(entry, message),
        ~foreign_deregistration_is_acknowledged(),
    )


@deregistration.rule(on=pbu, entry=ENTRY, prefix=PREFIX, requirement=("6275-9.5.4-2",))
def acknowledge_foreign_deregistration(
    step: Step, message: Message, entry: Term, prefix: Term
) -> None:
    """The other reading: a foreign de-registration changes nothing but is answered."""
    is_for(step, message, entry)
    step.require(
        message.deregistration,
        ~is_from_serving_gateway(entry, message),
        bce_prefix[entry, prefix],
        foreign_deregistration_is_acknowledged(),
    )
    acknowledge(step, message, prefix)


@deregistration.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=("5213-5.3.1-16", "5213-5.3.5-2", "5213-5.3.5-3"),
)
def deregister(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """The serving gateway ends the session; the entry is kept for the deletion delay."""
    ends_session(step, message, entry, prefix)
    step.require(bce_state[entry] == BindingState.REGISTERED, ~hands_over(message))
    step.set(bce_state[entry], BindingState.DEREGISTERED)
    remember(step, message, entry)
    step.stop(binding_lifetime, entry)
    step.start(min_delay_before_bce_delete, entry)
    acknowledge(step, message, prefix)


@deregistration.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=("5213-5.3.5-2", "5213-5.3.5-3"),
)
def repeat_deregistration(
    step: Step, message: Message, entry: Term, prefix: Term
) -> None:
    """A repeated de-registration is answered again; the delay goes on."""
    ends_session(step, message, entry, prefix)
    step.require(
        bce_state[entry] == BindingState.DEREGISTERED,
        ~repeated_deregistration_restarts_delay(),
    )
    remember(step, message, entry)
    acknowledge(step, message, prefix)


@deregistration.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=("5213-5.3.5-2", "5213-5.3.5-3"),
)
def restart_deletion_delay(
    step: Step, message: Message, entry: Term, prefix: Term
) -> None:
    """The other reading: a repeated de-registration starts the delay again."""
    ends_session(step, message, entry, prefix)
    step.require(
        bce_state[entry] == BindingState.DEREGISTERED,
        repeated_deregistration_restarts_delay(),
    )
    remember(step, message, entry)
    step.start(min_delay_before_bce_delete, entry)
    acknowledge(step, message, prefix)


@deregistration.rule(
    expiry=min_delay_before_bce_delete,
    entry=ENTRY,
    requirement=("5213-5.3.5-2", "5213-5.3.5-7", "5213-9.1-3", "5213-9.1-4"),
)
def delete_after_delay(step: Step, entry: Term) -> None:
    """The entry goes when its deletion delay has passed without an accepted PBU."""
    step.require(bce_state[entry] == BindingState.DEREGISTERED)
    delete(step, entry)


@deregistration.rule(
    expiry=binding_lifetime, entry=ENTRY, requirement=("6275-6.1.7-6", "6275-10.3.1-21")
)
def expire(step: Step, entry: Term) -> None:
    """The entry goes when its lifetime has passed without an accepted PBU."""
    step.require(bce_state[entry] == BindingState.REGISTERED)
    delete(step, entry)
