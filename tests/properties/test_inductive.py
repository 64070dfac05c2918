"""Induction alone: what is inductive in which configuration, and what breaks the rest."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from pmip6.model.domain import Configuration, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.shipped.named import NAMED
from pmip6.properties.derived import time_can_go_on
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.proof.inductive import NOT_INDUCTIVE, prove_by_induction
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.lemmas import ARRIVALS, LEMMAS
from pmip6.properties.property import with_a_case
from pmip6.properties.result import Outcome, Run
from pmip6.reports.citations import recorded_properties
from pmip6.reports.cli import run as run_command
from pmip6.reports.engines import request

MOST_SECONDS = 60  # of processor time
BY_DAY = {
    "no-restart": set[str](),
    "late-interfaces+forwarding": {"unique-binding.session"},
    "packets+losses": {"gateway-restart.prefix"},
}
"""What is not inductive there."""


def proved(chosen: Configuration) -> Run:
    model = Model(chosen)
    every = with_a_case(model, recorded_properties())
    return prove_by_induction(model, [*every, time_can_go_on(model)])


def open_in(run: Run) -> set[str]:
    return {r.name for r in run.properties if r.outcome is not Outcome.HOLDS}


@pytest.mark.parametrize("name", BY_DAY)
def test_what_is_not_inductive_has_a_step_that_breaks_it(name: str) -> None:
    run = proved(NAMED[name])
    assert open_in(run) == BY_DAY[name]
    rules = {rule.name for rule in Model(NAMED[name]).rules}
    for result in run.properties:
        if result.name in BY_DAY[name]:
            assert result.method == NOT_INDUCTIVE
            assert result.note.split()[0] in rules
            assert result.note.endswith("from a state that the lemmas allow")


def test_a_property_rests_on_its_lemmas_and_on_no_fewer() -> None:
    chosen, name = NAMED["waiting-numbers"], "deletion-delay.kept"
    by_name = {known.name: known for known in LEMMAS}
    (whole,) = (r for r in proved(chosen).properties if r.name == name)
    first, _, names = whole.note.partition("rests on ")
    used = [by_name[each] for each in names.split(", ")]
    assert first == "" and len(used) > 1
    claims = [p for p in recorded_properties() if p.name == name]

    def outcome(lemmas: Sequence[Lemma]) -> Outcome:
        run = prove_by_induction(Model(chosen), claims, lemmas=lemmas)
        return run.properties[0].outcome

    every = [*LEMMAS, *ARRIVALS]
    assert outcome(every) is Outcome.HOLDS
    for one in used:
        assert outcome([k for k in used if k is not one]) is Outcome.UNDECIDED


def test_a_fault_is_not_inductive() -> None:
    model = Model(NAMED["no-restart"], mutant("second-entry").rules)
    claims = [p for p in recorded_properties() if p.name == "unique-binding.session"]
    (result,) = prove_by_induction(model, claims).properties
    assert result.outcome is Outcome.UNDECIDED


def test_the_table_has_what_is_not_decided_and_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = "check late-interfaces+forwarding no-restart --engine prove --depth 0"
    assert run_command([*words.split(), "--summary"]) == 3
    lines = capsys.readouterr().out.splitlines()
    told = lines[lines.index("Not decided:") + 1 :]
    assert {line.partition(":")[0] for line in told[: told.index("")]} == BY_DAY[
        "late-interfaces+forwarding"
    ]
    assert told[-1].startswith("2 configurations in ")


def test_a_depth_is_one_of_bounded_runs() -> None:
    with pytest.raises(Pmip6Error, match="--depth: is about the bounded runs"):
        request(("forwarding",), "explore", None, None, depth=3)
    with pytest.raises(Pmip6Error, match="--depth: is about the bounded runs"):
        request((), "prove", None, None, any_size=True, depth=3)
    every = request(("all",), "prove", None, None, depth=0)
    assert [c.name for c in every.configurations] == [*NAMED]


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMED)
def test_induction_takes_less_than_a_minute_and_proves_nothing_that_fails(
    name: str,
) -> None:
    began = time.process_time()
    run = proved(NAMED[name])
    assert time.process_time() - began < MOST_SECONDS
    assert open_in(run) >= NAMED[name].broken & {r.name for r in run.properties}
