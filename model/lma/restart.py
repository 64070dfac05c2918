"""The restart of the anchor: what it has not kept on stable storage is gone.

RFC 5213 says nothing of the bindings at a restart; it wants the configured values to survive
(5213-9.1-2).  What a configuration keeps are facts of it: `bindings_survive`,
`timestamps_survive`, and prefixes that are assigned to one node each (`is_assignable`).
"""

from pmip6.model.language.table import Role, RoleTable, StateMap, Step
from pmip6.model.language.terms import initial, ite
from pmip6.model.state import (
    MOBILE_NODE,
    TIME,
    accepted_before_restart,
    anchor_restarts,
    bce_link_layer,
    bce_node,
    bce_prefix,
    bce_proxy_coa,
    bce_sequence,
    bce_state,
    bce_technology,
    binding_lifetime,
    bindings_survive,
    held_gateway,
    held_link_layer,
    held_proxy_coa,
    held_sequence,
    held_technology,
    held_timestamp,
    is_established,
    last_accepted,
    max_delay_before_new_bce_assign,
    min_delay_before_bce_delete,
    route,
    timestamps_survive,
    waits_for_deregistration,
)

restarts = RoleTable(Role.LMA)


def restart(step: Step) -> None:
    """The anchor starts again; what is under way to it, and gateways, know nothing."""
    step.require(anchor_restarts())
    step.set_each(
        MOBILE_NODE,
        lambda n: accepted_before_restart[n],
        lambda n: ite(
            last_accepted[n] == TIME.none, accepted_before_restart[n], last_accepted[n]
        ),
    )
    step.set_each(
        MOBILE_NODE,
        lambda n: last_accepted[n],
        lambda n: ite(timestamps_survive(), last_accepted[n], TIME.none),
    )


def lose_what_waits(step: Step, held: StateMap) -> None:
    """A cell of a request that waits has the value that it has at first."""
    step.set_each(
        MOBILE_NODE,
        lambda n: held[n],
        lambda n: ite(waits_for_deregistration(), initial(held.value), held[n]),
    )


@restarts.rule(requirement=())
def restart_with_bindings(step: Step) -> None:
    """An anchor that keeps its binding cache goes on where it was."""
    restart(step)
    step.require(bindings_survive())


@restarts.rule(requirement=())
def restart_without_bindings(step: Step) -> None:
    """An anchor that keeps no binding cache begins with an empty one; nothing waits."""
    restart(step)
    step.require(~bindings_survive())
    for lost in (
        bce_state,
        bce_node,
        bce_prefix,
        bce_proxy_coa,
        bce_link_layer,
        bce_technology,
        bce_sequence,
        route,
        is_established,
    ):
        step.clear(lost)
    step.stop_all(binding_lifetime)
    step.stop_all(min_delay_before_bce_delete)
    for held in (
        held_gateway,
        held_proxy_coa,
        held_link_layer,
        held_technology,
        held_timestamp,
        held_sequence,
    ):
        lose_what_waits(step, held)
    step.stop_all(max_delay_before_new_bce_assign, having=waits_for_deregistration)
