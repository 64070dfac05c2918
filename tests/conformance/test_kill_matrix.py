"""The kill matrix: fates of some faulty anchors, and reasons for being out of reach."""

from pathlib import Path

import pytest

from pmip6.conformance.equivalence import (
    reason_equivalent,
    reason_out_of_reach,
    small_anchor,
)
from pmip6.conformance.faulty_peers import (
    anchor_mutants,
    encoder_mutants,
    faulty_peer,
)
from pmip6.conformance.in_memory import reference_declaration
from pmip6.conformance.kill_matrix import (
    WHY_THEY_SURVIVE,
    Fate,
    mutants,
    percent_killed,
    sampled,
    verdict,
)
from pmip6.conformance.verdict import Verdict
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.purposes import purposes_named

ROOT = Path(__file__).resolve().parents[2]
KILLED_BY = {
    "lma.reject_unauthorised_gateway.removed": "TP_LMA_CHK_BI_03",
    "lma.allocate.update-3": "TP_LMA_REG_BV_01",
    "lma.hand_off.update-1": "TP_LMA_HO_BV_01",
    "lma.hand_off.guard-14": "TP_LMA_DER_BO_01",
    "lma.extend.guard-9": "TP_LMA_CHK_BI_114",  # found without the access technology
    "lma.extend.guard-11": "TP_LMA_REG_BV_50",  # neither node has an identifier
    "lma.extend.guard-14": "TP_LMA_CHK_BI_06",
    "lma.hand_off.guard-11": "TP_LMA_REG_BV_51",  # both have the same one
    "lma.extend.send-0": "TP_LMA_EXT_BV_01",
    "lma.repeat_deregistration.send-0": "TP_LMA_DER_BV_03",
    "lma.deregister.timer-1": "TP_LMA_DER_BV_01",
    "lma.expire.removed": "TP_LMA_EXT_TI_01",
    **dict.fromkeys(encoder_mutants(), "TP_LMA_ACK_BV_02"),
}


@pytest.mark.parametrize("name", KILLED_BY)
def test_a_mutant_fails_its_case_that_the_anchor_passes(name: str) -> None:
    (purpose,) = purposes_named([KILLED_BY[name]])
    assert verdict(faulty_peer(name), purpose) is Verdict.FAIL
    assert reference_declaration().readings.taken() == ()


def _out_of_reach(name: str) -> str | None:
    peer = faulty_peer(name)
    assert peer.rules is not None
    return reason_out_of_reach(peer.rules, peer.subject)


def test_a_rule_of_another_reading_is_out_of_reach() -> None:
    reason = "the rule is never taken with the switches off"
    assert _out_of_reach("lma.restart_deletion_delay.send-0") == reason
    assert _out_of_reach("lma.acknowledge_foreign_deregistration.removed") == reason
    assert _out_of_reach("lma.deregister.send-0") is None


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("lma.ignore_foreign_deregistration.removed", True),
        ("lma.expire.guard-1", True),
        ("lma.deregister.timer-1", False),
        ("lma.extend.timer-0", True),  # the delay ends later, to no effect
        ("lma.expire.update-1", True),  # a free entry keeps the node's name
        ("lma.expire.update-2", False),  # a free entry keeps a prefix
        ("lma.reject_unauthorised_gateway.removed", False),
    ],
)
def test_equivalence_is_decided_on_a_small_anchor(name: str, alike: bool) -> None:
    peer = faulty_peer(name)
    assert peer.rules is not None
    reason = reason_equivalent(
        peer.rules, peer.subject, changes_effects=peer.kind in ("update", "timer")
    )
    assert (reason is not None) is alike


def test_a_survivor_with_a_reason_is_a_mutant() -> None:
    assert set(WHY_THEY_SURVIVE) <= set(anchor_mutants())


def test_the_small_anchor_has_its_states() -> None:
    anchor = small_anchor()
    assert (len(anchor.states), len(anchor.messages)) == (144, 5184)


def test_the_percentage_leaves_out_what_is_out_of_reach() -> None:
    fates = [
        Fate("a", "guard", "", case="TP_LMA_REG_BV_01"),
        Fate("b", "guard", ""),
        Fate("c", "guard", "", reason="silence"),
    ]
    assert percent_killed(fates) == 50.0
    assert percent_killed([]) == 100.0


def test_every_mutant_is_in_one_part() -> None:
    every = [name for names in mutants().values() for name in names]
    assert len(every) == len(set(every))
    assert set(every) == {*anchor_mutants(), *encoder_mutants()}


def test_a_sample_is_the_same_in_every_run() -> None:
    names = [str(n) for n in range(100)]
    assert sampled(names, 0) == sampled(names, 100) == names
    assert sampled(names, 9) == sampled(names, 9)
    assert len(sampled(names, 9)) == 9
    assert sampled(names, 9) == sorted(sampled(names, 9), key=int)


def test_an_unknown_mutant_is_one_line() -> None:
    with pytest.raises(Pmip6Error, match="is no mutant"):
        faulty_peer("lma.allocate.nothing")
