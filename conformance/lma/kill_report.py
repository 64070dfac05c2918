"""The kill matrix as a table and as Markdown (docs/kill-matrix.md)."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

REPORT = "kill-matrix.md"
WIDTH = 120
"""Characters of a condition that are shown; `pmip6 model mutants` has all."""


class Layer(enum.StrEnum):
    """What settles the fate of a mutant, in the order in which they are tried."""

    CASE = "case"
    EXCHANGE = "golden exchange"
    PROPERTY = "property"
    COUNT = "pinned count"
    EQUIVALENT = "equivalent"
    SURVIVES = "survives"


NOTICED = (Layer.CASE, Layer.EXCHANGE, Layer.PROPERTY, Layer.COUNT)

_WAITING_NUMBERS = (
    "shows only where requests that wait are ordered by sequence numbers, which the "
    "largest pair of features alone has"
)
_WAITS_ALONE = (
    "while a request waits, cases and small configurations have one node with one "
    "session"
)
_WHY: dict[str, tuple[str, ...]] = {
    _WAITING_NUMBERS: (
        "hold_request.update-5",
        "hold_newer_request.update-5",
        "hand_over_to_waiting.guard-6",
        "hand_over_to_waiting.update-5",
        "hand_over_to_waiting.update-13",
        "allocate_after_waiting.update-7",
        "allocate_after_waiting.update-15",
        "reject_after_waiting.update-5",
        "forget_overtaken_request.update-5",
        "restart_without_bindings.update-16",
    ),
    _WAITS_ALONE: (
        "hand_over_to_waiting.guard-1",
        "hand_over_to_waiting.guard-11",
        "hand_over_to_waiting.guard-12",
        "hand_over_to_waiting.guard-16",
        "hand_over_to_waiting.guard-17",
        "hand_over_to_waiting.timer-0",
        "hold_newer_request.update-4",
        "allocate_after_waiting.guard-4",
        "allocate_after_waiting.update-6",
    ),
    "no small configuration and no case has user packets while a request waits": (
        "hand_over_to_waiting.update-6",
        "hand_over_to_waiting.update-7",
    ),
    "the delay runs only while a request waits, for which there is no lemma": (
        "allocate_after_waiting.guard-2",
        "reject_after_waiting.guard-2",
    ),
    "a tester cannot use up the pool while a request waits": (
        "reject_after_waiting.send-0",
    ),
    "the serving gateway has its route already; the lemma fails in some setting": (
        "extend.update-6",
        "extend.update-7",
    ),
    "shows only where another session of the node has a number, too": (
        "reject_low_sequence_number.guard-9",
        "reject_low_sequence_number.guard-10",
        "reject_low_sequence_number.guard-11",
    ),
    "two faults at once that no case and no small configuration has": (
        "reject_missing_access_technology_type.guard-6",
        "reject_prefix_of_another_node.guard-10",
        "acknowledge_foreign_deregistration.guard-6",
    ),
    "a node that is not served, or has no prefix, has no accepted request": (
        "reject_lower_timestamp.guard-3",
        "reject_for_lack_of_prefixes.guard-4",
        "register_requested_prefix.guard-3",
    ),
    "a lifetime that runs on after a de-registration ends to no effect": (
        "deregister.timer-0",
    ),
    "bindings outlast a restart only where an anchor restarts": (
        "restart_with_bindings.guard-0",
    ),
    "what is forgotten with the bindings: no small configuration has a request after it": (
        "restart_without_bindings.update-1",
    ),
    "the packet is dropped by either rule": ("drop_without_route.guard-3",),
}
WHY_THEY_SURVIVE: dict[str, str] = {
    f"lma.{name}": reason for reason, names in _WHY.items() for name in names
}
"""The mutants that nothing notices and no argument covers, with the reason."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant.

    Args:
        layer: What settles it.
        by: Which case, exchange, property, count or argument that is.
    """

    name: str
    kind: str
    text: str
    layer: Layer = Layer.SURVIVES
    by: str = ""

    @property
    def escaped_text(self) -> str:
        """The fault in a cell of a table."""
        return _escaped(self.text)


def is_nested(name: str) -> bool:
    """The mutant of this name drops a part of a condition, not all of it."""
    return name.rpartition(".")[2].count("-") == 2


def percent_noticed(fates: Iterable[Fate]) -> float:
    """How many are noticed of those that are not equivalent; 100 where there is none."""
    different = [fate for fate in fates if fate.layer is not Layer.EQUIVALENT]
    noticed = sum(fate.layer in NOTICED for fate in different)
    return 100 * noticed / len(different) if different else 100.0


def totals(fates: Sequence[Fate]) -> str:
    """A line for each kind of mutant, and one for all."""
    kinds = [*dict.fromkeys(fate.kind for fate in fates), ""]
    rows = [_row(kind, [f for f in fates if kind in ("", f.kind)]) for kind in kinds]
    headers = ("kind", "mutants", *(str(layer) for layer in Layer), "% noticed")
    lines: list[tuple[str, ...]] = [headers, ("---", *("--:",) * (len(headers) - 1))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (*lines, *rows))


def _row(kind: str, fates: Sequence[Fate]) -> tuple[str, ...]:
    counts = Counter(fate.layer for fate in fates)
    numbers = (str(counts[layer]) for layer in Layer)
    return (kind or "all", str(len(fates)), *numbers, f"{percent_noticed(fates):.1f}")


def extent(tried: Mapping[str, int], every: Mapping[str, int]) -> str:
    """How many of the mutants of each part were tried."""
    told = (f"{tried.get(part, 0)} of {every[part]} {part}" for part in every)
    return f"Mutants tried: {', '.join(told)}."


def report(fates: Sequence[Fate], tried: str) -> str:
    """The matrix as Markdown.

    Args:
        fates: What became of each mutant.
        tried: What `extent` says.
    """
    whole = [fate for fate in fates if not is_nested(fate.name)]
    survivors = [fate for fate in whole if fate.layer is Layer.SURVIVES]
    arguments = Counter(f.by for f in fates if f.layer is Layer.EQUIVALENT)
    lines = [
        "# Kill matrix",
        "",
        "Made by `make kill-matrix`: for each faulty anchor what notices it.  A mutant of a",
        "rule is taken before all other rules.  What is tried comes in this order: the test",
        "cases on an anchor in memory that has their features and readings, the golden",
        "exchanges, the properties of small configurations in which the fault leaves another",
        "rule, and what the tests pin of those (states, transitions, depth).  Only what none",
        "of them notices may be equivalent; the argument is computed.",
        "",
        tried,
        "A `whole` mutant drops a condition, an update, a message, a timer or a rule; of",
        "these and of those of the encoder 95 % have to be noticed:",
        "",
        totals(whole),
        "",
        *_nested_lines([fate for fate in fates if is_nested(fate.name)]),
        "Arguments for being equivalent, proved by z3 under the lemmas of the proofs; they",
        "take for granted that a request says nothing by an option that it lacks, and that",
        "only nodes which the anchor knows are authorised:",
        "",
        *(f"- {number}: {argument}" for argument, number in sorted(arguments.items())),
        *["None."] * (not arguments),
        "",
        f"## Survivors: {len(survivors)}",
        "",
        *(f"- {survivor(fate, _escaped)}" for fate in survivors),
        *["None."] * (not survivors),
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


def _nested_lines(nested: Sequence[Fate]) -> list[str]:
    """What was found of the sample of nested mutants; no line where none was tried."""
    if not nested:
        return []
    return [
        "A `nested` mutant drops a part of a condition, most often one of the lookup of",
        "section 5.4.1, which is a part of nearly every rule.  Where they are not tried in",
        "full, the sample is drawn at random, the same in every run, and every layer tries",
        "it.  Its survivors are in the table below, without a reason:",
        "",
        totals(nested),
        "",
    ]


def survivor(fate: Fate, written: Callable[[str], str] = str) -> str:
    """A mutant that nothing notices, and why."""
    reason = WHY_THEY_SURVIVE.get(fate.name, "no reason is known")
    return f"`{fate.name}` ({written(_shortened(fate.text))}): {reason}"


def _shortened(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 4]} ..."


def _escaped(text: str) -> str:
    return _shortened(text).replace("|", "\\|").replace("_", "\\_").replace("*", "\\*")
