"""What a script of a tester of gateways wants of its link, and what it is given.

A script is a generator: it yields an act of the tester or a time until which it listens,
and is given what the gateway sent, or the time now where nothing came.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

from pmip6.conformance.mag.acts import GatewayLink
from pmip6.conformance.mag.packets import Read


@dataclass(frozen=True)
class Act:
    """Do this on the link now."""

    do: Callable[[GatewayLink], None]
    comment: str


@dataclass(frozen=True)
class Listen:
    """Give what comes next for this case, or the time now at this time or later."""

    until_ms: int


Wish: TypeAlias = Act | Listen
Granted: TypeAlias = tuple[int, Read] | int | None
"""What came and when; the time now where nothing did, or after an act; None at first."""
Script: TypeAlias = Generator[Wish, Granted, None]


@dataclass(frozen=True)
class GatewayTimers:
    """How long a tester waits for a gateway.

    Args:
        reaction_ms: What follows at once comes within this time.
        tolerance_ms: How early or late what a timer brings may be.
        silence_ms: What nothing has announced by then does not come.
        answer_delay_ms: How long an answer of the tester takes at least.
    """

    reaction_ms: int = 300
    tolerance_ms: int = 200
    silence_ms: int = 300
    answer_delay_ms: int = 0
