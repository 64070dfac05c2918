"""Terminal tables and JSON of what the engines say about the properties."""

from collections.abc import Callable, Iterable, Sequence

from tabulate import tabulate

from pmip6.model.domain import Model
from pmip6.properties.result import Outcome, PropertyResult, Run
from pmip6.reports.traces import trace_diagram, trace_records, trace_table

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

ModelOf = Callable[[str], Model]  # the model of a configuration's name


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def runs_table(runs: Sequence[Run]) -> str:
    """A line for each property of each run; then what is assumed, and notes, once."""
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
        for place, result in enumerate(run.properties):
            left = ("",) * len(counts) if place else counts
            body.append((*left, result.name, result.outcome.value, result.method))
    align = ("left", "left", *("right",) * 4, "left", "left", "left")
    table = tabulate(
        body, HEADERS, tablefmt="simple", colalign=align, disable_numparse=True
    )
    return "\n\n".join([table, *_below(runs)])


def _below(runs: Sequence[Run]) -> Iterable[str]:
    """What stands below the table."""
    results = [r for run in runs for r in run.properties]
    assumed: dict[str, list[str]] = {}
    for result in results:
        for assumption in result.assumptions:
            names = assumed.setdefault(assumption, [])
            if result.name not in names:
                names.append(result.name)
    if assumed:
        every = len({r.name for r in results})
        yield "Assumed:\n" + "\n".join(
            f"  {assumption} ({'all' if len(names) == every else ', '.join(names)})"
            for assumption, names in assumed.items()
        )
    notes: dict[str, list[str]] = {}  # each once, with the properties that it is about
    for run in runs:
        place = f"{run.configuration}, {run.engine}"
        for note in run.notes:
            notes.setdefault(f"{place}: {note}", [])
        for result in run.properties:
            if result.note:
                notes.setdefault(f"{place}: {result.note}", []).append(result.name)
    if notes:
        lines = (f"{n} ({', '.join(of)})" if of else n for n, of in notes.items())
        yield "Notes:\n" + "\n".join(f"  {line}" for line in lines)


def violations_text(runs: Iterable[Run], model_of: ModelOf) -> str:
    """The trace of each violation as a table."""
    parts: list[str] = []
    for run in runs:
        for result in run.properties:
            if result.outcome is Outcome.VIOLATED:
                parts.append(_violation(run, result, model_of))
    return "\n\n".join(parts)


def _violation(run: Run, result: PropertyResult, model_of: ModelOf) -> str:
    title = f"{result.name} is violated in {run.configuration} ({run.engine})"
    if result.trace is None:
        return f"{title}: {result.note or 'no trace'}"
    steps = f"{len(result.trace.steps)} steps"
    kind = "a run" if result.trace.initial else "a counterexample to induction"
    if result.trace.loop is not None:
        kind, steps = "a run without end", f"{steps}, of which {result.note}"
    table = trace_table(result.trace.model or model_of(run.configuration), result.trace)
    return f"{title}: {kind} of {steps}\n\n{table}"


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
    trace: dict[str, object] | None = None
    if result.trace is not None:
        model = result.trace.model or model_of(configuration)
        trace = {
            "initial": result.trace.initial,
            "loop": result.trace.loop,
            "steps": trace_records(model, result.trace),
            "diagram": trace_diagram(model, result.trace),
        }
    return {
        "name": result.name,
        "result": result.outcome.value,
        "method": result.method,
        "assumptions": list(result.assumptions),
        "note": result.note,
        "trace": trace,
    }
