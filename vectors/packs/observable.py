"""The observable state graph of a role: what its control states are, and its edges.

A state is what the role holds for the nodes of a test: an anchor the states of its
sessions, a gateway the state of its entry and what it is in a handover.  An edge is a rule
of the role, taken between two of them.  What a tester can do in a state is a move: it
takes any number of rules.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Generic, TypeVar

from pmip6.model.domain import Element, Model
from pmip6.model.fast_handover.new_gateway import new_gateway
from pmip6.model.fast_handover.previous_gateway import (
    ignore_handover_acknowledge,
    previous_gateway,
)
from pmip6.model.fast_handover.registration import handover_registration
from pmip6.model.fast_handover.state import PreviousState, new_state, previous_state
from pmip6.model.fast_handover.tables import HANDOVER_TABLES
from pmip6.model.language.interpreter import State
from pmip6.model.language.table import Role
from pmip6.model.mn import mn
from pmip6.model.state import BindingState, bule_state
from pmip6.vectors.packs.scenario_group import PackRole

CONTROLS = (bule_state.name, previous_state.name, new_state.name)
"""What tells the states of a gateway apart, for each node."""
FREE = BindingState.FREE.name

Edges = tuple[str, ...]
Pair = tuple[str, str]
StimulusT = TypeVar("StimulusT")
Where = tuple[int, str]
"""A node of a graph, and the edge that was taken last, empty before the first."""


def edge(rule: str, before: str, after: str) -> str:
    """The name of an edge."""
    return f"{rule}: {before} > {after}"


def anchor_control(states: Iterable[str]) -> str:
    """The state of an anchor with sessions in these states."""
    return "+".join(sorted(s for s in states if s != FREE)) or FREE


def gateway_control(model: Model, state: State, node: Element) -> str:
    """The state of a gateway for a node."""
    gateway = model.configuration.gateways[0]
    places = (model.cells.get((name, (node, gateway))) for name in CONTROLS)
    return "/".join(str(state.cells[p]) for p in places if p is not None)


def edges_of(role: PackRole, edges: Iterable[str]) -> Edges:
    """Those edges of a run that belong to a role, as the graph of the role has them.

    A gateway has three machines for a node: its entry, what it is as previous and what it
    is as new gateway.  The rules of fast handover are those of one of these, and which
    retransmission is meant its state tells.
    """
    match role:
        case PackRole.LMA:
            return tuple(edges)
        case PackRole.MAG:
            return tuple(_of_part(edges, 0, lambda rule, state: rule not in _OWNERS))
        case PackRole.PREVIOUS_MAG:
            return tuple(_of_part(edges, 1, _is_own(PackRole.PREVIOUS_MAG, 1)))
        case PackRole.NEW_MAG:
            return tuple(_of_part(edges, 2, _is_own(PackRole.NEW_MAG, 2)))


def _is_own(role: PackRole, part: int) -> Callable[[str, list[str]], bool]:
    def is_own(rule: str, before: list[str]) -> bool:
        owner = _OWNERS.get(rule, PackRole.MAG)
        return owner is role or (owner is None and before[part] != IDLE)

    return is_own


def _of_part(
    edges: Iterable[str], part: int, is_own: Callable[[str, list[str]], bool]
) -> Iterator[str]:
    for each in edges:
        rule, _, states = each.partition(": ")
        before, after = (state.split("/") for state in states.split(" > "))
        if rule not in _NO_EDGES and is_own(rule, before):
            yield edge(rule, before[part], after[part])


IDLE = PreviousState.IDLE.name
_ACTS = frozenset(rule.name for rule in mn.rules) | frozenset(
    rule.name
    for table in HANDOVER_TABLES
    for rule in table.rules
    if rule.role is not Role.MAG
)
"""What a node does, which is no edge of a gateway."""
_NO_EDGES = _ACTS | {ignore_handover_acknowledge.__name__}
"""Nor is an answer to no HI, which changes nothing."""
_OWNERS: dict[str, PackRole | None] = {
    **{
        rule.name: None
        for table in HANDOVER_TABLES
        for rule in table.rules
        if rule.role is Role.MAG
    },
    **{rule.name: PackRole.PREVIOUS_MAG for rule in previous_gateway.rules},
    **{
        rule.name: PackRole.NEW_MAG
        for rule in (*new_gateway.rules, *handover_registration.rules)
    },
}
"""Whose the rules of fast handover are, None where the state tells."""


def owner_of(rule: str, role: Role) -> PackRole:
    """The role of a pack that a rule belongs to; what both gateways have, to the first."""
    if role is Role.LMA:
        return PackRole.LMA
    return _OWNERS.get(rule, PackRole.MAG) or PackRole.PREVIOUS_MAG


def pairs_in(edges: Sequence[str]) -> frozenset[Pair]:
    """The pairs of consecutive edges."""
    return frozenset(pairwise(edges))


@dataclass(frozen=True)
class Move(Generic[StimulusT]):
    """What a tester does in a node of a graph: the edges that it takes, and where to."""

    stimulus: StimulusT
    edges: Edges
    target: int


@dataclass
class StateGraph(Generic[StimulusT]):
    """The nodes that a tester can bring about, the first one being the initial one."""

    moves: list[list[Move[StimulusT]]] = field(
        default_factory=list[list[Move[StimulusT]]]
    )

    def edges(self) -> frozenset[str]:
        """All edges."""
        return frozenset(e for moves in self.moves for m in moves for e in m.edges)

    def pairs(self) -> frozenset[Pair]:
        """All pairs of edges that can be taken one right after the other."""
        found: set[Pair] = set()
        seen: set[Where] = {(0, "")}
        waiting = deque(seen)
        while waiting:
            node, last = waiting.popleft()
            for move in self.moves[node]:
                found |= new_pairs(last, move)
                there = after(last, move)
                if there not in seen:
                    seen.add(there)
                    waiting.append(there)
        return frozenset(found)


def new_pairs(last: str, move: Move[StimulusT]) -> frozenset[Pair]:
    """The pairs that a move gives after an edge."""
    return pairs_in((last, *move.edges) if last else move.edges)


def after(last: str, move: Move[StimulusT]) -> Where:
    """Where a move leads."""
    return move.target, move.edges[-1] if move.edges else last


SnapshotT = TypeVar("SnapshotT")


@dataclass
class Explored(Generic[StimulusT, SnapshotT]):
    """A graph, and what it was made from.

    Args:
        initial: The state that it begins in.
        key: What tells nodes apart.
        tried: What a tester can do in a state, the edges that it takes, what follows.
    """

    initial: SnapshotT
    key: Callable[[SnapshotT], Hashable]
    tried: Callable[[SnapshotT], Iterable[tuple[StimulusT, Edges, SnapshotT]]]
    graph: StateGraph[StimulusT] = field(default_factory=StateGraph[StimulusT])
    numbers: dict[Hashable, int] = field(default_factory=dict[Hashable, int])

    def explore(self) -> Explored[StimulusT, SnapshotT]:
        """Find all nodes, by breadth-first search."""
        self.graph.moves.append([])
        self.numbers[self.key(self.initial)] = 0
        waiting = deque([self.initial])
        while waiting:
            state = waiting.popleft()
            moves = self.graph.moves[self.numbers[self.key(state)]]
            known: set[tuple[Edges, int]] = set()
            for stimulus, edges, target in self.tried(state):
                number = self.number(target)
                if number == len(self.graph.moves):
                    self.graph.moves.append([])
                    waiting.append(target)
                if (edges, number) not in known:
                    known.add((edges, number))
                    moves.append(Move(stimulus, edges, number))
        return self

    def number(self, state: SnapshotT) -> int:
        """The node of a state, a new one where there is none."""
        return self.numbers.setdefault(self.key(state), len(self.numbers))

    def take(
        self, state: SnapshotT, stimulus: StimulusT
    ) -> tuple[Edges, SnapshotT] | None:
        """What a stimulus does in a state; None where it cannot be brought about."""
        for each, edges, target in self.tried(state):
            if each == stimulus:
                return edges, target
        return None


# ---- tours -----------------------------------------------------------------------------

LONGEST_TOUR = 14
FARTHEST = 8
"""So many moves without a new pair at most, where a tour goes on."""
ATTEMPTS = 3
"""So often a pair is tried that timers keep from coming about."""


class Tours(Generic[StimulusT, SnapshotT]):
    """Ways through a graph that take together all pairs that are not covered yet.

    Each goes on to the nearest new pair, until it is long or that is far.  States of one
    node differ in how long timers have run: what a stimulus really does counts.

    Args:
        explored: The graph of the role, with all edges.
        project: The edges of a run that are the role's own.
        covered: Pairs that are there; those of the tours are added.

    Attributes:
        given_up: Pairs that no tour takes: where a way leads, timers do not allow them.
    """

    def __init__(
        self,
        explored: Explored[StimulusT, SnapshotT],
        project: Callable[[Edges], Edges],
        covered: set[Pair],
    ) -> None:
        self._explored = explored
        self._project = project
        graph = explored.graph
        self.graph = StateGraph(
            [
                [Move(m.stimulus, project(m.edges), m.target) for m in ms]
                for ms in graph.moves
            ]
        )
        self._covered = covered
        self._missing = set(self.graph.pairs()) - covered
        self._tried = Counter[Pair]()
        self.given_up: set[Pair] = set()

    def all(self) -> Iterator[list[StimulusT]]:
        """The tours."""
        while self._missing:
            tour, gain = self._one()
            if gain:
                yield tour

    def _one(self) -> tuple[list[StimulusT], int]:
        tour: list[StimulusT] = []
        useful = gain = 0
        state, here = self._explored.initial, (0, "")
        while len(tour) < LONGEST_TOUR:
            way = self._nearest(here)
            is_far = tour and len(way) > FARTHEST
            if not way or is_far or (tour and len(tour) + len(way) > LONGEST_TOUR):
                if not way and not tour:
                    self.given_up |= self._missing  # no way leads there
                    self._missing.clear()
                break
            wanted = self._wanted(here, way)
            for move in way:
                taken = self._explored.take(state, move.stimulus)
                if taken is None:
                    break
                edges, state = self._project(taken[0]), taken[1]
                real = Move(move.stimulus, edges, self._explored.number(state))
                found = new_pairs(here[1], real)
                gain += len(found & self._missing)
                useful = len(tour) + 1 if found & self._missing else useful
                self._covered |= found
                self._missing -= found
                here = after(here[1], real)
                tour.append(move.stimulus)
                if real.target >= len(self.graph.moves):
                    self._give_up(wanted)
                    return tour[:useful], gain
                if (real.edges, real.target) != (move.edges, move.target):
                    break
            self._give_up(wanted)
        return tour[:useful], gain

    def _wanted(self, here: Where, way: list[Move[StimulusT]]) -> frozenset[Pair]:
        for move in way[:-1]:
            here = after(here[1], move)
        return new_pairs(here[1], way[-1]) & self._missing

    def _give_up(self, wanted: frozenset[Pair]) -> None:
        for pair in wanted & self._missing:
            self._tried[pair] += 1
            if self._tried[pair] == ATTEMPTS:
                self._missing.discard(pair)
                self.given_up.add(pair)

    def _nearest(self, here: Where) -> list[Move[StimulusT]]:
        """The shortest way whose last move gives a missing pair; of two the first."""
        came: dict[Where, tuple[Where, Move[StimulusT]] | None] = {here: None}
        waiting = deque([here])
        while waiting:
            where = waiting.popleft()
            best: Move[StimulusT] | None = None
            most = 0
            for move in self.graph.moves[where[0]]:
                gain = len(new_pairs(where[1], move) & self._missing)
                if gain > most:
                    best, most = move, gain
                there = after(where[1], move)
                if there not in came:
                    came[there] = (where, move)
                    waiting.append(there)
            if best is not None:
                way = [best]
                step = came[where]
                while step is not None:
                    way.append(step[1])
                    step = came[step[0]]
                return way[::-1]
        return []
