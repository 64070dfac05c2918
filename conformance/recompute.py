"""A result judged once more: each case runs again on what its journal and capture have.

The packets of the tester have to be those that the case sends, and its conclusions those
that are told; nothing of the result but journals and captures is believed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError

from pmip6.conformance.evidence import case_document, repeated_document
from pmip6.conformance.grouping import grouped
from pmip6.conformance.journal import Journal, from_document
from pmip6.conformance.results import CampaignResult, CaseResult, Declared
from pmip6.conformance.verdict import Finding, Layer, Verdict
from pmip6.conformance.wire.capture import CapturedPacket, read
from pmip6.model.errors import Pmip6Error
from pmip6.model.requirements.tables import Level
from pmip6.vectors.case_file import OwnCase, case_of
from pmip6.vectors.case_purpose import CasePurpose

Document = Mapping[str, object]
Model = TypeVar("Model", bound=BaseModel)
AGAIN = "run the campaign again"
NODES_OF_A_CASE = 2
"""So many nodes has a case at most that no other has."""
RESTART_FAILED = "hooks.restart: "
"""What the reason begins with where the implementation could not be started again."""
COMPARED = ("verdict", "reason", "findings", "steps")
"""What a case has to conclude as it is told."""


class Replay(Protocol):
    """The cases of a role, to be run again without an implementation."""

    @property
    def declared(self) -> Declared:
        """What was declared."""
        ...

    @property
    def shipped(self) -> frozenset[str]:
        """Ids of all cases of the role that ship."""
        ...

    def purpose(self, name: str) -> CasePurpose | None:
        """The case of this name; None where there is none."""
        ...

    def reasons_to_skip(self, name: str) -> tuple[str, ...]:
        """Why a case is not for what is declared, as is told then; empty where it is."""
        ...

    def lacks_nodes(
        self, name: str, reason: str, used: Collection[str], spent: int
    ) -> bool:
        """Whether a case has had no node, as is told of it.

        Args:
            name: Its id.
            reason: What is told.
            used: Identifiers of the nodes that other cases have had.
            spent: How many more may have been used, and are not known.
        """
        ...

    def run(
        self, name: str, journal: Journal, packets: Sequence[CapturedPacket]
    ) -> tuple[CaseResult, bool]:
        """What a case concludes, and whether it comes to its end.

        Raises:
            Pmip6Error: It sends something else, or packets are left.
        """
        ...


@dataclass(frozen=True)
class Recomputed:
    """What came out.

    Args:
        count: How many cases were judged again.
        faults: What is otherwise than it is told, one line each.
        left_out: How many of the cases that ship are not in the result.
        shipped: How many there are.
    """

    count: int
    faults: tuple[str, ...]
    left_out: int = 0
    shipped: int = 0


def declared_role(document: Document) -> str:
    """The role of the implementation that a result is about; empty where it says none."""
    declared = document.get("declaration")
    if not isinstance(declared, dict):
        return ""
    return str(cast("Document", declared).get("role"))


def recomputed(document: Document, folder: Path, replay: Replay) -> Recomputed:
    """Judge the cases of a result again.

    Args:
        document: The content of `result.json`.
        folder: Where the captures are.
        replay: Runs the cases.

    Raises:
        Pmip6Error: A capture cannot be read.
    """
    faults: list[str] = []
    results: list[CaseResult] = []
    told: list[Document] = []
    count = 0
    every = _list(document.get("cases"))
    not_run = _NotRun(document, replay)
    for case in every:
        name = str(case.get("id"))
        purpose = replay.purpose(name)
        if purpose is None or purpose.version != case.get("version"):
            faults.append(f"{name}: this version of pmip6 has another case: {AGAIN}")
            continue
        try:
            result = _case(purpose, replay, case, folder, not_run)
        except Pmip6Error as error:
            faults.append(f"{name}: {error.reason}")
            continue
        except (KeyError, TypeError, ValueError, AssertionError) as error:
            faults.append(f"{name}: what is told of it cannot be read: {error!r}")
            continue
        count += case.get("journal") is not None
        results.append(result)
        told.append(case)
    whole = grouped(CampaignResult(replay.declared, tuple(results)))
    for result, case in zip(whole.cases, told, strict=True):
        faults += _differences(result, case)
    found = [repeated_document(each) for each in whole.repeated]
    if not faults and _plain(found) != document.get("repeated"):
        faults.append("repeated: the findings of many cases are others")
    left_out = replay.shipped - {str(case.get("id")) for case in every}
    return Recomputed(count, tuple(faults), len(left_out), len(replay.shipped))


def declared_in(document: Document, kind: type[Model]) -> Model:
    """The declaration in a result.

    Raises:
        Pmip6Error: There is none of this kind.
    """
    text = json.dumps(document.get("declaration"))
    try:
        return kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        reason = f"has no declaration: {error.error_count()} keys are wrong"
        raise Pmip6Error("result.json", reason, AGAIN) from error


def refuse_another(document: Document, declared: Declared) -> None:
    """See that a declaration is that of the campaign; its keys of ESP are not in it.

    Raises:
        Pmip6Error: It is another one.
    """
    if declared.sha256 != document.get("declaration_sha256"):
        reason = "the declaration is not that of the campaign"
        raise Pmip6Error("result.json", reason, AGAIN)


def own_cases(document: Document) -> list[OwnCase]:
    """The cases of a result that are none of those that ship.

    Raises:
        Pmip6Error: One of them is no case.
    """
    told = document.get("own_cases")
    documents = cast("list[object]", told) if isinstance(told, list) else []
    return [case_of(each, "result.json") for each in documents]


def _case(
    purpose: CasePurpose,
    replay: Replay,
    told: Document,
    folder: Path,
    not_run: _NotRun,
) -> CaseResult:
    """The result of a case that is judged again; as told where it has not run."""
    written = told.get("journal")
    if written is None:
        return not_run.result(purpose, told)
    journal = from_document(cast("dict[str, object]", written))
    packets: Sequence[CapturedPacket] = ()
    if told.get("packets"):
        packets = read(folder / f"{purpose.name}.pcapng").packets
    result, is_whole = replay.run(purpose.name, journal, packets)
    if told.get("concluded") is not True:
        if not is_whole:
            raise Pmip6Error(purpose.name, "the journal ends before the case", AGAIN)
        return result
    return _concluded(result, told)


class _NotRun:
    """The cases without a journal: why they have not run has to follow, too.

    Args:
        document: The content of `result.json`.
        replay: Knows what is declared.
    """

    def __init__(self, document: Document, replay: Replay) -> None:
        self._answers = document.get("answers") is not False
        self._replay = replay
        cases = _list(document.get("cases"))
        self._used = {name for case in cases for name in _nodes_of(case)}
        again, losses = document.get("again"), _list(document.get("losses"))
        runs = len(cast("list[object]", again)) if isinstance(again, list) else 0
        runs += sum(len(_names(loss.get("suspects"))) for loss in losses)
        self._spent = 1 + NODES_OF_A_CASE * runs  # one is for probes
        skipped = [c for c in cases if c.get("verdict") == Verdict.SKIP.name]
        self._spent += sum(self._is_for_it(case) for case in skipped)

    def _is_for_it(self, case: Document) -> bool:
        """Whether a case that was skipped may have taken one of the nodes it needs."""
        name = str(case.get("id"))
        return self._replay.purpose(name) is not None and not (
            self._replay.reasons_to_skip(name)
        )

    def result(self, purpose: CasePurpose, told: Document) -> CaseResult:
        """What is told of a case, where it may be so.

        Raises:
            Pmip6Error: It cannot be.
        """
        verdict, reason = Verdict[str(told.get("verdict"))], str(told.get("reason"))
        if verdict not in (Verdict.SKIP, Verdict.INCONC) or told.get("findings"):
            wrong = f"has no journal, and its verdict is {verdict.name}"
            raise Pmip6Error(purpose.name, wrong, AGAIN)
        if verdict is Verdict.SKIP and not self._is_skipped(purpose.name, reason):
            wrong = f"is skipped, and by what is declared it is not: {reason}"
            raise Pmip6Error(purpose.name, wrong, AGAIN)
        may_wait = reason.startswith(RESTART_FAILED) or not self._answers
        if verdict is Verdict.INCONC and not may_wait:
            wrong = "has no journal, and the implementation has answered to the end"
            raise Pmip6Error(purpose.name, wrong, AGAIN)
        return CaseResult(purpose, verdict, reason=reason)

    def _is_skipped(self, name: str, reason: str) -> bool:
        return reason in self._replay.reasons_to_skip(name) or (
            self._replay.lacks_nodes(name, reason, self._used, self._spent)
        )


def _nodes_of(case: Document) -> list[str]:
    """The nodes that a case has had, as its journal says."""
    journal = case.get("journal")
    if not isinstance(journal, dict):
        return []
    nodes = cast("Document", journal).get("nodes")
    if not isinstance(nodes, dict):
        return []
    return [str(name) for name in cast("Document", nodes).values()]


def _names(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _concluded(result: CaseResult, told: Document) -> CaseResult:
    """A case that the campaign has decided about: never that the implementation is right."""
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
    other = [key for key in COMPARED if right[key] != told.get(key)]
    if other:
        reason = f": {result.reason}" if result.reason else ""
        found = f"{result.verdict.name}{reason}"
        yield f"{result.purpose.name}: {', '.join(other)}: judged again: {found}"


def _plain(value: object) -> object:
    """A value as JSON gives it back."""
    return json.loads(json.dumps(value))


def _list(value: object) -> list[Document]:
    return cast("list[Document]", value) if isinstance(value, list) else []
