"""`pmip6 check`: decide the properties."""

import resource
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from pmip6.model.errors import Pmip6Error
from pmip6.model.shipped.named import EVERY, GROUPS
from pmip6.properties.exploration import explore
from pmip6.properties.proof import prove
from pmip6.properties.result import Run
from pmip6.properties.variant import variant_of
from pmip6.reports import engines
from pmip6.reports.json_files import check_place, make_folder, print_beside, write_json
from pmip6.reports.recheck_command import certificates_in, recheck_files
from pmip6.reports.start import INTERRUPTED
from pmip6.reports.summary import summary
from pmip6.reports.tables import runs_json, runs_table, violations_text
from pmip6.reports.trace_files import check_folder, write_traces
from pmip6.reports.width import width_of

OF_PROCESSES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
PARTIAL = "Interrupted: this is what was covered until then, and no more."


@contextmanager
def progress_line() -> Generator[engines.Progress]:
    """Tells what goes on in one line of a terminal; says nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    with Console(stderr=True).status("starting") as status:
        yield status.update


def check(
    configurations: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CONFIG]...",
            help=f"Configurations, or groups of them: {', '.join((*GROUPS, EVERY))}.",
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help=f"One of {', '.join(engines.ENGINES)}, all; explore if none is named."
        ),
    ] = None,
    property_name: Annotated[
        str | None,
        typer.Option("--property", help="One property, or all before the dot."),
    ] = None,
    mutant: Annotated[
        str | None, typer.Option(help="Check the rules with this fault in them.")
    ] = None,
    any_size: Annotated[
        bool,
        typer.Option("--any-size", help="Prove for any number of nodes (prove only)."),
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--recheck", help="Then have z3 and cvc5 prove it again."),
    ] = False,
    infer: Annotated[
        bool,
        typer.Option("--infer", help="Find the invariants of two proofs (any size)."),
    ] = False,
    certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write certificates of the proofs (any size)."
        ),
    ] = None,
    variant: Annotated[
        Path | None,
        typer.Option(metavar="FILE.py", help="Rules of your own (docs/variants.md)."),
    ] = None,
    short: Annotated[
        bool,
        typer.Option("--summary", help="A line for each configuration, and no runs."),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The first seed of random runs (fuzz).")
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0, help="How long random runs go on (fuzz).")
    ] = 0,
    swarm: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Random runs in N crowds with random features, side by side (fuzz).",
        ),
    ] = None,
    sliced: Annotated[
        bool,
        typer.Option(
            "--slice", help="Drop for each property what it cannot depend on (explore)."
        ),
    ] = False,
    symmetric: Annotated[
        bool,
        typer.Option(
            "--symmetry", help="One state for all that renamings give (explore)."
        ),
    ] = False,
    compact: Annotated[
        bool,
        typer.Option(
            "--compact", help="Keep 55 bits for a state, and prove nothing (explore)."
        ),
    ] = False,
    memory: Annotated[
        int | None,
        typer.Option(min=1, metavar="MIB", help="The most for states (explore)."),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(
            min=0, help="The longest bounded runs (prove); 0: induction alone."
        ),
    ] = None,
    traces: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N|DIR",
            help="Show N runs to each violation (explore); write each there: ITF,"
            " Mermaid, packets, case.  Both may be given.",
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write the result to this file as JSON.")
    ] = None,
) -> int:
    """Decide the properties of models.

    Exit codes: 0 all hold, 1 a violation, 2 bad input, 3 undecided, 130 Ctrl-C.  What
    has no case does not count where the configuration says so (docs/engines.md).
    """
    check_place(json)
    how_many, folder = _traces(traces or ())
    check_folder(folder)
    if again and (not any_size or property_name or mutant or variant):
        raise Pmip6Error(
            "--recheck",
            "proves all properties of our rules again, for any size",
            "write pmip6 check --any-size --recheck",
        )
    others = (property_name, mutant, variant, certificate, again)
    if infer and (not any_size or any(others)):
        raise Pmip6Error(
            "--infer",
            "finds what unique binding and preserved prefix need, and proves it again",
            "write pmip6 check --any-size --infer",
        )
    with nullcontext() if variant is None else variant_of(variant) as chosen:
        asked = engines.request(
            configurations or (),
            engine or (prove.ENGINE if any_size else explore.ENGINE),
            property_name,
            mutant,
            any_size,
            certificate,
            chosen,
            seed,
            seconds,
            sliced,
            symmetric,
            compact,
            memory,
            how_many,
            depth,
            swarm,
        )
        asked = replace(asked, infer=infer)
        return (
            _proved_twice(asked, json)
            if again
            else _decided(asked, json, folder, short)
        )


def _traces(given: Sequence[str]) -> tuple[int | None, Path | None]:
    """How many runs are wanted, and the folder for them, of what stands after --traces.

    Raises:
        Pmip6Error: One is given twice, or no run is wanted.
    """
    numbers = [each for each in given if each.isdecimal()]
    folders = [each for each in given if not each.isdecimal()]
    if len(numbers) > 1 or len(folders) > 1:
        raise Pmip6Error(
            "--traces", "is given twice", "give a number, a folder or both"
        )
    if numbers and int(numbers[0]) < 1:
        raise Pmip6Error("--traces", "asks for no run", "give 1 or more")
    return (
        int(numbers[0]) if numbers else None,
        Path(folders[0]) if folders else None,
    )


def _proved_twice(asked: engines.Request, json: Path | None) -> int:
    """Prove for any size, have the certificates answered, and tell the time of both."""
    start = time.monotonic()
    with TemporaryDirectory() as temporary:
        folder = asked.certificate or Path(temporary)
        code = _decided(replace(asked, certificate=folder), json, None)
        print()
        code = code or recheck_files(certificates_in(folder))
    spent = sum(sum(resource.getrusage(of)[:2]) for of in OF_PROCESSES)
    print(
        f"proved and proved again in {time.monotonic() - start:.0f} s,"
        f" {spent:.0f} s of processor time"
    )
    return code


def _decided(
    asked: engines.Request, json: Path | None, traces: Path | None, short: bool = False
) -> int:
    """Decide what was asked, print and write it, and give the exit code."""
    if asked.certificate is not None:
        make_folder(asked.certificate)
    found: list[Run] = []
    was_interrupted = False
    with progress_line() as progress:
        try:
            for run in engines.runs(asked, progress):
                found.append(run)
        except KeyboardInterrupt:
            if not found:
                raise
            was_interrupted = True
    named = engines.known(asked.variant)
    code = INTERRUPTED if was_interrupted else engines.exit_code(found, named)
    width = width_of(sys.stdout)
    text = summary(found, width, named) if short else runs_table(found, width)
    if was_interrupted:
        text = f"{PARTIAL}\n\n{text}"
    if asked.variant is not None:
        text = "\n".join((f"{asked.variant.path}", *asked.variant.changes, "", text))
    shown = "" if short else violations_text(found, asked.model, width)
    if shown:
        text += f"\n\n{shown}"
    if traces is not None:
        text += "".join(
            f"\n{path}: {what}"
            for path, what in write_traces(
                traces, found, asked.model, asked.rules
            ).items()
        ).replace("\n", "\n\n", 1)  # an empty line below the table
    print_beside(json, text)
    if json is not None:
        write_json(json, runs_json(found, asked.model))
    return code
