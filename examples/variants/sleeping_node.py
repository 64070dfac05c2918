"""A node that sleeps after it has left a link, and wakes up by a timer of its own.

It shows all that a variant may have: state, a timer, a switch, rules beside ours, one of ours
left out, a property with its premise, and a configuration that turns the switch on.
"""

from pmip6.model.domain import Configuration
from pmip6.model.language.table import Rigid, Role, RoleTable, StateMap, Step, Timer
from pmip6.model.language.terms import BOOL, Term, exists, forall, implies
from pmip6.model.shipped.configurations import ON, facts
from pmip6.model.state import GATEWAY, MOBILE_NODE, attached
from pmip6.properties.property import invariant

nodes_sleep = Rigid("nodes_sleep", ())
asleep = StateMap("asleep", (MOBILE_NODE,), BOOL)
sleep = Timer("sleep", (MOBILE_NODE,))

mn = RoleTable(Role.MN)

WITHOUT = ("attach",)  # attach_awake takes its place


@mn.rule(node=MOBILE_NODE, gateway=GATEWAY, requirement=())
def attach_awake(step: Step, node: Term, gateway: Term) -> None:
    """Only a node that is awake comes to a link."""
    step.require(attached[node] == GATEWAY.none, ~asleep[node])
    step.set(attached[node], gateway)


@mn.rule(node=MOBILE_NODE, requirement=())
def fall_asleep(step: Step, node: Term) -> None:
    """A node that is on no link sleeps."""
    step.require(nodes_sleep(), attached[node] == GATEWAY.none, ~asleep[node])
    step.set(asleep[node], True)
    step.start(sleep, node)


@mn.rule(expiry=sleep, node=MOBILE_NODE, requirement=())
def wake(step: Step, node: Term) -> None:
    """The node wakes when its time has passed."""
    step.set(asleep[node], False)


@invariant(
    "sleeping-node",
    premise=lambda: exists(MOBILE_NODE, lambda n: asleep[n]),
    requirement=(),
)
def a_sleeping_node_is_on_no_link() -> Term:
    """No node is asleep and attached at once."""
    return forall(
        MOBILE_NODE, lambda n: implies(asleep[n], attached[n] == GATEWAY.none)
    )


SLEEPY = Configuration(
    name="sleepy",
    summary="1 mobile node that sleeps between its visits to 2 MAGs",
    nodes=("mn1",),
    gateways=("mag1", "mag2"),
    prefixes=("p1", "p2"),
    entries=("bce1", "bce2"),
    facts=facts(("mn1",), ("mag1", "mag2"), ("p1", "p2"), nodes_sleep=ON),
    durations={"sleep": (2,), "min_delay_before_bce_delete": (1,)},
    capacity={"pbu": 2, "pba": 2},
    in_flight=2,
    times=2,
)
