"""`pmip6 ics`: the implementation conformance statement, and its static review."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from tabulate import tabulate

if TYPE_CHECKING:
    from pmip6.conformance.statement import Answer, D


def ics(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="Declaration.")],
) -> int:
    """Show what a declaration says an LMA or a MAG supports.

    Exit codes: 0 consistent, 1 not so, 2 bad input.
    """
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.declarations import load_any
    from pmip6.conformance.lma.declaration import Declaration
    from pmip6.conformance.lma.ics import advice, statement, static_review
    from pmip6.conformance.mag.ics import (
        gateway_advice,
        gateway_review,
        gateway_statement,
    )

    declared = load_any(file)
    if isinstance(declared, Declaration):
        notes = advice(declared)
        table, found = _table(statement(declared)), list(static_review(declared))
    else:
        notes = gateway_advice(declared)
        table = _table(gateway_statement(declared))
        found = list(gateway_review(declared))
    print(table)
    print()
    for line in found:
        print(line)
    for line in notes:
        print(f"note: {line}")
    number = f"{len(found) or 'no'} inconsistent answer{'' if len(found) == 1 else 's'}"
    print(f"{declared.name}: {number}")
    return 1 if found else 0


def _table(answers: Iterable[Answer[D]]) -> str:
    rows = [
        (
            a.item.number,
            a.item.what,
            a.item.reference,
            a.item.status,
            a.support,
            a.item.key,
        )
        for a in answers
    ]
    heads = ("item", "what", "reference", "status", "support", "key")
    return tabulate(rows, heads, tablefmt="simple")
