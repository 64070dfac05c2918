"""Terms as Python expressions: what an expression says, the term says, node by node.

An expression reads a state `s`, the indices `e` and the state after a step `a`, and what
one model has: the cells of its maps, its timers and queues, facts and the highest level.
It is the same text in every model, so that each term is compiled once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import CodeType
from typing import NamedTuple

from pmip6.model.domain import CHANNELS
from pmip6.model.language.terms import Op, Term, initial, name_of
from pmip6.model.state import TIME

FACT = "is_fact"
HIGHEST = "highest_level"
TIMERS = "timers"
QUEUES = "queues"
CELLS, TIMES, MESSAGES = "[0]", "[1]", "[2]"
"""Where a state has its cells, timers and queues."""

NODE = {c.name: [n for n, _ in c.fields].index("node") for c in CHANNELS}
"""Which field of each channel names the mobile node."""
QUANTIFIERS = (Op.FORALL, Op.EXISTS)
"""These are no expressions, but functions that an expression calls."""
DEEPEST = 30
"""What lies deeper in a term is a function too: Python reads no deeper parentheses."""


def cells_of(state_map: str) -> str:
    """The name for the positions of the cells of a map, by their indices."""
    return f"cells_{state_map}"


class Expression(NamedTuple):
    """A compiled term.

    Args:
        code: Of a function of a state, the indices, and the state after a step.
        maps: The state maps that it reads.
        apart: The terms that it calls as functions, by their names.
    """

    code: CodeType
    maps: frozenset[str]
    apart: dict[str, Term]


_names: dict[Term, str] = {}


@cache
def compiled(term: Term) -> Expression:
    """The expression of a term that is no quantifier; made once."""
    writer = _Writer()
    text = f"lambda s, e, a: {writer.text(term, 's', 0)}"
    outer = compile(text, f"<{term.op.value}>", "eval")
    (code,) = [c for c in outer.co_consts if isinstance(c, CodeType)]
    return Expression(code, frozenset(writer.maps), writer.apart)


class _Writer:
    """Writes one term, and notes what it needs."""

    def __init__(self) -> None:
        self.maps: set[str] = set()
        self.apart: dict[str, Term] = {}
        self._places = 0

    def text(self, term: Term, state: str, depth: int) -> str:
        """The expression of a term in the state of this name."""
        if term.op is Op.FORALL or term.op is Op.EXISTS or depth > DEEPEST:
            name = _names.setdefault(term, f"term_{len(_names)}")
            self.apart[name] = term
            return f"{name}({state}, e, a)"
        where = "a" if term.op is Op.AFTER else state
        of = [self.text(arg, where, depth + 1) for arg in term.args]
        match term.op:
            case Op.LITERAL:
                none = term.payload is None and term.sort == TIME
                return "0" if none else repr(term.payload)
            case Op.VARIABLE:
                return f"e[{name_of(term)!r}]"
            case Op.READ:
                return self._read(term, of, state)
            case Op.RUNNING | Op.DUE:
                ticks = f"{state}{TIMES}[{TIMERS}[{name_of(term)!r}, {_tuple(of)}]]"
                return f"({ticks} {'==' if term.op is Op.DUE else '>='} 1)"
            case Op.RIGID:
                return f"{FACT}({name_of(term)!r}, {_tuple(of)})"
            case Op.EQUAL:
                return f"({of[0]} == {of[1]})"
            case Op.BEFORE:
                return f"({of[0]} < {of[1]})"
            case Op.AND:
                return f"({' and '.join(of)})" if of else "True"
            case Op.OR:
                return f"({' or '.join(of)})" if of else "False"
            case Op.NOT:
                return f"(not {of[0]})"
            case Op.ITE:
                return f"({of[1]} if {of[0]} else {of[2]})"
            case Op.SENT:
                queue = f"{QUEUES}[{name_of(term)!r}, {of[NODE[name_of(term)]]}]"
                return f"({_tuple(of)} in {state}{MESSAGES}[{queue}])"
            case Op.AFTER:
                return of[0]
            case Op.RAISED:
                return f"min({of[0]} + 1, {HIGHEST})"

    def _read(self, term: Term, of: Sequence[str], state: str) -> str:
        """A cell of a state map; at `none` the map has its initial value."""
        name = name_of(term)
        self.maps.add(name)
        self._places += 1
        at = f"at{self._places}"
        missing = self.text(initial(term.sort), state, 0)
        cell = f"{state}{CELLS}[{cells_of(name)}[{at}]]"
        return f"({missing} if None in ({at} := {_tuple(of)}) else {cell})"


def _tuple(items: Sequence[str]) -> str:
    return f"({''.join(f'{item}, ' for item in items)})"
