"""What notices which faulty anchor: `make kill-matrix`.

Every mechanical mutant of the anchor's rules and of the encoder is tried by one layer
after the other: the test cases on an anchor in memory, the golden exchanges, the
properties of small configurations, and what is counted there.  What none of them notices
is equivalent by an argument that is computed, or it survives.  What noticed a mutant in
the last document is tried first (conformance/lma/kill_again.py).
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from pmip6.conformance.lma.faulty_peers import (
    anchor_mutants,
    encoder_mutants,
    faulty_peer,
)
from pmip6.conformance.lma.kill_again import (
    Found,
    Kept,
    configuration_of,
    sources_digest,
    told_in,
)
from pmip6.conformance.lma.kill_layers import (
    equivalent,
    noticed_again,
    noticed_by_cases,
    noticed_by_configurations,
    noticed_by_scenarios,
    noticed_under_readings,
)
from pmip6.conformance.lma.kill_report import (
    REPORT,
    WHY_THEY_SURVIVE,
    Fate,
    Layer,
    extent,
    is_nested,
    is_written,
    percent_noticed,
    report,
    survivor,
    totals,
)
from pmip6.conformance.lma.scenarios import Scenario
from pmip6.properties.faults.equivalence import EVERY, inductive, take_over
from pmip6.properties.faults.everywhere import shared_faults
from pmip6.vectors.files import check_writable, replace_file

WANTED_PERCENT = 95
PROCESSES = 2
PORTION = 40
"""So many mutants are tried before what was found is kept."""
PARTS = ("whole", "written", "nested", "encoder")
KEPT = Path("build") / "kill-matrix.json"
SEED = 5213

# ---- the mutants -----------------------------------------------------------------------


def mutants() -> dict[str, list[str]]:
    """The names of all mutants by part.

    The parts are `whole` (rules, with whole conditions dropped), `written` (a part of a
    condition dropped wherever rules have it), `nested` (dropped in one place alone) and
    `encoder`.
    """
    found: dict[str, list[str]] = {part: [] for part in PARTS}
    found["written"].extend(shared_faults())
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


# ---- all of them -----------------------------------------------------------------------


def kill_matrix(
    names: Sequence[str],
    exchanges: Sequence[Scenario] = (),
    processes: int = PROCESSES,
    told: Found | None = None,
    kept: Kept | None = None,
) -> list[Fate]:
    """The fates of the mutants, in the order given.

    Args:
        names: The mutants.
        exchanges: The golden exchanges, as far as they are at hand.
        processes: So many work side by side.
        told: What noticed them last, which is tried first.
        kept: Where the results of finished portions are.
    """
    told = told or {}

    def again(some: Sequence[str]) -> Found:
        return noticed_again(some, told, exchanges)

    def noticed_by_exchanges(some: Sequence[str]) -> Found:
        return noticed_by_scenarios(some, exchanges, Layer.EXCHANGE)

    layers: dict[str, Callable[[Sequence[str]], Found]] = {
        "what noticed them last": again,
        "cases": noticed_by_cases,
        "golden exchanges": noticed_by_exchanges,
        "configurations": noticed_by_configurations,
        "arguments": equivalent,
        "cases with other readings": noticed_under_readings,
    }
    known = (told[name][0] for name in names if name in told)
    if Layer.EQUIVALENT in known:
        _find_lemmas(processes, kept)
    found: Found = {}
    for title, layer in layers.items():
        left = [name for name in names if name not in found]
        portions = _portions(left, processes)
        if layer is again:
            portions = _told_portions((name for name in left if name in told), told)
        if layer is equivalent and left:
            _find_lemmas(processes, kept)
        found.update(_side_by_side(title, layer, portions, processes, kept))
        print(f"{title}: {len(left)} mutants, {len(found)} settled", file=sys.stderr)
    return [_fate(name, found) for name in names]


def _told_portions(names: Iterable[str], told: Found) -> list[list[str]]:
    """The names in portions; those that one configuration told are together."""
    groups: dict[tuple[Layer, str], list[str]] = {}
    for name in names:
        layer, by = told[name]
        if layer is not Layer.SURVIVES:
            in_one = layer in (Layer.PROPERTY, Layer.COUNT)
            where = configuration_of(by) if in_one else ""
            groups.setdefault((layer, where), []).append(name)
    return [
        group[n : n + PORTION]
        for group in groups.values()
        for n in range(0, len(group), PORTION)
    ]


def _find_lemmas(processes: int, kept: Kept | None) -> None:
    """Find what the arguments rest on, in all settings: it takes most of their time."""
    portions = [[name] for name in EVERY]
    told = _side_by_side("lemmas", _lemmas_of, portions, processes, kept)
    take_over({name: tuple(map(int, by.split())) for name, (_, by) in told.items()})


def _lemmas_of(settings: Sequence[str]) -> Found:
    """The lemmas of each setting, by their numbers."""
    return {
        name: (Layer.EQUIVALENT, " ".join(map(str, inductive(name))))
        for name in settings
    }


def _fate(name: str, found: Found) -> Fate:
    peer = faulty_peer(name)
    layer, by = found.get(name, (Layer.SURVIVES, ""))
    return Fate(name, peer.kind, peer.text, layer, by)


def _portions(names: Sequence[str], count: int) -> list[list[str]]:
    """The names in so many portions, or fewer where there are fewer names."""
    return [part for n in range(count) if (part := list(names[n::count]))]


_task: Callable[[Sequence[str]], Found] | None = None
"""What the processes of a pool do: they inherit it, as it cannot be sent to them."""


def _work(names: Sequence[str]) -> tuple[Sequence[str], Found]:
    assert _task is not None
    return names, _task(names)


def _side_by_side(
    title: str,
    task: Callable[[Sequence[str]], Found],
    portions: Sequence[Sequence[str]],
    processes: int,
    kept: Kept | None,
) -> Found:
    """What a task gives for all portions of names; what is kept is not done again."""
    global _task
    _task = task
    found: Found = {}
    left: list[Sequence[str]] = []
    for portion in portions:
        known = None if kept is None else kept.known(title, portion)
        if known is None:
            left.append(portion)
        else:
            found.update(known)
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for portion, some in pool.imap_unordered(_work, left):
            found.update(some)
            if kept is not None:
                kept.keep(title, portion, some)
    return found


def main(
    arguments: Sequence[str] | None = None, exchanges: Sequence[Scenario] = ()
) -> int:
    """Make the matrix; 1 where fewer are noticed than wanted or one survives unexplained.

    Mutants of one copy of a condition do not count for that.  `exchanges` are the golden
    ones, which the package does not have.
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
    parser.add_argument(
        "--anew",
        action="store_true",
        help="do not try first what the last document tells, and take nothing kept",
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
    kept = None if chosen.anew else Kept(KEPT, sources_digest())
    told = {} if chosen.anew else told_in(out / REPORT)
    fates = kill_matrix(names, exchanges, chosen.processes, told, kept)
    tried = extent(_sizes(taken), _sizes(every))
    counted = [fate for fate in fates if not is_nested(fate.name)]
    written = [fate for fate in counted if is_written(fate.name)]
    whole = [fate for fate in counted if not is_written(fate.name)]
    nested = [fate for fate in fates if is_nested(fate.name)]
    print(tried)
    for some in (whole, written, nested):
        print(totals(some))
    survivors = [fate for fate in counted if fate.layer is Layer.SURVIVES]
    for fate in survivors:
        print(f"survives: {survivor(fate)}")
    replace_file(out / REPORT, report(fates, tried).encode())
    unexplained = {fate.name for fate in survivors} - set(WHY_THEY_SURVIVE)
    return int(percent_noticed(counted) < WANTED_PERCENT or bool(unexplained))


def _sizes(parts: Mapping[str, Sequence[str]]) -> dict[str, int]:
    return {part: len(names) for part, names in parts.items()}


if __name__ == "__main__":
    sys.exit(main())
