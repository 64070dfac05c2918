"""A result judged once more: each case runs again on what its journal and capture have.

The packets of the tester have to be those that the case sends, and its conclusions those
that are told; nothing of the result but journals and captures is believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from pmip6.conformance.evidence import case_document, repeated_document
from pmip6.conformance.grouping import grouped
from pmip6.conformance.journal import Journal, Played, from_document
from pmip6.conformance.lma.case import Case, Granted, Listen, Send
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.lane import new_case, prefixes_of, result_of
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.verdict import Finding, Layer, Verdict
from pmip6.conformance.wire.arrivals import Arrival, read_arrival
from pmip6.conformance.wire.capture import CapturedPacket, read
from pmip6.model.errors import Pmip6Error
from pmip6.model.requirements.tables import Level
from pmip6.model.wire.esp import EspCheck, is_esp, without_esp
from pmip6.model.wire.reassembly import Reassembly
from pmip6.vectors.lma.case_file import case_of
from pmip6.vectors.lma.purposes import Purpose, purposes
from pmip6.vectors.lma.stimuli import Node

Document = Mapping[str, object]
AGAIN = "run the campaign again"
COMPARED = ("verdict", "reason", "findings", "steps")
"""What a case has to conclude as it is told."""


@dataclass(frozen=True)
class Recomputed:
    """What came out.

    Args:
        count: How many cases were judged again.
        faults: What is otherwise than it is told, one line each.
    """

    count: int
    faults: tuple[str, ...]


def is_for_anchors(document: Document) -> bool:
    """Whether it is the result of a campaign for anchors, with what they were declared."""
    declared = document.get("declaration")
    return (
        isinstance(declared, dict) and cast("Document", declared).get("role") == "lma"
    )


def recomputed(document: Document, folder: Path) -> Recomputed:
    """Judge the cases of a result for anchors again.

    Args:
        document: The content of `result.json`.
        folder: Where the captures are.

    Raises:
        Pmip6Error: The result has no declaration, or a capture cannot be read.
    """
    declaration = _declared(document)
    own = [case_of(each, "result.json") for each in _list(document.get("own_cases"))]
    known = {purpose.name: purpose for purpose in (*purposes(), *own)}
    faults: list[str] = []
    results: list[CaseResult] = []
    told: list[Document] = []
    count = 0
    for case in _list(document.get("cases")):
        name = str(case.get("id"))
        purpose = known.get(name)
        if purpose is None or purpose.version != case.get("version"):
            faults.append(f"{name}: this version of pmip6 has another case: {AGAIN}")
            continue
        try:
            result = _case(purpose, declaration, case, folder)
        except Pmip6Error as error:
            faults.append(f"{name}: {error.reason}")
            continue
        except (KeyError, TypeError, ValueError, AssertionError) as error:
            faults.append(f"{name}: what is told of it cannot be read: {error!r}")
            continue
        count += case.get("journal") is not None
        results.append(result)
        told.append(case)
    whole = grouped(CampaignResult(declaration, tuple(results)))
    for result, case in zip(whole.cases, told, strict=True):
        faults += _differences(result, case)
    found = [repeated_document(each) for each in whole.repeated]
    if not faults and _plain(found) != document.get("repeated"):
        faults.append("repeated: the findings of many cases are others")
    return Recomputed(count, tuple(faults))


def _declared(document: Document) -> Declaration:
    text = json.dumps(document.get("declaration"))
    try:
        declared = Declaration.model_validate_json(text, strict=True)
    except ValidationError as error:
        reason = f"has no declaration: {error.error_count()} keys are wrong"
        raise Pmip6Error("result.json", reason, AGAIN) from error
    if not declared.esp and declared.sha256 != document.get("declaration_sha256"):
        reason = "the declaration is not that of the campaign"
        raise Pmip6Error("result.json", reason, AGAIN)
    return declared


def _case(
    purpose: Purpose, declaration: Declaration, told: Document, folder: Path
) -> CaseResult:
    """The result of a case that is judged again; as told where it has not run."""
    written = told.get("journal")
    if written is None:
        return _not_run(purpose, told)
    journal = from_document(cast("dict[str, object]", written))
    packets: Sequence[CapturedPacket] = ()
    if told.get("packets"):
        packets = read(folder / f"{purpose.name}.pcapng").packets
    nodes = {Node(n): name.encode() for n, name in journal.nodes.items()}
    case = new_case(
        purpose,
        declaration,
        Played(journal.clock),
        nodes,
        prefixes_of(purpose, declaration, nodes),
        Played(journal.numbers),
        journal.number,
    )
    is_whole = _Player(case, journal, packets).run()
    result = result_of(case, packets)
    if told.get("concluded") is not True:
        if not is_whole:
            raise Pmip6Error(purpose.name, "the journal ends before the case", AGAIN)
        return result
    return _concluded(result, told)


def _not_run(purpose: Purpose, told: Document) -> CaseResult:
    """What is told of a case without a journal: it says nothing of the implementation."""
    verdict = Verdict[str(told.get("verdict"))]
    if verdict not in (Verdict.SKIP, Verdict.INCONC) or told.get("findings"):
        reason = f"has no journal, and its verdict is {verdict.name}"
        raise Pmip6Error(purpose.name, reason, AGAIN)
    return CaseResult(purpose, verdict, reason=str(told.get("reason")))


def _concluded(result: CaseResult, told: Document) -> CaseResult:
    """A case that the campaign has decided about: never that the anchor is right."""
    verdict = Verdict[str(told.get("verdict"))]
    findings = tuple(map(_finding, _list(told.get("findings"))))
    own = set(findings[:-1] if verdict is Verdict.FAIL else findings)
    if verdict not in (Verdict.FAIL, Verdict.INCONC) or not own <= set(result.findings):
        reason = f"the campaign cannot have made it {verdict.name}"
        raise Pmip6Error(result.purpose.name, reason, AGAIN)
    return replace(
        result, verdict=verdict, findings=findings, reason=str(told.get("reason"))
    )


def _finding(document: Document) -> Finding:
    return Finding(
        tuple(cast("list[str]", document["requirements"])),
        Level(str(document["level"])),
        str(document["text"]),
        int(str(document["packet"])),
        Layer(str(document["layer"])),
        str(document["rule"]),
    )


def _differences(result: CaseResult, told: Document) -> Iterator[str]:
    right = cast("Document", _plain(case_document(result)))
    for key in COMPARED:
        if right[key] != told.get(key):
            found = right[key] if key in ("verdict", "reason") else "others"
            yield f"{result.purpose.name}: {key}: judged again: {found}"


def _plain(value: object) -> object:
    """A value as JSON gives it back."""
    return json.loads(json.dumps(value))


def _list(value: object) -> list[Document]:
    return cast("list[Document]", value) if isinstance(value, list) else []


class _Player:
    """Gives a case what its journal says, and compares what it sends with the capture."""

    def __init__(
        self, case: Case, journal: Journal, packets: Sequence[CapturedPacket]
    ) -> None:
        self._case = case
        self._given = list(journal.given)
        self._packets = list(packets)
        self._name = case.purpose.name

    def run(self) -> bool:
        """Run the case; whether it came to its end.

        Raises:
            Pmip6Error: What it sends is not what was sent, or packets are left.
        """
        started = self._given.pop(0) if self._given else 0
        if not isinstance(started, int):
            raise self._wrong("the journal has no start")
        script = self._case.run(started)
        granted: Granted = None
        is_whole = False
        while True:
            try:
                wish = script.send(granted)
            except StopIteration:
                is_whole = True
                break
            if isinstance(wish, Send):
                self._compare(wish)
            if not self._given:
                break
            granted = self._grant(wish)
        if self._packets or self._given:
            left = len(self._packets)
            raise self._wrong(f"{left} packets belong to no step of the case")
        return is_whole

    def _compare(self, wish: Send) -> None:
        """The next packets of the capture have to be what is sent."""
        waiting, whole = Reassembly(), None
        while whole is None:
            if not self._packets or self._packets[0].outbound is not True:
                raise self._wrong(f"what was sent is not there: {wish.comment}")
            piece = self._packets.pop(0).data
            waiting, whole = waiting.add(piece, 0.0)
        if without_esp(whole) != wish.packet:
            raise self._wrong(
                f"what was sent is not what the case sends: {wish.comment}"
            )

    def _grant(self, wish: Send | Listen) -> Granted:
        given = self._given.pop(0)
        if isinstance(wish, Send) != isinstance(given, int):
            raise self._wrong("the journal is about other steps")
        if not isinstance(given, tuple):
            return given
        time_ms, time_of_day, check = given
        if not self._packets or self._packets[0].outbound is not False:
            raise self._wrong("a packet that was received is not there")
        return self._arrival(self._packets.pop(0).data, time_ms, time_of_day, check)

    def _arrival(
        self, data: bytes, time_ms: int, time_of_day: int, check: str
    ) -> Arrival:
        if check:
            arrival = read_arrival(data, time_ms, time_of_day)
            return replace(arrival, unprotected=EspCheck[check])
        clear = without_esp(data) if is_esp(data) else data
        return read_arrival(clear, time_ms, time_of_day)

    def _wrong(self, reason: str) -> Pmip6Error:
        return Pmip6Error(self._name, reason, AGAIN)
