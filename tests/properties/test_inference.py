"""Invariants that are found: candidates from the sorts, what runs and induction leave."""

import pytest

from pmip6.model.domain import shipped_rules
from pmip6.properties import protocol
from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.inference import prove_by_inference
from pmip6.properties.proof.templates import Templates
from pmip6.properties.property import PROPERTIES
from pmip6.properties.result import Outcome

assert protocol  # it records the properties


@pytest.mark.nightly
def test_unique_binding_and_preserved_prefix_need_no_written_lemma() -> None:
    run = prove_by_inference(lambda text: None)
    assert {p.name: p.outcome for p in run.properties} == {
        p.name: Outcome.HOLDS
        for p in PROPERTIES
        if p.name.startswith(("unique-binding.", "preserved-prefix."))
        and p.name != "preserved-prefix.settled"  # about counted requests alone
    }
    found = [note for note in run.notes if note.startswith("lemma inferred-")]
    assert len(found) == 15
    assert "s of processor time (the goal is below 60 s)" in run.notes[0]
    again = [note for note in run.notes if note.endswith(" again")]
    assert again
    for note in again:
        _, _, proved, _, of, _ = note.split()
        assert proved == of


def test_induction_gives_up_what_is_false() -> None:
    engine = AnySize()
    rules = list(engine.rules(shipped_rules()))
    candidates = Templates(rules).candidates()
    assert len(candidates) == 1166
    entries = {"bce_state", "bce_node"}
    few = [
        c
        for c in candidates[:40]
        if c.channel is None and any(name in str(c.term) for name in entries)
    ]
    kept, lost = engine.inductive_part(rules, few)
    assert lost, "each state of an entry alone is a candidate that some step breaks"
    told = [str(k.term) for k in kept]
    assert (
        "(forall bindingCacheEntry_0: BindingCacheEntry."
        " (~(bce_state[bindingCacheEntry_0] == FREE)"
        " | (bce_node[bindingCacheEntry_0] == none)))" in told
    )
