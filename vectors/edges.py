"""The edges of the anchor's rule table that a tester can reach, by breadth-first search.

An edge is a rule, the control state of the session that it meets, and a variant: the
form of the request that takes it there.  For each edge the search gives a shortest
sequence of stimuli whose last one takes it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pmip6.model.interpreter import State
from pmip6.model.state import BindingState, Fault
from pmip6.model.table import Rule
from pmip6.vectors.anchor_model import ANCHOR_TIMERS, AnchorModel, Reaction
from pmip6.vectors.stimuli import (
    Gateway,
    Node,
    Phase,
    PrefixForm,
    Request,
    Stamp,
    Stimulus,
    Wait,
)

MAGS = (Gateway.MAG1, Gateway.MAG2)
LONGEST_PREAMBLE = 3
FREE = BindingState.FREE

PREAMBLE: tuple[Stimulus, ...] = (
    *(
        Request(gateway=gateway, deregistration=ending, prefix=prefix)
        for gateway in MAGS
        for ending in (False, True)
        for prefix in (PrefixForm.ALL_ZERO, PrefixForm.REQUESTABLE)
    ),
    Request(node=Node.OTHER),
    *(Wait(timer.name, Phase.PAST) for timer in ANCHOR_TIMERS),
)
"""What brings the anchor into a state in which an edge is taken."""

FAULTS: tuple[Request, ...] = (
    Request(faults=frozenset({Fault.NO_NODE_IDENTIFIER})),
    Request(gateway=Gateway.STRANGER),
    Request(node=Node.UNKNOWN),
    Request(node=Node.BARRED),
    Request(stamp=Stamp.OLDER),
    Request(stamp=Stamp.EQUAL),
    Request(stamp=Stamp.FUTURE),
    Request(stamp=Stamp.PAST),
    Request(faults=frozenset({Fault.NO_PREFIX})),
    Request(faults=frozenset({Fault.NO_HANDOFF_INDICATOR})),
    Request(faults=frozenset({Fault.NO_ACCESS_TECHNOLOGY})),
)
"""Requests with one thing wrong, in the order in which the anchor checks it."""


@dataclass(frozen=True)
class Edge:
    """A transition of the anchor that a test purpose is about."""

    rule: str
    control: BindingState
    variant: str

    @property
    def key(self) -> str:
        """The edge as the ledger names it."""
        return f"{self.rule} / {self.control.name} / {self.variant}"


@dataclass(frozen=True, eq=False)
class Taken:
    """A shortest way to take an edge.

    Args:
        edge: The edge.
        rules: The rules that the last stimulus makes the anchor take.
        stimuli: The preamble, and last the stimulus that takes the edge.
        before: The state before the last stimulus.
        reaction: What the anchor does on it.
    """

    edge: Edge
    rules: tuple[Rule, ...]
    stimuli: tuple[Stimulus, ...]
    before: State
    reaction: Reaction


def combined(first: Request, second: Request) -> Request | None:
    """A request with both faults; None where they exclude each other."""
    plain = Request()
    values: dict[str, object] = {"faults": first.faults | second.faults}
    for name in ("node", "gateway", "stamp"):
        one, other = getattr(first, name), getattr(second, name)
        default: object = getattr(plain, name)
        if one != default and other != default:
            return None
        values[name] = one if one != default else other
    return replace(plain, **values)  # type: ignore[arg-type]  # names are the fields


def attempts() -> Iterator[tuple[str, Request]]:
    """Every last request, with its variant."""
    forms = itertools.product((False, True), MAGS, PrefixForm)
    for ending, gateway, prefix in forms:
        request = Request(gateway=gateway, deregistration=ending, prefix=prefix)
        yield f"prefix {prefix}{', ending' * ending}", request
    yield "no prefix left", Request(node=Node.UNPROVIDED)
    for fault in FAULTS:
        for ending in (False, True):
            # A registration comes from the gateway that a handoff would lead to.
            gateway = fault.gateway
            if gateway is Gateway.MAG1 and not ending:
                gateway = Gateway.MAG2
            if fault.stamp is Stamp.PAST and ending:
                continue
            wrong = replace(fault, gateway=gateway, deregistration=ending)
            yield fault_name(wrong), wrong


def fault_name(request: Request) -> str:
    """What is wrong with a request, and whether it would end the session."""
    words = [fault.name.lower().replace("_", " ") for fault in request.faults]
    if request.gateway is Gateway.STRANGER:
        words.append("from a stranger")
    if request.node not in (Node.SERVED, Node.OTHER):
        words.append(f"{request.node} node")
    if request.stamp is not Stamp.NEWER:
        words.append(f"{request.stamp} timestamp")
    return ", ".join([*sorted(words), *["ending"] * request.deregistration])


def is_faulty(request: Request) -> bool:
    """Something is wrong with the request whatever the anchor's state."""
    return any(
        (
            request.faults,
            request.gateway is Gateway.STRANGER,
            request.node not in (Node.SERVED, Node.OTHER, Node.UNPROVIDED),
            request.stamp is not Stamp.NEWER,
        )
    )


class EdgeSearch:
    """Breadth-first search over the states that a preamble reaches."""

    def __init__(self, model: AnchorModel) -> None:
        self.model = model
        self.found: dict[str, Taken] = {}

    def run(self) -> list[Taken]:
        """A shortest way to every edge, by the order of the rules."""
        for stimuli, state in self._preambles():
            for variant, request in attempts():
                self._note(variant, request, stimuli, state)
            for timer in ANCHOR_TIMERS:
                self._note_expiry(Wait(timer.name, Phase.PAST), stimuli, state)
        for taken in list(self._orders()):
            self.found[taken.edge.key] = taken
        order = {rule.name: n for n, rule in enumerate(self.model.model.rules)}
        return sorted(self.found.values(), key=lambda t: order[t.edge.rule])

    def _preambles(self) -> Iterator[tuple[tuple[Stimulus, ...], State]]:
        first = self.model.initial
        seen = {self.model.interpreter.canonical(first)}
        frontier: list[tuple[tuple[Stimulus, ...], State]] = [((), first)]
        for _ in range(LONGEST_PREAMBLE + 1):
            following: list[tuple[tuple[Stimulus, ...], State]] = []
            for stimuli, state in frontier:
                yield stimuli, state
                for stimulus in PREAMBLE:
                    reaction = self.model.react(state, stimulus)
                    if reaction is None:
                        continue
                    canonical = self.model.interpreter.canonical(reaction.target)
                    if canonical not in seen:
                        seen.add(canonical)
                        following.append(((*stimuli, stimulus), reaction.target))
            frontier = following

    def _note(
        self,
        variant: str,
        request: Request,
        stimuli: tuple[Stimulus, ...],
        state: State,
    ) -> None:
        reaction = self.model.react(state, request)
        if reaction is None or not reaction.rules:
            return
        rule = reaction.rules[0]
        is_free = reaction.control is FREE
        if is_free and request.deregistration and is_faulty(request):
            return  # the registration with this fault stands for both
        if request.prefix is PrefixForm.REQUESTABLE and stimuli:
            own = replace(request, prefix=PrefixForm.OWN)
            if self.model.message(state, own) == self.model.message(state, request):
                return  # it is noted as the node's own prefix
        edge = Edge(rule.name, reaction.control, variant + self._context(reaction))
        if edge.key not in self.found:
            every = (*stimuli, request)
            self.found[edge.key] = Taken(edge, reaction.rules, every, state, reaction)

    def _context(self, reaction: Reaction) -> str:
        """Whether the rule has to tell its entry from that of another node."""
        step = reaction.step
        if step is None or "entry" not in step.environment:
            return ""
        entries = self.model.model.configuration.entries
        mine = step.environment["entry"]
        before = entries[: entries.index(mine)]
        taken = [e for e in before if self.model.control(step.target, e) is not FREE]
        return ", beside another session" if taken else ""

    def _note_expiry(
        self, wait: Wait, stimuli: tuple[Stimulus, ...], state: State
    ) -> None:
        reaction = self.model.react(state, wait)
        if reaction is None or len(reaction.rules) != 1:
            return
        edge = Edge(reaction.rules[0].name, reaction.control, "in time")
        if edge.key not in self.found:
            every = (*stimuli, wait)
            self.found[edge.key] = Taken(edge, reaction.rules, every, state, reaction)

    def _orders(self) -> Iterator[Taken]:
        """Requests with two faults: the check that comes first decides."""
        state = self.model.initial
        begun = self.model.react(state, Request())
        assert begun is not None
        positions = {rule.name: n for n, rule in enumerate(self.model.model.rules)}
        best: dict[str, tuple[int, str, Request, Reaction]] = {}
        for first, second in itertools.combinations(FAULTS, 2):
            wrong = combined(first, second)
            late = self.model.react(begun.target, second)
            found = wrong and self.model.react(begun.target, wrong)
            if not wrong or not late or not found:
                continue
            rule, other = found.rules[0].name, late.rules[0].name
            distance = positions[other] - positions[rule]
            if distance > 0 and (rule not in best or best[rule][0] > distance):
                best[rule] = (distance, other, wrong, found)
        for rule, (_, other, wrong, found) in best.items():
            edge = Edge(rule, found.control, f"before {other}")
            every = (Request(), wrong)
            yield Taken(edge, found.rules, every, begun.target, found)
