"""`pmip6 demo`: reference peers in networks of their own.

It is the whole campaign against an anchor, or a mobile node that roams in a domain.
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
HANDOFFS = 10


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
    waiting: Annotated[
        bool,
        typer.Option("--waiting", help="Take one that waits for de-registrations."),
    ] = False,
    domain: Annotated[
        bool,
        typer.Option("--domain", help="Let a Linux node roam in a domain instead."),
    ] = False,
    handoffs: Annotated[
        int, typer.Option(min=1, help="How often it changes over, with --domain.")
    ] = HANDOFFS,
) -> int:
    """Judge the reference LMA over a virtual network; needs root or user namespaces.

    With --domain a reference LMA, two reference MAGs, a mobile and a correspondent node
    are hosts of their own: the mobile node changes over from one MAG to the other
    and keeps its address and a TCP connection; what happened is drawn, and judged.
    """
    if domain and (case or only_list or waiting):
        option = "--case" if case else "--list" if only_list else "--waiting"
        raise Pmip6Error(option, "a domain has no cases", "leave out --domain")
    if only_list:
        # only here, as in `run_demo`
        from pmip6.reports.verdicts import cases_table

        listed = purposes_named(case) if case else purposes()
        print(cases_table(listed, width_of(sys.stdout)))
        return 0
    if os.geteuid() != 0 and len(os.listdir("/proc/self/task")) > 1:
        arguments = [word for name in case or () for word in ("--case", name)]
        arguments += ["--domain", "--handoffs", str(handoffs)] if domain else []
        arguments += ["--waiting"] * waiting
        if out is not None:
            arguments += ["--out", str(out)]
        os.execv(sys.executable, [sys.executable, "-m", ALONE, *arguments])
    return (
        run_domain_demo(handoffs, out)
        if domain
        else run_demo(case or [], out, waiting=waiting)
    )


def run_domain_demo(handoffs: int, out: Path | None) -> int:
    """Let the node roam, print what happened, and give the exit code."""
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.domain_demonstration import demonstrate_domain
    from pmip6.conformance.domain_evidence import write_domain
    from pmip6.conformance.domain_judge import judge
    from pmip6.conformance.domain_observed import Observed
    from pmip6.conformance.evidence import prepare_folder
    from pmip6.conformance.verdict import Verdict, verdict_of
    from pmip6.reports.domain_report import domain_report

    if out is not None:
        prepare_folder(out)

    def progress(line: str) -> None:
        if sys.stderr.isatty():
            print(line, file=sys.stderr)

    run = demonstrate_domain(handoffs, progress)
    findings = judge(Observed(run))
    if out is not None:
        write_domain(out, run, findings)
    print(domain_report(run, findings))
    return 1 if verdict_of(findings) > Verdict.WARN else 0


def run_demo(names: list[str], out: Path | None, *, waiting: bool) -> int:
    """Run the campaign, print its table, and give the exit code.

    Unless they are named, cases for what the anchor does not have are left out.
    """
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.demonstration import demonstrate
    from pmip6.conformance.evidence import prepare_folder
    from pmip6.conformance.in_memory import reference_declaration, waiting_declaration
    from pmip6.reports.verdicts import campaign_progress, verdict_table

    declaration = waiting_declaration() if waiting else reference_declaration()
    chosen = purposes_named(names) if names else declaration.suited(purposes())
    if out is not None:
        prepare_folder(out)
    with campaign_progress(len(chosen)) as progress:
        result = demonstrate(declaration, chosen, out=out, ended=progress)
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
        code = INTERRUPTED
    if code == INTERRUPTED:  # typer tells Ctrl-C by this code alone
        print("pmip6: interrupted", file=sys.stderr)
    return code if isinstance(code, int) else 0


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(demo)
    return app
