"""The link-local address of a gateway on the link of a node (9 of the project's list).

Where it is fixed for the domain there is nothing to agree on.  Where the anchor names it, an
answer of the model tells whether the node uses that address itself (RFC 5213, 6.8).
"""

from pmip6.model.language.table import Message
from pmip6.model.language.terms import Term, after, all_of, implies
from pmip6.model.mag.binding_update_list import (
    is_acceptance,
    is_attached,
    is_awaited_registration,
    is_faithful,
)
from pmip6.model.state import (
    TIME,
    UpdateListState,
    address_collisions,
    altered_answers,
    awaited,
    bule_state,
    free_answers,
    pba,
)
from pmip6.properties.property import message_property


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
