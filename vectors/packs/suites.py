"""What scenarios cover of their role's machine, and the smallest set that covers as much."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pmip6.vectors.packs.scenario_group import ScenarioFile, ScenarioVector


class Coverage(enum.StrEnum):
    """What a suite has to cover."""

    RULES = "rules"
    EDGES = "edges"
    PAIRS = "pairs"
    ALL = "all"  # every scenario


def covered(scenario: ScenarioVector, coverage: Coverage) -> frozenset[str]:
    """What a scenario covers: rules, edges, or pairs of consecutive edges, by name."""
    match coverage:
        case Coverage.RULES:
            return frozenset(rule_of(edge) for edge in scenario.edges)
        case Coverage.EDGES:
            return frozenset(scenario.edges)
        case Coverage.PAIRS:
            met = (f"{one}; {two}" for one, two in pairwise(scenario.edges))
            return frozenset(met)
        case Coverage.ALL:
            return frozenset({scenario.name})


def rule_of(edge: str) -> str:
    """The rule of an edge."""
    return edge.split(": ")[0]


def covered_by(
    scenarios: Iterable[ScenarioVector], coverage: Coverage
) -> frozenset[str]:
    """What scenarios cover together."""
    return frozenset(item for s in scenarios for item in covered(s, coverage))


def smallest(
    scenarios: Sequence[ScenarioVector], coverage: Coverage
) -> list[ScenarioVector]:
    """A small set that covers as much, in the order given.

    Taken is what covers most that is new; of two alike the shorter one.
    """
    left = {s.name: covered(s, coverage) for s in scenarios}
    size = {s.name: len(s.steps) for s in scenarios}
    missing = set(covered_by(scenarios, coverage))
    chosen: set[str] = set()
    while missing:
        best = min(left, key=lambda n: (-len(left[n] & missing), size[n], n))
        missing -= left.pop(best)
        chosen.add(best)
    return [s for s in scenarios if s.name in chosen]


def rules_of(name: str, files: Iterable[ScenarioFile]) -> str:
    """How many of the rules are taken, in a line, and which are not."""
    some = list(files)
    rules = {rule for file in some for rule in file.rules}
    every = [scenario for file in some for scenario in file.vectors]
    taken = covered_by(every, Coverage.RULES) & rules
    missing = ", ".join(sorted(rules - taken))
    return f"{name}: {len(taken)} of {len(rules)} rules" + (
        f", without {missing}" if missing else ""
    )


def summary(file: ScenarioFile) -> str:
    """What the scenarios of a role cover, and how many would cover as much, in a line."""
    parts: list[str] = []
    for coverage in (Coverage.RULES, Coverage.EDGES, Coverage.PAIRS):
        few = smallest(file.vectors, coverage)
        steps = sum(len(s.steps) for s in few)
        count = len(covered_by(file.vectors, coverage))
        parts.append(f"{count} {coverage} ({len(few)} scenarios, {steps} steps)")
    steps = sum(len(s.steps) for s in file.vectors)
    whole = f"{file.role}: {len(file.vectors)} scenarios, {steps} steps"
    return f"{whole} cover {', '.join(parts)}"
