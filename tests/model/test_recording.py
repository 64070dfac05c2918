"""What Python would decide silently is refused while a rule is recorded."""

from collections.abc import Callable

import pytest

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Role, RoleTable, Step
from pmip6.model.language.terms import Term, before, exists, forall, variable
from pmip6.model.state import (
    GATEWAY,
    MOBILE_NODE,
    TIME,
    attached,
    bce_node,
    last_accepted,
    pba,
)

NODE = variable("node", MOBILE_NODE)
GATE = variable("gateway", GATEWAY)


def decides_by_if(step: Step, node: Term) -> None:
    if attached[node] == GATEWAY.none:
        step.require(attached[node] == GATEWAY.none)


def decides_by_and(step: Step, node: Term) -> None:
    step.require(attached[node] == GATEWAY.none and attached[node] == GATEWAY.none)


def decides_by_not(step: Step, node: Term) -> None:
    step.require(not attached[node])  # type: ignore[arg-type]  # wrong on purpose


def decides_by_in(step: Step, node: Term) -> None:
    step.require(attached[node] in (GATEWAY.none,))  # type: ignore[arg-type]  # wrong on purpose


def decides_by_is(step: Step, node: Term) -> None:
    step.require(attached[node] is GATEWAY.none)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    "function",
    [decides_by_if, decides_by_and, decides_by_not, decides_by_in, decides_by_is],
    ids=lambda f: f.__name__,
)
def test_a_silent_decision_is_refused(function: Callable[..., None]) -> None:
    table = RoleTable(Role.MN)
    with pytest.raises(Pmip6Error, match="lets Python decide"):
        table.rule(node=MOBILE_NODE, requirement=())(function)
    assert not table.rules


def test_a_term_has_no_truth_value() -> None:
    with pytest.raises(Pmip6Error, match="no truth value"):
        bool(attached[NODE] == GATEWAY.none)


def test_terms_of_different_sorts_do_not_compare() -> None:
    with pytest.raises(Pmip6Error, match="another sort"):
        _ = attached[NODE] == NODE
    with pytest.raises(Pmip6Error, match="one ordered sort"):
        before(NODE, NODE)


def test_a_map_is_read_at_variables_of_its_sorts_only() -> None:
    with pytest.raises(Pmip6Error, match="takes"):
        _ = attached[GATE]
    entry = variable("entry", bce_node.index[0])
    with pytest.raises(Pmip6Error, match="at variables only"):
        _ = last_accepted[bce_node[entry]]


def test_a_message_names_every_field_of_its_channel() -> None:
    with pytest.raises(Pmip6Error, match="exactly the fields"):
        Step().send(pba, node=NODE)


def test_quantifiers_range_over_open_sorts_and_nest() -> None:
    with pytest.raises(Pmip6Error, match="open sorts"):
        forall(TIME, lambda t: before(t, t))
    nested = exists(
        MOBILE_NODE, lambda n: forall(MOBILE_NODE, lambda m: attached[n] == attached[m])
    )
    assert str(nested).count("mobileNode_0") == 2
    assert str(nested).count("mobileNode_1") == 2


def test_terms_that_are_written_alike_are_one() -> None:
    assert (attached[NODE] == GATE) is (attached[NODE] == GATE)
