"""Runs a test purpose for fast handover over a link to a gateway, and judges it.

The tester is the other gateway, the access network, the node and the anchor.  After each
stimulus what the oracle sends has to come, and nothing else of its kinds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pmip6.conformance.fast_handover.cast import (
    ACCESS_POINT,
    IN_MEMORY,
    NOWHERE,
    STRANGER,
    Cast,
    Times,
    settings_of,
)
from pmip6.conformance.fast_handover.gateway import gateway_of
from pmip6.conformance.fast_handover.oracle import Due, HandoverOracle, signature_of
from pmip6.conformance.fast_handover.packets import (
    End,
    acknowledge,
    datagram,
    initiate,
    register,
)
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.port import Sent, ToNode
from pmip6.conformance.mag.settings import GatewaySettings
from pmip6.conformance.mag.virtual_gateway import VirtualGatewayLink
from pmip6.conformance.verdict import Finding, Layer, Verdict, finding, verdict_of
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import ALL_ROUTERS, RouterSolicitation
from pmip6.model.wire.ipv6 import decode_ipv6, decode_packet
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    option_of,
)
from pmip6.model.wire.options import (
    MobileNodeIdentifier,
)
from pmip6.model.wire.tunnel_packets import HEADER_SIZE
from pmip6.vectors.fast_handover.purposes import HandoverPurpose
from pmip6.vectors.fast_handover.stimuli import (
    Acknowledgement,
    Datagram,
    Elapse,
    HandoverStimulus,
    Indication,
    Initiation,
    LinkDown,
    LinkUp,
    Registration,
    Route,
    Solicitation,
    in_words,
)

GRACE_STEP_MS = 20


class HandoverLink(Protocol):
    """What a case asks of a link to a gateway; see `VirtualGatewayLink`."""

    def now_ms(self) -> int:
        """The time now."""
        ...

    def time_of_day(self) -> int:
        """The time of day now."""
        ...

    def link_up(self, node: bytes, old_access_point: str | None) -> None:
        """A node comes."""
        ...

    def indicate_handover(self, node: bytes, access_point: str) -> None:
        """A node will move."""
        ...

    def detach(self, node: bytes) -> None:
        """A node leaves."""
        ...

    def send(self, packet: bytes) -> None:
        """Give a packet of the network to the gateway."""
        ...

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        """Give a packet of a node to the gateway."""
        ...

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        """What the gateway sends next; None where nothing comes until then."""
        ...


@dataclass(frozen=True)
class HandoverResult:
    """What became of a case."""

    purpose: HandoverPurpose
    verdict: Verdict
    findings: tuple[Finding, ...]
    steps: tuple[str, ...]


class HandoverCase:
    """One run of a purpose.

    Args:
        purpose: What to do.
        link: To the gateway under test.
        cast: The node of the case.
        times: Those of the gateway, and of the tester.
    """

    def __init__(
        self,
        purpose: HandoverPurpose,
        link: HandoverLink,
        cast: Cast,
        times: Times = IN_MEMORY,
    ) -> None:
        self.purpose = purpose
        self._link, self._cast, self._times = link, cast, times
        settings = settings_of(purpose.scene, [cast], times)
        self._oracle = HandoverOracle(settings, start_ms=link.now_ms())
        self._theirs, self._ours = End(), End()  # the gateway's, and the oracle's
        self._due: list[Due] = []
        self._came: list[Sent] = []
        self._findings: list[Finding] = []
        self._steps: list[str] = []
        self._number = 4711

    def run(self) -> HandoverResult:
        """Take every step."""
        for stimulus in self.purpose.stimuli:
            self._steps.append(in_words(stimulus))
            if isinstance(stimulus, Elapse):
                self._wait(stimulus)
            else:
                self._act(stimulus)
                self._listen(self._link.now_ms() + self._times.reaction_ms)
            self._compare()
        found = tuple(self._findings)
        return HandoverResult(
            self.purpose, verdict_of(found), found, tuple(self._steps)
        )

    # ---- what the tester does ------------------------------------------------------------

    def _act(self, stimulus: HandoverStimulus) -> None:
        link, oracle = self._link, self._oracle
        now = link.now_ms(), link.time_of_day()
        match stimulus:
            case LinkUp(is_told):
                point = ACCESS_POINT if is_told else None
                link.link_up(self._cast.link_layer, point)
                sent = oracle.attach(
                    self._cast.link_layer, *now, old_access_point=point
                )
            case LinkDown():
                link.detach(self._cast.link_layer)
                sent = oracle.detach(self._cast.link_layer, *now)
            case Indication(is_known):
                point = ACCESS_POINT if is_known else NOWHERE
                link.indicate_handover(self._cast.link_layer, point)
                sent = oracle.indicate_handover(self._cast.link_layer, point, *now)
            case Solicitation():
                packet = discovery_packet(
                    RouterSolicitation(), self._cast.link_local, ALL_ROUTERS
                )
                link.send_from_node(self._cast.link_layer, packet)
                sent = oracle.receive_from_node(self._cast.link_layer, packet, *now)
            case Datagram(Route.NODE):
                packet = datagram(Route.NODE, self._next(), self._cast)
                link.send_from_node(self._cast.link_layer, packet)
                sent = oracle.receive_from_node(self._cast.link_layer, packet, *now)
            case _:
                theirs, ours = self._packets(stimulus)
                if theirs:
                    link.send(theirs)
                sent = oracle.receive_from_network(ours, *now) if ours else []
        self._expect(sent)

    def _packets(self, stimulus: HandoverStimulus) -> tuple[bytes, bytes]:
        """A packet for the gateway, and the one for the oracle; empty for none."""
        match stimulus:
            case Initiation():
                packet = initiate(stimulus, self._next(), self._cast)
                return packet, packet
            case Acknowledgement():
                return (
                    acknowledge(stimulus, self._theirs, self._cast),
                    acknowledge(stimulus, self._ours, self._cast),
                )
            case Registration():
                return (
                    register(stimulus, self._theirs, self._cast),
                    register(stimulus, self._ours, self._cast),
                )
            case Datagram(route):
                packet = datagram(route, self._next(), self._cast)
                return packet, packet
            case _:
                raise AssertionError(f"no packet for {stimulus}")

    def _next(self) -> int:
        """A number that no packet of the case has had."""
        self._number += 1
        return self._number

    # ---- what comes ----------------------------------------------------------------------

    def _expect(self, sent: list[Sent]) -> None:
        for due in self._oracle.due(sent):
            self._ours.note(due.sent)
            self._due.append(due)

    def _listen(self, until_ms: int) -> None:
        """Take what comes until a time, while the oracle's time goes on, too."""
        while (came := self._link.receive(until_ms)) is not None:
            if self._is_ours(came[1]):
                self._theirs.note(came[1])
                self._came.append(came[1])
        now = self._link.now_ms(), self._link.time_of_day()
        self._expect(self._oracle.advance(*now))

    def _is_ours(self, sent: Sent) -> bool:
        """Whether a packet is about the node of the case, and of a kind that counts."""
        if isinstance(sent, ToNode):
            return sent.node == self._cast.link_layer
        read = decode_packet(sent.packet)
        message = None if read is None else read[1].message
        if message is None:
            prefix = self._cast.prefix()
            inner = decode_ipv6(sent.packet[HEADER_SIZE:])
            ends = () if inner is None else (inner.source, inner.destination)
            return any(end in prefix for end in ends)
        if isinstance(message, HandoverAcknowledge) and not message.options:
            return True  # it answers an HI that names nobody
        named = option_of(message, MobileNodeIdentifier)
        return named is not None and named.identifier in (self._cast.node, STRANGER)

    def _wait(self, stimulus: Elapse) -> None:
        for _ in range(stimulus.times):
            deadline = self._oracle.deadline(stimulus.timer)
            if deadline is not None:
                self._listen(
                    max(deadline, self._link.now_ms()) + self._times.reaction_ms
                )

    def _compare(self) -> None:
        """Each packet that is due has come, and no other one."""
        last_ms = self._link.now_ms() + self._times.grace_ms
        while not self._agrees() and self._link.now_ms() < last_ms:
            self._listen(self._link.now_ms() + GRACE_STEP_MS)
        for due in self._due:
            same = [c for c in self._came if signature_of(c) == due.signature]
            if not same:
                self._find(f"missing: {due.signature}")
                continue
            self._came.remove(same[0])
            for requirements, text in due.faults(same[0]):
                self._find(text, requirements, Layer.EXCHANGE)
        for came in self._came:
            self._find(f"not expected: {signature_of(came)}")
        self._due, self._came = [], []

    def _agrees(self) -> bool:
        due = Counter(due.signature for due in self._due)
        return due == Counter(map(signature_of, self._came))

    def _find(
        self,
        text: str,
        requirements: tuple[str, ...] | None = None,
        layer: Layer = Layer.BEHAVIOUR,
    ) -> None:
        cited = self.purpose.requirements if requirements is None else requirements
        where = f"{self._steps[-1]}: {text}"
        self._findings.append(finding(cited, where, 0, layer))


def run_in_memory(
    purpose: HandoverPurpose,
    start: Callable[[GatewaySettings, int], ReferenceGateway] | None = None,
) -> HandoverResult:
    """Run a case against a reference gateway of its own, under virtual time."""
    cast = Cast()
    settings = settings_of(purpose.scene, [cast])

    def begin(start_ms: int) -> ReferenceGateway:
        if start is None:
            return gateway_of(settings, start_ms=start_ms)
        return start(settings, start_ms)

    return HandoverCase(purpose, VirtualGatewayLink(begin), cast).run()
