"""Each request is answered, ignored or kept, with every feature and every two of them.

What a step sends is not in the state of configurations without gateways; so these
properties are made from the rules, and the faults are rules that send nothing.
"""

import pytest
from traces import replays

from pmip6.model.domain import Model, shipped_rules
from pmip6.model.language.table import Role, Rule
from pmip6.model.lma.waiting import (
    hand_over_to_waiting,
    hold_request,
    reject_after_waiting,
)
from pmip6.model.shipped.named import GROUPS, NAMED
from pmip6.properties import protocol
from pmip6.properties.answers import AFTER_A_WAIT, ANSWERS, AT_ONCE
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.property import Property
from pmip6.properties.result import Outcome, Trace

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

ANCHORS = [n for g in ("features", "pairs", "overtaking", "clocks") for n in GROUPS[g]]
BY_DAY = {"prefix-sets+addresses"}
"""It takes seconds, most of them the C compiler's; the nightly run has the others."""
by_night = [
    pytest.param(name, marks=[] if name in BY_DAY else [pytest.mark.nightly])
    for name in ANCHORS
]


def answer_properties(model: Model) -> list[Property]:
    """Those of the model that are about answers."""
    return [p for p in derived_properties(model) if p.name in ANSWERS]


def shown(name: str, rules: tuple[Rule, ...]) -> dict[str, Trace]:
    """Shortest runs of a configuration that violate the properties, with these rules."""
    model = Model(NAMED[name], rules)
    run = explore(model, answer_properties(model), deadlock=False, stop_early=True)
    found = {p.name: p.trace for p in run.properties if p.trace is not None}
    assert all(replays(trace, model) for trace in found.values())
    return found


@pytest.mark.parametrize("name", by_night)
def test_each_request_is_answered_ignored_or_kept(name: str) -> None:
    model = Model(NAMED[name])
    run = explore(model, answer_properties(model), deadlock=False)
    waits = {AFTER_A_WAIT} if "waiting" in name else set[str]()
    assert {p.name for p in run.properties} == {AT_ONCE} | waits
    assert {(p.outcome, p.vacuous) for p in run.properties} == {(Outcome.HOLDS, False)}


BINDS = "allocate"
BY_NAME: dict[str, str] = {
    "prefix-sets": "register_requested_prefix",
    "late-prefix-sets": "register_requested_prefix",
}
"""The rule that makes a binding where each request names the prefix that it wants."""


@pytest.mark.parametrize("name", by_night)
def test_an_anchor_that_binds_and_does_not_say_so_is_noticed(name: str) -> None:
    binds = BY_NAME.get(name, BINDS)
    trace = shown(name, mutant(f"lma.{binds}.send-0").rules)[AT_ONCE]
    assert trace.steps[-1].name == binds


REFUSED, HANDED_OVER, HELD = (
    rule.__name__ for rule in (reject_after_waiting, hand_over_to_waiting, hold_request)
)


@pytest.mark.parametrize(
    ("name", "fault", "broken", "last"),
    [
        ("waiting-in-vain", f"lma.{REFUSED}.send-0", AFTER_A_WAIT, ""),
        ("waiting-in-vain", f"lma.{HANDED_OVER}.send-0", AT_ONCE, HANDED_OVER),
        ("waiting-in-vain", f"lma.{HANDED_OVER}.send-1", AT_ONCE, HANDED_OVER),
        ("waiting-in-vain", f"lma.{HELD}.update-0", AT_ONCE, HELD),
        ("clocked-waiting-in-vain", f"lma.{REFUSED}.send-0", AFTER_A_WAIT, ""),
        ("clocked-waiting-in-vain", f"lma.{HELD}.update-0", AT_ONCE, HELD),
    ],
)
@pytest.mark.nightly
def test_a_wait_without_an_answer_is_noticed(
    name: str, fault: str, broken: str, last: str
) -> None:
    trace = shown(name, mutant(fault).rules)[broken]
    assert not last or trace.steps[-1].name == last


def test_each_rule_that_says_nothing_is_noticed() -> None:
    """The properties of a model in which any one rule of the anchor is mute are others."""
    chosen = NAMED["waiting-in-vain"]
    usual = [p.term for p in answer_properties(Model(chosen))]
    rules = shipped_rules()
    own = {r.name for r in Model(chosen).rules}
    speaking = [r for r in rules if r.role is Role.LMA and r.sends and r.name in own]
    assert speaking
    for rule in speaking:
        mute = [r.changed(sends=()) if r is rule else r for r in rules]
        terms = [p.term for p in answer_properties(Model(chosen, mute))]
        assert any(a is not b for a, b in zip(usual, terms, strict=True)), rule.name


def test_where_no_anchor_takes_part_there_is_nothing_to_answer() -> None:
    chosen = NAMED["waiting-in-vain"]
    assert [p.name for p in answer_properties(Model(chosen))] == [AT_ONCE, AFTER_A_WAIT]
    assert answer_properties(Model(chosen.changed(roles=frozenset({Role.AN})))) == []
