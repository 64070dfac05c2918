"""What may notice a faulty anchor: cases, exchanges, configurations; and what nobody can.

Each layer says of some mutants which of them it notices, and by what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from pmip6.conformance.kill_report import Found, Layer, is_nested
from pmip6.conformance.kill_run import configuration_of
from pmip6.conformance.lma.faulty_peers import FaultyPeer, changed_rules, faulty_peer
from pmip6.conformance.lma.in_memory import reference_declaration, run_case_in_memory
from pmip6.conformance.lma.scenarios import Scenario, case_scenarios, first_to_notice
from pmip6.conformance.verdict import Verdict
from pmip6.properties.faults.equivalence import EVERY
from pmip6.properties.faults.guard_equivalence import argument
from pmip6.properties.faults.noticed import (
    Notice,
    RuleChange,
    first_notices,
    notice_in,
)
from pmip6.vectors.lma.purposes import Purpose, purposes


def verdict(peer: FaultyPeer, purpose: Purpose) -> Verdict:
    """The verdict of one case on a faulty anchor in memory."""
    return run_case_in_memory(
        purpose,
        reference_declaration(),
        rules=peer.rules,
        exchange_rules=peer.exchange_rules,
        field_rules=peer.field_rules,
    ).verdict


def noticed_by_scenarios(
    names: Sequence[str], scenarios: Iterable[Scenario], layer: Layer
) -> Found:
    """The first scenario that notices each mutant of the rules."""
    peers = [faulty_peer(name) for name in names]
    found = first_to_notice(scenarios, [p for p in peers if p.rules is not None])
    return {name: (layer, scenario) for name, scenario in found.items()}


def noticed_by_cases(names: Sequence[str]) -> Found:
    """The first test case that fails on each mutant."""
    found = noticed_by_scenarios(names, case_scenarios(), Layer.CASE)
    for peer in (faulty_peer(name) for name in names):
        if peer.rules is None:
            for purpose in purposes():
                if verdict(peer, purpose) is Verdict.FAIL:
                    found[peer.name] = (Layer.CASE, purpose.name)
                    break
    return found


def noticed_under_readings(names: Sequence[str]) -> Found:
    """The first case that fails on each mutant of an anchor that takes another reading.

    Mutants of one copy of a condition are not tried: they are too many.
    """
    some = [name for name in names if not is_nested(name)]
    return noticed_by_scenarios(some, case_scenarios(wide=True), Layer.CASE)


def noticed_by_configurations(names: Sequence[str]) -> Found:
    """The property whose verdict changes with each mutant of the rules, or a count."""
    notices = first_notices(rule_changes(names))
    return {name: _told(notice) for name, notice in notices.items()}


def _told(notice: Notice) -> tuple[Layer, str]:
    layer = Layer.PROPERTY if notice.is_of_a_property else Layer.COUNT
    return layer, notice.text


def rule_changes(names: Sequence[str]) -> list[RuleChange]:
    """The mutants of the rules among these, as what they make of each rule."""
    return [
        RuleChange(name, right, wrong)
        for name in names
        for right, wrong in changed_rules(faulty_peer(name))
    ]


def equivalent(names: Sequence[str]) -> Found:
    """The argument by which nobody can tell each mutant from the anchor."""
    told = {name: argument(rule_changes([name]), tuple(EVERY)) for name in names}
    return {name: (Layer.EQUIVALENT, by) for name, by in told.items() if by}


# ---- what noticed them last ------------------------------------------------------------


def noticed_again(
    names: Sequence[str], told: Found, exchanges: Sequence[Scenario] = ()
) -> Found:
    """The mutants that are noticed by what noticed them last, or proved equivalent again."""
    scenarios = {s.name: s for s in (*_cases(), *exchanges)}
    found: Found = {}
    for name in names:
        layer, by = told[name]
        peer = faulty_peer(name)
        if layer is Layer.EQUIVALENT:
            found.update(equivalent([name]))
        elif layer in (Layer.PROPERTY, Layer.COUNT):
            notice = notice_in(configuration_of(by), rule_changes([name]))
            if notice is not None:
                found[name] = _told(notice)
        elif peer.rules is None:
            if any(
                verdict(peer, p) is Verdict.FAIL for p in purposes() if p.name == by
            ):
                found[name] = layer, by
        elif by in scenarios and scenarios[by].notices(peer.rules):
            _check_fair(scenarios[by])
            found[name] = layer, by
    return found


@cache
def _cases() -> tuple[Scenario, ...]:
    return tuple(case_scenarios())


def _check_fair(scenario: Scenario) -> None:
    """The anchor itself passes; asked once."""
    if scenario.name not in _fair:
        if scenario.notices(None):
            raise AssertionError(f"{scenario.name} fails on the anchor itself")
        _fair.add(scenario.name)


_fair: set[str] = set()
