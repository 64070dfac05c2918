"""The kill matrix of gateways as Markdown (docs/gateway-kill-matrix.md)."""

from __future__ import annotations

from collections.abc import Sequence

from pmip6.conformance.kill_report import (
    NOTICED,
    ON_THE_WIRE,
    Fate,
    Layer,
    argument_lines,
    closing_lines,
    is_nested,
    is_written,
    share,
    totals,
    unseen_lines,
)

REPORT = "gateway-kill-matrix.md"
_NO_LONGER = (
    "a process lets a timeout pass instead; the wait that is too long leads to no state to "
    "which retransmissions do not lead, too, and no property is about its length"
)
_MAY_ASK = (
    "after 155 the gateway may ask again for any prefix, also where it has named none"
)
WHY_THEY_SURVIVE: dict[str, str] = {
    "mag.register_again.update-10": _NO_LONGER,
    "mag.ask_for_another_prefix.update-10": _NO_LONGER,
    "mag.ask_for_another_prefix.guard-4": _MAY_ASK,
    "everywhere.mag.accept_refusal.guard-4-8": _MAY_ASK,
}
"""The mutants that nothing notices and no argument covers, with the reason if known."""


def report(fates: Sequence[Fate], tried: str) -> str:
    """The matrix as Markdown.

    Args:
        fates: What became of each mutant.
        tried: What `extent` says.
    """
    counted = [fate for fate in fates if not is_nested(fate.name)]
    written = [fate for fate in counted if is_written(fate.name)]
    whole = [fate for fate in counted if not is_written(fate.name)]
    nested = [fate for fate in fates if is_nested(fate.name)]
    showing = [fate for fate in counted if fate.packets == "yes"]
    folded = [fate for fate in counted if fate.packets == "no such rule"]
    chosen = [fate for fate in counted if fate.packets == "its choice"]
    lines = [
        "# Kill matrix of gateways",
        "",
        "Made by `make kill-matrix`, its part `tests/golden_gateway_kill_matrix.py`: for each",
        "faulty gateway what notices it.  A mutant of a rule is taken before all other rules.",
        "What is tried comes in this order: what noticed the mutant last; the test cases on a",
        "gateway in memory (of a SHOULD they warn) and the golden exchanges, where packets can",
        "show it; the properties of small configurations in which the fault leaves another",
        "rule, and what the tests pin of those (states, transitions, depth).  What none of",
        "them notices may be equivalent; the argument is computed, each time anew: proved by",
        "Z3 for any size, found where a gateway with the fault is run beside one without, or",
        "for a forwarding table where every packet is sent through it and the right one.",
        "",
        tried,
        "A `whole` mutant drops a condition, an update, a message, a timer, a rule or a row",
        "of a table, or a field or option of a request:",
        "",
        totals(whole),
        "",
        "A `written` mutant drops a part of a condition, an operand of a conjunction or a",
        "disjunction in it, wherever rules have the same condition (`shared`), or in the one",
        "rule that has it (`own`):",
        "",
        totals(written),
        "",
        f"Of whole and written mutants together {share(counted, NOTICED)} are",
        "noticed.  The command ends with 1 where that is less than 95 %, or one survives whose",
        "reason is not known.",
        "",
        "An implementation is seen by its packets alone.  Side by side with a gateway without",
        "the fault, whatever node, anchor and clocks do, either a run shows the mutant in what",
        "is sent and passed on, or none does; all pairs of states that the two reach are",
        f"visited.  Of the {len(showing)} that show (`yes` in the last column) the cases, which",
        f"are what `pmip6 certify` has, notice {share(showing, (Layer.CASE,))}, cases and",
        f"golden exchanges together {share(showing, ON_THE_WIRE)}.",
        f"{len(chosen)} show only where a session is renewed while a request for it has no answer:",
        "whether a gateway does that is `its choice` (docs/findings.md), and no case asks for",
        "it.",
        f"{len(folded)} are in what no process of a gateway has (`no such rule`), such as a",
        "restart as a step of the model, and only the model can notice them.",
        "",
        *_nested_lines(nested),
        "Arguments for being equivalent:",
        "",
        *argument_lines(fates),
        "",
        *unseen_lines(showing),
        *closing_lines(fates, WHY_THEY_SURVIVE),
    ]
    return "\n".join(lines) + "\n"


def _nested_lines(nested: Sequence[Fate]) -> list[str]:
    """What was found of the nested mutants; no line where none was tried."""
    if not nested:
        return []
    return [
        "A `nested` mutant drops such a part in one place of one rule alone; its survivors",
        "are in the table below, without a reason:",
        "",
        totals(nested),
        "",
    ]
