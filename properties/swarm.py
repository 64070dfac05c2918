"""A swarm of random searches: crowds with random sets of features, side by side.

One search with all features on rarely comes far with any; many with few each do (Groce et
al., swarm testing).  Each member has a seed, which decides its features and its runs: even
ones are about the anchor, odd ones about gateways.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pmip6.model.domain import Configuration, Model
from pmip6.model.language.table import Rule
from pmip6.model.shipped.crowd import CROWD, crowd, may_be_together
from pmip6.model.shipped.feature_pairs import FEATURES
from pmip6.model.shipped.roaming_crowd import (
    ROAMING,
    ROAMING_FEATURES,
    may_roam_together,
    roaming_crowd,
)
from pmip6.properties.exploration.search import INTERRUPTED
from pmip6.properties.fuzz import ENGINE, SEED, STEPS, fuzz, rules_taken
from pmip6.properties.property import Property, with_a_case
from pmip6.properties.result import Outcome, PropertyResult, Run

EXAMPLES = 40
"""Runs of a member; each takes some tenths of a second."""


@dataclass(frozen=True)
class Kind:
    """Crowds that differ in their features alone.

    Args:
        name: What they are called.
        features: The names of all features.
        may_be_together: Whether there is a crowd with some of them.
        crowd: It.
    """

    name: str
    features: tuple[str, ...]
    may_be_together: Callable[[Iterable[str]], bool]
    crowd: Callable[[Iterable[str]], Configuration]


KINDS = (
    Kind(CROWD, tuple(FEATURES), may_be_together, crowd),
    Kind(ROAMING, tuple(ROAMING_FEATURES), may_roam_together, roaming_crowd),
)


def kind_of(seed: int) -> Kind:
    """Which crowds a member with this seed is one of; they take turns."""
    return KINDS[seed % len(KINDS)]


@dataclass(frozen=True)
class Member:
    """What one search of a swarm looked at, and found."""

    seed: int
    features: tuple[str, ...]
    run: Run

    def model(self, rules: Sequence[Rule] | None) -> Model:
        """The model that it ran."""
        return Model(kind_of(self.seed).crowd(self.features), rules)


def features_of(seed: int) -> tuple[str, ...]:
    """The features that a member with this seed has: each by chance, as far as they go."""
    chance, kind = random.Random(seed), kind_of(seed)
    while True:
        chosen = tuple(name for name in kind.features if chance.random() < 0.5)
        if kind.may_be_together(chosen):
            return chosen


def swarm(
    properties: Sequence[Property],
    members: int,
    *,
    rules: Sequence[Rule] | None = None,
    seed: int = SEED,
    seconds: float = 0,
    examples: int = EXAMPLES,
    processes: int | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> Run:
    """Search many crowds at once; the same seeds find the same.

    Args:
        properties: What has to hold, where there is a case.
        members: How many searches are made in any case.
        rules: The rules; ours where None.
        seed: Seed of the first member; each further one has the next.
        seconds: For how long further members begin.
        examples: Runs of each member.
        processes: How many work at once; one for each processor, if not given.
        progress: Is told how many are done.

    Raises:
        KeyboardInterrupt: Somebody ended it before a member was done; later the run tells
            of those that were, and a note that it was ended.
    """
    began = time.perf_counter()
    processes = processes or os.cpu_count() or 1
    found: list[Member] = []
    given = tuple(properties), rules, examples
    context = multiprocessing.get_context("fork")  # rules are compared by identity
    was_interrupted = False
    with context.Pool(processes, _take, given) as pool:
        following = seed
        try:
            while following < seed + members or time.perf_counter() - began < seconds:
                left = seed + members - following
                seeds = range(following, following + (left if left > 0 else processes))
                for member in pool.imap(_search, seeds):
                    found.append(member)
                    progress(f"{len(found)} crowds")
                following = seeds.stop
        except KeyboardInterrupt:
            if not found:
                raise
            was_interrupted = True
    run = _together(found, properties, rules, time.perf_counter() - began)
    notes = (*run.notes, INTERRUPTED) if was_interrupted else run.notes
    return replace(run, notes=notes)


_given: tuple[Sequence[Property], Sequence[Rule] | None, int] = ((), None, 0)


def _take(
    properties: Sequence[Property], rules: Sequence[Rule] | None, examples: int
) -> None:
    """What a process works with; Ctrl-C is for the one that waits."""
    global _given
    _given = properties, rules, examples
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _search(seed: int) -> Member:
    properties, rules, examples = _given
    features = features_of(seed)
    model = Model(kind_of(seed).crowd(features), rules)
    claims = with_a_case(model, properties)
    run = fuzz(model, claims, examples=examples, seed=seed, narrow=True)
    return Member(seed, features, run)


def _together(
    members: Sequence[Member],
    properties: Sequence[Property],
    rules: Sequence[Rule] | None,
    seconds: float,
) -> Run:
    """One run of all members: of each property the first violation."""
    taken: Counter[str] = Counter()
    names: dict[str, None] = {}
    for member in members:
        taken.update(member.run.rules)
        names |= dict.fromkeys(rule.name for rule in member.model(rules).rules)
    results = [
        result
        for claim in properties
        if (result := _first(claim, members, rules)) is not None
    ]
    return Run(
        CROWD,
        ENGINE,
        states=None,
        transitions=sum(member.run.transitions or 0 for member in members),
        depth=STEPS,
        seconds=seconds,
        properties=tuple(results),
        notes=(*map(_told, members), rules_taken([*names], taken)),
        rules=dict(sorted(taken.items())),
    )


def _told(member: Member) -> str:
    on = ", ".join(member.features) or "no feature"
    which = kind_of(member.seed).name
    steps, rules = (
        member.run.transitions or 0,
        sum(map(bool, member.run.rules.values())),
    )
    return f"seed {member.seed}: {which} with {on}: {steps:,} steps of {rules} rules"


def _first(
    claim: Property, members: Sequence[Member], rules: Sequence[Rule] | None
) -> PropertyResult | None:
    """The first violation of a property, or how much was tried; None without a case."""
    results = list(_results(claim, members))
    for member, result in results:
        if result.trace is not None:
            trace = replace(result.trace, model=member.model(rules))
            on = "+".join((kind_of(member.seed).name, *member.features))
            return replace(result, trace=trace, note=f"{on}, seed {member.seed}")
    if not results:
        return None
    reached = [result for _, result in results if not result.note]
    method = (
        f"no counterexample in {len(results)} crowds of {len(members)} that have a case"
    )
    note = "" if reached else results[0][1].note
    return PropertyResult(
        claim.name, Outcome.UNDECIDED, method, claim.assumptions, note=note
    )


def _results(
    claim: Property, members: Sequence[Member]
) -> Iterator[tuple[Member, PropertyResult]]:
    for member in members:
        for result in member.run.properties:
            if result.name == claim.name:
                yield member, result
