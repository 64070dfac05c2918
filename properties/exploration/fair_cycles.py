"""The engine of responses: fair runs without end that avoid a goal.

All states and steps are drawn as a graph (properties/exploration/graph.c); a response fails where a
strongly connected component of the steps that avoid its goal is fair and is reached from
a triggered state.  What is shown is a lasso: a run to the component, and a loop in it.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pmip6.model.domain import Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import TICK
from pmip6.model.language.terms import FALSE, TRUE, Term
from pmip6.properties.exploration.explorer import PARTS, Explorer
from pmip6.properties.exploration.search import INTERRUPTED, Extent
from pmip6.properties.fairness import Fairness
from pmip6.properties.property import Property, Scope
from pmip6.properties.replay import Found, replay
from pmip6.properties.response import Case, Response
from pmip6.properties.result import Outcome, PropertyResult, Run, Trace

ENGINE = "explore"
METHOD = "fair cycles"
MOST_STATES = 1_500_000
END = 0xFFFFFFFF  # as in graph.c: a run may end there
MOST_STEPS = 1 << 26


@dataclass(frozen=True)
class Marked:
    """A case of a response, with the numbers of its marks in the graph."""

    response: Response
    case: Case
    trigger: int
    goal: int
    step_goal: int


class ResponseGraph:
    """The graph of a model with the marks of some responses.

    Raises:
        NoCompiler: There is no C compiler.
        Pmip6Error: It has too many states or steps, or no room for them.
    """

    def __init__(
        self, model: Model, responses: Sequence[Response], *, strong: bool = True
    ) -> None:
        marks: list[Property] = []
        self.cases = list(_marked(model, responses, marks))
        self._explorer = Explorer(model, marks, threads=1)
        self._names = [*(rule.name for rule in model.rules), TICK]
        try:
            self.fairness = self._explorer.program.units.fairness(strong)
            extent = self._explorer.run(
                limit=MOST_STATES,
                enough=lambda: False,
                progress=lambda reached: None,
            )
            if extent.stopped == INTERRUPTED:
                raise KeyboardInterrupt
            if extent.stopped:
                raise _too_large(model, extent.stopped)
            self._draw(model)
        except Pmip6Error:
            self.close()
            raise
        self.extent = extent
        self.states = extent.states
        self._component = (ctypes.c_uint32 * self.states)()
        self._steps = (ctypes.c_uint64 * (2 * self.states))()

    def _draw(self, model: Model) -> None:
        if self._call("graph_draw", MOST_STEPS):
            raise _too_large(model, f"the limit is {MOST_STEPS} steps")

    def close(self) -> None:
        """Give the memory back."""
        self._explorer.close()

    def _call(self, name: str, *arguments: object) -> int:
        function = getattr(self._explorer.library, name)
        return int(function(self._explorer.engine, *arguments))

    def is_triggered(self, marked: Marked) -> bool:
        """Whether a case is triggered in some state."""
        return bool(self._call("graph_has_mark", marked.trigger))

    def lasso(self, marked: Marked, fairness: Fairness | None = None) -> Trace | None:
        """A fair run that avoids the goal for ever, or ends before it; None if none does."""
        fair = fairness or self.fairness
        marks = (marked.trigger, marked.goal, marked.step_goal)
        left = self._call("graph_fair", *marks, fair.weak, fair.strong, self._component)
        if left == 0:
            return None
        owed = ctypes.c_uint64()
        length = self._call(
            "graph_stem", *marks, self._component, self._steps, ctypes.byref(owed)
        )
        if left < 0 or length < 0:
            raise Pmip6Error(METHOD, "there is no memory for more", exit_code=3)
        stem = list(self._steps[:length])
        begin = self._target(stem[-1]) if stem else self._call("graph_begin")
        ends = self._component[begin] == END
        loop = [] if ends else self._loop(begin, marked, fair)
        path = [
            Found(
                self._explorer.state_of_graph(self._target(step)),
                self._names[self._call("graph_rule", step)],
            )
            for step in (*stem, *loop)
        ]
        found = replay(self._explorer.interpreter, path)
        return Trace(found.states, found.steps, loop=len(stem) if loop else None)

    def _target(self, step: int) -> int:
        return self._call("graph_target", step)

    def _loop(self, begin: int, marked: Marked, fair: Fairness) -> list[int]:
        """The steps of a loop in the component of a state that is fair to every unit."""
        loop: list[int] = []
        here = begin
        every = range(1, (fair.weak | fair.strong).bit_length())
        for unit in every:
            strong = bool(fair.strong >> unit & 1)
            if not strong and (
                not fair.weak >> unit & 1 or self._is_idle(begin, loop, unit)
            ):
                continue
            if any(self._call("graph_served", s) >> unit & 1 for s in loop):
                continue
            walk = self._walk(marked, here, begin, unit, idle=not strong)
            loop += walk or []  # a strong unit that has no step in the component
            here = self._target(loop[-1]) if loop else begin
        if here != begin or not loop:
            loop += self._walk(marked, here, begin, 0, idle=False) or []
        return loop

    def _is_idle(self, begin: int, loop: Sequence[int], unit: int) -> bool:
        """Whether a unit has no step in some state of the loop so far."""
        states = [begin, *map(self._target, loop)]
        return any(not self._call("graph_enabled", n) >> unit & 1 for n in states)

    def _walk(
        self, marked: Marked, here: int, home: int, unit: int, idle: bool
    ) -> list[int] | None:
        length = self._call(
            "graph_walk",
            marked.goal,
            marked.step_goal,
            self._component,
            here,
            home,
            unit,
            int(idle),
            self._steps,
        )
        return None if length < 0 else list(self._steps[:length])


def _too_large(model: Model, reason: str) -> Pmip6Error:
    return Pmip6Error(
        f"configuration {model.configuration.name}",
        f"is too large for {METHOD}: {reason}",
        exit_code=3,
    )


def _marked(
    model: Model, responses: Sequence[Response], marks: list[Property]
) -> Iterator[Marked]:
    """Each case with its marks, which are put into the list.

    A mark is a property that is violated where the term holds.
    """

    def mark(name: str, term: Term, scope: Scope) -> int:
        if term is FALSE:
            return -1
        claim = Property(name, ~term, scope, TRUE, (), name)
        marks.append(claim)
        return len(marks) - 1

    for response in responses:
        for number, case in enumerate(response.cases(model)):
            name = f"{response.name} {number}"
            yield Marked(
                response,
                case,
                mark(f"{name} trigger", case.trigger, Scope.STATE),
                mark(f"{name} goal", case.goal, Scope.STATE),
                mark(f"{name} step goal", case.step_goal, Scope.STEP),
            )


def fair_cycles(model: Model, responses: Sequence[Response]) -> Run:
    """Decide responses in a model, with a lasso for each that fails.

    What cannot be decided says why.
    """
    start = time.monotonic()
    extent: Extent | None = None
    try:
        graph = ResponseGraph(model, responses)
    except Pmip6Error as error:
        results = [_undecided(r, error.line()) for r in responses]
    else:
        try:
            results = [_decided(graph, r) for r in responses]
            extent = graph.extent
        finally:
            graph.close()
    return Run(
        configuration=model.configuration.name,
        engine=ENGINE,
        states=None if extent is None else extent.states,
        transitions=None if extent is None else extent.transitions,
        depth=None if extent is None else extent.depth,
        seconds=time.monotonic() - start,
        properties=tuple(results),
    )


def _undecided(wanted: Response, reason: str) -> PropertyResult:
    return PropertyResult(
        wanted.name, Outcome.UNDECIDED, METHOD, wanted.assumptions, note=reason
    )


def _decided(graph: ResponseGraph, wanted: Response) -> PropertyResult:
    cases = [m for m in graph.cases if m.response is wanted]
    lassos = [found for m in cases if (found := graph.lasso(m)) is not None]
    outcome, note, trace = Outcome.HOLDS, "", None
    if lassos:
        outcome = Outcome.VIOLATED
        trace = min(lassos, key=lambda found: len(found.steps))
        note = loop_text(trace)
    vacuous = not any(map(graph.is_triggered, cases))
    if vacuous:
        outcome, note = Outcome.UNDECIDED, "vacuous: it is triggered nowhere"
    return PropertyResult(
        wanted.name, outcome, METHOD, wanted.assumptions, trace, note, vacuous
    )


def loop_text(trace: Trace) -> str:
    """Which steps of a lasso come again and again."""
    if trace.loop is None:
        return f"after {len(trace.steps)} steps nothing has to happen any more"
    return f"steps {trace.loop + 1} to {len(trace.steps)} come again and again"


assert PARTS == 8  # as in graph.h
