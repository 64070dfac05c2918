"""Reports on the catalogue of requirements: terminal tables and JSON."""

import textwrap
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace

from tabulate import tabulate

from pmip6.model.requirements.catalogue import (
    Citation,
    Row,
    State,
    gaps,
)
from pmip6.model.requirements.tables import Level, Table

STATES = (
    State.VERIFIED,
    State.PLANNED,
    State.UNTESTABLE,
    State.INFORMATIVE,
    State.GAP,
)
NO_ROLE = "not set"
KEY_WORD_TABLES = (Table.NORMATIVE, Table.RELATED)
KEY_WORD_ROWS = "sentences with a key word (MUST, SHOULD, MAY)"
OTHER_ROWS = "other rules (layouts, defaults, rows of the project's own)"
MOST_NAMES = 3  # of the configurations that have a rule; the JSON has all
STATES_TOLD = """\
verified     a property, a rule (format, exchange, domain) or a test case fails where it is
             violated; of what is only permitted, who does so passes all cases
planned      nothing fails yet where it is violated; a rule of the model may follow it already
untestable   nothing can observe it
informative  it explains another rule, and asks nothing of anybody
gap          of the sections that are covered, with neither a check nor a reason"""


def select_rfc(rows: Iterable[Row], rfc: int) -> list[Row]:
    """The rows of one RFC, in their order."""
    return [row for row in rows if row.rfc == rfc]


def select_roles(rows: Iterable[Row], roles: Container[str]) -> list[Row]:
    """The rows that are the duty of one of the roles, in their order."""
    return [row for row in rows if (row.role or NO_ROLE) in roles]


def requirements_table(rows: Sequence[Row]) -> str:
    """Every row, then the totals by RFC and by role."""
    body = [
        (
            row.id,
            row.level or "",
            row.role or "",
            row.state,
            "\n".join(map(_told, row.checks)) or row.reason,
            row.paraphrase,
        )
        for row in rows
    ]
    headers = ("id", "level", "role", "state", "checks or reason", "paraphrase")
    return (
        tabulate(body, headers, tablefmt="simple", maxcolwidths=[None] * 4 + [44, 56])
        + "\n\n"
        + f"{STATES_TOLD}\n\n{totals_table(rows)}"
    )


def _told(check: Citation) -> str:
    """A check, with a count and the first names where many configurations have its rule."""
    names = check.note.removeprefix("in ").split(", ")
    if len(names) <= MOST_NAMES:
        return str(check)
    first = ", ".join(names[:MOST_NAMES])
    return str(replace(check, note=f"in {len(names)} configurations: {first}, ..."))


def totals_table(rows: Sequence[Row]) -> str:
    """Counts of rows by state, per RFC and per role."""
    by_rfc = _count(rows, "RFC", lambda row: str(row.rfc))
    by_role = _count(rows, "role", lambda row: row.role or NO_ROLE)
    parts = (by_rfc, settled_told(rows), by_role, musts_table(rows))
    return "\n\n".join((*parts, model_alone_told(rows)))


def settled_told(rows: Iterable[Row]) -> str:
    """By RFC, how many sentences with a key word are settled, and how many other rules.

    A sentence is settled that is verified or untestable; rules without a key word may
    be informative, too.
    """
    counts = Counter(
        ((row.rfc, row.table not in KEY_WORD_TABLES), row.state) for row in rows
    )
    lines: list[str] = []
    for rfc, is_other in sorted({key for key, _ in counts}):
        found = {state: counts[(rfc, is_other), state] for state in STATES}
        total, informative = sum(found.values()), found[State.INFORMATIVE]
        settled = found[State.VERIFIED] + found[State.UNTESTABLE]
        what = OTHER_ROWS if is_other else KEY_WORD_ROWS
        told = f", {informative} informative" if informative else ""
        lines.append(
            f"RFC {rfc}, {what}: {settled} of {total} verified or untestable{told}"
        )
    return "\n".join(lines)


def by_model_alone(rows: Iterable[Row]) -> list[Row]:
    """Those verified by properties or in memory: no implementation is judged by them."""
    return [
        row
        for row in rows
        if row.state is State.VERIFIED and not any(c.judges for c in row.checks)
    ]


def model_alone_told(rows: Iterable[Row]) -> str:
    """How many of the verified are so of the model alone, and which."""
    found = by_model_alone(rows)
    names = textwrap.fill(
        ", ".join(row.id for row in found),
        96,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )
    told = (
        f"{len(found)} of the verified ones are so of the model alone: its properties, or "
        "cases in memory, fail\nwhere they are violated, but nothing judges an "
        "implementation by them"
    )
    return f"{told}:\n{names}" if found else f"{told}."


def untestable_musts(rows: Iterable[Row]) -> dict[str, tuple[int, int]]:
    """By role, how many of its MUSTs nothing can observe, and how many it has."""
    musts = [
        (row.role or NO_ROLE, row.state) for row in rows if row.level is Level.MUST
    ]
    hidden = Counter(role for role, state in musts if state is State.UNTESTABLE)
    return {
        role: (hidden[role], count)
        for role, count in sorted(Counter(role for role, _ in musts).items())
    }


def musts_table(rows: Iterable[Row]) -> str:
    """The MUSTs of each role that nothing can observe, and of all roles together."""
    counts = dict(untestable_musts(rows))
    counts["total"] = (
        sum(hidden for hidden, _ in counts.values()),
        sum(count for _, count in counts.values()),
    )
    body = [
        (role, hidden, count, f"{100 * hidden / count:.1f} %" if count else "")
        for role, (hidden, count) in counts.items()
    ]
    headers = ("role", "untestable MUSTs", "of", "share")
    return tabulate(
        body, headers, tablefmt="simple", colalign=("left", "right", "right", "right")
    )


def gaps_table(rows: Sequence[Row]) -> str:
    """What has to be repaired in the catalogue, then how far it has come."""
    found = gaps(rows)
    table = tabulate(
        [(gap.id, gap.kind, gap.reason) for gap in found],
        ("id", "gap", "what to do"),
        tablefmt="simple",
        maxcolwidths=[None, None, 88],
    )
    told = f"{len(found)} gaps" if found else "No gaps"
    parts = [table] if found else []
    parts += [f"{told} in {len(rows)} requirements.", STATES_TOLD, totals_table(rows)]
    return "\n\n".join(parts)


def requirements_json(rows: Iterable[Row]) -> dict[str, object]:
    """The rows as one JSON object with the list "requirements"."""
    return {
        "requirements": [
            {
                "id": row.id,
                "level": row.level or "",
                "role": row.role or "",
                "state": row.state.value,
                "reason": row.reason,
                "checks": [
                    {"kind": check.kind.value, "name": check.name, "note": check.note}
                    for check in row.checks
                ],
            }
            for row in rows
        ]
    }


def _count(rows: Sequence[Row], title: str, key: Callable[[Row], str]) -> str:
    """One table of counts: a line per key, a column per state, a last line of sums."""
    counts = Counter((key(row), row.state) for row in rows)
    names = sorted({name for name, _ in counts})
    body = [
        (name, *(counts[name, state] for state in STATES), _sum(counts, name))
        for name in names
    ]
    per_state = (sum(counts[name, state] for name in names) for state in STATES)
    body.append(("total", *per_state, len(rows)))
    return tabulate(body, (title, *STATES, "total"), tablefmt="simple")


def _sum(counts: Counter[tuple[str, State]], name: str) -> int:
    """Number of rows under one key."""
    return sum(counts[name, state] for state in STATES)
