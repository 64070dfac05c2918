"""Is the implementation under test still there?

A spare node registers and de-registers.  Where that is not answered, a request that
every anchor refuses tells a mute anchor from a dead one; last a command may be asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from pmip6.conformance.hooks import is_alive_by
from pmip6.conformance.lma.case import Granted, Listen, Script, Send, Wish
from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.oracle import AnchorRules, Clocks, Oracle
from pmip6.conformance.lma.requests import RequestMaker
from pmip6.conformance.wire.arrivals import Arrival
from pmip6.conformance.wire.link import Link
from pmip6.vectors.lma.stimuli import Node, Request

REGISTRATION = (Request(), Request(deregistration=True))
REFUSED = Request(node=Node.UNKNOWN)


class LivenessProbe:
    """One probe.

    Args:
        declaration: The implementation under test.
        link: The link to it.
        spare: A mobile node that no case uses.
        sequences: Sequence numbers.
    """

    def __init__(
        self,
        declaration: Declaration,
        link: Link,
        spare: bytes,
        sequences: Iterator[int],
    ) -> None:
        self.is_alive = False
        self.node_names = frozenset({spare})
        self._declared = declaration
        unknown = declaration.nodes.unknown.encode()
        self._requests = RequestMaker(
            declaration,
            {Node.SERVED: spare, Node.UNKNOWN: unknown},
            {},
            time_of_day=link.time_of_day,
            next_sequence=lambda: next(sequences),
            lifetime=declaration.timers.long_lifetime_units,
            number=0,
        )
        self._oracle = _blank_oracle(declaration)

    def run(self, now_ms: int) -> Script:
        """Ask until something answers."""
        for request in REGISTRATION:
            yield from self._ask(request)
        if not self.is_alive:
            yield from self._ask(REFUSED)
        if not self.is_alive:
            self.is_alive = is_alive_by(self._declared.hooks)

    def _ask(self, request: Request) -> Script:
        prepared = self._requests.prepare(request, self._oracle)
        assert prepared is not None
        wish: Wish = Send(prepared.packet, prepared.sequence, "probe")
        sent_ms: Granted = yield wish
        assert isinstance(sent_ms, int)
        arrival = yield Listen(sent_ms + self._declared.timers.reaction_ms)
        answered = isinstance(arrival, Arrival) and arrival.acknowledgement is not None
        self.is_alive = self.is_alive or answered


def _blank_oracle(declaration: Declaration) -> Oracle:
    rules = AnchorRules(declaration.taken())
    return Oracle(rules, Clocks({}, {}), declaration.prefixes.pool, {})
