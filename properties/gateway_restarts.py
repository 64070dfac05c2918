"""What a restart of a gateway, or a clock that is slow, must not change (5 and 14 of the list).

The properties 1 to 7 speak of the binding cache as it is; these speak of what was before.
"""

from pmip6.model.language.table import Message
from pmip6.model.language.terms import (
    Term,
    after,
    all_of,
    any_of,
    exists,
    forall,
    implies,
)
from pmip6.model.lma.binding_cache import is_bound_to
from pmip6.model.mag.slow_clocks import some_clock_is_slow
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    BindingState,
    UpdateListState,
    address,
    attached,
    awaited,
    bce_proxy_coa,
    bce_state,
    bule_state,
    gateway_restarts,
    last_accepted,
    latest_request,
    pbu,
    retransmission,
)
from pmip6.properties.binding_steps import is_unchanged
from pmip6.properties.property import invariant, message_property, step_property

# ---- 14, after the restart of a gateway ------------------------------------------------


def is_on_known_link(node: Term) -> Term:
    """Gateways may restart, and the node has heard a prefix on its link."""
    return gateway_restarts() & (address[node] != PREFIX.none)


def has_lost_its_state(node: Term) -> Term:
    """The gateway of the node's link knows it no more, or knows of no open request."""
    return exists(
        GATEWAY,
        lambda g: all_of(
            attached[node] == g,
            awaited[node, g] == TIME.none,
            any_of(
                bule_state[node, g] == UpdateListState.ABSENT,
                retransmission.running(node, g),
            ),
        ),
    )


@step_property(
    "gateway-restart.prefix",
    premise=lambda: exists(
        MOBILE_NODE, lambda n: is_on_known_link(n) & has_lost_its_state(n)
    ),
    requirement=("5213-5.3.3-1", "5213-6.9.1.2-23"),
    assumptions=("no lifetime ends",),
)
def a_node_on_its_link_keeps_its_prefix_at_a_restart() -> Term:
    """A node that stays on its link hears of no other prefix, whatever its gateway forgets."""
    return forall(
        MOBILE_NODE,
        lambda n: implies(
            is_on_known_link(n) & (after(address[n]) != PREFIX.none),
            after(address[n]) == address[n],
        ),
    )


def believe_to_serve(node: Term, one: Term, other: Term) -> Term:
    """Two gateways that may restart both have a registration of the node."""
    return all_of(
        gateway_restarts() | some_clock_is_slow(),
        one != other,
        bule_state[node, one] == UpdateListState.REGISTERED,
        bule_state[node, other] == UpdateListState.REGISTERED,
    )


@invariant(
    "two-believers",
    premise=lambda: exists(
        MOBILE_NODE,
        lambda n: exists(
            GATEWAY, lambda g: exists(GATEWAY, lambda h: believe_to_serve(n, g, h))
        ),
    ),
    requirement=("5213-5.3.4-1", "5213-5.3.5-1"),
)
def one_of_two_gateways_has_the_session() -> Term:
    """Of two gateways that both believe to serve a node at most one has its session."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: forall(
                GATEWAY,
                lambda h: implies(
                    believe_to_serve(n, g, h),
                    ~exists(
                        ENTRY,
                        lambda b: all_of(
                            is_bound_to(b, n),
                            bce_state[b] == BindingState.REGISTERED,
                            bce_proxy_coa[b, g],
                            bce_proxy_coa[b, h],
                        ),
                    ),
                ),
            ),
        ),
    )


# ---- 5, where the clocks of gateways differ --------------------------------------------


def is_overtaken(message: Message) -> Term:
    """A clock is slow, and a request that was sent after this one has been accepted."""
    latest = latest_request[message.node]
    return all_of(
        some_clock_is_slow(),
        latest != TIME.none,
        last_accepted[message.node] == latest,
        message.timestamp != latest,
    )


@message_property(
    "skewed-clocks.order",
    pbu,
    premise=is_overtaken,
    requirement=("5213-5.5-17", "5213-5.5-19"),
    assumptions=("the clocks of all gateways agree",),
)
def what_was_sent_before_changes_nothing(message: Message) -> Term:
    """A request changes no binding once one that was sent after it has been accepted."""
    return forall(ENTRY, lambda b: implies(is_overtaken(message), is_unchanged(b)))
