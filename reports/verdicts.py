"""Terminal tables of test cases and their verdicts, and the progress of a campaign."""

from __future__ import annotations

import re
import sys
import textwrap
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status
from tabulate import MIN_PADDING, tabulate

from pmip6.conformance.evidence import finding_lines, repeated_line
from pmip6.conformance.losses import Loss, loss_lines, named
from pmip6.conformance.results import CampaignResult, CaseResult, Repeated, Timing
from pmip6.conformance.verdict import Verdict
from pmip6.reports.case_titles import case_titles
from pmip6.reports.width import cut
from pmip6.vectors.case_purpose import CasePurpose

GAP = "  "
LEAST_TITLE = 20
WIDEST_LIST = 100
WIDEST_TABLE = 160
"""Columns of a table of verdicts that is for no terminal; --list has whole titles."""


def cases_table(cases: Sequence[CasePurpose], width: int | None = None) -> str:
    """The test cases that there are, no wider than a terminal of this width."""
    rows = [(case.name, str(case.version)) for case in cases]
    titles = case_titles(cases)
    lines = [titles[case.name] for case in cases]
    return _table(("case", "version", "purpose"), rows, lines, width)


def verdict_table(result: CampaignResult, again: str, width: int | None = None) -> str:
    """The verdict of every case, what was found, and the numbers of verdicts.

    Args:
        result: What became of the campaign.
        again: The command that runs it; `--case ID` follows.
        width: Columns of the terminal; None where the text is not for one.
    """
    rows = [(case.purpose.name, case.verdict.name) for case in result.cases]
    titles = case_titles(case.purpose for case in result.cases)
    lines = [titles[case.purpose.name] for case in result.cases]
    table = _table(("case", "verdict", "purpose"), rows, lines, width or WIDEST_TABLE)
    blocks = [table, *_findings(result.cases, again, width)]
    blocks += [_repeated(each, again) for each in result.repeated]
    return "\n\n".join([*blocks, summary(result)])


def _repeated(repeated: Repeated, again: str) -> str:
    """A finding that many cases have, and a command that shows it."""
    head = f"{repeated.verdict.name}, and no part of the verdicts above:"
    shown = f"{again} --case {repeated.cases[0]}"
    return "\n".join([head, f"{GAP}{repeated_line(repeated)}", f"{GAP}{shown}"])


def _table(
    headers: tuple[str, str, str],
    rows: Sequence[tuple[str, str]],
    titles: Sequence[str],
    width: int | None,
) -> str:
    """A table whose last column takes what is left of the width."""
    if width is not None:
        taken = sum(
            max([len(header) + MIN_PADDING, *(len(row[i]) for row in rows)]) + len(GAP)
            for i, header in enumerate(headers[:2])
        )
        width = max(width - taken, LEAST_TITLE)
    body = [(*row, cut(title, width)) for row, title in zip(rows, titles, strict=True)]
    return tabulate(body, headers, tablefmt="simple", disable_numparse=True)


def _findings(
    cases: Iterable[CaseResult], again: str, width: int | None
) -> Iterator[str]:
    """A block for each reason, with the cases that it is the reason of."""
    groups: dict[tuple[Verdict, str], list[CaseResult]] = {}
    for case in cases:
        if case.verdict is not Verdict.PASS:
            groups.setdefault((case.verdict, case.reason), []).append(case)
    for (verdict, reason), group in groups.items():
        lines = list(finding_lines(f for c in group for f in c.findings))
        names = [case.purpose.name for case in group]
        if len(group) == 1:
            head = f"{names[0]} {verdict.name}: {reason}"
        else:
            head = f"{len(group)} cases {verdict.name}: {reason}"
            lines += textwrap.wrap(
                ", ".join(names), min(width or WIDEST_LIST, WIDEST_LIST) - len(GAP)
            )
        if verdict is not Verdict.SKIP:
            lines.append(f"{again} --case {names[0]}")
        yield "\n".join([head, *(f"{GAP}{line}" for line in lines)])


MOST_STRAYS = 5
"""So many kinds of packets that belonged to no case are told."""
WIDEST_LINE = 120
"""Of what is told of a case that ran again."""


def summary(result: CampaignResult) -> str:
    """The numbers of verdicts, and whether the implementation still answers."""
    count = Counter(case.verdict for case in result.cases)
    numbers = ", ".join(f"{count[v]} {v.name}" for v in Verdict if count[v])
    cases = "1 case" if len(result.cases) == 1 else f"{len(result.cases)} cases"
    lines = [f"{result.declaration.name}: {cases}: {numbers or '-'}"]
    if result.repeated:
        found = Counter(each.verdict for each in result.repeated)
        told = ", ".join(f"{found[v]} {v.name}" for v in Verdict if found[v])
        layers = {str(each.finding.layer) for each in result.repeated}
        lines[0] += f"; on the {' and '.join(sorted(layers))} of all: {told}"
    if result.timing is not None:
        lines.append(timing(result.timing))
    address = result.declaration.address
    lines += [f"{address}: {line}" for line in loss_lines(result.losses)]
    if result.died:
        lines.append(f"{address}: does not answer (check that it runs, and its routes)")
    if result.again:
        ran = "case" if len(result.again) == 1 else "cases"
        lines.append(f"{len(result.again)} {ran} ran again, and count as then")
        lines += [
            f"{GAP}{textwrap.shorten(line, WIDEST_LINE)}" for line in _again(result)
        ]
    if result.strays:
        strays = len(result.strays)
        lines.append(
            "1 packet belonged to no case"
            if strays == 1
            else f"{strays} packets belonged to no case"
        )
        kinds = Counter(result.strays).most_common(MOST_STRAYS)
        lines += [f"{GAP}{number} of them: {what}" for what, number in kinds]
    return "\n".join(lines)


def _again(result: CampaignResult) -> Iterator[str]:
    """Which cases ran again and why, in a line for all with a reason of the same kind.

    What was late is so by another time in each: the longest is told.
    """
    groups: dict[str, list[tuple[int, str, str]]] = {}
    for line in result.again:
        rest = line.partition(": ")[2]
        why = rest.partition(", then: ")[0]
        late_ms = max(map(int, re.findall(r"\d+", why)), default=0)
        kind = re.sub(r"\d+", "", why)
        groups.setdefault(kind, []).append((late_ms, why, line))
    for group in groups.values():
        if len(group) == 1:
            yield group[0][2]
            continue
        names = ", ".join(dict.fromkeys(one[2].partition(": ")[0] for one in group))
        yield f"{len(group)} of them: at most, {max(group)[1]}: {names}"


def timing(taken: Timing) -> str:
    """How long it took and what for, and how long it may: docs/certifying.md says why."""
    total, beside, longest, alone, again, computed, limit = (
        f"{ms / 1000:.1f} s"
        for ms in (
            taken.total_ms,
            taken.beside_ms,
            taken.longest_ms,
            taken.alone_ms,
            taken.again_ms,
            taken.computed_ms,
            taken.limit_ms,
        )
    )
    parts = [f"{beside} side by side (the longest case {longest})", f"{alone} alone"]
    parts += [f"{again} again"] if taken.again_ms else []
    kept = "kept" if taken.is_kept else "exceeded"
    if not taken.is_kept and taken.total_ms - taken.again_ms <= taken.limit_ms:
        kept += ", but for what ran again"
    return (
        f"took {total}: {', '.join(parts)}; the tester computed for {computed}, and waited "
        "for the rest\n"
        f"the limit is 1.2 times the longest and all that run alone, {limit}: {kept}"
    )


class Progress:
    """Tells how far a campaign is, in one line of a terminal; losses in a line each.

    Args:
        total: How many cases there are.
        status: The line; None where there is no terminal.
    """

    def __init__(self, total: int, status: Status | None = None) -> None:
        self._total = total
        self._status = status
        self._verdicts: dict[str, Verdict] = {}

    def ended(self, case: CaseResult) -> None:
        """A case has ended."""
        self._verdicts[case.purpose.name] = case.verdict
        if self._status is None:
            return
        count = Counter(self._verdicts.values())
        numbers = ", ".join(f"{count[v]} {v.name}" for v in Verdict if count[v])
        self._status.update(f"{count.total()} of {self._total} cases: {numbers}")

    def lost(self, loss: Loss) -> None:
        """The implementation is lost: what follows takes its time."""
        told = f"lost after {loss.at_ms / 1000:.1f} s: it {loss.state}"
        if loss.culprit:
            told += f"; {loss.culprit} alone brings it about"
        elif loss.suspects:
            told += f"; had run: {named(loss.suspects)}"
        done = f"{len(self._verdicts)} of {self._total} cases have ended"
        print(f"{told} ({done})", file=sys.stderr, flush=True)


@contextmanager
def campaign_progress(total: int) -> Generator[Progress]:
    """Tells how far the cases are in a terminal; losses are told anywhere."""
    if not sys.stderr.isatty():
        yield Progress(total)
        return
    with Console(stderr=True).status(f"0 of {total} cases") as status:
        yield Progress(total, status)
