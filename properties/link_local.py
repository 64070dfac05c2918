"""The link-local address of a gateway on the link of a node (9 of the project's list).

Where it is fixed for the domain there is nothing to agree on.  Where the anchor names it, an
answer of the model tells whether the node uses that address itself (RFC 5213, 6.8); which
address it is, a variant has (model/shipped/named_routers.py).
"""

from pmip6.model.language.table import Message
from pmip6.model.language.terms import Term, after, all_of, exists, forall, implies
from pmip6.model.lma.binding_cache import in_use
from pmip6.model.mag.binding_update_list import (
    is_acceptance,
    is_attached,
    is_awaited_registration,
    is_faithful,
)
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    MOBILE_NODE,
    SEQUENCE,
    TIME,
    UpdateListState,
    address_collisions,
    altered_answers,
    awaited,
    bce_node,
    bce_proxy_coa,
    bce_router,
    bule_router,
    bule_state,
    free_answers,
    named_routers,
    pba,
    retransmission,
)
from pmip6.properties.binding_steps import lives_on
from pmip6.properties.property import invariant, message_property, step_property


def names_an_address_of_the_node(message: Message) -> Term:
    """The accepted registration comes with a link-local address that the node has."""
    return all_of(
        address_collisions(),
        altered_answers() | free_answers(),  # only then does an answer tell of the node
        is_awaited_registration(message),
        is_faithful(message),
        is_acceptance(message),
        message.address_in_use,
        is_attached(message.node, message.gateway),
    )


@message_property(
    "link-local.collision",
    pba,
    premise=names_an_address_of_the_node,
    requirement=("5213-6.9.1.2-25", "5213-6.9.1.2-26"),
)
def a_gateway_names_another_address_at_once(message: Message) -> Term:
    """A gateway whose address the node uses serves it, and has told the anchor another."""
    node, gateway = message.node, message.gateway
    return implies(
        names_an_address_of_the_node(message),
        all_of(
            after(bule_state[node, gateway]) == UpdateListState.REGISTERED,
            after(awaited[node, gateway]) != TIME.none,
            after(awaited[node, gateway]) != message.request,
        ),
    )


def is_handed_off(entry: Term) -> Term:
    """The session goes on at another gateway."""
    return lives_on(entry) & exists(
        GATEWAY,
        lambda g: all_of(
            after(bce_proxy_coa[entry, g]),
            ~bce_proxy_coa[entry, g],
        ),
    )


@step_property(
    "link-local.kept",
    premise=lambda: exists(
        ENTRY,
        lambda b: all_of(
            named_routers(), is_handed_off(b), bce_router[b] != SEQUENCE.none
        ),
    ),
    requirement=("5213-5.3.6-22", "5213-5.3.6-25", "5213-5.3.6-27"),
    assumptions=("no node uses the address of its router",),
)
def a_session_keeps_the_address_of_its_router() -> Term:
    """As long as a session lives, its gateways have one link-local address."""
    return forall(
        ENTRY,
        lambda b: implies(
            all_of(named_routers(), ~address_collisions(), lives_on(b)),
            after(bce_router[b]) == bce_router[b],
        ),
    )


def is_serving(node: Term, gateway: Term, entry: Term) -> Term:
    """The gateway of the session is on the link of the node, and has asked for nothing.

    After a restart it may not know which answer it awaits, and asks again.
    """
    return all_of(
        named_routers(),
        bule_state[node, gateway] == UpdateListState.REGISTERED,
        awaited[node, gateway] == TIME.none,
        ~retransmission.running(node, gateway),
        is_attached(node, gateway),
        in_use(entry),
        bce_node[entry] == node,
        bce_proxy_coa[entry, gateway],
    )


@invariant(
    "link-local.one-router",
    premise=lambda: exists(
        MOBILE_NODE,
        lambda n: exists(
            GATEWAY,
            lambda g: exists(
                ENTRY,
                lambda b: is_serving(n, g, b) & (bule_router[n, g] != SEQUENCE.none),
            ),
        ),
    ),
    requirement=("5213-5.3.6-22", "5213-5.3.6-24", "5213-6.9.1.2-24"),
    assumptions=("no lifetime ends",),
)
def every_gateway_is_the_router_of_the_session() -> Term:
    """The gateway that serves a session has the link-local address of the session."""
    return forall(
        MOBILE_NODE,
        lambda n: forall(
            GATEWAY,
            lambda g: forall(
                ENTRY,
                lambda b: implies(
                    is_serving(n, g, b), bule_router[n, g] == bce_router[b]
                ),
            ),
        ),
    )
