"""Names on the command line, with near matches for those that are unknown."""

import difflib
from collections.abc import Iterable

from pmip6.model.errors import Pmip6Error

LISTED = "pmip6 model list names them"
"""What helps who looks for a configuration."""


def unknown_name(
    name: str, kind: str, known: Iterable[str], otherwise: str = ""
) -> Pmip6Error:
    """The error for a name that is none of the known ones.

    Args:
        name: As the user wrote it.
        kind: What it should be, with its article: 'a configuration'.
        known: The names that there are.
        otherwise: What helps where there are too many to tell, and none is near.
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, 3)
    offered = f"did you mean {' or '.join(near)}?"
    every = otherwise or f"choose one of {', '.join(names)}"
    return Pmip6Error(name, f"is not {kind}", offered if near else every)
