"""What became of mutants, as tables and as Markdown: what all kill matrices have alike."""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pmip6.properties.faults.everywhere import EVERYWHERE

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
ON_THE_WIRE = (Layer.CASE, Layer.EXCHANGE)
"""What needs packets alone, not the model of the anchor."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant.

    Args:
        layer: What settles it.
        by: Which case, exchange, property, count or argument that is.
        packets: Whether packets can show it; empty where nobody asks.
    """

    name: str
    kind: str
    text: str
    layer: Layer = Layer.SURVIVES
    by: str = ""
    packets: str = ""

    @property
    def escaped_text(self) -> str:
        """The fault in a cell of a table."""
        return _escaped(self.text)

    @property
    def row(self) -> str:
        """Its line in the table of all."""
        settled = f"{self.layer}{f': {self.by}' * bool(self.by)}"
        shown = f" {self.packets} |" * bool(self.packets)
        return f"| `{self.name}` | {self.escaped_text} | {settled} |{shown}"


def is_nested(name: str) -> bool:
    """The mutant of this name drops a part of a condition in one rule alone."""
    return name.rpartition(".")[2].count("-") == 2 and not is_written(name)


def is_written(name: str) -> bool:
    """The mutant of this name drops a part of a condition wherever rules have it.

    Where mutants of several roles are together the role is before it.
    """
    return name.rpartition("/")[2].startswith(f"{EVERYWHERE}.")


def percent_noticed(
    fates: Iterable[Fate], layers: Collection[Layer] = NOTICED
) -> float:
    """How many are noticed of those that are not equivalent; 100 where there is none."""
    noticed, different = _noticed(fates, layers)
    return 100 * noticed / different if different else 100.0


def _noticed(fates: Iterable[Fate], layers: Collection[Layer]) -> tuple[int, int]:
    """How many these layers notice, and how many are not equivalent."""
    different = [fate for fate in fates if fate.layer is not Layer.EQUIVALENT]
    return sum(fate.layer in layers for fate in different), len(different)


def share(fates: Sequence[Fate], layers: Collection[Layer]) -> str:
    """How many these layers notice, of how many, and the percentage."""
    noticed, different = _noticed(fates, layers)
    return f"{noticed} of {different} ({percent_noticed(fates, layers):.1f} %)"


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


# ---- what a document ends with ----------------------------------------------------------


def survivors(fates: Iterable[Fate]) -> list[Fate]:
    """Those that nothing notices and no argument covers, but for copies of conditions."""
    left = (fate for fate in fates if fate.layer is Layer.SURVIVES)
    return [fate for fate in left if not is_nested(fate.name)]


def explained(fate: Fate, why: Mapping[str, str]) -> str:
    """The reason for which a mutant survives, by its name."""
    return why.get(fate.name, "no reason is known")


def argument_lines(fates: Iterable[Fate]) -> list[str]:
    """How many mutants each argument makes equivalent."""
    arguments = Counter(f.by for f in fates if f.layer is Layer.EQUIVALENT)
    told = [f"- {number}: {argument}" for argument, number in sorted(arguments.items())]
    return told or ["None."]


def unseen_lines(showing: Iterable[Fate]) -> list[str]:
    """Those that packets show, and that only the model notices; `showing` are shown."""
    settled = (*ON_THE_WIRE, Layer.EQUIVALENT, Layer.SURVIVES)
    unseen = [fate for fate in showing if fate.layer not in settled]
    return [
        f"## Shown by packets, noticed by the model alone: {len(unseen)}",
        "",
        *(f"- `{fate.name}` ({fate.escaped_text})" for fate in unseen),
        *["None."] * (not unseen),
        "",
    ]


def closing_lines(fates: Sequence[Fate], why: Mapping[str, str]) -> list[str]:
    """The survivors with their reasons, and the table of all."""
    left = survivors(fates)
    shown = any(fate.packets for fate in fates)
    return [
        f"## Survivors: {len(left)}",
        "",
        *(f"- `{f.name}` ({f.escaped_text}): {explained(f, why)}" for f in left),
        *["None."] * (not left),
        "",
        "## All mutants",
        "",
        "| mutant | fault | noticed by, or why not |" + " in packets |" * shown,
        "|---|---|---|" + "---|" * shown,
        *(fate.row for fate in fates),
    ]


Found = dict[str, tuple[Layer, str]]
"""The layer that notices a mutant, and what of it, by the name of the mutant."""

_ROW = re.compile(
    rf"^\| `(?P<name>[^`]+)` \| .* \| (?P<layer>{'|'.join(Layer)})(?:: (?P<by>[^|]+))? \|"
    r"(?: (?P<packets>[a-z ]+) \|)?$",
    re.MULTILINE,
)


def rows(text: str) -> Found:
    """The fate of each mutant as a document tells it."""
    return {m["name"]: (Layer(m["layer"]), m["by"] or "") for m in _ROW.finditer(text)}


def packets_told(text: str) -> dict[str, str]:
    """What a document tells of packets, by the name of the mutant."""
    return {m["name"]: m["packets"] or "" for m in _ROW.finditer(text)}


# ---- text in a cell ----------------------------------------------------------------------


def _shortened(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 4]} ..."


def _escaped(text: str) -> str:
    return _shortened(text).replace("|", "\\|").replace("_", "\\_").replace("*", "\\*")
