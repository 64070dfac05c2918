"""A model as a module of TLA+: typed variables, an action for each rule, its properties.

The times of a run grow without end; what counts is their order, which `View` shows.  A
model checker that takes states of one view for one counts the states of the explorer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pmip6.model.domain import CHANNELS, MAPS, RIGIDS, TIMERS, Model
from pmip6.model.language.table import (
    Channel,
)
from pmip6.model.language.terms import (
    FALSE,
    TRUE,
    Op,
    Sort,
    SortKind,
    initial,
    subterms,
)
from pmip6.model.state import TIME
from pmip6.properties.exploration.printer import Unheld
from pmip6.properties.property import Property, Scope, receives
from pmip6.properties.tla_plus.actions import AND, Actions, each
from pmip6.properties.tla_plus.expressions import (
    Expressions,
    elements,
)

TIMES, UNION = " \\X ", " \\cup\n    "
_WORD = re.compile(r"\W")


def tla_plus(model: Model, properties: Iterable[Property] = ()) -> str:
    """The module of a model; it ends with what TLC's configuration file has to say.

    Args:
        model: The model.
        properties: What is written as invariants and as properties of steps; a comment
            names those that read a field which no state of the model holds.

    Raises:
        Pmip6Error: A rule chooses a time, but not for one node.
    """
    return "\n".join(_Writer(model, properties).lines()) + "\n"


def module_name(model: Model) -> str:
    """The name of the module, which its file has to have."""
    return _WORD.sub("_", model.configuration.name)


class _Writer:
    """Writes one module."""

    def __init__(self, model: Model, properties: Iterable[Property]) -> None:
        self.model = model
        self.properties = list(properties)
        self.terms = Expressions(model)
        reduced = (
            (r, [self.terms.reduced(g, r.on) for g in r.guard]) for r in model.rules
        )
        self.rules = [
            r.changed(guard=tuple(g for g in guard if g is not TRUE))
            for r, guard in reduced
            if all(g is not FALSE for g in guard)
        ]
        self.maps = [m for m in MAPS if m.name in model.written]
        self.timers = [t for t in TIMERS if t.name in self.terms.started]
        sent = {s.channel.name for rule in self.rules for s in rule.sends}
        room = model.configuration.room
        self.channels = [c for c in CHANNELS if c.name in sent and room(c.name)]
        self.actions = Actions(model, self.terms, self.maps, self.timers, self.channels)

    def lines(self) -> Iterator[str]:
        """The text, line by line."""
        chosen = self.model.configuration
        yield f"---- MODULE {module_name(self.model)} ----"
        yield f"(* pmip6 model export {chosen.name} --format tla: {chosen.summary} *)"
        yield "EXTENDS Naturals, FiniteSets"
        yield ""
        yield from self._elements()
        yield ""
        yield from self._facts()
        yield ""
        yield f"VARIABLES {', '.join(self.actions.variables)}"
        yield f"vars == <<{', '.join(self.actions.variables)}>>"
        yield ""
        yield from self._types()
        yield ""
        yield from self._network()
        yield ""
        yield from self._times()
        yield ""
        yield from self._init()
        for rule in self.rules:
            yield ""
            yield from self.actions.rule(rule)
        tick = list(self.actions.tick())
        yield from tick
        yield ""
        yield "Next =="
        for rule in self.rules:
            yield f"    \\/ {self.actions.taken(rule)}"
        if tick:
            yield "    \\/ tick"
        yield ""
        yield "Spec == Init /\\ [][Next]_vars"
        yield ""
        yield from self._view()
        invariants, steps = ["TypeOK"], list[str]()
        for asked in self.properties:
            yield ""
            try:
                yield from self._property(asked)
            except Unheld as error:
                yield f"\\* {asked.name}: {error}"
                continue
            of = invariants if asked.scope is Scope.STATE else steps
            of.append(_WORD.sub("_", asked.name))
        yield ""
        yield "(* The configuration file of TLC:"
        yield "SPECIFICATION Spec"
        yield "VIEW View"
        yield "CHECK_DEADLOCK FALSE"
        yield from (f"INVARIANT {name}" for name in invariants)
        yield from (f"PROPERTY {name}" for name in steps)
        yield "*)"
        yield "===="

    # ---- elements, types -------------------------------------------------------------

    def _sorts(self) -> Iterator[Sort]:
        """The open sorts with elements, or that a rule names."""
        found: dict[Sort, None] = {}
        for m in self.maps:
            found |= dict.fromkeys((*m.index, m.value))
        for t in self.timers:
            found |= dict.fromkeys(t.index)
        for channel in self.channels:
            found |= dict.fromkeys(s for _, s in channel.fields)
        for rule in self.rules:
            found |= dict.fromkeys(s for _, s in rule.indices)
        terms = [g for rule in self.rules for g in rule.guard]
        terms += [u.value for rule in self.rules for u in rule.updates]
        terms += [v for r in self.rules for s in r.sends for v in s.values]
        terms += [self.model.decided(p.term) for p in self.properties]
        for term in terms:
            for part in subterms(term):
                if part.op in (Op.FORALL, Op.EXISTS):
                    found[part.payload[1]] = None  # type: ignore[index]  # a quantifier
        yield from (s for s in found if s.kind in (SortKind.OPEN, SortKind.ENUM))

    def _elements(self) -> Iterator[str]:
        yield 'None == "none"'
        for sort in self._sorts():
            names = (self.terms.literal(sort, e) for e in self.model.elements(sort))
            yield f"{sort.name} == {{{', '.join(names)}}}"
        yield f"Level == 0..{self.model.levels - 1}"
        for rule in self.rules:
            if rule.first is not None:
                break
        else:
            return
        yield ""
        yield "\\* the elements before one, where rules take the first that will do"
        for sort in self._chosen_first():
            named = [self.terms.literal(sort, e) for e in self.model.elements(sort)]
            cases = [
                f"x = {e} -> {{{', '.join(named[:i])}}}" for i, e in enumerate(named)
            ]
            yield f"Before{sort.name}(x) == CASE {' [] '.join(cases)}"

    def _chosen_first(self) -> dict[Sort, None]:
        return dict.fromkeys(
            dict(r.indices)[r.first] for r in self.rules if r.first is not None
        )

    def _facts(self) -> Iterator[str]:
        yield "\\* what the configuration fixes"
        for rigid in RIGIDS:
            if not self.model.configuration.facts.get(rigid.name):
                continue
            if not rigid.index:
                yield f"{rigid.name} == TRUE"
                continue
            names = [f"x{i}" for i in range(len(rigid.index))]
            true = [
                "<<"
                + ", ".join(
                    self.terms.literal(s, e)
                    for s, e in zip(rigid.index, args, strict=True)
                )
                + ">>"
                for args in self.model.tuples(rigid.index)
                if self.model.is_fact(rigid.name, args)
            ]
            yield (
                f"{rigid.name}({', '.join(names)}) =="
                f" <<{', '.join(names)}>> \\in {{{', '.join(true)}}}"
            )

    def _type(self, sort: Sort) -> str:
        match sort.kind:
            case SortKind.BOOL:
                return "BOOLEAN"
            case SortKind.ENUM:
                return sort.name
            case SortKind.OPEN:
                return f"{sort.name} \\cup {{None}}"
            case SortKind.ORDERED:
                return "Nat"
            case SortKind.LEVEL:
                return "Level"

    def _types(self) -> Iterator[str]:
        yield "TypeOK =="
        for m in self.maps:
            yield f"    /\\ {m.name} \\in {_function(m.index, self._type(m.value))}"
        for t in self.timers:
            most = max(self.model.configuration.durations.get(t.name, (0,)))
            longest = f"0..{1 + most}"
            yield f"    /\\ {t.name} \\in {_function(t.index, longest)}"
        cases: list[tuple[str, str]] = []
        for channel in self.channels:
            sorts = dict(channel.fields)
            fields = [f'channel : {{"{channel.name}"}}']
            fields += [
                f"{n} : {sorts[n].name if n == 'node' else self._type(sorts[n])}"
                for n in self.terms.held(channel)
            ]
            cases.append((channel.name, f"x[1] \\in [{', '.join(fields)}]"))
        yield "    /\\ \\A x \\in network : x[2] \\in Nat /\\"
        yield f"        {_by_channel('x[1]', cases)}"

    # ---- messages, times -------------------------------------------------------------

    def _network(self) -> Iterator[str]:
        chosen = self.model.configuration
        yield "\\* Messages under way, each with a number that tells it from its equals."
        if chosen.reorder:
            yield "UnderWay(c) == {x[1] : x \\in {y \\in network : y[1].channel = c}}"
            yield "Received(c) == UnderWay(c)"
            same = "y[1] = message"
        else:
            yield "UnderWay(c) == {x[1] : x \\in {y \\in network : y[1].channel = c}}"
            yield (
                "Received(c) =="
                " {x[1] : x \\in {y \\in network : y[1].channel = c /\\ y[2] = 1}}"
            )
            same = "y[1].channel = message.channel /\\ y[1].node = message.node"
        yield f"Alike(under_way, message) == {{y \\in under_way : {same}}}"
        if chosen.reorder:
            yield (
                "Taken(message) == network \\ {<<message,"
                " Cardinality(Alike(network, message))>>}"
            )
        else:
            yield (
                "Taken(message) == (network \\ Alike(network, message)) \\cup"
                " {<<y[1], y[2] - 1>> :"
                " y \\in {z \\in Alike(network, message) : z[2] > 1}}"
            )
        rooms = [(c.name, str(chosen.room(c.name))) for c in self.channels]
        yield f"Room(message) == {_by_channel('message', rooms)}"
        few = [
            "Cardinality({y \\in under_way : y[1].channel = message.channel"
            " /\\ y[1].node = message.node}) < Room(message)"
        ]
        if chosen.in_flight is not None:
            few.append(f"Cardinality(under_way) < {chosen.in_flight}")
        yield "\\* a full channel loses what is put into it"
        yield "Sent(under_way, message) =="
        yield f"    IF {AND.join(few)}"
        yield (
            "    THEN under_way \\cup"
            " {<<message, 1 + Cardinality(Alike(under_way, message))>>}"
        )
        yield "    ELSE under_way"

    def _time_fields(self) -> Iterator[tuple[Channel, str]]:
        for channel in self.channels:
            for name, sort in channel.fields:
                if sort == TIME and name in self.terms.held(channel):
                    yield channel, name

    def _times(self) -> Iterator[str]:
        parts = ["{0}"]
        for m in self.maps:
            if m.value != TIME:
                continue
            bound = [f"i{i}" for i in range(1, len(m.index))]
            cell = f"{m.name}{self.terms.at(['n', *bound])}"
            ranges = [
                f"{b} \\in {elements(s)}"
                for b, s in zip(bound, m.index[1:], strict=True)
            ]
            parts.append(
                f"{{{cell} : {', '.join(ranges)}}}" if ranges else f"{{{cell}}}"
            )
        for channel, name in self._time_fields():
            mine = f'{{y \\in UnderWay("{channel.name}") : y.node = n}}'
            parts.append(f"{{x.{name} : x \\in {mine}}}")
        yield "\\* the times of a node that are in use; 0 is none"
        yield "Times(n) =="
        yield f"    {UNION.join(parts)}"
        yield (
            "Later(n) == 1 + (CHOOSE t \\in Times(n) : \\A u \\in Times(n) : u <= t)"
        )
        most = self.model.configuration.times
        if most is None:
            yield "NewTimes(n) == {Later(n)}"
        else:
            yield (
                f"NewTimes(n) == IF Cardinality(Times(n) \\ {{0}}) < {most}"
                " THEN {Later(n)} ELSE {}"
            )
        yield "Rank(n, t) == Cardinality({u \\in Times(n) : 0 < u /\\ u <= t})"

    def _view(self) -> Iterator[str]:
        """The state with the times of each node replaced by their order."""
        parts: list[str] = []
        for m in self.maps:
            if m.value != TIME:
                parts.append(m.name)
                continue
            bound = [f"i{i}" for i in range(len(m.index))]
            ranges = [
                f"{b} \\in {elements(s)}" for b, s in zip(bound, m.index, strict=True)
            ]
            cell = f"{m.name}{self.terms.at(bound)}"
            parts.append(f"[{', '.join(ranges)} |-> Rank(i0, {cell})]")
        parts += [t.name for t in self.timers]
        cases: list[tuple[str, str]] = []
        for channel in self.channels:
            changed = [
                f"!.{name} = Rank(message.node, message.{name})"
                for c, name in self._time_fields()
                if c is channel
            ]
            ranked = f"[message EXCEPT {', '.join(changed)}]" if changed else "message"
            cases.append((channel.name, ranked))
        yield "\\* the times of a node count by their order alone"
        yield f"Ranked(message) == {_by_channel('message', cases)}"
        parts.append("{<<Ranked(y[1]), y[2]>> : y \\in network}")
        yield f"View == <<{', '.join(parts)}>>"

    def _init(self) -> Iterator[str]:
        yield "Init =="
        for m in self.maps:
            first = self.terms.literal(m.value, initial(m.value).payload)
            yield f"    /\\ {m.name} = {_constant(m.index, first)}"
        for t in self.timers:
            yield f"    /\\ {t.name} = {_constant(t.index, '0')}"
        yield "    /\\ network = {}"

    # ---- properties ------------------------------------------------------------------

    def _property(self, asked: Property) -> Iterator[str]:
        term = self.model.decided(asked.term)
        names: dict[str, str] = {}
        if asked.channel is not None:
            names["message"] = asked.channel.name
        text = self.terms.write(term, names)
        yield f"\\* {asked.name}: {asked.doc.splitlines()[0]}"
        name = _WORD.sub("_", asked.name)
        if asked.scope is Scope.STATE:
            yield f"{name} == {text}"
        elif asked.channel is None:
            yield f"{name} == [][{text}]_vars"
        else:
            on = [r.name for r in self.rules if receives(r, asked.channel)]
            taken = " \\/ ".join(f"{rule}(m)" for rule in on) or "FALSE"
            yield f"{name} =="
            yield f'    [][\\A m \\in Received("{asked.channel.name}") :'
            yield f"        ({taken})"
            yield f"        => ({text})]_vars"


def _by_channel(message: str, cases: Iterable[tuple[str, str]]) -> str:
    """What there is for the channel of a message; FALSE where there is no channel."""
    text = [f'{message}.channel = "{name}" -> {case}' for name, case in cases]
    return f"CASE {' [] '.join(text)}" if text else "FALSE"


def _function(index: tuple[Sort, ...], values: str) -> str:
    if not index:
        return values
    return f"[{TIMES.join(elements(s) for s in index)} -> {values}]"


def _constant(index: tuple[Sort, ...], value: str) -> str:
    return f"[{each(index)} |-> {value}]" if index else value
