"""What happened in a domain: a table of handoffs, and a sequence diagram of the first."""

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from pmip6.conformance.domain.judge import DOMAIN_RULES, GATEWAY_ROWS
from pmip6.conformance.domain.record import DomainRun, Move
from pmip6.conformance.domain.story import (
    CN,
    LMA,
    MN,
    Handoff,
    Told,
    gateway_name,
    handoffs,
    longest_silence_ms,
    messages,
    summarised,
)
from pmip6.conformance.evidence import finding_line
from pmip6.conformance.verdict import Finding, verdict_of
from pmip6.conformance.wire.link import MILLISECOND_NS

BEFORE_MS, AFTER_MS = 15, 10
"""How much of what came before and after a handoff its diagram shows."""


def handoff_table(rows: Sequence[Handoff]) -> str:
    """The moves of the node; times are milliseconds from when its link was taken away."""
    headers = (
        "handoff",
        "from",
        "to",
        "link",
        "PBU",
        "PBA",
        "RA",
        "service",
        "sent",
        "lost up",
        "lost down",
    )
    body = [
        (
            number or "",
            row.start,
            row.end,
            *map(
                _milliseconds,
                (
                    row.link_ms,
                    row.request_ms,
                    row.answer_ms,
                    row.advertisement_ms,
                    row.service_ms,
                ),
            ),
            row.sent,
            row.lost_up,
            row.lost_down,
        )
        for number, row in enumerate(rows)
    ]
    return tabulate(body, headers, tablefmt="simple")


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def sequence_diagram(told: Sequence[Told], start_ns: int, gateways: int) -> str:
    """A sequence diagram in Mermaid; user packets have dashed arrows.

    Args:
        told: The messages, by time.
        start_ns: The time that those of the diagram are counted from.
        gateways: How many there are.
    """
    names = (MN, *map(gateway_name, range(gateways)), LMA, CN)
    lines = ["sequenceDiagram", *(f"    participant {name}" for name in names)]
    for each in told:
        arrow = "-->>" if each.is_data else "->>"
        when = (each.time_ns - start_ns) / MILLISECOND_NS
        lines.append(
            f"    {each.sender}{arrow}{each.receiver}: {when:.1f} ms: {each.text}"
        )
    return "\n".join(lines)


def _diagrams(run: DomainRun, rows: Sequence[Handoff]) -> Iterator[str]:
    told = list(messages(run))
    gateways = 1 + max(move.end for move in run.moves)
    for number, (move, row) in enumerate(list(zip(run.moves, rows, strict=True))[:2]):
        end = _end_of(run, move, row) + AFTER_MS * MILLISECOND_NS
        begin = move.left_ns - BEFORE_MS * MILLISECOND_NS
        shown = summarised([each for each in told if begin <= each.time_ns < end])
        what = "The node comes in" if number == 0 else "The first handoff"
        diagram = sequence_diagram(shown, move.left_ns, gateways)
        yield f"{what} (Mermaid; times from when the link was taken away):\n\n{diagram}"


def _end_of(run: DomainRun, move: Move, row: Handoff) -> int:
    """When the node is served: at first when it has its connection, then when it sends."""
    if row.service_ms is not None:
        return move.left_ns + int(row.service_ms * MILLISECOND_NS)
    return run.journeys[0].sent_ns if run.journeys else move.arrived_ns


def domain_report(run: DomainRun, findings: Sequence[Finding]) -> str:
    """The whole report of a run, with what its judge found."""
    rows = handoffs(run)
    parts = [
        *_diagrams(run, rows),
        handoff_table(rows)
        + "\n\nlink, PBU, PBA, RA, service: milliseconds from when the link of the node was"
        " taken away\nuntil it is there, the gateway asks, the anchor accepts, the node has"
        " the advertisement,\nand a datagram sent after that is back.",
        "\n".join([*_summary(run), *_judgement(findings)]),
    ]
    return "\n\n".join(parts)


def _summary(run: DomainRun) -> Iterator[str]:
    addresses = {move.addresses for move in run.moves}
    told = ", ".join(sorted({str(a) for each in addresses for a in each}))
    yield f"address of the node: {told}, {len(run.moves)} times looked at"
    connection = run.connection
    state = connection.fault or "open"
    yield (
        f"TCP connection from {connection.address}: {state}; {connection.returned} of"
        f" {connection.sent} numbers came back, in order"
    )
    lost = sum(journey.returned_ns is None for journey in run.journeys)
    yield (
        f"datagrams: {len(run.journeys)} sent, {lost} lost; longest silence"
        f" {longest_silence_ms(run):.0f} ms"
    )


def _judgement(findings: Sequence[Finding]) -> Iterator[str]:
    """The verdict of the judge of the domain."""
    yield from map(finding_line, findings)
    cited = [row.requirements for row in DOMAIN_RULES]
    cited += [row.requirements for row in GATEWAY_ROWS]
    ids = {name for names in cited for name in names}
    yield (
        f"judged by the format rules and by {len(cited)} rules of {len(ids)} requirements:"
        f" {verdict_of(findings).name}"
    )
