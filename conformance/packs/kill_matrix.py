"""Which faulty implementation a scenario of the pack that ships notices, by role.

    python -m pmip6.conformance.packs.kill_matrix [--role ROLE] [--out DIR]

What the document tells of other roles than ROLE stays as it is.  `both-mags` are faults of
the rules and tables that a gateway has as previous and as new one.
Nothing is played for a mutant that the kill matrix of its role has proved equivalent, or
that has the same rules with all settings of the pack.  Scenarios are played in memory
under virtual time, those alone in which a mutant does something else than its original;
a gateway meets all scenarios for gateways, and one in which a request belongs to two
sessions counts for nothing.  Of a mutant that none notices Z3 is asked whether it ever
does anything else; one of fast handover is compared with its original side by side.  What
noticed a mutant in the last document is tried first (conformance/kill_run.py).
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
    NEVER,
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
_NO_WAY = "without the other a packet has no way either: it needs a route and a tunnel"
_WHY: Mapping[str, Sequence[str]] = {
    _NO_WAY: (
        "lma/lma.delete_after_delay.update-9",
        "lma/lma.expire.update-9",
    ),
    "an anchor restarts when its process does, not by a rule": (
        "lma/lma.restart_without_bindings.guard-0",
    ),
    "the delay begins anew with each de-registration, and its end does nothing to a "
    "session that is registered": (
        "lma/lma.extend.timer-0",
        "lma/lma.hand_off.timer-0",
    ),
    "the lifetime begins anew with each registration, and its end does nothing to a "
    "session that is de-registered": ("lma/lma.deregister.timer-0",),
    "a session that is extended is afterwards as one that is handed over": (
        "lma/lma.extend.guard-15",
        "lma/lma.hand_off.guard-15",
    ),
    "a request that no rule takes has no answer, too": (
        "lma/lma.ignore_foreign_deregistration.removed",
    ),
    "the delay begins anew with each request that waits, and its end does nothing where "
    "none does": ("lma/lma.hand_over_to_waiting.timer-1",),
    "shows only where one interface has two sessions, of which the RFC prefers none": (
        "lma/lma.reject_low_sequence_number.guard-10",
        "lma/lma.reject_low_sequence_number.guard-11",
    ),
    "a set of prefixes has one in common with itself, which is asked, too": (
        "lma/everywhere.lma.reject_other_prefix_set.guard-11-2",
    ),
    "a node that has had an advertisement before its registration gets it again": (
        "mag/everywhere.mag.advertise.guard-3-4",
    ),
    "the prefix of a context is advertised before its registration can be answered": (
        "mag/everywhere.mag.advertise.guard-3-3",
    ),
    "shows where the clock of a gateway with fast handover is set while a node waits": (
        "mag/mag.register_after_synchronisation.update-6",
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
    "equivalent": frozenset({EQUIVALENT, LEFT_OVER, NEVER, PERMITTED}),
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
        "- `equivalent`: proved so for any size, by Z3 in the kill matrix of its role or in all",
        "  situations with settings of the pack, or from where rules read what it leaves",
        "  behind; or permitted by the RFCs;",
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
