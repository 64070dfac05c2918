"""Terms in the notation of TLA+, with the names of the model kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pmip6.model.domain import CHANNELS, MAPS, Element, Model
from pmip6.model.language.folding import folded
from pmip6.model.language.table import Channel
from pmip6.model.language.terms import (
    BOOL,
    FALSE,
    Op,
    Sort,
    SortKind,
    Term,
    bound_variable,
    initial,
    name_of,
)
from pmip6.properties.exploration.printer import Unheld

NONE = "None"
AND, OR = " /\\ ", " \\/ "
MESSAGE = "m"  # the message that an action receives
Names = Mapping[str, str]


class Expressions:
    """Writes the terms of one model.

    What no rule of the model writes is written as the value that it always has.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.started = {c.timer.name for rule in model.rules for c in rule.timers}

    def literal(self, sort: Sort, value: Element) -> str:
        """A value of the sort."""
        if value is None:
            return "0" if sort.kind is SortKind.ORDERED else NONE
        if sort.kind is SortKind.BOOL:
            return "TRUE" if value else "FALSE"
        if sort.kind is SortKind.LEVEL:
            return str(value)
        return f'"{value}"'

    def reduced(self, term: Term, on: object) -> Term:
        """The term without what is the same in every state: fields, maps and timers.

        `on` is the channel of the message that it reads, if there is one.
        """

        def known(inner: Term) -> Term:
            name = str(inner.payload)
            match inner.op:
                case Op.VARIABLE if isinstance(on, Channel) and name[:8] == "message.":
                    same = self.model.constant(on, name[8:])
                    return inner if same is None else same
                case Op.READ if name not in self.model.written:
                    return initial(inner.sort)
                case Op.RUNNING | Op.DUE if name not in self.started:
                    return FALSE
                case _:
                    args = tuple(known(a) for a in inner.args)
                    if inner.op is Op.READ and any(_is_none(a) for a in args):
                        return initial(inner.sort)  # there is no cell at none
                    return Term.make(inner.op, args, inner.sort, inner.payload)

        return folded(known(term))

    def variables(self, indices: Iterable[tuple[str, Sort]]) -> dict[str, str]:
        """The names of the indices of a rule: no other thing of a module is called so."""
        return {name: f"{name}_" if name in MAPS else name for name, _ in indices}

    def write(self, term: Term, names: Names, prime: str = "") -> str:
        """The expression of a term; with a prime it speaks of the state after a step."""

        def of(inner: Term) -> str:
            return self.write(inner, names, prime)

        match term.op:
            case Op.LITERAL:
                return self.literal(term.sort, term.payload)
            case Op.VARIABLE:
                return self._variable(term, names)
            case Op.READ:
                return self._read(term, names, prime)
            case Op.RUNNING | Op.DUE:
                name = name_of(term)
                if name not in self.started:
                    return "FALSE"
                left = f"{name}{prime}{self.at([of(a) for a in term.args])}"
                return f"{left} = 1" if term.op is Op.DUE else f"{left} > 0"
            case Op.RIGID:
                args = ", ".join(of(a) for a in term.args)
                return f"{name_of(term)}({args})" if term.args else name_of(term)
            case Op.EQUAL:
                return f"{self._inner(term.args[0], names, prime)} = " + self._inner(
                    term.args[1], names, prime
                )
            case Op.BEFORE:
                return f"{of(term.args[0])} < {of(term.args[1])}"
            case Op.AND | Op.OR:
                if not term.args:
                    return "TRUE" if term.op is Op.AND else "FALSE"
                sign = AND if term.op is Op.AND else OR
                return sign.join(self._inner(a, names, prime) for a in term.args)
            case Op.NOT:
                return f"~{self._inner(term.args[0], names, prime)}"
            case Op.ITE:
                test, then, other = (of(a) for a in term.args)
                return f"IF {test} THEN {then} ELSE {other}"
            case Op.FORALL | Op.EXISTS:
                name, sort = bound_variable(term)
                sign = "\\A" if term.op is Op.FORALL else "\\E"
                body = self.write(term.args[0], {**names, name: name}, prime)
                return f"{sign} {name} \\in {elements(sort)} : {body}"
            case Op.SENT:
                return self._sent(term, names, prime)
            case Op.AFTER:
                return self.write(term.args[0], names, "'")
            case Op.RAISED:
                level, top = self._inner(term.args[0], names, prime), self.model.levels
                return f"IF {level} < {top - 1} THEN {level} + 1 ELSE {top - 1}"

    def at(self, args: list[str]) -> str:
        """The brackets of an application."""
        return f"[{', '.join(args)}]" if args else ""

    def _inner(self, term: Term, names: Names, prime: str) -> str:
        """An expression as a part of another one."""
        text = self.write(term, names, prime)
        plain = (Op.LITERAL, Op.VARIABLE, Op.RIGID, Op.NOT)
        read = term.op is Op.READ and not text.startswith("IF")
        after = term.op is Op.AFTER and not text.startswith("IF")
        if term.op in plain or read or (after and term.args[0].op is Op.READ):
            return text
        return f"({text})"

    def _variable(self, term: Term, names: Names) -> str:
        name = name_of(term)
        head, _, rest = name.partition(".")
        if head != "message":
            return names[name]
        channel = CHANNELS[names["message"]]
        same = self.model.constant(channel, rest)
        if rest in self.held(channel):
            return f"{MESSAGE}.{rest}"
        if same is None:
            raise Unheld(channel, rest)
        return self.literal(term.sort, same.payload)

    def held(self, channel: Channel) -> tuple[str, ...]:
        """The fields of its messages in the states of the model."""
        return self.model.fields[channel.name]

    def _read(self, term: Term, names: Names, prime: str) -> str:
        name = name_of(term)
        first = self.literal(term.sort, initial(term.sort).payload)
        if name not in self.model.written:
            return first
        args = [self.write(a, names, prime) for a in term.args]
        if NONE in args:  # there is no cell
            return first
        cell = f"{name}{prime}{self.at(args)}"
        missing = [
            f"{text} = {NONE}"
            for arg, text in zip(term.args, args, strict=True)
            if may_be_none(arg)
        ]
        if not missing:
            return cell
        return f"IF {OR.join(missing)} THEN {first} ELSE {cell}"

    def _sent(self, term: Term, names: Names, prime: str) -> str:
        channel = CHANNELS[name_of(term)]
        parts: list[str] = []
        for (name, _), value in zip(channel.fields, term.args, strict=True):
            text = self._inner(value, names, prime)
            same = self.model.constant(channel, name)
            if name in self.held(channel):
                parts.append(f"x.{name} = {text}")
            elif same is not None:
                parts.append(f"{self.literal(value.sort, same.payload)} = {text}")
            else:
                raise Unheld(channel, name)
        under_way = f'UnderWay("{channel.name}"){prime}'
        return f"\\E x \\in {under_way} : {AND.join(parts)}"


def _is_none(term: Term) -> bool:
    return term.op is Op.LITERAL and term.payload is None


def elements(sort: Sort) -> str:
    """The set of the elements of a sort, without none."""
    return "BOOLEAN" if sort == BOOL else sort.name


def may_be_none(term: Term) -> bool:
    """Whether an index may be no element; the node of a message always is one."""
    return (
        term.op is not Op.VARIABLE
        or (name_of(term).startswith("message.") and name_of(term) != "message.node")
    ) and term.op is not Op.LITERAL
