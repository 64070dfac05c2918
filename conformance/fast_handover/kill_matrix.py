"""What notices which faulty gateway with fast handover: `make kill-matrix` has it, too.

Every mechanical mutant of the rules that fast handover adds, and of its tables, is tried
by one layer after the other: the test cases on a gateway in memory, an argument that
nobody can tell it from the gateway, the properties of small configurations, and what is
counted there.  What none of them settles survives.  Of each it is told whether packets
show it: a gateway with it is run beside one without.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import Protocol

from pmip6.conformance.fast_handover.case import run_in_memory
from pmip6.conformance.fast_handover.differences import Differences, case_differences
from pmip6.conformance.fast_handover.faulty_gateways import (
    PERMITTED,
    FaultyHandover,
    change_of,
    faulty_handover,
    handover_mutants,
    is_permitted,
    table_mutants,
)
from pmip6.conformance.fast_handover.kill_reasons import beside, reasons
from pmip6.conformance.fast_handover.kill_report import REPORT, report
from pmip6.conformance.fast_handover.survivors import WHY_THEY_SURVIVE
from pmip6.conformance.kill_report import ON_THE_WIRE, Fate, Found, Layer, is_nested
from pmip6.conformance.kill_run import (
    Kept,
    KillMatrix,
    Search,
    configuration_of,
    noticed_last,
    portions,
    side_by_side,
    tried,
)
from pmip6.conformance.mag.kill_layers import SHOWS
from pmip6.conformance.verdict import Verdict
from pmip6.properties.faults.guard_equivalence import argument
from pmip6.properties.faults.handover_settings import HANDOVERS
from pmip6.properties.faults.noticed import first_notices
from pmip6.properties.faults.one_sided import sure_notices
from pmip6.vectors.fast_handover.purposes import HandoverPurpose, handover_purposes

SMALL = (
    "slow-answers",
    "slow-handovers",
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
def _differences() -> Differences[HandoverPurpose]:
    """Where the mutants of the rules differ; read once in each process."""
    changes = (change_of(mutant) for mutant in handover_mutants().values())
    return case_differences(handover_purposes(), changes)


def noticed_by_cases(names: Sequence[str]) -> Found:
    """The first case that notices each mutant."""
    found: Found = {}
    for name in names:
        known = handover_mutants().get(name)
        cases: Iterable[HandoverPurpose] = (
            handover_purposes()
            if known is None
            else _differences().runs(change_of(known))
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
            reason = argument([change_of(known)], HANDOVERS)
            if reason:
                found[name] = Layer.EQUIVALENT, reason
    return found


def noticed_by_configurations(
    names: Sequence[str], small: Sequence[str] = SMALL
) -> Found:
    """The property that fails with each mutant of the rules, or the count that differs."""
    known = handover_mutants()
    changes = [change_of(known[name]) for name in names if name in known]
    found: Found = {
        name: (Layer.COUNT, text) for name, text in sure_notices(changes, small).items()
    }
    others = [change for change in changes if change.name not in found]
    for name, notice in first_notices(others, small).items():
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


def noticed_again(
    names: Sequence[str], told: Found, exchanges: Sequence[Exchange]
) -> Found:
    """The mutants that are noticed by what noticed them last, or proved equivalent again."""
    cases = {purpose.name: purpose for purpose in handover_purposes()}
    golden = {exchange.name: exchange for exchange in exchanges}
    found: Found = {}
    for name in names:
        layer, by = told[name]
        match layer:
            case Layer.EQUIVALENT:
                found |= equivalent([name])
            case Layer.PROPERTY | Layer.COUNT:
                found |= noticed_by_configurations([name], [configuration_of(by)])
            case Layer.CASE if by in cases:
                if notices(cases[by], faulty_handover(name)):
                    found[name] = layer, by
            case Layer.EXCHANGE if by in golden:
                if golden[by].notices(faulty_handover(name)):
                    found[name] = layer, by
            case _:
                pass
    return found


def search(exchanges: Sequence[Exchange] = ()) -> Search:
    """What is tried; `exchanges` are the golden ones, as far as they are at hand."""

    def again(names: Sequence[str], told: Found) -> Found:
        return noticed_again(names, told, exchanges)

    return Search(
        again,
        {
            "cases": noticed_by_cases,
            "arguments": equivalent,
            "configurations": noticed_by_configurations,
            "golden exchanges": partial(noticed_by_exchanges, exchanges=exchanges),
        },
        "arguments",
        HANDOVERS,
    )


# ---- all of them -----------------------------------------------------------------------


def kill_matrix(
    names: Sequence[str],
    exchanges: Sequence[Exchange] = (),
    told: Found | None = None,
    kept: Kept | None = None,
    processes: int = 2,
) -> list[Fate]:
    """The fates of the mutants, in the order given; the arguments are those of `settled`."""
    every = search(exchanges)
    found = noticed_last(names, every, told or {}, kept, processes)
    ruled = [name for name in names if name in handover_mutants()]
    shown = side_by_side(
        "side by side", beside, portions(ruled, processes), processes, kept
    )
    packets = {name: by for name, (_, by) in shown.items()}

    def is_unseen(name: str) -> bool:
        """Packets show it; what noticed it last is the model."""
        told_by, _ = found.get(name, (Layer.CASE, ""))
        return packets.get(name) == SHOWS and told_by not in ON_THE_WIRE

    unseen = [name for name in ruled if is_unseen(name)]
    found |= side_by_side(
        "cases", noticed_by_cases, portions(unseen, processes), processes, kept
    )
    found = tried(names, every, found, kept, processes)
    left = [name for name in ruled if is_nested(name) and name not in found]

    def why(some: Sequence[str]) -> Found:
        return reasons(some, packets, SMALL)

    found |= side_by_side("reasons", why, portions(left, processes), processes, kept)
    return [_fate(name, found, packets.get(name, SHOWS)) for name in names]


def _fate(name: str, found: Found, packets: str) -> Fate:
    peer = faulty_handover(name)
    layer, by = found.get(name, (Layer.SURVIVES, ""))
    shown = SHOWS if layer in ON_THE_WIRE else packets
    return Fate(name, peer.kind, peer.text, layer, by, shown)


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
    """Make the matrix; `exchanges` are the golden ones, which the package has not."""

    def fates(
        names: Sequence[str], told: Found, kept: Kept | None, processes: int
    ) -> list[Fate]:
        return kill_matrix(names, exchanges, told, kept, processes)

    matrix = KillMatrix(REPORT, __doc__, mutants(), fates, report, WHY_THEY_SURVIVE)
    return matrix.command(arguments)


if __name__ == "__main__":
    sys.exit(main())
