"""The machines of the roles do what the interpreter does, by edges that are derived."""

import random

import pytest

from pmip6.model.domain import Configuration, Model
from pmip6.model.language.edges import CONTROLS, edges
from pmip6.model.language.interpreter import Interpreter, Message, State, Transition
from pmip6.model.language.table import Channel, Role, Timer
from pmip6.model.language.terms import name_of
from pmip6.model.machines import LmaMachine, RoleMachine
from pmip6.model.shipped.configurations import CONFIGURATIONS, ONE_NODE
from pmip6.model.state import bce_state, pbu

EDGES = {
    Role.LMA: {
        ("FREE", "REGISTERED"): {
            "allocate",
            "allocate_after_waiting",
            "register_requested_prefix",
        },
        ("REGISTERED", "REGISTERED"): {"extend", "hand_off", "hand_over_to_waiting"},
        ("REGISTERED", "DEREGISTERED"): {"deregister"},
        ("DEREGISTERED", "REGISTERED"): {"extend", "hand_off"},
        ("DEREGISTERED", "FREE"): {"delete_after_delay", "restart_without_bindings"},
        ("REGISTERED", "FREE"): {"expire", "restart_without_bindings"},
        ("FREE", "FREE"): {"restart_without_bindings"},
    },
    Role.MN: {
        ("DETACHED", "ATTACHED"): {"attach", "attach_with_hint"},
        ("ATTACHED", "DETACHED"): {"detach", "obey_command"},
    },
}


@pytest.mark.parametrize("role", EDGES, ids=lambda role: role.value)
def test_source_and_target_follow_from_guard_and_update(role: Role) -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for edge in edges(CONTROLS[role]):
        if not edge.internal:
            found.setdefault((edge.source, edge.target), set()).add(edge.rule.name)
    assert found == EDGES[role]


def test_the_gateway_leaves_and_enters_every_state() -> None:
    control = CONTROLS[Role.MAG]
    found = [e for e in edges(control) if not e.internal]
    assert {e.source for e in found} == {e.target for e in found} == set(control.states)


def test_a_rule_that_moves_nothing_is_internal_where_its_guard_may_hold() -> None:
    internal = [e for e in edges(CONTROLS[Role.LMA]) if e.internal]
    rejected = [e.source for e in internal if e.rule.name == "reject_unknown_node"]
    assert rejected == ["FREE", "REGISTERED", "DEREGISTERED"]
    repeated = [e.source for e in internal if e.rule.name == "repeat_deregistration"]
    assert repeated == ["DEREGISTERED"]


def test_there_are_no_transitions_but_those_of_the_table() -> None:
    machine = LmaMachine(Model(ONE_NODE)).machine
    assert set(machine.events) == {
        "receive_pbu",
        "expire_binding_lifetime",
        "expire_min_delay_before_bce_delete",
    }
    rows = sum(len(machine.get_transitions(name)) for name in machine.events)
    assert rows == len(edges(CONTROLS[Role.LMA], Model(ONE_NODE).rules))


def message_of(step: Transition) -> Message:
    """The message on which a step was taken."""
    assert step.rule is not None and isinstance(step.rule.on, Channel)
    return tuple(step.environment[f"message.{n}"] for n, _ in step.rule.on.fields)


def triggered(machine: RoleMachine, step: Transition) -> Transition | None:
    """What the machine does on the trigger of a step of the interpreter."""
    assert step.rule is not None
    match step.rule.on:
        case Channel() as channel:
            return machine.receive(channel, message_of(step))
        case Timer() as timer:
            args = tuple(step.environment[name_of(a)] for a in step.rule.expiry_args)
            return machine.expire(timer, args)
        case None:
            return machine.act(step.name, step.environment)


def without_message(step: Transition, state: State, model: Model) -> State:
    """The state in which the message of a step has left its queue."""
    assert step.rule is not None
    if not isinstance(step.rule.on, Channel):
        return state
    place = model.queues[step.rule.on.name, step.environment["message.node"]]
    waiting = list(state.queues[place])
    waiting.remove(message_of(step))
    queues = list(state.queues)
    queues[place] = tuple(waiting)
    return state._replace(queues=tuple(queues))


@pytest.mark.parametrize("role", CONTROLS, ids=lambda role: role.value)
@pytest.mark.parametrize("configuration", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_the_machine_agrees_with_the_interpreter_on_random_runs(
    role: Role, configuration: Configuration
) -> None:
    model = Model(configuration)
    interpreter = Interpreter(model)
    control = CONTROLS[role]
    own = {edge.rule.name for edge in edges(control)}
    state = interpreter.initial()
    taken: set[str] = set()
    for _ in range(250):
        by_rule: dict[str, list[Transition]] = {}
        for step in interpreter.transitions(state):
            by_rule.setdefault(step.name, []).append(step)
        steps = by_rule[random.choice(list(by_rule))]
        step = random.choice(steps)
        if step.name in own:
            machine = RoleMachine(role, model, without_message(step, state, model))
            answer = triggered(machine, step)
            assert answer is not None
            taken.add(answer.name)
            alike = [s for s in interpreter.transitions(state) if s.name == answer.name]
            assert machine.state in [s.target for s in alike]
            for args, cell in machine.cells.items():
                place = model.cells[control.map.name, args]
                value = machine.state.cells[place]
                assert cell.control_state == control.state_of(value)
        state = step.target
    assert taken or not own & {rule.name for rule in model.rules}


def test_an_anchor_answers_starts_timers_and_deletes_in_time() -> None:
    model = Model(ONE_NODE)
    machine = LmaMachine(model)
    request = dict.fromkeys((name for name, _ in pbu.fields), True) | {
        "node": "mn1",
        "gateway": "mag1",
        "origin": "GATEWAY",
        "deregistration": False,
        "prefix": None,
        "timestamp": 1,
        "handoff_indicator": "UNKNOWN",
    }
    (cell, _) = machine.cells.values()
    step = machine.receive(pbu, tuple(request.values()))
    assert step is not None and step.name == "allocate"
    assert [(channel.name, sent[3]) for channel, sent in step.sent] == [
        ("pba", "ACCEPTED")
    ]
    assert cell.control_state == "REGISTERED"
    again = machine.receive(pbu, tuple(request.values()))
    assert again is not None and again.name == "reject_mismatched_timestamp"
    request |= {"deregistration": True, "timestamp": 2}
    step = machine.receive(pbu, tuple(request.values()))
    assert step is not None and step.name == "deregister"
    assert [(name, args) for name, args, ticks in step.timers if ticks] == [
        ("min_delay_before_bce_delete", ("bce1",))
    ]
    assert cell.control_state == "DEREGISTERED"
    assert list(machine.due()) == []
    remaining = machine.remaining()
    assert remaining is not None
    machine.elapse(remaining)
    ((timer, args),) = machine.due()
    step = machine.expire(timer, args)
    assert step is not None and step.name == "delete_after_delay"
    assert cell.control_state == "FREE"
    assert machine.state.cells[model.cells[bce_state.name, args]] == "FREE"
