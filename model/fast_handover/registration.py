"""The registration of a node that was handed over: RFC 5949, 4.1, steps k and l.

It is that of RFC 5213; the context says which prefix to ask for.  A node that comes back
finds a gateway that still has its old registration, which the anchor may have given to
another one: it is registered again.
"""

from pmip6.model.fast_handover.access_network import has_just_arrived
from pmip6.model.fast_handover.new_gateway import has_context
from pmip6.model.fast_handover.previous_gateway import serves
from pmip6.model.fast_handover.state import (
    PreviousState,
    fast_handover,
    previous_state,
    transferred_prefix,
)
from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import Term, all_of, any_of, one_of
from pmip6.model.mag.binding_update_list import begin_registration
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    UpdateListState,
    attached,
    bule_prefix,
    bule_state,
)

handover_registration = RoleTable(Role.MAG)


@handover_registration.rule(
    node=MOBILE_NODE,
    gateway=GATEWAY,
    now=TIME,
    requirement=("5213-6.9.1.1-5", "5949-4.1-4"),
)
def register_transferred_prefix(
    step: Step, node: Term, gateway: Term, now: Term
) -> None:
    """The node that was announced is on the link: its prefix is asked for (step k)."""
    step.require(
        has_context(node, gateway),
        transferred_prefix[node, gateway] != PREFIX.none,
        attached[node] == gateway,
        any_of(
            one_of(
                bule_state[node, gateway],
                UpdateListState.ABSENT,
                UpdateListState.DEREGISTERING,
            ),
            all_of(serves(node, gateway), has_just_arrived(node, gateway)),
        ),
    )
    begin_registration(step, node, gateway, now, transferred_prefix[node, gateway])


@handover_registration.rule(
    node=MOBILE_NODE, gateway=GATEWAY, now=TIME, requirement=("5213-6.9.1.1-5",)
)
def register_returned_node(step: Step, node: Term, gateway: Term, now: Term) -> None:
    """A node is back before its registration here has ended: it is asserted anew."""
    step.require(
        fast_handover(),
        ~has_context(node, gateway),
        serves(node, gateway),
        has_just_arrived(node, gateway),
        one_of(
            previous_state[node, gateway],
            PreviousState.IDLE,
            PreviousState.COMPLETING,
        ),
    )
    begin_registration(step, node, gateway, now, bule_prefix[node, gateway])
