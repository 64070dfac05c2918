"""Which properties hold where: a line for each run, a column for each kind of property."""

from collections.abc import Iterator, Mapping, Sequence

from tabulate import tabulate

from pmip6.model.domain import Configuration
from pmip6.model.shipped.named import NAMED
from pmip6.properties.exploration.explore import NO_DEADLOCK
from pmip6.properties.result import Outcome, PropertyResult, Run
from pmip6.reports.width import is_too_wide, widths

KINDS: dict[str, str] = {
    "unique-binding": "unique\nbinding",
    "preserved-prefix": "preserved\nprefix",
    "foreign-deregistration": "foreign\nde-reg.",
    "stale-request": "stale\nrequest",
    "deletion-delay": "deletion\ndelay",
    "no-reuse-in-delay": "no reuse\nin delay",
    "tunnel-state": "tunnel\nstate",
    "traffic": "traffic",
    "advertisement": "adver-\ntisement",
    "gateway-tunnel": "tunnel at\ngateway",
    "gateway-traffic": "traffic\nat gateway",
    "gateway-restart": "gateway\nrestart",
    "two-believers": "two\nbelievers",
    "skewed-clocks": "skewed\nclocks",
    "link-local": "link-\nlocal",
    "response": "response",
    "restart": "restart",
    NO_DEADLOCK: "no dead-\nlock",
    "time-can-go-on": "time can\ngo on",
}
"""Titles of columns; a property of another kind has its own name."""
HOLDS, PARTLY, FAILS, OPEN, NO_CASE = "holds", "holds*", "FAILS", "open", "-"
LEGEND = (
    f"{HOLDS}: every property of this kind; {PARTLY}: those that have a case, as others of"
    f" the kind have none; {NO_CASE}: none has one; {FAILS}: told below; {OPEN}: not decided"
)
UNDECIDED = "Not decided:"
WITHOUT_CASE = "No case, although others of the kind have one:"


def kind_of(name: str) -> str:
    """The part of a property's name before the dot."""
    return name.partition(".")[0]


def verdict(results: Sequence[PropertyResult], silent: bool = False) -> str:
    """What the properties of one kind come to; those without a case fail nothing.

    Args:
        results: Those that were looked at.
        silent: Whether there are others, which the configuration leaves no case.
    """
    outcomes = {r.outcome for r in results if not r.vacuous}
    if Outcome.VIOLATED in outcomes:
        return FAILS
    if Outcome.UNDECIDED in outcomes:
        return OPEN
    if not outcomes:
        return NO_CASE
    return PARTLY if silent or any(r.vacuous for r in results) else HOLDS


def row(run: Run, kinds: Sequence[str]) -> tuple[str, ...]:
    """States and seconds of a run, and the verdict of each kind."""
    by_kind = {
        kind: [r for r in run.properties if kind_of(r.name) == kind] for kind in kinds
    }
    states = "" if run.states is None else f"{run.states:,}"
    silent = {kind_of(name) for name in run.without_case}
    verdicts = (verdict(by_kind[kind], kind in silent) for kind in kinds)
    return (run.configuration, states, f"{run.seconds:.1f}", *verdicts)


def kinds_of(runs: Sequence[Run]) -> list[str]:
    """The kinds that have a case somewhere, in the order of the columns."""
    found = {kind_of(r.name) for run in runs for r in run.properties if not r.vacuous}
    return [*(k for k in KINDS if k in found), *sorted(found - set(KINDS))]


def summary(
    runs: Sequence[Run],
    width: int | None = None,
    named: Mapping[str, Configuration] = NAMED,
) -> str:
    """The table, what fails, and where that is told.

    Args:
        runs: What the engines found.
        width: Columns of the terminal; None where the text is not for one.
        named: The configurations by their names.
    """
    kinds = kinds_of(runs)
    body = [row(run, kinds) for run in runs]
    headers = ("configuration", "states", "seconds", *(KINDS.get(k, k) for k in kinds))
    parts = [_table(headers, body, width), LEGEND]
    parts += ["\n".join(_without_case(runs)), "\n".join(_failures(runs, named))]
    parts.append("\n".join(_undecided(runs)))
    seconds = sum(run.seconds for run in runs)
    told = f"{len(runs)} configurations in {seconds:.1f} seconds"
    if len(runs) > 1:
        slowest = max(runs, key=lambda run: run.seconds)
        told += f", at most {slowest.seconds:.1f} ({slowest.configuration})"
    parts.append(told)
    return "\n\n".join(filter(None, parts))


def _table(
    headers: Sequence[str], body: Sequence[tuple[str, ...]], width: int | None
) -> str:
    """One table; on a terminal that is too narrow for it, the verdicts in a list."""
    lines = [
        tuple(part) for part in zip(*(_two_lines(h) for h in headers), strict=True)
    ]
    if is_too_wide(widths(lines[0], [*lines[1:], *body]), width):
        titles = [title.replace("-\n", "").replace("\n", " ") for title in headers[3:]]
        return "\n".join(
            f"{name}: {states} states, {seconds} s\n"
            + "\n".join(_listed(dict(zip(titles, verdicts, strict=True))))
            for name, states, seconds, *verdicts in body
        )
    align = ("left", "right", "right", *("left" for _ in headers[3:]))
    return tabulate(
        body, headers, tablefmt="simple", colalign=align, disable_numparse=True
    )


def _two_lines(title: str) -> tuple[str, str]:
    first, _, second = title.partition("\n")
    return first, second


def _listed(verdicts: dict[str, str]) -> Iterator[str]:
    for told in (HOLDS, PARTLY, FAILS, OPEN):
        names = [title for title, verdict in verdicts.items() if verdict == told]
        if names:
            yield f"  {told}: {', '.join(names)}"


def _without_case(runs: Sequence[Run]) -> Iterator[str]:
    """Each property without a case where others of its kind have one, and where that is."""
    places: dict[str, list[str]] = {}
    for run in runs:
        told = {kind_of(r.name) for r in run.properties if not r.vacuous}
        unmet = [result.name for result in run.properties if result.vacuous]
        for name in (*unmet, *run.without_case):
            if kind_of(name) in told:
                places.setdefault(name, []).append(run.configuration)
    if places:
        yield WITHOUT_CASE
    for name, configurations in sorted(places.items()):
        yield f"{name}: {', '.join(configurations)}"


def _failures(runs: Sequence[Run], named: Mapping[str, Configuration]) -> Iterator[str]:
    """Each property that fails, with the length of its run, and whether a finding has it."""
    for run in runs:
        chosen = named.get(run.configuration)
        broken = frozenset[str]() if chosen is None else chosen.broken
        for result in run.properties:
            if result.outcome is Outcome.VIOLATED:
                trace = result.trace
                steps = "" if trace is None else f" in {len(trace.steps)} steps"
                told = ", as docs/findings.md tells" if result.name in broken else ""
                yield f"{run.configuration}: {result.name} fails{steps}{told}"


def _undecided(runs: Sequence[Run]) -> Iterator[str]:
    """Each property that is not decided, why, and where."""
    places: dict[tuple[str, str], list[str]] = {}
    for run in runs:
        for result in run.properties:
            if result.outcome is Outcome.UNDECIDED and not result.vacuous:
                why = (
                    f"{result.method}: {result.note}" if result.note else result.method
                )
                places.setdefault((result.name, why), []).append(run.configuration)
    if places:
        yield UNDECIDED
    for (name, why), configurations in sorted(places.items()):
        yield f"{name}: {why} ({', '.join(configurations)})"
