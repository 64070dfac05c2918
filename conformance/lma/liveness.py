"""Is the implementation under test still there?

A spare node registers and de-registers.  Where that is not answered, a request that
every anchor refuses tells a mute anchor from a deaf one.  Answers that come too late are
waited for; last the system of the anchor, or a command, tells whether it runs at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.conformance.condition import ANSWERS, Condition, State, condition_by
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.oracle import AnchorRules, Clocks, Oracle
from pmip6.conformance.lma.requests import RequestMaker
from pmip6.conformance.lma.script import Granted, Listen, Script, Send, Wish
from pmip6.conformance.wire.arrivals import Arrival
from pmip6.conformance.wire.link import Link
from pmip6.model.wire.numbers import PARAMETER_PROBLEM
from pmip6.vectors.lma.stimuli import Node, Request

REGISTRATION = (Request(), Request(deregistration=True))
REFUSED = Request(node=Node.UNKNOWN)
PATIENCE = 5
"""How many times as long as declared an answer of a slow anchor is waited for."""
NOBODY_TAKES_IT = bytes((PARAMETER_PROBLEM, 1))
"""What the system of a dead anchor says of a Mobility Header: an unknown Next Header."""


class LivenessProbe:
    """One probe.

    Args:
        declaration: The implementation under test.
        link: The link to it.
        spare: A mobile node that no case uses.
        sequences: Sequence numbers.
        sent_ms: When this and earlier probes have sent each number: what a slow anchor
            says to one of them may come in the time of the next.
    """

    def __init__(
        self,
        declaration: Declaration,
        link: Link,
        spare: bytes,
        sequences: Iterator[int],
        sent_ms: dict[int, int],
    ) -> None:
        self.condition: Condition | None = None
        self._sent_ms = sent_ms
        self._is_nobody_there = False
        self.node_names = frozenset({spare})
        self._declared = declaration
        unknown = declaration.nodes.unknown.encode()
        self._requests = RequestMaker(
            declaration,
            {Node.SERVED: spare, Node.UNKNOWN: unknown},
            {},
            time_of_day=lambda: link.time_of_day() + declaration.timers.clock_offset,
            next_sequence=lambda: next(sequences),
            lifetime=declaration.timers.long_lifetime_units,
            number=0,
        )
        self._oracle = _blank_oracle(declaration)

    def run(self, now_ms: int) -> Script:
        """Ask until something answers."""
        self.condition = None
        for request in REGISTRATION:
            yield from self._ask(request)
        if self.condition is None:
            yield from self._ask(REFUSED)
        reaction_ms = self._declared.timers.reaction_ms
        if self.condition is None and self._sent_ms:
            yield from self._listen(
                max(self._sent_ms.values()) + PATIENCE * reaction_ms
            )
        if self.condition is None and self._is_nobody_there:
            self.condition = Condition(State.DEAD)
        elif self.condition is None:
            self.condition = condition_by(self._declared.hooks)

    def _ask(self, request: Request) -> Script:
        prepared = self._requests.prepare(request, self._oracle)
        assert prepared is not None
        wish: Wish = Send(prepared.packet, prepared.sequence, "probe")
        sent_ms: Granted = yield wish
        assert isinstance(sent_ms, int)
        self._sent_ms[prepared.sequence] = sent_ms
        yield from self._listen(sent_ms + self._declared.timers.reaction_ms)

    def _listen(self, until_ms: int) -> Script:
        """Wait for an acknowledgement; one in time is better than one that is late."""
        while (arrival := (yield Listen(until_ms))) is not None:
            assert isinstance(arrival, Arrival)
            if arrival.acknowledgement is not None:
                self._answered(arrival)
                return
            error = arrival.icmpv6
            if error is not None and error[:2] == NOBODY_TAKES_IT:
                self._is_nobody_there = True
                return

    def _answered(self, arrival: Arrival) -> None:
        reaction_ms = self._declared.timers.reaction_ms
        sent_ms = self._sent_ms.get(arrival.sequence or 0, arrival.time_ms)
        late_ms = arrival.time_ms - sent_ms
        if late_ms <= reaction_ms:
            self.condition = ANSWERS
        elif self.condition is None:
            self.condition = Condition(State.SLOW, late_ms, reaction_ms)


def _blank_oracle(declaration: Declaration) -> Oracle:
    rules = AnchorRules(declaration.taken())
    return Oracle(rules, Clocks({}, {}), declaration.prefixes.pool, {})
