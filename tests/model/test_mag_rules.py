"""Each PBA that reaches a gateway is treated by exactly one rule."""

import itertools

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import Interpreter, Message, State, Value
from pmip6.model.language.table import Role
from pmip6.model.mag.rules import mag
from pmip6.model.shipped.configurations import ONE_NODE
from pmip6.model.state import Origin, pba
from pmip6.model.wire.numbers import BindingAckStatus

CHOSEN = ONE_NODE.changed(durations={}, times=None)
MODEL = Model(CHOSEN)
TIMES = (1, 2, 3)
STATES = 3000


def _messages() -> list[Message]:
    """Every acknowledgement of every status, for every request of the node."""
    found: list[Message] = []
    for gateway, status, prefix, request in itertools.product(
        CHOSEN.gateways, BindingAckStatus, CHOSEN.prefixes, TIMES
    ):
        values: dict[str, Value] = {
            "node": "mn1",
            "gateway": gateway,
            "origin": Origin.ANCHOR.name,
            "status": status.name,
            "prefix": prefix,
            "request": request,
            "sequence": None,
            "is_echo": True,
            "address_in_use": False,
        }
        found.append(tuple(values[name] for name, _ in pba.fields))
    return found


def _states(interpreter: Interpreter) -> list[State]:
    """The first reachable states, breadth first."""
    states = dict.fromkeys([interpreter.initial()])
    waiting = list(states)
    for state in waiting:
        for step in interpreter.transitions(state):
            if step.target not in states and len(states) < STATES:
                states[step.target] = None
                waiting.append(step.target)
    return waiting


def test_exactly_one_rule_treats_an_answer() -> None:
    interpreter = Interpreter(MODEL)
    messages = _messages()
    receiving = [r for r in MODEL.rules if r.on == pba and r.role is Role.MAG]
    taken: set[str] = set()
    for number, state in enumerate(_states(interpreter)[::13]):
        for message in messages[number % 7 :: 7]:
            able = [
                rule.name
                for rule in receiving
                if next(interpreter.receive(rule, message, state), None) is not None
            ]
            assert len(able) == 1, (state, message, able)
            taken |= set(able)
    assert taken == {r.name for r in receiving}
    assert {r.name for r in mag.rules if r.on == pba} >= taken
