"""A run that an engine found, taken again step by step on the plain interpreter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import Interpreter, State, Transition
from pmip6.model.language.terms import Term
from pmip6.properties.property import Property, Scope
from pmip6.properties.result import Trace


@dataclass(frozen=True)
class Found:
    """A step that an engine found: the canonical state after it, and its rule if known."""

    target: State
    rule: str | None = None


def replay(
    interpreter: Interpreter,
    steps: Sequence[Found],
    wanted: Callable[[Transition, State], bool] = lambda step, state: True,
    meets: Callable[[State, State], bool] | None = None,
) -> Trace:
    """The run through these states, with the messages and times as they really are.

    The states of the trace are not canonical: times grow along it.  Of several steps that
    fit, the first in the order of the interpreter is taken; the last step must also be
    `wanted`, given the state before it.  An engine that has one state for several of the
    interpreter says with `meets` whether a state is among those of a target.

    Raises:
        Pmip6Error: The interpreter has no such step: the engine and it disagree.
    """

    def is_it(state: State, target: State) -> bool:
        return interpreter.canonical(state) == target

    fitting = meets or is_it
    states = [interpreter.initial()]
    taken: list[Transition] = []
    for number, found in enumerate(steps):
        is_last = number == len(steps) - 1
        for step in interpreter.transitions(states[-1]):
            fits = found.rule is None or step.name == found.rule
            if (
                fits
                and fitting(step.target, found.target)
                and (not is_last or wanted(step, states[-1]))
            ):
                taken.append(step)
                states.append(step.target)
                break
        else:
            raise Pmip6Error(
                f"step {number + 1} of {len(steps)}",
                "the plain interpreter cannot take the step that an engine took",
                "report this: one of the two is wrong",
                exit_code=3,
            )
    return Trace(tuple(states), tuple(taken))


def value_on(
    interpreter: Interpreter,
    claim: Property,
    step: Transition,
    state: State,
    term: Term,
) -> bool | None:
    """The value of the term or premise of a property on a step from a state.

    None where the property is not about the step: it receives no message of its channel.
    """
    if claim.scope is Scope.STATE:
        return bool(interpreter.value(term, step.target, {}))
    if not claim.is_about(step.rule):
        return None
    # a STEP term names no message and no index, so that the rest does no harm
    return bool(interpreter.value(term, state, step.environment, step.target))


def violates(
    interpreter: Interpreter, claim: Property
) -> Callable[[Transition, State], bool]:
    """Whether a step violates a property, told by the plain interpreter."""
    return lambda step, state: (
        value_on(interpreter, claim, step, state, claim.term) is False
    )
