"""Runs against an anchor in memory that may notice a fault of its rules.

A test case is one.  Each mutant is run by those alone in which it differs from the anchor
(conformance/lma/differences.py), those first in which it sends something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.differences import (
    AT_ONCE,
    MachineMaker,
    RuleFault,
    Watch,
    rule_faults,
)
from pmip6.conformance.lma.faulty_peers import FaultyPeer, changed_rules
from pmip6.conformance.lma.in_memory import (
    reference_declaration,
    run_case_in_memory,
    waiting_declaration,
)
from pmip6.conformance.lma.permitted_variants import permitted_variants
from pmip6.conformance.verdict import Verdict
from pmip6.model.language.table import Rule
from pmip6.model.language.terms import Op, Term, name_of, subterms
from pmip6.model.machines import LmaMachine
from pmip6.vectors.lma.purposes import Purpose, purposes


class Scenario(Protocol):
    """A run against an anchor in memory, with a judge."""

    @property
    def name(self) -> str:
        """What tells it from others."""
        ...

    def concerns(self, peer: FaultyPeer) -> bool:
        """Whether the anchor that it is for has to do with the mutant."""
        ...

    def is_about(self, rule: str) -> bool:
        """Whether it was made to show that rule."""
        ...

    def notices(
        self, rules: tuple[Rule, ...] | None, machine: MachineMaker = LmaMachine
    ) -> bool:
        """Whether it finds fault with an anchor that follows these rules.

        Args:
            rules: Those of the anchor; those of the model where None.
            machine: What drives them.
        """
        ...


@dataclass(frozen=True)
class CaseScenario:
    """A test case for an anchor that is as declared.

    Args:
        purpose: The case.
        declaration: What is declared.
        variant: Which anchor that is, empty for the reference anchor.
        reading: The switch of docs/findings.md that it is about, if it is about one.
        is_wide: It concerns all mutants of rules that ask for the switch anywhere, not
            those alone whose fault does.
    """

    purpose: Purpose
    declaration: Declaration
    variant: str = ""
    reading: str = ""
    is_wide: bool = False

    @property
    def name(self) -> str:
        """The id of the case, and the anchor."""
        told = f" ({self.variant})" if self.variant else ""
        return f"{self.purpose.name}{told}"

    def concerns(self, peer: FaultyPeer) -> bool:
        """Whether the reading bears on the mutant."""
        return not self.reading or self.reading in switches_of(peer, wide=self.is_wide)

    def is_about(self, rule: str) -> bool:
        """Whether the key of the case names the rule."""
        return rule in self.purpose.key.split(" / ")

    def notices(
        self, rules: tuple[Rule, ...] | None, machine: MachineMaker = LmaMachine
    ) -> bool:
        """Whether the case fails."""
        result = run_case_in_memory(
            self.purpose, self.declaration, rules=rules, machine=machine
        )
        return result.verdict is Verdict.FAIL


@cache
def switches_of(peer: FaultyPeer, *, wide: bool = False) -> frozenset[str]:
    """The switches that decide whether the rules of a mutant are taken, or it is felt.

    Args:
        peer: The mutant.
        wide: All that its rules ask for in their conditions.
    """
    asked: list[Term] = []
    for right, wrong in changed_rules(peer):
        kept = set[int]() if wrong is None else set(map(id, wrong.guard))
        asked += [c for c in right.guard if wide or id(c) not in kept or _is_switch(c)]
        if wrong is not None:
            done = set(wrong.updates)
            asked += [u.value for u in right.updates if u not in done]
    return frozenset(
        name_of(part)
        for term in asked
        for part in subterms(term)
        if part.op is Op.RIGID and not part.args
    )


def _is_switch(condition: Term) -> bool:
    """The condition asks for a switch to be on, or off."""
    inner = condition.args[0] if condition.op is Op.NOT else condition
    return inner.op is Op.RIGID and not inner.args


def case_scenarios(*, wide: bool = False) -> Iterator[CaseScenario]:
    """Every case on every anchor: the reference, and one for each other choice.

    Volleys are left out: they ask for the same rule a hundred times, which other cases
    ask for once.

    Args:
        wide: Only those with another choice, for all mutants that it may concern.
    """
    anchors = [
        ("", reference_declaration(), ""),
        ("waits for de-registration", waiting_declaration(), ""),
        *(
            (v.reading.replace("_", " "), v.declaration(), v.reading)
            for v in permitted_variants().values()
            if v.reading
        ),
    ]
    for variant, declaration, reading in anchors:
        if wide and not reading:
            continue
        for purpose in (p for p in purposes() if not p.has_volley):
            yield CaseScenario(purpose, declaration, variant, reading, wide)


def first_to_notice(
    scenarios: Iterable[Scenario],
    peers: Sequence[FaultyPeer],
) -> dict[str, str]:
    """The scenario that notices each mutant, by the name of the mutant.

    A mutant that none notices is not in it.
    Where what it sends is the same, those about its rule come first.
    """
    left = {peer.name: peer for peer in peers if peer.rules is not None}
    faults = {peer.name: rule_faults(peer) for peer in left.values()}
    found: dict[str, str] = {}
    silent: dict[str, list[Scenario]] = {name: [] for name in left}
    for scenario in scenarios:
        concerned = [f for n in left if scenario.concerns(left[n]) for f in faults[n]]
        for name, rank in differences(scenario, concerned).items():
            if rank != AT_ONCE:
                silent[name].append(scenario)
            elif scenario.notices(left[name].rules):
                found[name] = scenario.name
                del left[name], faults[name]
    for name, peer in list(left.items()):
        silent[name].sort(key=lambda s: not s.is_about(peer.subject))
        for scenario in silent[name]:
            if scenario.notices(peer.rules):
                found[name] = scenario.name
                break
    return found


def differences(scenario: Scenario, faults: Iterable[RuleFault]) -> dict[str, int]:
    """The mutants that differ from the anchor in a scenario, by name.

    Raises:
        AssertionError: It finds fault with the anchor itself.
    """
    watch = Watch(faults)
    if watch.faults and scenario.notices(None, watch.machine):
        raise AssertionError(f"{scenario.name} fails on the anchor itself")
    return watch.differences
