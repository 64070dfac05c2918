"""The ledgers as files: test purposes by ids that are never used for anything else.

`pmip6.vectors.ledger` makes them from the model; those that ship lie beside this file.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Protocol, TypeVar, cast

from pmip6.model.errors import Pmip6Error

COMMAND = "python -m pmip6.vectors.ledger"

Entry = dict[str, object]


class Named(Protocol):
    """A purpose with an id."""

    @property
    def name(self) -> str:
        """Its id."""
        ...


PurposeT = TypeVar("PurposeT")
NamedT = TypeVar("NamedT", bound=Named)


def read_ledger(ledger: str) -> dict[str, Entry]:
    """The entries of a shipped ledger by id, withdrawn ones too.

    Raises:
        Pmip6Error: The shipped file is broken.
    """
    try:
        text = (files("pmip6.vectors") / ledger).read_text("utf-8")
        return cast("dict[str, Entry]", json.loads(text)["purposes"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Pmip6Error(ledger, f"cannot be read: {error}", COMMAND) from error


def shipped(
    ledger: str, read: Callable[[str, Mapping[str, object]], PurposeT]
) -> tuple[PurposeT, ...]:
    """The purposes of a ledger that have not been withdrawn, by id.

    Raises:
        Pmip6Error: The shipped file is broken, or has an entry that `read` cannot take.
    """
    return tuple(
        _read(ledger, name, entry, read)
        for name, entry in sorted(read_ledger(ledger).items())
        if not entry.get("withdrawn")
    )


def _read(
    ledger: str,
    name: str,
    entry: Entry,
    read: Callable[[str, Mapping[str, object]], PurposeT],
) -> PurposeT:
    try:
        return read(name, entry)
    except (KeyError, IndexError, TypeError, ValueError, AssertionError) as error:
        raise Pmip6Error(
            f"{ledger}: {name}", f"is no entry of the ledger: {error}", COMMAND
        ) from error


def chosen(purposes: Iterable[NamedT], names: Iterable[str]) -> tuple[NamedT, ...]:
    """The purposes of these ids, each once, in the order given.

    Raises:
        Pmip6Error: There is no such purpose.
    """
    known = {purpose.name: purpose for purpose in purposes}
    wanted = dict.fromkeys(names)
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            asked = f"did you mean {near[0]}? " if near else ""
            raise Pmip6Error(name, "is no test case", f"{asked}--list lists them")
    return tuple(known[name] for name in wanted)
