"""A counterexample to induction as a small finite model, replayed on the interpreter.

The solver is asked again with few elements in each sort.  What it finds is read back as a
configuration, a state and one step, and the plain interpreter takes the step: only what
it confirms is shown as a trace.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import z3

from pmip6.model.domain import CHANNELS, MAPS, RIGIDS, TIMERS, Configuration, Model
from pmip6.model.language.evaluation import Environment
from pmip6.model.language.interpreter import (
    Interpreter,
    Message,
    State,
    Value,
    initial_value,
)
from pmip6.model.language.table import Channel, Rule
from pmip6.model.language.terms import BOOL, Op, Sort, SortKind, subterms
from pmip6.model.shipped.configurations import ON
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    LINK_LAYER,
    MOBILE_NODE,
    PREFIX,
    SEQUENCE,
    TECHNOLOGY,
    TIME,
    TUNNEL,
)
from pmip6.properties.proof.any_size import AnySize, Failure
from pmip6.properties.proof.lemma import Lemma
from pmip6.properties.proof.obligations import is_of_states
from pmip6.properties.proof.open_world import (
    AnyState,
    fresh,
    literal_of,
    literals,
    none,
    precedes,
    z3_sort,
)
from pmip6.properties.proof.solving import answer_of
from pmip6.properties.proof.z3_terms import Values
from pmip6.properties.property import Property
from pmip6.properties.result import Trace

SIZES = (2, 3, 4)  # elements of each open sort that are tried, `none` included
TIMES = 5
NAMES = {
    MOBILE_NODE: "mn",
    GATEWAY: "mag",
    PREFIX: "p",
    ENTRY: "bce",
    LINK_LAYER: "if",
    TECHNOLOGY: "att",
    SEQUENCE: "n",
    TUNNEL: "tunnel",
}
"""Sorts with elements in a counterexample; no setting has rules about others."""
ADDRESSED = (MOBILE_NODE, GATEWAY)
"""Sorts of which every message names an element."""
ADDRESSES = ("node", "gateway", "source", "destination")
"""The fields that name them."""


@dataclass(frozen=True, eq=False)
class Counterexample:
    """A state, and a rule with its indices, that breaks a property; in words a note."""

    rule: Rule | None
    environment: Environment
    state: State
    model: Model
    trace: Trace | None


def finite_counterexample(
    engine: AnySize,
    failure: Failure,
    origin: dict[Rule, Rule],
    lemmas: Sequence[Lemma],
) -> Counterexample:
    """The smallest counterexample to an obligation, replayed where it can be.

    Args:
        engine: The proofs that the failure comes from.
        failure: An obligation with a model that breaks it.
        origin: The rule as it was recorded, by the rule of the proof.
        lemmas: The lemmas that the state before the step satisfies.
    """
    assert failure.model is not None
    found, values = _smaller(engine, failure, lemmas) or (failure.model, failure.values)
    rule = origin.get(failure.duty.rule) if failure.duty.rule else None
    reader = _Reader(found, tuple(origin.values()), engine.switches)
    environment = {
        name: reader.value(values[name], sort)
        for name, sort in (rule.variables if rule else ())
    }
    state = reader.state()
    claim = failure.duty.claim
    trace = None
    if isinstance(claim, Property) and rule is not None:
        extra = reader.messages() if _names_messages(claim) else []
        trace = _replay(reader.model, claim, rule, environment, state, extra)
    return Counterexample(rule, environment, state, reader.model, trace)


def _names_messages(claim: Property) -> bool:
    return any(t.op is Op.SENT for t in subterms(claim.term))


def _smaller(
    engine: AnySize, failure: Failure, lemmas: Sequence[Lemma]
) -> tuple[z3.ModelRef, Values] | None:
    for size in SIZES:
        duty = failure.duty
        values = engine.prover.choice(duty.rule)
        solver, marks = engine.query(duty, lemmas)
        solver.add(*(_at_most(size, sort) for sort in NAMES), _at_most(TIMES, TIME))
        solver.add(*_named(values))
        if answer_of(solver, *marks) == z3.sat:
            return solver.model(), values
    return None


def _named(values: Mapping[str, z3.ExprRef]) -> Iterator[z3.BoolRef]:
    """The message, if there is one, names who it is about, from and to."""
    for field in ADDRESSES:
        if (value := values.get(f"message.{field}")) is not None:
            yield value != none(MOBILE_NODE if field == "node" else GATEWAY)


def _at_most(size: int, sort: Sort) -> z3.BoolRef:
    element, *all_of_them = fresh((sort,) * (size + 1))
    return z3.ForAll([element], z3.Or(*(element == e for e in all_of_them)))


class _Reader:
    """Reads a Z3 model of the open world as a configuration and a state."""

    def __init__(
        self,
        found: z3.ModelRef,
        rules: tuple[Rule, ...],
        switches: Mapping[str, bool],
    ) -> None:
        self.found = found
        self.switches = switches
        self.elements = {s: self._elements(s) for s in NAMES}
        self.times = self._times()
        self.model = Model(self._configuration(), rules)

    def _elements(self, sort: Sort) -> dict[str, z3.ExprRef]:
        nothing = self.found.eval(none(sort), True)
        universe = self.found.get_universe(z3_sort(sort)) or ()
        others = [e for e in universe if not e.eq(nothing)]
        return {f"{NAMES[sort]}{i}": e for i, e in enumerate(others, 1)}

    def _times(self) -> list[z3.ExprRef]:
        universe = list(self.found.get_universe(z3_sort(TIME)) or ())
        nothing = self.found.eval(none(TIME), True)
        universe = [nothing, *(t for t in universe if not t.eq(nothing))]

        def earlier(time: z3.ExprRef) -> int:
            return sum(self._is_true(precedes(other, time)) for other in universe)

        return sorted(universe, key=earlier)

    def _is_true(self, formula: z3.ExprRef) -> bool:
        return z3.is_true(self.found.eval(formula, True))

    def _configuration(self) -> Configuration:
        facts: dict[str, frozenset[tuple[Value, ...]]] = {
            name: ON for name, on in self.switches.items() if on
        }
        for rigid in RIGIDS:
            if rigid.index:
                relation = z3.Function(
                    rigid.name, *(z3_sort(s) for s in (*rigid.index, BOOL))
                )
                facts[rigid.name] = frozenset(
                    tuple(
                        self._name(e, s) for e, s in zip(args, rigid.index, strict=True)
                    )
                    for args in self._tuples(rigid.index)
                    if self._is_true(relation(*args))
                )
        return Configuration(
            name="counterexample",
            summary="the elements of a counterexample to induction",
            nodes=tuple(self.elements[MOBILE_NODE]),
            gateways=tuple(self.elements[GATEWAY]),
            prefixes=tuple(self.elements[PREFIX]),
            entries=tuple(self.elements[ENTRY]),
            link_layers=tuple(self.elements[LINK_LAYER]),
            technologies=tuple(self.elements[TECHNOLOGY]),
            sequences=tuple(self.elements[SEQUENCE]),
            tunnels=tuple(self.elements[TUNNEL]),
            facts=facts,
            capacity={c.name: 1_000_000 for c in CHANNELS},
        )

    def _tuples(self, sorts: Sequence[Sort]) -> Iterator[tuple[z3.ExprRef, ...]]:
        return itertools.product(*(self._listed(s).values() for s in sorts))

    def _listed(self, sort: Sort) -> dict[str, z3.ExprRef]:
        """The elements of a sort by their names, without `none`."""
        if sort.kind is SortKind.ENUM:
            return dict(zip(sort.literals, literals(sort), strict=True))
        return self.elements.get(sort, {})

    def _name(self, element: z3.ExprRef, sort: Sort) -> str | None:
        named = (n for n, e in self._listed(sort).items() if e.eq(element))
        return next(named, None)

    def value(self, expression: z3.ExprRef, sort: Sort) -> Value:
        """The value of an expression as the interpreter has it."""
        result = self.found.eval(expression, True)
        match sort.kind:
            case SortKind.BOOL:
                return z3.is_true(result)
            case SortKind.ENUM:
                return literal_of(result, sort)
            case SortKind.LEVEL:
                return 0
            case SortKind.ORDERED:
                return next(i for i, t in enumerate(self.times) if t.eq(result))
            case SortKind.OPEN:
                return self._name(result, sort)

    def state(self) -> State:
        """The state before the step, without messages."""
        now = AnyState()
        cells: list[Value] = []
        for state_map in MAPS:
            for args in self._tuples(state_map.index):
                cell = now.read(state_map.name, args)
                cells.append(self.value(cell, state_map.value))
        timers: list[int] = []
        for timer in TIMERS:
            for args in self._tuples(timer.index):
                running = self._is_true(now.running(timer.name, args))
                due = self._is_true(now.due(timer.name, args))
                timers.append(1 if due else 2 if running else 0)
        return State(tuple(cells), tuple(timers), ((),) * len(self.model.queues))

    def messages(self) -> list[tuple[Channel, Message]]:
        """All acknowledgements that were ever sent; requests are not read by claims."""
        found: list[tuple[Channel, Message]] = []
        for channel in CHANNELS:
            if channel.name != "pba":
                continue
            sorts = [sort for _, sort in channel.fields]
            for fields in itertools.product(*(self._every(s) for s in sorts)):
                if self._is_true(AnyState().sent(channel.name, fields)):
                    pairs = zip(fields, sorts, strict=True)
                    found.append((channel, tuple(self.value(f, s) for f, s in pairs)))
        return found

    def _every(self, sort: Sort) -> Sequence[z3.ExprRef]:
        if sort == TIME:
            return self.times
        if sort.kind is SortKind.OPEN:
            elements = self.elements[sort].values()
            return tuple(elements) if sort in ADDRESSED else (none(sort), *elements)
        return literals(sort)


def _replay(
    model: Model,
    claim: Property,
    rule: Rule,
    environment: Environment,
    state: State,
    extra: list[tuple[Channel, Message]],
) -> Trace | None:
    """The step on the interpreter, with no more messages than it needs to go wrong."""

    def attempt(messages: list[tuple[Channel, Message]]) -> Trace | None:
        return _one_step(Interpreter(model), claim, rule, environment, state, messages)

    best = attempt(extra)
    if best is None:
        return None
    for message in list(extra):
        fewer = [m for m in extra if m is not message]
        shorter = attempt(fewer)
        if shorter is not None:
            extra, best = fewer, shorter
    return best


def _one_step(
    interpreter: Interpreter,
    claim: Property,
    rule: Rule,
    environment: Environment,
    state: State,
    messages: list[tuple[Channel, Message]],
) -> Trace | None:
    if None in [environment.get(f"message.{n}", "") for n in ADDRESSES]:
        return None  # the interpreter has no place for a message of nobody
    queues = [list[Message]() for _ in state.queues]
    for channel, message in messages:
        queues[interpreter.model.queues[channel.name, _node(channel, message)]].append(
            message
        )
    taken = state._replace(queues=tuple(tuple(q) for q in queues))
    if not all(interpreter.value(g, taken, environment) for g in rule.guard):
        return None
    before = taken
    if isinstance(rule.on, Channel):
        trigger = tuple(environment[f"message.{n}"] for n, _ in rule.on.fields)
        queues[interpreter.model.queues[rule.on.name, _node(rule.on, trigger)]].append(
            trigger
        )
        before = state._replace(queues=tuple(tuple(q) for q in queues))
    step = interpreter.apply(rule, taken, environment)
    if is_of_states(claim):
        holds = interpreter.value(claim.term, step.target, {})
    else:
        holds = interpreter.value(claim.term, before, environment, step.target)
    if holds:
        return None
    return Trace((before, step.target), (step,), initial=False, model=interpreter.model)


def _node(channel: Channel, message: Message) -> Value:
    return message[[n for n, _ in channel.fields].index("node")]


def describe(shown: Counterexample) -> str:
    """The counterexample in words: the state, the rule and its indices."""
    state = shown.state if shown.trace is None else shown.trace.states[0]
    parts = [
        f"{name}[{', '.join(map(str, args))}] = {value}"
        for (name, args), value in zip(shown.model.cells, state.cells, strict=True)
        if value != initial_value(MAPS[name].value)
    ]
    parts += [
        f"{name}[{', '.join(map(str, args))}] {'is due' if ticks == 1 else 'runs'}"
        for (name, args), ticks in zip(shown.model.timers, state.timers, strict=True)
        if ticks
    ]
    chosen = ", ".join(f"{n}={v}" for n, v in shown.environment.items())
    name = "time passing" if shown.rule is None else shown.rule.name
    return f"{name}({chosen}) in the state {', '.join(parts) or 'where nothing is set'}"
