"""A state that lives has the steps of the plain one, and stays what it was."""

import random

import pytest

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import Interpreter, State, living
from pmip6.model.language.live_state import LiveCells, LiveTimers
from pmip6.model.shipped.configurations import configuration

STEPS = 80
CONFIGURATIONS = (
    "handoff",
    "prefix-sets",
    "interfaces",
    "sequences",
    "waiting",
    "forwarding",
)


def _plain(state: State) -> State:
    return State(tuple(state.cells), tuple(state.timers), state.queues)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_same_steps_follow(name: str) -> None:
    interpreter, chance = Interpreter(Model(configuration(name))), random.Random(5213)
    plain = interpreter.initial()
    lives = living(plain)
    interpreter.prepare()
    changed = 0
    seen = {plain}
    for _ in range(STEPS):
        expected = list(interpreter.transitions(plain))
        found = list(interpreter.transitions(lives))
        # the older ones are read after the newer ones have been made
        assert [s.name for s in found] == [s.name for s in expected]
        assert [s.sent for s in found] == [s.sent for s in expected]
        assert [_plain(s.target) for s in found] == [s.target for s in expected]
        assert _plain(lives) == plain
        fresh = [at for at, s in enumerate(expected) if s.target not in seen]
        if not fresh:
            plain = interpreter.initial()
            lives = living(plain)
            continue
        lasting = [at for at in fresh if expected[at].target.cells != plain.cells]
        chosen = chance.choice(lasting or fresh)
        changed += bool(lasting)
        plain, lives = expected[chosen].target, found[chosen].target
        seen.add(plain)
    assert isinstance(lives.cells, LiveCells)
    assert changed >= 4


def test_cells_stay_what_they_were_however_they_are_read() -> None:
    first = LiveCells[int]((1, 2, 3))
    second = first.replaced({0: 7})
    third = second.replaced({0: 8, 2: 9})
    other = first.replaced({1: 5})
    for _ in range(2):
        assert third == (8, 2, 9)
        assert first == (1, 2, 3)
        assert other == (1, 5, 3)
        assert second == (7, 2, 3)
    assert third[1:] == (2, 9)
    assert hash(second) == hash((7, 2, 3))
    assert first != second


def test_timers_keep_what_runs_alone() -> None:
    timers = LiveTimers(5, {}).replaced({1: 4, 3: 1, 4: 0})
    assert timers == (0, 4, 0, 1, 0)
    assert timers.elapsed(2) == (0, 2, 0, 1, 0)
    assert 1 in timers and 0 in timers and 4 in timers and 2 not in timers
    assert timers.replaced({1: 0}).running == {3: 1}
    assert timers[1] == 4 and timers[2:] == (0, 1, 0)
