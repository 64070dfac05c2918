"""What the guards depend on in the settings of the pack that ships, and what Z3 finds.

python -m pmip6.conformance.packs.guard_facts            writes `guards.json`
python -m pmip6.conformance.packs.guard_facts --check    fails if that would change it
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from pathlib import Path

from pmip6.conformance.lma.domain import configuration_of as anchor_configuration
from pmip6.conformance.lma.settings import AnchorSettings
from pmip6.conformance.mag.domain import configuration_of as gateway_configuration
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.model.domain import Configuration, Model, shipped_rules
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Role, Rule
from pmip6.properties.guards.acts import first_possible, idle_acts
from pmip6.properties.guards.decisions import Side
from pmip6.properties.guards.possible import Verdict, verdicts
from pmip6.properties.guards.proved import Settings, not_proved
from pmip6.vectors.files import replace_file
from pmip6.vectors.guards.shipped import (
    COMMAND,
    GUARDS_FILE,
    GuardsFile,
    RoleGuards,
    by_decision,
    guards_path,
)
from pmip6.vectors.packs.index import hash_of_the_model
from pmip6.vectors.packs.scenario_group import PackRole

AT_ONCE = 2
ROLES = {
    Role.LMA: (PackRole.LMA,),
    Role.MAG: (PackRole.MAG, PackRole.PREVIOUS_MAG, PackRole.NEW_MAG),
}
"""The groups of scenarios that are about a role of the model."""


def configurations(role: Role) -> Iterator[Configuration]:
    """What the settings of the scenarios that ship make of the model."""
    folder = Path(str(files("pmip6.vectors"))) / "shipped"
    for group in ROLES[role]:
        told = json.loads((folder / f"scenario-{group}.json").read_bytes())
        for settings in told["settings"].values():
            yield _configuration(role, settings)


def _configuration(role: Role, settings: Mapping[str, object]) -> Configuration:
    text = json.dumps(settings)
    if role is Role.LMA:
        return anchor_configuration(AnchorSettings.model_validate_json(text))
    return gateway_configuration(GatewaySettings.model_validate_json(text))


def guards_of(role: Role, chosen: Iterable[Configuration]) -> RoleGuards:
    """What the guards of a role depend on in these; nothing is impossible yet."""
    every = list(chosen)
    held = [frozenset(n for n, facts in c.facts.items() if facts) for c in every]
    rules = {r.name: r.role for c in every for r in Model(c).rules}
    return RoleGuards(
        rules=sorted(name for name, whose in rules.items() if whose is role),
        surroundings=sorted(name for name, whose in rules.items() if whose is not role),
        may_hold=sorted(frozenset[str]().union(*held)),
        always=sorted(held[0].intersection(*held)),
        impossible={},
    )


def acting(told: RoleGuards) -> list[Rule]:
    """The rules that change the state of an implementation: those of its nodes, too."""
    names = {*told.rules, *told.surroundings}
    return [rule for rule in shipped_rules() if rule.name in names]


def derived(role: Role) -> RoleGuards:
    """The same, with what Z3 has proved impossible."""
    told = guards_of(role, configurations(role))
    world = Settings(told.may_hold, told.always)
    failed = not_proved(role, world, acting(told))
    if failed:
        what = "; ".join(f"{name}, broken by {rule}" for name, rule in failed)
        fix = "mend properties/guards/situations.py"
        raise Pmip6Error(role.value, f"is not so in every state: {what}", fix)
    decisions = told.decisions(role)
    done = first_possible(decisions)
    never: dict[Side, tuple[str, ...]] = {}
    for decision in decisions:
        on = decisions.triggers.get(decision.name)
        idle = idle_acts(decisions.rules, done[decision.name])
        for side, found in verdicts(decision, role, world, on, idle).items():
            if found.verdict is Verdict.IMPOSSIBLE:
                never[side] = found.because
    return told.model_copy(update={"impossible": by_decision(never)})


def main(arguments: list[str] | None = None) -> int:
    """Write or check the file; 1 where it is to be checked and differs."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args(arguments).check
    with ProcessPoolExecutor(AT_ONCE) as pool:
        roles = dict(zip(ROLES, pool.map(derived, ROLES), strict=True))
    told = {role.value: found for role, found in roles.items()}
    text = GuardsFile(model=hash_of_the_model(), roles=told).text()
    path = guards_path()
    if is_check:
        is_same = path.exists() and path.read_text("utf-8") == text
        print(f"{GUARDS_FILE}: {'up to date' if is_same else f'run {COMMAND}'}")
        return 0 if is_same else 1
    replace_file(path, text.encode())
    for role, found in roles.items():
        every = sum(len(list(d.sides())) for d in found.decisions(role))
        never = sum(map(len, found.impossible.values()))
        print(f"{role.value}: {every} sides of conditions, {never} impossible")
    return 0


if __name__ == "__main__":
    sys.exit(main())
