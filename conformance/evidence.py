"""The evidence of a campaign: results as JSON and JUnit XML, captures as pcapng."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

from pydantic import BaseModel

from pmip6.conformance.journal import as_document
from pmip6.conformance.losses import loss_lines, unexplained
from pmip6.conformance.results import CampaignResult, CaseResult, Declared, Repeated
from pmip6.conformance.verdict import Finding, Verdict
from pmip6.conformance.wire.capture import Capture, CapturedPacket
from pmip6.model.errors import Pmip6Error
from pmip6.vectors.case_file import case_document as own_document
from pmip6.vectors.case_file import is_own
from pmip6.vectors.files import replace_file
from pmip6.vectors.lma.purposes import Purpose
from pmip6.vectors.mag.purposes import GatewayPurpose

KEYS = ("key_to_anchor", "key_to_gateway", "key_from_gateway")
MOST_PACKETS = 4
"""So many packets are named that have the same finding."""
RESULT_FILE = "result.json"
JUNIT_FILE = "junit.xml"
FINDINGS_FILE = "findings.md"
PAGE_FILE = "report.html"
"""Made of all others, and no evidence itself (reports/campaign_page.py)."""
STATE_FILE = "state-{}.txt"
STATES = ("before", "after")


def result_document(result: CampaignResult) -> dict[str, object]:
    """The result as JSON values."""
    return {
        "implementation": result.declaration.name,
        "declaration": without_keys(result.declaration),
        "declaration_sha256": result.declaration.sha256,
        "answers": not result.died,
        "losses": [asdict(each) for each in result.losses],
        "planned": len(result.cases),
        "repeated": [repeated_document(each) for each in result.repeated],
        "cases": [case_document(case) for case in result.cases],
        "own_cases": [
            own_document(case.purpose)
            for case in result.cases
            if isinstance(case.purpose, Purpose | GatewayPurpose)
            and is_own(case.purpose.name)
        ],
        "again": list(result.again),
        "strays": list(result.strays),
    }


def without_keys(declaration: Declared) -> dict[str, object]:
    """What was declared, with zero for the keys of ESP: evidence is shown to others."""
    assert isinstance(declaration, BaseModel)
    return cast("dict[str, object]", _zeroed(declaration.model_dump(mode="json")))


def _zeroed(value: object, name: str = "") -> object:
    if isinstance(value, dict):
        table = cast("dict[str, object]", value)
        return {key: _zeroed(inner, key) for key, inner in table.items()}
    if isinstance(value, list):
        return [_zeroed(inner, name) for inner in cast("list[object]", value)]
    return "0" * len(value) if name in KEYS and isinstance(value, str) else value


def case_document(case: CaseResult) -> dict[str, object]:
    """The result of a case as JSON values."""
    return {
        "id": case.purpose.name,
        "version": case.purpose.version,
        "title": case.purpose.title,
        "requirements": list(case.purpose.requirements),
        "verdict": case.verdict.name,
        "reason": case.reason,
        "findings": [_finding_document(finding) for finding in case.findings],
        "steps": list(case.steps),
        "packets": len(case.packets),
        "concluded": case.is_concluded,
        "journal": None if case.journal is None else as_document(case.journal),
    }


def repeated_document(repeated: Repeated) -> dict[str, object]:
    """A finding that many cases have, as JSON values."""
    return {
        "finding": _finding_document(repeated.finding),
        "verdict": repeated.verdict.name,
        "count": repeated.count,
        "cases": list(repeated.cases),
    }


def _finding_document(finding: Finding) -> dict[str, object]:
    return {
        "requirements": list(finding.requirements),
        "level": str(finding.level),
        "text": finding.text,
        "packet": finding.packet,
        "layer": str(finding.layer),
        "rule": finding.rule,
    }


def junit(result: CampaignResult) -> str:
    """The result as JUnit XML; WARN passes with a note, INCONC and ERROR are errors.

    So is each time that the implementation was lost and no case is the reason.
    """
    count = {verdict: 0 for verdict in Verdict}
    for verdict in (each.verdict for each in result.repeated):
        count[verdict] += 1
    for case in result.cases:
        count[case.verdict] += 1
    lost = list(loss_lines(unexplained(result.losses)))
    suite = ElementTree.Element(
        "testsuite",
        name=f"pmip6 certify {result.declaration.name}",
        tests=str(len(result.cases) + len(result.repeated) + len(lost)),
        failures=str(count[Verdict.FAIL]),
        errors=str(count[Verdict.ERROR] + count[Verdict.INCONC] + len(lost)),
        skipped=str(count[Verdict.SKIP]),
    )
    for case in result.cases:
        element = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"pmip6.{result.declaration.role}",
            name=case.purpose.name,
        )
        details = "\n".join(map(finding_line, case.findings))
        match case.verdict:
            case Verdict.FAIL:
                kind = "failure"
            case Verdict.ERROR | Verdict.INCONC:
                kind = "error"
            case Verdict.SKIP:
                kind = "skipped"
            case Verdict.WARN:
                kind = "system-out"
            case Verdict.PASS:
                continue
        inner = ElementTree.SubElement(element, kind)
        if kind != "system-out":
            inner.set("message", f"{case.verdict.name}: {case.reason}")
        inner.text = details
    for number, repeated in enumerate(result.repeated, 1):
        layer = repeated.finding.layer
        element = ElementTree.SubElement(
            suite, "testcase", classname=f"pmip6.{layer}", name=f"{layer} {number}"
        )
        kind = "failure" if repeated.verdict is Verdict.FAIL else "system-out"
        inner = ElementTree.SubElement(element, kind)
        inner.text = repeated_line(repeated)
    for number, line in enumerate(lost, 1):
        element = ElementTree.SubElement(
            suite, "testcase", classname="pmip6.losses", name=f"loss {number}"
        )
        ElementTree.SubElement(element, "error").set("message", line)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def finding_line(finding: Finding) -> str:
    """A finding in one line."""
    return f"packet {finding.packet}, {_without_packet(finding)}"


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Findings in a line each; such as differ by their packet alone have one for all."""
    packets: dict[str, list[int]] = {}
    for each in findings:
        packets.setdefault(_without_packet(each), []).append(each.packet)
    for told, numbers in packets.items():
        every = sorted(set(numbers))
        shown = ", ".join(map(str, every[:MOST_PACKETS]))
        left = len(every) - MOST_PACKETS
        more = f" and {left} more" if left > 0 else ""
        yield f"packet{'' if len(every) == 1 else 's'} {shown}{more}, {told}"


def _without_packet(finding: Finding) -> str:
    ids = ", ".join(finding.requirements)
    return f"{finding.layer}, {finding.level}: {finding.text} [{ids}]"


def repeated_line(repeated: Repeated) -> str:
    """A finding that many cases have, in one line."""
    found = repeated.finding
    ids = ", ".join(found.requirements)
    return (
        f"{repeated.count} packets in {len(repeated.cases)} cases, {found.layer}, "
        f"{found.level}: {found.text} [{ids}]; first in {repeated.cases[0]}, "
        f"packet {found.packet}"
    )


def capture_of(case: CaseResult, interface: str) -> Capture:
    """The packets of a case, each with what the judge says about it."""
    said: defaultdict[int, list[str]] = defaultdict(list)
    for finding in case.findings:
        said[finding.packet].append(finding_line(finding))
    packets = tuple(
        _commented(packet, said[number])
        for number, packet in enumerate(case.packets, start=1)
    )
    about = f"{case.purpose.name} version {case.purpose.version}: {case.verdict.name}"
    words = [about, case.purpose.title, *([case.reason] if case.reason else [])]
    return Capture(packets, "\n".join(words), interface)


def _commented(packet: CapturedPacket, findings: Iterable[str]) -> CapturedPacket:
    return replace(packet, comment="\n".join([packet.comment, *findings]))


def prepare_folder(out: Path) -> None:
    """Make the folder for evidence, before a campaign that would be in vain without.

    Raises:
        Pmip6Error: It cannot be made, or nothing can be written there.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Pmip6Error(
            str(out), f"cannot be made: {error.strerror}", "name another folder"
        ) from error
    probe = out / ".writable"
    replace_file(probe, b"")
    probe.unlink()
