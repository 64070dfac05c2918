"""Responses on runs without end: the engine against a plain one, faults, and lassos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from traces import replays

from pmip6.model.domain import Configuration, Model
from pmip6.model.fast_handover.corners import ENDLESS as HANDOVERS
from pmip6.model.fast_handover.corners import WITHDRAWALS
from pmip6.model.language.interpreter import Interpreter, State, Transition
from pmip6.model.language.table import Role, Timer
from pmip6.model.language.terms import FALSE
from pmip6.model.shipped.configurations import (
    LATE_REQUESTS,
    ONE_NODE,
    WAITING_IN_VAIN,
    facts,
)
from pmip6.model.shipped.configurations import RESPONSES as ENDLESS
from pmip6.model.shipped.examples import EXAMPLES
from pmip6.model.shipped.named import NAMED
from pmip6.model.state import pba, pbu
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import explore
from pmip6.properties.exploration.fair_cycles import Marked, ResponseGraph, fair_cycles
from pmip6.properties.exploration.search import INTERRUPTED
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.faults.seeded_faults import SEEDED_FAULTS
from pmip6.properties.property import PROPERTIES, with_a_case
from pmip6.properties.response import RESPONSES
from pmip6.properties.result import Outcome, Run, Trace
from pmip6.reports import engines

assert protocol  # it records the properties

pytestmark = pytest.mark.compiler

NAMES = {r.name for r in RESPONSES}
OF_WAITING = "response.waiting"
OF_WITHDRAWALS = "response.withdrawal"
OF_HANDOVERS = {"response.handover", "response.tunnel", "response.kept-packet"}
FAULTS: dict[str, tuple[int, int | None]] = {  # steps, and where the loop begins
    "answer-withheld": (15, 6),
    "prefix-withheld": (9, 4),
    "lifetime-not-started": (7, None),
    "waits-for-ever": (8, None),
    "wait-starts-again": (12, 4),
    "lifetime-stopped": (12, None),
    "given-up-handover-awaited": (9, None),
    "context-outlives-its-time": (11, None),
    "kept-packet-not-discarded": (18, None),
    "wrong-prefix-left": (20, None),
}
FAILURES: dict[str, tuple[str, int, int | None]] = {
    "refused-return": ("response.prefix", 15, None),
    "duplicated-requests": ("response.prefix", 11, None),
    "restarted-delay": ("response.deletion", 26, 6),
}
ONE_GATEWAY = ENDLESS.changed(
    gateways=("mag1",), facts=facts(("mn1",), ("mag1",), ("p1",))
)
SMALL: dict[str, Configuration] = {
    "one gateway": ONE_GATEWAY,
    "messages that wait": ONE_GATEWAY.changed(prompt=False),
    "duplicates": EXAMPLES["duplicated-requests"].changed(faults={"duplicate"}),
    "a delay that starts again": EXAMPLES["restarted-delay"],
    "no clocks": LATE_REQUESTS.changed(
        gateways=("mag1",), durations={}, disabled=frozenset[str](), times=2
    ),
    "authentication": ONE_NODE.changed(
        gateways=("mag1",),
        prefixes=("p1",),
        entries=("bce1",),
        capacity={"pbu": 1, "pba": 1},
        times=2,
        faults=frozenset({"lose"}),
    ),
}

# ---- fairness, told by the plain interpreter ---------------------------------------------

Unit = tuple[object, ...]


def unit_of(step: Transition) -> Unit | None:
    """The unit of a step, as the table in properties/fairness.py has it."""
    rule, env = step.rule, step.environment
    if rule is None:
        return ("tick",)
    if rule.role not in (Role.LMA, Role.MAG) or rule.name == "fail_authentication":
        return None
    if rule.on in (pbu, pba):
        matters = bool(rule.updates or rule.sends)
        return ("received", rule.on, env["message.gateway"], matters)
    if isinstance(rule.on, Timer):
        return (rule.on.name, *(env[str(a)] for a in rule.expiry_args))
    return (rule.name, *(env[n] for n, _ in rule.indices if n in ("node", "gateway")))


def served_by(step: Transition) -> Iterator[Unit]:
    own = unit_of(step)
    if own is not None:
        yield own
    for name, args, _ in step.timers:
        yield (name, *args)


def waiting(model: Model, state: State, steps: list[Transition]) -> set[Unit]:
    """The units that have a step in a state; time waits while a real timer runs."""
    found = {unit for step in steps if (unit := unit_of(step)) is not None}
    timers = zip(model.timers, state.timers, strict=True)
    if any(ticks and model.is_real(name) for (name, _), ticks in timers):
        found.add(("tick",))
    return found


def everywhere(found: list[set[Unit]]) -> set[Unit]:
    """The units that wait in each of some states."""
    return {unit for unit in found[0] if all(unit in some for some in found)}


class PlainGraph:
    """The graph of a small model, drawn by the interpreter."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.interpreter = Interpreter(model)
        first = self.interpreter.canonical(self.interpreter.initial())
        self.steps: dict[State, list[tuple[Transition, State]]] = {}
        todo = [first]
        while todo:
            state = todo.pop()
            if state not in self.steps:
                self.steps[state] = [
                    (step, self.interpreter.canonical(step.target))
                    for step in self.interpreter.transitions(state)
                ]
                todo += [target for _, target in self.steps[state]]
        self.waiting = {
            s: waiting(model, s, [step for step, _ in steps])
            for s, steps in self.steps.items()
        }

    def fails(self, marked: Marked, strong: bool) -> bool:
        """Whether a fair run avoids the goal, by taking states away until none is left."""
        value, case = self.interpreter.value, marked.case
        open_states = {s for s in self.steps if not value(case.goal, s, {})}
        after: dict[State, list[tuple[Transition, State]]] = {
            s: [
                (step, t)
                for step, t in self.steps[s]
                if t in open_states
                and (
                    case.step_goal is FALSE
                    or not value(case.step_goal, s, step.environment, step.target)
                )
            ]
            for s in open_states
        }
        owing = self._reached(
            {s for s in open_states if value(case.trigger, s, {})}, after
        )
        if any(not self.waiting[s] for s in owing):
            return True
        return self._has_fair_part(owing, after, strong)

    @staticmethod
    def _reached(
        begin: set[State], after: dict[State, list[tuple[Transition, State]]]
    ) -> set[State]:
        found, todo = set(begin), list(begin)
        while todo:
            for _, target in after[todo.pop()]:
                if target not in found:
                    found.add(target)
                    todo.append(target)
        return found

    def _has_fair_part(
        self,
        states: set[State],
        after: dict[State, list[tuple[Transition, State]]],
        strong: bool,
    ) -> bool:
        """Forward and backward sets of a pivot: its component, and three smaller parts."""
        work = [states]
        while work:
            part = work.pop()
            if not part:
                continue
            within = {s: [(x, t) for x, t in after[s] if t in part] for s in part}
            before: dict[State, list[tuple[Transition, State]]] = {s: [] for s in part}
            for s, steps in within.items():
                for step, t in steps:
                    before[t].append((step, s))
            pivot = next(iter(part))
            ahead = self._reached({pivot}, within)
            behind = self._reached({pivot}, before)
            component = ahead & behind
            work += [ahead - component, behind - component, part - ahead - behind]
            taken = {
                unit
                for s in component
                for step, t in within[s]
                if t in component
                for unit in served_by(step)
            }
            if not any(t in component for s in component for _, t in within[s]):
                continue
            if everywhere([self.waiting[s] for s in component]) - taken:
                continue
            starved = {
                unit
                for s in component
                for unit in self.waiting[s]
                if strong and unit[0] == "received" and unit not in taken
            }
            if not starved:
                return True
            work.append({s for s in component if not starved & self.waiting[s]})
        return False


@pytest.mark.parametrize("chosen", SMALL.values(), ids=SMALL.keys())
def test_a_plain_search_decides_the_same(chosen: Configuration) -> None:
    model = Model(chosen)
    plain = PlainGraph(model)
    verdicts: set[bool] = set()
    for strong in (True, False):
        graph = ResponseGraph(model, RESPONSES, strong=strong)
        assert graph.states == len(plain.steps)
        for marked in graph.cases:
            lasso = graph.lasso(marked)
            assert (lasso is not None) == plain.fails(marked, strong)
            verdicts.add(lasso is not None)
            if lasso is not None:
                is_fair_and_avoids(lasso, model, marked, strong)
        graph.close()
    assert verdicts == {True, False} or chosen.name == "one-node"


def is_fair_and_avoids(
    trace: Trace, model: Model, marked: Marked, strong: bool
) -> None:
    """The lasso is a run of the model that is fair and avoids the goal."""
    assert replays(trace, model)
    interpreter = Interpreter(model)
    value, case = interpreter.value, marked.case
    begin = len(trace.states) - 1
    while not value(case.goal, trace.states[begin], {}):
        begin -= 1
        if begin < 0 or value(
            case.step_goal,
            trace.states[begin],
            trace.steps[begin].environment,
            trace.states[begin + 1],
        ):
            break
    avoiding = trace.states[begin + 1 :]
    assert any(value(case.trigger, s, {}) for s in avoiding[: trace.loop or None])
    offered = [
        waiting(model, s, list(interpreter.transitions(s))) for s in trace.states
    ]
    if trace.loop is None:
        assert offered[-1] == set()
        return
    assert trace.loop > begin
    first, last = trace.states[trace.loop], trace.states[-1]
    assert interpreter.canonical(first) == interpreter.canonical(last)
    served = {u for step in trace.steps[trace.loop :] for u in served_by(step)}
    in_loop = offered[trace.loop :]
    assert everywhere(in_loop) <= served
    if strong:
        assert {u for some in in_loop for u in some if u[0] == "received"} <= served


# ---- what holds, and what fails ----------------------------------------------------------


def test_every_response_holds_on_the_configuration_for_them() -> None:
    told = [r for r in RESPONSES if r.has_a_case(Model(ENDLESS))]
    run = fair_cycles(Model(ENDLESS), told)
    assert {p.name for p in run.properties} == NAMES - {
        OF_WAITING,
        OF_WITHDRAWALS,
        *OF_HANDOVERS,
    }
    assert {(p.outcome, p.method) for p in run.properties} == {
        (Outcome.HOLDS, "fair cycles")
    }
    explored = explore(Model(ENDLESS), [])
    assert (run.states, run.transitions, run.depth) == (23104, 90008, 35)
    assert (explored.states, explored.transitions) == (run.states, run.transitions)


def test_a_request_waits_no_longer_than_the_delay() -> None:
    (response,) = (r for r in RESPONSES if r.name == OF_WAITING)
    (result,) = fair_cycles(Model(WAITING_IN_VAIN), [response]).properties
    assert (result.outcome, result.vacuous) == (Outcome.HOLDS, False)


def test_handovers_end() -> None:
    """HIs are answered or given up, tunnels end, packets that are kept leave."""
    model = Model(HANDOVERS)
    asked = [r for r in RESPONSES if r.name not in HANDOVERS.silent_on]
    run = fair_cycles(model, [r for r in asked if r.has_a_case(model)])
    told = {p.name: (p.outcome, p.vacuous) for p in run.properties}
    names = {"response.deletion", *OF_HANDOVERS}
    assert told == dict.fromkeys(names, (Outcome.HOLDS, False))


def test_a_wrong_prefix_is_withdrawn() -> None:
    (response,) = (r for r in RESPONSES if r.name == OF_WITHDRAWALS)
    (result,) = fair_cycles(Model(WITHDRAWALS), [response]).properties
    assert (result.outcome, result.vacuous) == (Outcome.HOLDS, False)


def test_its_other_properties_hold_as_well() -> None:
    model = Model(ENDLESS)
    found = explore(model, with_a_case(model, PROPERTIES)).properties
    assert {p.name for p in found if p.outcome is Outcome.VIOLATED} == set()
    undecided = {p.name for p in found if p.outcome is Outcome.UNDECIDED}
    assert undecided == ENDLESS.silent_on


def test_where_losses_never_end_no_request_is_answered() -> None:
    graph = ResponseGraph(Model(ENDLESS), RESPONSES, strong=False)
    lassos = {m.response.name: graph.lasso(m) for m in graph.cases}
    graph.close()
    assert {n for n, found in lassos.items() if found} == {
        "response.answer",
        "response.prefix",
    }
    found = lassos["response.answer"]
    assert found is not None and found.loop == 5
    assert [step.name for step in found.steps[5:]] == [
        "lose_pbu",
        "tick",
        "tick",
        "retransmit",
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_shown_by_a_lasso(fault: str) -> None:
    broken = SEEDED_FAULTS[fault].property
    where = WAITING_IN_VAIN if broken == OF_WAITING else ENDLESS
    where = HANDOVERS if broken in OF_HANDOVERS else where
    where = WITHDRAWALS if broken == OF_WITHDRAWALS else where
    model = Model(where, mutant(fault).rules)
    (result,) = fair_cycles(
        model, [r for r in RESPONSES if r.name == broken]
    ).properties
    assert result.outcome is Outcome.VIOLATED and result.trace is not None
    assert (len(result.trace.steps), result.trace.loop) == FAULTS[fault]
    assert replays(result.trace, model)


def test_every_response_has_a_fault() -> None:
    assert {SEEDED_FAULTS[fault].property for fault in FAULTS} == NAMES


@pytest.mark.parametrize("name", FAILURES)
def test_an_example_fails_as_the_finding_tells(name: str) -> None:
    broken, length, loop = FAILURES[name]
    model = Model(EXAMPLES[name])
    results = {p.name: p for p in fair_cycles(model, RESPONSES).properties}
    assert {n for n, p in results.items() if p.outcome is Outcome.VIOLATED} == {broken}
    assert EXAMPLES[name].broken == {broken}
    trace = results[broken].trace
    assert trace is not None and (len(trace.steps), trace.loop) == (length, loop)
    assert replays(trace, model)


def test_what_is_too_large_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pmip6.properties.exploration.fair_cycles.MOST_STATES", 1000)
    run = fair_cycles(Model(ENDLESS), RESPONSES)
    assert {p.outcome for p in run.properties} == {Outcome.UNDECIDED}
    assert all("the limit is 1000 states" in p.note for p in run.properties)


def test_too_many_units_of_fairness_leave_a_response_undecided() -> None:
    name = "two-handovers"  # has 139
    run = fair_cycles(Model(NAMED[name]), RESPONSES[:1])  # before any search
    assert run.states is None
    assert {p.outcome for p in run.properties} == {Outcome.UNDECIDED}
    assert {p.note for p in run.properties} == {
        f"configuration {name}: has more than 62 units of fairness (make it smaller)"
    }


def test_an_interrupt_in_runs_without_end_keeps_what_was_explored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engines, "fair_cycles", interrupted)
    asked = engines.request((ENDLESS.name,), "explore", None, None)
    wanted = engines.request((), "explore", "response", None).selected
    asked = replace(asked, selected=frozenset({"unique-binding.session", *wanted}))
    told: list[Run] = []
    with pytest.raises(KeyboardInterrupt):
        for run in engines.runs(asked, lambda text: None):
            told.append(run)
    (run,) = told
    assert INTERRUPTED in run.notes
    first, *others = run.properties
    assert (first.name, first.outcome) == ("unique-binding.session", Outcome.HOLDS)
    assert others and {r.outcome for r in others} == {Outcome.UNDECIDED}
