"""The compiled explorer against the plain interpreter, and the counts that it pins."""

from collections import Counter

import pytest

from pmip6.model.configurations import ONE_NODE, REJECTIONS, STRANGERS
from pmip6.model.domain import Configuration, Model
from pmip6.model.interpreter import Interpreter, State
from pmip6.properties.derived import time_can_go_on
from pmip6.properties.explore import explore

RELIABLE: frozenset[str] = frozenset()
SMALL = ONE_NODE.changed(
    durations={},
    capacity={"pbu": 1, "pba": 1},
    gateways=("mag1",),
    prefixes=("p1",),
    entries=("bce1",),
    faults=RELIABLE,
)
CONFIGURATIONS = {
    "perfect channels": SMALL,
    "loss and duplication": SMALL.changed(
        faults=frozenset({"lose", "duplicate"}),
        capacity={"pbu": 2, "pba": 1},
        disabled=frozenset(
            {
                "retransmit",
                "renew",
                "notice_detachment",
                "expire",
                "propose_prefix",
                "fail_authentication",
            }
        ),
    ),
    "a queue": SMALL.changed(
        faults=frozenset({"lose"}),
        reorder=False,
        capacity={"pbu": 2, "pba": 1},
        disabled=frozenset({"retransmit", "renew"}),
    ),
    "late messages": SMALL.changed(
        faults=frozenset({"delay", "lose"}), disabled=frozenset({"retransmit"})
    ),
    "clocks": SMALL.changed(
        durations={"binding_lifetime": (2,), "retransmission": (1, 2)},
        disabled=frozenset({"fail_authentication", "propose_prefix"}),
    ),
    "two prefixes": SMALL.changed(
        prefixes=("p1", "p2"), entries=("bce1", "bce2"), disabled=frozenset({"renew"})
    ),
    "two gateways": SMALL.changed(
        gateways=("mag1", "mag2"),
        disabled=frozenset(
            {
                "retransmit",
                "renew",
                "propose_prefix",
                "fail_authentication",
                "notice_detachment",
                "expire",
            }
        ),
    ),
    "faulty peer": REJECTIONS.changed(
        nodes=("mn1",), faults=RELIABLE, entries=("bce1",)
    ),
}


def _count(model: Model, limit: int) -> tuple[int, int, int, Counter[str]]:
    """States, transitions, depth and steps by rule, by the plain interpreter."""
    interpreter = Interpreter(model)
    first = interpreter.canonical(interpreter.initial())
    depth: dict[State, int] = {first: 0}
    waiting = [first]
    rules: Counter[str] = Counter()
    for state in waiting:
        for step in interpreter.transitions(state):
            rules[step.name] += 1
            target = interpreter.canonical(step.target)
            if target not in depth:
                depth[target] = depth[state] + 1
                waiting.append(target)
        assert len(depth) < limit
    return len(depth), rules.total(), max(depth.values()), rules


@pytest.mark.parametrize("chosen", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_the_explorer_and_the_interpreter_count_the_same(chosen: Configuration) -> None:
    model = Model(chosen)
    run = explore(model, [])
    rules = {name: steps for name, steps in run.rules.items() if steps}
    found = (run.states, run.transitions, run.depth, rules)
    assert found == _count(model, limit=20000)


def test_the_number_of_threads_changes_nothing() -> None:
    model = Model(CONFIGURATIONS["loss and duplication"])
    one, two = (explore(model, [], threads=n) for n in (1, 2))
    assert (one.states, one.transitions, one.depth, one.rules) == (
        two.states,
        two.transitions,
        two.depth,
        two.rules,
    )


@pytest.mark.parametrize(
    ("chosen", "states", "transitions", "depth"),
    [(STRANGERS, 3364, 204740, 6), (REJECTIONS, 40368, 2483792, 11)],
    ids=lambda c: c.name if isinstance(c, Configuration) else "",
)
def test_the_counts_of_the_small_configurations(
    chosen: Configuration, states: int, transitions: int, depth: int
) -> None:
    run = explore(Model(chosen), [])
    assert (run.states, run.transitions, run.depth) == (states, transitions, depth)


def test_time_can_go_on_with_every_clock_real() -> None:
    model = Model(CONFIGURATIONS["clocks"])
    explore(model, [time_can_go_on(model)])
