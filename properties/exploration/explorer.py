"""The compiled explorer: every reachable state, breadth first, by explorer.c."""

from __future__ import annotations

import ctypes
import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

from pmip6.model.domain import Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.interpreter import TICK, Interpreter, State
from pmip6.properties.exploration.c_code import MARK_BITS, CProgram
from pmip6.properties.exploration.compiled import library
from pmip6.properties.exploration.graph_library import graph_types
from pmip6.properties.exploration.layout import Layout
from pmip6.properties.exploration.memory import free_memory
from pmip6.properties.exploration.search import INTERRUPTED, Extent, Progress, Reached
from pmip6.properties.exploration.slicing import SlicedModel
from pmip6.properties.exploration.symmetry import Symmetry
from pmip6.properties.property import Property, Scope
from pmip6.properties.replay import Found, replay, violates
from pmip6.properties.result import Trace

PARTS = 8  # as in explorer.c
CHUNK = 4096  # states of each part in one round
ROUNDS_UNTOLD = 64  # rounds of a layer between two words of progress
NO_ROOM = 2**64 - 1  # in place of the size of a layer
SHARE_OF_MEMORY = 0.8  # of what is free when the run begins


@dataclasses.dataclass(frozen=True)
class Violation:
    """A step that violates something: packed states before and after, depth of the first.

    Both are the same where a state does.  `found` tells the round.
    """

    found: int
    origin: tuple[int, ...]
    depth: int
    rule: int
    target: tuple[int, ...]


class Explorer:
    """One exploration of one model with some properties, by compiled code.

    Args:
        model: The model.
        properties: What is decided.
        threads: How many threads take part.
        lasting: Whether the code is worth optimising and keeping.
        symmetry: The renamings that make one state of several, if any.
        compact: Keep some bits of the hash of a state instead of it.
        memory: The most octets for states; most of what is free, if not given.
        most: How many violations of each property are wanted.

    Raises:
        NoCompiler: There is no C compiler.
    """

    def __init__(
        self,
        model: Model,
        properties: Sequence[Property],
        *,
        threads: int,
        lasting: bool = True,
        symmetry: Symmetry | None = None,
        compact: bool = False,
        memory: int | None = None,
        most: int = 1,
    ) -> None:
        self.compact = compact
        self.most = most
        self._given = model, lasting
        self.most_memory = memory or int(free_memory() * SHARE_OF_MEMORY)
        self.symmetry = symmetry
        self.whole = model.whole if isinstance(model, SlicedModel) else model
        model = model if symmetry is None else symmetry.model
        self.model = model
        self.threads = threads
        self.layout = Layout(model)
        self.interpreter = Interpreter(self.whole)
        self.program = CProgram(self.layout, properties, symmetry, compact=compact)
        self.properties = self.program.properties
        self.library = _typed(library(self.program.text(), lasting=lasting), compact)
        self.engine = ctypes.c_void_p(self.library.engine_new(self.most_memory, most))
        self._images: dict[State, frozenset[State]] = {}
        self._row = ctypes.c_uint64 * self.layout.words

    def close(self) -> None:
        """Give the memory back."""
        if not self.compact:
            self.library.graph_free(self.engine)
        self.library.engine_free(self.engine)

    def run(
        self, *, limit: int | None, enough: Callable[[], bool], progress: Progress
    ) -> Extent:
        """Explore until all is met, `limit` states are, or `enough` is known."""
        begin = self._row(*((0,) * self.layout.words))
        self.library.engine_begin(self.engine, begin)
        with ThreadPoolExecutor(self.threads) as pool:
            several = pool if self.threads > 1 else None
            depth, stopped = self._rounds(several, limit, enough, progress)
        transitions = sum(self.steps().values())
        return Extent(self.states, transitions, depth, stopped, self.memory)

    def _rounds(
        self,
        pool: Executor | None,
        limit: int | None,
        enough: Callable[[], bool],
        progress: Progress,
    ) -> tuple[int, str]:
        """The depth that was reached, and what stopped the search."""
        lib, engine = self.library, self.engine
        depth = number = 0
        layer = 1

        def expand(part: int) -> int:
            return int(lib.engine_expand(engine, part, number, CHUNK))

        def insert(part: int) -> int:
            return int(lib.engine_insert(engine, part))

        def each(task: Callable[[int], int]) -> Iterable[int]:
            parts = range(PARTS)
            return list(map(task, parts) if pool is None else pool.map(task, parts))

        def tell(waiting: int) -> None:
            progress(Reached(self.states, depth, waiting, self.memory))

        stopped = ""
        try:
            while not stopped:
                waiting = layer
                while taken := sum(each(expand)):
                    number += 1
                    waiting -= taken
                    failed = any(each(insert))
                    if failed:
                        stopped = self._no_memory()
                    elif limit is not None and self.states > limit:
                        stopped = f"the limit is {limit} states"
                    elif enough():
                        stopped = "what was sought is found"
                    if stopped:
                        break
                    if number % ROUNDS_UNTOLD == 0:
                        tell(waiting)
                layer = 0 if stopped else int(lib.engine_layer(engine))
                if layer == NO_ROOM:
                    layer, stopped = 0, self._no_memory()
                tell(layer)
                if not layer:
                    break
                depth += 1
        except KeyboardInterrupt:
            stopped = INTERRUPTED
        return depth, stopped

    def _no_memory(self) -> str:
        """What to tell of a search that ends because its states fill the memory."""
        used = {
            "--slice": isinstance(self.model, SlicedModel),
            "--symmetry": self.symmetry is not None,
            "--compact": self.compact,
        }
        others = ", ".join(option for option, is_used in used.items() if not is_used)
        return (
            f"{self.most_memory >> 20:,} MiB hold no more states; --memory gives more"
            + (f", and these need less: {others}" if others else "")
        )

    @property
    def table(self) -> int:
        """The octets of the table, and so of all that is kept of a state if compact."""
        return int(self.library.engine_table(self.engine))

    @property
    def omission(self) -> float:
        """A bound on the probability that a state was taken for another.

        The marks are taken for those of a random function; the first state that is missed
        is one more than those that were met.
        """
        bits = MARK_BITS if self.compact else math.inf
        return self.states * (self.states + 1) / 2 * 2**-bits

    @property
    def states(self) -> int:
        """How many states were met."""
        return int(self.library.engine_count(self.engine))

    @property
    def stands(self) -> int:
        """How many states those that were met stand for."""
        return int(self.library.engine_stands(self.engine))

    @property
    def memory(self) -> int:
        """The octets of the table, the frontier and the buffers."""
        return int(self.library.engine_bytes(self.engine))

    def steps(self) -> dict[str, int]:
        """How many steps each rule took."""
        names = [*(rule.name for rule in self.model.rules), TICK]
        return {
            name: int(self.library.engine_steps(self.engine, i))
            for i, name in enumerate(names)
        }

    def is_reached(self, number: int) -> bool:
        """Whether the premise of a property was met."""
        return bool(self.library.engine_reached(self.engine, number))

    def is_violated(self, number: int) -> bool:
        """Whether a property was violated as often as wanted."""
        return len(self._violations(number)) == self.most

    def _violations(self, number: int) -> list[Violation]:
        """The first violations of a property, no two of which end in the same step."""
        found = [
            violation
            for part in range(PARTS)
            for place in range(self.most)
            if (violation := self._violation(part, number, place)) is not None
        ]
        distinct: dict[tuple[object, ...], Violation] = {}
        for each in sorted(found, key=lambda violation: violation.found):
            distinct.setdefault((each.rule, each.target), each)
        return [*distinct.values()][: self.most]

    def _violation(self, part: int, number: int, place: int) -> Violation | None:
        origin, depth, target = self._row(), ctypes.c_uint64(), self._row()
        rule = ctypes.c_uint32()
        found = self.library.engine_violation(
            self.engine,
            part,
            number,
            place,
            origin,
            ctypes.byref(depth),
            ctypes.byref(rule),
            target,
        )
        if not found:
            return None
        return Violation(found, tuple(origin), depth.value, rule.value, tuple(target))

    def traces(self, number: int) -> tuple[Trace, ...]:
        """Shortest runs that violate a property; the last step of each does."""
        violations = self._violations(number)
        if self.compact and violations:
            return self._exact_traces(number)
        return tuple(self._trace(number, violation) for violation in violations)

    def _trace(self, number: int, violation: Violation) -> Trace:
        path = self._path(violation.origin, violation.depth)
        broken = None
        if number < len(self.properties):
            broken = self.properties[number]
            if broken.scope is not Scope.STATE:
                name = [*(r.name for r in self.model.rules), TICK][violation.rule]
                path.append(Found(self.layout.unpack(violation.target), name))
        return self._replayed(path, broken)

    def _exact_traces(self, number: int) -> tuple[Trace, ...]:
        """The runs to violations, which an exact search looks for once more.

        Raises:
            Pmip6Error: Its states do not fit the memory.
        """
        model, lasting = self._given
        claims = self.properties[number : number + 1]
        exact = Explorer(
            model,
            claims,
            threads=self.threads,
            lasting=lasting,
            symmetry=self.symmetry,
            memory=self.most_memory,
            most=self.most,
        )
        try:
            extent = exact.run(
                limit=None,
                enough=lambda: exact.is_violated(0),
                progress=lambda reached: None,
            )
            traces = exact.traces(0)
        finally:
            exact.close()
        if not traces:
            name = claims[0].name if claims else "no-deadlock"
            raise Pmip6Error(
                name,
                f"is violated, but no run can be shown: {extent.stopped}",
                "give more memory with --memory",
                exit_code=3,
            )
        return traces

    def _replayed(self, path: list[Found], broken: Property | None) -> Trace:
        """The run of the whole model through what was found, whose last step breaks it."""

        def on(interpreter: Interpreter) -> Trace:
            if broken is None:
                return replay(interpreter, path, meets=self._meets)
            return replay(interpreter, path, violates(interpreter, broken), self._meets)

        try:
            return on(self.interpreter)
        except Pmip6Error:
            if self.symmetry is None:
                raise
        # elements that a rule takes for alike are not: it goes on with another than the first
        model = self.symmetry.of_any(self.whole)
        return dataclasses.replace(on(Interpreter(model)), model=model)

    def _meets(self, state: State, target: State) -> bool:
        """Whether a state of the whole model is one for which a state found stands."""
        view = self.interpreter.canonical
        if isinstance(self.model, SlicedModel):
            view = self.model.view
        if self.symmetry is None:
            return view(state) == target
        if target not in self._images:
            self._images[target] = self.symmetry.images(target)
        return view(state) in self._images[target]

    def state_of_graph(self, number: int) -> State:
        """The canonical state of a number of the graph."""
        row = self._row()
        self.library.graph_state(self.engine, number, row)
        return self.layout.unpack(tuple(row))

    def _path(self, words: tuple[int, ...], depth: int) -> list[Found]:
        """A shortest run to a packed state that was met at a depth."""
        path: list[Found] = []
        target = self._row(*words)
        for earlier in reversed(range(depth)):
            path.append(Found(self.layout.unpack(tuple(target))))
            before = self._row()
            if not self.library.engine_before(self.engine, target, earlier, before):
                raise Pmip6Error(
                    f"depth {earlier}",
                    "no state has a step to one that was met from there",
                    "report this: the search is wrong",
                    exit_code=3,
                )
            target = before
        return path[::-1]


def _typed(lib: ctypes.CDLL, compact: bool) -> ctypes.CDLL:
    pointer, number, wide = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64
    words = ctypes.POINTER(ctypes.c_uint64)
    narrow = ctypes.POINTER(ctypes.c_uint32)
    types: dict[str, tuple[list[object], object]] = {
        "engine_new": ([wide, wide], pointer),
        "engine_free": ([pointer], None),
        "engine_begin": ([pointer, words], number),
        "engine_expand": ([pointer, number, wide, wide], wide),
        "engine_insert": ([pointer, number], number),
        "engine_layer": ([pointer], wide),
        "engine_count": ([pointer], wide),
        "engine_bytes": ([pointer], wide),
        "engine_stands": ([pointer], wide),
        "engine_table": ([pointer], wide),
        "engine_steps": ([pointer, number], wide),
        "engine_reached": ([pointer, number], number),
        "engine_violation": (
            [pointer, number, number, wide, words, words, narrow, words],
            wide,
        ),
    }
    if not compact:  # what needs whole states
        types["engine_before"] = ([pointer, words, wide, words], number)
        types |= graph_types()
    for name, (arguments, result) in types.items():
        function = getattr(lib, name)
        function.argtypes, function.restype = arguments, result
    return lib
