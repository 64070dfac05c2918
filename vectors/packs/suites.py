"""What scenarios cover of their role's machine, and the smallest set that covers as much.

The edges and pairs that there are stand in `tours.json`; what is covered beyond them is
told apart.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

from pmip6.vectors.packs.observable import edges_of, pairs_in
from pmip6.vectors.packs.scenario_group import PackRole, ScenarioFile, ScenarioVector
from pmip6.vectors.packs.tours import shipped_tours

TIMERS = "where a way leads there, timers do not allow it"
TESTER = "a tester cannot tell what has to come"
"""Why no scenario takes a pair: no tour does, or one that cannot be recorded so far."""
BEYOND = "beyond, with sessions, features, settings or timers that the search has not"
"""Why scenarios take edges that are not in `tours.json`."""


class Coverage(enum.StrEnum):
    """What a suite has to cover."""

    RULES = "rules"
    EDGES = "edges"
    PAIRS = "pairs"
    BOUNDARIES = "boundaries"  # of guards
    ALL = "all"  # every scenario


def covered(
    scenario: ScenarioVector, coverage: Coverage, role: PackRole
) -> frozenset[object]:
    """What a scenario covers of a role's graph: rules, edges, pairs of edges, by name.

    Boundaries of guards are not told by a scenario: they are found while it is recorded.
    """
    match coverage:
        case Coverage.RULES:
            return frozenset(rule_of(edge) for edge in scenario.edges)
        case Coverage.EDGES:
            return frozenset(edges_of(role, scenario.edges))
        case Coverage.PAIRS:
            return frozenset(
                pair_name(*pair) for pair in pairs_in(edges_of(role, scenario.edges))
            )
        case Coverage.ALL | Coverage.BOUNDARIES:
            return frozenset({scenario.name})


def pair_name(one: str, two: str) -> str:
    """The name of a pair of edges."""
    return f"{one}; {two}"


def every(role: PackRole, coverage: Coverage) -> frozenset[str]:
    """All edges, or pairs of edges, of a role."""
    told = shipped_tours().roles[role]
    if coverage is Coverage.EDGES:
        return frozenset(told.edges)
    return frozenset(pair_name(*pair) for pair in told.pairs_by_name())


def why_not_taken(role: PackRole, name: str) -> str:
    """Why no scenario takes a pair of edges, or an edge, by its name."""
    given_up = shipped_tours().roles[role].given_up_by_name()
    return TIMERS if name in {pair_name(*pair) for pair in given_up} else TESTER


def rule_of(edge: str) -> str:
    """The rule of an edge."""
    return edge.split(": ")[0]


def covered_by(
    scenarios: Iterable[ScenarioVector], coverage: Coverage, role: PackRole
) -> frozenset[object]:
    """What scenarios cover together."""
    return frozenset(item for s in scenarios for item in covered(s, coverage, role))


def smallest(
    scenarios: Sequence[ScenarioVector],
    coverage: Coverage,
    role: PackRole,
    shown: Mapping[str, Set[object]] | None = None,
) -> list[ScenarioVector]:
    """A small set that covers as much, in the order given.

    `shown` is what each covers, by its name; where None, what it tells itself.
    Taken is what covers most that is new; of two alike the shorter one.  What others
    cover in the end is left out again.
    """
    left: dict[str, Set[object]] = {
        s.name: covered(s, coverage, role) if shown is None else shown[s.name]
        for s in scenarios
    }
    size = {s.name: len(s.steps) for s in scenarios}
    missing = {item for part in left.values() for item in part}
    parts: dict[str, Set[object]] = {}
    while missing:
        best = min(left, key=lambda n: (-len(left[n] & missing), size[n], n))
        parts[best] = left.pop(best)
        missing -= parts[best]
    count = Counter(item for part in parts.values() for item in part)
    for name in sorted(parts, key=lambda n: (-size[n], n)):
        if all(count[item] > 1 for item in parts[name]):
            count.subtract(parts.pop(name))
    return [s for s in scenarios if s.name in parts]


def rules_of(name: str, files: Iterable[ScenarioFile]) -> str:
    """How many of the rules are taken, in a line, and which are not."""
    some = list(files)
    rules = {rule for file in some for rule in file.rules}
    taken = {rule_of(e) for file in some for s in file.vectors for e in s.edges} & rules
    missing = ", ".join(sorted(rules - taken))
    told = f"{name}: {_of_total(len(taken), len(rules))} rules"
    return told + f", without {missing}" * bool(missing)


def summary(file: ScenarioFile) -> list[str]:
    """What the scenarios of a role cover, and how many would cover as much, in lines."""
    steps = sum(len(s.steps) for s in file.vectors)
    lines = [f"{file.role}: {len(file.vectors)} scenarios, {steps} steps"]
    for coverage in (Coverage.EDGES, Coverage.PAIRS):
        few = smallest(file.vectors, coverage, file.role)
        total = every(file.role, coverage)
        taken = covered_by(file.vectors, coverage, file.role)
        shorter = sum(len(s.steps) for s in few)
        saved = f"{len(few)} scenarios, {shorter} steps would do"
        beyond = f", {len(taken - total)} {BEYOND}" if taken - total else ""
        met = _of_total(len(taken & total), len(total))
        lines.append(f"  {met} {coverage}{beyond}; {saved}")
        lines += [
            f"    not taken: {each} ({why_not_taken(file.role, each)})"
            for each in sorted(total - taken)
        ]
    return lines


def _of_total(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "0 of 0"
