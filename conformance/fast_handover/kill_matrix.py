"""What notices which faulty gateway with fast handover: `make kill-matrix` has it, too.

Every mechanical mutant of the rules that fast handover adds, and of its tables, is tried
by one layer after the other: the test cases on a gateway in memory, an argument that
nobody can tell it from the gateway, the properties of small configurations, and what is
counted there.  What none of them settles survives.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Protocol

from pmip6.conformance.fast_handover.case import run_in_memory
from pmip6.conformance.fast_handover.differences import Differences
from pmip6.conformance.fast_handover.faulty_gateways import (
    PERMITTED,
    FaultyHandover,
    change_of,
    faulty_handover,
    handover_mutants,
    is_permitted,
    table_mutants,
)
from pmip6.conformance.fast_handover.kill_report import (
    REPORT,
    report,
    survivor,
    survivors,
)
from pmip6.conformance.fast_handover.survivors import WHY_THEY_SURVIVE
from pmip6.conformance.lma.kill_matrix import sampled
from pmip6.conformance.lma.kill_report import (
    Fate,
    Layer,
    extent,
    is_nested,
    percent_noticed,
    totals,
)
from pmip6.conformance.verdict import Verdict
from pmip6.properties.faults.equivalence import reason_equivalent
from pmip6.properties.faults.guard_equivalence import reason_alike
from pmip6.properties.faults.handover_settings import HANDOVERS
from pmip6.properties.faults.noticed import first_notices
from pmip6.properties.faults.one_sided import sure_notices
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes
from pmip6.vectors.files import check_writable, replace_file

WANTED_PERCENT = 95
PROCESSES = 2
PORTIONS = 4
SMALL = (
    "access-networks",
    "two-handovers",
    "small-buffers",
    "predictive",
    "unexpected-packets",
    "handover-backoff",
    "own-ways",
    "handovers-in-turn",
    "early-commands",
    "early-advertisement",
    "two-later-handovers",
    "reactive",
    "handover-routes",
    "uplink-order",
    "doubled-handovers",
)
"""The configurations that are looked at: quick ones first."""
PARTS = ("whole", "nested", "tables")

Found = dict[str, tuple[Layer, str]]
"""What settles a mutant, and how, by the name of the mutant."""


# ---- the layers ------------------------------------------------------------------------


def notices(purpose: HandoverPurpose, peer: FaultyHandover) -> bool:
    """Whether a case fails on a faulty gateway, warns of it, or makes it break down."""
    try:
        return run_in_memory(purpose, peer.start).verdict in (
            Verdict.FAIL,
            Verdict.WARN,
        )
    except (AssertionError, LookupError):  # as a process it would be gone
        return True


@cache
def _differences() -> Differences:
    """Where the mutants of the rules differ; read once in each process."""
    changes = (change_of(mutant) for mutant in handover_mutants().values())
    return Differences(handover_purposes(), changes)


def noticed_by_cases(names: Sequence[str]) -> Found:
    """The first case that notices each mutant."""
    found: Found = {}
    for name in names:
        known = handover_mutants().get(name)
        cases: Iterable[HandoverPurpose] = (
            handover_purposes()
            if known is None
            else _differences().cases(change_of(known))
        )
        peer = faulty_handover(name)
        by = next((case.name for case in cases if notices(case, peer)), None)
        if by is not None:
            found[name] = Layer.CASE, by
    return found


def equivalent(names: Sequence[str]) -> Found:
    """The argument by which nobody can tell each mutant from a gateway."""
    found: Found = {
        name: (Layer.EQUIVALENT, PERMITTED) for name in names if is_permitted(name)
    }
    for name in names:
        known = handover_mutants().get(name)
        if known is not None:
            change = change_of(known)
            reason = reason_equivalent(change, HANDOVERS)
            reason = reason or reason_alike(change, HANDOVERS)
            if reason:
                found[name] = Layer.EQUIVALENT, reason
    return found


def noticed_by_configurations(names: Sequence[str]) -> Found:
    """The property that fails with each mutant of the rules, or the count that differs."""
    known = handover_mutants()
    changes = [change_of(known[name]) for name in names if name in known]
    found: Found = {
        name: (Layer.COUNT, text) for name, text in sure_notices(changes, SMALL).items()
    }
    others = [change for change in changes if change.name not in found]
    for name, notice in first_notices(others, SMALL).items():
        layer = Layer.PROPERTY if notice.is_of_a_property else Layer.COUNT
        found[name] = layer, notice.text
    return found


class Exchange(Protocol):
    """A golden exchange; the package itself has none."""

    name: str

    def notices(self, peer: FaultyHandover) -> bool:
        """Whether the faulty gateway disagrees with it."""
        ...


def noticed_by_exchanges(names: Sequence[str], exchanges: Sequence[Exchange]) -> Found:
    """The first golden exchange that each mutant disagrees with."""
    found: Found = {}
    for name in names:
        peer = faulty_handover(name)
        by = next((each.name for each in exchanges if each.notices(peer)), None)
        if by is not None:
            found[name] = Layer.EXCHANGE, by
    return found


Tried = Callable[[Sequence[str]], Found]


def layers(exchanges: Sequence[Exchange] = ()) -> dict[str, Tried]:
    """What is tried one after the other."""
    return {
        "cases": noticed_by_cases,
        "arguments": equivalent,
        "configurations": noticed_by_configurations,
        "golden exchanges": partial(noticed_by_exchanges, exchanges=exchanges),
    }


# ---- all of them -----------------------------------------------------------------------


def kill_matrix(
    names: Sequence[str],
    exchanges: Sequence[Exchange] = (),
    processes: int = PROCESSES,
) -> list[Fate]:
    """The fates of the mutants, in the order given.

    Args:
        names: The mutants.
        exchanges: The golden exchanges, as far as they are at hand.
        processes: So many work side by side.
    """
    found: Found = {}
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for told, layer in layers(exchanges).items():
            left = [name for name in names if name not in found]
            tasks = [left[n::PORTIONS] for n in range(PORTIONS)]
            for some in pool.imap(layer, tasks):
                found.update(some)
            print(f"{told}: {len(left)} mutants, {len(found)} settled", file=sys.stderr)
    return [_fate(name, found) for name in names]


def _fate(name: str, found: Found) -> Fate:
    peer = faulty_handover(name)
    layer, by = found.get(name, (Layer.SURVIVES, ""))
    return Fate(name, peer.kind, peer.text, layer, by)


def mutants() -> dict[str, list[str]]:
    """The names of all mutants by part."""
    rules = list(handover_mutants())
    return {
        "whole": [name for name in rules if not is_nested(name)],
        "nested": [name for name in rules if is_nested(name)],
        "tables": list(table_mutants()),
    }


def main(
    arguments: Sequence[str] | None = None, exchanges: Sequence[Exchange] = ()
) -> int:
    """Make the matrix; 1 where fewer are noticed than wanted or one survives unexplained.

    `exchanges` are the golden ones, which the package does not have.
    """
    parser = argparse.ArgumentParser(prog="handover_kill_matrix", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    for part in ("whole", "nested"):
        parser.add_argument(
            f"--{part}",
            type=int,
            default=0,
            metavar="N",
            help=f"try so many {part} mutants; 0, the default: all",
        )
    parser.add_argument("--processes", type=int, default=PROCESSES, metavar="N")
    chosen = parser.parse_args(arguments)
    out: Path = chosen.out
    check_writable(out / REPORT)
    every = mutants()
    sizes = {"whole": chosen.whole, "nested": chosen.nested, "tables": 0}
    taken = {part: sampled(names, sizes[part]) for part, names in every.items()}
    fates = kill_matrix(
        [n for names in taken.values() for n in names], exchanges, chosen.processes
    )
    counts = [{part: len(n) for part, n in each.items()} for each in (taken, every)]
    tried = extent(*counts)
    print(tried)
    print(totals(fates))
    for fate in survivors(fates):
        print(f"survives: {survivor(fate)}")
    replace_file(out / REPORT, report(fates, tried).encode())
    whole = [fate for fate in fates if not is_nested(fate.name)]
    unexplained = {fate.name for fate in survivors(fates)} - set(WHY_THEY_SURVIVE)
    return int(percent_noticed(whole) < WANTED_PERCENT or bool(unexplained))


if __name__ == "__main__":
    sys.exit(main())
