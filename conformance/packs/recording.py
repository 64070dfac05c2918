"""Test cases become scenarios: a reference implementation runs each, and a tape is kept.

The campaign and the pack have one source, the purposes; what the tester does, and when, is
the case's own doing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import asdict, dataclass, field
from ipaddress import IPv6Address, IPv6Network
from typing import cast

from pmip6.conformance.held_state import Held
from pmip6.conformance.lma.anchor import BindingCacheEntry, ReferenceAnchor
from pmip6.conformance.mag.gateway import BindingUpdateListEntry
from pmip6.conformance.mag.port import Sent, ToNode
from pmip6.conformance.mag.virtual_gateway import Start, VirtualGatewayLink
from pmip6.conformance.wire.link import MILLISECOND_NS, timestamp_of
from pmip6.conformance.wire.virtual import EPOCH_NS, VirtualLink
from pmip6.model.wire.ipv6 import decode_ipv6, decode_packet
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    option_of,
)
from pmip6.model.wire.numbers import (
    IPPROTO_ICMPV6,
    IPPROTO_MOBILITY,
    SEQUENCE_NUMBERS,
    HandoffIndicator,
)
from pmip6.model.wire.options import Timestamp
from pmip6.properties.guards.decisions import Side
from pmip6.vectors.case_purpose import CasePurpose
from pmip6.vectors.packs.free_fields import (
    HANDOVER,
    SEQUENCE,
    TIMESTAMP,
    Heard,
    heard_value,
    mask_of,
)
from pmip6.vectors.packs.packet_fields import Fields
from pmip6.vectors.packs.scenario_group import (
    NETWORK,
    Event,
    ExchangeVector,
    Expected,
    Insert,
    ScenarioVector,
    Step,
)
from pmip6.vectors.packs.wire_group import plain

REACTION_MS = 1000
"""In every role: an implementation behind a real clock and a real link passes, too.

What comes late makes all that follows as much later, so that no step overtakes it.
"""
STAMP_OCTETS = 8
STAMP_VALUES = 1 << 64
_CHECKSUMS = {IPPROTO_MOBILITY: 4, IPPROTO_ICMPV6: 2}
"""Where the checksum stands in the payload."""


@dataclass(frozen=True)
class Waiting:
    """How long a tester waits: around a timer's end, and for what follows at once."""

    tolerance_ms: int
    reaction_ms: int = REACTION_MS


@dataclass(frozen=True)
class Arrived:
    """A packet of the implementation.

    Attributes:
        at_ms: When it came.
        to: Where it went.
        data: Its octets.
        is_required: It has to come.
        opens_session: It tells of a session for the first time.
    """

    at_ms: int
    to: str
    data: bytes
    is_required: bool
    opens_session: bool


@dataclass
class Moment:
    """What was done at a time, with what came of it until the next.

    Attributes:
        came: What came, in its order.
        before, after: The bindings.
        held: What else the implementation held before.
    """

    at_ms: int
    event: Event | None
    data: bytes
    words: str
    before: list[Fields]
    held: Held
    after: list[Fields]
    came: list[Arrived] = field(default_factory=list["Arrived"])


class Tape:
    """What a link records.

    Args:
        state: The bindings of the implementation now.
        held: What else it holds now.

    Attributes:
        words: What the tester is about to do.
        awaits: Whether a packet has to come, by the case.
        opens: Whether the next answer of an anchor is the first one of its session.
        end_ms: When it ends.
        edges: Those of the model that the implementation has taken.
        sides: Of conditions in its guards, each of which decided alone.
    """

    def __init__(
        self, state: Callable[[], list[Fields]], held: Callable[[], Held]
    ) -> None:
        self.moments: list[Moment] = []
        self.words: Callable[[], str] = str
        self.awaits: Callable[[Sent | bytes], bool] = lambda sent: True
        self.opens: Callable[[], bool] = lambda: False
        self.end_ms = 0
        self.state = state
        self._held = held
        self.edges: list[str] = []
        self.sides: Set[Side] = frozenset()

    def end(self, now_ms: int) -> Tape:
        """Nothing more is recorded."""
        self.end_ms = now_ms
        return self

    def do(
        self, now_ms: int, event: Event, act: Callable[[], None], data: bytes = b""
    ) -> None:
        """Record an event and let it happen."""
        before, held = self.state(), self._held()
        act()
        words, after = self.words(), self.state()
        moment = Moment(now_ms, event, data, words, before, held, after)
        self.moments.append(moment)

    def hear(self, time_ms: int, sent: Sent | bytes) -> None:
        """Record a packet of the implementation."""
        if not self.moments:
            self.moments.append(Moment(0, None, b"", "begin", [], {}, []))
        to = sent.node.hex(":") if isinstance(sent, ToNode) else NETWORK
        data = sent if isinstance(sent, bytes) else sent.packet
        is_answer = isinstance(_message(data), ProxyBindingAcknowledgement)
        opens = is_answer and self.opens()
        arrived = Arrived(time_ms, to, data, self.awaits(sent), opens)
        self.moments[-1].came.append(arrived)


def state_of(
    entries: Sequence[BindingCacheEntry | BindingUpdateListEntry],
) -> list[Fields]:
    """Bindings as plain data, in an order of their own."""
    found = [{k: plain(v) for k, v in asdict(entry).items()} for entry in entries]
    for told in found:
        told.pop("entry", None)
    return sorted(found, key=str)


class RecordingLink(VirtualLink):
    """A link to an anchor in memory that keeps a tape."""

    def __init__(self, anchor: ReferenceAnchor) -> None:
        super().__init__(anchor)
        self.tape = Tape(
            lambda: state_of(self.anchor.state()), lambda: self.anchor.held()
        )

    def send(self, packet: bytes) -> None:
        """Record a packet to the anchor, and give it to it."""
        event = Event(event="packet", hex=packet.hex())
        give = super().send
        self.tape.do(self.now_ms(), event, lambda: give(packet), packet)

    def receive(self, until_ms: int) -> tuple[int, bytes] | None:
        """Record what comes."""
        came = super().receive(until_ms)
        if came is not None:
            self.tape.hear(*came)
        return came


class RecordingGatewayLink(VirtualGatewayLink):
    """A link to a gateway in memory that keeps a tape."""

    def __init__(self, start: Start, epoch_ns: int = EPOCH_NS) -> None:
        super().__init__(start, epoch_ns)
        self.tape = Tape(
            lambda: state_of(self.gateway.state()), lambda: self.gateway.held()
        )

    def _do(self, event: Event, act: Callable[[], None], data: bytes = b"") -> None:
        self.tape.do(self.now_ms(), event, act, data)

    def attach(self, node: bytes, handoff: HandoffIndicator | None) -> None:
        """Record that a node comes."""
        told = None if handoff is None else int(handoff)
        event = Event(event="attach", node=node.hex(":"), handoff=told)
        act = super().attach
        self._do(event, lambda: act(node, handoff))

    def link_up(self, node: bytes, old_access_point: str | None) -> None:
        """Record that a node comes from an access point."""
        event = Event(event="attach", node=node.hex(":"), access_point=old_access_point)
        act = super().link_up
        self._do(event, lambda: act(node, old_access_point))

    def indicate_handover(self, node: bytes, access_point: str) -> None:
        """Record that a node will move."""
        event = Event(
            event="indicate_handover", node=node.hex(":"), access_point=access_point
        )
        act = super().indicate_handover
        self._do(event, lambda: act(node, access_point))

    def detach(self, node: bytes) -> None:
        """Record that a node leaves."""
        act = super().detach
        self._do(Event(event="detach", node=node.hex(":")), lambda: act(node))

    def send(self, packet: bytes) -> None:
        """Record a packet of the network."""
        act = super().send
        event = Event(event="packet", hex=packet.hex())
        self._do(event, lambda: act(packet), packet)

    def send_from_node(self, node: bytes, packet: bytes) -> None:
        """Record a packet of a node."""
        act = super().send_from_node
        event = Event(event="node_packet", node=node.hex(":"), hex=packet.hex())
        self._do(event, lambda: act(node, packet), packet)

    def send_from_host(self, packet: bytes) -> None:
        """Record a packet of an ordinary host."""
        act = super().send_from_host
        event = Event(event="host_packet", hex=packet.hex())
        self._do(event, lambda: act(packet), packet)

    def synchronise(self) -> None:
        """Record that the clock is set."""
        self._do(Event(event="synchronise"), super().synchronise)

    def restart(self) -> None:
        """Record a restart."""
        self._do(Event(event="restart"), super().restart)

    def receive(self, until_ms: int) -> tuple[int, Sent] | None:
        """Record what comes."""
        came = super().receive(until_ms)
        if came is not None:
            self.tape.hear(*came)
        return came


# ---- from a tape to a scenario ---------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """A scenario, the exchanges in it, and the sides of conditions that it shows."""

    scenario: ScenarioVector
    exchanges: tuple[ExchangeVector, ...]
    sides: frozenset[Side]


def recorded(
    purpose: CasePurpose,
    tape: Tape,
    settings: str,
    *,
    pool: IPv6Network | None,
    known: set[str],
    waiting: Waiting,
    free: list[Fields],
) -> Recorded:
    """The scenario of a tape.

    Args:
        purpose: The case that was run.
        tape: What happened.
        settings: The name of what the implementation was told.
        pool: Where an anchor takes prefixes from; None for gateways.
        known: Prefixes that are declared.
        waiting: How long a tester waits.
        free: Masks of what may come at any time.
    """
    heard = Heard(pool, frozenset(known))
    steps: list[Step] = []
    exchanges: list[ExchangeVector] = []
    for moment in tape.moments:
        variables = dict(heard.variables)
        step = _step(moment, heard, waiting)
        steps.append(step)
        if step.event is not None and moment.event is not None:
            exchanges.append(
                ExchangeVector(
                    name=f"{purpose.name}/{len(steps)}",
                    scenario=purpose.name,
                    settings=settings,
                    requirements=list(purpose.requirements),
                    before=moment.before,
                    held=moment.held,
                    time_of_day=clock(moment.at_ms),
                    variables=variables,
                    step=from_zero(step),
                    after=moment.after,
                )
            )
    scenario = ScenarioVector(
        name=purpose.name,
        version=purpose.version,
        settings=settings,
        title=purpose.title,
        requirements=list(purpose.requirements),
        free=free,
        steps=steps,
        end_ms=tape.end_ms,
        state=tape.state(),
        edges=tape.edges,
    )
    return Recorded(scenario, tuple(exchanges), frozenset(tape.sides))


def clock(now_ms: int) -> int:
    """The time of day of a scenario, in the format of the Timestamp option."""
    return timestamp_of(EPOCH_NS + now_ms * MILLISECOND_NS)


def from_zero(step: Step) -> Step:
    """A step whose times count from its own; what comes later is left out."""
    expect = [
        e.model_copy(
            update={
                "at_ms": e.at_ms - step.at_ms,
                "from_ms": max(0, e.from_ms - step.at_ms),
                "until_ms": e.until_ms - step.at_ms,
            }
        )
        for e in step.expect
        if e.at_ms <= step.at_ms
    ]
    return step.model_copy(update={"at_ms": 0, "expect": expect})


def _step(moment: Moment, heard: Heard, waiting: Waiting) -> Step:
    event = moment.event
    if event is not None:
        event = event.model_copy(update=_template(moment.data, heard))
        if event.event == "restart":
            heard.forget(SEQUENCE)
        message = _message(moment.data)
        if message is not None:
            heard.give(message)
    heard.held = _prefixes_by_node(moment.before)
    expect: list[Expected] = []
    for came in moment.came:
        heard.time_of_day = clock(came.at_ms)
        at_once = came.at_ms == moment.at_ms
        before = 0 if at_once else waiting.tolerance_ms
        after = waiting.reaction_ms if at_once else waiting.tolerance_ms
        expect.append(
            Expected(
                at_ms=came.at_ms,
                from_ms=came.at_ms - before,
                until_ms=came.at_ms + after,
                to=came.to,
                mask=mask_of(came.data, heard, opens_session=came.opens_session),
                hex=came.data.hex(),
                required=came.is_required,
            )
        )
    return Step(at_ms=moment.at_ms, words=moment.words, event=event, expect=expect)


def _message(data: bytes) -> MobilityMessage | None:
    read = decode_packet(data)
    return None if read is None else read[1].message


def _prefixes_by_node(bindings: Iterable[Fields]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for told in bindings:
        node, prefixes = str(told["node"]), cast("list[str]", told["prefixes"])
        found[node] = found.get(node, frozenset()) | set(prefixes)
    return found


# ---- what of a packet depends on what was learnt ---------------------------------------


def _template(data: bytes, heard: Heard) -> dict[str, object]:
    """Where learnt values go into a packet, and its checksum."""
    packet = decode_ipv6(data)
    if packet is None:
        return {}
    inserts = [*_numbers(data, packet.payload_offset, heard), *_addresses(data, heard)]
    if not inserts:
        return {}
    checksum = _CHECKSUMS.get(packet.next_header)
    place = None if checksum is None else packet.payload_offset + checksum
    return {"insert": inserts, "checksum_at": place}


def _numbers(data: bytes, offset: int, heard: Heard) -> Iterator[Insert]:
    """The sequence number and the timestamp of an answer."""
    message = _message(data)
    match message:
        case ProxyBindingAcknowledgement():
            at, asked = offset + 8, heard.last(SEQUENCE)
        case HandoverAcknowledge():
            at, asked = offset + 6, heard.last(HANDOVER)
        case _:
            return
    if asked is not None:
        plus = (
            message.sequence - cast("int", heard.variables[asked])
        ) % SEQUENCE_NUMBERS
        yield Insert(at=at, octets=2, variable=asked, plus=plus)
    stamp, told = option_of(message, Timestamp), heard.last(TIMESTAMP)
    if stamp is not None and told is not None:
        place = data.find(stamp.value.to_bytes(STAMP_OCTETS), offset)
        plus = (stamp.value - cast("int", heard.variables[told])) % STAMP_VALUES
        yield Insert(at=place, octets=STAMP_OCTETS, variable=told, plus=plus)


def _addresses(data: bytes, heard: Heard) -> Iterator[Insert]:
    """Learnt prefixes and addresses."""
    for at in range(0, len(data) - 15, 2):
        told = heard_value(str(IPv6Address(data[at : at + 16])), heard)
        if told is not None:
            plus = cast("int", told.get("plus", 0))
            variable = str(told["variable"])
            yield Insert(at=at, octets=16, variable=variable, plus=plus)
