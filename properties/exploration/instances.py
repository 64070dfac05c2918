"""The rules of a model with their indices chosen: what each instance asks and does.

An instance is what the printers of C and Promela write down: conditions, assignments
whose values are all read before the first is made, and messages put into queues.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pmip6.model.domain import Element, Model
from pmip6.model.language.table import Channel, Rule, TimerChange
from pmip6.model.language.terms import Sort, SortKind, Term, name_of
from pmip6.model.state import MOBILE_NODE, TIME
from pmip6.properties.exploration.printer import (
    Expression,
    Names,
    Printer,
    conjunction,
    negation,
)

FRESH = "fresh"  # the name of a time later than all in use


@dataclass(frozen=True)
class Assignment:
    """A cell or timer gets a value, where the condition holds."""

    name: str
    is_timer: bool
    place: Expression
    value: Expression
    condition: Expression = 1


@dataclass(frozen=True)
class Instance:
    """One rule with its indices chosen.

    Args:
        rule: The rule.
        guard: Its conditions that are not known to hold.
        key: The indices but `first`; of instances with one key only the first whose
            guard holds takes place.  None where the rule has no such index.
        assignments: What it changes.
        sends: Queue and number of each message that it sends.
        nodes: The nodes, by number, of which it may change the times.
        chooses_time: The nodes, by number, for which it chooses a fresh time.
        names: Its indices, and the fields of its message.
    """

    rule: Rule
    guard: tuple[str, ...]
    key: tuple[Element, ...] | None
    assignments: tuple[Assignment, ...]
    sends: tuple[tuple[int, Expression], ...]
    nodes: frozenset[int]
    chooses_time: frozenset[int]
    names: Names


def instances(printer: Printer, rule: Rule, message: Names) -> Iterator[Instance]:
    """All instances of a rule that may take place, in the interpreter's order.

    `message` names the fields of the message that the rule is on.
    """
    for chosen in _choices(printer.model, rule.indices):
        names: dict[str, Expression] = dict(message)
        for (name, sort), element in zip(rule.indices, chosen, strict=True):
            fresh = sort.kind is SortKind.ORDERED
            names[name] = FRESH if fresh else printer.layout.code(sort, element)
        guard = conjunction([printer.print(c, names) for c in rule.guard])
        if guard == 0:
            continue
        texts = [printer.print(c, names) for c in rule.guard]
        key = None
        if rule.first is not None:
            pairs = zip(rule.indices, chosen, strict=True)
            key = tuple(e for (n, _), e in pairs if n != rule.first)
        yield Instance(
            rule=rule,
            guard=tuple(dict.fromkeys(t for t in texts if isinstance(t, str))),
            key=key,
            assignments=tuple(_assignments(printer, rule, names)),
            sends=tuple(
                printer.message(s.channel, s.values, names) for s in rule.sends
            ),
            nodes=frozenset(_nodes(printer, rule, names)),
            chooses_time=frozenset(_chooses_time(rule, names)),
            names=names,
        )


def _chooses_time(rule: Rule, names: Names) -> Iterator[int]:
    if any(sort.kind is SortKind.ORDERED for _, sort in rule.indices):
        for name, sort in rule.variables:
            if sort == MOBILE_NODE:
                yield int(names[name])


def guard_of(instance: Instance, earlier: list[Instance]) -> Expression:
    """The whole guard: its conditions, and no earlier instance of its key may act."""
    before = [
        negation(conjunction(list(e.guard)))
        for e in earlier
        if instance.key is not None and e.key == instance.key
    ]
    return conjunction([*instance.guard, *before])


def _choices(
    model: Model, indices: tuple[tuple[str, Sort], ...]
) -> Iterator[tuple[Element, ...]]:
    if not indices:
        yield ()
        return
    *others, (_, sort) = indices
    last: tuple[Element, ...] = (None,)
    if sort.kind is not SortKind.ORDERED:
        last = model.elements(sort)
    for head in _choices(model, tuple(others)):
        for element in last:
            yield (*head, element)


def _assignments(printer: Printer, rule: Rule, names: Names) -> Iterator[Assignment]:
    for update in rule.updates:
        for bound in _bindings(printer, update.bound):
            inner = {**names, **bound}
            args = [printer.print(a, inner) for a in update.args]
            value = printer.print(update.value, inner)
            place = printer.place(update.map.index, args)
            same = printer.syntax.cell(update.map.name, place, "s")
            if 0 not in args and value != same:
                yield Assignment(update.map.name, False, place, value, _exists(args))
    for change in rule.timers:
        value = _ticks(printer, change, names)
        for bound in _bindings(printer, change.bound):
            args = [printer.print(a, {**names, **bound}) for a in change.args]
            place = printer.place(change.timer.index, args)
            if 0 not in args:
                yield Assignment(change.timer.name, True, place, value, _exists(args))


def _bindings(
    printer: Printer, bound: tuple[Term, ...]
) -> Iterator[dict[str, Expression]]:
    names = [name_of(b) for b in bound]
    for elements in printer.model.tuples(b.sort for b in bound):
        yield {
            name: printer.layout.code(b.sort, e)
            for name, b, e in zip(names, bound, elements, strict=True)
        }


def _exists(args: list[Expression]) -> Expression:
    """No index is `none`: what is written there is lost."""
    return conjunction([a for a in args if isinstance(a, str)])


def _ticks(printer: Printer, change: TimerChange, names: Names) -> Expression:
    if change.level is None:
        return 0
    model, name = printer.model, change.timer.name
    level = printer.print(change.level, names)
    if isinstance(level, int):
        return 1 + model.duration(name, level)
    ticks = 1 + model.duration(name, model.levels - 1)
    text: Expression = ticks
    for lower in reversed(range(model.levels - 1)):
        duration = 1 + model.duration(name, lower)
        if duration != text:
            text = printer.syntax.choose(f"({level} == {lower})", duration, text)
    return text


def _nodes(printer: Printer, rule: Rule, names: Names) -> Iterator[int]:
    if isinstance(rule.on, Channel):
        yield int(names["message.node"])
    for update in rule.updates:
        if update.map.value == TIME:
            for bound in _bindings(printer, update.bound):
                inner = {**names, **bound}
                args = [printer.print(a, inner) for a in update.args]
                same = printer.syntax.cell(
                    update.map.name, printer.place(update.map.index, args), "s"
                )
                if printer.print(update.value, inner) == same:
                    continue
                node = args[0]
                if isinstance(node, str):  # any node, then
                    yield from range(1, len(printer.layout.nodes) + 1)
                else:
                    yield node
    for send in rule.sends:
        queue, _ = printer.message(send.channel, send.values, names)
        _, owner = list(printer.model.queues)[queue]
        yield printer.layout.nodes.index(owner) + 1
