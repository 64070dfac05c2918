"""`pmip6 certify`: judge an implementation under test."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from pmip6.reports.json_files import check_place, print_beside, write_json
from pmip6.reports.width import width_of
from pmip6.vectors.purposes import purposes, purposes_named


def certify(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="Declaration.")],
    case: Annotated[
        list[str] | None, typer.Option(help="Run this case; may be repeated.")
    ] = None,
    only_list: Annotated[
        bool, typer.Option("--list", help="List the cases; run none.")
    ] = False,
    strict: Annotated[bool, typer.Option(help="A WARN is a failure.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for captures, JUnit XML and result.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write the result to this file as JSON.")
    ] = None,
) -> int:
    """Judge an implementation: 0 conformant, 1 findings, 2 bad input, 3 undecided."""
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.certify import certify as run_campaign
    from pmip6.conformance.declaration import load_declaration
    from pmip6.conformance.evidence import result_document
    from pmip6.reports.verdicts import campaign_progress, cases_table, verdict_table

    check_place(json)
    declaration = load_declaration(file)
    chosen = purposes_named(case) if case else purposes()
    if only_list:
        print(cases_table(chosen, width_of(sys.stdout)))
        return 0
    with campaign_progress(len(chosen)) as progress:
        result = run_campaign(declaration, chosen, out=out, ended=progress)
    if json is not None:
        write_json(json, result_document(result))
    again = shlex.join(["pmip6", "certify", str(file)])
    print_beside(json, verdict_table(result, again, width_of(sys.stdout)))
    return result.exit_code(strict=strict)
