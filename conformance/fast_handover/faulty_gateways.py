"""Faulty gateways with fast handover, for testing the tester: one fault in rules or tables.

A mutant of the rules is named as in properties/faults/mutants.py.  One of a table is
`<table>.<row>.<fault>`: a row is `removed`; a field of an HI or a HAck is `flipped`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from pmip6.conformance.fast_handover.gateway import (
    THE_TABLES,
    FastHandoverGateway,
    HandoverTables,
)
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.model.errors import Pmip6Error
from pmip6.model.fast_handover.acknowledge import (
    ACKNOWLEDGE_FIELDS,
    ACKNOWLEDGE_RULES,
    AcknowledgeRule,
    Answered,
)
from pmip6.model.fast_handover.construction import Asked
from pmip6.model.fast_handover.context import HandoverContext
from pmip6.model.fast_handover.forwarding import (
    FAST_HANDOVER_RULES,
    HANDOVER_FORWARDING,
)
from pmip6.model.fast_handover.initiate import (
    INITIATE_FIELDS,
    INITIATE_RULES,
    InitiateRule,
)
from pmip6.model.fast_handover.reception import HANDOVER_MATCHING, INITIATE_REFUSALS
from pmip6.model.fast_handover.release import RELEASE_RULES
from pmip6.model.fast_handover.tables import HANDOVER_TABLES
from pmip6.model.language.table import Role, Rule
from pmip6.model.mag.forwarding import ForwardingRule
from pmip6.model.wire.messages import HandoverInitiate
from pmip6.model.wire.option_format import MobilityOption
from pmip6.model.wire.options import MobileNodeIdentifier
from pmip6.properties.faults.mutants import Mutant, mechanical
from pmip6.properties.faults.noticed import RuleChange

WITHOUT_ROW = "without the row"


@dataclass(frozen=True, eq=False)
class FaultyHandover:
    """What a faulty gateway follows.

    Args:
        name: Its name.
        subject: The rule or the row that has the fault.
        kind: guard, update, send, timer, removed or the name of a table.
        text: The fault, in words.
        rules: Its rules; those of the model where None.
        tables: Its other tables.
        forwarding_rules: Which way it sends user packets.
    """

    name: str
    subject: str
    kind: str
    text: str
    rules: tuple[Rule, ...] | None = None
    tables: HandoverTables = THE_TABLES
    forwarding_rules: tuple[ForwardingRule, ...] = FAST_HANDOVER_RULES

    def start(self, settings: GatewaySettings, start_ms: int) -> FastHandoverGateway:
        """Make one with these settings."""
        return FastHandoverGateway(
            settings,
            tables=self.tables,
            rules=self.rules,
            forwarding_rules=self.forwarding_rules,
            start_ms=start_ms,
        )


# ---- mutants of the rules --------------------------------------------------------------


@cache
def handover_rules() -> dict[str, Rule]:
    """The rules of gateways that fast handover adds, by name."""
    every = (rule for table in HANDOVER_TABLES for rule in table.rules)
    return {rule.name: rule for rule in every if rule.role is Role.MAG}


@cache
def handover_mutants() -> dict[str, Mutant]:
    """The mechanical mutants of these rules, by name."""
    known = handover_rules()
    return {name: m for name, m in mechanical().items() if m.rule in known}


def change_of(mutant: Mutant) -> RuleChange:
    """A mutant as what it makes of its rule."""
    wrong = next((r for r in mutant.rules if r.name == mutant.rule), None)
    return RuleChange(mutant.name, handover_rules()[mutant.rule], wrong)


# ---- mutants of the tables -------------------------------------------------------------


def _other_initiate(value: Callable[[Asked], int]) -> Callable[[Asked], int]:
    return lambda asked: 1 - min(1, value(asked))


def _other_acknowledge(value: Callable[[Answered], int]) -> Callable[[Answered], int]:
    return lambda answered: 1 - min(1, value(answered))


def _of_tables() -> Iterator[tuple[str, str, str, HandoverTables]]:
    """Table, row, fault and what is left, for each mutant of the tables."""
    for sent in INITIATE_RULES:
        left = tuple(r for r in INITIATE_RULES if r is not sent)
        yield "initiate", sent.name, WITHOUT_ROW, HandoverTables(initiate_rules=left)
    for given in ACKNOWLEDGE_RULES:
        rest = tuple(r for r in ACKNOWLEDGE_RULES if r is not given)
        named = "acknowledge", given.name, WITHOUT_ROW
        yield *named, HandoverTables(acknowledge_rules=rest)
    for field in INITIATE_FIELDS:
        wrong = replace(field, value=_other_initiate(field.value))
        fields = tuple(wrong if f is field else f for f in INITIATE_FIELDS)
        text = "the field is 1 where it has to be 0, else 0"
        yield "initiate", field.name, text, HandoverTables(initiate_fields=fields)
    for told in ACKNOWLEDGE_FIELDS:
        false = replace(told, value=_other_acknowledge(told.value))
        others = tuple(false if f is told else f for f in ACKNOWLEDGE_FIELDS)
        text = "the field is 1 where it has to be 0, else 0"
        named = "acknowledge", told.name, text
        yield *named, HandoverTables(acknowledge_fields=others)
    for refusal in INITIATE_REFUSALS:
        kept = tuple(r for r in INITIATE_REFUSALS if r is not refusal)
        yield "refusals", refusal.name, WITHOUT_ROW, HandoverTables(refusals=kept)
    for matching in HANDOVER_MATCHING:
        asked = tuple(r for r in HANDOVER_MATCHING if r is not matching)
        yield "matching", matching.name, WITHOUT_ROW, HandoverTables(matching=asked)
    for release in RELEASE_RULES[:-1]:  # the last row always holds
        freed = tuple(r for r in RELEASE_RULES if r is not release)
        yield "releases", release.name, WITHOUT_ROW, HandoverTables(releases=freed)


@cache
def table_mutants() -> dict[str, FaultyHandover]:
    """The mutants of the tables, by name."""
    found: dict[str, FaultyHandover] = {}
    for table, row, text, tables in _of_tables():
        name = f"{table}.{row}.{'removed' if text == WITHOUT_ROW else 'flipped'}"
        found[name] = FaultyHandover(name, row, table, text, tables=tables)
    for way in HANDOVER_FORWARDING:
        left = tuple(r for r in FAST_HANDOVER_RULES if r is not way)
        name = f"forwarding.{way.name}.removed"
        found[name] = FaultyHandover(
            name, way.name, "forwarding", WITHOUT_ROW, forwarding_rules=left
        )
    return found


PERMITTED = "the tables allow it: a gateway may do so"
_SOMETHING: set[MobilityOption] = {MobileNodeIdentifier(b"any")}


def _answers() -> Iterator[Answered]:
    """Answers to HIs with and without flags."""
    for buffer, forward in itertools.product((False, True), repeat=2):
        request = HandoverInitiate(1, 0, (), buffer=buffer, forward=forward)
        decided = {"code": "ACCEPTED", "buffer": buffer, "forward": forward}
        yield Answered(request, {**decided, "prefix": None}, HandoverContext())


def is_permitted(name: str) -> bool:
    """Whether a mutant of HI and HAck does what the tables allow any gateway."""
    table, _, rest = name.partition(".")
    row, _, fault = rest.rpartition(".")
    rules: dict[str, tuple[InitiateRule | AcknowledgeRule, ...]] = {
        "initiate": INITIATE_RULES,
        "acknowledge": ACKNOWLEDGE_RULES,
    }
    if fault == "removed":
        found = (rule for rule in rules.get(table, ()) if rule.name == row)
        return any(rule.allows(set(), _SOMETHING) for rule in found)
    told = [f for f in ACKNOWLEDGE_FIELDS if table == "acknowledge" and f.name == row]
    return any(all(f.allowed(a) >= {False, True} for a in _answers()) for f in told)


def faulty_handover(name: str) -> FaultyHandover:
    """The faulty gateway of this name.

    Raises:
        Pmip6Error: There is none.
    """
    if name in table_mutants():
        return table_mutants()[name]
    mutant = handover_mutants().get(name)
    if mutant is None:
        raise Pmip6Error(name, "is no mutant", "pmip6 model mutants lists them")
    return FaultyHandover(
        mutant.name, mutant.rule, mutant.kind, mutant.text, rules=mutant.rules
    )
