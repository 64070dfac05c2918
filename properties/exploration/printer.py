"""Terms printed as C or Promela: one walker, with an environment from name to text.

Whatever the environment and the configuration decide is decided while printing: an
expression is a number if it is known, else a text.  Quantifiers are unrolled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pmip6.model.domain import CHANNELS, MAPS, RIGIDS, TIMERS, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Channel
from pmip6.model.language.terms import Op, Sort, Term, bound_variable, name_of
from pmip6.properties.exploration.layout import Layout

Expression = int | str
Names = Mapping[str, Expression]
NOW, NEXT = "s", "t"  # the state before a step, and the one after it


class Unheld(Pmip6Error):
    """A property reads a message field that the states of the configuration lack."""

    def __init__(self, channel: Channel, name: str) -> None:
        super().__init__(
            f"{channel.name}.{name}",
            "is read by no rule of this configuration, so that no state holds it",
        )


class Syntax(Protocol):
    """How a language writes what the terms read."""

    def cell(self, name: str, place: Expression, view: str) -> str:
        """The cell at a place of a map."""
        ...

    def timer(self, name: str, place: Expression, view: str) -> str:
        """The timer at a place of its kind."""
        ...

    def rigid(self, name: str, place: Expression) -> str:
        """The value of a predicate that the configuration fixes."""
        ...

    def choose(self, condition: str, then: Expression, otherwise: Expression) -> str:
        """A conditional expression."""
        ...

    def waiting(self, queue: int, slot: int, view: str) -> tuple[str, str]:
        """Whether a slot of a queue is in use, and the message in it."""
        ...


class Printer:
    """Prints the terms of one model in one language."""

    def __init__(self, layout: Layout, syntax: Syntax) -> None:
        self.layout = layout
        self.model: Model = layout.model
        self.syntax = syntax

    def print(self, term: Term, names: Names, view: str = NOW) -> Expression:
        """The expression of a term; `view` is the state that it reads."""

        def of(inner: Term) -> Expression:
            return self.print(inner, names, view)

        match term.op:
            case Op.LITERAL:
                return self.layout.code(term.sort, term.payload)
            case Op.VARIABLE:
                return self._variable(term, names)
            case Op.READ:
                name = name_of(term)
                places = [of(a) for a in term.args]
                if any(p == 0 for p in places):
                    return 0  # the initial value
                place = self.place(MAPS[name].index, places)
                return self.syntax.cell(name, place, view)
            case Op.RUNNING | Op.DUE:
                name = name_of(term)
                place = self.place(TIMERS[name].index, [of(a) for a in term.args])
                text = self.syntax.timer(name, place, view)
                return f"({text} == 1)" if term.op is Op.DUE else f"({text} != 0)"
            case Op.RIGID:
                return self._rigid(name_of(term), [of(a) for a in term.args])
            case Op.EQUAL:
                return equal(of(term.args[0]), of(term.args[1]))
            case Op.BEFORE:
                return _before(of(term.args[0]), of(term.args[1]))
            case Op.AND:
                return conjunction([of(a) for a in term.args])
            case Op.OR:
                return disjunction([of(a) for a in term.args])
            case Op.NOT:
                return negation(of(term.args[0]))
            case Op.ITE:
                return self._choose(*(of(a) for a in term.args))
            case Op.FORALL | Op.EXISTS:
                name, sort = bound_variable(term)
                parts = [
                    self.print(term.args[0], {**names, name: i + 1}, view)
                    for i in range(len(self.model.elements(sort)))
                ]
                join = conjunction if term.op is Op.FORALL else disjunction
                return join(parts)
            case Op.SENT:
                return self._sent(term, [of(a) for a in term.args], view)
            case Op.AFTER:
                return self.print(term.args[0], names, NEXT)
            case Op.RAISED:
                level, top = of(term.args[0]), self.model.levels - 1
                if isinstance(level, int) or top == 0:
                    return top if isinstance(level, str) else min(level + 1, top)
                return self.syntax.choose(f"({level} < {top})", f"({level} + 1)", top)

    def place(self, index: tuple[Sort, ...], args: list[Expression]) -> Expression:
        """The place of a cell in its map, or of a timer in its kind."""
        strides = self.layout.strides(index)
        known = 0
        parts: list[str] = []
        for arg, stride in zip(args, strides, strict=True):
            if isinstance(arg, int):
                known += arg * stride
            else:
                parts.append(arg if stride == 1 else f"{arg} * {stride}")
        if not parts:
            return known
        return " + ".join([*parts, str(known)] if known else parts)

    def _variable(self, term: Term, names: Names) -> Expression:
        name = name_of(term)
        if name not in names and name.startswith("message."):
            raise Pmip6Error(name, "is read where there is no message")
        found = names[name]
        if found == UNHELD:
            raise Unheld(CHANNELS[str(names[CHANNEL])], name.partition(".")[2])
        return found

    def _rigid(self, name: str, args: list[Expression]) -> Expression:
        sorts = RIGIDS[name].index
        if all(isinstance(a, int) for a in args):
            values = tuple(
                self.layout.value(s, int(a)) for s, a in zip(sorts, args, strict=True)
            )
            return int(self.model.is_fact(name, values))
        if not self.model.configuration.facts.get(name):
            return 0
        return self.syntax.rigid(name, self.place(sorts, args))

    def _choose(
        self, condition: Expression, then: Expression, otherwise: Expression
    ) -> Expression:
        if isinstance(condition, int):
            return then if condition else otherwise
        if then == otherwise:
            return then
        return self.syntax.choose(condition, then, otherwise)

    def _sent(self, term: Term, values: list[Expression], view: str) -> Expression:
        channel = CHANNELS[name_of(term)]
        held = {h.name: h for h in self.layout.held(channel)}
        queue = -1
        wanted: list[Expression] = []
        message: list[tuple[int, Expression]] = []
        for (name, sort), value in zip(channel.fields, values, strict=True):
            same = self.model.constant(channel, name)
            if name == "node":
                queue = self.queue(channel, value)
            elif name in held:
                message.append((held[name].shift, value))
            elif same is not None:
                wanted.append(equal(value, self.layout.code(sort, same.payload)))
            else:
                raise Unheld(channel, name)
        code = combined(message)
        slots = [
            self.syntax.waiting(queue, slot, view)
            for slot in range(self.layout.capacity(channel))
        ]
        found = [conjunction([used, equal(stored, code)]) for used, stored in slots]
        return conjunction([*wanted, disjunction(found)])

    # ---- messages --------------------------------------------------------------------

    def queue(self, channel: Channel, node: Expression) -> int:
        """The queue of a channel and a node.

        Raises:
            Pmip6Error: The node is not known while printing.
        """
        if not isinstance(node, int) or node == 0:
            raise Pmip6Error(channel.name, "the node of a message must be an index")
        return self.model.queues[channel.name, self.layout.nodes[node - 1]]

    def message_names(
        self, channel: Channel, node: int, fields: Mapping[str, str]
    ) -> dict[str, Expression]:
        """What the fields of a received message are, by the names in its terms."""
        names: dict[str, Expression] = {CHANNEL: channel.name}
        for name, sort in channel.fields:
            same = self.model.constant(channel, name)
            if name == "node":
                names["message.node"] = node
            elif name in fields:
                names[f"message.{name}"] = fields[name]
            elif same is not None:
                code = self.layout.code(sort, same.payload)
                names[f"message.{name}"] = code
            else:
                names[f"message.{name}"] = UNHELD
        return names

    def message(
        self, channel: Channel, values: tuple[Term, ...], names: Names
    ) -> tuple[int, Expression]:
        """The queue into which a message goes, and its number."""
        terms = dict(zip((n for n, _ in channel.fields), values, strict=True))
        queue = self.queue(channel, self.print(terms["node"], names))
        return queue, combined(
            [
                (h.shift, self.print(terms[h.name], names))
                for h in self.layout.held(channel)
            ]
        )


UNHELD = "<unheld>"  # stands for a field that the states lack
CHANNEL = "<channel>"  # names the channel of the message


def conjunction(parts: list[Expression]) -> Expression:
    """All parts hold."""
    if any(isinstance(p, int) and not p for p in parts):
        return 0
    texts = list(dict.fromkeys(p for p in parts if isinstance(p, str)))
    if not texts:
        return 1
    return texts[0] if len(texts) == 1 else "(" + " && ".join(texts) + ")"


def disjunction(parts: list[Expression]) -> Expression:
    """Some part holds."""
    if any(isinstance(p, int) and p for p in parts):
        return 1
    texts = list(dict.fromkeys(p for p in parts if isinstance(p, str)))
    if not texts:
        return 0
    return texts[0] if len(texts) == 1 else "(" + " || ".join(texts) + ")"


def negation(part: Expression) -> Expression:
    """The part does not hold."""
    if isinstance(part, int):
        return int(not part)
    return part[1:] if part.startswith("!") else f"!{part}"


def equal(left: Expression, right: Expression) -> Expression:
    """Both are the same value."""
    if left == right:
        return 1
    if isinstance(left, int) and isinstance(right, int):
        return 0
    return f"({left} == {right})"


def _before(left: Expression, right: Expression) -> Expression:
    if isinstance(left, int) and isinstance(right, int):
        return int(left < right)
    return f"({left} < {right})"


def combined(parts: list[tuple[int, Expression]]) -> Expression:
    """The number that holds each part at its shift."""
    known = sum(p << shift for shift, p in parts if isinstance(p, int))
    texts = [
        f"({p} << {shift})" if shift else p for shift, p in parts if isinstance(p, str)
    ]
    if not texts:
        return known
    return "(" + " | ".join([*texts, str(known)] if known else texts) + ")"
