"""`boundaries.json`: which vector shows each boundary (vectors/guards).

Scenarios show those of the guards of rules, vectors of the group `wire` those of octets.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set

from pmip6.model.language.table import Role
from pmip6.model.wire.decoding import decode
from pmip6.properties.guards.decisions import Decision, Decisions, Side
from pmip6.vectors.guards import octets
from pmip6.vectors.guards.numbers import Number
from pmip6.vectors.guards.shipped import shipped_decisions, shipped_guards
from pmip6.vectors.packs.observable import owner_of
from pmip6.vectors.packs.scenario_group import PackRole, Strict
from pmip6.vectors.packs.wire_group import WireVector

BOUNDARIES_FILE = "boundaries.json"
SHOWN = 5
"""So many boundaries are named that no scenario shows."""

Shown = Mapping[str, Set[object]]
"""The sides and numbers that each scenario shows, by its name, in the order of the
scenarios."""


class ConditionSides(Strict):
    """A condition, and a scenario in which it decides alone with each of its values.

    `impossible` are the values with which it never does, `because` for each of them the
    statements from which Z3 proves it (properties/guards).
    """

    condition: str
    true: str | None = None
    false: str | None = None
    impossible: tuple[bool, ...] = ()
    because: tuple[tuple[str, ...], ...] = ()

    def missing(self) -> Iterator[bool]:
        """The values that are possible and that no scenario shows."""
        for value, shown in ((True, self.true), (False, self.false)):
            if shown is None and value not in self.impossible:
                yield value


class GuardBoundaries(Strict):
    """A guard of a rule, or a decision in some guards, by its conditions.

    `role` is that of the scenarios that have to show them.
    """

    name: str
    role: PackRole
    conditions: list[ConditionSides]


class ValueBoundary(Strict):
    """A quantity, one value of it, and a vector in which it has it."""

    quantity: str
    value: int
    vector: str | None = None


class BoundaryFile(Strict):
    """All guards of the roles that a pack is for, all octets, and the numbers of requests.

    At these, a comparison of the anchor turns (properties/guards/comparisons.py).
    """

    format: str = "pmip6-boundaries/1"
    licence: str = "CC0-1.0"
    decisions: list[GuardBoundaries]
    octets: list[ValueBoundary]
    numbers: list[ValueBoundary] = []  # noqa: RUF012  # pydantic copies it


# ---- made from what scenarios show -----------------------------------------------------


def roles_of(decisions: Decisions, role: Role) -> dict[str, PackRole]:
    """The role that each decision belongs to: the first of those in whose guards it is."""
    found: dict[str, PackRole] = {}
    order = list(PackRole)
    owners = {name: owner_of(name, role) for name in decisions.of_rules}
    for name in sorted(owners, key=lambda n: order.index(owners[n])):
        waiting = [decisions.of_rules[name]]
        while waiting:
            decision = waiting.pop()
            if decision.name not in found:
                found[decision.name] = owners[name]
                waiting += [inner.decision for inner in decision.inner]
    return found


def boundaries(
    roles: Iterable[PackRole],
    shown: Shown,
    wire: Iterable[WireVector],
    numbers: Iterable[Number],
) -> BoundaryFile:
    """The guards of some roles with the scenarios that show their sides; all octets.

    `numbers` are the boundaries of numbers that there are.
    """
    wanted = set(roles)
    by: dict[object, str] = {}
    for name, sides in shown.items():
        for side in sides:
            by.setdefault(side, name)
    told: list[GuardBoundaries] = []
    for role in (Role.LMA, Role.MAG):
        decisions = shipped_decisions(role)
        never = shipped_guards().roles[role.value].never()
        owners = roles_of(decisions, role)
        told += [
            _of_decision(decision, owners[decision.name], by, never)
            for decision in decisions
            if owners[decision.name] in wanted
        ]
    return BoundaryFile(
        decisions=told,
        octets=octet_boundaries(wire),
        numbers=[
            ValueBoundary(quantity=n.quantity, value=n.value, vector=by.get(n))
            for n in sorted(numbers)
        ],
    )


def octet_boundaries(wire: Iterable[WireVector]) -> list[ValueBoundary]:
    """All boundaries of octets, with the first of these vectors that shows each."""
    by: dict[octets.Boundary, str] = {}
    for vector in wire:
        data = bytes.fromhex(vector.hex)
        read = decode(data, vector.source, vector.destination, proxy_expected=True)
        for boundary in octets.shown_by(data, read):
            by.setdefault(boundary, vector.name)
    return [
        ValueBoundary(quantity=quantity, value=value, vector=by.get((quantity, value)))
        for quantity, value in sorted(octets.boundaries())
    ]


def _of_decision(
    decision: Decision,
    role: PackRole,
    by: Mapping[object, str],
    never: Mapping[Side, tuple[str, ...]],
) -> GuardBoundaries:
    conditions: list[ConditionSides] = []
    for number in range(len(decision.conditions)):
        true, false = (Side(decision.name, number, value) for value in (True, False))
        ruled_out = [side for side in (true, false) if side in never]
        conditions.append(
            ConditionSides(
                condition=decision.words_of(number),
                true=by.get(true),
                false=by.get(false),
                impossible=tuple(side.value for side in ruled_out),
                because=tuple(never[side] for side in ruled_out),
            )
        )
    return GuardBoundaries(name=decision.name, role=role, conditions=conditions)


def text_of(told: BoundaryFile) -> str:
    """The file as it is written: a decision to a line."""
    data = told.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    head = json.dumps({"format": told.format, "licence": told.licence}, indent=1)
    parts = [
        f' "{name}": [\n  ' + ",\n  ".join(map(_line, data[name])) + "\n ]"
        for name in ("decisions", "octets", "numbers")
        if name in data
    ]
    return head.removesuffix("\n}") + ",\n" + ",\n".join(parts) + "\n}\n"


def _line(told: object) -> str:
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


# ---- told ------------------------------------------------------------------------------


def summary(told: BoundaryFile) -> Iterator[str]:
    """How many boundaries the scenarios of each role show, and the wire, in lines."""
    for role in PackRole:
        decisions = [d for d in told.decisions if d.role is role]
        if not decisions:
            continue
        missing = [
            f"{d.name}: {c.condition} {str(value).lower()}"
            for d in decisions
            for c in d.conditions
            for value in c.missing()
        ]
        every = sum(len(d.conditions) for d in decisions) * 2
        never = [why for d in decisions for c in d.conditions for why in c.because]
        told_of = f"guard boundaries, {len(never)} more are impossible"
        yield from _told(role, missing, every - len(never), told_of)
        yield from _reasons(never)
    for name, values, what in (
        (PackRole.LMA, told.numbers, "boundaries of numbers"),
        ("wire", told.octets, "boundaries of octets"),
    ):
        missing = [f"{v.quantity}: {v.value}" for v in values if v.vector is None]
        if values:
            yield from _told(name, missing, len(values), what)


def _reasons(never: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """How many are impossible for the same reason, the most frequent ones first."""
    counted = Counter(", ".join(why).replace("_", " ") for why in never)
    found = sorted(counted.items(), key=lambda told: (-told[1], told[0]))
    yield from (f"  {number} impossible by: {why}" for why, number in found[:SHOWN])
    if len(found) > SHOWN:
        left = sum(number for _, number in found[SHOWN:])
        yield f"  {left} more, each with its reason ({BOUNDARIES_FILE})"


def _told(name: str, missing: list[str], there: int, what: str) -> Iterator[str]:
    met = there - len(missing)
    yield f"{name}: {met} of {there} ({100 * met / max(1, there):.1f} %) {what}"
    yield from (f"  not shown: {each}" for each in missing[:SHOWN])
    if len(missing) > SHOWN:
        yield f"  and {len(missing) - SHOWN} more like these"
