"""What may notice a faulty gateway: cases, exchanges, configurations; and what nobody can.

Each layer says of some mutants which of them it notices, and by what.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol

from pmip6.conformance.kill_report import ON_THE_WIRE, Found, Layer
from pmip6.conformance.kill_run import configuration_of
from pmip6.conformance.mag.faulty_gateways import (
    FaultyGateway,
    changed_rules,
    faulty_gateway,
)
from pmip6.conformance.mag.same_ways import goes_the_same_way
from pmip6.conformance.verdict import Verdict
from pmip6.model.mag.forwarding import FORWARDING_RULES
from pmip6.properties.faults.gateway_settings import GATEWAY_SETTINGS
from pmip6.properties.faults.guard_equivalence import argument
from pmip6.properties.faults.noticed import (
    Notice,
    RuleChange,
    first_notices,
    notice_in,
)
from pmip6.vectors.mag.distinctions import MARK, WIDEST, beside, is_same
from pmip6.vectors.mag.purposes import GatewayPurpose, gateway_purposes

SMALL: tuple[str, ...] = (
    "slow-answers",
    "lost-backoff",
    "no-gateway-restart",
    "packets-end-to-end",
    "doubled-requests",
    "clock+losses",
    "numbers+losses",
    "collisions+losses",
    "numbers+restarts",
    "clock+restarts",
    "packets+losses",
    "collisions+restarts",
    "altered-answers+losses",
    "clock+solicitations",
    "numbers+solicitations",
    "clock+numbers",
    "numbers+spaced",
    "solicitations+spaced",
    "packets+restarts",
    "clock+spaced",
    "lifetimes+solicitations",
    "clock+lifetimes",
    "numbers+lifetimes",
    "lifetimes+spaced",
    "solicitations+packets",
    "clock+packets",
    "numbers+packets",
    "spaced+packets",
    "lifetimes+packets",
    "collisions+solicitations",
    "altered-answers+restarts",
    "collisions+clock",
    "collisions+numbers",
    "collisions+spaced",
    "collisions+lifetimes",
    "collisions+packets",
    "altered-answers+solicitations",
    "hints+solicitations",
    "altered-answers+clock",
    "hints+clock",
    "altered-answers+numbers",
    "altered-answers+spaced",
    "hints+numbers",
    "hints+spaced",
    "altered-answers+lifetimes",
    "altered-answers+packets",
    "hints+lifetimes",
    "hints+packets",
    "altered-answers+collisions",
    "lifetimes+losses",
    "solicitations+losses",
    "spaced+losses",
    "hints+collisions",
    "solicitations+restarts",
    "spaced+restarts",
    "lifetimes+restarts",
    "hints+altered-answers",
    "hints+losses",
    "hints+restarts",
    "slow-clock",
    "answers",
    "access-networks",
    "gateway-packets",
    "local-routing",
    "solicitations+slow-clock",
    "gateway-restart-lost",
    "packets+slow-clock",
    "spaced+slow-clock",
    "skewed-clocks",
    "lifetimes+slow-clock",
    "predictive",
    "handover-restarts",
    "early-advertisement",
    "slow-handovers",
    "handovers-lost",
    "handovers-lost-lists-kept",
    "handover-answers",
)
"""The configurations that are looked at, whose counts tests pin: quick ones first."""
WARNS = " (WARN)"
SHOWS, CHOSEN, ALIKE, FOLDED = "yes", "its choice", "no", "no such rule"
"""Whether packets can show a mutant."""
ALIKE_BESIDE = "a gateway with it, beside one without, never sends anything else"

SAME_WAYS = "the table sends every packet the same way"


class GatewayScenario(Protocol):
    """What a faulty gateway is put through.

    Attributes:
        name: Its name.
    """

    @property
    def name(self) -> str: ...

    def notices(self, peer: FaultyGateway) -> bool:
        """Whether the gateway does not do as it has to."""
        ...


# ---- cases and exchanges ---------------------------------------------------------------


def _cases_for(peer: FaultyGateway) -> list[GatewayPurpose]:
    """All cases, those first that are derived from the rule or the row."""

    def rank(purpose: GatewayPurpose) -> tuple[bool, str]:
        parts = purpose.key.split(" / ")
        return parts[1] not in (peer.subject, MARK + peer.subject), purpose.name

    return sorted(gateway_purposes(), key=rank)


def case_for(name: str) -> str:
    """The case that notices a mutant, also by a warning; empty where none does."""
    peer, warned = faulty_gateway(name), ""
    for purpose in _cases_for(peer):
        verdict = peer.verdict(purpose)
        if verdict is Verdict.FAIL:
            return purpose.name
        if verdict is Verdict.WARN and not warned:
            warned = purpose.name + WARNS
    return warned


def noticed_by_cases(names: Sequence[str]) -> Found:
    """The first test case that notices each mutant."""
    return {name: (Layer.CASE, by) for name in names if (by := case_for(name))}


def noticed_by_exchanges(
    names: Sequence[str], exchanges: Sequence[GatewayScenario]
) -> Found:
    """The first golden exchange that notices each mutant."""
    found: Found = {}
    for name in names:
        peer = faulty_gateway(name)
        by = next((each.name for each in exchanges if each.notices(peer)), None)
        if by is not None:
            found[name] = Layer.EXCHANGE, by
    return found


# ---- what the model notices --------------------------------------------------------------


def changes_of(name: str) -> list[RuleChange]:
    """What a mutant makes of each rule that it changes; nothing for one of a table."""
    return [RuleChange(name, right, wrong) for right, wrong in changed_rules(name)]


def noticed_by_configurations(names: Sequence[str]) -> Found:
    """The property whose verdict changes with each mutant of the rules, or a count."""
    changes = [change for name in names for change in changes_of(name)]
    notices = first_notices(changes, SMALL)
    return {name: _told(notice) for name, notice in notices.items()}


def equivalent(names: Sequence[str]) -> Found:
    """The argument by which nobody can tell each mutant from a gateway."""
    told = {name: _argument(name) for name in names}
    return {name: (Layer.EQUIVALENT, by) for name, by in told.items() if by}


def _argument(name: str) -> str | None:
    peer = faulty_gateway(name)
    if peer.rules is None:
        return SAME_WAYS if _is_same_table(peer) else None
    return argument(changes_of(name), tuple(GATEWAY_SETTINGS))


def _is_same_table(peer: FaultyGateway) -> bool:
    """The forwarding table is the one with a fault, and nobody can see it."""
    is_faulty = peer.forwarding_rules != FORWARDING_RULES
    return is_faulty and goes_the_same_way(peer.forwarding_rules)


def _told(notice: Notice) -> tuple[Layer, str]:
    layer = Layer.PROPERTY if notice.is_of_a_property else Layer.COUNT
    return layer, notice.text


# ---- what packets show -----------------------------------------------------------------


def _rules_and_changed(name: str) -> tuple[FaultyGateway, list[str]]:
    return faulty_gateway(name), [right.name for right, _ in changed_rules(name)]


@cache
def is_folded(name: str) -> bool:
    """A mutant of the rules leaves every gateway the rules that it has without it."""
    peer, changed = _rules_and_changed(name)
    rules = peer.rules
    return rules is not None and all(is_same(rules, changed, s) for s in WIDEST)


def packets_of(name: str) -> str:
    """Whether packets can show a mutant."""
    if is_folded(name):
        return FOLDED
    peer, changed = _rules_and_changed(name)
    rules = peer.rules
    if rules is None:
        return ALIKE if _is_same_table(peer) else SHOWS
    if any(beside(rules, changed, s, leaves_choices=True).run for s in WIDEST):
        return SHOWS
    return CHOSEN if any(beside(rules, changed, s).run for s in WIDEST) else ALIKE


def alike(names: Sequence[str]) -> Found:
    """The mutants that no packet shows that a gateway has to send, and why."""
    return {
        name: (Layer.EQUIVALENT, told)
        for name in names
        if (told := packets_of(name)) != SHOWS
    }


# ---- what noticed them last ------------------------------------------------------------


def noticed_again(
    names: Sequence[str], told: Found, exchanges: Sequence[GatewayScenario]
) -> Found:
    """The mutants that are noticed by what noticed them last, or proved equivalent again."""
    cases = {purpose.name: purpose for purpose in gateway_purposes()}
    golden = {exchange.name: exchange for exchange in exchanges}
    found: Found = {}
    for name in names:
        layer, by = told[name]
        if layer in ON_THE_WIRE:
            peer, purpose = faulty_gateway(name), cases.get(by.removesuffix(WARNS))
            wanted = Verdict.WARN if by.endswith(WARNS) else Verdict.FAIL
            is_case = purpose is not None and peer.verdict(purpose) is wanted
            if is_case or (by in golden and golden[by].notices(peer)):
                found[name] = layer, by
        elif layer in (Layer.PROPERTY, Layer.COUNT):
            notice = notice_in(configuration_of(by), changes_of(name))
            if notice is not None:
                found[name] = _told(notice)
        elif layer is Layer.EQUIVALENT and by != ALIKE_BESIDE:
            found |= equivalent([name])
    return found
