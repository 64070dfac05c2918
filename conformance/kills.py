"""What each test case finds among faulty implementations: said for all roles alike."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pmip6.conformance.verdict import Verdict

REMOVED = "removed"
ON_THE_LINK = "link"
FOUND = (Verdict.FAIL, Verdict.WARN)
"""What a case says of a faulty one: WARN where what it does not do is a SHOULD."""


@dataclass(frozen=True)
class Kill:
    """A case, and the mutant that it finds.

    Args:
        mutant: Its name, empty where none of those that were tried is found.
        kind: removed (a rule), another kind of mutant of a rule, a table, link, esp or
            encoder.
    """

    case: str
    mutant: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Attempt:
    """A faulty implementation that a case is tried on; `run` gives the verdict."""

    mutant: str
    kind: str
    run: Callable[[], Verdict]


def first_found(case: str, attempts: Iterable[Attempt]) -> Kill:
    """What a case finds first; attempts behind it are not made."""
    for each in attempts:
        if each.run() in FOUND:
            return Kill(case, each.mutant, each.kind)
    return Kill(case)


def report(found: Iterable[Kill], what: str) -> str:
    """How many cases find which kind of mutant, and which find none.

    Args:
        found: What each case finds.
        what: It, in words.
    """
    every = list(found)
    count = Counter(each.kind for each in every)
    told = {kind: number for kind, number in sorted(count.items()) if kind}
    by_kind = ", ".join(f"{number} {kind}" for kind, number in told.items())
    killed = sum(told.values())
    lines = [f"{killed} of {len(every)} cases find {what}: {by_kind}"]
    lines += [f"finds none: {each.case}" for each in every if not each.mutant]
    return "\n".join(lines)
