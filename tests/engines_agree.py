"""One faulty model in every engine: where they finish, they have to say the same.

    python tests/engines_agree.py [--share N] [MUTANT]...

Each mutant of the tables (one of N with --share) is looked at in the smallest configuration
that has another rule with it, one in which the rule is taken if there is such a one.  What
`explore` says is compared with what its options, the plain interpreter, Spin, induction with
bounded runs, and random runs say: the verdicts, and the lengths of the shortest runs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from pmip6.model.domain import Model, shipped_rules
from pmip6.model.shipped.named import NAMED
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import NO_DEADLOCK, explore, unheld
from pmip6.properties.exploration.layout import Layout
from pmip6.properties.exploration.plain_explorer import PlainExplorer
from pmip6.properties.exploration.sliced import explore_slices
from pmip6.properties.faults.mutants import Mutant, mutants
from pmip6.properties.faults.noticed import RuleChange
from pmip6.properties.fuzz import fuzz
from pmip6.properties.proof.prove import prove
from pmip6.properties.property import PROPERTIES, Property, Scope, with_a_case
from pmip6.properties.result import Outcome, PropertyResult, Run
from pmip6.properties.spin.run import is_installed, spin

assert protocol  # it records the properties

PLACES = (
    "no-restart",
    "addresses+forwarding",
    "strangers",
    "addresses+losses",
    "addresses+restarts",
    "clock+losses",
    "numbers+losses",
    "collisions+losses",
    "prefix-sets+addresses",
    "prefix-sets+forwarding",
    "late-prefix-sets",
    "packets+losses",
    "altered-answers+losses",
    "short-lifetime",
    "forgotten-timestamps",
    "solicitations+spaced",
    "prefix-sets+losses",
    "lifetimes+solicitations",
    "lifetimes+losses",
    "sequences+losses",
    "slow-clock",
    "other-readings",
    "hints+losses",
    "late-requests",
    "access-networks",
    "waiting+addresses",
    "interfaces+addresses",
    "waiting-in-vain",
)
"""Configurations in which every engine is quick, the smallest first."""
MOST_STATES = 60_000  # more leave it open what others would say
MOST_STEPS = 20_000  # for the plain interpreter
DEPTH = 4  # of bounded runs
RUNS = 100  # random ones


@dataclass
class Verdicts:
    """What the engines say of one model.

    Args:
        place: The configuration.
        asked: How many verdicts each engine gave that were compared.
        different: Where one says another thing than `explore`.
        unfinished: Why nothing could be compared, or empty.
    """

    place: str
    asked: Counter[str] = field(default_factory=Counter[str])
    different: list[str] = field(default_factory=list[str])
    unfinished: str = ""

    def compare(self, engine: str, name: str, ours: object, theirs: object) -> None:
        """Note a verdict, and whether it is another one."""
        self.asked[engine] += 1
        if ours != theirs:
            self.different.append(f"{engine}: {name} is {theirs}, not {ours}")


def _length(result: PropertyResult) -> int | None:
    return None if result.trace is None else len(result.trace.steps)


def _told(result: PropertyResult) -> tuple[Outcome, int | None]:
    return result.outcome, _length(result)


def verdicts(model: Model) -> Verdicts:
    """Ask every engine about every property that has a case in the model."""
    claims = [*with_a_case(model, PROPERTIES), *derived_properties(model)]
    layout = Layout(model)
    claims = [p for p in claims if not unheld(layout, p)]
    found = Verdicts(model.configuration.name)
    whole = explore(model, claims, lasting=False, limit=MOST_STATES)
    ours = {r.name: r for r in whole.properties}
    if whole.notes and any(r.outcome is Outcome.UNDECIDED for r in whole.properties):
        found.unfinished = "; ".join(whole.notes)
        return found
    _options(model, claims, ours, found)
    if (whole.transitions or 0) <= MOST_STEPS:
        _plain(model, claims, ours, found)
    _spin(model, claims, whole, ours, found)
    _bounded(model, claims, ours, found)
    _random(model, claims, ours, found)
    return found


def _options(
    model: Model,
    claims: Sequence[Property],
    ours: dict[str, PropertyResult],
    found: Verdicts,
) -> None:
    """Slices, renamings and marks; the deadlock is no claim of a slice."""
    sliced = explore_slices(
        model,
        claims,
        lambda part, mine: explore(part, mine, deadlock=False, lasting=False),
    )
    runs: dict[str, Run] = {
        "--slice": sliced,
        "--symmetry": explore(model, claims, lasting=False, symmetric=True),
        "--compact": explore(model, claims, lasting=False, compact=True),
    }
    for option, run in runs.items():
        for result in run.properties:
            known = ours[result.name]
            if option == "--compact" and known.outcome is Outcome.HOLDS:
                known = replace(known, outcome=Outcome.UNDECIDED)
            if option == "--symmetry" and result.trace and result.trace.model:
                # only where rules take any element: the model may do it later, or never
                is_open = result.outcome is Outcome.UNDECIDED
                steps = len(result.trace.steps)
                is_right = is_open and (_length(known) or steps) >= steps
                found.compare(option, result.name, True, is_right)
                continue
            if option == "--slice" and result.vacuous:
                known = result if known.outcome is not Outcome.VIOLATED else known
            found.compare(option, result.name, _told(known), _told(result))


def _plain(
    model: Model,
    claims: Sequence[Property],
    ours: dict[str, PropertyResult],
    found: Verdicts,
) -> None:
    search = PlainExplorer(model, claims)
    extent = search.run(limit=None, enough=lambda: False, progress=lambda reached: None)
    if extent.stopped:
        return
    for i, name in enumerate([*(p.name for p in claims), NO_DEADLOCK]):
        trace, *_ = search.traces(i) or (None,)
        outcome = ours[name].outcome
        if trace is not None:
            outcome = Outcome.VIOLATED
        elif outcome is Outcome.VIOLATED:
            outcome = Outcome.HOLDS
        length = None if trace is None else len(trace.steps)
        found.compare("plain", name, _told(ours[name]), (outcome, length))


def _spin(
    model: Model,
    claims: Sequence[Property],
    whole: Run,
    ours: dict[str, PropertyResult],
    found: Verdicts,
) -> None:
    """Those of one state: all that hold in one run, with as many states; each other one."""
    if not is_installed():
        return
    of_states = [p for p in claims if p.scope is Scope.STATE]
    broken = [p for p in of_states if ours[p.name].outcome is Outcome.VIOLATED]
    run = spin(model, [p for p in of_states if p not in broken], depth=200_000)
    found.compare("spin", "all that hold", (0, whole.states), (run.errors, run.states))
    for claim in broken:
        found.compare("spin", claim.name, 1, spin(model, [claim], depth=200_000).errors)


def _bounded(
    model: Model,
    claims: Sequence[Property],
    ours: dict[str, PropertyResult],
    found: Verdicts,
) -> None:
    """Induction proves only what holds; runs of a length show what breaks within it."""
    for result in prove(model, claims, depth=DEPTH).properties:
        known = ours[result.name]
        length = _length(known)
        is_broken = known.outcome is Outcome.VIOLATED
        if result.outcome is Outcome.HOLDS:
            found.compare("prove", result.name, False, is_broken)
        elif result.outcome is Outcome.VIOLATED or (length or DEPTH + 1) <= DEPTH:
            found.compare("prove", result.name, _told(known), _told(result))


def _random(
    model: Model,
    claims: Sequence[Property],
    ours: dict[str, PropertyResult],
    found: Verdicts,
) -> None:
    """A random run that breaks something is no shorter than the shortest."""
    for result in fuzz(model, claims, examples=RUNS).properties:
        if result.trace is not None:
            length = _length(ours[result.name])
            is_known = length is not None and len(result.trace.steps) >= length
            found.compare("fuzz", result.name, True, is_known)


# ---- the mutants -----------------------------------------------------------------------


@cache
def _taken(place: str) -> frozenset[str]:
    """The rules that are taken in a configuration without a fault."""
    run = explore(Model(NAMED[place]), [], lasting=False, deadlock=False)
    return frozenset(name for name, steps in run.rules.items() if steps)


def place_of(fault: Mutant) -> str | None:
    """The first configuration in which a mutant shows; None if all leave it out."""
    right = next(r for r in shipped_rules() if r.name == fault.rule)
    changed = [r for r in fault.rules if r.name == fault.rule]
    change = RuleChange(fault.name, right, changed[0] if changed else None)
    felt = [name for name in PLACES if change.is_felt_in(NAMED[name])]
    taken = (name for name in felt if fault.rule in _taken(name))
    return next(taken, felt[0] if felt else None)


def main(
    arguments: Sequence[str] | None = None, say: Callable[[str], None] = print
) -> int:
    """Print where engines differ, and what each was asked; 1 if any two differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mutants", nargs="*")
    parser.add_argument("--share", type=int, default=1, help="take one of so many")
    chosen = parser.parse_args(arguments)
    known = mutants()
    names = chosen.mutants or [*known][:: chosen.share]
    asked: Counter[str] = Counter()
    places: Counter[str] = Counter()
    different = 0
    for name in names:
        began = time.monotonic()
        place = place_of(known[name])
        if place is None:
            places["none of them feels it"] += 1
            continue
        found = verdicts(Model(NAMED[place], known[name].rules))
        places[place if not found.unfinished else "not finished"] += 1
        asked += found.asked
        for line in found.different:
            different += 1
            say(f"{name} in {place}: {line}")
        if sys.stderr.isatty():
            print(
                f"{name} in {place}: {time.monotonic() - began:.1f} s", file=sys.stderr
            )
    for line in _summary(asked, places, different):
        say(line)
    return int(different > 0)


def _summary(
    asked: Counter[str], places: Counter[str], different: int
) -> Iterator[str]:
    yield f"{places.total()} mutants, {asked.total()} verdicts compared, {different} differ"
    yield "by engine: " + ", ".join(f"{e} {n}" for e, n in asked.most_common())
    yield "by place: " + ", ".join(f"{p} {n}" for p, n in places.most_common())


if __name__ == "__main__":
    raise SystemExit(main())
