"""A configuration explored slice by slice: each property where what it depends on is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from pmip6.model.domain import Model
from pmip6.properties.exploration.explore import ENGINE
from pmip6.properties.exploration.search import INTERRUPTED
from pmip6.properties.exploration.slicing import SlicedModel, slices
from pmip6.properties.property import Property
from pmip6.properties.result import Outcome, PropertyResult, Run


def explore_slices(
    model: Model,
    properties: Sequence[Property],
    explore_one: Callable[[SlicedModel, Sequence[Property]], Run],
) -> Run:
    """Explore as few slices of a model as decide the properties.

    The counts are those of all slices together, the depth is that of the deepest; a note
    for each tells what was dropped.
    """
    parts = slices(model, properties)
    runs: list[Run] = []
    for part in parts:
        runs.append(explore_one(part, part.properties))
        if INTERRUPTED in runs[-1].notes:
            break
    found = {r.name: r for run in runs for r in run.properties}
    rules = Counter[str]()
    for run in runs:
        rules.update(run.rules)
    return Run(
        configuration=model.configuration.name,
        engine=ENGINE,
        states=sum(run.states or 0 for run in runs),
        transitions=sum(run.transitions or 0 for run in runs),
        depth=max((run.depth or 0 for run in runs), default=0),
        seconds=sum(run.seconds for run in runs),
        properties=tuple(found.get(p.name) or _not_begun(p) for p in properties),
        notes=tuple(
            note
            for part, run in zip(parts, runs, strict=False)  # fewer if interrupted
            for note in (told(part, run), *run.notes)
        ),
        rules=dict(rules),
        memory=max((run.memory or 0 for run in runs), default=0),
    )


def _not_begun(claim: Property) -> PropertyResult:
    """Of a property whose slice was not begun when somebody ended the search."""
    return PropertyResult(
        claim.name,
        Outcome.UNDECIDED,
        "not all states",
        claim.assumptions,
        note=f"{INTERRUPTED} before its slice",
    )


def told(part: SlicedModel, run: Run) -> str:
    """What a slice leaves out, how large it is, and for which properties."""
    left_out = [*part.dropped]
    gone = len(part.whole.rules) - len(part.rules)
    if gone:
        left_out.append(f"{gone} of {len(part.whole.rules)} rules")
    without = f"without {', '.join(left_out)}" if left_out else "nothing is left out"
    names = ", ".join(p.name for p in part.properties)
    if len(part.properties) > 1 and not left_out:
        names = f"{len(part.properties)} properties"
    return f"slice of {run.states} states for {names}: {without}"
