"""Two things with each feature of the anchor that are no switches of its rules.

Requests that leave the timestamp window on their way are a fault of the channel; and what
an anchor keeps when it restarts is there twice among the features (all, or timestamps
alone), and here as it may be besides (restart_configurations.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.model.domain import Configuration
from pmip6.model.shipped.configurations import ON, Facts
from pmip6.model.shipped.feature_pairs import (
    FEATURES,
    NODE,
    PAIRS,
    Feature,
    alone,
    together,
)
from pmip6.model.shipped.restart_configurations import FORGETS, VARIANTS, Variant

LATE = "late-window"
RESTARTING = ("restarts", "losses")
NOTHING: frozenset[str] = frozenset()


def with_late_window(name: str) -> Configuration:
    """A feature where requests may leave the timestamp window on their way."""
    chosen = alone(name)
    return chosen.changed(
        name=f"{LATE}+{name}",
        summary=f"{chosen.summary}, requests that leave the timestamp window on their way",
        faults=chosen.faults | {"delay"},
        endless=False,
    )


def with_restarts(kept: str, variant: Variant, name: str) -> Configuration:
    """A feature of an anchor that restarts and keeps what the variant says."""
    restart = Feature({"anchor_restarts": ON, **dict.fromkeys(variant.kept, ON)})
    chosen = together(FEATURES[name], restart, frozenset({name, RESTARTING[0]}))
    forgets = "timestamps_survive" not in variant.kept
    return chosen.changed(
        name=f"restart-{kept}+{name}",
        summary=f"1 mobile node, 2 MAGs, an anchor that restarts: {kept}, {name}",
        facts={**chosen.facts, **(_of_its_own(chosen) if variant.assigned else {})},
        endless=False,
        broken=FORGETS - chosen.silent_on if forgets else NOTHING,
    )


def _of_its_own(chosen: Configuration) -> Facts:
    """The node has one prefix, or one set, that it always gets."""
    may_have = chosen.facts["is_assignable"]
    prefix = next(p for p in chosen.prefixes if (NODE, p) in may_have)
    return {"is_assignable": frozenset({(NODE, prefix)})}


def _every() -> Iterator[Configuration]:
    yield from map(with_late_window, FEATURES)
    pairs = [pair.facts for pair in PAIRS.values()]
    for kept, variant in VARIANTS.items():
        for name in FEATURES:
            if name not in RESTARTING:
                chosen = with_restarts(kept, variant, name)
                if chosen.facts not in pairs:  # all is kept, or there is one set anyway
                    yield chosen


FURTHER_PAIRS = {c.name: c for c in _every()}
