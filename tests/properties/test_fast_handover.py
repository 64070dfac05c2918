"""Fast handover: the counts of its configurations, and what the tables say of it."""

import itertools

import pytest
from pinned_counts import FAST_HANDOVERS as COUNTS

from pmip6.model.domain import Configuration, Model, shipped_rules
from pmip6.model.fast_handover import state as handover_state
from pmip6.model.fast_handover.configurations import (
    FAST_HANDOVERS,
    HANDOVER_RESTARTS,
    LOST_PACKETS,
    PFMIPV6,
    PREDICTIVE_SIGNALLING,
    RETRANSMISSIONS,
    SMALL_BUFFERS,
    THREE_GATEWAYS,
)
from pmip6.model.fast_handover.state import (
    handover_acknowledge,
    handover_awaited,
    handover_initiate,
    new_state,
    previous_state,
)
from pmip6.model.language.interpreter import Interpreter, Message, State, Value
from pmip6.model.language.table import Channel, Rigid, Role, Rule, StateMap, Timer
from pmip6.model.language.terms import Op, name_of, subterms
from pmip6.model.lma.rules import lma
from pmip6.model.wire.numbers import HandoverInitiateCode
from pmip6.properties import protocol
from pmip6.properties.derived import derived_properties
from pmip6.properties.exploration.explore import explore
from pmip6.properties.faults.fault_changes import without_update
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.result import Outcome
from pmip6.properties.spin.run import is_installed, spin

assert protocol  # it records the properties

LARGE = (
    PFMIPV6.name,
    THREE_GATEWAYS.name,
    LOST_PACKETS.name,
    SMALL_BUFFERS.name,
    RETRANSMISSIONS.name,
)


def of_size() -> list[object]:
    """The configurations, the large ones marked."""
    return [
        pytest.param(c, id=n, marks=[pytest.mark.nightly] if n in LARGE else [])
        for n, c in FAST_HANDOVERS.items()
    ]


@pytest.mark.compiler
@pytest.mark.parametrize("chosen", of_size())
def test_all_other_properties_hold_over_all_states(chosen: Configuration) -> None:
    model = Model(chosen)
    run = explore(model, [*with_a_case(model, PROPERTIES), *derived_properties(model)])
    assert (run.states, run.transitions, run.depth) == COUNTS[chosen.name]
    outcomes = {p.name: p.outcome for p in run.properties}
    violated = {n for n, o in outcomes.items() if o is Outcome.VIOLATED}
    assert violated == chosen.broken
    undecided = {n for n, o in outcomes.items() if o is Outcome.UNDECIDED}
    assert undecided == chosen.silent_on
    assert all(p.vacuous for p in run.properties if p.name in undecided)


@pytest.mark.compiler
@pytest.mark.skipif(not is_installed(), reason="spin is not installed")
@pytest.mark.parametrize(
    "chosen",
    [
        PREDICTIVE_SIGNALLING,
        *(pytest.param(c, marks=pytest.mark.nightly) for c in FAST_HANDOVERS.values()),
    ],
    ids=["signalling", *FAST_HANDOVERS],
)
def test_spin_counts_the_same(chosen: Configuration) -> None:
    model = Model(chosen)
    assert spin(model).states == explore(model, []).states


# ---- a gateway restarts in the middle of a handover ---------------------------------------


@pytest.mark.compiler
@pytest.mark.parametrize(
    ("kept", "broken"),
    [
        (previous_state, "handover.tunnel-end"),
        (new_state, "handover.tunnel-end"),
        (handover_awaited, "handover.unanswered-request"),
    ],
    ids=lambda part: part if isinstance(part, str) else part.name,
)
def test_a_restart_that_keeps_a_part_of_a_handover_breaks_a_property(
    kept: StateMap, broken: str
) -> None:
    """So restarts come in the middle of handovers, and forget all of them."""
    restart = next(
        r for r in shipped_rules() if r.name == "restart_without_update_list"
    )
    wrong = without_update(kept.name)(restart)
    rules = [wrong if rule is restart else rule for rule in shipped_rules()]
    model = Model(HANDOVER_RESTARTS, rules)
    claims = [p for p in PROPERTIES if p.name == broken]
    assert explore(model, claims).properties[0].outcome is Outcome.VIOLATED


# ---- the anchor is not involved ----------------------------------------------------------

OWN = {
    thing.name
    for thing in vars(handover_state).values()
    if isinstance(thing, (StateMap, Timer, Channel, Rigid))
}


def named_in(rule: Rule) -> set[str]:
    """The maps, timers, channels and predicates that a rule names."""
    terms = [*rule.guard, *(u.value for u in rule.updates)]
    terms += [v for s in rule.sends for v in s.values]
    kinds = (Op.READ, Op.RUNNING, Op.DUE, Op.SENT, Op.RIGID)
    found = {name_of(t) for term in terms for t in subterms(term) if t.op in kinds}
    found |= {u.map.name for u in rule.updates} | {t.timer.name for t in rule.timers}
    found |= {s.channel.name for s in rule.sends}
    return found | ({rule.on.name} if rule.on is not None else set())


def test_no_rule_of_the_anchor_names_anything_of_fast_handover() -> None:
    assert not any(named_in(rule) & OWN for rule in lma.rules)
    assert any(named_in(rule) & OWN for rule in shipped_rules())


# ---- every HI and HAck is treated, and each HI is answered --------------------------------

CHOSEN = THREE_GATEWAYS.changed(times=None)
MODEL = Model(CHOSEN)
STATES = 2000


def initiates() -> list[Message]:
    """Every HI of every kind, with a number that may be any gateway's."""
    found: list[Message] = []
    pairs = itertools.permutations(CHOSEN.gateways, 2)
    for (source, destination), code, forward, prefix, request in itertools.product(
        pairs, HandoverInitiateCode, (False, True), (None, "p1"), (False, True)
    ):
        complete = code is HandoverInitiateCode.FORWARDING_COMPLETE
        if request + complete + (prefix is not None) > 1:
            continue  # no gateway sends such an HI
        values: dict[str, Value] = {
            "node": "mn1",
            "source": source,
            "destination": destination,
            "number": 1,
            "code": code.name,
            "buffer": False,
            "forward": forward,
            "prefix": prefix,
            "context_request": request,
        }
        found.append(tuple(values[name] for name, _ in handover_initiate.fields))
    return found


def reachable(interpreter: Interpreter) -> list[State]:
    """The first reachable states, breadth first."""
    states = dict.fromkeys([interpreter.canonical(interpreter.initial())])
    for state in list(states):
        waiting = [state]
        for current in waiting:
            for step in interpreter.transitions(current):
                target = interpreter.canonical(step.target)
                if target not in states and len(states) < STATES:
                    states[target] = None
                    waiting.append(target)
    return list(states)


OPTIONAL = {
    "refuse_offer",
    "refuse_fetch",
    "refuse_fetch_and_cancel",
    "give_context_without_forwarding",
}


def test_each_initiate_is_answered_once_by_exactly_one_rule() -> None:
    interpreter = Interpreter(MODEL)
    rules = [r for r in MODEL.rules if r.on == handover_initiate and r.role is Role.MAG]
    taken: set[str] = set()
    for state, message in itertools.product(reachable(interpreter)[::40], initiates()):
        steps = list(interpreter.received(rules, message, state))
        taken |= {step.name for step in steps}
        plain = [step for step in steps if step.name not in OPTIONAL]
        assert len(plain) == 1, (message, [step.name for step in steps])
        values = dict(
            zip((n for n, _ in handover_initiate.fields), message, strict=True)
        )
        for step in steps:
            ((channel, sent),) = step.sent
            answer = dict(
                zip((n for n, _ in handover_acknowledge.fields), sent, strict=True)
            )
            assert channel == handover_acknowledge
            assert answer["number"] == values["number"]
            assert answer["source"] == values["destination"]
            assert answer["destination"] == values["source"]
    assert taken >= {"accept_offer", "give_context", "lack_context", *OPTIONAL}
