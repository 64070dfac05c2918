"""An anchor that deletes a binding as soon as its gateway de-registers it.

A vendor drops the wait of MinDelayBeforeBCEDelete (RFC 5213, section 5.3.5) to save memory.
`pmip6 check --variant examples/variants/delete_at_once.py` says what that breaks.
"""

from pmip6.model.domain import Configuration
from pmip6.model.language.table import Message, Role, RoleTable, Step
from pmip6.model.language.terms import Term
from pmip6.model.lma.binding_cache import delete
from pmip6.model.lma.deregistration import ends_session
from pmip6.model.sending import acknowledge
from pmip6.model.shipped.configurations import facts
from pmip6.model.state import ENTRY, PREFIX, BindingState, bce_state, pbu

lma = RoleTable(Role.LMA)


@lma.rule(on=pbu, entry=ENTRY, prefix=PREFIX, requirement="5213-5.3.5-2")
def deregister(step: Step, message: Message, entry: Term, prefix: Term) -> None:
    """Our rule of this name, without the wait: the entry goes, then the answer."""
    ends_session(step, message, entry, prefix)
    step.require(bce_state[entry] == BindingState.REGISTERED)
    delete(step, entry)
    acknowledge(step, message, prefix)


SMALL = Configuration(
    name="delete-at-once",
    summary="1 mobile node that moves between 2 MAGs",
    nodes=("mn1",),
    gateways=("mag1", "mag2"),
    prefixes=("p1", "p2"),
    entries=("bce1", "bce2"),
    facts=facts(("mn1",), ("mag1", "mag2"), ("p1", "p2")),
    durations={"binding_lifetime": (3,), "min_delay_before_bce_delete": (1,)},
    capacity={"pbu": 2, "pba": 2},
    in_flight=2,
    times=2,
)
