"""The engine `explore`: every reachable state, breadth first, up to a limit.

Compiled code does it; without a C compiler the plain interpreter does, up to a lower one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pmip6.model.domain import Model
from pmip6.properties.exploration.c_code import CProgram
from pmip6.properties.exploration.compiled import NoCompiler
from pmip6.properties.exploration.explorer import PARTS, Explorer
from pmip6.properties.exploration.layout import Layout
from pmip6.properties.exploration.plain_explorer import MOST_STATES, PlainExplorer
from pmip6.properties.exploration.printer import Unheld
from pmip6.properties.exploration.search import Extent, Progress, Search
from pmip6.properties.exploration.symmetry import Symmetry
from pmip6.properties.property import Property
from pmip6.properties.result import Outcome, PropertyResult, Run, Trace

ENGINE = "explore"
NO_DEADLOCK = "no-deadlock"
ANY = "a rule takes another element in it than the first one that it may"
MARK_OCTETS = 8  # the most that a large table has for a state
LOOSER = "violated where rules take any"
"""Where only runs break a property that the model itself does not have."""


def explore(
    model: Model,
    properties: Sequence[Property],
    *,
    limit: int | None = None,
    threads: int | None = None,
    stop_early: bool = False,
    deadlock: bool = True,
    progress: Progress = lambda reached: None,
    lasting: bool = True,
    symmetric: bool = False,
    compact: bool = False,
    memory: int | None = None,
    traces: int = 1,
) -> Run:
    """Explore a model and decide the properties, and whether there is no deadlock.

    Args:
        model: The model.
        properties: What is to be decided.
        limit: The most states that may be met; more leave properties undecided.
        threads: How many threads take part; all processors, if not given.
        stop_early: Stop when one property is violated; else when all are.
        deadlock: Look for a state without any step as well (`no-deadlock`).
        progress: Is told how far the search is, after each layer and within large ones.
        lasting: Whether the model will be explored again, so that its compiled code is
            worth optimising and keeping.
        symmetric: Keep one of the states that renamings of elements make of each other.
        compact: Keep a mark of each state instead of the state; then nothing is proved.
        memory: The most octets for states; most of what is free, if not given.
        traces: How many runs to a violation are looked for, of each property.
    """
    start = time.monotonic()
    layout = Layout(model)
    unreadable = {p.name: reason for p in properties if (reason := unheld(layout, p))}
    readable = [p for p in properties if p.name not in unreadable]
    symmetry = Symmetry(model, readable) if symmetric else None
    threads = threads or min(PARTS, os.cpu_count() or 1)

    def explorer() -> Explorer:
        return Explorer(
            model,
            readable,
            threads=threads,
            lasting=lasting,
            symmetry=symmetry,
            compact=compact,
            memory=memory,
            most=traces,
        )

    search, notes = _search(model, readable, explorer, traces)

    def enough() -> bool:
        known = [search.is_violated(i) for i in range(len(readable) + deadlock)]
        return any(known) if stop_early else all(known)

    try:
        extent = search.run(limit=limit, enough=enough, progress=progress)
        results = {p.name: _result(search, i, extent) for i, p in enumerate(readable)}
        for p in properties:
            if p.name in unreadable:
                results[p.name] = PropertyResult(
                    p.name,
                    Outcome.UNDECIDED,
                    "not applicable",
                    p.assumptions,
                    note=unreadable[p.name],
                    vacuous=True,
                )
        ordered = [results[p.name] for p in properties]
        if deadlock:
            ordered.append(_deadlock(search, extent))
        return Run(
            configuration=model.configuration.name,
            engine=ENGINE,
            states=extent.states,
            transitions=extent.transitions,
            depth=extent.depth,
            seconds=time.monotonic() - start,
            properties=tuple(ordered),
            notes=(
                *notes,
                *_reduced(search, symmetry),
                *([extent.stopped] if extent.stopped else []),
            ),
            rules=search.steps(),
            memory=extent.memory,
        )
    finally:
        search.close()


def _reduced(search: Search, symmetry: Symmetry | None) -> Iterator[str]:
    """What is kept of the states, in words, where it is not every one of them."""
    if not isinstance(search, Explorer):
        return
    if search.compact:
        octets = search.table / search.states
        least = ", as the table has a least size" if octets > MARK_OCTETS else ""
        yield f"compact: {octets:.1f} octets of each state are kept{least}"
    if symmetry is None:
        return
    if symmetry.order == 1:
        yield symmetry.told()
        return
    states, stands = search.states, search.stands
    of = ", of the model in which rules take any free element" * symmetry.is_looser
    yield (
        f"{symmetry.told()}: {states:,} states stand for {stands:,}, "
        f"{stands / states:.1f} times as many{of}"
    )


def _search(
    model: Model,
    properties: Sequence[Property],
    explorer: Callable[[], Explorer],
    traces: int,
) -> tuple[Search, tuple[str, ...]]:
    """The search that this system can do, and what has to be told about it."""
    try:
        return explorer(), ()
    except NoCompiler as missing:
        instead = f"the plain interpreter goes on instead, to {MOST_STATES} states"
        return PlainExplorer(model, properties, traces), (
            f"{missing.line()}; {instead}",
        )


def unheld(layout: Layout, wanted: Property) -> str:
    """Why the states of the model cannot decide a property, or the empty string."""
    try:
        "".join(CProgram(layout, [wanted]).checks())
    except Unheld as error:
        return error.line()
    return ""


def _missed(search: Search) -> str:
    """How likely it is that a compact search has missed a state; empty for an exact one."""
    if not isinstance(search, Explorer) or not search.compact:
        return ""
    bound = max(search.omission, 1e-15)
    return f"probability of an omitted state below {bound:.1g}, if marks are random"


def _covered(extent: Extent) -> str:
    return f"{extent.states} states to depth {extent.depth} covered: {extent.stopped}"


def _violated(name: str, traces: Sequence[Trace]) -> PropertyResult:
    """What runs to a violation come to: undecided where none is one of the model itself.

    Renamings make a rule that takes the first of several elements take any; of such a run
    nobody knows whether the model has one like it.
    """
    trace, *others = sorted(traces, key=lambda each: each.model is not None)
    told = "run" if traces[0] is not trace else "shortest run"
    told = f"{told}: {len(trace.steps)} steps"
    if others:
        lengths = ", ".join(str(len(other.steps)) for other in others)
        told += f"; other runs: {lengths} steps"
    is_looser = trace.model is not None
    if is_looser:
        told += f"; {ANY}: decide it without --symmetry"
    elif any(other.model is not None for other in others):
        told += "; in other runs rules take any element"
    return PropertyResult(
        name,
        Outcome.UNDECIDED if is_looser else Outcome.VIOLATED,
        LOOSER if is_looser else "exhaustive",
        trace=trace,
        note=told,
        others=tuple(others),
    )


def _result(search: Search, number: int, extent: Extent) -> PropertyResult:
    chosen = search.properties[number]
    if traces := search.traces(number):
        return replace(_violated(chosen.name, traces), assumptions=chosen.assumptions)
    outcome, method, note, vacuous = Outcome.HOLDS, "exhaustive", "", False
    missed = _missed(search)
    if extent.stopped:
        outcome, method = Outcome.UNDECIDED, "not all states"
        note = _covered(extent)
    elif not search.is_reached(number):
        outcome, vacuous = Outcome.UNDECIDED, True
        note = "vacuous: its premise is met nowhere"
    if missed and not extent.stopped:
        outcome, method = Outcome.UNDECIDED, "no violation found"
        note = f"{note}; {missed}" if note else missed
    return PropertyResult(
        chosen.name, outcome, method, chosen.assumptions, note=note, vacuous=vacuous
    )


def _deadlock(search: Search, extent: Extent) -> PropertyResult:
    if traces := search.traces(len(search.properties)):
        return _violated(NO_DEADLOCK, traces)
    if extent.stopped:
        note = _covered(extent)
        return PropertyResult(
            NO_DEADLOCK, Outcome.UNDECIDED, "not all states", note=note
        )
    if missed := _missed(search):
        return PropertyResult(
            NO_DEADLOCK, Outcome.UNDECIDED, "no violation found", note=missed
        )
    return PropertyResult(NO_DEADLOCK, Outcome.HOLDS, "exhaustive")
