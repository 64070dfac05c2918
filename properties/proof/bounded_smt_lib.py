"""The runs of a configuration up to a length as SMT-LIB 2, for any solver of bit-vectors.

After each step that is asserted the file asks for each property whether a run of that many
steps breaks it at its end: `unsat` says that none does, `sat` that one does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import z3

from pmip6.model.domain import Model
from pmip6.properties.proof.bounded import Bounded
from pmip6.properties.proof.smt_lib import laid_out
from pmip6.properties.property import Property

DEPTH = 6
_QUOTED = re.compile(r"\|[^|]*\|")
_NO_NAME = re.compile(r"[^\w!]+")


def smt_lib(model: Model, properties: Sequence[Property], depth: int = DEPTH) -> str:
    """The file; the same text each time.

    Args:
        model: The model.
        properties: What is asked.
        depth: The longest runs, in steps.
    """
    runs, names = Bounded(model, depth), _Names()
    lines = [
        f"; Runs of {model.configuration.name} of up to {depth} steps.",
        "; unsat: no run of this length breaks the property at its end; sat: one does.",
        "(set-logic QF_BV)",
    ]
    for length in range(depth + 1):
        if length:
            runs.lengthen()
            lines += ["", f"; step {length}"]
            for formula in runs.steps[-1].formulas:
                lines += [*names.declared(formula), *names.asserted(formula)]
        for claim in properties:
            broken = runs.query(claim)
            if broken is not None:
                lines += [*names.declared(broken), "", "(push 1)"]
                lines += [f'(echo "length {length}: {claim.name}")']
                lines += [*names.asserted(broken), "(check-sat)", "(pop 1)"]
    return "\n".join(lines) + "\n"


class _Names:
    """Plain names for the constants of the formulas, each declared once."""

    def __init__(self) -> None:
        self._plain: dict[str, str] = {}
        self._taken = set[str]()
        self._seen = set[int]()
        self._kept: list[z3.BoolRef] = []  # Z3 gives the number of what is gone again

    def declared(self, formula: z3.BoolRef) -> Iterator[str]:
        """Declarations of the constants that no formula has had before."""
        self._kept.append(formula)
        waiting: list[z3.ExprRef] = [formula]
        while waiting:
            part = waiting.pop()
            if part.get_id() in self._seen:
                continue
            self._seen.add(part.get_id())
            waiting += reversed(part.children())
            if part.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                name = self._name(part.sexpr())
                yield f"(declare-fun {name} () {part.sort().sexpr()})"

    def asserted(self, formula: z3.BoolRef) -> list[str]:
        """The assertion of a formula whose constants are declared."""
        text = _QUOTED.sub(lambda m: self._plain[m[0]], formula.sexpr())
        return laid_out(f"(assert {text})")

    def _name(self, symbol: str) -> str:
        plain = _NO_NAME.sub(".", symbol.strip("|")).strip(".")
        while plain in self._taken:
            plain += "~"
        self._taken.add(plain)
        self._plain[symbol] = plain
        return plain
