"""A model: the rules of the roles over the elements, faults and clocks of a configuration.

A configuration is data.  The model that it makes lists the cells of the state, the
timers, the channels of each node, and the rules that take part.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from pmip6.model import state as domain_state
from pmip6.model.channels import channels
from pmip6.model.declared import Declared
from pmip6.model.errors import Pmip6Error
from pmip6.model.fast_handover import state as handover_state
from pmip6.model.fast_handover.tables import HANDOVER_TABLES
from pmip6.model.language.folding import decided, decided_rule
from pmip6.model.language.table import Channel, Rigid, Role, Rule, StateMap, Timer
from pmip6.model.language.terms import (
    Op,
    Sort,
    SortKind,
    Term,
    initial,
    name_of,
    subterms,
)
from pmip6.model.lma.rules import lma
from pmip6.model.mag.rules import mag
from pmip6.model.mn import mn
from pmip6.model.parts import check_parts
from pmip6.model.peer import peer
from pmip6.model.shipped.mixed_requests import mixed
from pmip6.model.state import (
    ENTRY,
    GATEWAY,
    LINK_LAYER,
    MOBILE_NODE,
    PREFIX,
    SEQUENCE,
    TECHNOLOGY,
    TUNNEL,
)
from pmip6.model.traffic import traffic

Element = Hashable
TABLES = (lma, mag, mn, channels, peer, mixed, traffic, *HANDOVER_TABLES)
_NAMED = (*vars(domain_state).values(), *vars(handover_state).values())
MAPS = Declared(v for v in _NAMED if isinstance(v, StateMap))
TIMERS = Declared(v for v in _NAMED if isinstance(v, Timer))
RIGIDS = Declared(v for v in _NAMED if isinstance(v, Rigid))
FEATURES = (*domain_state.FEATURES, *handover_state.FAST_HANDOVER_FEATURES)
SWITCHES = tuple(r for r in RIGIDS if not r.index and r not in FEATURES)
CHANNELS = Declared(v for v in _NAMED if isinstance(v, Channel))


@dataclass(frozen=True)
class Configuration:
    """One named configuration of the model.

    Args:
        name: Its name on the command line.
        summary: One line on what it is for.
        nodes, gateways, prefixes, entries: Elements of the sorts.
        link_layers, technologies: Likewise; none where nodes have one interface each.
        sequences: Likewise; none where timestamps order the requests.
        tunnels: Likewise; none where no user packets are forwarded.
        packets: Likewise; numbered user packets in a handover.
        facts: For each rigid predicate the tuples for which it is true; a switch that is
            on holds the empty tuple.
        durations: For each real timer its durations in ticks by level.  A timer without
            one may expire at any time while it runs.
        capacity: Messages that a channel holds for each node; a full one loses more, and
            one that is not named loses all.
        in_flight: The most messages under way in the whole domain; more are lost.
        times: The most different timestamps of a node that are in use at once; no request
            with a new one is sent until another is forgotten.
        faults: Which of `lose`, `duplicate`, `delay` the channels do.
        reorder: Whether a channel is a bag; else it is a queue.
        prompt: Whether each message arrives, or is lost, before the next tick.
        endless: Whether its runs without end are looked at (properties/response.py).
        restarts_end: Whether in those every gateway restarts only so often.
        roles: The roles that take steps.
        disabled: Rules that take no part.
        silent_on: Properties that it has no case of; other configurations decide them.
        broken: Properties that fail in it, as a finding tells.
        variant: Makes of a rule of the protocol that of a variant, which a finding is
            about; None for the protocol.

    Raises:
        Pmip6Error: A part is of another kind, or names a fault or a channel that there is
            not.
    """

    name: str
    summary: str
    nodes: tuple[Element, ...]
    gateways: tuple[Element, ...]
    prefixes: tuple[Element, ...]
    entries: tuple[Element, ...]
    link_layers: tuple[Element, ...] = field(default=(), kw_only=True)
    technologies: tuple[Element, ...] = field(default=(), kw_only=True)
    sequences: tuple[Element, ...] = field(default=(), kw_only=True)
    tunnels: tuple[Element, ...] = field(default=(), kw_only=True)
    packets: tuple[Element, ...] = field(default=(), kw_only=True)
    facts: Mapping[str, Container[tuple[Element, ...]]]
    durations: Mapping[str, tuple[int, ...]] = field(
        default_factory=dict[str, tuple[int, ...]]
    )
    capacity: Mapping[str, int] = field(default_factory=lambda: {"pbu": 2, "pba": 2})
    in_flight: int | None = None
    times: int | None = None
    faults: frozenset[str] = frozenset()
    reorder: bool = True
    prompt: bool = field(default=False, kw_only=True)
    endless: bool = field(default=False, kw_only=True)
    restarts_end: bool = field(default=False, kw_only=True)
    roles: frozenset[Role] = frozenset(
        {Role.LMA, Role.MAG, Role.MN, Role.CHANNEL, Role.AN}
    )
    disabled: frozenset[str] = frozenset()
    silent_on: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    variant: Callable[[Rule], Rule] | None = None

    def __post_init__(self) -> None:
        """Refuse parts that no model can be made of."""
        check_parts(vars(self), [channel.name for channel in CHANNELS])

    def room(self, channel: str) -> int:
        """How many messages a channel holds for each node."""
        return self.capacity.get(channel, 0)

    def changed(self, **parts: object) -> Configuration:
        """The configuration with some parts replaced."""
        return replace(self, **parts)  # type: ignore[arg-type]  # names are checked


def shipped_rules() -> tuple[Rule, ...]:
    """All rules of all roles, in the order of the tables."""
    return tuple(rule for table in TABLES for rule in table.rules)


class Model:
    """The rules of a configuration, and the layout of its state."""

    def __init__(
        self, configuration: Configuration, rules: Iterable[Rule] | None = None
    ) -> None:
        self.configuration = configuration
        every = shipped_rules() if rules is None else tuple(rules)
        if configuration.variant is not None:
            every = tuple(map(configuration.variant, every))
        self.rules = tuple(self._decided(r for r in every if self._takes_part(r)))
        unknown = set(configuration.facts) - {r.name for r in RIGIDS}
        unknown |= set(configuration.durations) - {t.name for t in TIMERS}
        unknown |= configuration.disabled - {r.name for r in every}
        if unknown:
            raise Pmip6Error(
                f"configuration {configuration.name}",
                f"names what the model does not have: {', '.join(sorted(unknown))}",
            )

    @cached_property
    def _holding(self) -> frozenset[str]:
        return frozenset(n for n, held in self.configuration.facts.items() if held)

    def decided(self, term: Term) -> Term:
        """The term with all decided that the facts decide for every element."""
        return decided(term, self._holding)

    def has_rule(self, name: str) -> bool:
        """Whether a rule takes part and the facts leave it a chance."""
        return any(rule.name == name for rule in self.rules)

    def _decided(self, rules: Iterable[Rule]) -> Iterator[Rule]:
        """The rules as the facts leave them, without those that they rule out."""
        for rule in rules:
            left = decided_rule(rule, self._holding)
            if left is not None:
                yield left

    def _takes_part(self, rule: Rule) -> bool:
        chosen = self.configuration
        if rule.role not in chosen.roles or rule.name in chosen.disabled:
            return False
        fault = rule.name.partition("_")[0]
        return rule.role is not Role.CHANNEL or fault in chosen.faults

    def elements(self, sort: Sort) -> tuple[Element, ...]:
        """The elements of an open or enumerated sort, without `none`."""
        if sort.kind is SortKind.ENUM:
            return sort.literals
        if sort.kind is SortKind.BOOL:
            return (False, True)
        if sort.kind is SortKind.LEVEL:
            return tuple(range(self.levels))
        return self._declared_elements[sort.name]

    @cached_property
    def _declared_elements(self) -> dict[str, tuple[Element, ...]]:
        """The elements of each open sort, by its name."""
        chosen = self.configuration
        found = {
            MOBILE_NODE: chosen.nodes,
            GATEWAY: chosen.gateways,
            PREFIX: chosen.prefixes,
            ENTRY: chosen.entries,
            LINK_LAYER: chosen.link_layers,
            TECHNOLOGY: chosen.technologies,
            SEQUENCE: chosen.sequences,
            TUNNEL: chosen.tunnels,
            handover_state.PACKET: chosen.packets,
        }
        return {sort.name: elements for sort, elements in found.items()}

    @cached_property
    def levels(self) -> int:
        """How many duration levels there are: the most that a real timer has."""
        return max((len(d) for d in self.configuration.durations.values()), default=1)

    def tuples(self, sorts: Iterable[Sort]) -> Iterator[tuple[Element, ...]]:
        """All tuples of elements of the sorts, the last one varying fastest."""
        return itertools.product(*(self.elements(s) for s in sorts))

    @cached_property
    def cells(self) -> dict[tuple[str, tuple[Element, ...]], int]:
        """Position of each cell of each state map in the state."""
        names = ((m.name, args) for m in MAPS for args in self.tuples(m.index))
        return {cell: i for i, cell in enumerate(names)}

    @cached_property
    def ranges(self) -> dict[str, range]:
        """Positions of the cells of each state map, in the order of its indices."""
        sizes = {
            m.name: math.prod(len(self.elements(sort)) for sort in m.index)
            for m in MAPS
        }
        ends = itertools.accumulate(sizes.values())
        return {
            name: range(end - size, end)
            for (name, size), end in zip(sizes.items(), ends, strict=True)
        }

    @cached_property
    def timers(self) -> dict[tuple[str, tuple[Element, ...]], int]:
        """Position of each timer in the state."""
        names = [(t.name, args) for t in TIMERS for args in self.tuples(t.index)]
        return {timer: i for i, timer in enumerate(names)}

    @cached_property
    def queues(self) -> dict[tuple[str, Element], int]:
        """Position of each node's part of each channel in the state."""
        chosen = self.configuration
        held = [c.name for c in CHANNELS if c.name in chosen.capacity]
        names = [(name, n) for name in held for n in chosen.nodes]
        return {queue: i for i, queue in enumerate(names)}

    def is_real(self, timer: str) -> bool:
        """True where the timer has durations; else it may expire at any time."""
        return timer in self.configuration.durations

    def duration(self, timer: str, level: int) -> int:
        """Ticks from start to expiry; 0 for a timer that may expire at any time."""
        durations = self.configuration.durations.get(timer, (0,))
        return durations[min(level, len(durations) - 1)]

    def is_fact(self, rigid: str, args: tuple[Element, ...]) -> bool:
        """The value of a rigid predicate."""
        return args in self.configuration.facts.get(rigid, ())

    @cached_property
    def written(self) -> frozenset[str]:
        """The maps that a rule gives another value than the one that they have at first."""
        return frozenset(
            update.map.name
            for rule in self.rules
            for update in rule.updates
            if update.value is not initial(update.map.value)
        )

    @cached_property
    def fields(self) -> dict[str, tuple[str, ...]]:
        """The fields of each channel that the state of the model holds.

        A field that no rule reads, or that every sender sets to the same literal, tells
        states apart only by what has no effect.  The node and the origin are held for the
        properties.
        """
        return {
            c.name: tuple(
                name
                for name, _ in c.fields
                if self._is_read(c, name) and self.constant(c, name) is None
            )
            for c in CHANNELS
        }

    def _is_read(self, channel: Channel, name: str) -> bool:
        return name in ("node", "origin") or any(
            term.op is Op.VARIABLE and name_of(term) == f"message.{name}"
            for rule in self.rules
            if rule.on == channel
            for term in self._read_terms(rule, channel, name)
        )

    def _read_terms(self, rule: Rule, channel: Channel, name: str) -> Iterator[Term]:
        for guard in rule.guard:
            yield from subterms(guard)
        for update in rule.updates:
            for term in (*update.args, update.value):
                yield from subterms(term)
        for change in rule.timers:
            for term in change.args:
                yield from subterms(term)
        for send in rule.sends:
            for (other, _), value in zip(send.channel.fields, send.values, strict=True):
                if send.channel != channel or other != name:  # a mere copy is no use
                    yield from subterms(value)

    def constant(self, channel: Channel, name: str) -> Term | None:
        """The literal to which every sender sets the field, if there is one."""
        position = [n for n, _ in channel.fields].index(name)
        found: Term | None = None
        for rule in self.rules:
            for send in rule.sends:
                if send.channel != channel:
                    continue
                value = send.values[position]
                if (
                    rule.on == channel
                    and value.op is Op.VARIABLE
                    and name_of(value) == f"message.{name}"
                ):
                    continue
                if value.op is not Op.LITERAL or (
                    found is not None and found is not value
                ):
                    return None
                found = value
        return found
