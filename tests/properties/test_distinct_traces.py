"""Several runs to the same violation: the shortest, and no two end in the same step."""

from __future__ import annotations

import pytest
from traces import ends_in_violation, replays

from pmip6.model.domain import Configuration, Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import Interpreter
from pmip6.model.shipped.named import NAMED
from pmip6.properties import protocol
from pmip6.properties.exploration.explore import NO_DEADLOCK, explore
from pmip6.properties.exploration.plain_explorer import PlainExplorer
from pmip6.properties.faults.mutants import mutant
from pmip6.properties.property import PROPERTIES, Scope
from pmip6.properties.result import Outcome, Trace
from pmip6.reports.engines import request

assert protocol  # it records the properties

BY_NAME = {p.name: p for p in PROPERTIES}
SMALL = NAMED["no-restart"]
OF_STATES = SMALL, "delay-not-started", "deletion-delay.running"
OF_STEPS = NAMED["late-requests"], "stale-request-accepted", "stale-request.binding"


def last_steps(traces: tuple[Trace, ...], model: Model) -> set[object]:
    """The rule of the last step of each run, and the state after it; times by order."""
    canonical = Interpreter(model).canonical
    return {(t.steps[-1].name, canonical(t.states[-1])) for t in traces}


def lengths(traces: tuple[Trace, ...]) -> list[int]:
    return [len(trace.steps) for trace in traces]


@pytest.mark.compiler
@pytest.mark.parametrize(
    ("chosen", "fault", "name"), [OF_STATES, OF_STEPS], ids=["state", "step"]
)
def test_each_run_ends_in_another_violation(
    chosen: Configuration, fault: str, name: str
) -> None:
    model, claim = Model(chosen, mutant(fault).rules), BY_NAME[name]
    assert (claim.scope is Scope.STATE) == (chosen is SMALL)
    one, several, by_two = (
        explore(
            model,
            [claim],
            deadlock=False,
            lasting=False,
            traces=many,
            threads=threads,
        ).properties[0]
        for many, threads in ((1, 1), (9, 1), (9, 2))
    )
    assert one.trace is not None and one.others == ()
    assert len(several.traces) == len(last_steps(several.traces, model)) == 9
    assert lengths(several.traces) == sorted(lengths(several.traces))
    for trace in several.traces:
        assert replays(trace, model)
        assert ends_in_violation(trace, model, claim)
    found = [[step.name for step in t.steps] for t in (one.trace, *several.traces)]
    assert found[0] == found[1]
    assert last_steps(by_two.traces, model) == last_steps(several.traces, model)
    plain = PlainExplorer(model, [claim], 9)
    plain.run(
        limit=None, enough=lambda: plain.is_violated(0), progress=lambda reached: None
    )
    assert lengths(plain.traces(0)) == lengths(several.traces)


@pytest.mark.compiler
def test_a_search_shows_all_violations_that_there_are_if_they_are_fewer() -> None:
    """The whole model has to be looked at, and renamings are no other violations."""
    chosen, fault, name = OF_STATES
    model, claim = Model(chosen, mutant(fault).rules), BY_NAME[name]
    every, once = (
        explore(
            model,
            [claim],
            deadlock=False,
            lasting=False,
            traces=10_000,
            symmetric=symmetric,
        ).properties[0]
        for symmetric in (False, True)
    )
    assert every.outcome is once.outcome is Outcome.VIOLATED
    assert len(once.traces) < len(every.traces) < 10_000
    assert len(every.traces) == len(last_steps(every.traces, model))


@pytest.mark.compiler
def test_states_without_a_step_are_told_apart_too() -> None:
    still = SMALL.changed(disabled=frozenset({"attach"}))
    (stuck,) = explore(Model(still), [], lasting=False, traces=3).properties
    assert stuck.name == NO_DEADLOCK
    assert len(stuck.traces) == len({trace.states[-1] for trace in stuck.traces})


def test_only_the_explorer_looks_for_several_runs() -> None:
    with pytest.raises(Pmip6Error, match="--traces N: is about explored states"):
        request(("forwarding",), "prove", None, None, traces=2)
