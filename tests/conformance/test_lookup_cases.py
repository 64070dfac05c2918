"""An anchor that forgets a condition of the lookup everywhere fails a case that is for it."""

import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import TypeAlias

import pytest

from pmip6.conformance.lma.in_memory import reference_declaration, run_case_in_memory
from pmip6.conformance.verdict import Verdict
from pmip6.model.language.table import Message, Rule
from pmip6.model.language.terms import TRUE, Term
from pmip6.model.lma import lookup
from pmip6.model.lma.rules import lma
from pmip6.vectors.lma.purposes import purposes_named

PACKAGE = "pmip6.model.lma"
READERS = ("checks", "registration", "waiting", "deregistration", "rules")
"""The modules that ask the lookup, in an order in which they can be imported."""
CASES = {
    "only session, which is over": "TP_LMA_CHK_BO_79",
    "only session, no identifier, which is over": "TP_LMA_CHK_BO_80",
}
BY_NAME = "TP_LMA_REG_BO_21"


Recorder: TypeAlias = Callable[[], tuple[Rule, ...]]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Writes all rules of the anchor down again, with the lookup as it is then."""

    def record() -> tuple[Rule, ...]:
        package = import_module(PACKAGE)
        for name in READERS:
            module = import_module(f"{PACKAGE}.{name}")
            monkeypatch.setattr(package, name, module)  # so that it comes back
            monkeypatch.delitem(sys.modules, f"{PACKAGE}.{name}")
        rules: tuple[Rule, ...] = import_module(f"{PACKAGE}.rules").lma.rules
        return rules

    return record


def _of_any_number(row: lookup.LookupRow) -> lookup.LookupRow:
    """The row without the condition that the node has one session only."""

    def conditions(entry: Term, message: Message) -> lookup.Conditions:
        several = lookup.has_several_entries(message)
        every = row.conditions(entry, message)
        kept = tuple(c for c in every if c is not ~several)  # equal terms are the same
        assert len(kept) == len(every) - 1
        return kept

    return replace(row, conditions=conditions)


def _verdict(name: str, rules: tuple[Rule, ...]) -> Verdict:
    (purpose,) = purposes_named([name])
    return run_case_in_memory(purpose, reference_declaration(), rules=rules).verdict


def test_the_anchor_passes_with_its_rules_written_again(recorded: Recorder) -> None:
    rules = recorded()
    assert rules is not lma.rules
    for name in (*CASES.values(), BY_NAME):
        assert _verdict(name, rules) is Verdict.PASS


@pytest.mark.parametrize("name", CASES)
def test_an_anchor_that_ends_one_of_several_sessions_fails(
    name: str, recorded: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [_of_any_number(r) if r.name == name else r for r in lookup.LOOKUP]
    assert any(new is not old for new, old in zip(rows, lookup.LOOKUP, strict=True))
    monkeypatch.setattr(lookup, "LOOKUP", tuple(rows))
    rules = recorded()
    fails = {case for case in CASES.values() if _verdict(case, rules) is Verdict.FAIL}
    assert fails == {CASES[name]}


def test_an_anchor_that_gives_a_prefix_of_another_session_fails(
    recorded: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_free(prefix: Term) -> Term:
        return TRUE

    monkeypatch.setattr(lookup, "is_free", is_free)  # `may_have` alone asks it
    assert _verdict(BY_NAME, recorded()) is Verdict.FAIL
