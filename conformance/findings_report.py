"""The findings of a campaign by requirement, most severe first, as a page of Markdown.

Each says what was sent and what came, what the RFC wants (in our words, with the section),
and the command that repeats it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pmip6.conformance.losses import loss_lines
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.verdict import Finding, level_of
from pmip6.model.requirements.tables import Level, load_entries, load_requirements

COMMAND = "pmip6 certify FILE.toml"
MOST_SHOWN = 3
"""So many cases are shown whole for each requirement; of others the id is told."""
_SEVERITY = (Level.MUST, Level.SHOULD, Level.MAY, Level.INFO)
BEHIND_NONE = "(no requirement)"


@dataclass(frozen=True)
class Found:
    """A finding in the case of this id; `count` packets have it."""

    case: str
    finding: Finding
    count: int = 1


def findings_report(result: CampaignResult, again: str = COMMAND) -> str:
    """The page; `again` is the command of the campaign."""
    sections = by_requirement(_found(result))
    cases = {case.purpose.name: case for case in result.cases}
    told = extent(sections, len(result.cases))
    lost = "\n".join(f"- {line}" for line in loss_lines(result.losses))
    blocks = [f"# Findings: {result.declaration.name}", told, *([lost] if lost else [])]
    for name, found in sections.items():
        blocks += _section(name, found, cases, again)
    return "\n\n".join(blocks) + "\n"


def by_requirement(every: Iterable[Found]) -> dict[str, list[Found]]:
    """The findings under the requirement that each is about, most severe first."""
    sections: dict[str, list[Found]] = {}
    for found in every:
        sections.setdefault(_foremost(found.finding), []).append(found)
    order = sorted(sections, key=lambda name: _rank(name, sections[name]))
    return {name: sections[name] for name in order}


def extent(sections: Mapping[str, Sequence[Found]], count: int) -> str:
    """How many findings there are in so many cases."""
    every = [found for section in sections.values() for found in section]
    if not every:
        return f"None in {count} cases."
    cases = len({found.case for found in every})
    about = "1 requirement" if len(sections) == 1 else f"{len(sections)} requirements"
    return (
        f"{len(every)} in {cases} of {count} cases, about {about}; most severe first."
    )


def _found(result: CampaignResult) -> Iterator[Found]:
    for repeated in result.repeated:
        yield Found(repeated.cases[0], repeated.finding, repeated.count)
    for case in result.cases:
        for finding in case.findings:
            yield Found(case.purpose.name, finding)


def _foremost(finding: Finding) -> str:
    """The requirement that a finding stands under: the first of the strongest ones."""
    strongest = [r for r in finding.requirements if level_of([r]) is finding.level]
    return next(iter(strongest or finding.requirements), BEHIND_NONE)


def _rank(name: str, found: Sequence[Found]) -> tuple[int, int, str]:
    level = min(_SEVERITY.index(f.finding.level) for f in found)
    return level, -len({f.case for f in found}), name


def _section(
    name: str,
    found: Sequence[Found],
    cases: Mapping[str, CaseResult],
    again: str,
) -> Iterator[str]:
    """What is found under a requirement."""
    level = found[0].finding.level
    yield f"## {level}: {name}{place(name)}"
    wanted = list(dict.fromkeys(r for f in found for r in f.finding.requirements))
    if wanted:
        yield "\n".join(f"- {each}{place(each)}: {wants(each)}" for each in wanted)
    shown: dict[str, Found] = {}
    for each in found:
        shown.setdefault(each.finding.text, each)
    for each in list(shown.values())[:MOST_SHOWN]:
        yield _told(each, cases[each.case], again)
    rest = dict.fromkeys(f.case for f in found)
    for each in list(shown.values())[:MOST_SHOWN]:
        rest.pop(each.case, None)
    if rest:
        yield f"Also in {', '.join(rest)}."


def place(name: str) -> str:
    """Where a requirement stands, in brackets; nothing where there is none of this id."""
    known = load_requirements().get(name)
    return "" if known is None else f" (RFC {known.rfc}, section {known.section})"


def wants(name: str) -> str:
    """What the RFC wants, in our words."""
    entry = load_entries().get(name)
    known = load_requirements().get(name)
    topic = "" if known is None else known.topic
    return topic if entry is None else entry.paraphrase


def _told(found: Found, case: CaseResult, again: str) -> str:
    """One finding, with what was sent and what came."""
    name, finding = found.case, found.finding
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
