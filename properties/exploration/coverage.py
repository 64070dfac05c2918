"""Which rule is taken in which shipped configuration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pmip6.model.domain import Configuration, Model, shipped_rules
from pmip6.model.language.table import Rule
from pmip6.properties.exploration.explore import explore

ENOUGH = 100_000
"""States of a configuration within which its rules are looked for."""


@dataclass(frozen=True)
class Coverage:
    """Where a rule is taken.

    Args:
        rule: The rule.
        steps: How often, by the names of the configurations that take it.
    """

    rule: Rule
    steps: dict[str, int]

    @property
    def is_taken(self) -> bool:
        """Whether any configuration takes it."""
        return bool(self.steps)


def coverage(
    configurations: Iterable[Configuration],
    *,
    rules: Iterable[Rule] | None = None,
    limit: int | None = ENOUGH,
) -> list[Coverage]:
    """Every rule with the configurations that take it, in the order of the tables.

    A step that is found is a step, so that a limit can only hide some.

    Args:
        configurations: What is explored, breadth first.
        rules: The rules of all roles; those that ship, if not given.
        limit: The most states of each configuration that are met.
    """
    every = shipped_rules() if rules is None else tuple(rules)
    found = {c.name: explore(Model(c, every), [], limit=limit) for c in configurations}
    return [
        Coverage(
            rule,
            {name: n for name, run in found.items() if (n := run.rules.get(rule.name))},
        )
        for rule in every
    ]
