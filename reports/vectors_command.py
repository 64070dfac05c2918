"""`pmip6 vectors`: the wire form of runs of the model."""

from pathlib import Path
from typing import Annotated

import typer

from pmip6.vectors.packs.pack import generate as write_vectors
from pmip6.vectors.packs.verification import verify as check_vectors

vectors = typer.Typer(help="Generate test vectors, and check them.")


@vectors.command("generate")
def generate(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write.")],
) -> None:
    """Write a shortest run for each rule, octets and meaning side by side."""
    for path in write_vectors(out):
        print(path)


@vectors.command("verify")
def verify(folder: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Check files: the set is whole, each run is one of the model, octets say it."""
    print(f"{check_vectors(folder)} messages: octets, meaning and runs agree")
