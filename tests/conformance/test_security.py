"""Requests that come again and timestamps far ahead: what anchors without care do."""

import pytest

from pmip6.conformance.lma.in_memory import (
    reference_declaration,
    reference_esp,
    run_case_in_memory,
)
from pmip6.conformance.verdict import Verdict
from pmip6.model.language.table import Rule
from pmip6.model.lma.rules import lma
from pmip6.vectors.lma.purposes import Purpose, purposes
from pmip6.vectors.lma.security_purposes import REPLAYS
from pmip6.vectors.lma.stimuli import Form, Request

ABOUT = [p for p in purposes() if p.key.startswith("security / ")]
REPLAYED = [p for p in ABOUT if " / replay / " in p.key]
FARTHEST = [p for p in ABOUT if " / farthest timestamp / " in p.key]
LAST = "last_accepted"


def _forgetful() -> list[Rule]:
    """No timestamp is remembered."""
    return [
        r.changed(updates=tuple(u for u in r.updates if u.map.name != LAST))
        for r in lma.rules
    ]


def _credulous() -> list[Rule]:
    """A timestamp is remembered although it is refused."""
    allocate = next(r for r in lma.rules if r.name == "allocate")
    update = next(u for u in allocate.updates if u.map.name == LAST)
    return [
        r.changed(updates=(*r.updates, update))
        if r.name == "reject_mismatched_timestamp"
        else r
        for r in lma.rules
    ]


def _ids(purpose: Purpose) -> str:
    return purpose.key


def test_there_is_a_case_for_each() -> None:
    assert len(REPLAYED) == len(REPLAYS) and len(FARTHEST) == 2


@pytest.mark.parametrize("purpose", REPLAYED, ids=_ids)
def test_the_same_octets_come_again(purpose: Purpose) -> None:
    result = run_case_in_memory(purpose, reference_declaration())
    assert result.verdict is Verdict.PASS, result.reason
    test = purpose.test
    assert isinstance(test, Request) and test.form is Form.SAME_OCTETS
    sent = [p.data for p in result.packets if p.outbound]
    at = len([s for s in purpose.preamble if isinstance(s, Request)])
    assert sent[at] in sent[:at]


@pytest.mark.parametrize("purpose", REPLAYED, ids=_ids)
def test_an_anchor_that_remembers_no_timestamp_fails(purpose: Purpose) -> None:
    result = run_case_in_memory(purpose, reference_declaration(), rules=_forgetful())
    assert result.verdict is Verdict.FAIL
    named = {r for f in result.findings for r in f.requirements}
    assert set(purpose.requirements) <= named


@pytest.mark.parametrize("purpose", FARTHEST, ids=_ids)
def test_an_anchor_that_remembers_what_it_refused_fails(purpose: Purpose) -> None:
    declared = reference_declaration()
    assert run_case_in_memory(purpose, declared).verdict is Verdict.PASS
    result = run_case_in_memory(purpose, declared, rules=_credulous())
    assert result.verdict is Verdict.FAIL


def test_all_hold_under_esp_too() -> None:
    declared = reference_declaration().model_copy(update={"esp": reference_esp()})
    results = [run_case_in_memory(purpose, declared) for purpose in ABOUT]
    assert {r.verdict for r in results} == {Verdict.PASS}
