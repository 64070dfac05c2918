"""The kill matrix of fast handover as Markdown (docs/handover-kill-matrix.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pmip6.conformance.fast_handover.survivors import WHY_THEY_SURVIVE
from pmip6.conformance.kill_report import (
    ON_THE_WIRE,
    Fate,
    Layer,
    argument_lines,
    closing_lines,
    is_nested,
    share,
    totals,
    unseen_lines,
)
from pmip6.conformance.mag.kill_layers import FOLDED, SHOWS

REPORT = "handover-kill-matrix.md"


def report(fates: Sequence[Fate], tried: str) -> str:
    """The matrix as Markdown.

    Args:
        fates: What became of each mutant.
        tried: What `extent` says.
    """
    whole = [fate for fate in fates if not is_nested(fate.name)]
    nested = [fate for fate in fates if is_nested(fate.name)]
    showing = [fate for fate in whole if fate.packets == SHOWS]
    folded = [fate for fate in whole if fate.packets == FOLDED]
    lines = [
        "# Kill matrix of fast handover",
        "",
        "Made by `make kill-matrix`, its part `tests/golden_handover_kill_matrix.py`: for each",
        "faulty gateway what notices it.  A mutant of a rule is taken before all other rules.",
        "What is tried comes in this order: what noticed the mutant last; the test cases on a",
        "gateway in memory (of a SHOULD they warn); the argument, proved by z3 for any size,",
        "that no sequence of events tells it from the gateway, or that a gateway may do so;",
        "what the tests pin of small configurations: properties, states, transitions, depth;",
        "the golden exchanges.",
        "",
        tried,
        "A `whole` mutant drops a condition, an update, a message, a timer, a rule or a row",
        "of a table; of these 95 % have to be noticed.  A part that is not tried in full is",
        "sampled at random, the same in every run:",
        "",
        totals(whole),
        "",
        "That share counts what the model notices, too.  An implementation is seen by its",
        "packets alone.  Side by side with a gateway without the fault, in every state to",
        "which a tester of one gateway can bring it, either a run shows the mutant in what is",
        "sent and passed on (`yes` in the last column), or none does (`no`; `not seen` where",
        f"pairs of states are left over).  Of the {len(showing)} that show, as far as they are",
        "not equivalent, the cases, which are what `pmip6 certify` has, notice",
        f"{share(showing, (Layer.CASE,))}, cases and golden exchanges together",
        f"{share(showing, ON_THE_WIRE)}.  {len(folded)} are in what no process of a gateway",
        "has (`no such rule`), such as the order of packets in a tunnel, and only the model can",
        "notice them.",
        "",
        "A `nested` mutant drops a part of a condition:",
        "",
        totals(nested),
        "",
        "Why those survive, which are in the table of all with their reason, is computed: in",
        "the states of the configurations that are looked at, and side by side.",
        "",
        *_reason_lines(nested),
        "",
        "Arguments for being equivalent:",
        "",
        *argument_lines(fates),
        "",
        *unseen_lines(showing),
        *closing_lines(fates, WHY_THEY_SURVIVE),
    ]
    return "\n".join(lines) + "\n"


def _reason_lines(nested: Sequence[Fate]) -> Iterator[str]:
    """How many nested mutants survive for each reason."""
    left = Counter(fate.by for fate in nested if fate.layer is Layer.SURVIVES)
    yield from (f"- {number}: {reason}" for reason, number in sorted(left.items()))
    if not left:
        yield "None."
