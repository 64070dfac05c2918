"""The folder of evidence, filled while a campaign runs.

What has ended is kept when the campaign is interrupted or killed: `result.json` then says
that it is not complete.  The thread of the campaign measures times, and writing takes
some, so that another thread does it, and does little while it holds the interpreter: each
case becomes text once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from pmip6.conformance.evidence import (
    FINDINGS_FILE,
    JUNIT_FILE,
    PAGE_FILE,
    RESULT_FILE,
    STATE_FILE,
    STATES,
    capture_of,
    case_document,
    junit,
    prepare_folder,
    result_document,
)
from pmip6.conformance.findings_report import COMMAND, findings_report
from pmip6.conformance.results import CampaignResult, CaseResult, Declared
from pmip6.conformance.seal import sealed
from pmip6.conformance.wire.capture import Capture, CapturedPacket, write
from pmip6.vectors.files import replace_file

PROBES_FILE = "probes.pcapng"
PAUSE = 1.0
"""Seconds from one incomplete result to the next; what is killed loses no more."""


class EvidenceFolder:
    """Takes results as they come, and writes them; used as a context.

    Args:
        out: The folder; it is made where there is none.
        declaration: The implementation under test.
        command: What runs the campaign.

    Raises:
        Pmip6Error: Nothing can be written there.
    """

    def __init__(
        self, out: Path, declaration: Declared, command: str = COMMAND
    ) -> None:
        prepare_folder(out)
        self._command = command
        self._out = out
        self._declared = declaration
        self._cases: dict[str, str] = {}  # the JSON of each
        self._next_result = 0.0
        self._probes: list[CapturedPacket] = []
        self._writer = ThreadPoolExecutor(1)
        self._written: list[Future[None]] = []

    def __enter__(self) -> Self:
        """Replace what an earlier campaign has left by a result without a case."""
        states = map(STATE_FILE.format, STATES)
        for name in (JUNIT_FILE, FINDINGS_FILE, PAGE_FILE, PROBES_FILE, *states):
            (self._out / name).unlink(missing_ok=True)
        for capture in filter(Path.is_file, self._out.glob("TP_*.pcapng")):
            capture.unlink()
        self._write_incomplete()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait until all is written.

        Raises:
            Pmip6Error: A file could not be written, and nothing else went wrong.
        """
        self._writer.shutdown()
        if error is None:
            self._wait()
        else:
            self._write_incomplete()

    def add(self, case: CaseResult) -> None:
        """Keep the result of a case that has ended."""
        self._submit(self._write_case, case)

    def probed(self, packets: Sequence[CapturedPacket]) -> None:
        """Keep the packets of a probe of liveness."""
        self._probes += packets
        self._submit(self._write_probes, tuple(self._probes))

    def tell_state(self, when: str, text: str | None) -> None:
        """Keep what a hook tells of the implementation before or after the campaign.

        Raises:
            Pmip6Error: The file cannot be written.
        """
        if text is not None:
            replace_file(self._out / STATE_FILE.format(when), text.encode())

    def finish(self, result: CampaignResult) -> None:
        """Write the whole result, which comes last: it tells of files that exist.

        Raises:
            Pmip6Error: A file cannot be written.
        """
        self._wait()
        replace_file(self._out / JUNIT_FILE, junit(result).encode())
        report = findings_report(result, self._command)
        replace_file(self._out / FINDINGS_FILE, report.encode())
        document = {"complete": True, **result_document(result)}
        document = sealed(document, self._out)
        self._write_result(json.dumps(document, indent=1, ensure_ascii=False))

    def _submit(self, act: Callable[..., None], *arguments: object) -> None:
        self._written.append(self._writer.submit(act, *arguments))

    def _wait(self) -> None:
        for written in self._written:
            written.result()

    def _write_case(self, case: CaseResult) -> None:
        if case.packets:
            path = self._out / f"{case.purpose.name}.pcapng"
            write(path, capture_of(case, self._declared.interface))
        text = json.dumps(case_document(case), indent=1, ensure_ascii=False)
        self._cases[case.purpose.name] = text
        if time.monotonic() >= self._next_result:
            self._write_incomplete()
            self._next_result = time.monotonic() + PAUSE

    def _write_probes(self, packets: tuple[CapturedPacket, ...]) -> None:
        about = "probes of liveness, sent between the cases"
        capture = Capture(packets, about, self._declared.interface)
        write(self._out / PROBES_FILE, capture)

    def _write_incomplete(self) -> None:
        head = {
            "complete": False,
            **result_document(CampaignResult(self._declared, ())),
        }
        del head["cases"]
        cases = ",\n".join(text for _, text in sorted(self._cases.items()))
        start = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
        self._write_result(f'{start},\n "cases": [\n{cases}\n ]\n}}')

    def _write_result(self, text: str) -> None:
        replace_file(self._out / RESULT_FILE, f"{text}\n".encode())
