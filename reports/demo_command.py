"""`pmip6 demo`: reference peers in networks of their own.

It is the whole campaign against an anchor and gateways, or a mobile node that roams.
`python -m pmip6.reports.start` is the same.  It imports nothing that starts a thread,
which an unprivileged user needs (see `enter_private_network`); the command line, which
may have imported such things, becomes it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pmip6.model.errors import Pmip6Error
from pmip6.reports.case_choice import all_cases, role_of
from pmip6.reports.start import INTERRUPTED
from pmip6.reports.width import width_of
from pmip6.vectors.fast_handover.purposes import HandoverPurpose
from pmip6.vectors.lma.purposes import Purpose
from pmip6.vectors.mag.purposes import GatewayPurpose

if TYPE_CHECKING:
    from pmip6.conformance.results import CampaignResult


COMMAND = "pmip6 demo"
NOTHING_RAN = 3
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
        Path | None, typer.Option(help="Folder for captures, result and report.html.")
    ] = None,
    role: Annotated[
        Literal["lma", "mag", "fmag"] | None,
        typer.Option(help="Only the LMA, the MAG, or the MAG with fast handover."),
    ] = None,
    waiting: Annotated[
        bool,
        typer.Option("--waiting", help="Only an LMA that waits for de-registrations."),
    ] = False,
    domain: Annotated[
        bool,
        typer.Option("--domain", help="Let a Linux node roam in a domain instead."),
    ] = False,
    handoffs: Annotated[
        int, typer.Option(min=1, help="How often it changes over, with --domain.")
    ] = HANDOFFS,
) -> int:
    """Judge the reference peers in virtual networks.

    It needs root or user namespaces.

    With --domain a reference LMA, two reference MAGs, a mobile and a correspondent node
    are hosts of their own: the mobile node changes over from one MAG to the other
    and keeps its address and a TCP connection, without fast handover, then with it,
    predictive and reactive; what happened is drawn, compared and judged.
    """
    if domain and (case or only_list or waiting or role):
        given = {"--case": case, "--list": only_list, "--waiting": waiting}
        option = next((name for name, value in given.items() if value), "--role")
        raise Pmip6Error(option, "a domain has no cases", "leave out --domain")
    if only_list:
        # only here, as in `run_demo`
        from pmip6.reports.verdicts import cases_table

        listed = [p for p in all_cases(case) if role in (None, role_of(p.name))]
        print(cases_table(listed, width_of(sys.stdout)))
        return 0
    if os.geteuid() != 0 and len(os.listdir("/proc/self/task")) > 1:
        arguments = [word for name in case or () for word in ("--case", name)]
        arguments += ["--domain", "--handoffs", str(handoffs)] if domain else []
        arguments += ["--waiting"] * waiting
        arguments += ["--role", role] if role else []
        if out is not None:
            arguments += ["--out", str(out)]
        os.execv(sys.executable, [sys.executable, "-m", ALONE, *arguments])
    return (
        run_domain_demo(handoffs, out)
        if domain
        else run_demo(case or [], out, waiting=waiting, role=role or "")
    )


def run_domain_demo(handoffs: int, out: Path | None) -> int:
    """Let the node roam, print what happened, and give the exit code."""
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.domain.demonstration import demonstrate_domain
    from pmip6.conformance.domain.evidence import write_domain
    from pmip6.conformance.domain.judge import judge
    from pmip6.conformance.domain.observed import Observed
    from pmip6.conformance.evidence import prepare_folder
    from pmip6.conformance.verdict import Verdict, verdict_of
    from pmip6.reports.domain_report import domain_report

    if out is not None:
        prepare_folder(out)

    def progress(line: str) -> None:
        if sys.stderr.isatty():
            print(line, file=sys.stderr)

    runs = demonstrate_domain(handoffs, progress)
    judged = [(run, judge(Observed(run))) for run in runs]
    for run, findings in judged if out is not None else ():
        assert out is not None
        write_domain(out, run, findings)
    print(domain_report(judged))
    worst = max(verdict_of(findings) for _, findings in judged)
    return 1 if worst > Verdict.WARN else 0


def run_demo(
    names: list[str], out: Path | None, *, waiting: bool, role: str = ""
) -> int:
    """Run the campaigns, print a table for each, and give the exit code of the worst.

    Unless they are named, cases for what the peer does not have are left out.
    """
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.evidence import prepare_folder
    from pmip6.conformance.lma.demonstration import demonstrate
    from pmip6.conformance.lma.in_memory import (
        reference_declaration,
        waiting_declaration,
    )
    from pmip6.conformance.mag.demonstration import demonstrate_gateways
    from pmip6.conformance.wire.namespaces import enter_private_network
    from pmip6.reports.campaign_page import write_pages
    from pmip6.reports.verdicts import campaign_progress

    chosen = all_cases(names)
    declaration = waiting_declaration() if waiting else reference_declaration()
    anchors = [p for p in chosen if isinstance(p, Purpose)]
    gateways = [p for p in chosen if isinstance(p, GatewayPurpose)]
    handovers = [p for p in chosen if isinstance(p, HandoverPurpose)]
    if not names:
        anchors = list(declaration.suited(anchors))
        gateways = [p for p in gateways if not p.needs_hosts]
    if role in ("mag", "fmag"):
        anchors = []
    if role in ("lma", "fmag") or waiting:
        gateways = []
    if role in ("lma", "mag") or waiting:
        handovers = []
    if out is not None:
        prepare_folder(out)
    enter_private_network()
    results: list[CampaignResult] = []
    if anchors:
        place = None if out is None else out / "lma"
        with campaign_progress(len(anchors)) as progress:
            results.append(
                demonstrate(declaration, anchors, out=place, ended=progress.ended)
            )
        _show(results[-1])
    for name, cases in (("mag", gateways), ("fmag", handovers)):
        if cases:
            place = None if out is None else out / name
            with campaign_progress(len(cases)) as progress:
                results.append(
                    demonstrate_gateways(cases, out=place, ended=progress.ended)
                )
            _show(results[-1])
    if out is not None:
        write_pages(out, COMMAND)
    return max((result.exit_code() for result in results), default=NOTHING_RAN)


def _show(result: CampaignResult) -> None:
    """Print the table of a campaign, which another may follow."""
    # only here, as in `run_demo`
    from pmip6.reports.verdicts import verdict_table

    print(verdict_table(result, COMMAND, width_of(sys.stdout)), flush=True)


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
