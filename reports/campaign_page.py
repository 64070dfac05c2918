"""A campaign as one page of HTML, made of its folder of evidence alone.

The page holds no rule and no judgement: it shows what `result.json` and the captures have.
It needs no other file and no network, so that it can be sent as it is.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from pydantic import BaseModel, ValidationError

from pmip6.conformance.evidence import PAGE_FILE, RESULT_FILE
from pmip6.conformance.findings_report import (
    COMMAND,
    Found,
    by_requirement,
    extent,
    wants,
)
from pmip6.conformance.losses import Loss, loss_lines, unexplained
from pmip6.conformance.results import exit_code_of
from pmip6.conformance.seal import load_result
from pmip6.conformance.verdict import Finding, Layer, Verdict
from pmip6.conformance.wire.capture import NANOSECONDS, CapturedPacket, read
from pmip6.model.errors import Pmip6Error
from pmip6.model.requirements.tables import Level, load_requirements
from pmip6.reports.packet_words import packet_words
from pmip6.vectors.files import replace_file
from pmip6.vectors.packs.index import GENERATOR

TEMPLATE = "campaign_page.html.j2"
COMMAND_SHOWN = re.compile(r"<pre>([^<>]*) --case [^<> ]+</pre>")
"""The command of the campaign, beside each case."""
OUTCOMES = {0: "conformant", 1: "not conformant", 3: "undecided"}
"""What the exit code of a campaign means."""


class FindingRecord(BaseModel):
    """A finding, as `result.json` has it."""

    requirements: tuple[str, ...]
    level: Level
    text: str
    packet: int
    layer: Layer
    rule: str

    def finding(self) -> Finding:
        """The same as the judge has it."""
        return Finding(
            self.requirements,
            self.level,
            self.text,
            self.packet,
            self.layer,
            self.rule,
        )


class CaseRecord(BaseModel):
    """A case, as `result.json` has it."""

    id: str
    title: str
    requirements: tuple[str, ...]
    verdict: str
    reason: str
    findings: tuple[FindingRecord, ...]
    steps: tuple[str, ...]
    packets: int

    @property
    def group(self) -> str:
        """The part of the id that says what it is about."""
        return "_".join(self.id.split("_")[1:-2])


class RepeatedRecord(BaseModel):
    """A finding of many cases, as `result.json` has it."""

    finding: FindingRecord
    verdict: str
    count: int
    cases: tuple[str, ...]


class ResultRecord(BaseModel):
    """What the page shows of `result.json`."""

    complete: bool
    implementation: str
    declaration: dict[str, object]
    declaration_sha256: str
    answers: bool
    planned: int
    repeated: tuple[RepeatedRecord, ...]
    cases: tuple[CaseRecord, ...]
    again: tuple[str, ...]
    strays: tuple[str, ...]
    losses: tuple[Loss, ...] = ()
    seal: str = ""


@dataclass(frozen=True)
class Arrow:
    """A packet in the diagram of a case.

    Args:
        number: In the capture, from 1.
        at: Seconds since the first packet of the case.
        is_sent: By the tester.
        is_beside: It is not on the first interface of the capture.
        words: What the case says of it.
        fields: The packet, decoded, in lines.
        findings: What is wrong with it.
    """

    number: int
    at: float
    is_sent: bool
    is_beside: bool
    words: str
    fields: tuple[str, ...]
    findings: tuple[str, ...]


def write_page(folder: Path, again: str, out: Path | None = None) -> Path:
    """Write the page of a campaign, and tell where.

    Args:
        folder: Its evidence.
        again: The command that runs it; `--case ID` follows.
        out: The file; by default one in the folder.

    Raises:
        Pmip6Error: There is no result, it cannot be read, or the page not written.
    """
    place = folder / PAGE_FILE if out is None else out
    replace_file(place, campaign_page(folder, again).encode())
    return place


def write_pages(out: Path, again: str) -> None:
    """Write the page of each campaign whose evidence is somewhere in a folder.

    Raises:
        Pmip6Error: As for `write_page`.
    """
    for result in sorted(out.rglob(RESULT_FILE)):
        write_page(result.parent, again)


def campaign_page(folder: Path, again: str) -> str:
    """The page of the campaign whose evidence is in a folder.

    Raises:
        Pmip6Error: There is no result, or something of it cannot be read.
    """
    result = _record(folder / RESULT_FILE)
    packets = {case.id: _packets(folder, case) for case in result.cases}
    times = [packet.time_ns for each in packets.values() for packet in each]
    told = [case.verdict for case in result.cases]
    told += [each.verdict for each in result.repeated]
    outcome = OUTCOMES[
        exit_code_of(
            map(Verdict.__getitem__, told),
            is_lost=not result.answers or bool(unexplained(result.losses)),
        )
    ]
    sections = by_requirement(_found(result))
    return _template().render(
        result=result,
        outcome=outcome if result.complete else "interrupted",
        begun=_day(min(times)) if times else "",
        seconds=(max(times) - min(times)) / NANOSECONDS if times else 0.0,
        count=Counter(case.verdict for case in result.cases),
        order=[verdict.name for verdict in reversed(Verdict)],
        groups=_groups(result.cases),
        extent=extent(sections, len(result.cases)),
        losses=list(loss_lines(result.losses)),
        sections=sections,
        judged=_judged(result.cases),
        arrows={
            name: list(_arrows(case, packets[name])) for name, case in _by_id(result)
        },
        again=again,
        wants=wants,
        requirements=load_requirements(),
        version=version(GENERATOR),
    )


def page_faults(folder: Path) -> list[str]:
    """What is wrong with the page in a folder: it has to be what its result gives.

    The command in it, which is no part of a result, is taken from the page itself.

    Raises:
        Pmip6Error: The result cannot be read.
    """
    place = folder / PAGE_FILE
    if not place.exists():
        return []
    held = place.read_bytes()
    command = COMMAND_SHOWN.search(held.decode(errors="replace"))
    again = html.unescape(command[1]) if command else COMMAND
    if held == campaign_page(folder, again).encode():
        return []
    return [f"{PAGE_FILE}: is not what the result gives (pmip6 report makes it again)"]


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("pmip6", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE)


def _record(path: Path) -> ResultRecord:
    try:
        return ResultRecord.model_validate(load_result(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Pmip6Error(
            str(path), f"{where}: {first['msg']}", "run the campaign again"
        ) from error


def _packets(folder: Path, case: CaseRecord) -> Sequence[CapturedPacket]:
    return read(folder / f"{case.id}.pcapng").packets if case.packets else ()


def _by_id(result: ResultRecord) -> Iterator[tuple[str, CaseRecord]]:
    return ((case.id, case) for case in result.cases)


def _day(time_ns: int) -> str:
    moment = datetime.fromtimestamp(time_ns // NANOSECONDS, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _found(result: ResultRecord) -> Iterator[Found]:
    for each in result.repeated:
        yield Found(each.cases[0], each.finding.finding(), each.count)
    for case in result.cases:
        for finding in case.findings:
            yield Found(case.id, finding.finding())


def _groups(cases: Sequence[CaseRecord]) -> Mapping[str, Counter[str]]:
    """How often each verdict was given, by what the cases are about."""
    groups: dict[str, Counter[str]] = {}
    for case in cases:
        groups.setdefault(case.group, Counter())[case.verdict] += 1
    return groups


def _judged(cases: Sequence[CaseRecord]) -> Mapping[str, Counter[str]]:
    """The same by requirement, of cases that ran."""
    judged: dict[str, Counter[str]] = {}
    for case in cases:
        for name in case.requirements if case.verdict != Verdict.SKIP.name else ():
            judged.setdefault(name, Counter())[case.verdict] += 1
    return dict(sorted(judged.items()))


def _arrows(case: CaseRecord, packets: Sequence[CapturedPacket]) -> Iterator[Arrow]:
    said: dict[int, list[str]] = {}
    for finding in case.findings:
        said.setdefault(finding.packet, []).append(finding.text)
    first = packets[0].time_ns if packets else 0
    for number, packet in enumerate(packets, start=1):
        words = packet.comment.partition("\n")[0]
        for prefix in ("sent: ", "received: "):
            words = words.removeprefix(prefix)
        yield Arrow(
            number,
            (packet.time_ns - first) / NANOSECONDS,
            bool(packet.outbound),
            bool(packet.interface),
            words,
            tuple(packet_words(packet.data)),
            tuple(said.get(number, ())),
        )
