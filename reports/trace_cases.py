"""What the anchor does in a run as a case for `pmip6 certify`, and as packets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pmip6.model.domain import Model
from pmip6.model.language.table import Role, Rule
from pmip6.properties.result import Trace
from pmip6.vectors.files import replace_file
from pmip6.vectors.lma.case_file import case_text, purpose_of
from pmip6.vectors.lma.trace_case import NoCase, draft_of, rules_of


def write_case(
    folder: Path,
    stem: str,
    model: Model,
    trace: Trace,
    title: str,
    rules: Sequence[Rule] | None,
) -> Mapping[Path, str]:
    """Write case and packets of a run; what each file shows, or why it is not there.

    The packets are those of the case run in memory, with an anchor that follows the rules
    of the run, its fault among them.

    Args:
        folder: Where the files go.
        stem: What their names begin with.
        model: The model that took the steps.
        trace: The run.
        title: What it shows.
        rules: The rules that the model was made with; ours where None.

    Raises:
        Pmip6Error: A file cannot be written.
    """
    # only here, so that a check without --traces starts without them
    from pmip6.conformance.evidence import capture_of
    from pmip6.conformance.lma.in_memory import (
        declaration_for,
        run_case_in_memory,
    )
    from pmip6.conformance.verdict import Verdict
    from pmip6.conformance.wire.capture import write

    case, capture = folder / f"{stem}.case.json", folder / f"{stem}.pcapng"
    followed = rules_of(model, rules)
    try:
        draft = draft_of(model, trace, title, followed)
    except NoCase as error:
        return {case: f"not written: {error}"}
    purpose = purpose_of(draft, stem)
    anchors = [rule for rule in followed if rule.role is Role.LMA]
    declaration = declaration_for(purpose)
    right = run_case_in_memory(purpose, declaration)
    found = run_case_in_memory(purpose, declaration, rules=anchors)
    replace_file(case.absolute(), case_text(purpose).encode())
    write(capture.absolute(), capture_of(found, "memory"))
    told = f"{right.verdict.name} with the right anchor, {found.verdict.name} with this"
    if found.verdict is Verdict.PASS:
        told += ", too: the fault is not in what an anchor answers here"
    return {case: told, capture: f"its packets, {len(found.packets)}"}
