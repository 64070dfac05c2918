"""Each feature of the anchor, alone and in pairs, where every clock of the anchor is real.

They are those of feature_pairs.py, with ticks: whether time can go on is decided in them,
and runs without end are looked at, so that a deletion delay ends, and a session that
nobody extends, and a wait.  An anchor that restarts is there with each thing that it may
keep, as in restart_configurations.py, which have gateways and no end of a lifetime.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.model.domain import Configuration
from pmip6.model.shipped.configurations import ON
from pmip6.model.shipped.feature_pairs import (
    FEATURES,
    NODE,
    PAIRS,
    PREFIXES,
    alone,
)
from pmip6.model.shipped.restart_configurations import (
    DROPS,
    FORGETS,
    VARIANTS,
    Variant,
)

CLOCKS = {"binding_lifetime": (2,), "min_delay_before_bce_delete": (1,)}
WAIT = {"max_delay_before_new_bce_assign": (1,)}
DECIDED = {"time-can-go-on"}
NOTHING: frozenset[str] = frozenset()
RESTARTING = ("losses", "restarts")
IN_ORDER = frozenset({(1, 0), (2, 0), (2, 1)})
ASSIGNED = frozenset({(NODE, PREFIXES[0])})
LARGE = {
    "interfaces",
    "interfaces+sequences",
    "interfaces+forwarding",
    "interfaces+restarts",
    "interfaces+losses",
    "waiting+sequences",
}
"""Those that are too large for runs without end as they are."""


def clocked(chosen: Configuration) -> Configuration:
    """The configuration with real clocks."""
    waits = "waits_for_deregistration" in chosen.facts
    restarts = "anchor_restarts" in chosen.facts
    drops = restarts and "bindings_survive" not in chosen.facts
    forgets = restarts and "timestamps_survive" not in chosen.facts
    return chosen.changed(
        name=f"clocked-{chosen.name}",
        summary=f"{chosen.summary}, all clocks of the anchor real",
        durations={**CLOCKS, **(WAIT if waits else {})},
        endless=True,
        silent_on=chosen.silent_on - DECIDED,
        broken=(DROPS if drops else NOTHING) | (FORGETS if forgets else NOTHING),
    )


def _restarting(name: str, variant: Variant) -> Configuration:
    """An anchor that restarts and keeps what the variant says."""
    chosen = alone("restarts")
    kept = dict.fromkeys(variant.kept, ON)
    others = {n: held for n, held in chosen.facts.items() if "survive" not in n}
    own = (
        {"is_assignable": ASSIGNED, "may_request": ASSIGNED} if variant.assigned else {}
    )
    return chosen.changed(
        name=f"restart-{name}",
        summary=f"1 mobile node, 2 MAGs, an anchor that restarts: {name}",
        facts={**others, **kept, **own},
    )


def _smaller(chosen: Configuration) -> Configuration:
    """With one prefix, and with numbers that do not wrap where it has numbers."""
    few = chosen.changed(
        prefixes=PREFIXES[:1], facts={**chosen.facts, "is_assignable": ASSIGNED}
    )
    if not few.sequences:
        return few
    facts = {**few.facts, "is_newer": IN_ORDER}
    return few.changed(sequences=(0, 1, 2), facts=facts)


def _every() -> Iterator[Configuration]:
    for name in FEATURES:
        if name not in RESTARTING:
            chosen = alone(name)
            yield clocked(_smaller(chosen) if name in LARGE else chosen)
    in_vain = _smaller(alone("waiting"))
    yield clocked(
        in_vain.changed(
            name="waiting-in-vain", summary=f"{in_vain.summary}, one prefix for both"
        )
    )
    for name, variant in VARIANTS.items():
        yield clocked(_restarting(name, variant))
    for name, pair in PAIRS.items():
        yield clocked(_smaller(pair) if name in LARGE else pair)


FEATURE_CLOCKS = {c.name: c for c in _every()}
