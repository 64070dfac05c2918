"""Shorter runs to the same violation: steps are left out as long as it remains.

A run is replayed step by step.  A step is found again as the one of its rule that is most
like it; times do not count, as they are others once steps are gone.  With a step goes what
cannot be done without it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

from pmip6.model.language.interpreter import State, Transition
from pmip6.model.state import TIME
from pmip6.properties.result import Trace

Successors = Callable[[State], Mapping[str, Sequence[Transition]]]
Violates = Callable[[Sequence[State], Sequence[Transition]], bool]
Wanted = tuple[Transition, int]  # a step, and its place among those like it


def shrink(trace: Trace, successors: Successors, violates: Violates) -> Trace:
    """A run to a violation from which no step and no pair of steps can be left out.

    Args:
        trace: A run whose last state or step is the violation.
        successors: The steps from a state by rule.
        violates: Whether the last state or step of a run is the violation.
    """
    best = trace
    wanted = _wanted(best, successors)
    shorter = True
    while shorter:
        shorter = False
        for kept in _without_some(wanted):
            found = _replay(best.states[0], kept, successors, violates)
            if found is not None and len(found.steps) < len(best.steps):
                best, shorter = found, True
                wanted = _wanted(best, successors)
                break
    return best


def _without_some(wanted: list[Wanted]) -> Iterator[list[Wanted]]:
    """The run without a stretch of it, long ones first; then without any two steps."""
    size = len(wanted) // 2
    while size:
        for start in range(len(wanted) - size, -1, -1):
            yield wanted[:start] + wanted[start + size :]
        size //= 2
    for first, second in itertools.combinations(range(len(wanted)), 2):
        yield wanted[:first] + wanted[first + 1 : second] + wanted[second + 1 :]


def _wanted(trace: Trace, successors: Successors) -> list[Wanted]:
    pairs = zip(trace.states, trace.steps, strict=False)
    return [(step, _place(step, state, successors)) for state, step in pairs]


def _place(step: Transition, state: State, successors: Successors) -> int:
    alike = _alike(step, successors(state))
    return next((i for i, s in enumerate(alike) if s.target == step.target), 0)


def _alike(
    step: Transition, among: Mapping[str, Sequence[Transition]]
) -> list[Transition]:
    """The steps of the same rule with the most indices and fields alike."""
    same = among.get(step.name, ())
    fewest = min((_differences(step, s) for s in same), default=0)
    return [s for s in same if _differences(step, s) == fewest]


def _differences(one: Transition, other: Transition) -> int:
    """In how many indices and message fields two steps of a rule differ, times aside."""
    variables = () if one.rule is None else one.rule.variables
    return sum(
        one.environment[name] != other.environment[name]
        for name, sort in variables
        if sort != TIME
    )


def _replay(
    first: State, wanted: list[Wanted], successors: Successors, violates: Violates
) -> Trace | None:
    """The run of the wanted steps that can be taken, up to its first violation."""
    states, steps = [first], list[Transition]()
    for step, place in wanted:
        alike = _alike(step, successors(states[-1]))
        if not alike:
            continue  # it followed from a step that is left out
        taken = alike[min(place, len(alike) - 1)]
        states.append(taken.target)
        steps.append(taken)
        if violates(states, steps):
            return Trace(tuple(states), tuple(steps))
    return None
