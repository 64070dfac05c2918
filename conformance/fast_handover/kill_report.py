"""The kill matrix of fast handover as Markdown (docs/handover-kill-matrix.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from pmip6.conformance.fast_handover.survivors import WHY_THEY_SURVIVE
from pmip6.conformance.lma.kill_report import Fate, Layer, is_nested, totals

REPORT = "handover-kill-matrix.md"


def survivors(fates: Sequence[Fate]) -> list[Fate]:
    """The whole mutants that nothing notices and no argument covers."""
    left = (fate for fate in fates if fate.layer is Layer.SURVIVES)
    return [fate for fate in left if not is_nested(fate.name)]


def survivor(fate: Fate, written: Callable[[Fate], str] = lambda f: f.text) -> str:
    """A mutant that nothing notices, and why."""
    reason = WHY_THEY_SURVIVE.get(fate.name, "no reason is known")
    return f"`{fate.name}` ({written(fate)}): {reason}"


def report(fates: Sequence[Fate], tried: str) -> str:
    """The matrix as Markdown.

    Args:
        fates: What became of each mutant.
        tried: What `extent` says.
    """
    whole = [fate for fate in fates if not is_nested(fate.name)]
    nested = [fate for fate in fates if is_nested(fate.name)]
    arguments = Counter(f.by for f in fates if f.layer is Layer.EQUIVALENT)
    left = survivors(fates)
    lines = [
        "# Kill matrix of fast handover",
        "",
        "Made by `make kill-matrix`, its part `tests/golden_handover_kill_matrix.py`: for each",
        "faulty gateway what notices it.  A mutant of a rule is taken before all other rules.",
        "What is tried comes in this order: the test cases on a gateway in memory (of a SHOULD",
        "they warn); the argument, proved by z3 for any size, that no sequence of events tells",
        "it from the gateway, or that a gateway may do so; what the tests pin of small",
        "configurations: properties, states, transitions, depth; the golden exchanges.",
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
        *(f"- {number}: {argument}" for argument, number in sorted(arguments.items())),
        *["None."] * (not arguments),
        "",
        f"## Survivors: {len(left)}",
        "",
        *(f"- {survivor(fate, lambda f: f.escaped_text)}" for fate in left),
        *["None."] * (not left),
        "",
        "## All mutants",
        "",
        "| mutant | fault | noticed by, or why not |",
        "|---|---|---|",
        *(
            f"| `{f.name}` | {f.escaped_text} | {f.layer}{f': {f.by}' * bool(f.by)} |"
            for f in fates
        ),
    ]
    return "\n".join(lines) + "\n"
