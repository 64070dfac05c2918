"""Runs without end with features of gateways, each alone and every two together.

The features are those beside which an anchor acts as always, and whose bounds leave room
for what has to happen: user packets would take that of answers.  Gateways that restart do
so only so often; with restarts for ever a node may wait for ever (docs/findings.md).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from pmip6.model.domain import Configuration
from pmip6.model.shipped.configurations import RESPONSES
from pmip6.model.shipped.gateway_pairs import GATEWAY_FEATURES, NO_GATEWAY_PAIRS

AWAITED = ("hints", "solicitations", "spaced", "restarts", "losses")
"""The features that are asked, by name."""
RESTARTING = frozenset({"restarts", "losses"})


def _with(*features: str) -> Configuration:
    told = {k: v for name in features for k, v in GATEWAY_FEATURES[name].items()}
    return RESPONSES.changed(
        name=f"responses+{'+'.join(features)}",
        summary=f"{RESPONSES.summary}, {' and '.join(features)}",
        facts={**RESPONSES.facts, **told},
        restarts_end=bool(RESTARTING & set(features)),
    )


def _every() -> Iterator[Configuration]:
    yield from map(_with, AWAITED)
    for pair in itertools.combinations(AWAITED, 2):
        if frozenset(pair) not in NO_GATEWAY_PAIRS:
            yield _with(*pair)


GATEWAY_RESPONSES = {c.name: c for c in _every()}
