"""`pmip6 vectors`: packs of test vectors for implementations in any language."""

from pathlib import Path
from typing import Annotated

import typer

from pmip6.conformance.packs.captures import CAPTURES, write_captures
from pmip6.conformance.packs.files import (
    coverage_of,
    make_folders,
    pack_texts,
    vector_texts,
    write,
)
from pmip6.conformance.packs.linter import lint
from pmip6.conformance.packs.running import run_pack
from pmip6.vectors.packs.json_lines import PATIENCE_SECONDS
from pmip6.vectors.packs.scenario_group import PackRole
from pmip6.vectors.packs.suites import Coverage

vectors = typer.Typer(help="Generate packs of test vectors, check them, run them.")
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The pack.")]


@vectors.command("generate")
def generate(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write.")],
    role: Annotated[
        list[PackRole] | None,
        typer.Option("--role", help="Scenarios for this role alone; may be repeated."),
    ] = None,
    config: Annotated[
        list[str] | None,
        typer.Option(
            "--config",
            metavar="SETTINGS",
            help="Scenarios with these settings alone (as anchor-1); may be repeated.",
        ),
    ] = None,
    coverage: Annotated[
        Coverage,
        typer.Option("--coverage", help="The fewest scenarios that cover these."),
    ] = Coverage.ALL,
    captures: Annotated[
        bool, typer.Option("--captures", help="Also a capture for each scenario.")
    ] = False,
) -> None:
    """Write a pack: octets, runs, exchanges and scenarios, with their schemas."""
    make_folders(out)
    texts = pack_texts(
        vector_texts(role or tuple(PackRole), coverage, frozenset(config or ()))
    )
    paths = write(out, texts)
    if captures:
        paths += write_captures(out)
    for path in paths[: len(texts)]:
        print(path)
    for line in coverage_of(texts):
        print(line)
    if captures:
        print(f"{out / CAPTURES}: {len(paths) - len(texts)} captures")


@vectors.command("verify")
def verify(folder: Folder) -> None:
    """Check a pack: hashes, schemas, octets against meaning, masks and model."""
    print(lint(folder))


@vectors.command("run")
def run(
    folder: Folder,
    command: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND", help="What plays the role.")
    ],
    role: Annotated[
        PackRole, typer.Option("--role", help="The role that it plays.")
    ] = PackRole.LMA,
    case: Annotated[
        list[str] | None,
        typer.Option("--case", metavar="ID", help="These alone; may be repeated."),
    ] = None,
    patience: Annotated[
        float,
        typer.Option(
            "--patience",
            metavar="SECONDS",
            min=0.1,
            max=86_400,
            help="How long an answer may take, beside the time that has to pass.",
        ),
    ] = PATIENCE_SECONDS,
) -> None:
    """Run scenarios against a program that speaks JSON lines (docs/vectors.md)."""
    result = run_pack(folder, role, command, case or (), patience)
    for name, wrong in result.failed.items():
        print(f"{name}: {wrong}")
    for reason, names in result.unsupported.items():
        print(f"{len(names)} not run: {reason}")
    print(
        f"{result.passed} passed, {len(result.failed)} failed, "
        f"{sum(map(len, result.unsupported.values()))} not run"
    )
    if result.failed or not result.passed:
        raise typer.Exit(1)
