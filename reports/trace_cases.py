"""What an anchor does in a run as a case for `pmip6 certify`, and what a gateway does.

Beside each case are the packets that are exchanged when it runs in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pmip6.model.domain import Model
from pmip6.model.language.table import Role, Rule
from pmip6.properties.result import Trace
from pmip6.vectors.case_file import case_text, gateway_purpose_of, purpose_of
from pmip6.vectors.files import replace_file
from pmip6.vectors.lma.purposes import Purpose
from pmip6.vectors.lma.trace_case import NoCase, draft_of, rules_of
from pmip6.vectors.mag.purposes import GatewayPurpose
from pmip6.vectors.mag.trace_case import gateway_draft_of

if TYPE_CHECKING:
    from pmip6.conformance.results import CaseResult

FOR_GATEWAYS = ".mag"
"""What the names of files have that are about a gateway."""


def write_cases(
    folder: Path,
    stem: str,
    model: Model,
    trace: Trace,
    title: str,
    rules: Sequence[Rule] | None,
) -> Mapping[Path, str]:
    """Write cases and packets of a run; what each file shows, or why it is not there.

    The packets are those of an implementation that follows the rules of the run, its
    fault among them.

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
    followed = rules_of(model, rules)

    def for_anchor() -> Iterator[tuple[Path, str]]:
        purpose = purpose_of(draft_of(model, trace, title, followed), stem)
        results = _at_anchors(purpose, followed)
        yield from _written(folder / stem, case_text(purpose), results, "an anchor")

    def for_gateway() -> Iterator[tuple[Path, str]]:
        draft = gateway_draft_of(model, trace, title, followed)
        purpose = gateway_purpose_of(draft, stem)
        results = _at_gateways(purpose, followed)
        place = folder / f"{stem}{FOR_GATEWAYS}"
        yield from _written(place, case_text(purpose), results, "a gateway")

    return {
        **_unless_there_is_none(for_anchor, folder / f"{stem}.case.json"),
        **_unless_there_is_none(
            for_gateway, folder / f"{stem}{FOR_GATEWAYS}.case.json"
        ),
    }


def _unless_there_is_none(
    written: Callable[[], Iterator[tuple[Path, str]]], case: Path
) -> dict[Path, str]:
    try:
        return dict(written())
    except NoCase as error:
        return {case: f"not written: {error}"}


def _at_anchors(
    purpose: Purpose, followed: Sequence[Rule]
) -> tuple[CaseResult, CaseResult]:
    """What becomes of a case with the right anchor, and with that of the run."""
    # only here, so that a check without --traces starts without it
    from pmip6.conformance.lma.in_memory import declaration_for, run_case_in_memory

    anchors = [rule for rule in followed if rule.role is Role.LMA]
    declaration = declaration_for(purpose)
    return (
        run_case_in_memory(purpose, declaration),
        run_case_in_memory(purpose, declaration, rules=anchors),
    )


def _at_gateways(
    purpose: GatewayPurpose, followed: Sequence[Rule]
) -> tuple[CaseResult, CaseResult]:
    """The same for gateways."""
    # likewise
    from pmip6.conformance.mag.in_memory import run_gateway_case

    return (
        run_gateway_case(purpose),
        run_gateway_case(purpose, rules=followed, captures=True),
    )


def _written(
    place: Path, case: str, results: tuple[CaseResult, CaseResult], who: str
) -> Iterator[tuple[Path, str]]:
    """Write a case and its packets; what each file shows."""
    # likewise
    from pmip6.conformance.evidence import capture_of
    from pmip6.conformance.verdict import Verdict
    from pmip6.conformance.wire.capture import write

    right, found = results
    case_file, packets = (
        place.with_name(f"{place.name}.{suffix}") for suffix in ("case.json", "pcapng")
    )
    replace_file(case_file.absolute(), case.encode())
    write(packets.absolute(), capture_of(found, "memory"))
    told = (
        f"{right.verdict.name} with {who} that is right, {found.verdict.name} with this"
    )
    if found.verdict is Verdict.PASS:
        told += f", too: the fault is not in what {who} sends here"
    yield case_file, told
    yield packets, f"its packets, {len(found.packets)}"
