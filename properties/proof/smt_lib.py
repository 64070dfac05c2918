"""Formulas of any size as SMT-LIB 2, the same text each time and in each process.

Z3 numbers the constants that it makes, and goes on counting; in the text of a formula
they are numbered anew, so that a text depends on the formula alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import z3

from pmip6.model.domain import CHANNELS, RIGIDS, TIMERS
from pmip6.model.language.table import LEVEL, Rule
from pmip6.model.language.terms import BOOL, Sort, SortKind
from pmip6.model.state import TIME
from pmip6.properties.proof.open_world import all_maps, has_none, none, z3_sort

_NUMBERED = re.compile(r"([A-Za-z_][\w.]*)!(\d+)")
_ORACLE = re.compile(r"\bdue_([A-Za-z]\w*?)_(\d+)\b")
_TOKEN = re.compile(r"[()]|[^\s()]+")
_LEVEL = re.compile(r"\blevel_\d+\b")


def declarations(rules: Iterable[Rule], texts: Iterable[str]) -> list[str]:
    """The sorts and functions of the open world, and the levels that the texts name."""
    functions = _functions()
    sorts = dict.fromkeys(s for signature in functions.values() for s in signature)
    sorts |= dict.fromkeys(s for rule in rules for _, s in rule.variables)
    levels = sorted({name for text in texts for name in _LEVEL.findall(text)})
    return [
        *(_sort_declaration(s) for s in sorts if s != BOOL),
        *(_constant(str(none(s).decl().name()), s) for s in sorts if has_none(s)),
        *(_constant(name, LEVEL) for name in levels),
        *(_function(name, signature) for name, signature in functions.items()),
    ]


def _functions() -> dict[str, tuple[Sort, ...]]:
    """Argument sorts and value sort of each function of a state and of the world."""
    found = {m.name: (*m.index, m.value) for m in all_maps()}
    for timer in TIMERS:
        found[f"running_{timer.name}"] = (*timer.index, BOOL)
        found[f"due_{timer.name}"] = (*timer.index, BOOL)
    for channel in CHANNELS:
        found[f"sent_{channel.name}"] = (*(s for _, s in channel.fields), BOOL)
    found |= {r.name: (*r.index, BOOL) for r in RIGIDS if r.index}
    found["before"] = (TIME, TIME, BOOL)
    found["raised"] = (LEVEL, LEVEL)
    return found


def _sort_declaration(sort: Sort) -> str:
    if sort.kind is not SortKind.ENUM:
        return f"(declare-sort {sort.name} 0)"
    literals = " ".join(f"({sort.name}.{name})" for name in sort.literals)
    return f"(declare-datatypes (({sort.name} 0)) (({literals})))"


def _function(name: str, signature: Sequence[Sort]) -> str:
    *index, value = (z3_sort(s).name() for s in signature)
    return f"(declare-fun {name} ({' '.join(index)}) {value})"


def _constant(name: str, sort: Sort) -> str:
    return _function(name, (sort,))


def asserted(
    formulas: Iterable[z3.BoolRef],
    values: Mapping[str, z3.ExprRef] | None = None,
) -> list[str]:
    """Assertions of formulas, after declarations of the constants that they share.

    Args:
        formulas: What is asserted.
        values: The constants that stand for a choice of message and indices.
    """
    lines = [
        f"(declare-fun {value.decl().name()} () {value.sort().name()})"
        for value in (values or {}).values()
    ]
    texts = [f"(assert {formula.sexpr()})" for formula in formulas]
    oracles = dict.fromkeys(m.group(1, 2) for t in texts for m in _ORACLE.finditer(t))
    lines += [
        _function(f"due_{timer}_{step}", (*TIMERS[timer].index, BOOL))
        for timer, step in oracles
    ]
    return [line for one in _renumbered([*lines, *texts]) for line in laid_out(one)]


def defined(name: str, formula: z3.BoolRef) -> list[str]:
    """A definition of a closed formula under a name."""
    (text,) = _renumbered([formula.sexpr()])
    *lines, last = [f"  {line}" for line in laid_out(text)]
    return [f"(define-fun {name} () Bool", *lines, f"{last})"]


def _renumbered(texts: Iterable[str]) -> list[str]:
    """The texts with the numbers of Z3's constants counted from 1 as they appear."""
    numbers: dict[tuple[str, str], int] = {}
    counts: dict[str, int] = {}

    def number(prefix: str, old: str) -> int:
        if (prefix, old) not in numbers:
            counts[prefix] = counts.get(prefix, 0) + 1
            numbers[prefix, old] = counts[prefix]
        return numbers[prefix, old]

    def without_gaps(text: str) -> str:
        text = _NUMBERED.sub(lambda m: f"{m[1]}!{number(m[1], m[2])}", text)
        return _ORACLE.sub(lambda m: f"due_{m[1]}_{number(f'due_{m[1]}', m[2])}", text)

    return [without_gaps(text) for text in texts]


def laid_out(text: str, width: int = 96) -> list[str]:
    """An expression in lines that are as wide as may be, deeper parts further in."""
    nested: list[list[str | list[str]]] = [[]]
    for token in _TOKEN.findall(text):
        if token == "(":
            nested.append([])
        elif token == ")":
            parts = nested.pop()
            nested[-1].append(_layout(parts, width - 2 * len(nested)))
        else:
            nested[-1].append(token)
    return [line for part in nested[0] for line in _lines(part)]


def _lines(part: str | list[str]) -> list[str]:
    return [part] if isinstance(part, str) else part


def _layout(parts: list[str | list[str]], width: int) -> str | list[str]:
    """The parts in one line where they fit, else each part after the first in its own."""
    whole = [part for part in parts if isinstance(part, str)]
    if len(whole) == len(parts):
        flat = f"({' '.join(whole)})"
        if len(flat) <= width:
            return flat
    head = [line for part in parts[:1] for line in _lines(part)]
    tail = [f"  {line}" for part in parts[1:] for line in _lines(part)]
    *lines, last = [*head, *tail]
    if not lines:
        return f"({last})"
    return [f"({lines[0]}", *lines[1:], f"{last})"]
