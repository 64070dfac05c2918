"""`guards.json`: what the guards of a role depend on in the packs, and what is impossible.

python -m pmip6.conformance.packs.guard_facts            writes it
python -m pmip6.conformance.packs.guard_facts --check    fails if that would change it
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from pmip6.model.domain import shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Role
from pmip6.properties.guards.decisions import Decisions, Side, rules_where
from pmip6.vectors.packs.index import hash_of_the_model
from pmip6.vectors.packs.scenario_group import Strict

COMMAND = "python -m pmip6.conformance.packs.guard_facts"
GUARDS_FILE = "guards.json"


class RoleGuards(Strict):
    """What is known of the guards of a role.

    `rules` take part in some settings of the packs, `surroundings` are those of others
    there.  `may_hold` are the predicates that
    hold somewhere in some settings, `always` the switches that are on in all.
    `impossible` are conditions by decision and number, with the value that they never
    have where they decide alone, and the statements from which Z3 has proved it.
    """

    rules: list[str]
    surroundings: list[str]
    may_hold: list[str]
    always: list[str]
    impossible: dict[str, list[tuple[int, bool, tuple[str, ...]]]]

    def decisions(self, role: Role) -> Decisions:
        """The decisions in the guards of these rules."""
        names = set(self.rules)
        taken = (r for r in shipped_rules() if r.role is role and r.name in names)
        return Decisions(rules_where(taken, self.may_hold, self.always))

    def never(self) -> dict[Side, tuple[str, ...]]:
        """The sides that are impossible, with the statements that rule them out."""
        return {
            Side(name, number, value): because
            for name, sides in self.impossible.items()
            for number, value, because in sides
        }


class GuardsFile(Strict):
    """What is known of the guards of all roles."""

    format: Literal["pmip6-guards/1"] = "pmip6-guards/1"
    made_by: str = COMMAND
    model: str
    roles: dict[str, RoleGuards]

    def text(self) -> str:
        """The file as it is written: a decision to a line."""
        data = self.model_dump(mode="json", exclude={"roles"})
        head = json.dumps(data, indent=1, sort_keys=True).removesuffix("\n}")
        lines = ",\n".join(map(_role_text, self.roles, self.roles.values()))
        return head + ',\n "roles": {\n' + lines + "\n }\n}\n"


def _role_text(role: str, told: RoleGuards) -> str:
    data = told.model_dump(mode="json", exclude={"impossible"})
    head = json.dumps(data, sort_keys=True).removesuffix("}")
    never = sorted(told.impossible.items())
    lines = ",\n".join(f'   "{name}": {json.dumps(sides)}' for name, sides in never)
    return f'  "{role}": {head},\n  "impossible": {{\n{lines}\n  }}}}'


def guards_path() -> Path:
    """Where the file is."""
    return Path(str(files("pmip6.vectors"))) / GUARDS_FILE


def read_guards() -> GuardsFile:
    """What ships, of whatever model.

    Raises:
        Pmip6Error: The file is broken.
    """
    try:
        return GuardsFile.model_validate_json(guards_path().read_bytes())
    except (OSError, ValidationError) as error:
        raise Pmip6Error(GUARDS_FILE, f"cannot be read: {error}", COMMAND) from error


@cache
def shipped_guards() -> GuardsFile:
    """What ships.

    Raises:
        Pmip6Error: The file is broken, or the model has changed since.
    """
    told = read_guards()
    if told.model != hash_of_the_model():
        raise Pmip6Error(GUARDS_FILE, "is of another model", f"run {COMMAND}")
    return told


@cache
def shipped_decisions(role: Role) -> Decisions:
    """The decisions in the guards of a role, as the packs configure it."""
    return shipped_guards().roles[role.value].decisions(role)


def are_of_this_model() -> bool:
    """Whether the file need not be made again."""
    try:
        return read_guards().model == hash_of_the_model()
    except Pmip6Error:
        return False


def by_decision(
    never: Mapping[Side, tuple[str, ...]],
) -> dict[str, list[tuple[int, bool, tuple[str, ...]]]]:
    """What is impossible by its decision, in order."""
    found: dict[str, list[tuple[int, bool, tuple[str, ...]]]] = {}
    for side in sorted(never, key=lambda s: (s.decision, s.condition, s.value)):
        told = side.condition, side.value, never[side]
        found.setdefault(side.decision, []).append(told)
    return found
