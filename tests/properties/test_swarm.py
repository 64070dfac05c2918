"""A swarm searches crowds with random features, and its violations replay."""

from __future__ import annotations

import pytest
from traces import ends_in_violation, replays

from pmip6.model.domain import Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import TICK
from pmip6.model.shipped.crowd import crowd
from pmip6.model.shipped.feature_pairs import FEATURES
from pmip6.model.shipped.roaming_crowd import (
    HANDOVER_FEATURES,
    HANDOVERS,
    ROAMING,
    ROAMING_FEATURES,
    may_roam_together,
    roaming_crowd,
)
from pmip6.properties import protocol
from pmip6.properties.exploration.search import INTERRUPTED
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.protocol import one_entry_for_each_session
from pmip6.properties.result import Outcome
from pmip6.properties.swarm import KINDS, Kind, features_of, kind_of, swarm
from pmip6.reports.engines import request

assert protocol  # it records the properties

FEW = 3  # runs of a member
ODD = 5215  # seed of a roaming crowd
FAULT = "second-entry"


def test_a_crowd_is_beyond_exploration() -> None:
    chosen = crowd(["interfaces"])
    assert (len(chosen.nodes), len(chosen.gateways), len(chosen.link_layers)) == (
        8,
        5,
        3,
    )


@pytest.mark.parametrize("feature", FEATURES)
def test_each_feature_of_the_anchor_has_its_requests_in_a_crowd(feature: str) -> None:
    alone, without = Model(crowd([feature])), Model(crowd([]))
    assert {rule.name for rule in alone.rules} != {rule.name for rule in without.rules}
    assert with_a_case(alone, PROPERTIES)


@pytest.mark.parametrize("feature", ROAMING_FEATURES)
def test_each_feature_of_gateways_changes_what_a_roaming_crowd_does(
    feature: str,
) -> None:
    with_it = {feature} if feature not in HANDOVER_FEATURES else {HANDOVERS, feature}
    one, without = (
        Model(roaming_crowd(with_it)),
        Model(roaming_crowd(with_it - {feature})),
    )
    assert with_it == {feature} or may_roam_together(with_it)
    assert [rule.guard for rule in one.rules] != [r.guard for r in without.rules]
    assert with_a_case(one, PROPERTIES)


@pytest.mark.parametrize(
    ("kind", "sizes"),
    list(zip(KINDS, (range(1, 6), range(2, 9)), strict=True)),
    ids=[kind.name for kind in KINDS],
)
def test_members_have_all_kinds_of_sets_of_features(kind: Kind, sizes: range) -> None:
    seeds = [seed for seed in range(400) if kind_of(seed) is kind]
    found = [features_of(seed) for seed in seeds]
    assert len(found) == 200 and all(map(kind.may_be_together, found))
    assert {name for chosen in found for name in chosen} == set(kind.features)
    assert {len(chosen) for chosen in found} >= set(sizes)


def test_gateways_are_searched_too() -> None:
    """A fault of a gateway is found by a member with an odd seed."""
    rules = mutant("wrong-prefix-taken").rules
    hunted = [p for p in PROPERTIES if p.name == "preserved-prefix.gateway"]
    run = swarm(hunted, 1, rules=rules, seed=ODD, examples=10, processes=1)
    (result,) = run.properties
    assert result.outcome is Outcome.VIOLATED and result.trace is not None
    model = result.trace.model
    assert model is not None and model.configuration.name.startswith(f"{ROAMING}+")
    assert replays(result.trace, model)
    assert len(result.trace.steps) == 4


def test_a_swarm_finds_a_fault_by_short_runs_and_tells_what_it_reached() -> None:
    rules = mutant(FAULT).rules
    hunted = [one_entry_for_each_session]
    run, again = (
        swarm(hunted, many, rules=rules, seed=5214, examples=FEW, processes=many)
        for many in (2, 1)
    )
    (result,) = run.properties
    assert result.outcome is Outcome.VIOLATED and result.trace is not None
    model = result.trace.model
    assert model is not None and len(model.configuration.nodes) == 8
    assert replays(result.trace, model)
    assert ends_in_violation(result.trace, model, one_entry_for_each_session)
    assert len(result.trace.steps) == 4
    assert again.notes[0] == run.notes[0]
    first, second, reached = run.notes
    assert first.startswith("seed 5214: ") and second.startswith("seed 5215: ")
    taken = sum(bool(steps) for name, steps in run.rules.items() if name != TICK)
    assert reached.startswith(f"{taken} of ")


def test_a_swarm_without_a_violation_decides_nothing() -> None:
    (result,) = swarm([one_entry_for_each_session], 1, examples=FEW).properties
    assert result.outcome is Outcome.UNDECIDED
    assert result.method == "no counterexample in 1 crowds of 1 that have a case"


def test_a_swarm_has_configurations_of_its_own() -> None:
    for names, engine in ((("forwarding",), "fuzz"), ((), "explore")):
        with pytest.raises(Pmip6Error, match="--swarm: is random runs in config"):
            request(names, engine, None, None, swarm=2)


def test_an_interrupt_keeps_the_members_that_are_done() -> None:
    def stop(text: str) -> None:
        raise KeyboardInterrupt

    run = swarm(
        [one_entry_for_each_session], 3, examples=FEW, processes=1, progress=stop
    )
    assert [note.startswith("seed ") for note in run.notes] == [True, False, False]
    assert run.notes[-1] == INTERRUPTED
    assert "1 crowds of 1" in run.properties[0].method
