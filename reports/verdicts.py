"""Terminal tables of test cases and their verdicts, and the progress of a campaign."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from tabulate import tabulate

from pmip6.conformance.campaign import CampaignResult, CaseResult
from pmip6.conformance.evidence import finding_line
from pmip6.conformance.verdict import Verdict
from pmip6.vectors.purposes import Purpose

WIDEST_TITLE = 88


def cases_table(cases: Iterable[Purpose]) -> str:
    """The test cases that there are."""
    rows = [(case.name, case.version, _cut(case.title)) for case in cases]
    return tabulate(rows, ("case", "version", "purpose"), tablefmt="simple")


def verdict_table(result: CampaignResult) -> str:
    """The verdict of every case, their numbers, and what was found."""
    rows = [
        (case.purpose.name, case.verdict.name, _cut(case.purpose.title))
        for case in result.cases
    ]
    table = tabulate(rows, ("case", "verdict", "purpose"), tablefmt="simple")
    return "\n\n".join([table, *_findings(result.cases), summary(result)])


def _findings(cases: Iterable[CaseResult]) -> Iterator[str]:
    for case in cases:
        if case.verdict is Verdict.PASS:
            continue
        lines = [f"  {finding_line(finding)}" for finding in case.findings]
        head = f"{case.purpose.name} {case.verdict.name}: {case.reason}"
        again = f"  pmip6 certify FILE.toml --case {case.purpose.name}"
        if case.verdict is not Verdict.SKIP:
            lines.append(again)
        yield "\n".join([head, *lines])


def summary(result: CampaignResult) -> str:
    """The numbers of verdicts, and whether the implementation still answers."""
    count = Counter(case.verdict for case in result.cases)
    numbers = ", ".join(f"{count[v]} {v.name}" for v in Verdict if count[v])
    lines = [f"{result.declaration.name}: {len(result.cases)} cases: {numbers or '-'}"]
    if result.died:
        address = result.declaration.lma_address
        lines.append(f"{address}: does not answer (check that it runs, and its routes)")
    if result.strays:
        lines.append(f"{len(result.strays)} packets belonged to no case")
    return "\n".join(lines)


def _cut(text: str) -> str:
    is_short = len(text) <= WIDEST_TITLE
    return text if is_short else text[: WIDEST_TITLE - 3].rstrip() + "..."


@contextmanager
def campaign_progress(total: int) -> Generator[Callable[[CaseResult], None]]:
    """Tells in one line of a terminal how far the cases are; nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda case: None
        return
    count: Counter[Verdict] = Counter()
    with Console(stderr=True).status(f"0 of {total} cases") as status:

        def tell(case: CaseResult) -> None:
            count[case.verdict] += 1
            numbers = ", ".join(f"{count[v]} {v.name}" for v in Verdict if count[v])
            status.update(f"{count.total()} of {total} cases: {numbers}")

        yield tell
