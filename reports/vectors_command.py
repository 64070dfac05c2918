"""`pmip6 vectors`: the wire form of runs of the model."""

from pathlib import Path
from typing import Annotated

import typer

from pmip6.vectors.pack import generate as write_vectors
from pmip6.vectors.pack import verify as check_vectors

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
    """Check that files follow their schema and that octets say what stands beside."""
    print(f"{check_vectors(folder)} messages: octets and meaning agree")
