"""`pmip6 ics`: the implementation conformance statement, and its static review."""

from pathlib import Path
from typing import Annotated

import typer
from tabulate import tabulate


def ics(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="Declaration.")],
) -> int:
    """Show what a declaration says is supported.

    Exit codes: 0 consistent, 1 not so, 2 bad input.
    """
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.declarations import load_any
    from pmip6.conformance.lma.declaration import Declaration
    from pmip6.conformance.lma.ics import statement, static_review
    from pmip6.model.errors import Pmip6Error

    declaration = load_any(file)
    if not isinstance(declaration, Declaration):
        raise Pmip6Error(
            f"{file}: role",
            "there is a statement for anchors only",
            "name another file",
        )
    rows = [
        (
            a.item.number,
            a.item.what,
            a.item.reference,
            a.item.status,
            a.support,
            a.item.key,
        )
        for a in statement(declaration)
    ]
    heads = ("item", "what", "reference", "status", "support", "key")
    print(tabulate(rows, heads, tablefmt="simple"))
    found = list(static_review(declaration))
    print()
    for line in found:
        print(line)
    number = f"{len(found) or 'no'} inconsistent answer{'' if len(found) == 1 else 's'}"
    print(f"{declaration.name}: {number}")
    return 1 if found else 0
