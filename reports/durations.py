"""What has to hold between the timers, as Markdown (docs/timers.md)."""

from collections.abc import Iterable, Iterator

from tabulate import tabulate

from pmip6.properties.durations import (
    WAITS,
    Relation,
    of_deletion_delay,
    of_lifetime,
)


def timers_text() -> str:
    """The relations between the timers, each with the table that shows it."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    waits = ", ".join(map(str, WAITS))
    yield "# Timers: what has to hold between them"
    yield ""
    yield "Made by `pmip6 model timers`; `properties/durations.py` is the search."
    yield ""
    yield "The properties held for all durations that were tried.  That a node keeps its session is"
    yield "no property: it depends on the timers.  The numbers below are ticks.  Gateways"
    yield "act at once, the network delivers before time goes on, and a request is"
    yield f"repeated after {waits}, {WAITS[-1]}, ... ticks (RFC 5213, section 6.9.4)."
    yield ""
    yield "## Binding lifetime"
    yield ""
    yield "In all these cases a node that stays keeps its session if and only if"
    yield ""
    yield "    lifetime > renewal + waits before the repetition that is not lost"
    yield ""
    yield _table(of_lifetime(), "renewal", "shortest lifetime that is enough")
    yield ""
    yield "## MinDelayBeforeBCEDelete"
    yield ""
    yield "In all these cases a node that moves keeps its session, although the gateway"
    yield "that it left ends it at once, if and only if"
    yield ""
    yield "    delay > time between the links + waits before that repetition"
    yield ""
    yield _table(of_deletion_delay(), "time between", "shortest delay that is enough")


def _table(found: Iterable[Relation], given: str, least: str) -> str:
    headers = ("lost in a row", given, least, "right side of the relation")
    return tabulate(list(found), headers, tablefmt="github")
