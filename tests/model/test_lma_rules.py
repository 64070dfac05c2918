"""Each PBU that reaches the anchor is treated by exactly one rule."""

import itertools

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import Interpreter, State
from pmip6.model.language.interpreter import Message as Request
from pmip6.model.language.table import Channel, Message, Role, Rule
from pmip6.model.language.terms import SortKind, Term, variable
from pmip6.model.lma.rules import lma
from pmip6.model.shipped.configurations import ON, REJECTIONS, facts, overlapping
from pmip6.model.state import MOBILE_NODE, held_gateway, pba, pbu

SETS = ("p1", "p2", "p1+p2")
CHOSEN = REJECTIONS.changed(
    nodes=("mn1", "mn2", "barred", "unknown"),
    gateways=("mag1", "mag2", "stranger"),
    prefixes=SETS,
    facts=facts(
        ("mn1", "mn2", "barred"),
        ("mag1", "mag2"),
        ("p1", "p2"),
        is_assignable=frozenset({("mn1", "p1"), ("mn1", "p2"), ("mn2", "p1")}),
        is_enabled_node=frozenset({("mn1",), ("mn2",)}),
        may_request=frozenset({("mn1", "p1"), ("mn1", "p1+p2")}),
        several_prefixes=ON,
        overlaps=overlapping(SETS),
    ),
    roles=frozenset({Role.LMA}),
    disabled=frozenset({"expire"}),
)
MODEL = Model(CHOSEN)
TIMES = (1, 2, 3)
FLAGS = [i for i, (n, _) in enumerate(pbu.fields) if n.startswith(("has_", "timely"))]
READ = {name for name, sort in pbu.fields if sort.kind is SortKind.BOOL}


def _messages(most: int) -> list[Request]:
    """Every request of the domain, with at most so many flags not as usual."""
    usual = {"deregistration": False, **dict.fromkeys(READ - {"deregistration"}, True)}
    changes = [
        c for n in range(most + 1) for c in itertools.combinations(sorted(READ), n)
    ]
    found: list[Request] = []
    for node, gateway, prefix, time, change in itertools.product(
        CHOSEN.nodes, CHOSEN.gateways, (None, *CHOSEN.prefixes), TIMES, changes
    ):
        values = usual | {name: not usual[name] for name in change}
        values |= {
            "node": node,
            "gateway": gateway,
            "proxy_coa": gateway,
            "prefix": prefix,
            "timestamp": time,
        }  # type: ignore[dict-item]  # values of any sort
        values |= {"link_layer": None, "technology": None, "sequence": None}  # type: ignore[dict-item]  # values of any sort
        values |= {"origin": "GATEWAY", "handoff_indicator": "UNKNOWN"}  # type: ignore[dict-item]  # values of any sort
        found.append(tuple(values[name] for name, _ in pbu.fields))
    return found


PLAIN = [m for m in _messages(1) if all(m[i] for i in FLAGS)]


def _states(interpreter: Interpreter) -> list[State]:
    """States of the anchor after up to three messages or expiries."""
    states = {interpreter.initial(): 0}
    waiting = list(states)
    for state in waiting:
        for rule in MODEL.rules if states[state] < 3 else ():
            if isinstance(rule.on, Channel):
                steps = (s for m in PLAIN for s in interpreter.receive(rule, m, state))
            else:
                steps = interpreter.steps(rule, state)
            for step in steps:
                target = step.target._replace(queues=state.queues)
                if target not in states:
                    states[target] = states[state] + 1
                    waiting.append(target)
    return list(states)


def test_exactly_one_rule_treats_a_request() -> None:
    interpreter = Interpreter(MODEL)
    messages = _messages(2)
    receiving = [rule for rule in MODEL.rules if rule.on == pbu]
    taken: set[str] = set()
    states = _states(interpreter)
    for number, state in enumerate(states[:: len(states) // 120]):
        for message in (*PLAIN[number % 3 :: 3], *messages[number % 31 :: 31]):
            able = [
                rule.name
                for rule in receiving
                if next(interpreter.receive(rule, message, state), None) is not None
            ]
            assert len(able) == 1, (state, message, able)
            taken |= set(able)
    assert taken == {r.name for r in receiving}
    assert {r.name for r in lma.rules if r.on == pbu} - taken == {
        "acknowledge_foreign_deregistration",
        "hand_over_to_waiting",
        "hold_newer_request",
        "hold_request",
        "reject_low_sequence_number",
        "restart_deletion_delay",
    }


UNANSWERED = {
    "ignore_deregistration_without_session": "silently ignored (5213-5.4.1.1-8)",
    "ignore_foreign_deregistration": "ignored (5213-5.3.5-1)",
    "hold_request": "answered when the wait is over (5213-9.1-5)",
    "hold_newer_request": "the same",
}
"""Rules that receive a request and send nothing, and why."""
AFTER_A_WAIT = {
    "hand_over_to_waiting",
    "allocate_after_waiting",
    "reject_after_waiting",
}


def _answered(rule: Rule) -> list[tuple[Term, Term]]:
    """For which node, and to which gateway, a rule answers."""
    names = [name for name, _ in pba.fields]
    node, gateway = names.index("node"), names.index("gateway")
    return [(s.values[node], s.values[gateway]) for s in rule.sends if s.channel == pba]


def test_each_request_is_answered_once() -> None:
    """It goes to the sender, unless the text wants silence; a wait ends with an answer."""
    request = Message(pbu)
    receiving = {r.name: _answered(r) for r in lma.rules if r.on == pbu}
    assert set(UNANSWERED) <= receiving.keys()
    for name, answers in receiving.items():
        held = [(request.node, held_gateway[request.node])]
        own = [] if name in UNANSWERED else [(request.node, request.gateway)]
        assert answers == own + (held if name in AFTER_A_WAIT else []), name
    others = {r.name: _answered(r) for r in lma.rules if r.on != pbu and _answered(r)}
    node = variable("node", MOBILE_NODE)
    assert others == {
        name: [(node, held_gateway[node])] for name in AFTER_A_WAIT - receiving.keys()
    }
