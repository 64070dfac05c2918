"""The recorder: typed state, timers, channels, and the rules of the roles.

State is declared once (model/state.py) and named by the rules.  A rule is a function that
is called once, on symbolic indices, and tells the `Step` what it requires, changes, sends,
starts and stops.  All updates of a step happen at once; what a step does not name keeps
its value.
"""

from __future__ import annotations

import ast
import enum
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from pmip6.model.errors import Pmip6Error
from pmip6.model.language import terms
from pmip6.model.language.terms import BOOL, Op, Sort, SortKind, Term, name_of, subterms


class Role(enum.Enum):
    """Who takes a step; CHANNEL, PEER and AN are the environment."""

    LMA = "lma"
    MAG = "mag"
    MN = "mn"
    CHANNEL = "channel"
    PEER = "peer"  # a peer that does not follow the RFC
    AN = "an"  # an access network (RFC 5949, section 3)


@dataclass(frozen=True)
class StateMap:
    """One map of the state: index sorts, and the sort of its values.

    A relation is a map to truth values.  Every value is initially `none`, false, level 0
    or the first literal.  An observer is read by properties only, never by a rule.
    """

    name: str
    index: tuple[Sort, ...]
    value: Sort
    observer: bool = False

    def __getitem__(self, index: Term | tuple[Term, ...]) -> Term:
        args = index if isinstance(index, tuple) else (index,)
        _check_sorts(self.name, args, self.index)
        if any(a.op is not Op.VARIABLE for a in args):
            raise Pmip6Error(self.name, "is read at variables only", "quantify instead")
        return Term.make(Op.READ, args, self.value, self.name)


@dataclass(frozen=True)
class Timer:
    """A timer for each element of its index sorts; its durations are configuration.

    A duration is chosen by the level with which the timer is started (0 where there is
    only one duration).
    """

    name: str
    index: tuple[Sort, ...]

    def _term(self, op: Op, index: Term | tuple[Term, ...]) -> Term:
        args = index if isinstance(index, tuple) else (index,)
        _check_sorts(self.name, args, self.index)
        return Term.make(op, args, BOOL, self.name)

    def running(self, *index: Term) -> Term:
        """True from the start of the timer until it expires or is stopped."""
        return self._term(Op.RUNNING, index)

    def due(self, *index: Term) -> Term:
        """True where the timer has run out and its rule has not been taken yet."""
        return self._term(Op.DUE, index)


@dataclass(frozen=True)
class Channel:
    """An unreliable channel; `fields` are the sorts of its messages by name.

    Messages are per mobile node: each channel has a field `node`.
    """

    name: str
    fields: tuple[tuple[str, Sort], ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the fields of a received message, in the terms of rules."""
        return tuple(f"message.{name}" for name, _ in self.fields)

    def sent(self, **fields: Term) -> Term:
        """True where this message is under way (in a proof: was ever sent)."""
        values = tuple(fields[name] for name, _ in self.fields)
        _check_sorts(self.name, values, tuple(sort for _, sort in self.fields))
        return Term.make(Op.SENT, values, BOOL, self.name)


@dataclass(frozen=True)
class Rigid:
    """A predicate that the configuration fixes; one without indices is a switch."""

    name: str
    index: tuple[Sort, ...]

    def __call__(self, *args: Term) -> Term:
        _check_sorts(self.name, args, self.index)
        return Term.make(Op.RIGID, args, BOOL, self.name)


class Message:
    """A received message as a rule sees it: its fields are attributes."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.fields = {
            name: terms.variable(f"message.{name}", sort)
            for name, sort in channel.fields
        }

    def __getattr__(self, name: str) -> Term:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(f"{self.channel.name} has no field {name}") from None


def is_on_message_alone(term: Term) -> bool:
    """No state, timer or index is read: the received message decides."""
    return all(
        part.op not in (Op.READ, Op.RUNNING, Op.DUE, Op.FORALL, Op.EXISTS)
        and (part.op is not Op.VARIABLE or name_of(part).startswith("message."))
        for part in subterms(term)
    )


def _check_sorts(name: str, args: tuple[Term, ...], sorts: tuple[Sort, ...]) -> None:
    if tuple(a.sort for a in args) != sorts:
        wanted = ", ".join(s.name for s in sorts)
        got = ", ".join(a.sort.name for a in args)
        raise Pmip6Error(name, f"takes ({wanted}), was given ({got})")


@dataclass(frozen=True, eq=False)
class Update:
    """The new value of one cell, or of all cells along the bound variables.

    `args` may hold variables of `bound`; `value` may read them.
    """

    map: StateMap
    args: tuple[Term, ...]
    value: Term
    bound: tuple[Term, ...] = ()


@dataclass(frozen=True, eq=False)
class Send:
    """A message put into a channel: one term for each field, in the channel's order."""

    channel: Channel
    values: tuple[Term, ...]


@dataclass(frozen=True, eq=False)
class TimerChange:
    """A timer started with a duration level, or stopped (`level` is None).

    With `having` only models change it that have this feature; none has it otherwise.
    `args` may hold variables of `bound`: then all timers along them change.
    """

    timer: Timer
    args: tuple[Term, ...]
    level: Term | None
    having: str | None = None
    bound: tuple[Term, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, eq=False)
class Rule:
    """One recorded rule.

    `on` is what triggers it: a message, the expiry of a timer (`expiry_args` names which),
    or nothing (the role acts by itself).  An index of an ordered sort stands for a time
    later than all times in use for this node.
    """

    name: str
    role: Role
    requirements: tuple[str, ...]
    doc: str
    on: Channel | Timer | None
    expiry_args: tuple[Term, ...]
    indices: tuple[tuple[str, Sort], ...]
    first: str | None
    guard: tuple[Term, ...]
    updates: tuple[Update, ...]
    sends: tuple[Send, ...]
    timers: tuple[TimerChange, ...]

    @property
    def variables(self) -> tuple[tuple[str, Sort], ...]:
        """Message fields and indices, in the order in which they are chosen."""
        if not isinstance(self.on, Channel):
            return self.indices
        fields = tuple((f"message.{n}", s) for n, s in self.on.fields)
        return fields + self.indices

    def changed(self, **parts: object) -> Rule:
        """The rule with some of its parts replaced, for mutants and variants."""
        return replace(self, **parts)  # type: ignore[arg-type]  # names are checked


class Step:
    """What a rule says while it is recorded; write-only."""

    def __init__(self) -> None:
        self.guard: list[Term] = []
        self.updates: list[Update] = []
        self.sends: list[Send] = []
        self.timers: list[TimerChange] = []

    def require(self, *conditions: Term) -> None:
        """Add conditions to the guard; each is one conjunct."""
        for condition in conditions:
            parts = condition.args if condition.op is Op.AND else (condition,)
            self.guard.extend(parts)

    def set(self, cell: Term, value: Term | bool | enum.Enum) -> None:
        """Give a cell (a read of a state map) its new value."""
        self._update(cell, _as_term(value), ())

    def set_each(
        self, sort: Sort, cell: Callable[[Term], Term], value: Callable[[Term], Term]
    ) -> None:
        """Give every cell along a sort its new value."""
        bound = terms.variable(f"each_{sort.name}", sort)
        self._update(cell(bound), value(bound), (bound,))

    def clear(self, state: StateMap) -> None:
        """Give every cell of a map the value that it has at first."""
        bound = tuple(_each(state.index))
        self._update(state[bound], terms.initial(state.value), bound)

    def set_every(
        self,
        sorts: tuple[Sort, Sort],
        cell: Callable[[Term, Term], Term],
        value: Callable[[Term, Term], Term],
    ) -> None:
        """Give every cell along two sorts its new value."""
        one, other = (terms.variable(f"each_{s.name}", s) for s in sorts)
        self._update(cell(one, other), value(one, other), (one, other))

    def _update(self, cell: Term, value: Term, bound: tuple[Term, ...]) -> None:
        if cell.op is not Op.READ or cell.sort != value.sort:
            raise Pmip6Error(str(cell), f"cannot be set to {value}")
        state = StateMap(
            terms.name_of(cell), tuple(a.sort for a in cell.args), cell.sort
        )
        self.updates.append(Update(state, cell.args, value, bound))

    def send(self, channel: Channel, **fields: Term | bool | enum.Enum) -> None:
        """Put a message into a channel; every field is named."""
        wanted = [name for name, _ in channel.fields]
        if sorted(fields) != sorted(wanted):
            raise Pmip6Error(channel.name, f"wants exactly the fields {wanted}")
        values = tuple(_as_term(fields[name]) for name in wanted)
        _check_sorts(channel.name, values, tuple(s for _, s in channel.fields))
        self.sends.append(Send(channel, values))

    def start(
        self,
        timer: Timer,
        *index: Term,
        level: Term | None = None,
        having: Rigid | None = None,
    ) -> None:
        """Start a timer anew, with the duration of the level."""
        first = terms.level(0, LEVEL)
        self._change(timer, index, first if level is None else level, having)

    def stop(self, timer: Timer, *index: Term, having: Rigid | None = None) -> None:
        """Stop a timer; nothing happens if it does not run."""
        self._change(timer, index, None, having)

    def _change(
        self,
        timer: Timer,
        index: tuple[Term, ...],
        level: Term | None,
        having: Rigid | None,
    ) -> None:
        _check_sorts(timer.name, index, timer.index)
        feature = None if having is None else having.name
        self.timers.append(TimerChange(timer, index, level, feature))

    def stop_each(
        self,
        timer: Timer,
        sort: Sort,
        index: Callable[[Term], tuple[Term, ...]],
        having: Rigid | None = None,
    ) -> None:
        """Stop a timer for every element of a sort."""
        bound = terms.variable(f"each_{sort.name}", sort)
        feature = None if having is None else having.name
        args = index(bound)
        _check_sorts(timer.name, args, timer.index)
        change = TimerChange(timer, args, None, feature, bound=(bound,))
        self.timers.append(change)

    def stop_all(self, timer: Timer, having: Rigid | None = None) -> None:
        """Stop every timer of a kind."""
        bound = tuple(_each(timer.index))
        feature = None if having is None else having.name
        change = TimerChange(timer, bound, None, feature, bound=bound)
        self.timers.append(change)


LEVEL = Sort("Level", SortKind.LEVEL)


def _each(index: tuple[Sort, ...]) -> Iterator[Term]:
    """A variable to bind for each index."""
    for place, sort in enumerate(index):
        yield terms.variable(f"each_{sort.name}_{place}", sort)


def _as_term(value: Term | bool | enum.Enum) -> Term:
    if isinstance(value, bool):
        return terms.literal(value)
    if isinstance(value, enum.Enum):
        return terms.enum_literal(value)
    return value


RuleFunction = Callable[..., None]


@dataclass
class RoleTable:
    """The rules of one role, in the order in which they are written.

    Raises:
        Pmip6Error: The role is none.
    """

    role: Role
    rules: list[Rule] = field(default_factory=list[Rule])

    def __post_init__(self) -> None:
        """Refuse what is no role: no model would take its rules."""
        if self.role not in list(Role):
            roles = ", ".join(map(str, Role))
            raise Pmip6Error(
                "RoleTable", f"{self.role!r} is no role", f"one of {roles}"
            )

    def rule(
        self,
        *,
        requirement: str | tuple[str, ...],
        on: Channel | None = None,
        expiry: Timer | None = None,
        first: str | None = None,
        **indices: Sort,
    ) -> Callable[[RuleFunction], RuleFunction]:
        """Record the decorated function as a rule of this role.

        The function takes the step, the message (if `on` is given) and the indices by
        their names.  For a timer (`expiry`) the first indices are the timer's own.
        `first` names an index whose elements are interchangeable: exploration takes only
        the first element for which the guard holds, a proof takes any.

        Raises:
            Pmip6Error: The function lets Python decide on a term.
        """

        def record(function: RuleFunction) -> RuleFunction:
            _refuse_silent_decisions(function)
            step = Step()
            chosen = {n: terms.variable(n, s) for n, s in indices.items()}
            args: tuple[Term, ...] = ()
            if expiry is not None:
                args = tuple(chosen.values())[: len(expiry.index)]
                _check_sorts(expiry.name, args, expiry.index)
                step.require(expiry.due(*args))
                step.stop(expiry, *args)
            leading = () if on is None else (Message(on),)
            function(step, *leading, **chosen)
            self.rules.append(
                Rule(
                    name=function.__name__,
                    role=self.role,
                    requirements=(requirement,)
                    if isinstance(requirement, str)
                    else requirement,
                    doc=inspect.cleandoc(function.__doc__ or ""),
                    on=on or expiry,
                    expiry_args=args,
                    indices=tuple(indices.items()),
                    first=first,
                    guard=tuple(step.guard),
                    updates=tuple(step.updates),
                    sends=tuple(step.sends),
                    timers=tuple(step.timers),
                )
            )
            return function

        return record


def _refuse_silent_decisions(function: RuleFunction) -> None:
    """Find what Python would decide silently: `__bool__` catches most, this the rest."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    silent = (ast.BoolOp, ast.If, ast.IfExp, ast.While, ast.Assert, ast.Match)
    operators = (ast.In, ast.NotIn, ast.Is, ast.IsNot, ast.Lt, ast.Gt, ast.LtE, ast.GtE)
    for node in ast.walk(tree):
        wrong = isinstance(node, silent) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        )
        if isinstance(node, ast.Compare):
            wrong = len(node.ops) > 1 or isinstance(node.ops[0], operators)
        if wrong:
            line = function.__code__.co_firstlineno + getattr(node, "lineno", 1) - 1
            raise Pmip6Error(
                f"{inspect.getfile(function)}:{line}",
                f"rule {function.__name__} lets Python decide on a term",
                "write &, |, ~, one_of() or ite() instead",
            )
