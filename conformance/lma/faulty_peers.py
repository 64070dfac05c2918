"""Faulty anchors for testing the tester: mutants of the rules and of the encoder.

A mutant of the rules is named as in properties/faults/mutants.py, everywhere.py where it
is a fault of a condition that rules share, or check_order.py; one of the encoder is
`encoder.<row>.<fault>`, where the row is one of model/lma/acknowledgement.py and the fault is
`left-out` (the option is not sent), `zero` (its value is not copied but zero or empty) or
`set` (a flag that has to be clear).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from pmip6.model.language.table import Role, Rule
from pmip6.model.lma.acknowledgement import (
    ALL_ZERO,
    EXCHANGE_RULES,
    FIELD_RULES,
    never_set,
)
from pmip6.model.lma.answer import Answer, ExchangeRule, Expected, FieldRule
from pmip6.model.lma.rules import lma
from pmip6.model.wire.messages import ProxyBindingUpdate
from pmip6.model.wire.options import (
    AccessTechnologyTypeOption,
    HandoffIndicatorOption,
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityOption,
    Timestamp,
)
from pmip6.properties.faults.check_order import (
    CHECK_ORDER,
    RULES,
    swapped_checks,
)
from pmip6.properties.faults.everywhere import SharedFault, shared_faults
from pmip6.properties.faults.mutants import mechanical, mutant

ENCODER = "encoder"
_ZERO: dict[type[MobilityOption], MobilityOption] = {
    MobileNodeIdentifier: MobileNodeIdentifier(b""),
    HomeNetworkPrefix: HomeNetworkPrefix(ALL_ZERO, 0),
    HandoffIndicatorOption: HandoffIndicatorOption(0),
    AccessTechnologyTypeOption: AccessTechnologyTypeOption(0),
    Timestamp: Timestamp(0),
    MobileNodeLinkLayerIdentifier: MobileNodeLinkLayerIdentifier(b""),
    LinkLocalAddress: LinkLocalAddress(ALL_ZERO),
}


def zero_of(option: MobilityOption) -> MobilityOption:
    """The option with a value that is zero or empty."""
    return _ZERO[type(option)]


@dataclass(frozen=True, eq=False)
class FaultyPeer:
    """What a faulty anchor follows.

    Args:
        name: Its name on the command line.
        subject: The rule or the row that has the fault.
        kind: guard, update, send, timer, removed, seeded, shared, own, order or
            encoder.
        text: The fault, in words.
        rules: Rules of the anchor; those of the model where None.
        exchange_rules, field_rules: How its answers follow from requests.
    """

    name: str
    subject: str
    kind: str
    text: str
    rules: tuple[Rule, ...] | None = None
    exchange_rules: tuple[ExchangeRule, ...] = EXCHANGE_RULES
    field_rules: tuple[FieldRule, ...] = FIELD_RULES


def _left_out(request: ProxyBindingUpdate, answer: Answer) -> Expected:
    return Expected((), ((),))


def _zero(request: ProxyBindingUpdate, answer: Answer) -> int:
    return 0


def _one(request: ProxyBindingUpdate, answer: Answer) -> int:
    return 1


def _zeroed(
    rule: ExchangeRule,
) -> Callable[[ProxyBindingUpdate, Answer], Expected]:
    def expected(request: ProxyBindingUpdate, answer: Answer) -> Expected:
        right = rule.expected(request, answer)
        options = tuple(map(zero_of, right.options))
        return Expected(right.requirements, (options,))

    return expected


@cache
def encoder_mutants() -> dict[str, FaultyPeer]:
    """All faults of the encoder by name, in the order of the tables."""
    found: list[FaultyPeer] = []
    for row in EXCHANGE_RULES:
        faults = (
            ("left-out", "the option is not sent", _left_out),
            ("zero", "the value of the option is not copied", _zeroed(row)),
        )
        for fault, text, expected in faults:
            rows = tuple(
                replace(r, expected=expected) if r is row else r for r in EXCHANGE_RULES
            )
            name = f"{ENCODER}.{row.name}.{fault}"
            found.append(FaultyPeer(name, row.name, ENCODER, text, exchange_rules=rows))
    for field in FIELD_RULES:
        fault, text, value = "zero", "the field is not copied", _zero
        if field.value is never_set:
            fault, text, value = "set", "the flag is set for no reason", _one
        wrong = replace(field, value=value)
        fields = tuple(wrong if f is field else f for f in FIELD_RULES)
        name = f"{ENCODER}.{field.name}.{fault}"
        found.append(FaultyPeer(name, field.name, ENCODER, text, field_rules=fields))
    return {peer.name: peer for peer in found}


def anchor_mutants() -> tuple[str, ...]:
    """The names of all mechanical mutants of the anchor, in the order of the table."""
    return tuple(n for n in mechanical() if n.startswith(f"{Role.LMA.value}."))


def _with_shared(fault: SharedFault) -> FaultyPeer:
    kind = "shared" if fault.is_shared else "own"
    subject = next(iter(fault.changed))
    return FaultyPeer(fault.name, subject, kind, fault.text, fault.rules())


def changed_rules(peer: FaultyPeer) -> list[tuple[Rule, Rule | None]]:
    """Each rule of the anchor that the mutant changes, and what becomes of it.

    That is None where it is left out; one mutant changes several rules only where they
    share a condition.
    """
    if peer.rules is None:
        return []
    kept = set(map(id, peer.rules))
    wrong = {rule.name: rule for rule in peer.rules if rule.role is Role.LMA}
    return [(r, wrong.get(r.name)) for r in lma.rules if id(r) not in kept]


def faulty_peer(name: str) -> FaultyPeer:
    """The faulty anchor of this name.

    Raises:
        Pmip6Error: There is none.
    """
    if name in encoder_mutants():
        return encoder_mutants()[name]
    if name in shared_faults():
        return _with_shared(shared_faults()[name])
    if name in swapped_checks():
        swap = swapped_checks()[name]
        subject = RULES[swap.second].name
        return FaultyPeer(name, subject, CHECK_ORDER, swap.text, swap.rules())
    found = mutant(name)
    return FaultyPeer(name, found.rule, found.kind, found.text, found.rules)
