"""Traces of engines, judged by the plain interpreter alone."""

from pmip6.model.domain import Model
from pmip6.model.language.interpreter import Interpreter
from pmip6.properties.property import Property
from pmip6.properties.replay import violates
from pmip6.properties.result import Trace


def replays(trace: Trace, model: Model) -> bool:
    """Whether the trace begins in the first state and each step is one from its state."""
    interpreter = Interpreter(model)
    return trace.states[0] == interpreter.initial() and all(
        any(
            (offered.name, offered.target) == (step.name, after)
            for offered in interpreter.transitions(before)
        )
        for before, step, after in zip(
            trace.states, trace.steps, trace.states[1:], strict=False
        )
    )


def ends_in_violation(trace: Trace, model: Model, broken: Property | None) -> bool:
    """Whether the last step violates the property; or, for none, the run ends stuck."""
    interpreter = Interpreter(model)
    if broken is None:
        return not any(interpreter.transitions(trace.states[-1]))
    return violates(interpreter, broken)(trace.steps[-1], trace.states[-2])
