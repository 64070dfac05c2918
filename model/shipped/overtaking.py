"""Each feature of the anchor, alone and in pairs, with requests that overtake each other.

The configurations of features and pairs have one request of the node under way at a time,
so that none of them is stale where timestamps order them; these have two.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.model.domain import Configuration
from pmip6.model.shipped.configurations import FORWARDING, PREFIX_SETS, WAITING, facts
from pmip6.model.shipped.corners import ABOUT_ANSWERS, LATE_INTERFACES
from pmip6.model.shipped.feature_pairs import PAIRS

NODE = "mn1"
HAS_A_CASE = {"stale-request.binding", "restart.stale-request"}
"""Properties that have a case where a request is overtaken."""


def overtaking(chosen: Configuration, times: int) -> Configuration:
    """The configuration with room for two requests.

    Args:
        chosen: It has room for one.
        times: How many timestamps of the node are in use at once: two where the first two
            requests may cross, three where later ones do.
    """
    silent_on = chosen.silent_on - HAS_A_CASE
    if "several_interfaces" in chosen.facts:
        silent_on -= ABOUT_ANSWERS
    return chosen.changed(
        name=f"late-{chosen.name}",
        summary=f"{chosen.summary}, requests that overtake each other",
        capacity={**chosen.capacity, "pbu": 2},
        in_flight=2,
        times=times,
        endless=False,
        silent_on=silent_on,
    )


def _of_one_node(chosen: Configuration, *prefixes: str) -> Configuration:
    known = facts((NODE,), ("mag1", "mag2"), prefixes)
    return chosen.changed(
        summary=chosen.summary.replace("2 mobile nodes", "1 mobile node"),
        nodes=(NODE,),
        facts={**chosen.facts, **known},
    )


def _times(pair: str) -> int:
    """How many timestamps are in use at once.

    Where an anchor restarts, the properties remember one.  Where a node has two
    interfaces, a third one is too much: two newer requests that cross make two sessions
    for one of them (docs/findings.md).
    """
    features = set(pair.split("+"))
    small = not features & {"interfaces", "waiting"}
    return 3 if small and features & {"restarts", "losses"} else 2


def _every() -> Iterator[Configuration]:
    yield LATE_INTERFACES
    yield overtaking(WAITING, 2)
    yield overtaking(_of_one_node(PREFIX_SETS, "p1+p2"), 2)
    yield overtaking(_of_one_node(FORWARDING, "p1", "p2"), 2)
    for name, pair in PAIRS.items():
        if "stale-request.binding" in pair.silent_on:
            yield overtaking(pair, _times(name))


OVERTAKING = {c.name: c for c in _every()}
