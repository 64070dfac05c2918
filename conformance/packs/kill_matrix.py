"""Which faulty implementation a scenario of the pack that ships notices, by role.

    python -m pmip6.conformance.packs.kill_matrix [--role ROLE] [--out DIR]

What the document tells of other roles than ROLE stays as it is.  `both-mags` are faults of
the rules and tables that a gateway has as previous and as new one.
Nothing is played for a mutant that the kill matrix of its role has proved equivalent, or
that has the same rules with all settings of the pack.  Scenarios are played in memory
under virtual time, those alone in which a mutant does something else than its original.
One that none notices is compared with its original side by side, in the states of the
role's graph.  What noticed a mutant in the last document is tried first
(conformance/kill_run.py).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pmip6.conformance.fast_handover.faulty_gateways import PERMITTED, table_mutants
from pmip6.conformance.fast_handover.survivors import (
    WHY_THEY_SURVIVE as HANDOVER_REASONS,
)
from pmip6.conformance.kill_report import (
    Fate,
    Found,
    Layer,
    argument_lines,
    closing_lines,
    percent_noticed,
    survivors,
)
from pmip6.conformance.kill_run import Kept, KillMatrix, Search, settled
from pmip6.conformance.mag.kill_layers import ALIKE_BESIDE
from pmip6.conformance.mag.kill_report import WHY_THEY_SURVIVE as GATEWAY_REASONS
from pmip6.conformance.packs.kill_layers import (
    ALIKE,
    BOTH,
    EQUIVALENT,
    LEFT_OVER,
    SAME,
    alike,
    certain,
    mutants,
    noticed,
    noticed_again,
    peer_of,
)
from pmip6.vectors.packs.scenario_group import PackRole

DOCUMENTS = Path("docs")
REPORT = "pack-kill-matrix.md"
ROLES = (*PackRole, BOTH)
"""Whose mutants are tried."""
SIDE_BY_SIDE = "side by side"
_NO_SCENARIO = "no scenario of the pack shows it yet"
_NAMELESS = "a request without a node names none that is known, which is asked, too"
_UNSERVED = (
    "a node without the service never gets so far: it has no session, no accepted time"
)
_DROPPED = "a packet that no rule takes goes nowhere, too"
_DROPPED_BESIDE = "what it drops besides, another rule drops, too"
_NO_WAY = "without the other a packet has no way either: it needs a route and a tunnel"
_WHY: Mapping[str, Sequence[str]] = {
    _NAMELESS: (
        "lma/lma.reject_node_without_service.guard-0",
        "lma/lma.ignore_deregistration_without_session.guard-0",
        "lma/lma.allocate.guard-0",
        "lma/lma.reject_for_lack_of_prefixes.guard-0",
        "lma/lma.extend.guard-0",
        "lma/lma.ignore_foreign_deregistration.guard-0",
    ),
    _UNSERVED: (
        "lma/lma.reject_lower_timestamp.guard-3",
        "lma/lma.extend.guard-3",
        "lma/lma.ignore_foreign_deregistration.guard-3",
    ),
    _DROPPED: (
        "lma/lma.drop_in_deletion_delay.removed",
        "lma/lma.drop_without_route.removed",
        "lma/lma.drop_from_node_in_deletion_delay.removed",
        "lma/lma.drop_from_other_gateway.removed",
    ),
    _DROPPED_BESIDE: (
        "lma/lma.drop_in_deletion_delay.guard-1",
        "lma/lma.drop_without_route.guard-3",
        "lma/lma.drop_from_node_in_deletion_delay.guard-1",
        "lma/lma.drop_from_other_gateway.guard-3",
    ),
    _NO_WAY: (
        "lma/lma.delete_after_delay.update-9",
        "lma/lma.expire.update-9",
    ),
    "a request that no rule takes has no answer, too": (
        "lma/lma.ignore_deregistration_without_session.removed",
    ),
    "an anchor restarts when its process does, not by a rule": (
        "lma/lma.restart_without_bindings.guard-0",
    ),
    "a node that keeps its tunnel through another one is needed while a session ends": (
        "lma/lma.delete_after_delay.update-8",
        "lma/lma.expire.update-8",
    ),
    "a gateway that knows no prefix has none to propose": (
        "mag/mag.propose_prefix.guard-2",
    ),
    "an advertisement may come again at any time": (
        "mag/mag.advertise.guard-2",
        "mag/mag.advertise.update-0",
    ),
    "whether it renews while a request is open is its own matter": (
        "mag/mag.accept_and_upload_address.timer-1",
    ),
    "shows where a registration ends that was answered with an address in use: no answer "
    "to the request that follows, and a short lifetime": (
        "mag/mag.accept_and_upload_address.update-3",
    ),
    "another prefix is advertised at once, and that RA withdraws the first one as well": (
        "new-mag/mag.accept_completion.update-1",
        "new-mag/mag.accept_completion_instead.update-1",
        "new-mag/mag.take_refusal.update-1",
        "new-mag/mag.forget_context.update-1",
        f"{BOTH}/mag.give_up_as_new_gateway.update-1",
    ),
    "for which reason it refuses an offer is for the gateway to choose": (
        "new-mag/mag.refuse_offer.guard-5",
    ),
    "how long it waits between repetitions is compared with no upper limit": (
        "mag/mag.renew.update-3",
    ),
}
WHY_THEY_SURVIVE: Mapping[str, str] = {
    **{f"{PackRole.MAG}/{name}": why for name, why in GATEWAY_REASONS.items()},
    **{
        f"{BOTH}/{name}": why
        for name, why in HANDOVER_REASONS.items()
        if name in table_mutants()
    },
    **{name: why for why, names in _WHY.items() for name in names},
}
"""Of those that are not here it is told where they differ, or that nothing is known."""


def fates(
    names: Sequence[str], told: Found, kept: Kept | None, processes: int
) -> list[Fate]:
    """What becomes of mutants, in the order given; the arguments are those of `settled`."""
    away = certain(names, DOCUMENTS)
    search = Search(
        noticed_again,
        {"scenarios": noticed, SIDE_BY_SIDE: partial(alike, folder=DOCUMENTS)},
        apart=[SIDE_BY_SIDE],
    )
    found = dict(away)
    for role in ROLES:
        own = [n for n in names if n.startswith(f"{role}/") and n not in away]
        found |= settled(own, search, told, kept, processes)
    return [fate_of(name, found) for name in names]


def fate_of(name: str, found: Found) -> Fate:
    """The fate of a mutant; its kind is the role."""
    layer, by = found.get(name, (Layer.SURVIVES, ""))
    return Fate(name, name.partition("/")[0], peer_of(name).text, layer, by)


COLUMNS: Mapping[str, frozenset[str]] = {
    "equivalent": frozenset({EQUIVALENT, LEFT_OVER, PERMITTED}),
    "same rules": frozenset({SAME}),
    "alike": frozenset({ALIKE, ALIKE_BESIDE}),
}
"""The arguments for being out of reach, by the column that counts them."""


def totals(some: Sequence[Fate]) -> str:
    """A line for each role, and one for all."""
    shares = ("% noticed", "% with those alike")
    headers = ("role", "mutants", *COLUMNS, "noticed", "survive", *shares)
    lines: list[tuple[str, ...]] = [headers, ("---", *("--:",) * (len(headers) - 1))]
    for role in [*dict.fromkeys(fate.kind for fate in some), ""]:
        own = [fate for fate in some if role in ("", fate.kind)]
        away = [
            sum(f.layer is Layer.EQUIVALENT and f.by in reasons for f in own)
            for reasons in COLUMNS.values()
        ]
        left, noticed = len(survivors(own)), sum(f.layer is Layer.CASE for f in own)
        strict = 100 * noticed / (noticed + left + away[-1])
        numbers = (len(own), *away, noticed, left)
        percent = (f"{percent_noticed(own):.1f}", f"{strict:.1f}")
        lines.append((role or "all", *map(str, numbers), *percent))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(some: Sequence[Fate], tried: str) -> str:
    """The matrix as Markdown."""
    lines = [
        "# Kill matrix of the pack",
        "",
        "Made by `make kill-matrix`, its part `python -m pmip6.conformance.packs.kill_matrix`:",
        "for each faulty implementation a scenario of the shipped pack that fails on it,",
        "played in memory under virtual time.  What is seen of an implementation are its",
        "packets, and how many bindings it has when a scenario ends.  A mutant is taken",
        "before all other rules.  It cannot be observed where it is",
        "",
        "- `equivalent`: proved so for any size, by Z3 in the kill matrix of its role, or from",
        "  where rules read what it leaves behind; or permitted by the RFCs;",
        "- `same rules`: the facts of all settings of the pack leave it the rules of its",
        "  original, as where it is about a feature that no setting has;",
        "- `alike`: side by side with its original it never sends anything else, whatever a",
        "  tester of the role can do, in all states of the role's graph, and in all pairs of",
        "  states that the two then come to.  What a tester does is bounded: other requests,",
        "  and more of them, could tell the two.",
        "",
        "All others can be observed; 95 % of them have to be noticed.  The last column has",
        "the share in which those that are alike count as not noticed.  `both-mags` are faults",
        "of the rules and tables that a gateway has as previous and as new one.",
        "",
        tried,
        "",
        totals(some),
        "",
        "Reasons for being out of reach:",
        "",
        *argument_lines(some),
        "",
        *closing_lines(some, reasons_of(some)),
    ]
    return "\n".join(lines) + "\n"


def reasons_of(some: Iterable[Fate]) -> dict[str, str]:
    """Why each of those survives that do, as far as that is known."""
    return {
        f.name: WHY_THEY_SURVIVE.get(f.name) or f.by or _NO_SCENARIO
        for f in survivors(some)
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the matrix; 1 where fewer are noticed than wanted, or one is unexplained."""
    parts = {str(role): mutants()[role] for role in ROLES}
    matrix = KillMatrix(
        REPORT,
        __doc__,
        parts,
        fates,
        report,
        WHY_THEY_SURVIVE,
        option="--role",
        told_fate=fate_of,
    )
    return matrix.command(arguments)


if __name__ == "__main__":
    sys.exit(main())
