"""Failures that are expected, pinned: a file that says which, and what it leaves over.

A case fails as expected where verdict and reason are those of its pin.  Anything else, a
case that passes included, is not what was expected, and is told.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pmip6.conformance.grouping import Named, named
from pmip6.conformance.results import CampaignResult, CaseResult
from pmip6.conformance.toml_files import load
from pmip6.conformance.verdict import Layer
from pmip6.model.discovery.rules import DISCOVERY_RULES
from pmip6.model.errors import Pmip6Error
from pmip6.model.wire.format_rules import FORMAT_RULES
from pmip6.vectors.case_purpose import CasePurpose
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.lma.purposes import purposes
from pmip6.vectors.mag.purposes import gateway_purposes

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class Pin(BaseModel):
    """How a case is expected to fail.

    Attributes:
        verdict: Its verdict.
        reason: Its reason, as the table tells it.
        why: Why it is expected, for people.
    """

    model_config = _STRICT

    verdict: Annotated[
        Literal["WARN", "INCONC", "FAIL", "ERROR"], Field(examples=["FAIL"])
    ]
    reason: Annotated[str, Field(examples=["no answer came"], min_length=1)]
    why: Annotated[str, Field(examples=["bug 17, mended in 1.1"])] = ""


class Expectations(BaseModel):
    """The file of expected failures.

    Attributes:
        cases: A pin for each case that is expected to fail, by its id.
        formats: Names of the format rules that are expected to be violated throughout.
        exchanges: What findings on the exchange begin with, before a colon, that are
            expected throughout.
    """

    model_config = _STRICT

    cases: Annotated[
        dict[str, Pin],
        Field(examples=[{"TP_LMA_REG_BV_01": {"verdict": "FAIL", "reason": "..."}}]),
    ] = {}
    formats: tuple[str, ...] = ()
    exchanges: tuple[str, ...] = ()

    @property
    def throughout(self) -> tuple[Named, ...]:
        """The findings that are expected to count once."""
        return (
            *((Layer.FORMAT, name) for name in self.formats),
            *((Layer.EXCHANGE, name) for name in self.exchanges),
        )


@dataclass(frozen=True)
class Outcome:
    """A result against what was expected of it.

    Args:
        rest: The result without what has failed as expected.
        expected: Ids of the cases that did, and names of what counts once.
        surprises: What was expected and did not happen, in a line each.
    """

    rest: CampaignResult
    expected: tuple[str, ...]
    surprises: tuple[str, ...]

    def exit_code(self, *, strict: bool = False) -> int:
        """That of the rest; 1 at least where something expected did not happen."""
        code = self.rest.exit_code(strict=strict)
        if self.expected and not self.rest.cases and not self.rest.is_lost:
            code = 0  # all that ran has failed as expected
        return max(code, 1) if self.surprises else code


def load_expectations(path: Path) -> Expectations:
    """Read a file of expected failures.

    Raises:
        Pmip6Error: The file is not there, is wrong, or names a case or a format rule that
            there is not.
    """
    found = load(path, Expectations)
    every: tuple[CasePurpose, ...] = (
        *purposes(),
        *gateway_purposes(),
        *handover_purposes(),
    )
    cases = {purpose.name for purpose in every}
    rules = {rule.name for rule in (*FORMAT_RULES, *DISCOVERY_RULES)}
    for key, names, known, what in (
        ("cases", found.cases, cases, "no test case"),
        ("formats", found.formats, rules, "no format rule"),
    ):
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                fix = f"write {near[0]}" if near else "take it out"
                raise Pmip6Error(f"{path}: {key}: {name}", f"is {what}", fix)
    return found


def compared(result: CampaignResult, expected: Expectations) -> Outcome:
    """Take out of a result what was expected of it; cases that did not run do not count."""
    met = {case.purpose.name for case in result.cases if _is_met(case, expected)}
    pinned = {*expected.throughout}
    found = {named(each.finding) for each in result.repeated}
    rest = replace(
        result,
        cases=tuple(c for c in result.cases if c.purpose.name not in met),
        repeated=tuple(r for r in result.repeated if named(r.finding) not in pinned),
    )
    both = (*sorted(met), *(name for _, name in sorted(found & pinned)))
    return Outcome(rest, both, tuple(_surprises(result, expected, met, found)))


def _is_met(case: CaseResult, expected: Expectations) -> bool:
    pin = expected.cases.get(case.purpose.name)
    return pin is not None and (pin.verdict, pin.reason) == (
        case.verdict.name,
        case.reason,
    )


def _surprises(
    result: CampaignResult, expected: Expectations, met: set[str], found: set[Named]
) -> Iterator[str]:
    for case in result.cases:
        name = case.purpose.name
        pin = expected.cases.get(name)
        if pin is not None and name not in met:
            told = f" ({case.reason})" if case.reason else ""
            yield f"{name}: expected {pin.verdict} ({pin.reason}), got {case.verdict.name}{told}"
    for each in expected.throughout:
        if each not in found:
            layer, name = each
            yield f"{name}: expected to be violated throughout, and is not ({layer})"
