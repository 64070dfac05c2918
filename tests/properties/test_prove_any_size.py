"""The properties are proved for any size, and every fault gives a counterexample."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pmip6.model.binding_cache import holds, in_use, is_bound_to
from pmip6.model.domain import shipped_rules
from pmip6.model.interpreter import Interpreter
from pmip6.model.lookup import has_session, is_held_by_another, matches
from pmip6.model.state import ENTRY, PREFIX, BindingState, bce_node, bce_state, pbu
from pmip6.model.state import bce_prefix as has_prefix
from pmip6.model.table import Message, Rule
from pmip6.model.terms import FALSE, Term, bound_variable, exists, substitute, variable
from pmip6.properties.any_size import AnySize
from pmip6.properties.mutants import mutant
from pmip6.properties.property import PROPERTIES
from pmip6.properties.prove_any_size import SETTINGS, is_reachable, prove_any_size
from pmip6.properties.replay import violates
from pmip6.properties.result import Outcome, Run
from pmip6.properties.seeded_faults import SEEDED_FAULTS

MESSAGE = Message(pbu)
NAMED = MESSAGE.prefix != PREFIX.none
ENGINE = AnySize()  # proofs of rules that a mutant does not change are made once
BY_NAME = {p.name: p for p in PROPERTIES if ENGINE.prover.is_about(p)}


def outcomes(run: Run) -> dict[str, Outcome]:
    return {r.name: r.outcome for r in run.properties}


def violated(run: Run) -> set[str]:
    assert Outcome.UNDECIDED not in outcomes(run).values()
    return {n for n, outcome in outcomes(run).items() if outcome is Outcome.VIOLATED}


def assert_replayed(run: Run) -> None:
    """Every counterexample is a step that the plain interpreter takes."""
    for result in run.properties:
        if result.outcome is not Outcome.VIOLATED:
            continue
        trace = result.trace
        assert trace is not None and trace.model is not None, result.note
        assert not trace.initial
        (step,), (before, _) = trace.steps, trace.states
        assert violates(Interpreter(trace.model), BY_NAME[result.name])(step, before)


def test_every_property_is_proved() -> None:
    run = prove_any_size(engine=ENGINE)
    assert set(outcomes(run).values()) == {Outcome.HOLDS}
    assert set(outcomes(run)) == set(BY_NAME)
    assert all(r.assumptions for r in run.properties)
    assert run.seconds < 60
    assert not any("fails" in note or "undecided" in note for note in run.notes)


@pytest.mark.parametrize("features", SETTINGS, ids="+".join)
def test_every_property_with_a_case_is_proved_with_features(
    features: tuple[str, ...],
) -> None:
    engine = AnySize(dict.fromkeys(features, True))
    run = prove_any_size(engine=engine)
    assert set(outcomes(run).values()) == {Outcome.HOLDS}
    silent = set(BY_NAME) - set(outcomes(run))
    assert {n.removeprefix("there is no case of ") for n in run.notes} >= silent
    assert silent == (
        {"preserved-prefix.acknowledgement", "preserved-prefix.gateway"}
        if "sequence_numbers" in features
        else set()
    )
    assert not any("fails" in note or "undecided" in note for note in run.notes)
    assert run.seconds < 60 / len(SETTINGS)


WITH_SETS = AnySize(dict.fromkeys(SETTINGS[-1], True))


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("waiting-prefix-given-away", "no-reuse-in-delay"),
        ("stale-request-accepted", "stale-request.binding"),
        ("second-entry", "unique-binding.session"),
    ],
)
def test_a_fault_gives_a_counterexample_with_features(name: str, broken: str) -> None:
    run = prove_any_size(mutant(name).rules, engine=WITH_SETS)
    assert broken in violated(run)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_premise_agrees_with_the_lemmas(name: str) -> None:
    assert is_reachable(BY_NAME[name], ENGINE, shipped_rules())


def test_most_properties_are_not_true_without_the_lemmas() -> None:
    run = prove_any_size(lemmas=(), engine=AnySize())
    assert violated(run) >= {
        "unique-binding.prefix",
        "unique-binding.proxy-coa",
        "preserved-prefix.acknowledgement",
        "preserved-prefix.gateway",
        "advertisement.accepted",
        "no-reuse-in-delay",
    }


@pytest.mark.parametrize(
    "name", [n for n, fault in SEEDED_FAULTS.items() if fault.property in BY_NAME]
)
def test_a_seeded_fault_gives_a_counterexample(name: str) -> None:
    run = prove_any_size(mutant(name).rules, engine=ENGINE)
    assert SEEDED_FAULTS[name].property in violated(run)
    assert_replayed(run)


# ---- mutants of the lookup -------------------------------------------------------------


def with_guard(rule: Rule, guard: tuple[Term, ...]) -> Rule:
    same = len(guard) == len(rule.guard)
    same = same and all(a is b for a, b in zip(guard, rule.guard, strict=True))
    return rule if same else rule.changed(guard=guard)


HAS_SESSION = has_session(MESSAGE)


def with_lookup(lookup: Callable[[Term], Term]) -> list[Rule]:
    """The rules with another `matches`, wherever they ask for the session."""
    entry, some = variable("entry", ENTRY), variable(*bound_variable(HAS_SESSION))
    bound, *others = matches(entry, MESSAGE).args
    nested = {matches(some, MESSAGE): lookup(some)}

    def changed(rule: Rule) -> Rule:
        guard: list[Term] = []
        for conjunct in rule.guard:
            if conjunct is bound:
                guard.append(lookup(entry))
            elif not any(conjunct is other for other in others):
                guard.append(substitute(conjunct, nested))
        return with_guard(rule, tuple(guard))

    return [changed(rule) for rule in shipped_rules()]


def is_in_another_registered_entry(message: Message) -> Term:
    return exists(
        ENTRY,
        lambda b: (
            (bce_state[b] == BindingState.REGISTERED)
            & has_prefix[b, message.prefix]
            & (bce_node[b] != message.node)
        ),
    )


def with_prefix_lookup(replacement: Term) -> list[Rule]:
    """The rules with another test of whether the prefix is another node's."""
    known = {is_held_by_another(MESSAGE): replacement}
    return [
        with_guard(rule, tuple(substitute(g, known) for g in rule.guard))
        for rule in shipped_rules()
    ]


LOOKUPS = {
    "ignores the node": (
        with_lookup(lambda b: in_use(b) & (~NAMED | holds(b, MESSAGE.prefix))),
        {
            "preserved-prefix.acknowledgement",
            "preserved-prefix.gateway",
            "foreign-deregistration",
            "stale-request.binding",
        },
    ),
    "finds by prefix only": (
        with_lookup(lambda b: is_bound_to(b, MESSAGE.node) & holds(b, MESSAGE.prefix)),
        {"unique-binding.session", "preserved-prefix.acknowledgement"},
    ),
    "forgets entries in their delay": (
        with_lookup(
            lambda b: (
                (bce_state[b] == BindingState.REGISTERED)
                & (bce_node[b] == MESSAGE.node)
                & (~NAMED | has_prefix[b, MESSAGE.prefix])
            )
        ),
        {"unique-binding.session", "preserved-prefix.acknowledgement"},
    ),
    "does not look for other nodes with the prefix": (
        with_prefix_lookup(FALSE),
        {"unique-binding.prefix", "no-reuse-in-delay"},
    ),
    "looks for other nodes that are registered only": (
        with_prefix_lookup(is_in_another_registered_entry(MESSAGE)),
        {"unique-binding.prefix", "no-reuse-in-delay"},
    ),
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_mutant_of_the_lookup_gives_counterexamples(name: str) -> None:
    rules, wanted = LOOKUPS[name]
    run = prove_any_size(rules, engine=ENGINE)
    assert wanted <= violated(run)
    assert_replayed(run)


def test_a_node_with_one_session_is_found_without_its_prefix() -> None:
    """The anchor answers with the prefix of the session, whatever the request names."""
    rules = with_lookup(lambda b: is_bound_to(b, MESSAGE.node))
    assert violated(prove_any_size(rules, engine=ENGINE)) == set()


def test_mutants_of_the_lookup_break_every_required_property() -> None:
    broken = {n.partition(".")[0] for _, names in LOOKUPS.values() for n in names}
    assert broken == {
        "unique-binding",
        "preserved-prefix",
        "foreign-deregistration",
        "stale-request",
        "no-reuse-in-delay",
    }


# ---- assumptions -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switch", "broken"),
    [
        ("timestamp_ends_with_binding", "stale-request.order"),
        ("second_session_by_name", "unique-binding.session"),
        (
            "foreign_deregistration_is_acknowledged",
            "preserved-prefix.acknowledgement",
        ),
    ],
)
def test_an_assumption_is_needed(switch: str, broken: str) -> None:
    engine = AnySize({switch: True})
    run = prove_any_size(properties=[BY_NAME[broken]], engine=engine)
    assert violated(run) == {broken}


def test_a_query_that_is_given_up_is_undecided_and_no_pass() -> None:
    claim = BY_NAME["preserved-prefix.gateway"]
    run = prove_any_size(properties=[claim], lemmas=(), engine=AnySize(effort=1))
    assert outcomes(run) == {claim.name: Outcome.UNDECIDED}
    assert "no answer" in run.properties[0].note
