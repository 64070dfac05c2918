"""Faulty gateways for testing the tester: mutants of their rules and of their tables.

A mutant of the rules is named as in properties/faults/mutants.py, or everywhere.py where
it is a fault of a condition that rules share.  One of a table is
`<table>.<row>.<fault>`: a row of `matching`, `echo` and `forwarding` is `removed`; an
option that the `encoder` sends is `left-out` or has the value `zero`, a field `zero`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from pmip6.conformance.lma.faulty_peers import zero_of
from pmip6.conformance.mag.in_memory import run_gateway_case
from pmip6.conformance.verdict import Verdict
from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Role, Rule
from pmip6.model.mag.answer_matching import (
    ECHO_RULES,
    MATCHING_RULES,
    EchoRule,
    MatchingRule,
)
from pmip6.model.mag.forwarding import FORWARDING_RULES, ForwardingRule
from pmip6.model.mag.request_construction import (
    CONSTRUCTION_RULES,
    REQUEST_FIELDS,
    Asked,
    ConstructionRule,
    Registrant,
    RequestField,
)
from pmip6.model.mag.rules import mag
from pmip6.model.wire.options import MobilityOption
from pmip6.properties.faults.everywhere import SharedFault, shared_faults
from pmip6.properties.faults.mutants import mutant
from pmip6.vectors.mag.distinctions import gateway_mutants
from pmip6.vectors.mag.purposes import GatewayPurpose

LAST_ROWS = ("tunnel_to_anchor", "route_from_host", "drop_hosted_nowhere")
"""The rows for all that is left: without one the table decides nothing."""


@dataclass(frozen=True, eq=False)
class FaultyGateway:
    """What a faulty gateway follows.

    Args:
        name: Its name.
        subject: The rule or the row that has the fault.
        kind: guard, update, send, timer, removed, shared, own or the name of a table.
        text: The fault, in words.
        rules: Rules of the gateway; those of the model where None.
        construction_rules, request_fields: How its requests follow.
        matching_rules, echo_rules: What it asks of an answer.
        forwarding_rules: Which way it sends user packets.
    """

    name: str
    subject: str
    kind: str
    text: str
    rules: tuple[Rule, ...] | None = None
    construction_rules: tuple[ConstructionRule, ...] = CONSTRUCTION_RULES
    request_fields: tuple[RequestField, ...] = REQUEST_FIELDS
    matching_rules: tuple[MatchingRule, ...] = MATCHING_RULES
    echo_rules: tuple[EchoRule, ...] = ECHO_RULES
    forwarding_rules: tuple[ForwardingRule, ...] = FORWARDING_RULES

    def verdict(self, purpose: GatewayPurpose) -> Verdict:
        """The verdict of one case on it, in memory."""
        return run_gateway_case(
            purpose,
            rules=self.rules,
            construction_rules=self.construction_rules,
            request_fields=self.request_fields,
            matching_rules=self.matching_rules,
            echo_rules=self.echo_rules,
            forwarding_rules=self.forwarding_rules,
        ).verdict


def _left_out(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
    return ()


def _zero(asked: Asked, known: Registrant) -> int:
    return 0


def _zeroed(
    row: ConstructionRule,
) -> Callable[[Asked, Registrant], tuple[MobilityOption, ...]]:
    def options(asked: Asked, known: Registrant) -> tuple[MobilityOption, ...]:
        return tuple(map(zero_of, row.options(asked, known)))

    return options


def _of_encoder() -> Iterator[FaultyGateway]:
    for row in CONSTRUCTION_RULES:
        for fault, text, options in (
            ("left-out", "the option is not sent", _left_out),
            ("zero", "the value of the option is zero or empty", _zeroed(row)),
        ):
            rows = tuple(
                replace(r, options=options) if r is row else r
                for r in CONSTRUCTION_RULES
            )
            name = f"encoder.{row.name}.{fault}"
            yield FaultyGateway(
                name, row.name, "encoder", text, construction_rules=rows
            )
    for field in REQUEST_FIELDS:
        wrong = tuple(
            replace(f, value=_zero) if f is field else f for f in REQUEST_FIELDS
        )
        yield FaultyGateway(
            f"encoder.{field.name}.zero",
            field.name,
            "encoder",
            "the field is zero",
            request_fields=wrong,
        )


def _of_other_tables() -> Iterator[FaultyGateway]:
    text = "without the row"
    for match in MATCHING_RULES:
        rest = tuple(r for r in MATCHING_RULES if r is not match)
        name = f"matching.{match.name}.removed"
        yield FaultyGateway(name, match.name, "matching", text, matching_rules=rest)
    for echo in ECHO_RULES:
        left = tuple(r for r in ECHO_RULES if r is not echo)
        name = f"echo.{echo.name}.removed"
        yield FaultyGateway(name, echo.name, "echo", text, echo_rules=left)
    for way in FORWARDING_RULES:
        if way.name in LAST_ROWS:
            continue
        ways = tuple(r for r in FORWARDING_RULES if r is not way)
        name = f"forwarding.{way.name}.removed"
        yield FaultyGateway(name, way.name, "forwarding", text, forwarding_rules=ways)


@cache
def table_mutants() -> dict[str, FaultyGateway]:
    """All faults of the tables beside the rules, by name."""
    return {peer.name: peer for peer in (*_of_encoder(), *_of_other_tables())}


@cache
def written_mutants() -> dict[str, SharedFault]:
    """The faults of the parts of conditions that a gateway without handovers has."""
    mine = {rule.name for rule in mag.rules}
    faults = shared_faults(Role.MAG)
    return {name: f for name, f in faults.items() if mine & set(f.changed)}


def faulty_gateways() -> tuple[str, ...]:
    """The names of all mutants, those of the rules first."""
    return (*gateway_mutants(), *written_mutants(), *table_mutants())


def changed_rules(name: str) -> list[tuple[Rule, Rule | None]]:
    """Each rule that the mutant of this name changes, and what becomes of it.

    That is None where it is left out; one mutant changes several rules only where they
    share a condition.
    """
    rules = faulty_gateway(name).rules
    if rules is None:
        return []
    kept = set(map(id, rules))
    wrong = {rule.name: rule for rule in rules if rule.role is Role.MAG}
    right = (rule for rule in shipped_rules() if rule.role is Role.MAG)
    return [(r, wrong.get(r.name)) for r in right if id(r) not in kept]


def faulty_gateway(name: str) -> FaultyGateway:
    """The faulty gateway of this name.

    Raises:
        Pmip6Error: There is none.
    """
    if name in table_mutants():
        return table_mutants()[name]
    if name in written_mutants():
        fault = written_mutants()[name]
        kind = "shared" if fault.is_shared else "own"
        subject = fault.copies[0].split(".")[1]
        return FaultyGateway(name, subject, kind, fault.text, fault.rules())
    found = mutant(name)
    return FaultyGateway(name, found.rule, found.kind, found.text, found.rules)
