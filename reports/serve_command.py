"""`pmip6 serve`: the reference peer, in the foreground."""

from pathlib import Path
from typing import Annotated

import typer

serve = typer.Typer(help="Run a reference peer in the foreground; needs Linux.")


@serve.callback()
def roles() -> None:
    """Run a reference peer in the foreground; needs Linux and raw sockets."""


@serve.command("lma")
def serve_lma(
    settings: Annotated[Path, typer.Argument(metavar="FILE.toml")],
    verbose: Annotated[bool, typer.Option(help="Tell each event in a line.")] = False,
) -> int:
    """Run the reference anchor with the settings of a file until it is told to end."""
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.lma import serve as anchor

    return anchor.serve_lma(settings, verbose=verbose)


@serve.command("mag")
def serve_mag(
    settings: Annotated[Path, typer.Argument(metavar="FILE.toml")],
    verbose: Annotated[bool, typer.Option(help="Tell each event in a line.")] = False,
) -> int:
    """Run the reference gateway with the settings of a file until it is told to end."""
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.mag import serve as gateway

    return gateway.serve_mag(settings, verbose=verbose)
