"""`pmip6 demo`: the reference anchor and the whole campaign, in networks of their own.

`python -m pmip6.reports.start` is the same.  It imports nothing that starts a thread,
which an unprivileged user needs (see `enter_private_network`); the command line, which
may have imported such things, becomes it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pmip6.model.errors import Pmip6Error
from pmip6.reports.width import width_of
from pmip6.vectors.purposes import purposes, purposes_named

INTERRUPTED = 130
ALONE = "pmip6.reports.start"
"""The module that is the demonstration alone."""


def demo(
    case: Annotated[
        list[str] | None, typer.Option(help="Run this case; may be repeated.")
    ] = None,
    only_list: Annotated[
        bool, typer.Option("--list", help="List the cases; run none.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for captures, JUnit XML and result.")
    ] = None,
) -> int:
    """Judge the reference LMA over a virtual network; needs root or user namespaces."""
    if only_list:
        # only here, as in `run_demo`
        from pmip6.reports.verdicts import cases_table

        listed = purposes_named(case) if case else purposes()
        print(cases_table(listed, width_of(sys.stdout)))
        return 0
    if os.geteuid() != 0 and len(os.listdir("/proc/self/task")) > 1:
        arguments = [word for name in case or () for word in ("--case", name)]
        if out is not None:
            arguments += ["--out", str(out)]
        os.execv(sys.executable, [sys.executable, "-m", ALONE, *arguments])
    return run_demo(case or [], out)


def run_demo(names: list[str], out: Path | None) -> int:
    """Run the campaign, print its table, and give the exit code."""
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.demonstration import demonstrate
    from pmip6.conformance.evidence import prepare_folder
    from pmip6.reports.verdicts import campaign_progress, verdict_table

    chosen = purposes_named(names) if names else purposes()
    if out is not None:
        prepare_folder(out)
    with campaign_progress(len(chosen)) as progress:
        result = demonstrate(chosen, out=out, ended=progress)
    print(verdict_table(result, "pmip6 demo", width_of(sys.stdout)))
    return result.exit_code()


def main() -> int:
    """Run the demonstration alone; errors are one line."""
    try:
        code: object = typer.main.get_command(_app())(standalone_mode=False)
    except Pmip6Error as error:
        print(f"pmip6: {error.line()}", file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print("pmip6: interrupted", file=sys.stderr)
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(demo)
    return app
