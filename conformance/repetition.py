"""The same campaign several times: what is not the same each time is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pmip6.conformance.grouping import signature
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.verdict import Verdict


def worst_of(runs: Sequence[CampaignResult]) -> CampaignResult:
    """One result of several runs: each case has the worst of its verdicts.

    Where they differ the reason says how often there was which.
    """
    first = runs[0]
    if len(runs) == 1:
        return first
    by_name: dict[str, list[CaseResult]] = {}
    for run in runs:
        for case in run.cases:
            by_name.setdefault(case.purpose.name, []).append(case)
    seen = {signature(each.finding): each for r in runs for each in r.repeated}
    return CampaignResult(
        first.declaration,
        tuple(_worst(cases) for _, cases in sorted(by_name.items())),
        any(run.died for run in runs),
        tuple(stray for run in runs for stray in run.strays),
        tuple(seen.values()),
        tuple(line for run in runs for line in run.again),
        losses=tuple(loss for run in runs for loss in run.losses),
    )


def differing(runs: Sequence[CampaignResult]) -> tuple[str, ...]:
    """Ids of the cases whose verdict was not the same in each run."""
    verdicts: dict[str, set[Verdict]] = {}
    for run in runs:
        for case in run.cases:
            verdicts.setdefault(case.purpose.name, set()).add(case.verdict)
    return tuple(sorted(name for name, found in verdicts.items() if len(found) > 1))


def _worst(cases: Sequence[CaseResult]) -> CaseResult:
    worst = max(cases, key=lambda case: case.verdict)
    count = Counter(case.verdict for case in cases)
    if len(count) == 1:
        return worst
    told = ", ".join(f"{count[v]} {v.name}" for v in Verdict if count[v])
    reason = f"not the same in {len(cases)} runs ({told}): {worst.reason}"
    return replace(worst, reason=reason)
