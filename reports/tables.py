"""Terminal tables and JSON of what the engines say about the properties."""

from collections.abc import Callable, Iterable, Sequence

from tabulate import tabulate

from pmip6.model.domain import Model
from pmip6.properties.result import Outcome, PropertyResult, Run
from pmip6.reports.traces import trace_diagram, trace_records, trace_table
from pmip6.reports.width import is_too_wide, limits, widths, wrapped

HEADERS = (
    "configuration",
    "engine",
    "states",
    "transitions",
    "depth",
    "seconds",
    "property",
    "result",
    "method",
)

NO_CASE = "no case"

ModelOf = Callable[[str], Model]  # the model of a configuration's name


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def method_of(result: PropertyResult) -> str:
    """What an outcome rests on; that there is no case, where nothing was decided."""
    return NO_CASE if result.vacuous else result.method


def runs_table(runs: Sequence[Run], width: int | None = None) -> str:
    """A line for each property of each run; then what is assumed, and notes, once.

    Args:
        runs: What the engines found.
        width: Columns of the terminal; None where the text is not for one.
    """
    body: list[tuple[str, ...]] = []
    for run in runs:
        counts = (
            run.configuration,
            run.engine,
            _count(run.states),
            _count(run.transitions),
            _count(run.depth),
            f"{run.seconds:.1f}",
        )
        for place, row in enumerate(_rows(run)):
            body.append((*(("",) * len(counts) if place else counts), *row))
    if is_too_wide(widths(HEADERS, body), width):
        return "\n\n".join(
            [*(_block(run, width) for run in runs), *_below(runs, width)]
        )
    align = ("left", "left", *("right",) * 4, "left", "left", "left")
    table = tabulate(
        body, HEADERS, tablefmt="simple", colalign=align, disable_numparse=True
    )
    return "\n\n".join([table, *_below(runs, width)])


def _rows(run: Run) -> list[tuple[str, str, str]]:
    return [(r.name, r.outcome.value, method_of(r)) for r in run.properties]


def _block(run: Run, width: int | None) -> str:
    """A run for a narrow terminal: its numbers in a line, its properties below."""
    counts = (
        (run.states, "states"),
        (run.transitions, "transitions"),
        (run.depth, "deep"),
    )
    numbers = [f"{number:,} {what}" for number, what in counts if number is not None]
    head = ", ".join([run.engine, *numbers, f"{run.seconds:.1f} seconds"])
    headers, rows = HEADERS[-3:], _rows(run)
    table = tabulate(
        rows,
        headers,
        tablefmt="simple",
        disable_numparse=True,
        maxcolwidths=limits(widths(headers, rows), (0, 2), width),
    )
    return f"{wrapped(f'{run.configuration}: {head}', width, '')}\n\n{table}"


def _below(runs: Sequence[Run], width: int | None) -> Iterable[str]:
    """What stands below the table."""
    if len(runs) > 1:
        yield f"{len(runs)} runs in {sum(run.seconds for run in runs):.1f} seconds"
    assumed = list(_assumed(runs))
    if assumed:
        yield "\n".join(["Assumed:", *(wrapped(line, width) for line in assumed)])
    notes: dict[tuple[str, str], list[str]] = {}  # places, by the note and its subjects
    for run in runs:
        about: dict[str, list[str]] = {note: [] for note in run.notes}
        for result in run.properties:
            if result.note:
                about.setdefault(result.note, []).append(result.name)
        for note, of in about.items():
            places = notes.setdefault((" ".join(note.split()), ", ".join(of)), [])
            places.append(f"{run.configuration}, {run.engine}")
    if notes:
        lines = (
            f"{_place(places, len(runs))}: {note}{f' ({of})' if of else ''}"
            for (note, of), places in notes.items()
        )
        yield "\n".join(["Notes:", *(wrapped(line, width) for line in lines)])


def _with_case(run: Run) -> list[PropertyResult]:
    return [result for result in run.properties if not result.vacuous]


def _place(places: Sequence[str], runs: int) -> str:
    return "each run" if len(places) == runs > 1 else " / ".join(places)


def _assumed(runs: Sequence[Run]) -> Iterable[str]:
    """Each assumption once: of which properties, and of which runs if not of all.

    A property without a case in a run assumes nothing there.
    """
    places: dict[str, dict[str, set[str]]] = {}
    for run in runs:
        for result in _with_case(run):
            for assumption in result.assumptions:
                by_run = places.setdefault(assumption, {})
                by_run.setdefault(run.configuration, set()).add(result.name)
    every = list(dict.fromkeys(run.configuration for run in runs))
    order = dict.fromkeys(r.name for run in runs for r in _with_case(run))
    for assumption, by_run in places.items():
        there = [
            r for run in runs if run.configuration in by_run for r in _with_case(run)
        ]
        names = [n for n in order if any(n in found for found in by_run.values())]
        told = "all" if len(names) == len({r.name for r in there}) else ", ".join(names)
        if len(by_run) < len(every):
            told += f"; only in: {'; '.join(by_run)}"
        yield f"{assumption} ({told})"


def violations_text(
    runs: Iterable[Run], model_of: ModelOf, width: int | None = None
) -> str:
    """Each run that is shown as a table, no wider than the terminal."""
    parts: list[str] = []
    for run in runs:
        for result in run.properties:
            if result.outcome is Outcome.VIOLATED or result.traces:
                parts += _violation(run, result, model_of, width)
    return "\n\n".join(parts)


def violation_title(run: Run, result: PropertyResult, number: int) -> str:
    """What the run of this number (from 1) shows."""
    outcome = result.outcome.value
    told = f"{result.name} is {outcome} in {run.configuration} ({run.engine})"
    many = len(result.traces)
    return f"{told}, run {number} of {many}" if many > 1 else told


def _violation(
    run: Run, result: PropertyResult, model_of: ModelOf, width: int | None
) -> Iterable[str]:
    """Each run that is shown."""
    if result.trace is None:
        yield f"{violation_title(run, result, 1)}: {result.note or 'no trace'}"
    for number, trace in enumerate(result.traces, start=1):
        steps = f"{len(trace.steps)} steps"
        kind = "a run" if trace.initial else "a counterexample to induction"
        if trace.loop is not None:
            kind, steps = "a run without end", f"{steps}, of which {result.note}"
        model = trace.model or model_of(run.configuration)
        title = violation_title(run, result, number)
        yield f"{title}: {kind} of {steps}\n\n{trace_table(model, trace, width)}"


def runs_json(runs: Iterable[Run], model_of: ModelOf) -> dict[str, object]:
    """The runs as one JSON object with the list "runs"."""
    return {
        "runs": [
            {
                "configuration": run.configuration,
                "engine": run.engine,
                "states": run.states,
                "transitions": run.transitions,
                "depth": run.depth,
                "seconds": round(run.seconds, 3),
                "memory": run.memory,
                "properties": [
                    _result_json(run.configuration, result, model_of)
                    for result in run.properties
                ],
                "rules": run.rules,
                "notes": list(run.notes),
            }
            for run in runs
        ]
    }


def _result_json(
    configuration: str, result: PropertyResult, model_of: ModelOf
) -> dict[str, object]:
    traces = [
        {
            "initial": trace.initial,
            "loop": trace.loop,
            "steps": trace_records(model, trace),
            "diagram": trace_diagram(model, trace),
        }
        for trace in result.traces
        for model in [trace.model or model_of(configuration)]
    ]
    return {
        "name": result.name,
        "result": result.outcome.value,
        "method": method_of(result),
        "assumptions": list(result.assumptions),
        "note": result.note,
        "trace": next(iter(traces), None),
        "other traces": traces[1:],
    }
