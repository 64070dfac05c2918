"""The kill matrix as a table and as Markdown (docs/kill-matrix.md)."""

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
)
from pmip6.properties.faults.everywhere import EVERYWHERE

REPORT = "kill-matrix.md"
_WHY: dict[str, tuple[str, ...]] = {
    "no case has both numbers and requests that wait, of which the tester does not tell "
    "what has to come; a scenario of the pack shows it (docs/pack-kill-matrix.md)": (
        "hold_newer_request.update-5",
        "hand_over_to_waiting.update-5",
    ),
    "shows only where one of two sessions of the interface has no number, and a request "
    "has one below that of the other": ("reject_low_sequence_number.guard-10",),
    "shows only where two sessions are of one interface, of which the text does not tell "
    "whose number counts (docs/findings.md); a scenario of the pack shows it": (
        "reject_low_sequence_number.guard-11",
    ),
    "the packet is dropped by either rule": ("drop_without_route.guard-3",),
    "no request of a node without the service is accepted, so that it has no last "
    "timestamp": ("reject_lower_timestamp.guard-3",),
    "shows only on an anchor that does not tell interfaces apart and gives a node a "
    "second session by name, which no case has": (
        "register_requested_prefix.guard-11",
    ),
}
_WHY_WRITTEN: dict[str, tuple[str, ...]] = {
    "a request without a timestamp is sent only where sequence numbers order requests": (
        "reject_lower_timestamp.guard-4-6",
    ),
    "a request without a timestamp counts as timely": (
        "reject_mismatched_timestamp.guard-5-4",
    ),
    "a set of prefixes has prefixes in common with itself": (
        "reject_other_prefix_set.guard-11-2",
    ),
    "two sets have prefixes in common either way round": (
        "reject_other_prefix_set.guard-11-6",
        "reject_other_prefix_set.guard-11-7",
    ),
    "shows only on an anchor that does not tell interfaces apart, asked for a prefix by "
    "name under a second identifier; one that does grants it": (
        "register_requested_prefix.guard-16-6",
    ),
}
WHY_THEY_SURVIVE: dict[str, str] = {
    f"{table}.{name}": reason
    for table, why in (("lma", _WHY), (f"{EVERYWHERE}.lma", _WHY_WRITTEN))
    for reason, names in why.items()
    for name in names
}
"""The mutants that nothing notices and no argument covers, with the reason."""


def report(fates: Sequence[Fate], tried: str) -> str:
    """The matrix as Markdown.

    Args:
        fates: What became of each mutant.
        tried: What `extent` says.
    """
    counted = [fate for fate in fates if not is_nested(fate.name)]
    written = [fate for fate in counted if is_written(fate.name)]
    whole = [fate for fate in counted if not is_written(fate.name)]
    lines = [
        "# Kill matrix",
        "",
        "Made by `make kill-matrix`: for each faulty anchor what notices it.  A mutant of a",
        "rule is taken before all other rules.  What is tried comes in this order: what",
        "noticed the mutant last, the test cases on an anchor in memory that has their",
        "features and readings, the golden exchanges, the properties of small configurations",
        "in which the fault leaves another rule, and what the tests pin of those (states,",
        "transitions, depth).  What none of them notices may be equivalent; the argument is",
        "computed, each time anew.",
        "",
        tried,
        "A `whole` mutant drops a condition, an update, a message, a timer or a rule; these",
        "and those of the encoder:",
        "",
        totals(whole),
        "",
        "That share counts what the model notices, too.  An implementation is seen by its",
        "packets alone: of the mutants that are not equivalent the cases, which are what",
        f"`pmip6 certify` has, notice {share(whole, (Layer.CASE,))}, and cases and golden",
        f"exchanges together {share(whole, ON_THE_WIRE)}.",
        "",
        *_written_lines(written, counted),
        *_nested_lines([fate for fate in fates if is_nested(fate.name)]),
        "Arguments for being equivalent, proved by z3 under the lemmas of the proofs, in each",
        "of the settings of features and readings in properties/faults/equivalence.py, which",
        "are not all that there are; they take for granted that a request says nothing by an",
        "option that it lacks, and that only nodes which the anchor knows are authorised:",
        "",
        *argument_lines(fates),
        "",
        *closing_lines(fates, WHY_THEY_SURVIVE),
    ]
    return "\n".join(lines) + "\n"


def _written_lines(written: Sequence[Fate], counted: Sequence[Fate]) -> list[str]:
    """What was found of the parts of conditions as they are written."""
    if not written:
        return []
    return [
        "A `written` mutant drops a part of a condition: an operand of a conjunction or a",
        "disjunction in it, such as a row of the lookup of section 5.4.1 or what a row asks.",
        "Such a condition is written once in the model, and the recorder copies it into each",
        "rule that asks it; the mutant drops the part in all these rules together, as an",
        "implementation does that has it wrong in one place.  Conditions are the same that",
        "differ in names of variables only; `shared` are those that several rules have, `own`",
        "those of one rule.  These are all parts that there are:",
        "",
        totals(written),
        "",
        f"The cases notice {share(written, (Layer.CASE,))}, cases and golden exchanges",
        f"together {share(written, ON_THE_WIRE)}.  Of whole and written mutants together",
        f"{share(counted, NOTICED)} are noticed; 95 % have to be, and each that survives",
        "has its reason below.",
        "",
    ]


def _nested_lines(nested: Sequence[Fate]) -> list[str]:
    """What was found of the sample of nested mutants; no line where none was tried."""
    if not nested:
        return []
    return [
        "A `nested` mutant drops such a part in one place of one rule alone, and leaves every",
        "other copy of the condition right: the rows of the lookup are copied into 21 rules,",
        "and most copies are in the conditions of other checks, which decide the same before.",
        "So it is no mutant of what is written, and not counted above.  Where they are not",
        "tried in full, the sample is drawn at random, the same in every run, and every layer",
        "tries it; its survivors are in the table below, without a reason:",
        "",
        totals(nested),
        "",
        f"Of those tried that are not equivalent {share(nested, NOTICED)} are noticed,",
        f"by cases and golden exchanges {share(nested, ON_THE_WIRE)}; the others, and so",
        "such a fault in an implementation that has one copy wrong, go unnoticed.",
        "",
    ]
