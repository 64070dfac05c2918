"""Verdicts, and the findings that lead to them."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from pmip6.model.requirements.tables import Level, load_requirements


class Verdict(enum.IntEnum):
    """The verdict of a case; of several the greatest counts."""

    SKIP = 0
    PASS = 1
    WARN = 2
    INCONC = 3
    FAIL = 4
    ERROR = 5


class Layer(enum.StrEnum):
    """Which layer of judgement has a finding."""

    FORMAT = "format"
    EXCHANGE = "exchange"
    BEHAVIOUR = "behaviour"


@dataclass(frozen=True)
class Finding:
    """Something that the implementation under test did wrong.

    Args:
        requirements: Ids of the requirements that are violated.
        level: Strength of the strongest of them.
        text: What was expected and what was seen.
        packet: Number of the packet in the capture of the case, from 1.
        layer: The layer that noticed it.
        rule: Name of the format rule that is violated, if it is one.
    """

    requirements: tuple[str, ...]
    level: Level
    text: str
    packet: int
    layer: Layer
    rule: str = ""


STRENGTH = {Level.INFO: 0, Level.MAY: 1, Level.SHOULD: 2, Level.MUST: 3}
_VERDICTS = {Level.MUST: Verdict.FAIL, Level.SHOULD: Verdict.WARN}


def level_of(requirements: Iterable[str]) -> Level:
    """The strongest level of the requirements; MUST where there is none."""
    known = load_requirements()
    levels = [known[name].level for name in requirements if name in known]
    return max(levels, key=STRENGTH.__getitem__, default=Level.MUST)


def finding(
    requirements: tuple[str, ...],
    text: str,
    packet: int,
    layer: Layer,
    at_most: Level = Level.MUST,
) -> Finding:
    """A finding whose level is that of its requirements, or a weaker one."""
    level = min(level_of(requirements), at_most, key=STRENGTH.__getitem__)
    return Finding(requirements, level, text, packet, layer)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """The verdict that findings lead to: MUST fails, SHOULD warns."""
    verdicts = (_VERDICTS.get(f.level, Verdict.PASS) for f in findings)
    return max(verdicts, default=Verdict.PASS)
