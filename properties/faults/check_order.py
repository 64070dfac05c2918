"""Two checks of a request in the wrong order, as faults: RFC 5213, section 5.3.1.

Where both fail, the later one gives the status; where one alone does, it still does.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache

from pmip6.model.domain import shipped_rules
from pmip6.model.language.table import Message, Rule
from pmip6.model.language.terms import all_of
from pmip6.model.lma.checks import ORDER, checks, fault_of
from pmip6.model.state import pbu
from pmip6.model.wire.numbers import BindingAckStatus

CHECK_ORDER = "order"
RULES = dict(zip(ORDER, checks.rules, strict=True))
"""The rule of each check."""


@dataclass(frozen=True, eq=False)
class SwappedChecks:
    """An anchor that makes one check before another one.

    Args:
        first, second: The status of each; `second` is the one that should come later.
        changed: The rules of both as they are then, by name.
    """

    first: BindingAckStatus
    second: BindingAckStatus
    changed: dict[str, Rule]

    @property
    def name(self) -> str:
        """Its name on the command line."""
        first, second = RULES[self.first].name, RULES[self.second].name
        return f"{CHECK_ORDER}.{second}.before.{first}"

    @property
    def text(self) -> str:
        """The fault in words."""
        return f"{self.second.name} is told where {self.first.name} applies as well"

    def rules(self) -> tuple[Rule, ...]:
        """The whole table with the fault in it."""
        return tuple(self.changed.get(rule.name, rule) for rule in shipped_rules())


@cache
def swapped_checks() -> dict[str, SwappedChecks]:
    """Every two checks in the wrong order, by name."""
    found = (_swapped(*pair) for pair in itertools.combinations(ORDER, 2))
    return {swap.name: swap for swap in found}


def _swapped(first: BindingAckStatus, second: BindingAckStatus) -> SwappedChecks:
    message = Message(pbu)
    early, late = RULES[first], RULES[second]
    between = ORDER[ORDER.index(first) : ORDER.index(second)]
    passed = [~fault_of(status)(message) for status in between]
    dropped = set(passed)  # terms are interned
    kept = [condition for condition in late.guard if condition not in dropped]
    either = fault_of(first)(message) | all_of(*passed)
    changed = (
        early.changed(guard=(*early.guard, ~fault_of(second)(message))),
        late.changed(guard=(*kept, either)),
    )
    return SwappedChecks(first, second, {rule.name: rule for rule in changed})
