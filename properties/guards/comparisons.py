"""Numeric comparisons that decide about a request, and the numbers at which they turn.

Z3 finds each number at which a comparison holds and the next does not, or the other way
round; the functions of the model say the same of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import z3

from pmip6.model.wire.abstraction import is_timely
from pmip6.model.wire.numbers import (
    SEQUENCE_NUMBERS,
    TIMESTAMP_UNITS_PER_SECOND,
    is_newer_number,
)
from pmip6.properties.proof.solving import interruptible

CLOCK = "timestamp, in 1/65536 s from the clock"
LAST_STAMP = "timestamp, in 1/65536 s from the last one accepted"
LAST_NUMBER = "sequence number, from the last one accepted, modulo 65536"
LIFETIME = "lifetime, in units of 4 s"
MOST_UNITS = SEQUENCE_NUMBERS - 1
"""The largest Lifetime field."""
FAR = 1 << 47
"""A timestamp so far from another: what is beyond is alike."""


@dataclass(frozen=True)
class Comparison:
    """A comparison of one number.

    Args:
        quantity: What the number is.
        low, high: The numbers that there are.
        formula: When it holds.
        holds: The same as the model has it.
        has_ends: Its lowest and its highest number are boundaries, too.
    """

    quantity: str
    low: int
    high: int
    formula: Callable[[z3.ArithRef], z3.BoolRef]
    holds: Callable[[int], bool]
    has_ends: bool = False

    def turns(self) -> Iterator[int]:
        """The numbers on both sides of each turn, in ascending order."""
        found: set[int] = {self.low, self.high} if self.has_ends else set()
        x = z3.Int("x")
        solver = z3.Solver()
        solver.add(x >= self.low, x < self.high)
        solver.add(self.formula(x) != self.formula(x + 1))
        with interruptible():
            while solver.check() == z3.sat:
                value = solver.model().eval(x, model_completion=True)
                assert isinstance(value, z3.IntNumRef)
                turn = value.as_long()
                found |= {turn, turn + 1}
                solver.add(x != z3.IntVal(turn))
        yield from sorted(found)


def comparisons(window_ms: int, maximum_units: int) -> tuple[Comparison, ...]:
    """Those of an anchor.

    Args:
        window_ms: TimestampValidityWindow.
        maximum_units: The longest lifetime that it grants, in units of 4 s.
    """
    return (
        Comparison(
            CLOCK,
            -FAR,
            FAR,
            lambda x: z3.And(
                x * 1000 <= window_ms * TIMESTAMP_UNITS_PER_SECOND,
                -x * 1000 <= window_ms * TIMESTAMP_UNITS_PER_SECOND,
            ),
            lambda x: is_timely(x, 0, window_ms),
        ),
        Comparison(
            LAST_STAMP,
            -FAR,
            FAR,
            lambda x: x < 0,
            lambda x: x < 0,
        ),
        Comparison(
            LAST_STAMP,
            -FAR,
            FAR,
            lambda x: x <= 0,
            lambda x: x <= 0,
        ),
        Comparison(
            LAST_NUMBER,
            0,
            SEQUENCE_NUMBERS - 1,
            lambda x: z3.And(x > 0, x < SEQUENCE_NUMBERS // 2),
            lambda x: is_newer_number(x, 0),
            has_ends=True,
        ),
        Comparison(
            LIFETIME,
            0,
            MOST_UNITS,
            lambda x: x > 0,
            lambda x: x > 0,
            has_ends=True,
        ),
        Comparison(
            LIFETIME,
            0,
            MOST_UNITS,
            lambda x: x > maximum_units,
            lambda x: min(x, maximum_units) != x,
        ),
    )
