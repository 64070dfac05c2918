"""Cases for anchors run again on what their journals and captures have."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from pmip6.conformance.campaign import NO_RESTART
from pmip6.conformance.journal import Journal, Played
from pmip6.conformance.lma.case import Case
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.lane import (
    NOBODY_ASKS_BY_NAME,
    asks_by_name,
    new_case,
    no_node,
    prefixes_of,
    reason_to_skip,
    result_of,
)
from pmip6.conformance.lma.script import Granted, Listen, Send
from pmip6.conformance.recompute import (
    AGAIN,
    declared_in,
    own_cases,
    refuse_another,
)
from pmip6.conformance.results import CaseResult
from pmip6.conformance.wire.arrivals import Arrival, read_arrival
from pmip6.conformance.wire.capture import CapturedPacket
from pmip6.model.errors import Pmip6Error
from pmip6.model.state import several_prefixes
from pmip6.model.wire.esp import EspCheck, is_esp, without_esp
from pmip6.model.wire.reassembly import Reassembly
from pmip6.vectors.lma.purposes import Purpose, purposes
from pmip6.vectors.lma.stimuli import Node


class AnchorReplay:
    """The cases of a result for an anchor.

    Args:
        document: The content of `result.json`.

    Raises:
        Pmip6Error: It has no declaration of an anchor, or another one.
    """

    def __init__(self, document: Mapping[str, object]) -> None:
        self.declared = declared_in(document, Declaration)
        if not self.declared.esp:
            refuse_another(document, self.declared)
        own = (case for case in own_cases(document) if isinstance(case, Purpose))
        self.shipped = frozenset(purpose.name for purpose in purposes())
        self._purposes = {purpose.name: purpose for purpose in (*purposes(), *own)}

    def purpose(self, name: str) -> Purpose | None:
        """The case of this name; None where there is none."""
        return self._purposes.get(name)

    def reasons_to_skip(self, name: str) -> tuple[str, ...]:
        """Why a case is not for what is declared; empty where it is."""
        purpose = self._purposes[name]
        has_hook = bool(self.declared.hooks.restart)
        reasons = (
            NO_RESTART if purpose.follows_a_restart and not has_hook else "",
            reason_to_skip(purpose, self.declared),
        )
        return tuple(filter(None, reasons))

    def lacks_nodes(
        self, name: str, reason: str, used: Collection[str], spent: int
    ) -> bool:
        """Whether a case has had no node, as is told of it."""
        purpose, nodes = self._purposes[name], self.declared.nodes
        if reason == NOBODY_ASKS_BY_NAME:
            return asks_by_name(purpose) and len({*nodes.by_name} - {*used}) <= spent
        wanted = [n for n in (*purpose.nodes, Node.SERVED) if no_node(n) == reason]
        if not wanted:
            return False
        single = {
            Node.BARRED: nodes.barred,
            Node.UNKNOWN: nodes.unknown,
            Node.UNPROVIDED: nodes.unprovided,
        }
        if wanted[0] in single:
            return not single[wanted[0]]
        has_several = several_prefixes.name in purpose.needs
        every = nodes.several_prefixes if has_several else nodes.identifiers()
        left = {*every} - {*nodes.by_name} - {*used}
        return len(left) <= spent

    def run(
        self, name: str, journal: Journal, packets: Sequence[CapturedPacket]
    ) -> tuple[CaseResult, bool]:
        """What a case concludes, and whether it comes to its end.

        Raises:
            Pmip6Error: It sends something else, or packets are left.
        """
        purpose = self._purposes[name]
        nodes = {Node(n): name.encode() for n, name in journal.nodes.items()}
        case = new_case(
            purpose,
            self.declared,
            Played(journal.clock),
            nodes,
            prefixes_of(purpose, self.declared, nodes),
            Played(journal.numbers),
            journal.number,
        )
        is_whole = _Player(case, journal, packets).run()
        return result_of(case, packets), is_whole


class _Player:
    """Gives a case what its journal says, and compares what it sends with the capture."""

    def __init__(
        self, case: Case, journal: Journal, packets: Sequence[CapturedPacket]
    ) -> None:
        self._case = case
        self._given = list(journal.given)
        self._packets = list(packets)
        self._name = case.purpose.name

    def run(self) -> bool:
        """Run the case; whether it came to its end.

        Raises:
            Pmip6Error: What it sends is not what was sent, or packets are left.
        """
        started = self._given.pop(0) if self._given else 0
        if not isinstance(started, int):
            raise self._wrong("the journal has no start")
        script = self._case.run(started)
        granted: Granted = None
        is_whole = False
        while True:
            try:
                wish = script.send(granted)
            except StopIteration:
                is_whole = True
                break
            if isinstance(wish, Send):
                self._compare(wish)
            if not self._given:
                break
            granted = self._grant(wish)
        if self._packets or self._given:
            left = len(self._packets)
            raise self._wrong(f"{left} packets belong to no step of the case")
        return is_whole

    def _compare(self, wish: Send) -> None:
        """The next packets of the capture have to be what is sent."""
        waiting, whole = Reassembly(), None
        while whole is None:
            if not self._packets or self._packets[0].outbound is not True:
                raise self._wrong(f"what was sent is not there: {wish.comment}")
            piece = self._packets.pop(0).data
            waiting, whole = waiting.add(piece, 0.0)
        if without_esp(whole) != wish.packet:
            raise self._wrong(
                f"what was sent is not what the case sends: {wish.comment}"
            )

    def _grant(self, wish: Send | Listen) -> Granted:
        given = self._given.pop(0)
        if isinstance(wish, Send) != isinstance(given, int):
            raise self._wrong("the journal is about other steps")
        if not isinstance(given, tuple):
            return given
        time_ms, time_of_day, check, *_ = given
        if not self._packets or self._packets[0].outbound is not False:
            raise self._wrong("a packet that was received is not there")
        return self._arrival(self._packets.pop(0).data, time_ms, time_of_day, check)

    def _arrival(
        self, data: bytes, time_ms: int, time_of_day: int, check: str
    ) -> Arrival:
        if check:
            arrival = read_arrival(data, time_ms, time_of_day)
            return replace(arrival, unprotected=EspCheck[check])
        clear = without_esp(data) if is_esp(data) else data
        return read_arrival(clear, time_ms, time_of_day)

    def _wrong(self, reason: str) -> Pmip6Error:
        return Pmip6Error(self._name, reason, AGAIN)
