"""Test purposes for the lookup of section 5.4.1: each row, and each near miss of one.

A row is shown by a request for which it alone holds, a condition of a row by a request
that misses it and nothing else: the anchor takes that one for a new session.  So it does
with a request for which a row holds, but for an entry of another node.  A de-registration
is asked where no registration misses a condition: that a session which has to be over is
the only one.

Each of the three tables is asked with every handoff indicator, assigned or not, of a
registration and of a de-registration, where it finds a session and where it finds none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pmip6.model.domain import Element
from pmip6.model.language.interpreter import Message, State
from pmip6.model.language.table import Message as MessageTerms
from pmip6.model.language.terms import Term, variable
from pmip6.model.lma.binding_cache import is_from_serving_gateway
from pmip6.model.lma.lookup import LOOKUP, UNMATCHED, LookupRow, is_same_interface
from pmip6.model.state import ENTRY, BindingState, pbu
from pmip6.vectors.lma.interfaces import INTERFACES
from pmip6.vectors.lma.model import AnchorModel, Reaction
from pmip6.vectors.lma.near_misses import MissSearch, add_each
from pmip6.vectors.lma.reached import lookup_of, reaches_lookup
from pmip6.vectors.lma.repertoire import Edge, Repertoire, Taken, preambles
from pmip6.vectors.lma.stimuli import Interface, Request, Stimulus
from pmip6.vectors.packs.wire_form import handoff_of

_ENTRY = variable("entry", ENTRY)
_MESSAGE = MessageTerms(pbu)
_ROWS = tuple((row, row.conditions(_ENTRY, _MESSAGE)) for row in LOOKUP)
_UNMATCHED = tuple((row, row.conditions(_ENTRY, _MESSAGE)) for row in UNMATCHED)
_SAME_INTERFACE = is_same_interface(_ENTRY, _MESSAGE)
_FROM_SERVING_GATEWAY = is_from_serving_gateway(_ENTRY, _MESSAGE)
OWN_SESSION = ("5213-5.2-3", "5213-5.4-1")
"""What a second session of a node shows: each interface has one, with its own prefixes."""
KEPT = {
    Interface.SECOND: ("5213-5.1-x3",),
    Interface.OTHER_TECHNOLOGY: ("5213-5.1-x8",),
}
"""What a second session shows of the entry of the first, which tells the interface."""

ORDER_OF_LOOKUPS = ("5213-5.4.1-1",)
OF_THE_NODE = -1
"""Stands for the number of a condition: that the entry is the node's."""


@dataclass(frozen=True)
class Looked:
    """What the lookup finds for a request.

    Args:
        rows: The rows that hold, each with its entry.
        missed: Rows of which one condition alone does not hold, with its number.
        unmatched: What the text says where no row holds.
        is_beside: Another entry of the node is that of the interface of the request.
        is_at_serving_gateway: The request comes from the serving gateway of all entries.
    """

    rows: tuple[tuple[LookupRow, Element], ...]
    missed: tuple[tuple[LookupRow, int], ...]
    unmatched: tuple[LookupRow, ...]
    is_beside: bool
    is_at_serving_gateway: bool

    @property
    def requirements(self) -> tuple[str, ...]:
        """Ids of what the lookup shows."""
        found = [row for row, _ in self.rows] or self.unmatched
        ids = [i for row in found for i in row.requirements]
        return (*ids, *ORDER_OF_LOOKUPS * (self.is_beside and bool(self.rows)))


@dataclass(frozen=True)
class Asked:
    """What a table is asked: with which indicator, by which kind of request.

    Args:
        section: The table.
        indicator: The number on the wire.
        deregistration: It is asked for the session to end.
        is_found: The table finds a session of the node.
    """

    section: str
    indicator: int
    deregistration: bool
    is_found: bool

    @classmethod
    def of(cls, request: Request, *, is_found: bool) -> Asked:
        """What this request asks."""
        section, indicator = lookup_of(request), handoff_of(request)
        return cls(section, indicator, request.deregistration, is_found)

    def __str__(self) -> str:
        """The question in words; a part of a key."""
        ending = ", ending" * self.deregistration
        found = "session" if self.is_found else "no session"
        return f"{self.section}, handoff indicator {self.indicator}{ending}: {found}"


class LookupSearch:
    """Finds a shortest way to each row of the lookup and to each near miss.

    Args:
        model: An anchor that tells interfaces apart.
        repertoire: What the tester tries.
    """

    def __init__(self, model: AnchorModel, repertoire: Repertoire = INTERFACES) -> None:
        self.model = model
        self.repertoire = repertoire
        self._found: dict[str, Taken] = {}
        self._misses: dict[tuple[str, int], tuple[int, Taken]] = {}
        self._ending: dict[tuple[str, int], tuple[int, Taken]] = {}
        self._asked: dict[tuple[Stimulus, ...], tuple[Asked, Taken]] = {}

    def run(self, already: Iterable[tuple[Stimulus, ...]] = ()) -> list[Taken]:
        """What it finds, by the order of the rules.

        `already` are the steps of cases that are there without this repertoire.
        """
        for stimuli, state in preambles(self.model, self.repertoire):
            for _, request in self.repertoire.attempts:
                self._note(stimuli, state, request)
        shown = {taken.stimuli for taken in self._found.values()}
        ending = {
            k: found for k, found in self._ending.items() if k not in self._misses
        }
        for (name, number), (_, taken) in (*self._misses.items(), *ending.items()):
            if taken.stimuli in shown:
                continue
            which = "the node" if number == OF_THE_NODE else f"condition {number + 1}"
            variant = f"{name}, but for {which}"
            if (name, number) in ending:
                variant = f"{name}, ending, but for {which}"
            edge = replace(taken.edge, variant=variant)
            self._found.setdefault(edge.key, replace(taken, edge=edge))
            shown.add(taken.stimuli)
        misses = MissSearch(self.model, self.repertoire)
        found = list(self._found.values())
        nearly = (t for t in misses.run(found, already) if t.stimuli not in shown)
        add_each(self._found, nearly)
        self._add_indicators()
        order = {rule.name: n for n, rule in enumerate(self.model.model.rules)}
        return sorted(self._found.values(), key=lambda t: order[t.edge.rule])

    def _add_indicators(self) -> None:
        """A shortest way for each question that no way so far asks of a table."""
        ways = [taken.stimuli for taken in self._found.values()]
        known = {self._asked[way][0] for way in ways if way in self._asked}
        for asked, taken in self._asked.values():
            if asked not in known:
                known.add(asked)
                edge = replace(taken.edge, variant=str(asked))
                self._found[edge.key] = replace(taken, edge=edge)

    def _note(
        self, stimuli: tuple[Stimulus, ...], state: State, request: Request
    ) -> None:
        message = self.model.message(state, request)
        if message is None:
            return
        entries, others = self._entries(state, request.node)
        if not entries:
            self._note_others(stimuli, state, request, others)
            return
        looked = self.look_up(state, message, entries)
        reaction = self.model.receive(state, message)
        if len({row.name for row, _ in looked.rows}) > 1 or not reaction.rules:
            return
        taken = self._taken(stimuli, state, request, looked, reaction)
        ending = ", ending" * request.deregistration
        # Another gateway's de-registration is ignored, whatever the lookup finds.
        is_ignored = request.deregistration and not looked.is_at_serving_gateway
        if reaches_lookup(reaction.answer) and not is_ignored:
            asked = Asked.of(request, is_found=bool(looked.rows))
            self._asked[taken.stimuli] = asked, taken
        if looked.rows:
            beside = ", beside the session of the interface" * looked.is_beside
            variant = f"{looked.rows[0][0].name}{ending}{beside}"
            if variant == "interface" and reaction.control is BindingState.REGISTERED:
                variant += f", handoff indicator {request.indicator.value}"
            self._keep(replace(taken, edge=replace(taken.edge, variant=variant)))
            return
        what = "; ".join(row.name for row in looked.unmatched)
        variant = f"no session: {what}{ending}"
        if what == "interface" and not ending:
            variant += f", handoff indicator {request.indicator.value}"
        self._keep(replace(taken, edge=replace(taken.edge, variant=variant)))
        if is_ignored:
            return
        misses = self._ending if ending else self._misses
        for row, number in looked.missed:
            place, much = (row.name, number), len(looked.missed)
            if place not in misses or misses[place][0] > much:
                misses[place] = (much, taken)

    def _note_others(
        self,
        stimuli: tuple[Stimulus, ...],
        state: State,
        request: Request,
        others: list[Element],
    ) -> None:
        """A row holds for an entry, but that one is another node's."""
        message = self.model.message(state, request)
        if message is None or not others:
            return
        looked = self.look_up(state, message, others)
        reaction = self.model.receive(state, message)
        if not looked.rows or not reaction.rules:
            return  # the anchor without features is asked about the rest
        found = replace(looked, rows=())
        taken = self._taken(stimuli, state, request, found, reaction)
        for row, _ in looked.rows:
            place, much = (row.name, OF_THE_NODE), len(looked.rows)
            if place not in self._misses or self._misses[place][0] > much:
                self._misses[place] = (much, taken)

    def _keep(self, taken: Taken) -> None:
        self._found.setdefault(taken.edge.key, taken)

    def _taken(
        self,
        stimuli: tuple[Stimulus, ...],
        state: State,
        request: Request,
        looked: Looked,
        reaction: Reaction,
    ) -> Taken:
        rule = reaction.rules[0]
        edge = Edge(rule.name, reaction.control, "")
        second = not looked.rows and reaction.answer is not None
        is_new = second and reaction.step is not None and bool(reaction.step.rule)
        accepted = is_new and rule.name == "allocate"
        told_apart = KEPT.get(request.interface, ()) if accepted else ()
        ids = (*looked.requirements, *OWN_SESSION * accepted, *told_apart)
        every = (*stimuli, request)
        return Taken(edge, reaction.rules, every, state, reaction, ids)

    # ---- the lookup ------------------------------------------------------------------

    def look_up(self, state: State, message: Message, entries: list[Element]) -> Looked:
        """What the lookup finds among these entries, as if they were the node's."""
        env = {f"message.{n}": v for (n, _), v in zip(pbu.fields, message, strict=True)}
        prefix = env["message.prefix"]

        def holds(condition: Term, entry: Element) -> bool:
            return bool(
                self.model.interpreter.value(condition, state, {**env, "entry": entry})
            )

        cells = self.model.model.cells
        asked = [
            e
            for e in entries
            if prefix is None or state.cells[cells["bce_prefix", (e, prefix)]]
        ]
        rows: list[tuple[LookupRow, Element]] = []
        missed: list[tuple[LookupRow, int]] = []
        for entry, (row, conditions) in itertools.product(asked, _ROWS):
            failed = [n for n, c in enumerate(conditions) if not holds(c, entry)]
            if not failed:
                rows.append((row, entry))
            elif len(failed) == 1:
                missed.append((row, failed[0]))
        matched = {entry for _, entry in rows}
        beside = prefix is not None and any(
            holds(_SAME_INTERFACE, e) for e in entries if e not in matched
        )
        unmatched = tuple(
            row
            for row, conditions in _UNMATCHED
            if all(holds(c, entries[0]) for c in conditions)
        )
        serving = all(holds(_FROM_SERVING_GATEWAY, e) for e in entries)
        return Looked(tuple(rows), tuple(missed), unmatched, beside, serving)

    def _entries(
        self, state: State, node: Element
    ) -> tuple[list[Element], list[Element]]:
        """The entries of the node, and those of others."""
        cells = self.model.model.cells
        used = [
            entry
            for entry in self.model.model.configuration.entries
            if self.model.control(state, entry) is not BindingState.FREE
        ]
        mine = [e for e in used if state.cells[cells["bce_node", (e,)]] == node]
        return mine, [e for e in used if e not in mine]
