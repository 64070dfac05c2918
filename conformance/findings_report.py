"""The findings of a campaign by requirement, most severe first, as a page of Markdown.

Each says what was sent and what came, what the RFC wants (in our words, with the section),
and the command that repeats it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pmip6.conformance.results import CampaignResult, CaseResult, Repeated
from pmip6.conformance.verdict import Finding, level_of
from pmip6.model.requirements.tables import Level, load_entries, load_requirements

COMMAND = "pmip6 certify FILE.toml"
MOST_SHOWN = 3
"""So many cases are shown whole for each requirement; of others the id is told."""
_SEVERITY = (Level.MUST, Level.SHOULD, Level.MAY, Level.INFO)
BEHIND_NONE = "(no requirement)"


@dataclass(frozen=True)
class _Found:
    """A finding in a case; `count` packets have it."""

    case: CaseResult
    finding: Finding
    count: int = 1


def findings_report(result: CampaignResult, again: str = COMMAND) -> str:
    """The page; `again` is the command of the campaign."""
    by_requirement: dict[str, list[_Found]] = {}
    for found in _found(result):
        by_requirement.setdefault(_foremost(found.finding), []).append(found)
    order = sorted(by_requirement, key=lambda name: _rank(name, by_requirement[name]))
    blocks = [f"# Findings: {result.declaration.name}", _extent(result)]
    for name in order:
        blocks += _section(name, by_requirement[name], again)
    return "\n\n".join(blocks) + "\n"


def _extent(result: CampaignResult) -> str:
    every = list(_found(result))
    if not every:
        return f"None in {len(result.cases)} cases."
    cases = len({found.case.purpose.name for found in every})
    requirements = len({_foremost(found.finding) for found in every})
    return (
        f"{len(every)} in {cases} of {len(result.cases)} cases, "
        f"about {requirements} requirements; most severe first."
    )


def _found(result: CampaignResult) -> Iterator[_Found]:
    by_name = {case.purpose.name: case for case in result.cases}
    for repeated in result.repeated:
        yield _of_many(repeated, by_name)
    for case in result.cases:
        for finding in case.findings:
            yield _Found(case, finding)


def _of_many(repeated: Repeated, cases: dict[str, CaseResult]) -> _Found:
    return _Found(cases[repeated.cases[0]], repeated.finding, repeated.count)


def _foremost(finding: Finding) -> str:
    """The requirement that a finding stands under: the first of the strongest ones."""
    strongest = [r for r in finding.requirements if level_of([r]) is finding.level]
    return next(iter(strongest or finding.requirements), BEHIND_NONE)


def _rank(name: str, found: Sequence[_Found]) -> tuple[int, int, str]:
    level = min(_SEVERITY.index(f.finding.level) for f in found)
    return level, -len({f.case.purpose.name for f in found}), name


def _section(name: str, found: Sequence[_Found], again: str) -> Iterator[str]:
    """What is found under a requirement."""
    level = found[0].finding.level
    yield f"## {level}: {name}{_place(name)}"
    wanted = list(dict.fromkeys(r for f in found for r in f.finding.requirements))
    if wanted:
        yield "\n".join(_wanted(each) for each in wanted)
    shown: dict[str, _Found] = {}
    for each in found:
        shown.setdefault(each.finding.text, each)
    for each in list(shown.values())[:MOST_SHOWN]:
        yield _told(each, again)
    rest = dict.fromkeys(f.case.purpose.name for f in found)
    for each in list(shown.values())[:MOST_SHOWN]:
        rest.pop(each.case.purpose.name, None)
    if rest:
        yield f"Also in {', '.join(rest)}."


def _place(name: str) -> str:
    known = load_requirements().get(name)
    return "" if known is None else f" (RFC {known.rfc}, section {known.section})"


def _wanted(name: str) -> str:
    """What the RFC wants, in our words."""
    entry = load_entries().get(name)
    known = load_requirements().get(name)
    topic = "" if known is None else known.topic
    return f"- {name}{_place(name)}: {topic if entry is None else entry.paraphrase}"


def _told(found: _Found, again: str) -> str:
    """One finding, with what was sent and what came."""
    case, finding = found.case, found.finding
    name = case.purpose.name
    sent, came = _packets(case, finding)
    count = f", in {found.count} packets" if found.count > 1 else ""
    lines = [
        f"**{name}**, packet {finding.packet} of {name}.pcapng{count}: {finding.text}",
        "",
        f"    sent:  {sent}",
        f"    came:  {came}",
        f"    again: {again} --case {name}",
    ]
    return "\n".join(lines)


def _packets(case: CaseResult, finding: Finding) -> tuple[str, str]:
    """What was sent before a finding, and what came for it, in words."""
    before = case.packets[: finding.packet]
    sent = next((p.comment for p in reversed(before) if p.outbound), "")
    last = before[-1] if before else None
    came = "nothing"
    if last is not None and not last.outbound:
        came = last.comment.removeprefix("received: ")
    return sent.removeprefix("sent: ").partition("\n")[0] or "nothing", came
