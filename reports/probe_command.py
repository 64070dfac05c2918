"""`pmip6 probe`: what an implementation does, against what is declared of it."""

from pathlib import Path
from typing import Annotated

import typer


def probe(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="Declaration.")],
    out: Annotated[
        Path | None, typer.Option(help="Write the corrected declaration to this file.")
    ] = None,
) -> int:
    """Compare what an LMA or a MAG does with its declaration.

    Exit codes: 0 as declared, 1 not so, 2 bad input, 3 no answer.
    """
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.declarations import load_any
    from pmip6.conformance.lma.declaration import Declaration
    from pmip6.conformance.lma.probe import NOT_LOOKED_AT, probe_anchor
    from pmip6.conformance.lma.probed import corrected
    from pmip6.conformance.mag.probed import not_looked_at, probe_gateway
    from pmip6.reports.json_files import check_place
    from pmip6.vectors.files import replace_file

    check_place(out)
    declaration = load_any(file)
    left: tuple[str, ...] = NOT_LOOKED_AT
    if isinstance(declaration, Declaration):
        found = probe_anchor(declaration)
    else:
        found, left = probe_gateway(declaration), not_looked_at(declaration)
    for each in found:
        proposed = "" if each.value is None else f"; write {each.value}"
        print(f"{each.key}: {each.seen}{proposed}")
    print(f"not looked at: {', '.join(left)}")
    number = f"{len(found) or 'no'} difference{'' if len(found) == 1 else 's'}"
    print(f"{declaration.name}: {number}")
    if out is not None:
        replace_file(out, corrected(declaration, found).encode())
    return 1 if found else 0
