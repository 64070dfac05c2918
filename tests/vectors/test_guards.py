"""Guards as decisions: what decides alone, what Z3 rules out, and what the pack shows."""

from collections import Counter
from collections.abc import Iterable
from itertools import product

import pytest

from pmip6.conformance.packs.boundary_ways import WAYS, purpose_of
from pmip6.conformance.packs.cases import anchor_cases, gateway_cases, handover_cases
from pmip6.conformance.packs.files import shipped_folder
from pmip6.conformance.packs.gateway_boundary_ways import (
    ALONE_WAYS,
    GATEWAY_WAYS,
    NEW_WAYS,
    PREVIOUS_WAYS,
    gateway_purpose,
    handover_purpose,
)
from pmip6.conformance.packs.guard_facts import (
    acting,
    configurations,
    guards_of,
)
from pmip6.conformance.packs.numeric_ways import numeric_ways
from pmip6.conformance.packs.recording import clock
from pmip6.model.domain import shipped_rules
from pmip6.model.language.evaluation import Environment, State
from pmip6.model.language.table import Role, Rule
from pmip6.model.language.terms import BOOL, Term, variable
from pmip6.model.lma.rules import lma
from pmip6.properties.guards.acts import ACTS, first_possible, idle_acts
from pmip6.properties.guards.comparisons import Comparison, comparisons
from pmip6.properties.guards.decisions import Decisions, Side, decisive, guard_of
from pmip6.properties.guards.possible import ITSELF, Verdict, verdicts
from pmip6.properties.guards.proved import Settings, not_proved
from pmip6.properties.guards.situations import (
    EVENTS,
    MESSAGES,
    POLICIES,
    STATES,
    about,
)
from pmip6.vectors.fast_handover.purposes import handover_purposes
from pmip6.vectors.guards import watch
from pmip6.vectors.guards.numbers import Number, numbers_in, numbers_of
from pmip6.vectors.guards.octets import reserved_bits
from pmip6.vectors.guards.shipped import shipped_decisions, shipped_guards
from pmip6.vectors.lma.purposes import purposes
from pmip6.vectors.mag.purposes import gateway_purposes
from pmip6.vectors.packs.boundaries import (
    BOUNDARIES_FILE,
    BoundaryFile,
    boundaries,
    octet_boundaries,
    summary,
)
from pmip6.vectors.packs.scenario_group import PackRole
from pmip6.vectors.packs.wire_group import wire_vectors

A, B, C = (variable(name, BOOL) for name in "abc")


def rule_with(*guard: Term) -> Rule:
    return lma.rules[0].changed(name="example", on=None, guard=guard)


def sides_in(guard: tuple[Term, ...], true: set[str]) -> set[tuple[int, bool]]:
    (decision,) = Decisions([rule_with(*guard)])

    def is_true(term: Term) -> bool:
        values = {str(v): str(v) in true for v in (A, B, C)}
        return holds(term, values)

    return set(decisive(decision, is_true))


def holds(term: Term, values: dict[str, bool]) -> bool:
    parts = [holds(a, values) for a in term.args]
    name = term.op.name
    if name == "VARIABLE":
        return values[str(term)]
    return {"AND": all(parts), "OR": any(parts), "NOT": not all(parts)}[name]


def test_a_condition_decides_where_what_stands_beside_it_leaves_it_open() -> None:
    guard = (A, B | ~C)
    assert sides_in(guard, {"a", "b", "c"}) == {(0, True), (1, True)}
    assert sides_in(guard, {"b", "c"}) == {(0, False)}
    assert sides_in(guard, {"a", "c"}) == {(1, False), (2, True)}
    assert sides_in(guard, {"c"}) == set()


@pytest.mark.parametrize("guard", [(A, B | ~C), (A & B | C,), (A | B, C)])
def test_a_condition_that_decides_alone_changes_the_outcome(
    guard: tuple[Term, ...],
) -> None:
    (decision,) = Decisions([rule_with(*guard)])
    for bits in product([True, False], repeat=3):
        values = dict(zip("abc", bits, strict=True))
        for number, value in decisive(decision, lambda t, v=values: holds(t, v)):
            name = str(decision.conditions[number].term)
            alone = sum(str(c.term) == name for c in decision.conditions) == 1
            assert values[name] is value
            changed = {**values, name: not value}
            term = guard_of(rule_with(*guard))
            if alone:
                assert holds(term, changed) is not holds(term, values)


def test_z3_rules_out_what_contradicts_itself_and_nothing_else() -> None:
    (decision,) = Decisions([rule_with(A, B | ~A)])
    found = verdicts(decision, Role.MAG, Settings((), ()), None)
    never = {
        (s.condition, s.value): v.because
        for s, v in found.items()
        if v.verdict is not Verdict.POSSIBLE
    }
    # where ~a decides, a is true: else the guard is false
    assert never == {(2, False): (ITSELF,)}


# ---- what ships ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "rules", "sides", "never"),
    [(Role.LMA, 36, 930, 115), (Role.MAG, 64, 624, 50)],
)
def test_the_guards_of_the_model(
    role: Role, rules: int, sides: int, never: int
) -> None:
    decisions, told = shipped_decisions(role), shipped_guards().roles[role.value]
    every = {side for decision in decisions for side in decision.sides()}
    assert (len(decisions.of_rules), len(every)) == (rules, sides)
    assert len(set(told.never()) & every) == never


@pytest.mark.parametrize("role", [Role.LMA, Role.MAG])
def test_what_guards_depend_on_is_what_the_settings_of_the_pack_say(role: Role) -> None:
    now, told = (
        guards_of(role, configurations(role)),
        shipped_guards().roles[role.value],
    )
    assert told.model_copy(update={"impossible": {}}) == now


@pytest.mark.parametrize("role", [Role.LMA, Role.MAG])
def test_the_statements_about_states_are_inductive(role: Role) -> None:
    told = shipped_guards().roles[role.value]
    world = Settings(told.may_hold, told.always)
    assert not_proved(role, world, acting(told)) == []


def test_a_rule_that_breaks_a_statement_is_told() -> None:
    told = shipped_guards().roles[Role.LMA.value]
    world = Settings(told.may_hold, told.always)
    (rule,) = (r for r in shipped_rules() if r.name == "delete_after_delay")
    deaf = rule.changed(timers=(), guard=rule.guard[:1])
    ((name, broken_by),) = not_proved(Role.LMA, world, [deaf])
    assert (name, broken_by) == (
        "timers_of_an_entry_run_in_their_states",
        "delete_after_delay",
    )


class Checked(watch.GuardWatch):
    """A watch that looks whether each situation is as the statements say."""

    situations = 0

    def ask(
        self, rules: Iterable[Rule], state: State, env: Environment, shown: set[Side]
    ) -> None:
        asked = list(rules)
        super().ask(asked, state, env, shown)
        role = asked[0].role if asked else None
        channel = asked[0].on if asked else None
        for statement in (*STATES, *POLICIES, *EVENTS, *MESSAGES):
            if statement.role is role and statement.channel in (None, channel):
                value = self.interpreter.value(statement.term, state, env)
                assert value, f"{statement.name}: {env}"
        if role is Role.MAG and channel is not None:
            for name, idle in idle_acts(self.decisions.rules).items():
                assert self.interpreter.value(idle, state, {}), f"{name}: {env}"
        Checked.situations += 1


def test_a_side_is_impossible_by_what_is_true_of_every_state() -> None:
    told = shipped_guards().roles
    by = {
        side: because
        for role in told.values()
        for side, because in role.never().items()
    }
    assert by[Side("deregister", 10, True)] == ("no_prefix_is_in_two_sessions",)
    assert by[Side("advertise", 3, True)] == ("withdraw_prefix is done",)
    assert by[Side("fetch_context", 0, False)] == (
        "who_comes_from_another_gateway_is_here",
    )


def test_what_the_gateway_has_not_done_yet_rules_nothing_out() -> None:
    """Without the order of its acts, a gateway might advertise what it has to withdraw."""
    told = shipped_guards().roles[Role.MAG.value]
    decisions = told.decisions(Role.MAG)
    done = first_possible(decisions)
    assert (done["advertise"], done["renew"]) == (len(ACTS) - 1, len(ACTS))
    world = Settings(told.may_hold, told.always)
    found = verdicts(decisions.of_rules["advertise"], Role.MAG, world, None)
    assert found[Side("advertise", 3, True)].verdict is not Verdict.IMPOSSIBLE


def test_the_situations_of_cases_are_as_the_statements_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pmip6.conformance.packs.walk.GuardWatch", Checked)
    recorded = [
        *anchor_cases(purposes()[::120]).recorded,
        *gateway_cases(gateway_purposes()[::40]).recorded,
        *(r for c in handover_cases(handover_purposes()[::32]) for r in c.recorded),
    ]
    assert Checked.situations > 1000
    shown = {side for each in recorded for side in each.sides}
    told = shipped_guards().roles
    assert not shown & {side for role in told.values() for side in role.never()}
    assert about(STATES, Role.LMA)


def test_a_vector_that_is_taken_away_leaves_its_boundaries_without_one() -> None:
    every = wire_vectors()
    alone = "pbu/HomeNetworkPrefix.prefix_length=65"
    kept = [v for v in every if not v.name.endswith(alone.partition("/")[2])]
    whole, left = octet_boundaries(every), octet_boundaries(kept)
    assert not [o for o in whole if o.vector is None]
    assert len(kept) < len(every)
    assert [(o.quantity, o.value) for o in left if o.vector is None] == [
        ("HomeNetworkPrefix.prefix_length", 65)
    ]


def test_reserved_bits_are_those_that_the_format_rules_want_to_be_zero() -> None:
    parts = Counter(bit.part for bit in reserved_bits())
    assert parts["BINDING_UPDATE"] == 8 + 16 - 7  # of the header; all but seven flags
    assert parts["HomeNetworkPrefix"] == 8
    assert not [bit for bit in reserved_bits() if bit.part == "MobileNodeIdentifier"]


def test_the_pack_says_who_shows_each_boundary() -> None:
    told = BoundaryFile.model_validate_json(
        (shipped_folder() / BOUNDARIES_FILE).read_bytes()
    )
    lines = [line for line in summary(told) if " boundaries" in line]
    assert lines == PERCENT


PERCENT = [
    "lma: 815 of 815 (100.0 %) guard boundaries, 115 more are impossible",
    "mag: 201 of 201 (100.0 %) guard boundaries, 19 more are impossible",
    "previous-mag: 198 of 198 (100.0 %) guard boundaries, 12 more are impossible",
    "new-mag: 175 of 175 (100.0 %) guard boundaries, 19 more are impossible",
    "lma: 18 of 18 (100.0 %) boundaries of numbers",
    "wire: 461 of 461 (100.0 %) boundaries of octets",
]


@pytest.mark.parametrize("comparison", comparisons(300, 75))
def test_comparisons_turn_where_z3_says_and_nowhere_near(
    comparison: Comparison,
) -> None:
    turns = list(comparison.turns())
    assert {comparison.holds(turn) for turn in turns} == {True, False}
    for low in sorted({turn - 1 for turn in turns} | set(turns)):
        if comparison.low <= low < comparison.high:
            is_turn = comparison.holds(low) is not comparison.holds(low + 1)
            assert is_turn is ({low, low + 1} <= set(turns))


def test_each_number_is_shown_by_a_way_and_no_other_number_than_it_says() -> None:
    cases = numeric_ways()
    every = numbers_of(cases.settings.values())
    shown = {
        each.scenario.name: set(numbers_in(each.scenario, clock(0))) & every
        for each in cases.recorded
    }
    assert set[Number]().union(*shown.values()) == every
    assert all(shown.values())


def test_each_way_shows_a_boundary_that_nothing_before_it_does() -> None:
    told = BoundaryFile.model_validate_json(
        (shipped_folder() / BOUNDARIES_FILE).read_bytes()
    )
    named = {
        name for d in told.decisions for c in d.conditions for name in (c.true, c.false)
    }
    ways = [
        *(purpose_of(way).name for way in WAYS),
        *(gateway_purpose(way).name for way in GATEWAY_WAYS),
        *(handover_purpose(way, PackRole.MAG).name for way in ALONE_WAYS),
        *(handover_purpose(way, PackRole.PREVIOUS_MAG).name for way in PREVIOUS_WAYS),
        *(handover_purpose(way, PackRole.NEW_MAG).name for way in NEW_WAYS),
    ]
    assert len(set(ways)) == len(ways) == 43
    assert not set(ways) - named


def test_a_boundary_that_no_scenario_shows_any_more_is_told() -> None:
    cases = anchor_cases(purposes()[::100])
    shown = {each.scenario.name: each.sides for each in cases.recorded}
    every = {side for sides in shown.values() for side in sides}
    alone = next(
        (name, side)
        for name, sides in shown.items()
        for side in sides
        if sum(side in others for others in shown.values()) == 1
    )
    name, side = alone
    left = {other: sides for other, sides in shown.items() if other != name}
    before = boundaries([PackRole.LMA], shown, (), ())
    after = boundaries([PackRole.LMA], left, (), ())

    def missing(told: BoundaryFile) -> set[tuple[str, int, bool]]:
        return {
            (d.name, number, value)
            for d in told.decisions
            for number, c in enumerate(d.conditions)
            for value in c.missing()
        }

    key = (side.decision, side.condition, side.value)
    assert side in every
    assert key not in missing(before)
    assert key in missing(after)
