"""The restart of a gateway: what it has not kept on stable storage is gone.

RFC 5213 wants the configured values of a gateway to survive (5213-9.2-2) and says nothing
of its binding update list.  Its clock goes on; nodes are still on its links, and it sees
them as if they had just come.  What it keeps is a fact: `update_list_survives`.
"""

from pmip6.model.fast_handover.restart import lose_handovers
from pmip6.model.language.table import LEVEL, Rigid, Role, RoleTable, StateMap, Step
from pmip6.model.language.terms import (
    FALSE,
    Term,
    enum_literal,
    ite,
    level,
    literal,
)
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    PREFIX,
    TIME,
    UpdateListState,
    access_route,
    attached,
    awaited,
    awaits_clock,
    backoff,
    bule_prefix,
    bule_state,
    clock_synchronisation,
    gateway_forwarding,
    gateway_restarts,
    granted,
    handoff_hint,
    handoff_hints,
    has_tunnel,
    registration_lifetime,
    registration_lifetimes,
    renewal,
    retransmission,
    update_list_survives,
)
from pmip6.model.wire.numbers import HandoffIndicator

restarts = RoleTable(Role.MAG)


def lose(
    step: Step, gateway: Term, lost: StateMap, value: Term, having: Rigid | None = None
) -> None:
    """Every entry of the gateway has this value from then on."""
    has_it = literal(True) if having is None else having()
    step.set_each(
        MOBILE_NODE,
        lambda n: lost[n, gateway],
        lambda n: ite(has_it, value, lost[n, gateway]),
    )


@restarts.rule(gateway=GATEWAY, requirement=())
def restart_with_update_list(step: Step, gateway: Term) -> None:
    """A gateway that keeps its entries knows of no request that it awaits an answer to.

    Their timers go on by the time of day: what was not answered is asked again, or given up.
    """
    step.require(gateway_restarts(), update_list_survives())
    lose(step, gateway, awaited, TIME.none)
    lose_handovers(step, gateway)


@restarts.rule(gateway=GATEWAY, requirement=())
def restart_without_update_list(step: Step, gateway: Term) -> None:
    """A gateway that keeps no entries begins with an empty binding update list."""
    step.require(gateway_restarts(), ~update_list_survives())
    lose(step, gateway, bule_state, enum_literal(UpdateListState.ABSENT))
    lose(step, gateway, bule_prefix, PREFIX.none)
    lose(step, gateway, awaited, TIME.none)
    lose(step, gateway, backoff, level(0, LEVEL))
    lose(step, gateway, granted, FALSE)
    lose(step, gateway, awaits_clock, FALSE, having=clock_synchronisation)
    lose(step, gateway, access_route, PREFIX.none, having=gateway_forwarding)
    tunnel = has_tunnel[gateway]
    step.set(tunnel, ite(gateway_forwarding(), FALSE, tunnel))
    step.set_each(
        MOBILE_NODE,
        lambda n: handoff_hint[n],
        lambda n: ite(
            handoff_hints() & (attached[n] == gateway),
            enum_literal(HandoffIndicator.UNKNOWN),
            handoff_hint[n],
        ),
    )
    for timer in (retransmission, renewal):
        step.stop_each(timer, MOBILE_NODE, lambda n: (n, gateway))
    step.stop_each(
        registration_lifetime,
        MOBILE_NODE,
        lambda n: (n, gateway),
        having=registration_lifetimes,
    )
    lose_handovers(step, gateway)
