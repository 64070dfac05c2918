"""`pmip6 report`: the result of a campaign as a page of HTML."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="RESULT", help="Folder of certify --out.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="The page; default: one in the folder."),
    ] = None,
) -> int:
    """Show a result as a page of HTML, which needs no other file.

    Exit codes: 0 written, 2 no result.
    """
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.findings_report import COMMAND
    from pmip6.reports.campaign_page import write_page
    from pmip6.reports.json_files import check_place

    check_place(out)
    print(write_page(folder, COMMAND, out))
    return 0
