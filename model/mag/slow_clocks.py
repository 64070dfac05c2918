"""A gateway whose clock is behind those of the others, within the timestamp window (5.5).

A slow clock shows a time that was the present before.  It goes on before it is read again,
so that the timestamps of its gateway only grow.  A clock that is ahead is the same seen
from the other gateways; one that is off by more than the window gets status 156.
"""

from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import Term, exists, ite
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    TIME,
    has_slow_clock,
    latest_request,
    slow_clock,
)

clocks = RoleTable(Role.MAG)


def some_clock_is_slow() -> Term:
    """A gateway of the domain has such a clock."""
    return exists(GATEWAY, has_slow_clock)


def read_clock(step: Step, node: Term, gateway: Term, now: Term) -> Term:
    """The timestamp of a request about the node that the gateway sends now."""
    is_slow, shown, latest = (
        has_slow_clock(gateway),
        slow_clock[node],
        latest_request[node],
    )
    timestamp = ite(is_slow, shown, now)
    step.require(~is_slow | (shown != TIME.none))
    step.set(shown, ite(is_slow, TIME.none, shown))
    step.set(latest, ite(some_clock_is_slow(), timestamp, latest))
    return timestamp


@clocks.rule(node=MOBILE_NODE, now=TIME, requirement=())
def advance_slow_clock(step: Step, node: Term, now: Term) -> None:
    """The slow clocks go on: they will show what is the present now."""
    step.require(some_clock_is_slow(), slow_clock[node] == TIME.none)
    step.set(slow_clock[node], now)
