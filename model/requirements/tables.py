"""The tables of requirements and the project's own entries about them.

The tables (model/requirements/*.tsv) hold ids, levels, line numbers and short topics
of rules of the RFCs; the entries (model/requirements/*.toml) hold what the project
says about a rule: whose duty it is, a paraphrase, and why it is not verified.
"""

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import TypeVar, cast

from pmip6.model.errors import Pmip6Error

COLUMNS = ("id", "rfc", "section", "level", "first_line", "last_line")
"""The first columns of every table; the last one is a title or a topic."""

ENTRY_KEYS = ("role", "paraphrase", "untestable", "planned")


class Table(StrEnum):
    """The tables, by the stem of their file."""

    NORMATIVE = "normative"
    RELATED = "related"
    DECLARATIVE = "declarative"
    OWN = "own"


class Level(StrEnum):
    """How strongly a rule binds; INFO rows bind nobody."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    INFO = "INFO"


class Role(StrEnum):
    """Whose duty a requirement is."""

    LMA = "lma"
    MAG = "mag"
    PREVIOUS_MAG = "previous mag"
    NEW_MAG = "new mag"
    MN = "mn"
    DOMAIN = "domain"
    OPERATOR = "operator"


class UntestableReason(StrEnum):
    """The closed list of reasons why no check can observe a requirement."""

    INTERNAL_ONLY = "internal only"
    NO_OBSERVABLE_DIFFERENCE = "no observable difference"
    OBLIGATION_OF_A_HUMAN = "obligation of a human"
    ABOUT_ANOTHER_DOCUMENT = "about another document"
    OUTSIDE_A_SINGLE_IUT = "outside a single IUT"


@dataclass(frozen=True)
class Requirement:
    """One row of a table; the lines count from 1 in the RFC's text file."""

    id: str
    rfc: int
    section: str
    level: Level
    first_line: int
    last_line: int
    topic: str
    table: Table


@dataclass(frozen=True)
class Entry:
    """What the project says about a requirement.

    At most one of untestable and planned is set; planned says what it waits for.
    """

    role: Role
    paraphrase: str
    untestable: UntestableReason | None = None
    planned: str | None = None


def read_table(text: str, table: Table, place: str) -> tuple[Requirement, ...]:
    """Rows of a tab-separated table in the order of the file.

    Raises:
        Pmip6Error: A header or a row is not in the form of the tables.
    """
    lines = list(csv.reader(StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    if not lines or tuple(lines[0][:-1]) != COLUMNS:
        raise Pmip6Error(
            f"{place}:1", "unexpected columns", f"begin with {' '.join(COLUMNS)}"
        )
    rows: list[Requirement] = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            name, rfc, section, level, first, last, topic = line
            rows.append(
                Requirement(
                    name,
                    int(rfc),
                    section,
                    Level(level),
                    int(first),
                    int(last),
                    topic,
                    table,
                )
            )
        except ValueError as error:
            raise Pmip6Error(
                f"{place}:{number}", f"bad row: {error}", "write seven columns"
            ) from error
    return tuple(rows)


def index_by_id(rows: Iterable[Requirement]) -> dict[str, Requirement]:
    """Rows by their id, in the order given.

    Raises:
        Pmip6Error: Two rows have the same id.
    """
    index: dict[str, Requirement] = {}
    for row in rows:
        if row.id in index:
            raise Pmip6Error(
                f"{row.table}.tsv",
                f"{row.id} is also in {index[row.id].table}.tsv",
                "give one of them another id",
            )
        index[row.id] = row
    return index


_Choice = TypeVar("_Choice", bound=StrEnum)


def _choice(kind: type[_Choice], value: str, place: str) -> _Choice:
    """The member of an enumeration that an entry names."""
    try:
        return kind(value)
    except ValueError as error:
        allowed = ", ".join(member.value for member in kind)
        raise Pmip6Error(place, f"unknown value {value!r}", f"one of {allowed}") from (
            error
        )


def read_entries(text: str, place: str) -> dict[str, Entry]:
    """Entries of a TOML file by requirement id.

    Raises:
        Pmip6Error: The file is not TOML, or an entry has an unknown, missing or
            contradictory key.
    """
    try:
        document: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Pmip6Error(place, f"not TOML: {error}", "correct that line") from error
    return {
        name: _read_entry(item, f"{place}: {name}") for name, item in document.items()
    }


def _read_entry(item: object, place: str) -> Entry:
    if not isinstance(item, dict):
        raise Pmip6Error(place, "not a table", 'write ["id"] and its keys below')
    fields: dict[str, str] = {}
    for key, value in cast(dict[str, object], item).items():
        if key not in ENTRY_KEYS or not isinstance(value, str) or not value:
            raise Pmip6Error(
                f"{place}: {key}",
                "unknown key, or not a text",
                f"the keys are {', '.join(ENTRY_KEYS)}",
            )
        fields[key] = value
    for key in ("role", "paraphrase"):
        if key not in fields:
            raise Pmip6Error(place, f"no {key}", "add it")
    untestable, planned = fields.get("untestable"), fields.get("planned")
    if untestable is not None and planned is not None:
        raise Pmip6Error(place, "both untestable and planned", "keep one of them")
    return Entry(
        _choice(Role, fields["role"], f"{place}: role"),
        fields["paraphrase"],
        None
        if untestable is None
        else _choice(UntestableReason, untestable, f"{place}: untestable"),
        planned,
    )


@cache
def load_requirements() -> Mapping[str, Requirement]:
    """Every row of the shipped tables by id, in the order of the tables.

    Raises:
        Pmip6Error: A shipped table is broken.
    """
    folder = files("pmip6.model.requirements")
    return index_by_id(
        row
        for table in Table
        for row in read_table(
            (folder / f"{table}.tsv").read_text("utf-8"), table, f"{table}.tsv"
        )
    )


@cache
def load_entries() -> Mapping[str, Entry]:
    """Every shipped entry by requirement id.

    Raises:
        Pmip6Error: A shipped file is broken, or two files have the same id.
    """
    entries: dict[str, Entry] = {}
    folder = files("pmip6.model.requirements")
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".toml"):
            continue
        found = read_entries(file.read_text("utf-8"), file.name)
        for name in sorted(entries.keys() & found.keys()):
            raise Pmip6Error(f"{file.name}: {name}", "second entry", "delete one")
        entries.update(found)
    return entries
