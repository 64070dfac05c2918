"""Faulty gateways: what the cases notice of them, and why some cannot be noticed."""

import pytest

from pmip6.conformance.mag.faulty_gateways import (
    faulty_gateway,
    faulty_gateways,
    table_mutants,
)
from pmip6.conformance.mag.kill_matrix import (
    FOLDED,
    WHY_THEY_SURVIVE,
    Fate,
    percent_noticed,
    reason_equivalent,
    survivors,
)
from pmip6.conformance.verdict import Verdict
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.ledger import derive_gateway
from pmip6.vectors.mag.distinctions import (
    DOMAINS,
    WIDEST,
    compared,
    faults_of,
    gateway_mutants,
    shows,
)
from pmip6.vectors.mag.lockstep import Event
from pmip6.vectors.mag.purposes import gateway_purposes

TELLING = [purpose for purpose in gateway_purposes() if faults_of(purpose)]
"""The cases that are there for the faults of a rule."""
HOW_MANY = 37
SOME = (
    "mag.accept.timer-0",
    "mag.forget_refused_node.update-0",
    "mag.retransmit.timer-1",
)


def test_mutants_have_names_of_their_own() -> None:
    names = faulty_gateways()
    assert (
        len(names) == len(set(names)) == len(gateway_mutants()) + len(table_mutants())
    )
    with pytest.raises(Pmip6Error, match="is no mutant"):
        faulty_gateway("mag.accept.nothing")


PAIRS = (101, 101, 140, 3)
"""The states of a gateway in each setting."""

# ---- side by side ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("mag.finish_deregistration.timer-2", True),  # runs out to no effect
        (
            "mag.lapse_instead_of_renewal.removed",
            True,
        ),  # every departure is seen at once
        ("mag.retransmit.update-3", False),  # the third wait is not twice the second
        ("mag.forget_refused_node.removed", False),
        ("mag.accept.update-1", False),
        ("mag.accept.timer-0", False),
        ("mag.accept_refusal.guard-4-11", False),  # without sequence numbers alone
    ],
)
def test_a_mutant_is_alike_where_no_run_tells_it(name: str, alike: bool) -> None:
    assert (reason_equivalent(name) != "") is alike


def test_a_rule_that_no_gateway_takes_is_folded() -> None:
    assert reason_equivalent("mag.register_again.removed") == FOLDED


def test_a_shortest_run_tells_a_refused_node_that_is_not_forgotten() -> None:
    found = compared(gateway_mutants()["mag.forget_refused_node.removed"], WIDEST[0])
    assert found.run is not None
    kinds = [event.kind for event in found.run if isinstance(event, Event)]
    assert kinds == ["attach", "answer", "detach", "attach"]


def test_what_changes_nothing_visits_every_state() -> None:
    removed = gateway_mutants()["mag.ignore_refused_deregistration.removed"]
    assert tuple(compared(removed, setting).pairs for setting in WIDEST) == PAIRS


# ---- the cases that tell them ----------------------------------------------------------


def test_each_case_for_the_faults_of_a_rule_tells_one() -> None:
    assert len(TELLING) == HOW_MANY
    for purpose in TELLING:
        assert purpose.domain in DOMAINS
        assert any(shows(purpose, mutant) for mutant in faults_of(purpose))


@pytest.mark.parametrize("name", SOME)
def test_a_mutant_fails_its_case(name: str) -> None:
    found = {
        faulty_gateway(name).verdict(purpose)
        for purpose in TELLING
        if gateway_mutants()[name] in faults_of(purpose)
    }
    assert Verdict.FAIL in found


@pytest.mark.nightly
def test_the_ledger_has_a_case_for_each_mutant_that_can_be_told() -> None:
    keys = {draft.key for draft in derive_gateway(gateway_purposes())}
    assert keys == {purpose.key for purpose in gateway_purposes()}


# ---- the numbers -----------------------------------------------------------------------


def test_a_survivor_with_a_reason_is_a_mutant() -> None:
    assert set(WHY_THEY_SURVIVE) <= set(faulty_gateways())


def test_the_percentage_leaves_out_what_is_out_of_reach() -> None:
    fates = [
        Fate("a", "guard", "", case="TP_MAG_ATT_BV_01"),
        Fate("b", "guard", ""),
        Fate("c", "guard", "", reason="silence"),
    ]
    assert percent_noticed(fates) == 50.0
    assert [fate.name for fate in survivors(fates)] == ["b"]
    assert percent_noticed([]) == 100.0
