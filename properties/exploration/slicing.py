"""Slices: a model without the parts that some properties cannot depend on.

What a property reads is relevant, and so is whatever a relevant value is computed from: the
guard of each rule that changes something relevant, and the values that it writes there.
The rest is dropped: updates, timers, messages, and rules that change nothing that is left.
docs/search.md argues why the verdict is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from pmip6.model.domain import CHANNELS, MAPS, TIMERS, Model
from pmip6.model.language.canonical import CanonicalStates
from pmip6.model.language.evaluation import Message, State, initial_value
from pmip6.model.language.folding import folded
from pmip6.model.language.table import Channel, Rule, StateMap, Timer
from pmip6.model.language.terms import (
    FALSE,
    TRUE,
    Op,
    SortKind,
    Term,
    name_of,
    subterms,
)
from pmip6.model.state import TIME
from pmip6.properties.property import Property, Scope

Part = StateMap | Timer | Channel


class SlicedModel(Model):
    """The part of a model on which some properties depend.

    Args:
        whole: The model.
        properties: The properties.
    """

    def __init__(self, whole: Model, properties: Sequence[Property]) -> None:
        self.whole = whole
        self.properties = tuple(properties)
        cone = Cone(whole, properties)
        self.parts = frozenset(part.name for part in cone.parts)
        self.kept = frozenset(rule.name for rule in cone.rules)
        self._properties_read = cone.fields
        chosen = whole.configuration
        super().__init__(
            chosen.changed(
                capacity={c: n for c, n in chosen.capacity.items() if c in self.parts},
                disabled=frozenset[str](),  # what it names is not there any more
                variant=None,  # and has been made of the rules already
            ),
            [self._left(rule) for rule in cone.rules],
        )

    def _left(self, rule: Rule) -> Rule:
        return rule.changed(
            updates=tuple(u for u in rule.updates if u.map.name in self.parts),
            timers=tuple(t for t in rule.timers if t.timer.name in self.parts),
            sends=tuple(s for s in rule.sends if s.channel.name in self.parts),
        )

    @cached_property
    def fields(self) -> dict[str, tuple[str, ...]]:
        """The fields that the rules left or the properties read, as far as states have them."""
        own = super().fields
        return {
            c.name: tuple(
                name
                for name in self.whole.fields[c.name]
                if name in own[c.name] or (c.name, name) in self._properties_read
            )
            for c in CHANNELS
        }

    def covers(self, other: SlicedModel) -> bool:
        """Whether nothing is dropped here that the other slice has."""
        return (
            self._held >= other._held
            and self.kept >= other.kept
            and all(set(self.fields[c]) >= set(f) for c, f in other.fields.items())
        )

    @cached_property
    def _held(self) -> frozenset[str]:
        """The parts of which the states of the whole model hold anything."""
        without = {
            m.name
            for m in MAPS
            if m.name not in self.whole.written or not self._has_values(m)
        }
        started = {t.timer.name for rule in self.whole.rules for t in rule.timers}
        without |= {t.name for t in TIMERS if t.name not in started}
        return self.parts - without

    @property
    def dropped(self) -> tuple[str, ...]:
        """What states of the whole model hold and those of the slice do not, by name."""
        names = [
            m.name
            for m in MAPS
            if m.name in self.whole.written - self.written and self._has_values(m)
        ]
        started, left = (
            {t.timer.name for rule in model.rules for t in rule.timers}
            for model in (self.whole, self)
        )
        names += [t.name for t in TIMERS if t.name in started - left]
        sent = {s.channel.name for rule in self.whole.rules for s in rule.sends}
        for c in CHANNELS:
            if self.whole.configuration.room(c.name) and c.name in sent:
                if c.name not in self.parts:
                    names.append(c.name)
                    continue
                gone = set(self.whole.fields[c.name]) - set(self.fields[c.name])
                names += [f"{c.name}.{name}" for name in sorted(gone)]
        return tuple(names)

    def _has_values(self, m: StateMap) -> bool:
        """Whether a cell of the map can have more than one value."""
        return m.value.kind is not SortKind.OPEN or bool(self.elements(m.value))

    @cached_property
    def _canonical(self) -> CanonicalStates:
        return CanonicalStates(self)

    def view(self, state: State) -> State:
        """The canonical state of the slice for a state of the whole model."""
        values = {m.name: m.value for m in MAPS}
        cells = tuple(
            value if name in self.parts else initial_value(values[name])
            for (name, _), value in zip(self.whole.cells, state.cells, strict=True)
        )
        timers = tuple(
            ticks if name in self.parts else 0
            for (name, _), ticks in zip(self.whole.timers, state.timers, strict=True)
        )
        queues: tuple[tuple[Message, ...], ...] = tuple(
            state.queues[self.whole.queues[queue]] for queue in self.queues
        )
        return self._canonical.canonical(State(cells, timers, queues))


class Cone:
    """What some properties of a model depend on: the cone of influence.

    Args:
        model: The model.
        properties: The properties.
    """

    def __init__(self, model: Model, properties: Sequence[Property]) -> None:
        self.model = model
        self._sent = {s.channel for rule in model.rules for s in rule.sends}
        self._asks_every_step = any(not self._is_idle(p) for p in properties)
        self.parts: set[Part] = set()
        self.fields: set[tuple[str, str]] = set()
        for claim in properties:
            for term in (claim.term, claim.premise):
                self._ask(claim, model.decided(term))
        self.rules: tuple[Rule, ...] = ()
        known = -1
        while known < len(self.parts):  # the rules kept grow with the parts alone
            known = len(self.parts)
            self.rules = tuple(r for r in model.rules if self._is_kept(r))
            for rule in self.rules:
                self.parts |= set(self._needed(rule))
            self.parts |= set(self._bound_up())

    def _ask(self, claim: Property, term: Term) -> None:
        self.parts |= set(parts_read(term))
        if claim.channel is not None:
            self.parts.add(claim.channel)
        for part in subterms(term):
            if part.op is Op.SENT:
                name = name_of(part)
                self.fields |= {(name, field) for field, _ in CHANNELS[name].fields}
            elif part.op is Op.VARIABLE and claim.channel is not None:
                field = name_of(part).removeprefix("message.")
                self.fields.add((claim.channel.name, field))

    def _is_idle(self, claim: Property) -> bool:
        """Whether a step that changes nothing relevant cannot break it."""
        if claim.scope is not Scope.STEP:
            return True  # messages of its channel are relevant themselves
        return standing_still(self.model.decided(claim.term)) is TRUE

    def _is_kept(self, rule: Rule) -> bool:
        return self._asks_every_step or not self.parts.isdisjoint(_changed(rule))

    def _needed(self, rule: Rule) -> Iterator[Part]:
        """What a rule reads for what it does to relevant parts."""
        if isinstance(rule.on, Channel):
            yield rule.on
        for conjunct in rule.guard:
            yield from parts_read(conjunct)
        for update in rule.updates:
            if update.map in self.parts:
                for term in (*update.args, update.value):
                    yield from parts_read(term)
        for change in rule.timers:
            if change.timer in self.parts:
                for term in (
                    *change.args,
                    *(() if change.level is None else (change.level,)),
                ):
                    yield from parts_read(term)
        for send in rule.sends:
            if send.channel in self.parts:
                for value in send.values:
                    yield from parts_read(value)

    def _bound_up(self) -> Iterator[Part]:
        """What bounds of the configuration make relevant: steps wait or fail for it."""
        chosen = self.model.configuration
        channels = {c for c in self._sent if chosen.room(c.name)}
        real = {t for t in TIMERS if self.model.is_real(t.name)}
        if self._asks_every_step or self.parts & real:
            yield from real  # time goes on where none of them is due
            if chosen.prompt:
                yield from channels
        if chosen.in_flight is not None and self.parts & channels:
            yield from channels
        if chosen.times is not None and any(map(_chooses_time, self.rules)):
            yield from (m for m in MAPS if m.value == TIME)
            for channel in channels:
                for name, sort in channel.fields:
                    if sort == TIME and name in self.model.fields[channel.name]:
                        self.fields.add((channel.name, name))
                        yield channel


def parts_read(term: Term) -> Iterator[Part]:
    """The parts of the state that the value of a term depends on."""
    for part in subterms(term):
        if part.op is Op.READ:
            yield MAPS[name_of(part)]
        elif part.op in (Op.RUNNING, Op.DUE):
            yield TIMERS[name_of(part)]
        elif part.op is Op.SENT:
            yield CHANNELS[name_of(part)]


def _changed(rule: Rule) -> set[Part]:
    """The parts of the state that a rule may change."""
    taken: set[Part] = {rule.on} if isinstance(rule.on, Channel) else set()
    return (
        taken
        | {u.map for u in rule.updates}
        | {t.timer for t in rule.timers}
        | {s.channel for s in rule.sends}
    )


def _chooses_time(rule: Rule) -> bool:
    return any(sort.kind is SortKind.ORDERED for _, sort in rule.indices)


def standing_still(term: Term) -> Term:
    """The term on a step after which all is as before, with all that is certain decided."""
    args = tuple(standing_still(a) for a in term.args)
    match term.op:
        case Op.AFTER:
            return args[0]
        case Op.BEFORE if args[0] is args[1]:
            return FALSE
        case Op.AND | Op.OR:
            parts = [p for a in args for p in (a.args if a.op is term.op else (a,))]
            known = {id(p) for p in parts}  # == builds a term
            if any(id(~p) in known for p in parts):
                return FALSE if term.op is Op.AND else TRUE
        case _:
            pass
    return folded(Term.make(term.op, args, term.sort, term.payload))


def slices(model: Model, properties: Sequence[Property]) -> list[SlicedModel]:
    """As few slices as decide the properties, each with those that it decides.

    A property whose slice is a part of that of another is decided there.
    """
    alone = [SlicedModel(model, [claim]) for claim in properties]
    chosen: list[SlicedModel] = []
    for one in alone:
        if not any(other.covers(one) for other in chosen):
            chosen = [other for other in chosen if not one.covers(other)] + [one]
    groups: dict[int, list[Property]] = {}
    for one in alone:
        place = next(i for i, other in enumerate(chosen) if other.covers(one))
        groups.setdefault(place, []).extend(one.properties)
    return [SlicedModel(model, group) for group in groups.values()]
