"""The evidence of a run of a domain: one capture, with a comment for each packet."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pmip6.conformance.domain.record import DomainRun, Mode, Seen
from pmip6.conformance.evidence import finding_line
from pmip6.conformance.verdict import Finding
from pmip6.conformance.wire.capture import Capture, CapturedPacket, write

CAPTURE_FILES = {
    Mode.NONE: "domain.pcapng",
    Mode.PREDICTIVE: "predictive.pcapng",
    Mode.REACTIVE: "reactive.pcapng",
}


def domain_capture(run: DomainRun, findings: Iterable[Finding]) -> Capture:
    """The packets of a run: where each was seen, in what frame, and what is wrong."""
    said: defaultdict[int, list[str]] = defaultdict(list)
    for finding in findings:
        said[finding.packet].append(finding_line(finding))
    packets = tuple(
        CapturedPacket(
            each.time_ns,
            each.packet,
            "\n".join([_frame(each), *said[number]]),
            each.is_outbound,
        )
        for number, each in enumerate(run.seen, start=1)
    )
    moves = f"a mobile node at {len(run.moves)} gateways, one after the other"
    return Capture(packets, "\n".join([moves, *said[0]]))


def _frame(each: Seen) -> str:
    way = "sent" if each.is_outbound else "received"
    ends = f"{each.source.hex(':')} to {each.destination.hex(':')}"
    return f"{way} at {each.place}, frame from {ends}"


def write_domain(out: Path, run: DomainRun, findings: Iterable[Finding]) -> None:
    """Write the capture into a folder that is there.

    Raises:
        Pmip6Error: It cannot be written.
    """
    write(out / CAPTURE_FILES[run.mode], domain_capture(run, findings))
