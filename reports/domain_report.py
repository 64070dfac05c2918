"""What happened in a domain: diagrams, a row per handoff, and what each mode loses."""

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from pmip6.conformance.domain.judge import DOMAIN_RULES, GATEWAY_ROWS
from pmip6.conformance.domain.model import Bounds, Followed
from pmip6.conformance.domain.record import DomainRun, Mode, Move
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
        "HI",
        "HAck",
        "link",
        "PBU",
        "PBA",
        "RA",
        "service",
        "up",
        "lost",
        "down",
        "lost",
    )
    body = [
        (
            number or "",
            row.start,
            row.end,
            *map(
                _milliseconds,
                (
                    row.initiate_ms,
                    row.acknowledge_ms,
                    row.link_ms,
                    row.request_ms,
                    row.answer_ms,
                    row.advertisement_ms,
                    row.service_ms,
                ),
            ),
            row.sent_up,
            row.lost_up,
            row.sent_down,
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
    """The node comes in, which has nothing to do with the mode, and the first handoff."""
    told = list(messages(run))
    gateways = 1 + max(move.end for move in run.moves)
    for number, (move, row) in enumerate(list(zip(run.moves, rows, strict=True))[:2]):
        if number == 0 and run.mode is not Mode.NONE:
            continue
        end = _end_of(run, move, row) + AFTER_MS * MILLISECOND_NS
        begin = move.begin_ns - BEFORE_MS * MILLISECOND_NS
        shown = summarised([each for each in told if begin <= each.time_ns < end])
        what = "The node comes in" if number == 0 else f"The first handoff, {run.mode}"
        diagram = sequence_diagram(shown, move.left_ns, gateways)
        yield f"{what} (Mermaid; times from when the link was taken away):\n\n{diagram}"


def _end_of(run: DomainRun, move: Move, row: Handoff) -> int:
    """When the node is served: at first when it has its connection, then when it sends."""
    if row.service_ms is not None:
        return move.left_ns + int(row.service_ms * MILLISECOND_NS)
    return run.up.sent_ns[0] if run.up.sent_ns else move.arrived_ns


def domain_report(judged: Sequence[tuple[DomainRun, Sequence[Finding]]]) -> str:
    """The whole report of the runs of a domain, with what its judge found in each."""
    parts: list[str] = []
    for run, _ in judged:
        rows = handoffs(run)
        parts += [*_diagrams(run, rows), f"{run.mode}:\n\n{handoff_table(rows)}"]
    parts.append(
        "HI, HAck, link, PBU, PBA, RA, service: milliseconds from when the link of the node"
        " was taken away\nuntil the gateways ask and answer each other, the link is there,"
        " the gateway asks, the anchor accepts,\nthe node has the advertisement, and"
        " datagrams sent after that have come; then the datagrams each way."
    )
    for run, findings in judged:
        parts.append("\n".join([f"{run.mode}:", *_summary(run)]))
        parts[-1] += "".join(f"\n{finding_line(each)}" for each in findings)
    parts.append(comparison([run for run, _ in judged]))
    parts.append(_judgement([each for _, found in judged for each in found]))
    return "\n\n".join(parts)


def comparison(runs: Sequence[DomainRun]) -> str:
    """What each mode lost and reordered, beside what the model says of the same run."""
    headers = ("", "datagrams", "lost", "model", "reordered", "model", "twice")
    body: list[tuple[object, ...]] = []
    notes: list[str] = []
    for run in runs:
        followed = Followed(run)
        if followed.unexplained is not None:
            told = " ".join(followed.unexplained)
            notes.append(f"{run.mode}: the model has no such run: {told}")
        for name, stream in (("down", run.down), ("up", run.up)):
            row = (f"{run.mode}, {name}", len(stream.sent_ns), len(stream.lost()))
            says = followed.verdict(stream, name)
            lost = "?" if says is None else _bounds(says.lost)
            late = "?" if says is None else _bounds(says.reordered)
            body.append((*row, lost, stream.reordered(), late, stream.duplicated()))
    table = tabulate(
        body, headers, tablefmt="simple", colalign=("left", *("right",) * 6)
    )
    return "\n\n".join([table, *notes, ABOUT_COMPARISON])


ABOUT_COMPARISON = """\
model: the signalling that was seen, taken by the rules of the model, and each datagram sent
in the state that they are in then; the bounds are for what nobody sees: the order of what
comes within the time that a datagram needs.  A node on no link can send nothing, in any mode."""


def _bounds(bounds: Bounds) -> str:
    if bounds.least == bounds.most:
        return str(bounds.most)
    return f"{bounds.least} to {bounds.most}"


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
    yield f"longest silence in a stream {longest_silence_ms(run):.0f} ms"


def _judgement(findings: Sequence[Finding]) -> str:
    """The verdict of the judge of the domain."""
    cited = [row.requirements for row in DOMAIN_RULES]
    cited += [row.requirements for row in GATEWAY_ROWS]
    ids = {name for names in cited for name in names}
    return (
        f"judged by the format rules and by {len(cited)} rules of {len(ids)} requirements:"
        f" {verdict_of(findings).name}"
    )
