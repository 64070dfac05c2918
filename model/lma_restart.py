"""The restart of the anchor: what it has not kept on stable storage is gone.

RFC 5213 says nothing of the bindings at a restart; it wants the configured values to survive
(5213-9.1-2).  What a configuration keeps are facts of it: `bindings_survive`,
`timestamps_survive`, and prefixes that are assigned to one node each (`is_assignable`).
"""

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
    is_established,
    last_accepted,
    min_delay_before_bce_delete,
    route,
    timestamps_survive,
)
from pmip6.model.table import Role, RoleTable, Step
from pmip6.model.terms import ite

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


@restarts.rule(requirement=())
def restart_with_bindings(step: Step) -> None:
    """An anchor that keeps its binding cache goes on where it was."""
    restart(step)
    step.require(bindings_survive())


@restarts.rule(requirement=())
def restart_without_bindings(step: Step) -> None:
    """An anchor that keeps no binding cache begins with an empty one."""
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
