"""The kill matrix of fast handover as Markdown (docs/handover-kill-matrix.md)."""

from __future__ import annotations

from collections.abc import Sequence

from pmip6.conformance.fast_handover.survivors import WHY_THEY_SURVIVE
from pmip6.conformance.kill_report import (
    Fate,
    argument_lines,
    closing_lines,
    is_nested,
    totals,
)

REPORT = "handover-kill-matrix.md"


def report(fates: Sequence[Fate], tried: str) -> str:
    """The matrix as Markdown.

    Args:
        fates: What became of each mutant.
        tried: What `extent` says.
    """
    whole = [fate for fate in fates if not is_nested(fate.name)]
    nested = [fate for fate in fates if is_nested(fate.name)]
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
        "A `nested` mutant drops a part of a condition; its survivors are in the table below,",
        "without a reason:",
        "",
        totals(nested),
        "",
        "Arguments for being equivalent:",
        "",
        *argument_lines(fates),
        "",
        *closing_lines(fates, WHY_THEY_SURVIVE),
    ]
    return "\n".join(lines) + "\n"
