"""One defect in every packet is one finding, and spoils no other verdict.

A format rule that is violated in several cases says nothing about what each of them is
for, and no more does something in nearly every answer that does not fit its request: the
finding is told once, with a count, and each case gets the verdict of the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from pmip6.conformance.results import CampaignResult, CaseResult, Repeated
from pmip6.conformance.verdict import Finding, Layer, Verdict, verdict_of

LEAST_CASES = 3
"""In how many cases a format rule has to be violated, so that it is told once."""
LEAST_ANSWERED = 10
"""In how many cases something has to come, so that what most answers have is told once."""
NEARLY_ALL = 2, 3
"""The part of these cases in which an answer does not fit in the same way."""

Named = tuple[Layer, str]
"""The layer, and the name of a format rule or what a text begins with before a colon."""
Signature = tuple[Named, tuple[str, ...]]


def grouped(result: CampaignResult) -> CampaignResult:
    """The result with what many cases have told once, and what nearly every answer has."""
    found: defaultdict[Signature, list[tuple[CaseResult, Finding]]] = defaultdict(list)
    for case in result.cases:
        for each in case.findings:
            if each.layer is not Layer.BEHAVIOUR:
                found[signature(each)].append((case, each))
    answered = sum(any(p.outbound is False for p in c.packets) for c in result.cases)
    part, whole = NEARLY_ALL
    least = {
        Layer.FORMAT: LEAST_CASES,
        Layer.EXCHANGE: max(LEAST_ANSWERED, answered) * part // whole,
    }
    repeated = {
        of_all: Repeated(
            where[0][1],
            len(where),
            tuple(dict.fromkeys(c.purpose.name for c, _ in where)),
        )
        for of_all, where in found.items()
        if len({case.purpose.name for case, _ in where}) >= least[of_all[0][0]]
    }
    if not repeated:
        return result
    cases = tuple(_without(case, repeated) for case in result.cases)
    return replace(result, cases=cases, repeated=(*result.repeated, *repeated.values()))


def named(finding: Finding) -> Named:
    """What findings of the same kind have in common, as it is pinned."""
    what = finding.rule or finding.text
    if finding.layer is Layer.EXCHANGE:
        what = finding.text.partition(": ")[0]  # of an answer; what came differs
    return finding.layer, what


def signature(finding: Finding) -> Signature:
    """What findings have in common that are told once."""
    return named(finding), finding.requirements


def _without(case: CaseResult, repeated: Iterable[Signature]) -> CaseResult:
    """The case as it would be without these findings."""
    taken = set(repeated)
    gone = [f for f in case.findings if _is_of(f, taken)]
    rest = tuple(f for f in case.findings if not _is_of(f, taken))
    if not gone or case.reason not in {f.text for f in gone}:
        return replace(case, findings=rest)
    if not rest:
        return replace(case, findings=(), verdict=Verdict.PASS, reason="")
    # What was inconclusive stays so: a finding before the test says nothing about it.
    verdict = min(verdict_of(rest), case.verdict)
    worst = max(rest, key=lambda f: verdict_of([f]))
    return replace(case, findings=rest, verdict=verdict, reason=worst.text)


def _is_of(finding: Finding, taken: set[Signature]) -> bool:
    return signature(finding) in taken
