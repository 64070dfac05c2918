"""What a property is: a term over one state, over a step, or over a step on a message."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pmip6.model.domain import Model
from pmip6.model.errors import Pmip6Error
from pmip6.model.language.table import Channel, Message, Role, Rule
from pmip6.model.language.terms import BOOL, FALSE, Term


class Scope(enum.Enum):
    """Where the term of a property has to hold."""

    STATE = "state"  # in every reachable state
    STEP = "step"  # on every step; after() is the state after it
    MESSAGE = "message"  # on every step that receives a message of one channel


@dataclass(frozen=True, eq=False)
class Property:
    """A named property.

    Args:
        name: Its name on the command line; parts of one property share a prefix
            before the dot.
        term: What has to hold, as a term in the variables of the scope.
        scope: Where it has to hold.
        channel: For MESSAGE the channel whose `message.*` variables the term may read.
        premise: A term of the same scope that is reachable; else the property would hold
            for nothing.
        requirements: The ids of the tables behind it.
        assumptions: What is assumed, in words.
        doc: One sentence.
        nodes: How many mobile nodes there have to be for it to fail.

    Raises:
        Pmip6Error: What it says is no term of truth values, or cites a bare text.
    """

    name: str
    term: Term
    scope: Scope
    premise: Term
    requirements: tuple[str, ...]
    doc: str
    channel: Channel | None = None
    assumptions: tuple[str, ...] = ()
    nodes: int = 1

    def __post_init__(self) -> None:
        """Refuse what no engine can decide."""
        for what, term in (("property", self.term), ("premise", self.premise)):
            if not isinstance(term, Term) or term.sort != BOOL:  # pyright: ignore[reportUnnecessaryIsInstance]  # a variant may give anything
                raise Pmip6Error(
                    f"property {self.name}",
                    f"its {what} is {term!r:.60}, no term that is true or false",
                    "return a term, as implies(a, b); literal(True) for one that is true",
                )
        if not isinstance(self.requirements, tuple):  # pyright: ignore[reportUnnecessaryIsInstance]  # as above
            raise Pmip6Error(
                f"property {self.name}",
                f"cites {self.requirements!r:.60}, which is no tuple",
                'write requirement=("5213-5.3.5-2",), or () for none',
            )

    def is_about(self, rule: Rule | None) -> bool:
        """Whether the property, if it is about steps, is about those of the rule.

        What a channel does to a message is not its reception.  None is the passing of time.
        """
        return self.scope is Scope.STEP or (
            self.scope is Scope.MESSAGE
            and rule is not None
            and receives(rule, self.channel)
        )


def receives(rule: Rule, channel: Channel | None) -> bool:
    """Whether a role takes a message out of the channel by this rule."""
    return rule.on == channel and rule.role is not Role.CHANNEL


PROPERTIES: list[Property] = []


def with_a_case(model: Model, properties: Sequence[Property]) -> list[Property]:
    """Those that the facts of the configuration and its mobile nodes leave a case."""
    nodes = len(model.configuration.nodes)
    return [
        p
        for p in properties
        if p.nodes <= nodes and model.decided(p.premise) is not FALSE
    ]


def _record(
    scope: Scope,
    name: str,
    premise: Callable[..., Term],
    requirement: tuple[str, ...],
    assumptions: tuple[str, ...],
    channel: Channel | None = None,
    nodes: int = 1,
) -> Callable[[Callable[..., Term]], Property]:
    def record(function: Callable[..., Term]) -> Property:
        arguments = () if channel is None else (Message(channel),)
        found = Property(
            name=name,
            term=function(*arguments),
            scope=scope,
            premise=premise(*arguments),
            requirements=requirement,
            doc=inspect.cleandoc(function.__doc__ or ""),
            channel=channel,
            assumptions=assumptions,
            nodes=nodes,
        )
        PROPERTIES.append(found)
        return found

    return record


def invariant(
    name: str,
    *,
    premise: Callable[[], Term],
    requirement: tuple[str, ...],
    assumptions: tuple[str, ...] = (),
    nodes: int = 1,
) -> Callable[[Callable[..., Term]], Property]:
    """Record a function without arguments as a property of every state."""
    return _record(Scope.STATE, name, premise, requirement, assumptions, nodes=nodes)


def step_property(
    name: str,
    *,
    premise: Callable[[], Term],
    requirement: tuple[str, ...],
    assumptions: tuple[str, ...] = (),
) -> Callable[[Callable[..., Term]], Property]:
    """Record a function without arguments as a property of every step."""
    return _record(Scope.STEP, name, premise, requirement, assumptions)


def message_property(
    name: str,
    channel: Channel,
    *,
    premise: Callable[[Message], Term],
    requirement: tuple[str, ...],
    assumptions: tuple[str, ...] = (),
) -> Callable[[Callable[..., Term]], Property]:
    """Record a function of a message as a property of every step that receives one."""
    return _record(Scope.MESSAGE, name, premise, requirement, assumptions, channel)
