"""What has to hold between the timers, as Markdown (docs/timers.md)."""

from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, takewhile

from tabulate import tabulate

from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.model.mag.configuration import backoff
from pmip6.properties.durations import (
    WAITS,
    Relation,
    of_deletion_delay,
    of_lifetime,
)
from pmip6.properties.unnoticed_handoffs import of_waiting


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
    yield ""
    yield "## MaxDelayBeforeNewBCEAssign"
    yield ""
    yield "A node goes to its other interface, and the new gateway reports an unknown"
    yield "handoff.  An anchor that waits (RFC 5213, sections 5.4.1.2 and 5.4.1.3) keeps"
    yield "the session in all these cases, and makes no second one, if and only if"
    yield ""
    yield "    delay > time until the gateway that the node left ends the session"
    yield ""
    yield "Repetitions of the new gateway do not count, as they do not begin the wait anew."
    yield "A gateway that has ended the session before the request comes is the case above."
    yield ""
    yield _table(of_waiting(), "time until the end", "shortest delay that is enough")
    yield ""
    yield "## With the values of the RFCs"
    yield ""
    yield from _with_defaults()


def _with_defaults() -> Iterator[str]:
    """What these relations leave with the default values of RFC 5213 and RFC 6275."""
    defaults = AnchorSettings.model_fields
    delay = int(defaults["min_delay_before_bce_delete_ms"].default)
    wait = int(defaults["max_delay_before_new_bce_assign_ms"].default)
    spent = chain((0,), accumulate(backoff()))
    rows = [
        (losses, f"{(delay - gone) / 1000:g} s")
        for losses, gone in enumerate(takewhile(lambda gone: gone < delay, spent))
    ]
    yield f"MinDelayBeforeBCEDelete is {delay / 1000:g} s, and requests are repeated after"
    yield "1, 2, 4, ... s, so that a node that moves keeps its session if it is on no"
    yield "link for less than"
    yield ""
    yield tabulate(rows, ("lost in a row", "on no link"), tablefmt="github")
    yield ""
    yield f"MaxDelayBeforeNewBCEAssign is {wait / 1000:g} s: the gateway that the node left"
    yield "has less than that to notice."


def _table(found: Iterable[Relation], given: str, least: str) -> str:
    headers = ("lost in a row", given, least, "right side of the relation")
    return tabulate(list(found), headers, tablefmt="github")
