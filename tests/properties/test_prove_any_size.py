"""The properties are proved for any size, and every fault gives a counterexample."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from pmip6.model.domain import Model, shipped_rules
from pmip6.model.language.interpreter import Interpreter, Value
from pmip6.model.language.table import Message, Rule, StateMap
from pmip6.model.language.terms import (
    FALSE,
    TRUE,
    Op,
    Term,
    bound_variable,
    exists,
    name_of,
    substitute,
    variable,
)
from pmip6.model.lma.binding_cache import holds, in_use, is_bound_to
from pmip6.model.lma.lookup import (
    has_session,
    has_several_entries,
    is_held_by_another,
    matches,
)
from pmip6.model.shipped.configurations import INTERFACES as INTERFACES_OF_ONE
from pmip6.model.state import (
    ENTRY,
    PREFIX,
    BindingState,
    bce_link_layer,
    bce_node,
    bce_state,
    bce_technology,
    pbu,
)
from pmip6.model.state import bce_prefix as has_prefix
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS
from pmip6.properties.proof.any_size import AnySize
from pmip6.properties.proof.obligations import Prover
from pmip6.properties.proof.prove_any_size import (
    SETTINGS,
    is_reachable,
    properties_of,
    prove_any_size,
)
from pmip6.properties.property import PROPERTIES
from pmip6.properties.protocol import one_entry_for_each_session
from pmip6.properties.replay import violates
from pmip6.properties.result import Outcome, Run

MESSAGE = Message(pbu)
NAMED = MESSAGE.prefix != PREFIX.none
WITH_HANDOVERS = Prover(dict.fromkeys(SETTINGS["fast handover"], True))
BY_NAME = {p.name: p for p in PROPERTIES if WITH_HANDOVERS.is_about(p)}


def outcomes(run: Run) -> dict[str, Outcome]:
    return {r.name: r.outcome for r in run.properties}


def violated(run: Run) -> set[str]:
    assert Outcome.UNDECIDED not in outcomes(run).values()
    return {n for n, outcome in outcomes(run).items() if outcome is Outcome.VIOLATED}


def assert_replayed(
    run: Run, engine: AnySize, rules: Iterable[Rule] | None = None
) -> None:
    """Every counterexample is a step that the plain interpreter takes."""
    by_name = {p.name: p for p in properties_of(engine, rules)}
    for result in run.properties:
        if result.outcome is not Outcome.VIOLATED:
            continue
        trace = result.trace
        assert trace is not None and trace.model is not None, result.note
        assert not trace.initial
        (step,), (before, _) = trace.steps, trace.states
        assert violates(Interpreter(trace.model), by_name[result.name])(step, before)


def engine_for(name: str, *engines: AnySize) -> AnySize:
    """The first one in which the property has a case."""
    return next(e for e in engines if e.prover.is_about(BY_NAME[name]))


@pytest.mark.parametrize("name", BY_NAME)
def test_the_premise_agrees_with_the_lemmas(
    name: str, plain: AnySize, largest: AnySize, handovers: AnySize
) -> None:
    engine = engine_for(name, largest, plain, handovers)
    assert is_reachable(BY_NAME[name], engine, shipped_rules())


@pytest.mark.nightly
def test_most_properties_are_not_true_without_the_lemmas() -> None:
    run = prove_any_size(lemmas=(), engine=AnySize())
    assert violated(run) >= {
        "unique-binding.prefix",
        "preserved-prefix.acknowledgement",
        "preserved-prefix.gateway",
        "advertisement.accepted",
        "no-reuse-in-delay",
    }


@pytest.mark.parametrize(
    "name", [n for n, fault in SEEDED_FAULTS.items() if fault.property in BY_NAME]
)
def test_a_seeded_fault_gives_a_counterexample(
    name: str, plain: AnySize, largest: AnySize, handovers: AnySize
) -> None:
    broken = SEEDED_FAULTS[name].property
    engine, faulty = engine_for(broken, largest, plain, handovers), mutant(name)
    taken = (rule.name for rule in engine.rules(faulty.rules).values())
    if faulty.rule not in taken:  # the features rule it out
        engine = plain
    run = prove_any_size(faulty.rules, engine=engine)
    assert broken in violated(run)
    assert_replayed(run, engine, faulty.rules)


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
    nested = {matches(e, MESSAGE): lookup(e) for e in (entry, some)}

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
def test_a_mutant_of_the_lookup_gives_counterexamples(
    name: str, plain: AnySize
) -> None:
    rules, wanted = LOOKUPS[name]
    run = prove_any_size(rules, engine=plain)
    assert wanted <= violated(run)
    assert_replayed(run, plain, rules)


def test_a_node_with_one_session_is_found_without_its_prefix(plain: AnySize) -> None:
    """The anchor answers with the prefix of the session, whatever the request names."""
    rules = with_lookup(lambda b: is_bound_to(b, MESSAGE.node))
    assert violated(prove_any_size(rules, engine=plain)) == set()


def test_mutants_of_the_lookup_break_every_required_property() -> None:
    broken = {n.partition(".")[0] for _, names in LOOKUPS.values() for n in names}
    assert broken == {
        "unique-binding",
        "preserved-prefix",
        "foreign-deregistration",
        "stale-request",
        "no-reuse-in-delay",
    }


# ---- mutants of the lookup of section 5.4.1, for several interfaces ----------------------


def with_interfaces(
    change: Callable[[Term], Term],
    *,
    bound: Callable[[Term], Term] = lambda b: is_bound_to(b, MESSAGE.node),
    named: Callable[[Term], Term] = lambda b: ~NAMED | has_prefix[b, MESSAGE.prefix],
) -> list[Rule]:
    """The rules with a lookup that asks for the interface in another way."""
    return with_lookup(
        lambda b: bound(b) & named(b) & change(matches(b, MESSAGE).args[2])
    )


def without_equality(state_map: StateMap, value: Term) -> Callable[[Term], Term]:
    """Takes it for true that an entry has the value."""

    def change(term: Term) -> Term:
        read = term.args[0] if term.op is Op.EQUAL and term.args[1] is value else None
        if read is not None and read.op is Op.READ and name_of(read) == state_map.name:
            return TRUE
        args = tuple(change(a) for a in term.args)
        return Term.make(term.op, args, term.sort, term.payload) if args else term

    return change


def replaced(old: Term, new: Term) -> Callable[[Term], Term]:
    return lambda term: substitute(term, {old: new})


SESSION = {"unique-binding.session"}
INTERFACES = {
    "ignores the interface": (with_interfaces(lambda term: TRUE), SESSION),
    "ignores the link-layer identifier": (
        with_interfaces(without_equality(bce_link_layer, MESSAGE.link_layer)),
        SESSION,
    ),
    "ignores the access technology": (
        with_interfaces(without_equality(bce_technology, MESSAGE.technology)),
        SESSION,
    ),
    "ignores the prefix": (
        with_interfaces(lambda term: term, named=lambda b: TRUE),
        SESSION,
    ),
    "ignores the node": (
        with_interfaces(lambda term: term, bound=in_use),
        {"foreign-deregistration", "stale-request.binding"},
    ),
    "forgets entries in their delay": (
        with_interfaces(
            lambda term: term,
            bound=lambda b: (
                (bce_state[b] == BindingState.REGISTERED)
                & (bce_node[b] == MESSAGE.node)
            ),
        ),
        SESSION,
    ),
    # What no property speaks of: the right session may be any one of the node.
    "follows one session of several": (
        with_interfaces(replaced(has_several_entries(MESSAGE), FALSE)),
        set[str](),
    ),
    "follows no session": (
        with_interfaces(replaced(has_several_entries(MESSAGE), TRUE)),
        {"answer.at-once"},
    ),
}


@pytest.mark.parametrize("name", INTERFACES)
def test_a_mutant_of_the_lookup_by_interface_is_decided(
    name: str, largest: AnySize
) -> None:
    rules, wanted = INTERFACES[name]
    assert sum(r is not s for r, s in zip(rules, shipped_rules(), strict=True)) > 5
    found = prove_any_size(rules, engine=largest)
    assert violated(found) >= wanted
    assert bool(violated(found)) == bool(wanted)
    assert_replayed(found, largest, rules)


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


def test_one_property_alone_needs_gateways_that_do_not_mix_sessions(
    largest: AnySize,
) -> None:
    engine = AnySize({**largest.switches, "gateways_mix_sessions": True})
    run = prove_any_size(engine=engine)
    assert violated(run) == {"unique-binding.session"}
    assert_replayed(run, engine)
    told = {a for r in run.properties for a in r.assumptions}
    assert not any("mix sessions" in text for text in told)


def test_requests_that_cross_give_an_interface_two_sessions() -> None:
    """Each gateway looks when it sends; what it found has changed when it arrives."""
    model = Model(INTERFACES_OF_ONE.changed(capacity={"pbu": 2, "pba": 1}))
    crossing, ask = Interpreter(model), "send_request_of_interface"
    steps: list[tuple[str, dict[str, Value]]] = [
        (ask, {"gateway": "mag2", "is_identified": False, "is_named": False}),
        (ask, {"gateway": "mag1", "is_identified": True, "is_named": False}),
        ("allocate", {"message.gateway": "mag2", "entry": "bce1", "prefix": "p1"}),
        (ask, {"gateway": "mag2", "is_identified": True, "is_named": True}),
        ("allocate", {"message.gateway": "mag1", "entry": "bce2"}),
        ("extend", {"message.gateway": "mag2", "entry": "bce1"}),
    ]
    asked = {"link_layer": "if2", "indicator": "NOT_CHANGED", "deregistration": False}
    state, held = crossing.initial(), list[Value]()
    for name, chosen in steps:
        wanted = {**chosen, **asked, "prefix": "p1"} if name == ask else chosen
        state = next(
            step.target
            for step in crossing.transitions(state)
            if step.name == name
            and all(step.environment[k] == v for k, v in wanted.items())
        )
        held.append(crossing.value(one_entry_for_each_session.term, state, {}))
    assert held == [True] * 5 + [False]


def test_a_query_that_is_given_up_is_undecided_and_no_pass() -> None:
    claim = BY_NAME["preserved-prefix.gateway"]
    run = prove_any_size(properties=[claim], lemmas=(), engine=AnySize(effort=1))
    assert outcomes(run) == {claim.name: Outcome.UNDECIDED}
    assert "no answer" in run.properties[0].note
