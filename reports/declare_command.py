"""`pmip6 declare`: templates of declarations, and their JSON Schema."""

import enum
from typing import Annotated

import typer


class What(enum.StrEnum):
    """What to write."""

    LMA = "lma"
    MAG = "mag"
    SCHEMA = "schema"


def declare(
    what: Annotated[
        What, typer.Argument(help="A template for this role, or the JSON Schema.")
    ],
) -> int:
    """Print a commented declaration to fill in."""
    # only here, so that the other commands work where there are no Linux sockets
    from pmip6.conformance.declaration_text import declaration_schema, template

    print(declaration_schema() if what is What.SCHEMA else template(what), end="")
    return 0
