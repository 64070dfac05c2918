"""The rules of the local mobility anchor (RFC 5213, section 5).

                 accepted PBU                    PBU with lifetime 0
        FREE ------------------> REGISTERED ------------------------> DEREGISTERED
          ^                      |    ^  |                               |    |
          |   lifetime expires   |    |  | accepted PBU: extension,      |    |
          +----------------------+    |  | handoff                       |    |
          |                           +--+<----- accepted PBU -----------+    |
          +------------ MinDelayBeforeBCEDelete has passed -------------------+

Each received PBU is answered or ignored by exactly one rule.  The checks of section 5.3.1
are one ordered list: the first that fails decides.
"""

from pmip6.model.numbers import BindingAckStatus
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    BindingState,
    Origin,
    bce_node,
    bce_prefix,
    bce_proxy_coa,
    bce_state,
    binding_lifetime,
    equal_timestamp_is_lower,
    foreign_deregistration_is_acknowledged,
    is_assignable,
    is_authorised_gateway,
    is_enabled_node,
    is_known_node,
    last_accepted,
    may_request,
    min_delay_before_bce_delete,
    pba,
    pbu,
    repeated_deregistration_restarts_delay,
    second_session_by_name,
    stale_and_untimely_is_mismatch,
    timestamp_ends_with_binding,
)
from pmip6.model.table import Message, Role, RoleTable, Step
from pmip6.model.terms import FALSE, Term, all_of, before, exists, forall, ite

lma = RoleTable(Role.LMA)


# ---- conditions ----------------------------------------------------------------------


def in_use(entry: Term) -> Term:
    """The entry is in the binding cache, its deletion delay included."""
    return bce_state[entry] != BindingState.FREE


def holds(entry: Term, prefix: Term) -> Term:
    """The entry is in the binding cache and has the prefix."""
    return in_use(entry) & bce_prefix[entry, prefix]


def is_bound_to(entry: Term, node: Term) -> Term:
    """The entry is in the binding cache and is the node's."""
    return in_use(entry) & (bce_node[entry] == node)


def is_free(prefix: Term) -> Term:
    """No entry has the prefix (RFC 5213, 5.3.2)."""
    return ~exists(ENTRY, lambda b: holds(b, prefix))


def matches(entry: Term, message: Message) -> Term:
    """The lookup: the request belongs to the session of this entry (RFC 5213, 5.4.1).

    By the prefix where the request names one, else by the node; a node has one interface.
    """
    named = message.prefix != PREFIX.none
    return is_bound_to(entry, message.node) & (
        ~named | bce_prefix[entry, message.prefix]
    )


def has_session(message: Message) -> Term:
    """The request belongs to an existing mobility session."""
    return exists(ENTRY, lambda b: matches(b, message))


def is_stale(message: Message) -> Term:
    """The timestamp is lower than the last accepted one (RFC 5213, 5.5)."""
    return before(message.timestamp, last_accepted[message.node])


def is_repeated(message: Message) -> Term:
    """The timestamp equals the last accepted one (RFC 5213, 5.5)."""
    return message.timestamp == last_accepted[message.node]


def is_lower(message: Message) -> Term:
    """The timestamp is refused as lower than the previous one."""
    return (
        is_stale(message) & (message.timely | ~stale_and_untimely_is_mismatch())
    ) | (is_repeated(message) & message.timely & equal_timestamp_is_lower())


def is_mismatched(message: Message) -> Term:
    """The timestamp is refused as not valid."""
    return (
        ~message.timely & (~is_stale(message) | stale_and_untimely_is_mismatch())
    ) | (is_repeated(message) & message.timely & ~equal_timestamp_is_lower())


def passes(message: Message, *, until: BindingAckStatus | None = None) -> Term:
    """The checks of section 5.3.1, in its order; up to (not with) the one of `until`."""
    faults = {
        BindingAckStatus.MISSING_MN_IDENTIFIER_OPTION: ~message.has_node_identifier,
        BindingAckStatus.MAG_NOT_AUTHORIZED_FOR_PROXY_REG: ~is_authorised_gateway(
            message.gateway
        ),
        BindingAckStatus.NOT_LMA_FOR_THIS_MOBILE_NODE: ~is_known_node(message.node),
        BindingAckStatus.PROXY_REG_NOT_ENABLED: ~is_enabled_node(message.node),
        BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED: is_lower(message),
        BindingAckStatus.TIMESTAMP_MISMATCH: is_mismatched(message),
        BindingAckStatus.MISSING_HOME_NETWORK_PREFIX_OPTION: ~message.has_prefix,
        BindingAckStatus.MISSING_HANDOFF_INDICATOR_OPTION: ~message.has_handoff_indicator,
        BindingAckStatus.MISSING_ACCESS_TECH_TYPE_OPTION: ~message.has_access_technology,
    }
    order = list(faults)
    earlier = order if until is None else order[: order.index(until)]
    failed = () if until is None else (faults[until],)
    return all_of(*(~faults[status] for status in earlier), *failed)


# ---- effects -------------------------------------------------------------------------


def acknowledge(step: Step, message: Message, prefix: Term) -> None:
    """Accept the request with the session's prefix (RFC 5213, 5.3.6)."""
    answer(step, message, BindingAckStatus.ACCEPTED, prefix)


def answer(
    step: Step, message: Message, status: BindingAckStatus, prefix: Term
) -> None:
    """Send the acknowledgement to the source of the request."""
    step.send(
        pba,
        node=message.node,
        gateway=message.gateway,
        origin=Origin.ANCHOR,
        status=status,
        prefix=prefix,
        request=message.timestamp,
    )


def reject(step: Step, message: Message, status: BindingAckStatus) -> None:
    """Answer with a rejection; the prefix is the request's own (RFC 5213, 5.3.6)."""
    answer(step, message, status, message.prefix)


def register(step: Step, message: Message, entry: Term) -> None:
    """Update the entry with the accepted registration values (RFC 5213, 5.3.2-4)."""
    step.set(bce_state[entry], BindingState.REGISTERED)
    step.set_each(
        GATEWAY,
        lambda g: bce_proxy_coa[entry, g],
        lambda g: g == message.gateway,
    )
    step.set(last_accepted[message.node], message.timestamp)
    step.start(binding_lifetime, entry)


def create(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """Fill a free entry for a new mobility session (RFC 5213, 5.3.2)."""
    step.require(bce_state[entry] == BindingState.FREE)
    step.set(bce_node[entry], message.node)
    step.set(bce_prefix[entry, prefix], True)
    register(step, message, entry)
    acknowledge(step, message, prefix)


def delete(step: Step, entry: Term) -> None:
    """Take the entry out of the binding cache, with all that it holds."""
    step.set(bce_state[entry], BindingState.FREE)
    step.set(bce_node[entry], MOBILE_NODE.none)
    step.set_each(PREFIX, lambda p: bce_prefix[entry, p], lambda p: FALSE)
    step.set_each(GATEWAY, lambda g: bce_proxy_coa[entry, g], lambda g: FALSE)
    step.stop(binding_lifetime, entry)
    step.stop(min_delay_before_bce_delete, entry)
    step.set_each(
        MOBILE_NODE,
        lambda n: last_accepted[n],
        lambda n: ite(
            timestamp_ends_with_binding() & (bce_node[entry] == n),
            TIME.none,
            last_accepted[n],
        ),
    )


def is_held_by_another(message: Message) -> Term:
    """The requested prefix is in an entry of another node (RFC 5213, 5.4.1.1)."""
    return exists(
        ENTRY,
        lambda b: holds(b, message.prefix) & (bce_node[b] != message.node),
    )


def may_have(message: Message) -> Term:
    """The node may have the prefix that the request names (RFC 5213, 5.3.2)."""
    has_another = exists(ENTRY, lambda b: is_bound_to(b, message.node))
    return may_request(message.node, message.prefix) & (
        ~has_another | second_session_by_name()
    )


def is_new_session(step: Step, message: Message) -> None:
    """The request passes all checks and belongs to no session (RFC 5213, 5.4.1)."""
    step.require(passes(message), ~is_held_by_another(message), ~has_session(message))


def is_for(step: Step, message: Message, entry: Term) -> None:
    """The request passes all checks and belongs to the session of this entry."""
    step.require(passes(message), ~is_held_by_another(message), matches(entry, message))


# ---- 5.3.1, processing proxy binding updates -----------------------------------------


@lma.rule(on=pbu, requirement=("5213-5.3.1-5", "5213-5.3.6-6"))
def reject_missing_node_identifier(step: Step, message: Message) -> None:
    """A PBU without a Mobile Node Identifier option is refused."""
    status = BindingAckStatus.MISSING_MN_IDENTIFIER_OPTION
    step.require(passes(message, until=status))
    reject(step, message, status)


@lma.rule(on=pbu, requirement=("5213-5.3.1-6", "5213-5.3.1-7"))
def reject_unauthorised_gateway(step: Step, message: Message) -> None:
    """A PBU from a gateway that may not send requests for the nodes is refused."""
    status = BindingAckStatus.MAG_NOT_AUTHORIZED_FOR_PROXY_REG
    step.require(passes(message, until=status))
    reject(step, message, status)


@lma.rule(on=pbu, requirement=("5213-5.3.1-4", "5213-5.3.1-8"))
def reject_unknown_node(step: Step, message: Message) -> None:
    """A PBU for a node that this anchor does not know is refused."""
    status = BindingAckStatus.NOT_LMA_FOR_THIS_MOBILE_NODE
    step.require(passes(message, until=status))
    reject(step, message, status)


@lma.rule(on=pbu, requirement="5213-5.3.1-9")
def reject_node_without_service(step: Step, message: Message) -> None:
    """A PBU for a node that is not authorised for the service is refused."""
    status = BindingAckStatus.PROXY_REG_NOT_ENABLED
    step.require(passes(message, until=status))
    reject(step, message, status)


@lma.rule(
    on=pbu,
    requirement=("5213-5.3.1-10", "5213-5.5-13", "5213-5.5-17", "5213-5.5-19"),
)
def reject_lower_timestamp(step: Step, message: Message) -> None:
    """A PBU whose timestamp is lower than the last accepted one is refused."""
    status = BindingAckStatus.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
    step.require(passes(message, until=status))
    reject(step, message, status)


@lma.rule(
    on=pbu,
    requirement=("5213-5.3.1-10", "5213-5.5-13", "5213-5.5-15", "5213-5.5-21"),
)
def reject_mismatched_timestamp(step: Step, message: Message) -> None:
    """A PBU whose timestamp is out of the window, or not greater, is refused."""
    status = BindingAckStatus.TIMESTAMP_MISMATCH
    step.require(passes(message, until=status))
    reject(step, message, status)


@lma.rule(on=pbu, requirement="5213-5.3.1-11")
def reject_missing_home_network_prefix(step: Step, message: Message) -> None:
    """A PBU without any Home Network Prefix option is refused."""
    status = BindingAckStatus.MISSING_HOME_NETWORK_PREFIX_OPTION
    step.require(passes(message, until=status))
    reject(step, message, status)


@lma.rule(on=pbu, requirement="5213-5.3.1-12")
def reject_missing_handoff_indicator(step: Step, message: Message) -> None:
    """A PBU without a Handoff Indicator option is refused."""
    status = BindingAckStatus.MISSING_HANDOFF_INDICATOR_OPTION
    step.require(passes(message, until=status))
    reject(step, message, status)


@lma.rule(on=pbu, requirement="5213-5.3.1-13")
def reject_missing_access_technology_type(step: Step, message: Message) -> None:
    """A PBU without an Access Technology Type option is refused."""
    status = BindingAckStatus.MISSING_ACCESS_TECH_TYPE_OPTION
    step.require(passes(message, until=status))
    reject(step, message, status)


# ---- 5.4.1, the lookup -----------------------------------------------------------------


@lma.rule(on=pbu, requirement=("5213-5.3.1-14", "5213-5.4.1.1-4"))
def reject_prefix_of_another_node(step: Step, message: Message) -> None:
    """A PBU that names a prefix of another node's session is refused."""
    step.require(passes(message), is_held_by_another(message))
    reject(step, message, BindingAckStatus.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)


@lma.rule(on=pbu, requirement=("5213-5.4.1.1-8", "5213-5.4.1.2-13"))
def ignore_deregistration_without_session(step: Step, message: Message) -> None:
    """A de-registration that belongs to no session is silently ignored."""
    is_new_session(step, message)
    step.require(message.deregistration)


# ---- 5.3.2, initial binding registration -----------------------------------------------


@lma.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    first="entry",
    requirement=(
        "5213-5.3.1-14",
        "5213-5.3.1-15",
        "5213-5.3.2-1",
        "5213-5.3.2-2",
        "5213-5.3.2-7",
        "5213-5.3.2-12",
        "5213-5.4.1.2-2",
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
    )
    create(step, message, entry, prefix)


@lma.rule(on=pbu, requirement="5213-5.3.2-4")
def reject_for_lack_of_prefixes(step: Step, message: Message) -> None:
    """A new session is refused where no prefix is left for it."""
    is_new_session(step, message)
    step.require(
        ~message.deregistration,
        message.prefix == PREFIX.none,
        forall(PREFIX, lambda p: ~is_assignable(message.node, p) | ~is_free(p)),
    )
    reject(step, message, BindingAckStatus.INSUFFICIENT_RESOURCES)


@lma.rule(
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


@lma.rule(on=pbu, requirement=("5213-5.3.2-5", "5213-5.3.2-6"))
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


@lma.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=("5213-5.3.1-17", "5213-5.3.3-1", "5213-5.3.3-2", "5213-5.3.5-6"),
)
def extend(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """The serving gateway extends the lifetime; a deletion delay ends."""
    is_for(step, message, entry)
    step.require(
        ~message.deregistration,
        bce_proxy_coa[entry, message.gateway],
        bce_prefix[entry, prefix],
    )
    step.stop(min_delay_before_bce_delete, entry)
    register(step, message, entry)
    acknowledge(step, message, prefix)


@lma.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=("5213-5.3.1-18", "5213-5.3.4-1", "5213-5.3.4-8", "5213-5.3.5-6"),
)
def hand_off(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """Another gateway takes the session over; a deletion delay ends."""
    is_for(step, message, entry)
    step.require(
        ~message.deregistration,
        ~bce_proxy_coa[entry, message.gateway],
        bce_prefix[entry, prefix],
    )
    step.stop(min_delay_before_bce_delete, entry)
    register(step, message, entry)
    acknowledge(step, message, prefix)


# ---- 5.3.5, binding de-registration ----------------------------------------------------


@lma.rule(on=pbu, entry=ENTRY, requirement=("5213-5.3.1-16", "5213-5.3.5-1"))
def ignore_foreign_deregistration(step: Step, message: Message, entry: Term) -> None:
    """A de-registration from a gateway that is not the serving one changes nothing."""
    is_for(step, message, entry)
    step.require(
        message.deregistration,
        ~bce_proxy_coa[entry, message.gateway],
        ~foreign_deregistration_is_acknowledged(),
    )


@lma.rule(on=pbu, entry=ENTRY, prefix=PREFIX, requirement=("6275-9.5.4-2",))
def acknowledge_foreign_deregistration(
    step: Step, message: Message, entry: Term, prefix: Term
) -> None:
    """The other reading: a foreign de-registration changes nothing but is answered."""
    is_for(step, message, entry)
    step.require(
        message.deregistration,
        ~bce_proxy_coa[entry, message.gateway],
        bce_prefix[entry, prefix],
        foreign_deregistration_is_acknowledged(),
    )
    acknowledge(step, message, prefix)


@lma.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=("5213-5.3.1-16", "5213-5.3.5-2", "5213-5.3.5-3"),
)
def deregister(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """The serving gateway ends the session; the entry is kept for the deletion delay."""
    is_for(step, message, entry)
    step.require(
        message.deregistration,
        bce_proxy_coa[entry, message.gateway],
        bce_prefix[entry, prefix],
        bce_state[entry] == BindingState.REGISTERED,
    )
    step.set(bce_state[entry], BindingState.DEREGISTERED)
    step.set(last_accepted[message.node], message.timestamp)
    step.stop(binding_lifetime, entry)
    step.start(min_delay_before_bce_delete, entry)
    acknowledge(step, message, prefix)


@lma.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=("5213-5.3.5-2", "5213-5.3.5-3"),
)
def repeat_deregistration(
    step: Step, message: Message, entry: Term, prefix: Term
) -> None:
    """A repeated de-registration is answered again; the delay goes on."""
    is_for(step, message, entry)
    step.require(
        message.deregistration,
        bce_proxy_coa[entry, message.gateway],
        bce_prefix[entry, prefix],
        bce_state[entry] == BindingState.DEREGISTERED,
        ~repeated_deregistration_restarts_delay(),
    )
    step.set(last_accepted[message.node], message.timestamp)
    acknowledge(step, message, prefix)


@lma.rule(
    on=pbu,
    entry=ENTRY,
    prefix=PREFIX,
    requirement=("5213-5.3.5-2", "5213-5.3.5-3"),
)
def restart_deletion_delay(
    step: Step, message: Message, entry: Term, prefix: Term
) -> None:
    """The other reading: a repeated de-registration starts the delay again."""
    is_for(step, message, entry)
    step.require(
        message.deregistration,
        bce_proxy_coa[entry, message.gateway],
        bce_prefix[entry, prefix],
        bce_state[entry] == BindingState.DEREGISTERED,
        repeated_deregistration_restarts_delay(),
    )
    step.set(last_accepted[message.node], message.timestamp)
    step.start(min_delay_before_bce_delete, entry)
    acknowledge(step, message, prefix)


@lma.rule(
    expiry=min_delay_before_bce_delete,
    entry=ENTRY,
    requirement=("5213-5.3.5-2", "5213-5.3.5-7"),
)
def delete_after_delay(step: Step, entry: Term) -> None:
    """The entry goes when its deletion delay has passed without an accepted PBU."""
    step.require(bce_state[entry] == BindingState.DEREGISTERED)
    delete(step, entry)


@lma.rule(
    expiry=binding_lifetime, entry=ENTRY, requirement=("6275-6.1.7-6", "6275-10.3.1-21")
)
def expire(step: Step, entry: Term) -> None:
    """The entry goes when its lifetime has passed without an accepted PBU."""
    step.require(bce_state[entry] == BindingState.REGISTERED)
    delete(step, entry)
