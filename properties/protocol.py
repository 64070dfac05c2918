"""The properties of the protocol, by name (1 to 7 and 12 of the project's list).

Those of restarts (14) are in properties/restarts.py and gateway_restarts.py, those of the
data plane (8 and 10) in properties/data_plane.py and gateway_data_plane.py, one of gateways
that number requests in properties/settled.py, those of fast handover (11) in
properties/fast_handover.py, that of link-local addresses (9) in properties/link_local.py.

The parts of one property share the name before the dot.  Each has a premise that is
reachable, and a seeded fault that breaks it (properties/faults/mutants.py).
"""

from pmip6.model.fast_handover.new_gateway import has_context
from pmip6.model.fast_handover.state import transferred_prefix
from pmip6.model.language.table import Message
from pmip6.model.language.terms import (
    FALSE,
    TRUE,
    Term,
    after,
    all_of,
    any_of,
    before,
    enum_literal,
    exists,
    forall,
    implies,
    ite,
)
from pmip6.model.lma.binding_cache import (
    holds,
    in_use,
    is_bound_to,
    is_from_serving_gateway,
    is_held,
    is_stamped,
)
from pmip6.model.mag.binding_update_list import (
    is_acceptance,
    is_awaited_registration,
    is_faithful,
)
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    LINK_LAYER,
    MOBILE_NODE,
    PREFIX,
    SEQUENCE,
    BindingState,
    Origin,
    UpdateListState,
    address,
    awaited,
    bce_link_layer,
    bce_node,
    bce_prefix,
    bce_proxy_coa,
    bce_sequence,
    bce_state,
    bce_technology,
    binding_lifetime,
    bule_prefix,
    bule_state,
    granted,
    is_newer,
    last_accepted,
    min_delay_before_bce_delete,
    pba,
    pbu,
    sequence_numbers,
    several_interfaces,
)
from pmip6.model.wire.numbers import BindingAckStatus
from pmip6.properties import (
    data_plane,
    fast_handover,
    gateway_data_plane,
    gateway_restarts,
    handover_packets,
    handover_responses,
    link_local,
    restarts,
    settled,
)
from pmip6.properties.binding_steps import is_unchanged, lives_on
from pmip6.properties.property import invariant, message_property, step_property

RECORDED = (
    data_plane,
    fast_handover,
    gateway_data_plane,
    gateway_restarts,
    handover_packets,
    handover_responses,
    link_local,
    restarts,
    settled,
)
assert all(RECORDED)  # they record their properties

ONE_INTERFACE = "one interface per mobile node"
TIMESTAMPS = "timestamps order all requests"


def some_entry_in_use() -> Term:
    """The binding cache is not empty."""
    return exists(ENTRY, in_use)


def is_one_session(entry: Term, other: Term) -> Term:
    """The entries are for one node and, where it has several, for one interface of it.

    Interfaces without a link-layer identifier cannot be told apart.
    """
    same_interface = all_of(
        bce_link_layer[entry] != LINK_LAYER.none,
        bce_link_layer[entry] == bce_link_layer[other],
        bce_technology[entry] == bce_technology[other],
    )
    return (bce_node[entry] == bce_node[other]) & (
        ~several_interfaces() | same_interface
    )


# ---- 1, unique binding -----------------------------------------------------------------


@invariant(
    "unique-binding.session",
    premise=some_entry_in_use,
    requirement=("5213-5.4-3", "5213-5.4.1.2-3"),
)
def one_entry_for_each_session() -> Term:
    """An interface of a mobile node has at most one binding cache entry."""
    return forall(
        ENTRY,
        lambda b: forall(
            ENTRY,
            lambda c: implies(
                all_of(in_use(b), in_use(c), is_one_session(b, c)), b == c
            ),
        ),
    )


@invariant(
    "unique-binding.prefix",
    premise=some_entry_in_use,
    requirement=("5213-5.2-1", "5213-5.2-2", "5213-5.3.2-2"),
)
def one_entry_for_each_prefix() -> Term:
    """A prefix is in at most one binding cache entry."""
    return forall(
        PREFIX,
        lambda p: forall(
            ENTRY, lambda b: implies(holds(b, p), ~is_held(p, lambda c: c != b))
        ),
    )


@invariant(
    "unique-binding.proxy-coa",
    premise=some_entry_in_use,
    requirement=("5213-5.3.2-7", "5213-5.3.4-1"),
)
def one_proxy_coa_for_each_entry() -> Term:
    """A binding cache entry has exactly one Proxy-CoA at a time."""
    return forall(
        ENTRY,
        lambda b: implies(
            in_use(b),
            exists(
                GATEWAY,
                lambda g: all_of(
                    bce_proxy_coa[b, g],
                    forall(GATEWAY, lambda h: implies(bce_proxy_coa[b, h], h == g)),
                ),
            ),
        ),
    )


# ---- 2, preserved prefix ---------------------------------------------------------------


@step_property(
    "preserved-prefix.session",
    premise=lambda: exists(ENTRY, lives_on),
    requirement=("5213-5.3.3-1", "5213-5.3.4-1", "5213-5.3.5-6"),
)
def a_session_keeps_its_prefixes() -> Term:
    """As long as a session lives, its entry keeps exactly the prefixes it has."""
    return forall(
        ENTRY,
        lambda b: implies(
            lives_on(b),
            forall(PREFIX, lambda p: after(bce_prefix[b, p]) == bce_prefix[b, p]),
        ),
    )


def is_latest_acceptance(node: Term, gateway: Term, prefix: Term) -> Term:
    """An acknowledgement under way accepts the last accepted request of the node.

    It tells the session of the node only where the node has one interface, and
    timestamps order its requests.
    """
    return (
        ~several_interfaces()
        & ~sequence_numbers()
        & pba.sent(
            node=node,
            gateway=gateway,
            origin=enum_literal(Origin.ANCHOR),
            status=enum_literal(BindingAckStatus.ACCEPTED),
            prefix=prefix,
            request=last_accepted[node],
            sequence=SEQUENCE.none,
            is_echo=TRUE,
            address_in_use=FALSE,
        )
    )


@invariant(
    "preserved-prefix.acknowledgement",
    premise=lambda: exists(
        MOBILE_NODE,
        lambda n: exists(
            GATEWAY, lambda g: exists(PREFIX, lambda p: is_latest_acceptance(n, g, p))
        ),
    ),
    requirement=("5213-5.3.6-10",),
    assumptions=(ONE_INTERFACE, TIMESTAMPS),
)
def an_acceptance_carries_the_prefix_of_the_session() -> Term:
    """An accepting PBA carries a prefix of the living session that it answers for."""
    return forall(
        ENTRY,
        lambda b: forall(
            MOBILE_NODE,
            lambda n: forall(
                GATEWAY,
                lambda g: forall(
                    PREFIX,
                    lambda p: implies(
                        is_bound_to(b, n) & is_latest_acceptance(n, g, p),
                        bce_prefix[b, p],
                    ),
                ),
            ),
        ),
    )


@message_property(
    "preserved-prefix.gateway",
    pba,
    premise=lambda m: all_of(
        ~several_interfaces(), ~sequence_numbers(), after(granted[m.node, m.gateway])
    ),
    requirement=("5213-6.9.1.2-22", "5213-6.9.1.2-23"),
    assumptions=(ONE_INTERFACE, TIMESTAMPS),
)
def a_gateway_takes_the_prefix_of_the_session(message: Message) -> Term:
    """A gateway takes up no other prefix than the one of the living session."""
    return forall(
        ENTRY,
        lambda b: implies(
            all_of(
                ~several_interfaces(),
                ~sequence_numbers(),
                is_bound_to(b, message.node),
                message.request == last_accepted[message.node],
                after(granted[message.node, message.gateway]),
                message.request == awaited[message.node, message.gateway],
            ),
            forall(
                PREFIX,
                lambda p: implies(
                    after(bule_prefix[message.node, message.gateway]) == p,
                    bce_prefix[b, p],
                ),
            ),
        ),
    )


def is_unexpected(message: Message) -> Term:
    """The acknowledgement does not answer the last request of its gateway."""
    return message.request != awaited[message.node, message.gateway]


@message_property(
    "preserved-prefix.unexpected-answer",
    pba,
    premise=is_unexpected,
    requirement=("5213-6.9.1.2-7", "6275-11.7.3-4"),
)
def an_unexpected_answer_changes_nothing(message: Message) -> Term:
    """A gateway takes no prefix from an answer to anything but its last request."""
    node, gateway = message.node, message.gateway
    return implies(
        is_unexpected(message),
        all_of(
            after(bule_state[node, gateway]) == bule_state[node, gateway],
            after(bule_prefix[node, gateway]) == bule_prefix[node, gateway],
        ),
    )


# ---- 3, router advertisements ----------------------------------------------------------


def is_advertised(node: Term) -> Term:
    """The node hears a prefix that it did not have."""
    return (after(address[node]) != address[node]) & (
        after(address[node]) != PREFIX.none
    )


@step_property(
    "advertisement.accepted",
    premise=lambda: exists(MOBILE_NODE, is_advertised),
    requirement=("5213-6.9.1.2-16", "5213-6.9.2-3", "5213-6.9.2-4"),
)
def no_advertisement_without_acceptance() -> Term:
    """An RA carries the accepted prefix, and only if the last answer was an acceptance.

    With fast handover it may carry that of the context before (RFC 5949, 5.2).
    """
    return forall(
        MOBILE_NODE,
        lambda n: implies(
            is_advertised(n),
            exists(
                GATEWAY,
                lambda g: any_of(
                    granted[n, g] & (after(address[n]) == bule_prefix[n, g]),
                    has_context(n, g) & (after(address[n]) == transferred_prefix[n, g]),
                ),
            ),
        ),
    )


def is_refusal(message: Message) -> Term:
    """The anchor refuses the last request of the gateway, a registration."""
    return all_of(
        is_awaited_registration(message),
        is_faithful(message),
        ~is_acceptance(message),
    )


@message_property(
    "advertisement.refused",
    pba,
    premise=is_refusal,
    requirement=("5213-6.9.1.2-16",),
)
def a_refusal_ends_what_was_granted(message: Message) -> Term:
    """After a rejecting PBA the gateway serves the node no more, also in a renewal."""
    node, gateway = message.node, message.gateway
    return implies(
        is_refusal(message),
        all_of(
            after(bule_state[node, gateway]) != UpdateListState.REGISTERED,
            ~after(granted[node, gateway]),
        ),
    )


# ---- 4, de-registration by another gateway ---------------------------------------------


def is_foreign_deregistration(message: Message, entry: Term) -> Term:
    """The request would end a session that its gateway does not serve for its node."""
    return all_of(
        in_use(entry),
        message.deregistration,
        ~(is_bound_to(entry, message.node) & is_from_serving_gateway(entry, message)),
    )


@message_property(
    "foreign-deregistration",
    pbu,
    premise=lambda m: exists(
        ENTRY, lambda b: is_foreign_deregistration(m, b) & is_bound_to(b, m.node)
    ),
    requirement=("5213-5.3.5-1",),
)
def a_foreign_deregistration_changes_nothing(message: Message) -> Term:
    """A de-registration leaves alone what its gateway does not serve for its node."""
    return forall(
        ENTRY,
        lambda b: implies(is_foreign_deregistration(message, b), is_unchanged(b)),
    )


# ---- 5, stale requests -----------------------------------------------------------------


def has_old_timestamp(message: Message) -> Term:
    """The timestamp is not greater than the last accepted one of the node."""
    return is_stamped(message) & ~before(last_accepted[message.node], message.timestamp)


def has_old_number(message: Message, entry: Term) -> Term:
    """The sequence number is not greater than that of this entry of the node."""
    return all_of(
        ~is_stamped(message),
        is_bound_to(entry, message.node),
        bce_sequence[entry] != SEQUENCE.none,
        ~is_newer(message.sequence, bce_sequence[entry]),
    )


@message_property(
    "stale-request.binding",
    pbu,
    premise=lambda m: (
        has_old_timestamp(m) | exists(ENTRY, lambda b: has_old_number(m, b))
    ),
    requirement=("5213-5.5-17", "5213-5.5-19", "6275-9.5.1-x1"),
    assumptions=("timestamps do not wrap",),
)
def a_stale_request_changes_nothing(message: Message) -> Term:
    """A binding changes only with a request of its node that is newer than the last."""
    return forall(
        ENTRY,
        lambda b: implies(
            any_of(
                has_old_timestamp(message),
                has_old_number(message, b),
                in_use(b) & ~is_bound_to(b, message.node),
            ),
            is_unchanged(b),
        ),
    )


@step_property(
    "stale-request.order",
    premise=lambda: exists(
        MOBILE_NODE, lambda n: before(last_accepted[n], after(last_accepted[n]))
    ),
    requirement=("5213-5.5-17",),
    assumptions=("timestamps do not wrap",),
)
def accepted_timestamps_only_grow() -> Term:
    """The last accepted timestamp of a node never goes back."""
    return forall(
        MOBILE_NODE, lambda n: ~before(after(last_accepted[n]), last_accepted[n])
    )


# ---- 6, the deletion delay -------------------------------------------------------------


def is_waiting(entry: Term) -> Term:
    """The entry is in its deletion delay."""
    return bce_state[entry] == BindingState.DEREGISTERED


@step_property(
    "deletion-delay.kept",
    premise=lambda: exists(ENTRY, lambda b: is_waiting(b) & after(in_use(b))),
    requirement=(
        "5213-5.3.5-2",
        "5213-9.1-3",
        "6275-10.3.1-13",
        "6275-10.3.1-33",
    ),
)
def an_entry_is_kept_until_a_timer_has_run_out() -> Term:
    """An entry goes only when its deletion delay or its lifetime has passed."""
    return forall(
        ENTRY,
        lambda b: implies(
            in_use(b) & ~after(in_use(b)),
            ite(
                is_waiting(b),
                min_delay_before_bce_delete.due(b),
                binding_lifetime.due(b),
            ),
        ),
    )


@invariant(
    "deletion-delay.running",
    premise=lambda: exists(ENTRY, is_waiting),
    requirement=(
        "5213-5.3.5-2",
        "5213-5.3.5-6",
        "5213-5.3.5-7",
        "5213-9.1-4",
        "5213-9.1-x2",
    ),
)
def the_delay_runs_exactly_while_the_entry_waits() -> Term:
    """The deletion delay runs for every entry that waits, and for no other."""
    return forall(
        ENTRY, lambda b: min_delay_before_bce_delete.running(b) == is_waiting(b)
    )


# ---- 7, no reuse in the deletion delay -------------------------------------------------


@invariant(
    "no-reuse-in-delay",
    premise=lambda: exists(ENTRY, is_waiting),
    requirement=("5213-5.3.2-2", "5213-5.3.5-7"),
    nodes=2,  # the one that waits, and the one that would get its prefix
)
def a_waiting_prefix_is_not_given_away() -> Term:
    """A prefix in its deletion delay is in no other node's entry."""
    return forall(
        ENTRY,
        lambda b: forall(
            PREFIX,
            lambda p: implies(
                is_waiting(b) & bce_prefix[b, p],
                ~is_held(p, lambda c: bce_node[c] != bce_node[b]),
            ),
        ),
    )


# ---- 12, the mobile node ---------------------------------------------------------------


@message_property(
    "node-is-silent",
    pbu,
    premise=lambda m: m.origin == Origin.GATEWAY,
    requirement=("5213-3-y1",),
)
def the_mobile_node_sends_no_mobility_message(message: Message) -> Term:
    """No mobility message comes from a mobile node."""
    return message.origin != Origin.NODE
