"""What is no switch of the anchor's rules, with each feature; and that nothing else is one."""

from collections.abc import Iterator

import pytest
from pinned_counts import FURTHER_PAIRS as COUNTS

from pmip6.conformance.lma.declaration import Readings
from pmip6.model.domain import RIGIDS, Configuration, Model
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import Op, Term, name_of, subterms
from pmip6.model.lma.rules import lma
from pmip6.model.shipped.feature_pairs import FEATURES, NODE, PAIRS
from pmip6.model.shipped.further_pairs import FURTHER_PAIRS, LATE, RESTARTING
from pmip6.model.shipped.restart_configurations import RESTARTS
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome

assert protocol  # it records the properties

BY_DAY = {"late-window+addresses", "restart-no-timestamps+addresses"}


def _terms(rule: Rule) -> Iterator[Term]:
    yield from rule.guard
    for update in rule.updates:
        yield from (*update.args, update.value)
    for send in rule.sends:
        yield from send.values
    for change in rule.timers:
        yield from change.args
        if change.level is not None:
            yield change.level


def _switches() -> set[str]:
    """What a rule of the anchor asks that is on or off in a whole configuration."""
    asked = {
        name_of(part)
        for rule in lma.rules
        for term in _terms(rule)
        for part in subterms(term)
        if part.op is Op.RIGID
    }
    return {name for name in asked if not RIGIDS[name].index}


def test_the_anchor_has_no_other_feature() -> None:
    """Each switch of its rules is one of a feature in the pairs, or a reading of the text."""
    features = {name for feature in FEATURES.values() for name in feature.facts}
    readings = set(Readings.model_fields)
    assert _switches() <= features | readings
    assert not features & readings


def test_each_feature_is_there_with_late_requests_and_with_each_restart() -> None:
    assert list(COUNTS) == list(FURTHER_PAIRS)
    kept = {_kept(chosen) for chosen in RESTARTS.values()}
    for name in FEATURES:
        assert "delay" in FURTHER_PAIRS[f"{LATE}+{name}"].faults
        if name not in RESTARTING:
            found = [
                c
                for c in (*PAIRS.values(), *FURTHER_PAIRS.values())
                if name in c.name.split("+") and "anchor_restarts" in c.facts
            ]
            assert {_kept(chosen) for chosen in found} == kept
            assert 1 in {_assignable(chosen) for chosen in found}


def _kept(chosen: Configuration) -> frozenset[str]:
    """What an anchor keeps when it restarts."""
    return frozenset(name for name in chosen.facts if name.endswith("_survive"))


def _assignable(chosen: Configuration) -> int:
    """How many prefixes, or sets, the node may have."""
    may_have = chosen.facts["is_assignable"]
    return sum((NODE, prefix) in may_have for prefix in chosen.prefixes)


@pytest.mark.compiler
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in BY_DAY else [pytest.mark.nightly])
        for name in FURTHER_PAIRS
    ],
)
def test_all_properties_hold_but_what_a_finding_tells(name: str) -> None:
    chosen = FURTHER_PAIRS[name]
    model = Model(chosen)
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    assert (run.states, run.transitions, run.depth) == COUNTS[name]
    of = {o: {p.name for p in run.properties if p.outcome is o} for o in Outcome}
    assert of[Outcome.VIOLATED] == chosen.broken
    assert of[Outcome.UNDECIDED] == chosen.silent_on
