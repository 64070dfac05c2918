"""What notices which faulty anchor: `make kill-matrix`.

Every mechanical mutant of the anchor's rules and of the encoder is tried by one layer
after the other: the test cases on an anchor in memory, the golden exchanges, the
properties of small configurations, and what is counted there.  What none of them notices
is equivalent by an argument that is computed, or it survives.  What noticed a mutant in
the last document is tried first (conformance/kill_run.py).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial

from pmip6.conformance.kill_report import Fate, Found, Layer, is_nested
from pmip6.conformance.kill_run import Kept, KillMatrix, Search, settled
from pmip6.conformance.lma.faulty_peers import (
    anchor_mutants,
    encoder_mutants,
    faulty_peer,
)
from pmip6.conformance.lma.kill_layers import (
    equivalent,
    noticed_again,
    noticed_by_cases,
    noticed_by_configurations,
    noticed_by_scenarios,
    noticed_under_readings,
)
from pmip6.conformance.lma.kill_report import REPORT, WHY_THEY_SURVIVE, report
from pmip6.conformance.lma.scenarios import Scenario
from pmip6.properties.faults.equivalence import EVERY
from pmip6.properties.faults.everywhere import shared_faults

PARTS = ("whole", "written", "nested", "encoder")


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


def search(exchanges: Sequence[Scenario] = ()) -> Search:
    """What is tried; `exchanges` are the golden ones, as far as they are at hand."""

    def again(names: Sequence[str], told: Found) -> Found:
        return noticed_again(names, told, exchanges)

    return Search(
        again,
        {
            "cases": noticed_by_cases,
            "golden exchanges": partial(
                noticed_by_scenarios, scenarios=exchanges, layer=Layer.EXCHANGE
            ),
            "configurations": noticed_by_configurations,
            "arguments": equivalent,
            "cases with other readings": noticed_under_readings,
        },
        "arguments",
        tuple(EVERY),
    )


def _fate(name: str, found: Found) -> Fate:
    peer = faulty_peer(name)
    layer, by = found.get(name, (Layer.SURVIVES, ""))
    return Fate(name, peer.kind, peer.text, layer, by)


def main(
    arguments: Sequence[str] | None = None, exchanges: Sequence[Scenario] = ()
) -> int:
    """Make the matrix; `exchanges` are the golden ones, which the package has not."""

    def fates(
        names: Sequence[str], told: Found, kept: Kept | None, processes: int
    ) -> list[Fate]:
        found = settled(names, search(exchanges), told, kept, processes)
        return [_fate(name, found) for name in names]

    matrix = KillMatrix(REPORT, __doc__, mutants(), fates, report, WHY_THEY_SURVIVE)
    return matrix.command(arguments)


if __name__ == "__main__":
    sys.exit(main())
