"""What notices which faulty gateway: `make kill-matrix`.

Every mechanical mutant of the gateway's rules and tables is tried by one layer after the
other: the test cases on a gateway in memory and the golden exchanges, where a gateway with
it beside one without shows it in packets; then the properties of small configurations, and
what is counted there.  What none of them notices is equivalent where Z3 proves it, or where
no run tells it from the gateway, or it survives.  What settled a mutant in the last document
is tried first (conformance/kill_run.py).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pmip6.conformance.kill_report import ON_THE_WIRE, Fate, Found, Layer, is_nested
from pmip6.conformance.kill_run import (
    Kept,
    KillMatrix,
    Search,
    Tried,
    noticed_last,
    portions,
    side_by_side,
    tried,
)
from pmip6.conformance.mag.faulty_gateways import (
    faulty_gateway,
    table_mutants,
    written_mutants,
)
from pmip6.conformance.mag.kill_layers import (
    ALIKE,
    ALIKE_BESIDE,
    SHOWS,
    GatewayScenario,
    alike,
    equivalent,
    noticed_again,
    noticed_by_cases,
    noticed_by_configurations,
    noticed_by_exchanges,
)
from pmip6.conformance.mag.kill_report import REPORT, WHY_THEY_SURVIVE, report
from pmip6.properties.faults.gateway_settings import GATEWAY_SETTINGS
from pmip6.vectors.mag.distinctions import gateway_mutants


def mutants() -> dict[str, list[str]]:
    """The names of all mutants by part: whole, written, nested, tables."""
    rules = list(gateway_mutants())
    return {
        "whole": [name for name in rules if not is_nested(name)],
        "written": list(written_mutants()),
        "nested": [name for name in rules if is_nested(name)],
        "tables": list(table_mutants()),
    }


def kill_matrix(
    names: Sequence[str],
    exchanges: Sequence[GatewayScenario],
    told: Found,
    kept: Kept | None,
    processes: int,
) -> list[Fate]:
    """The fates of the mutants, in the order given; the arguments are those of `settled`."""

    def again(some: Sequence[str], last: Found) -> Found:
        return noticed_again(some, last, exchanges)

    settings = tuple(GATEWAY_SETTINGS)
    first = Search(again, {}, settings=settings)
    found = noticed_last(names, first, told, kept, processes)
    others = [n for n in names if n not in found or found[n][0] not in ON_THE_WIRE]
    beside = side_by_side(
        "side by side", alike, portions(others, processes), processes, kept
    )
    packets = {name: by for name, (_, by) in beside.items()}
    # What the model alone noticed last may have a case now, where packets show it.
    found = {n: f for n, f in found.items() if f[0] in ON_THE_WIRE or n in packets}
    last_alike = (n for n in others if told.get(n) == (Layer.EQUIVALENT, ALIKE_BESIDE))
    found |= {n: told[n] for n in last_alike if packets.get(n) == ALIKE}

    def shown(some: Sequence[str]) -> list[str]:
        return [name for name in some if name not in packets]

    layers: dict[str, Tried] = {
        "cases": lambda some: noticed_by_cases(shown(some)),
        "golden exchanges": lambda some: noticed_by_exchanges(shown(some), exchanges),
        "configurations": noticed_by_configurations,
        "arguments": equivalent,
    }
    every = Search(again, layers, "arguments", settings)
    found = tried(names, every, found, kept, processes)
    for name in others:
        if name not in found and packets.get(name) == ALIKE:
            found[name] = Layer.EQUIVALENT, ALIKE_BESIDE
    return [_fate(name, found, packets.get(name, SHOWS)) for name in names]


def _fate(name: str, found: Found, packets: str) -> Fate:
    peer = faulty_gateway(name)
    layer, by = found.get(name, (Layer.SURVIVES, ""))
    return Fate(name, peer.kind, peer.text, layer, by, packets)


def main(
    arguments: Sequence[str] | None = None, exchanges: Sequence[GatewayScenario] = ()
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
