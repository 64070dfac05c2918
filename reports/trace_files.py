"""Traces as files: ITF, which Apalache and its viewers read, Mermaid, packets, and a case.

ITF, the informal trace format, is JSON: the names of the variables, and a state for each
moment.  A state map that a rule writes is a map from tuples of elements; a timer that a
rule starts is one to 0 (stopped) or the ticks left plus 1; a channel is the list of the
messages under way.  The variable `action` tells the step that led to the state.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pmip6.model.domain import CHANNELS, MAPS, Element, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import State, Transition, Value
from pmip6.model.language.table import Rule, TimerChange
from pmip6.model.language.terms import Sort, SortKind
from pmip6.properties.result import Outcome, Run, Trace
from pmip6.reports.json_files import make_folder
from pmip6.reports.tables import ModelOf, violation_title
from pmip6.reports.trace_cases import write_cases
from pmip6.reports.traces import trace_diagram, what_text
from pmip6.vectors.files import replace_file

NOBODY = "none"
SORTS = {m.name: m.value for m in MAPS}


def itf(model: Model, trace: Trace, title: str) -> dict[str, object]:
    """A trace in the informal trace format.

    Args:
        model: The model that took the steps.
        trace: The run; one without end has its loop named.
        title: What the trace shows.
    """
    found: dict[str, object] = {
        "#meta": {"format": "ITF", "description": title},
        "vars": list(_state(model, trace.states[0], None)),
        "states": [
            {"#meta": {"index": number}, **_state(model, state, step)}
            for number, (state, step) in enumerate(
                zip(trace.states, (None, *trace.steps), strict=True)
            )
        ],
    }
    if trace.loop is not None:
        found["loop"] = trace.loop
    return found


def _state(model: Model, state: State, step: Transition | None) -> dict[str, object]:
    return {
        "action": "" if step is None else f"{step.name} {what_text(step)}".rstrip(),
        **{
            name: _map(
                (args, _value(SORTS[name], state.cells[at]))
                for (of, args), at in model.cells.items()
                if of == name
            )
            for name in SORTS
            if name in model.written
        },
        **{
            name: _map(
                (args, state.timers[at])
                for (of, args), at in model.timers.items()
                if of == name
            )
            for name in dict.fromkeys(change.timer.name for change in _changes(model))
        },
        **{
            channel.name: [
                {
                    name: _value(sort, value)
                    for (name, sort), value in zip(channel.fields, message, strict=True)
                }
                for (of, _), at in model.queues.items()
                if of == channel.name
                for message in state.queues[at]
            ]
            for channel in CHANNELS
            if channel.name in {name for name, _ in model.queues}
        },
    }


def _changes(model: Model) -> Iterator[TimerChange]:
    for rule in model.rules:
        yield from rule.timers


def _map(items: Iterator[tuple[Sequence[Element], object]]) -> dict[str, object]:
    return {"#map": [[{"#tup": list(map(str, args))}, value] for args, value in items]}


def _value(sort: Sort, value: Value) -> object:
    if sort.kind is SortKind.BOOL:
        return bool(value)
    return NOBODY if value is None else value


def write_traces(
    folder: Path,
    runs: Sequence[Run],
    model_of: ModelOf,
    rules: Sequence[Rule] | None = None,
) -> Mapping[Path, str]:
    """Write the traces of each violation; what each file shows, or why there is none.

    `.itf.json` and `.mmd` are there always.  What the anchor does in a run is a case for
    `pmip6 certify` (`.case.json`) and packets (`.pcapng`), where a case can do it; so is
    what one of its gateways does (`.mag.case.json`, `.mag.pcapng`).

    Args:
        folder: Where they go; made where there is none.
        runs: What was found.
        model_of: The model of a configuration.
        rules: The rules that were checked; ours where None.

    Raises:
        Pmip6Error: The folder or a file cannot be written.
    """
    make_folder(folder)
    written: dict[Path, str] = {}
    for run in runs:
        for result in run.properties:
            if result.outcome is not Outcome.VIOLATED:
                continue
            for number, trace in enumerate(result.traces, start=1):
                model = trace.model or model_of(run.configuration)
                title = violation_title(run, result, number)
                stem = f"{run.configuration}.{run.engine}.{result.name}"
                stem += f".{number}" if number > 1 else ""
                content = json.dumps(itf(model, trace, title), indent=1)
                for suffix, text in (
                    ("itf.json", f"{content}\n"),
                    ("mmd", trace_diagram(model, trace)),
                ):
                    path = folder / f"{stem}.{suffix}"
                    replace_file(path.absolute(), text.encode())
                    written[path] = title
                written |= write_cases(folder, stem, model, trace, title, rules)
    return written


def check_folder(folder: Path | None) -> None:
    """See to it before a long run that there can be such a folder.

    Raises:
        Pmip6Error: Something else goes by its name.
    """
    if folder is not None and folder.exists() and not folder.is_dir():
        raise Pmip6Error(str(folder), "is a file", "name a folder")
