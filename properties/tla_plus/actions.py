"""The actions of TLA+: one for each rule, and the tick of the clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pmip6.model.domain import Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import (
    Channel,
    Rule,
    Send,
    StateMap,
    Timer,
    TimerChange,
    Update,
)
from pmip6.model.language.terms import Op, Sort, SortKind, Term, name_of
from pmip6.model.state import MOBILE_NODE
from pmip6.properties.tla_plus.expressions import (
    MESSAGE,
    Expressions,
    Names,
    elements,
    may_be_none,
)

NETWORK = "network"
AND, OR = " /\\ ", " \\/ "


class Actions:
    """Writes what the rules of a model do.

    Args:
        model: The model.
        terms: Writes its terms.
        maps: The maps that the module declares.
        timers: The timers that it declares.
        channels: The channels that hold messages; what is sent elsewhere is lost.
    """

    def __init__(
        self,
        model: Model,
        terms: Expressions,
        maps: Sequence[StateMap],
        timers: Sequence[Timer],
        channels: Sequence[Channel],
    ) -> None:
        self.model = model
        self.terms = terms
        self.maps = maps
        self.timers = timers
        self.channels = channels
        self.variables = [*(m.name for m in maps), *(t.name for t in timers), NETWORK]

    def taken(self, rule: Rule) -> str:
        """The action as `Next` names it: a message to take, or none."""
        if isinstance(rule.on, Channel):
            return f'\\E m \\in Received("{rule.on.name}") : {rule.name}(m)'
        return rule.name

    def rule(self, rule: Rule) -> Iterator[str]:
        """The guard and the action of a rule, line by line."""
        names: dict[str, str] = self.terms.variables(rule.indices)
        if isinstance(rule.on, Channel):
            names["message"] = rule.on.name
        message = [MESSAGE] if isinstance(rule.on, Channel) else []
        given = [*message, *(names[n] for n, _ in rule.indices)]
        guard = (
            f"{rule.name}_guard({', '.join(given)})" if given else f"{rule.name}_guard"
        )
        yield f"\\* {rule.role.value}: {rule.doc.splitlines()[0]}"
        yield f"{guard} =="
        for conjunct in rule.guard:
            yield f"    /\\ {self.terms.write(conjunct, names)}"
        if not rule.guard:
            yield "    TRUE"
        yield f"{rule.name}(m) ==" if message else f"{rule.name} =="
        inner = "    "
        for name, sort in rule.indices:
            yield f"{inner}\\E {names[name]} \\in {self._range(rule, sort, names)} :"
            inner += "  "
        yield f"{inner}/\\ {guard}"
        if rule.first is not None:
            sort = dict(rule.indices)[rule.first]
            mine = names[rule.first]
            other = ", ".join("other" if g == mine else g for g in given)
            yield (
                f"{inner}/\\ \\A other \\in Before{sort.name}({mine}) :"
                f" ~{rule.name}_guard({other})"
            )
        yield from (f"{inner}/\\ {line}" for line in self._effect(rule, names))

    def _range(self, rule: Rule, sort: Sort, names: Names) -> str:
        if sort.kind is not SortKind.ORDERED:
            return elements(sort)
        nodes = [n for n, s in rule.variables if s == MOBILE_NODE]
        if len(nodes) != 1:
            raise Pmip6Error(rule.name, "chooses a time, but not for one node")
        node = f"{MESSAGE}.node" if nodes[0] == "message.node" else names[nodes[0]]
        return f"NewTimes({node})"

    def _effect(self, rule: Rule, names: Names) -> Iterator[str]:
        changed: set[str] = set()
        for m in self.maps:
            updates = [u for u in rule.updates if u.map.name == m.name]
            if updates:
                changed.add(m.name)
                text = m.name
                for update in updates:
                    text = self._updated(m, update, text, names)
                yield f"{m.name}' = {text}"
        for t in self.timers:
            changes = [c for c in rule.timers if c.timer.name == t.name]
            if changes:
                changed.add(t.name)
                text = t.name
                for change in changes:
                    text = self._restarted(change, text, names)
                yield f"{t.name}' = {text}"
        text = NETWORK if not isinstance(rule.on, Channel) else f"Taken({MESSAGE})"
        for send in rule.sends:
            if send.channel in self.channels:
                text = f"Sent({text}, {self._message(send, names)})"
        if text != NETWORK:
            changed.add(NETWORK)
            yield f"network' = {text}"
        same = [v for v in self.variables if v not in changed]
        if same:
            yield f"UNCHANGED <<{', '.join(same)}>>"

    def _updated(self, m: StateMap, update: Update, old: str, names: Names) -> str:
        return self._written(
            m.index, update.bound, update.args, update.value, old, names
        )

    def _restarted(self, change: TimerChange, old: str, names: Names) -> str:
        level = change.level
        value: Term | str = "0"
        if level is not None:
            name = change.timer.name
            ticks = [1 + self.model.duration(name, n) for n in range(self.model.levels)]
            if len(set(ticks)) == 1:
                value = str(ticks[0])
            else:
                text = ", ".join(map(str, ticks))
                value = f"<<{text}>>[1 + {self._part(level, names)}]"
        return self._written(
            change.timer.index, change.bound, change.args, value, old, names
        )

    def _part(self, term: Term, names: Names) -> str:
        return f"({self.terms.write(term, names)})"

    def _written(
        self,
        index: tuple[Sort, ...],
        bound: tuple[Term, ...],
        args: tuple[Term, ...],
        value: Term | str,
        old: str,
        names: Names,
    ) -> str:
        """A function with new values at one place, or at all along bound variables."""
        names = {**names, **{name_of(b): name_of(b) for b in bound}}
        new = value if isinstance(value, str) else self.terms.write(value, names)
        places = [self.terms.write(a, names) for a in args]
        if not bound:
            if not index:
                return new
            kept = f"({old})" if old.startswith("IF") else old
            text = f"[{kept} EXCEPT !{self.terms.at(places)} = {new}]"
            missing = [
                f"{place} = None"
                for a, place in zip(args, places, strict=True)
                if may_be_none(a)
            ]
            return f"IF {OR.join(missing)} THEN {old} ELSE {text}" if missing else text
        along = {name_of(b) for b in bound}
        ranges: list[str] = []
        here: list[str] = []
        where: list[str] = []
        for i, (sort, arg, place) in enumerate(zip(index, args, places, strict=True)):
            is_bound = arg.op is Op.VARIABLE and name_of(arg) in along
            name = place if is_bound else f"at{i}"
            ranges.append(f"{name} \\in {elements(sort)}")
            where.append(name)
            if not is_bound:
                here.append(f"{name} = {place}")
        kept = f"({old})" if " " in old else old
        if here:
            new = f"IF {AND.join(here)} THEN {new} ELSE {kept}{self.terms.at(where)}"
        return f"[{', '.join(ranges)} |-> {new}]"

    def _message(self, send: Send, names: Names) -> str:
        held = self.terms.held(send.channel)
        pairs = zip((n for n, _ in send.channel.fields), send.values, strict=True)
        parts = [f'channel |-> "{send.channel.name}"']
        parts += [
            f"{n} |-> {self.terms.write(v, names)}" for n, v in pairs if n in held
        ]
        return f"[{', '.join(parts)}]"

    def tick(self) -> Iterator[str]:
        """The passing of time, line by line; nothing where no timer takes time."""
        real = [t for t in self.timers if self.model.is_real(t.name)]
        if not real:
            return
        yield ""
        yield "\\* time passes, unless a timer is due"
        yield "tick =="
        for t in real:
            yield f"    /\\ \\A {each(t.index)} : {t.name}{at(t.index)} # 1"
        some = [f"(\\E {each(t.index)} : {t.name}{at(t.index)} > 0)" for t in real]
        yield f"    /\\ {OR.join(some)}"
        if self.model.configuration.prompt:
            yield "    /\\ network = {}"
        for t in real:
            cell = f"{t.name}{at(t.index)}"
            yield (
                f"    /\\ {t.name}' ="
                f" [{each(t.index)} |-> IF {cell} > 0 THEN {cell} - 1 ELSE 0]"
            )
        names = {t.name for t in real}
        same = [v for v in self.variables if v not in names]
        yield f"    /\\ UNCHANGED <<{', '.join(same)}>>"


def each(index: tuple[Sort, ...]) -> str:
    """The bound variables over the places of a map or timer."""
    return ", ".join(f"i{i} \\in {elements(s)}" for i, s in enumerate(index))


def at(index: tuple[Sort, ...]) -> str:
    """The place that the variables of `each` name."""
    return f"[{', '.join(f'i{i}' for i in range(len(index)))}]" if index else ""
