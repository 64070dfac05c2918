"""Test purposes for the lookup of section 5.4.1: each row, and each near miss of one.

A row is shown by a request for which it alone holds, a condition of a row by a request
that misses it and nothing else: the anchor takes that one for a new session.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pmip6.model.domain import Element
from pmip6.model.interpreter import Message, State
from pmip6.model.lookup import LOOKUP, UNMATCHED, LookupRow, is_same_interface
from pmip6.model.numbers import HandoffIndicator
from pmip6.model.state import ENTRY, BindingState, pbu, several_interfaces
from pmip6.model.table import Message as MessageTerms
from pmip6.model.terms import Term, variable
from pmip6.vectors.anchor_model import AnchorModel, Reaction
from pmip6.vectors.attempts import MAGS
from pmip6.vectors.edges import preambles
from pmip6.vectors.repertoire import Edge, Repertoire, Taken
from pmip6.vectors.stimuli import (
    Interface,
    PrefixForm,
    Request,
    Stimulus,
)

_ENTRY = variable("entry", ENTRY)
_MESSAGE = MessageTerms(pbu)
_ROWS = tuple((row, row.conditions(_ENTRY, _MESSAGE)) for row in LOOKUP)
_UNMATCHED = tuple((row, row.conditions(_ENTRY, _MESSAGE)) for row in UNMATCHED)
_SAME_INTERFACE = is_same_interface(_ENTRY, _MESSAGE)
OWN_SESSION = ("5213-5.2-3", "5213-5.4-1")
"""What a second session of a node shows: each interface has one, with its own prefixes."""
KEPT = {
    Interface.SECOND: ("5213-5.1-x3",),
    Interface.OTHER_TECHNOLOGY: ("5213-5.1-x8",),
}
"""What a second session shows of the entry of the first, which tells the interface."""

ORDER_OF_LOOKUPS = ("5213-5.4.1-1",)
NEW = HandoffIndicator.NEW_INTERFACE
MOVED = HandoffIndicator.BETWEEN_INTERFACES


INDICATORS = (
    HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
    HandoffIndicator.NOT_CHANGED,
    HandoffIndicator.NEW_INTERFACE,
    HandoffIndicator.UNKNOWN,
    HandoffIndicator.BETWEEN_INTERFACES,
    HandoffIndicator.RESERVED,
)
"""The preferred ones first."""


def _requests() -> Iterator[tuple[str, Request]]:
    """Requests for every interface with every prefix and indicator; plain ones first."""
    named = (PrefixForm.ALL_ZERO, PrefixForm.OWN, PrefixForm.SECOND)
    for ending, prefix, indicator, identified, interface, gateway in itertools.product(
        (False, True),
        named,
        INDICATORS,
        (True, False),
        Interface,
        reversed(MAGS),
    ):
        if identified or interface is not Interface.SECOND:
            request = Request(
                gateway=gateway,
                deregistration=ending,
                prefix=prefix,
                link_layer_identifier=identified,
                interface=interface,
                indicator=indicator,
            )
            yield str(request), request


INTERFACES = Repertoire(
    needs=(several_interfaces.name,),
    preamble=(
        Request(indicator=NEW),
        Request(indicator=NEW, interface=Interface.SECOND),
        Request(indicator=NEW, interface=Interface.OTHER_TECHNOLOGY),
        Request(indicator=NEW, link_layer_identifier=False),
        Request(deregistration=True),
        Request(
            deregistration=True,
            prefix=PrefixForm.OWN,
            indicator=MOVED,
        ),
    ),
    attempts=tuple(_requests()),
    candidates=(),
    probes=(
        *(
            Request(
                gateway=gateway,
                deregistration=ending,
                link_layer_identifier=identified,
                interface=interface,
                indicator=indicator,
            )
            for ending, gateway in itertools.product((True, False), MAGS)
            for identified, interface, indicator in (
                (True, Interface.FIRST, NEW),
                (True, Interface.SECOND, NEW),
                (True, Interface.OTHER_TECHNOLOGY, NEW),
                (
                    False,
                    Interface.FIRST,
                    HandoffIndicator.BETWEEN_GATEWAYS_SAME_INTERFACE,
                ),
            )
        ),
        *(
            Request(
                gateway=gateway, deregistration=True, prefix=prefix, indicator=MOVED
            )
            for gateway in MAGS
            for prefix in (PrefixForm.OWN, PrefixForm.SECOND)
        ),
    ),
    longest_preamble=2,
    longest_probe=1,
)


@dataclass(frozen=True)
class Looked:
    """What the lookup finds for a request.

    Args:
        rows: The rows that hold, each with its entry.
        missed: Rows of which one condition alone does not hold, with its number.
        unmatched: What the text says where no row holds.
        is_beside: Another entry of the node is that of the interface of the request.
    """

    rows: tuple[tuple[LookupRow, Element], ...]
    missed: tuple[tuple[LookupRow, int], ...]
    unmatched: tuple[LookupRow, ...]
    is_beside: bool

    @property
    def requirements(self) -> tuple[str, ...]:
        """Ids of what the lookup shows."""
        found = [row for row, _ in self.rows] or self.unmatched
        ids = [i for row in found for i in row.requirements]
        return (*ids, *ORDER_OF_LOOKUPS * (self.is_beside and bool(self.rows)))


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

    def run(self) -> list[Taken]:
        """What it finds, by the order of the rules."""
        for stimuli, state in preambles(self.model, self.repertoire):
            for _, request in self.repertoire.attempts:
                self._note(stimuli, state, request)
        shown = {taken.stimuli for taken in self._found.values()}
        for (name, number), (_, taken) in self._misses.items():
            if taken.stimuli in shown:
                continue
            variant = f"{name}, but for condition {number + 1}"
            edge = replace(taken.edge, variant=variant)
            self._found.setdefault(edge.key, replace(taken, edge=edge))
            shown.add(taken.stimuli)
        order = {rule.name: n for n, rule in enumerate(self.model.model.rules)}
        return sorted(self._found.values(), key=lambda t: order[t.edge.rule])

    def _note(
        self, stimuli: tuple[Stimulus, ...], state: State, request: Request
    ) -> None:
        message = self.model.message(state, request)
        if message is None:
            return
        entries = self._entries(state, request.node)
        if not entries:
            return  # the anchor without features is asked about this
        looked = self.look_up(state, message, entries)
        reaction = self.model.receive(state, message)
        if len({row.name for row, _ in looked.rows}) > 1 or not reaction.rules:
            return
        taken = self._taken(stimuli, state, request, looked, reaction)
        ending = ", ending" * request.deregistration
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
        for row, number in looked.missed if not ending else ():
            place, much = (row.name, number), len(looked.missed)
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
        """What the lookup finds among the entries of the node."""
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
        return Looked(tuple(rows), tuple(missed), unmatched, beside)

    def _entries(self, state: State, node: Element) -> list[Element]:
        cells = self.model.model.cells
        return [
            entry
            for entry in self.model.model.configuration.entries
            if state.cells[cells["bce_node", (entry,)]] == node
            and self.model.control(state, entry) is not BindingState.FREE
        ]
