"""What packets show of mutants of fast handover, and why those of one operand survive.

Both are computed.  A reason is no argument for being equivalent: it tells how far small
configurations and a tester of one gateway have looked.
"""

from __future__ import annotations

from collections.abc import Sequence

from pmip6.conformance.fast_handover.faulty_gateways import change_of, handover_mutants
from pmip6.conformance.kill_report import Found, Layer
from pmip6.conformance.mag.kill_layers import ALIKE, FOLDED, SHOWS
from pmip6.conformance.packs.handover_reach import handover_outcomes
from pmip6.model.shipped.named import NAMED
from pmip6.properties.faults.noticed import may_show

SO_FAR = "not seen"
"""Side by side nothing differs in as many pairs of states as are looked at."""

NOWHERE = "no small configuration has the features that the part asks for"
HOLDS = (
    "in every state of the small configurations that have it the conditions hold as "
    "without it"
)
OTHERWISE = (
    "where it is taken otherwise in a small configuration, verdicts and counts stay the "
    "same"
)
IN_PACKETS = {
    SHOWS: "packets show it, no case does",
    ALIKE: "no packet shows it side by side",
    FOLDED: "no process of a gateway has it",
    SO_FAR: "no packet was seen to show it side by side",
}


def packets_of(name: str) -> str:
    """Whether packets show a mutant of the rules, whatever a tester of a gateway does."""
    outcomes = [each.outcome for each in handover_outcomes(handover_mutants()[name])]
    if not outcomes:
        return FOLDED
    if any(outcome.run for outcome in outcomes):
        return SHOWS
    return ALIKE if all(outcome.is_whole for outcome in outcomes) else SO_FAR


def beside(names: Sequence[str]) -> Found:
    """What packets show of each mutant of the rules."""
    return {name: (Layer.SURVIVES, packets_of(name)) for name in names}


def reasons(
    names: Sequence[str], packets: dict[str, str], small: Sequence[str]
) -> Found:
    """Why each mutant survives that leaves its rule another condition.

    Args:
        names: The mutants.
        packets: Whether packets show each.
        small: The configurations that were looked at.
    """
    changes = {name: change_of(handover_mutants()[name]) for name in names}
    told = dict.fromkeys(names, NOWHERE)
    for chosen in (NAMED[name] for name in small):
        some = [c for c in changes.values() if told[c.name] != OTHERWISE]
        felt = [change for change in some if change.is_felt_in(chosen)]
        shown = may_show(chosen, felt) if felt else set[str]()
        told |= {c.name: OTHERWISE if c.name in shown else HOLDS for c in felt}
    return {
        name: (Layer.SURVIVES, f"{told[name]}; {IN_PACKETS[packets[name]]}")
        for name in names
    }
