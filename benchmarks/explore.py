"""The explorer against Spin on the same models: states per second, memory, compile time.

    python benchmarks/explore.py [NAME]...

Three configurations: the base protocol, several interfaces, fast handover.  Neither engine
checks a property; both find the same number of states.  On one core the time is that of the
processor, so that a busy machine counts less; on two it is what a clock shows.  Spin runs
with each of SPIN_CHOICES, for safety, without reduction (which would count fewer states),
and the fastest counts.  The load of the machine is printed: where others are busy, the
figures for two cores say little.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from pmip6.model.domain import Configuration, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.shipped.configurations import ONE_NODE
from pmip6.model.shipped.named import NAMED
from pmip6.properties.exploration.compiled import NoCompiler, compiler
from pmip6.properties.exploration.explore import explore
from pmip6.properties.result import Run
from pmip6.properties.spin.run import SpinRun, is_installed, spin

MODELS: dict[str, Configuration] = {
    "base": ONE_NODE.changed(prefixes=("p1",), entries=("bce1",)),  # a part of one-node
    "multihoming": NAMED["late-interfaces+forwarding"],
    "fast handover": NAMED["doubled-handovers"],
}
ALIKE = ("-w", "-DSAFETY", "-DNOREDUCE", "-DVECTORSZ=1024")
SPIN_CHOICES: tuple[tuple[tuple[str, ...], int], ...] = (
    (("-O2",), 24),
    (("-O3",), 24),
    (("-O2", "-DNOFAIR", "-DNOBOUNDCHECK"), 24),
)
"""Options of the compiler, and the logarithm of the size of the hash table (-w).

Tried and slower: -march=native, -DSFH, a table of -w26 (docs/search.md).
"""
DEPTH = 3_000_000
GOALS = {1: 10.0, 2: 17.0}
COMPILE_GOAL = 5.0  # seconds
OCTETS_GOAL = 24.0
RUNS = 2  # of each; the best one counts


def load() -> str:
    """How busy the machine was in the last minute."""
    try:
        return f"{os.getloadavg()[0]:.1f}"
    except OSError:
        return "unknown"


@contextmanager
def empty_cache() -> Generator[None]:
    """What is compiled is compiled anew, and kept until the end."""
    kept = os.environ.get("XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory() as directory:
        os.environ["XDG_CACHE_HOME"] = directory
        try:
            yield
        finally:
            if kept is None:
                del os.environ["XDG_CACHE_HOME"]
            else:
                os.environ["XDG_CACHE_HOME"] = kept


def best(measure: Callable[[], tuple[float, Run]]) -> tuple[float, Run]:
    """The quickest of some runs, with its seconds."""
    return min((measure() for _ in range(RUNS)), key=lambda found: found[0])


def ours(model: Model, threads: int) -> tuple[float, Run]:
    """The seconds of an exploration and what it found."""
    clock = time.process_time if threads == 1 else time.perf_counter
    start = clock()
    run = explore(model, [], threads=threads)
    return clock() - start, run


def theirs(model: Model) -> tuple[SpinRun, str]:
    """What Spin finds with the best of its options, and these."""
    found: list[tuple[SpinRun, str]] = []
    for options, table in SPIN_CHOICES:
        run = spin(model, depth=DEPTH, table=table, options=(*ALIKE, *options))
        found.append(
            (run, f"cc {' '.join((*options, *ALIKE))}, pan -m{DEPTH} -w{table}")
        )
    return min(found, key=lambda each: each[0].processor_seconds)


def row(what: str, goal: str, reached: str, is_reached: bool) -> str:
    """One line of the table."""
    answer = "yes" if is_reached else "NO"
    return f"  {what:28} goal {goal:>6}   reached {reached:>8}   {answer}"


def told(name: str, chosen: Configuration) -> Iterator[str]:
    """The lines of one configuration."""
    model = Model(chosen)
    start = time.perf_counter()
    explore(model, [], limit=1)
    compiled = time.perf_counter() - start
    cores_here = os.cpu_count() or 1
    runs = {n: best(partial(ours, model, n)) for n in sorted(GOALS) if n <= cores_here}
    _, run = runs[1]
    states = run.states or 0
    yield (
        f"{name}: {chosen.name}, {states:,} states, {run.transitions:,} transitions"
        f" (load {load()})"
    )
    spin_rate = 0.0
    if is_installed():
        checked, options = theirs(model)
        if checked.states != states:
            raise Pmip6Error(name, f"Spin finds {checked.states} states, not {states}")
        spin_rate = states / checked.processor_seconds
        yield f"  spin, one core: {spin_rate:,.0f} states/s with {options}"
    else:
        yield "  spin is not installed: only the explorer is measured"
    for cores, (seconds, _) in runs.items():
        rate = states / seconds
        yield f"  explorer, {cores} core(s): {rate:,.0f} states/s"
        if spin_rate:
            ratio, goal = rate / spin_rate, GOALS[cores]
            what = f"times Spin's rate, {cores} core(s)"
            yield row(what, f"{goal:.0f} x", f"{ratio:.1f} x", ratio >= goal)
    is_quick = compiled < COMPILE_GOAL
    yield row("to compile", f"{COMPILE_GOAL:.0f} s", f"{compiled:.1f} s", is_quick)
    octets = (run.memory or 0) / states
    is_small = octets <= OCTETS_GOAL
    yield row("octets of a state", f"{OCTETS_GOAL:.0f}", f"{octets:.1f}", is_small)


def main(names: Sequence[str]) -> int:
    """Print a table for each configuration; 2 where a name is unknown."""
    for name in names:
        if name not in MODELS:
            print(f"{name}: is none of {', '.join(MODELS)}", file=sys.stderr)
            return 2
    try:
        compiler()
    except NoCompiler as missing:
        print(f"{missing.line()}: nothing is measured")
        return 0
    with empty_cache():
        for name in names or MODELS:
            for line in told(name, MODELS[name]):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
