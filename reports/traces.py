"""Traces in words: a table, a list for JSON, and a Mermaid sequence diagram.

A time is shown as t1, t2, ...; a greater number is later.  A message is shown where it is
received or lost.
"""

from collections.abc import Iterator, Mapping
from typing import TypedDict

from tabulate import tabulate

from pmip6.model.domain import MAPS, Element, Model
from pmip6.model.fast_handover.state import (
    handover_command,
    handover_indication,
    handover_report,
)
from pmip6.model.language.interpreter import State, Transition, Value
from pmip6.model.language.table import Channel, Role
from pmip6.model.language.terms import BOOL, Sort
from pmip6.model.state import TIME, pbu
from pmip6.properties.result import Trace
from pmip6.reports.width import limits, widths

ANCHOR = "lma"
TIME_PASSES = "time"
TRACE_HEADERS = ("step", "role", "rule", "what", "changes", "requirements")
WIDEST = (6, 8, 60, 36, 52, 34)  # columns of a trace, where nothing else limits them


class StepRecord(TypedDict):
    """One step of a trace in a JSON file."""

    step: int
    role: str
    rule: str
    what: str
    changes: list[str]
    requirements: list[str]


def value_text(value: Value, sort: Sort) -> str:
    """A value in words: times as t1, t2, ...; the element none as 'none'."""
    if sort == TIME:
        return f"t{value}" if value else "none"
    if sort == BOOL:
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def fields_text(
    fields: tuple[tuple[str, Sort], ...], values: Mapping[str, Value]
) -> str:
    """A message in words, without what is as it should be."""
    parts: list[str] = []
    for name, sort in fields:
        value = values[name]
        if name == "timely":
            parts += [] if value else ["out of the time window"]
        elif name.startswith("has_"):
            words = name.removeprefix("has_").replace("_", " ")
            parts += [] if value else [f"without {words}"]
        elif sort == BOOL:
            parts += [name] if value else []
        elif name != "origin":
            parts.append(f"{name} {value_text(value, sort)}")
    return ", ".join(parts)


def _message(step: Transition) -> dict[str, Value]:
    """The fields of the message on which a step was taken."""
    prefix = "message."
    return {
        n.removeprefix(prefix): v
        for n, v in step.environment.items()
        if n.startswith(prefix)
    }


def what_text(step: Transition) -> str:
    """What a step was about: its message and its indices."""
    if step.rule is None:
        return "one tick passes"
    indices = ", ".join(
        f"{name} {value_text(step.environment[name], sort)}"
        for name, sort in step.rule.indices
    )
    if not isinstance(step.rule.on, Channel):
        return indices
    message = f"{step.rule.on.name}: {fields_text(step.rule.on.fields, _message(step))}"
    return f"{message}; {indices}" if indices else message


def changes_of(model: Model, before: State, step: Transition) -> list[str]:
    """What a step changed, started, stopped and sent."""
    found = [
        f"{_place(name, args)} = {value_text(new, MAPS[name].value)}"
        for (name, args), old, new in zip(
            model.cells, before.cells, step.target.cells, strict=True
        )
        if old != new
    ]
    last = {(name, args): ticks for name, args, ticks in step.timers}
    for (name, args), ticks in last.items():
        if ticks:
            ends = f", ends in {ticks - 1}" if model.is_real(name) else ""
            found.append(f"starts {_place(name, args)}{ends}")
        elif before.timers[model.timers[name, args]]:
            found.append(f"stops {_place(name, args)}")
    for channel, message in step.sent:
        names = (name for name, _ in channel.fields)
        values = dict(zip(names, message, strict=True))
        found.append(f"sends {channel.name}: {fields_text(channel.fields, values)}")
    return found


def _place(name: str, args: tuple[Element, ...]) -> str:
    return f"{name}[{', '.join(str(a) for a in args)}]"


def trace_records(model: Model, trace: Trace) -> list[StepRecord]:
    """The steps of a trace, for a JSON file."""
    return [
        {
            "step": number,
            "role": TIME_PASSES if step.rule is None else step.rule.role.value,
            "rule": step.name,
            "what": what_text(step),
            "changes": changes_of(model, before, step),
            "requirements": [] if step.rule is None else list(step.rule.requirements),
        }
        for number, (before, step) in enumerate(
            zip(trace.states, trace.steps, strict=False), start=1
        )
    ]


def trace_table(model: Model, trace: Trace, width: int | None = None) -> str:
    """The steps of a trace as a table, no wider than a terminal of this width."""
    body = [
        (
            str(record["step"]),
            record["role"],
            record["rule"],
            record["what"],
            "\n".join(record["changes"]),
            ", ".join(record["requirements"]),
        )
        for record in trace_records(model, trace)
    ]
    taken = [
        min(own, most)
        for own, most in zip(widths(TRACE_HEADERS, body), WIDEST, strict=True)
    ]
    narrow = limits(taken, (2, 3, 4, 5), width)
    return tabulate(
        body,
        TRACE_HEADERS,
        tablefmt="simple",
        colalign=("right", *("left",) * 5),
        disable_numparse=True,
        maxcolwidths=[
            most if limit is None else limit
            for most, limit in zip(WIDEST, narrow, strict=True)
        ],
    )


def trace_diagram(model: Model, trace: Trace) -> str:
    """The steps of a trace as a Mermaid sequence diagram."""
    chosen = model.configuration
    everyone = [*map(str, chosen.nodes), *map(str, chosen.gateways), ANCHOR]
    lines = ["sequenceDiagram", *(f"    participant {who}" for who in everyone)]
    for step in trace.steps:
        lines += (f"    {line}" for line in _arrows(step))
    return "\n".join(lines) + "\n"


def _ends(channel: Channel, fields: Mapping[str, object]) -> tuple[str, str]:
    """Who sends a message to whom."""
    if "source" in fields:
        return str(fields["source"]), str(fields["destination"])
    gateway = str(fields["gateway"])
    if channel == handover_command:
        return gateway, str(fields["node"])
    if channel in (handover_report, handover_indication):
        return str(fields["node"]), gateway
    return (gateway, ANCHOR) if channel == pbu else (ANCHOR, gateway)


def _arrows(step: Transition) -> Iterator[str]:
    """The lines of one step."""
    if step.rule is None:
        yield f"Note over {ANCHOR}: one tick passes"
        return
    if isinstance(step.rule.on, Channel):
        fields = _message(step)
        ends = _ends(step.rule.on, fields)
        lost = step.rule.role is Role.CHANNEL and not step.sent
        text = fields_text(step.rule.on.fields, fields)
        yield f"{ends[0]}{'-x' if lost else '->>'}{ends[1]}: {step.rule.on.name} {text}"
        yield f"Note over {ends[1]}: {step.name}"
        return
    places = {Role.MN: ("node",), Role.MAG: ("gateway",), Role.PEER: ("gateway",)}
    names = places.get(step.rule.role, ())
    where = [str(step.environment[n]) for n in names if n in step.environment]
    indices = what_text(step)
    yield f"Note over {where[0] if where else ANCHOR}: {step.name} ({indices})"
