"""The catalogue: each requirement with its state and the checks that cite it.

Nothing here says that a requirement is verified; that follows from the citations,
which rules, properties, format rules, exchange rules and test purposes carry and
which the caller collects with `citations_of`.  A rule of the model verifies nothing by
itself: it is what properties and test cases check.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pmip6.model.requirements.tables import (
    Entry,
    Level,
    Requirement,
    Role,
    Table,
    load_entries,
    load_requirements,
)

WHOLE_SECTIONS: Mapping[int, re.Pattern[str]] = {
    5213: re.compile(r".+"),
    4283: re.compile(r"1|3\.[12]"),
    6543: re.compile(r"1"),
    5949: re.compile(r"4|4\.[12]|5\.2|6\.[12]\.\d|7"),
}
"""Sections by RFC of which every normative id has an entry and a check or a reason."""

NOT_YET = "outside the sections that are covered so far"
"""Reason of an id that has no entry and that nothing cites."""

BINDS_NOBODY = "binds nobody: it explains another rule"
"""Reason of an INFO row that nothing cites."""

MODELLED = "modelled, but nothing fails yet where it is done wrong"
"""Reason of an id that only rules of the model cite."""


IN_MEMORY = "in memory alone"
"""Note on a test case that no tester can run against an implementation."""


class CitationKind(StrEnum):
    """What kind of check cites a requirement."""

    RULE = "rule"
    PROPERTY = "property"
    FORMAT_RULE = "format rule"
    EXCHANGE_RULE = "exchange rule"
    DOMAIN_RULE = "domain rule"
    TEST_PURPOSE = "test purpose"
    PERMITTED_VARIANT = "permitted variant"


class State(StrEnum):
    """Where a requirement stands; GAP is none of the four that are allowed."""

    VERIFIED = "verified"
    PLANNED = "planned"
    UNTESTABLE = "untestable"
    INFORMATIVE = "informative"
    GAP = "gap"


class GapKind(StrEnum):
    """What is wrong with a row of the catalogue."""

    NO_ENTRY = "no entry"
    NO_CHECK = "no check"
    UNKNOWN_ID = "unknown id cited"
    UNTESTABLE_BUT_CITED = "untestable but cited"
    STALE_PLAN = "planned but cited"
    ENTRY_FOR_UNKNOWN_ID = "entry for an unknown id"


@dataclass(frozen=True, order=True)
class Citation:
    """One check that cites a requirement.

    Args:
        kind: What kind of check it is.
        name: Its name, unique among those of its kind.
        note: Where a rule is explored, or where a case runs that does not run everywhere.
    """

    kind: CitationKind
    name: str
    note: str = ""

    @property
    def verifies(self) -> bool:
        """Whether it is a check: a rule of the model is what is checked."""
        return self.kind is not CitationKind.RULE

    @property
    def judges(self) -> bool:
        """Whether an implementation is judged by it."""
        of_the_model = self.kind is CitationKind.PROPERTY or self.note == IN_MEMORY
        return self.verifies and not of_the_model

    def __str__(self) -> str:
        """The kind, the name and the note, as reports show them."""
        note = f" ({self.note})" if self.note else ""
        return f"{self.kind}: {self.name}{note}"


class Citing(Protocol):
    """Anything that names itself and the requirement ids behind it."""

    @property
    def name(self) -> str:
        """Name that is unique among the checks of its kind."""
        ...

    @property
    def requirements(self) -> tuple[str, ...]:
        """Requirement ids that it implements or checks."""
        ...


@dataclass(frozen=True)
class Row:
    """One requirement as the catalogue shows it.

    reason says why it is planned, untestable, informative or a gap; empty when verified;
    gap is set on every row that needs work, whatever its state; table is where the id
    stands, if anywhere.
    """

    id: str
    rfc: int
    section: str
    level: Level | None
    role: Role | None
    state: State
    reason: str
    checks: tuple[Citation, ...]
    paraphrase: str
    gap: GapKind | None = None
    table: Table | None = None


@dataclass(frozen=True)
class Gap:
    """Something to repair in the catalogue or in what cites it."""

    id: str
    kind: GapKind
    reason: str


def citations_of(
    kind: CitationKind, checks: Iterable[Citing], note: str = ""
) -> Iterator[tuple[str, Citation]]:
    """Pairs of requirement id and citation for checks of one kind."""
    for check in checks:
        for requirement in check.requirements:
            yield requirement, Citation(kind, check.name, note)


def is_in_scope(requirement: Requirement) -> bool:
    """Whether the requirement needs an entry, and a check or a reason."""
    sections = WHOLE_SECTIONS.get(requirement.rfc)
    return (
        requirement.table is Table.NORMATIVE
        and sections is not None
        and sections.fullmatch(requirement.section) is not None
    )


def build_catalogue(
    citations: Iterable[tuple[str, Citation]],
    requirements: Mapping[str, Requirement] | None = None,
    entries: Mapping[str, Entry] | None = None,
) -> list[Row]:
    """The catalogue in the order of the tables; rows of unknown ids come last.

    Args:
        citations: Pairs of requirement id and check, in any order.
        requirements: Rows of the tables by id; the shipped ones by default.
        entries: Entries by id; the shipped ones by default.
    """
    known = load_requirements() if requirements is None else requirements
    written = load_entries() if entries is None else entries
    cited: defaultdict[str, set[Citation]] = defaultdict(set)
    for name, citation in citations:
        cited[name].add(citation)
    rows = [
        _judge(requirement, written.get(name), tuple(sorted(cited.get(name, ()))))
        for name, requirement in known.items()
    ]
    rows += [
        _unknown(name, tuple(sorted(cited.get(name, ()))), written.get(name))
        for name in sorted((cited.keys() | written.keys()) - known.keys())
    ]
    return rows


def gaps(rows: Iterable[Row]) -> list[Gap]:
    """What has to be repaired, in the order of the rows."""
    return [
        Gap(row.id, row.gap, _explain(row.gap, row))
        for row in rows
        if row.gap is not None
    ]


def _judge(
    requirement: Requirement, entry: Entry | None, checks: tuple[Citation, ...]
) -> Row:
    """The row of a known requirement."""
    gap: GapKind | None = None
    reason = ""
    is_verified = any(check.verifies for check in checks)
    if entry is not None and entry.untestable is not None:
        state, reason = State.UNTESTABLE, entry.untestable.value
        gap = GapKind.UNTESTABLE_BUT_CITED if checks else None
    elif is_verified:
        state = State.VERIFIED
        if entry is not None and entry.planned is not None:
            gap = GapKind.STALE_PLAN
        elif entry is None and _has_no_topic(requirement):
            gap = GapKind.NO_ENTRY
    elif entry is not None and entry.planned is not None:
        state, reason = State.PLANNED, entry.planned
    elif checks and (entry is not None or not _has_no_topic(requirement)):
        state, reason = State.PLANNED, MODELLED
    elif checks or is_in_scope(requirement):
        gap = GapKind.NO_CHECK if entry is not None else GapKind.NO_ENTRY
        state, reason = State.GAP, gap.value
    elif requirement.level is Level.INFO:
        state, reason = State.INFORMATIVE, BINDS_NOBODY
    else:
        state, reason = State.PLANNED, NOT_YET
    return Row(
        requirement.id,
        requirement.rfc,
        requirement.section,
        requirement.level,
        entry.role if entry is not None else _role_by_section(requirement),
        state,
        reason,
        checks,
        entry.paraphrase if entry is not None else _topic(requirement),
        gap,
        requirement.table,
    )


def _has_no_topic(requirement: Requirement) -> bool:
    """The tables of normative sentences have section titles only."""
    return requirement.table in (Table.NORMATIVE, Table.RELATED)


def _topic(requirement: Requirement) -> str:
    """What a row without an entry is about."""
    return "" if _has_no_topic(requirement) else requirement.topic


def _unknown(name: str, checks: tuple[Citation, ...], entry: Entry | None) -> Row:
    """The row of an id that stands in no table."""
    gap = GapKind.UNKNOWN_ID if checks else GapKind.ENTRY_FOR_UNKNOWN_ID
    rfc = name.split("-")[0]
    return Row(
        name,
        int(rfc) if rfc.isdecimal() else 0,
        "",
        None,
        None if entry is None else entry.role,
        State.GAP,
        gap.value,
        checks,
        "" if entry is None else entry.paraphrase,
        gap,
    )


def _role_by_section(requirement: Requirement) -> Role | None:
    """The role that a chapter of an RFC addresses, where it addresses one."""
    chapters = _CHAPTERS.get(requirement.rfc, {})
    parts = requirement.section.split(".")
    for length in (2, 1):
        role = chapters.get(".".join(parts[:length]))
        if role is not None:
            return role
    return None


_CHAPTERS: Mapping[int, Mapping[str, Role]] = {
    5213: {
        "2": Role.DOMAIN,
        "4": Role.DOMAIN,
        "5": Role.LMA,
        "6": Role.MAG,
        "7": Role.MN,
        "8": Role.DOMAIN,
        "9.1": Role.LMA,
        "9.2": Role.MAG,
        "9.3": Role.DOMAIN,
        "10": Role.DOMAIN,
    },
    5844: {
        "1": Role.DOMAIN,
        "3.1": Role.LMA,
        "3.2": Role.MAG,
        "3.3": Role.DOMAIN,
        "3.4": Role.MAG,
        "4.1": Role.LMA,
        "4.2": Role.MAG,
        "4.3": Role.DOMAIN,
        "5.1": Role.LMA,
        "5.2": Role.MAG,
    },
    5847: {str(n): Role.DOMAIN for n in range(3, 8)},
    5949: {
        "4": Role.MAG,
        "5": Role.MAG,
        "6": Role.DOMAIN,
        "7": Role.DOMAIN,
        "8": Role.DOMAIN,
    },
    6705: {
        "3.1": Role.MAG,
        "3.2": Role.LMA,
        **{str(n): Role.DOMAIN for n in range(4, 15)},
    },
    4283: {n: Role.DOMAIN for n in "1345"},
    6543: {"1": Role.MAG, "3": Role.MAG},
    6275: {
        "6": Role.DOMAIN,
        "9.2": Role.DOMAIN,
        "9.3": Role.DOMAIN,
        "9.5": Role.LMA,
        "10": Role.LMA,
        "11": Role.MAG,
        "12": Role.MAG,
        "14": Role.DOMAIN,
    },
}


def _explain(gap: GapKind, row: Row) -> str:
    """One line that says what to do about a gap."""
    checks = ", ".join(str(check) for check in row.checks)
    match gap:
        case GapKind.NO_ENTRY:
            return f"write an entry for it in rfc{row.rfc}.toml"
        case GapKind.NO_CHECK:
            return "cite it from a check, or say why it is untestable or planned"
        case GapKind.UNKNOWN_ID:
            return f"no table has this id; cited by {checks}"
        case GapKind.ENTRY_FOR_UNKNOWN_ID:
            return "no table has this id; delete the entry or add a row to own.tsv"
        case GapKind.UNTESTABLE_BUT_CITED:
            return f"{row.reason}, and yet cited by {checks}"
        case GapKind.STALE_PLAN:
            return f"delete `planned` from the entry; cited by {checks}"
