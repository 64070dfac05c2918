"""`pmip6 requirements`: the catalogue."""

from pathlib import Path
from typing import Annotated

import typer

from pmip6.model.errors import Pmip6Error
from pmip6.model.requirements.catalogue import gaps
from pmip6.reports.choices import unknown_name
from pmip6.reports.citations import catalogue
from pmip6.reports.json_files import check_place, print_beside, write_json
from pmip6.reports.requirements import (
    NO_ROLE,
    gaps_table,
    requirements_json,
    requirements_table,
    select_rfc,
    select_roles,
)


def requirements(
    rfc: Annotated[int | None, typer.Option(help="Only those of this RFC.")] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help="Only the duties of this role; may be given several times."),
    ] = None,
    only_gaps: Annotated[
        bool,
        typer.Option(
            "--gaps", help="Show what is missing, with counts; exit 1 if anything is."
        ),
    ] = False,
    json: Annotated[
        Path | None, typer.Option(help="Write the rows to this file as JSON.")
    ] = None,
) -> int:
    """List every requirement with its state and what checks it."""
    check_place(json)
    rows = catalogue()
    if rfc is not None:
        known = sorted({row.rfc for row in rows})
        rows = select_rfc(rows, rfc)
        if not rows:
            raise Pmip6Error(
                f"--rfc {rfc}",
                "is no RFC with requirements here",
                f"choose one of {', '.join(map(str, known))}",
            )
    if role:
        roles = sorted({row.role or NO_ROLE for row in rows})
        for name in role:
            if name not in roles:
                raise unknown_name(name, "a role with requirements here", roles)
        rows = select_roles(rows, role)
    if json is not None:
        write_json(json, requirements_json(rows))
    print_beside(json, gaps_table(rows) if only_gaps else requirements_table(rows))
    return 1 if only_gaps and gaps(rows) else 0
