"""`pmip6 certify`: judge an implementation under test."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pmip6.reports.case_choice import anchor_cases, gateway_cases
from pmip6.reports.json_files import check_place, print_beside, write_json
from pmip6.reports.width import width_of

if TYPE_CHECKING:
    from pmip6.conformance.lma.declaration import Declaration
    from pmip6.conformance.mag.declaration import GatewayDeclaration
    from pmip6.conformance.results import CampaignResult


def certify(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="Declaration.")],
    case: Annotated[
        list[str] | None, typer.Option(help="Run this case; may be repeated.")
    ] = None,
    only_list: Annotated[
        bool, typer.Option("--list", help="List the cases; run none.")
    ] = False,
    pack: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Take the cases of this pack; default: ours."),
    ] = None,
    case_file: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE.json",
            help="Run the case of this file; may be repeated.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option(help="A WARN is a failure.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for captures, result and report.html.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write the result to this file as JSON.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="How many cases run side by side.")
    ] = None,
    repeat: Annotated[
        int, typer.Option(min=1, help="Run so often; what differs is told.")
    ] = 1,
    expected: Annotated[
        Path | None, typer.Option(help="File of failures that are expected.")
    ] = None,
) -> int:
    """Judge an implementation over the wire.

    Exit codes: 0 conformant, 1 findings, 2 bad input, 3 undecided.
    """
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.declarations import load_any
    from pmip6.conformance.evidence import result_document
    from pmip6.conformance.expectations import (
        Expectations,
        compared,
        load_expectations,
    )
    from pmip6.conformance.repetition import differing, worst_of
    from pmip6.reports.campaign_page import write_pages
    from pmip6.reports.verdicts import cases_table, verdict_table

    check_place(json)
    declaration = load_any(file)
    own = tuple(case_file or ())
    pins = Expectations() if expected is None else load_expectations(expected)
    if only_list:
        listed = (
            anchor_cases(case, pack, own)
            if declaration.role == "lma"
            else gateway_cases(case, pack, own)
        )
        print(cases_table(listed, width_of(sys.stdout)))
        return 0
    again = shlex.join(
        [
            *("pmip6", "certify", str(file)),
            *(("--pack", str(pack)) if pack else ()),
            *(word for path in own for word in ("--case-file", str(path))),
        ]
    )
    runs = [
        run(declaration, case, _folder(out, number, repeat), jobs, again, pack, own)
        for number in range(1, repeat + 1)
    ]
    if out is not None:
        write_pages(out, again)
    result = worst_of(runs)
    outcome = compared(result, pins)
    if json is not None:
        write_json(json, result_document(result))
    text = verdict_table(result, again, width_of(sys.stdout))
    if repeat > 1:
        flaky = differing(runs)
        text += f"\n{repeat} runs: {len(flaky)} cases not the same each time"
        text += "".join(f"\n  {name}" for name in flaky)
    if expected is not None:
        text += f"\n{len(outcome.expected)} failed as expected"
        text += "".join(f"\n  {line}" for line in outcome.surprises)
    print_beside(json, text)
    return outcome.exit_code(strict=strict)


def _folder(out: Path | None, number: int, repeat: int) -> Path | None:
    """Where the evidence of a run goes: each of several has a folder of its own."""
    return out if out is None or repeat == 1 else out / f"run-{number}"


def run(
    declaration: Declaration | GatewayDeclaration,
    names: list[str] | None,
    out: Path | None,
    jobs: int | None = None,
    command: str = "pmip6 certify FILE.toml",
    pack: Path | None = None,
    own: Sequence[Path] = (),
) -> CampaignResult:
    """Run the cases of these ids, without names all of the files or else of the pack.

    Tells the progress.
    """
    # only here, as in `certify`
    from pmip6.conformance.lma.certify import certify as certify_anchor
    from pmip6.conformance.lma.declaration import Declaration
    from pmip6.conformance.lma.lane import AT_ONCE as ANCHORS_AT_ONCE
    from pmip6.conformance.mag.certify import certify_gateway
    from pmip6.conformance.mag.lane import AT_ONCE as GATEWAYS_AT_ONCE
    from pmip6.reports.verdicts import campaign_progress

    if isinstance(declaration, Declaration):
        for_anchors = anchor_cases(names, pack, own)
        with campaign_progress(len(for_anchors)) as progress:
            return certify_anchor(
                declaration,
                for_anchors,
                out=out,
                ended=progress.ended,
                lost=progress.lost,
                at_once=jobs or ANCHORS_AT_ONCE,
                command=command,
            )
    for_gateways = gateway_cases(names, pack, own)
    with campaign_progress(len(for_gateways)) as progress:
        return certify_gateway(
            declaration,
            for_gateways,
            out=out,
            ended=progress.ended,
            lost=progress.lost,
            at_once=jobs or GATEWAYS_AT_ONCE,
            command=command,
        )
