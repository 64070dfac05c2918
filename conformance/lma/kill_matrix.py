"""What notices which faulty anchor: `make kill-matrix`.

Every mechanical mutant of the anchor's rules and of the encoder is tried by one layer
after the other: the test cases on an anchor in memory, the golden exchanges, the
properties of small configurations, and what is counted there.  What none of them notices
is equivalent by an argument that is computed, or it survives.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast

from pmip6.conformance.lma.faulty_peers import (
    FaultyPeer,
    anchor_mutants,
    encoder_mutants,
    faulty_peer,
)
from pmip6.conformance.lma.in_memory import reference_declaration, run_case_in_memory
from pmip6.conformance.lma.kill_report import (
    REPORT,
    WHY_THEY_SURVIVE,
    Fate,
    Layer,
    extent,
    is_nested,
    percent_noticed,
    report,
    survivor,
    totals,
)
from pmip6.conformance.lma.scenarios import Scenario, case_scenarios, first_to_notice
from pmip6.conformance.verdict import Verdict
from pmip6.model.lma.rules import lma
from pmip6.properties.faults.equivalence import (
    EVERY,
    inductive,
    reason_equivalent,
    take_over,
)
from pmip6.properties.faults.noticed import RuleChange, first_notices
from pmip6.vectors.files import check_writable, replace_file
from pmip6.vectors.lma.purposes import Purpose, purposes

WANTED_PERCENT = 95
PROCESSES = 2
PARTS = ("whole", "nested", "encoder")
SEED = 5213

T = TypeVar("T")
Found = dict[str, tuple[Layer, str]]
"""The layer that notices a mutant, and what of it, by the name of the mutant."""


# ---- the mutants -----------------------------------------------------------------------


def mutants() -> dict[str, list[str]]:
    """The names of all mutants by part.

    The parts are `whole` (rules, with whole conditions dropped), `nested` (parts of
    conditions dropped) and `encoder`.
    """
    found: dict[str, list[str]] = {part: [] for part in PARTS}
    for name in anchor_mutants():
        found["nested" if is_nested(name) else "whole"].append(name)
    found["encoder"].extend(encoder_mutants())
    return found


def sampled(names: Sequence[str], size: int) -> list[str]:
    """So many of the names, the same in every run, in their order; all where 0."""
    if not size or size >= len(names):
        return list(names)
    chosen = set(random.Random(SEED).sample(names, size))
    return [name for name in names if name in chosen]


# ---- the layers ------------------------------------------------------------------------


def verdict(peer: FaultyPeer, purpose: Purpose) -> Verdict:
    """The verdict of one case on a faulty anchor in memory."""
    return run_case_in_memory(
        purpose,
        reference_declaration(),
        rules=peer.rules,
        exchange_rules=peer.exchange_rules,
        field_rules=peer.field_rules,
    ).verdict


def noticed_by_scenarios(
    names: Sequence[str], scenarios: Iterable[Scenario], layer: Layer
) -> Found:
    """The first scenario that notices each mutant of the rules."""
    peers = [faulty_peer(name) for name in names]
    found = first_to_notice(scenarios, [p for p in peers if p.rules is not None])
    return {name: (layer, scenario) for name, scenario in found.items()}


def noticed_by_cases(names: Sequence[str]) -> Found:
    """The first test case that fails on each mutant."""
    found = noticed_by_scenarios(names, case_scenarios(), Layer.CASE)
    for peer in (faulty_peer(name) for name in names):
        if peer.rules is None:
            for purpose in purposes():
                if verdict(peer, purpose) is Verdict.FAIL:
                    found[peer.name] = (Layer.CASE, purpose.name)
                    break
    return found


def noticed_by_configurations(names: Sequence[str]) -> Found:
    """The property whose verdict changes with each mutant of the rules, or a count."""
    return {
        name: (Layer.PROPERTY if notice.is_of_a_property else Layer.COUNT, notice.text)
        for name, notice in first_notices(rule_changes(names)).items()
    }


def rule_changes(names: Sequence[str]) -> list[RuleChange]:
    """The mutants of the rules among these, as what they make of one rule."""
    rules = {rule.name: rule for rule in lma.rules}
    return [
        RuleChange(
            peer.name,
            rules[peer.subject],
            next((r for r in peer.rules if r.name == peer.subject), None),
        )
        for peer in (faulty_peer(name) for name in names)
        if peer.rules is not None
    ]


def equivalent(names: Sequence[str]) -> Found:
    """The argument by which nobody can tell each mutant from the anchor."""
    found: Found = {}
    for change in rule_changes(names):
        reason = reason_equivalent(change)
        if reason is not None:
            found[change.name] = (Layer.EQUIVALENT, reason)
    return found


# ---- all of them -----------------------------------------------------------------------


def kill_matrix(
    names: Sequence[str],
    exchanges: Sequence[Scenario] = (),
    processes: int = PROCESSES,
) -> list[Fate]:
    """The fates of the mutants, in the order given.

    Args:
        names: The mutants.
        exchanges: The golden exchanges, as far as they are at hand.
        processes: So many work side by side.
    """

    def noticed_by_exchanges(some: Sequence[str]) -> Found:
        return noticed_by_scenarios(some, exchanges, Layer.EXCHANGE)

    layers: dict[str, Callable[[Sequence[str]], Found]] = {
        "cases": noticed_by_cases,
        "golden exchanges": noticed_by_exchanges,
        "configurations": noticed_by_configurations,
        "arguments": equivalent,
    }
    found: Found = {}
    for told, layer in layers.items():
        if layer is equivalent:
            for some in _side_by_side(lemmas_of, [[s] for s in EVERY], processes):
                take_over(some)
        left = [name for name in names if name not in found]
        for part in _side_by_side(layer, _portions(left, processes), processes):
            found.update(part)
        print(f"{told}: {len(left)} mutants, {len(found)} settled", file=sys.stderr)
    return [_fate(name, found) for name in names]


def lemmas_of(settings: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The lemmas that the arguments rest on; finding them takes most of their time."""
    return {name: inductive(name) for name in settings}


def _fate(name: str, found: Found) -> Fate:
    peer = faulty_peer(name)
    layer, by = found.get(name, (Layer.SURVIVES, ""))
    return Fate(name, peer.kind, peer.text, layer, by)


def _portions(names: Sequence[str], count: int) -> list[list[str]]:
    """The names in so many portions, or fewer where there are fewer names."""
    return [part for n in range(count) if (part := list(names[n::count]))]


_task: Callable[[Sequence[str]], object] | None = None
"""What the processes of a pool do: they inherit it, as it cannot be sent to them."""


def _work(names: Sequence[str]) -> object:
    assert _task is not None
    return _task(names)


def _side_by_side(
    task: Callable[[Sequence[str]], T],
    portions: Sequence[Sequence[str]],
    processes: int,
) -> Iterable[T]:
    """What a task gives for each portion of names."""
    global _task
    _task = task
    if processes == 1:
        yield from map(task, portions)
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from cast("Iterable[T]", pool.imap(_work, portions))


def main(
    arguments: Sequence[str] | None = None, exchanges: Sequence[Scenario] = ()
) -> int:
    """Make the matrix; 1 where fewer are noticed than wanted or one survives unexplained.

    Nested mutants do not count for that.  `exchanges` are the golden ones, which the
    package does not have.
    """
    parser = argparse.ArgumentParser(prog="kill_matrix", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    parser.add_argument("--part", action="append", choices=PARTS, help="default: all")
    parser.add_argument(
        "--sample",
        type=int,
        default=0,
        metavar="N",
        help="try so many nested mutants; 0, the default: all",
    )
    parser.add_argument("--processes", type=int, default=PROCESSES, metavar="N")
    chosen = parser.parse_args(arguments)
    parts: list[str] = chosen.part or list(PARTS)
    out: Path = chosen.out
    size: int = chosen.sample
    check_writable(out / REPORT)
    every = mutants()
    taken = {part: every[part] for part in PARTS if part in parts}
    if "nested" in taken:
        taken["nested"] = sampled(every["nested"], size)
    names = [name for some in taken.values() for name in some]
    fates = kill_matrix(names, exchanges, chosen.processes)
    tried = extent(_sizes(taken), _sizes(every))
    whole = [fate for fate in fates if not is_nested(fate.name)]
    print(tried)
    print(totals(whole))
    print(totals([fate for fate in fates if is_nested(fate.name)]))
    survivors = [fate for fate in whole if fate.layer is Layer.SURVIVES]
    for fate in survivors:
        print(f"survives: {survivor(fate)}")
    replace_file(out / REPORT, report(fates, tried).encode())
    unexplained = {fate.name for fate in survivors} - set(WHY_THEY_SURVIVE)
    return int(percent_noticed(whole) < WANTED_PERCENT or bool(unexplained))


def _sizes(parts: Mapping[str, Sequence[str]]) -> dict[str, int]:
    return {part: len(names) for part, names in parts.items()}


if __name__ == "__main__":
    sys.exit(main())
