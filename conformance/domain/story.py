"""What a run of a domain comes to: one row for each handoff, and the messages of each.

Times are taken from the packets on the links, not from the peers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from pmip6.conformance.domain.observed import without_esp
from pmip6.conformance.domain.record import (
    BETWEEN,
    NODE,
    DomainRun,
    Mode,
    Move,
    Seen,
    Stream,
)
from pmip6.conformance.wire.link import MILLISECOND_NS
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.messages import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from pmip6.model.wire.ipv6 import decode_ipv6, decode_packet
from pmip6.model.wire.messages import (
    UNSPECIFIED,
    HandoverAcknowledge,
    HandoverInitiate,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
)
from pmip6.model.wire.numbers import named_ack_status

END_OF_TIME = 1 << 63
MN, LMA, CN = "MN", "LMA", "CN"


@dataclass(frozen=True, slots=True)
class Handoff:
    """One move of the node; times are milliseconds from when its link was taken away.

    Attributes:
        start: Name of the gateway that it left, "" at the first move.
        end: Name of the gateway that it came to.
        initiate_ms: The HI of a fast handover; None without one.
        acknowledge_ms: Its HAck.
        link_ms: The link is there.
        request_ms: That gateway asks for the registration.
        answer_ms: The anchor accepts.
        advertisement_ms: The node has the advertisement.
        service_ms: Datagrams that were sent after the move have come, in both directions;
            None at the first move, when nobody sends yet.
        sent_up: Datagrams that the node sent from this move to the next.
        lost_up: Of these the ones that did not come to the correspondent node.
        sent_down: Datagrams that the correspondent node sent.
        lost_down: Of these the ones that did not come to the node.
    """

    start: str
    end: str
    initiate_ms: float | None
    acknowledge_ms: float | None
    link_ms: float
    request_ms: float | None
    answer_ms: float | None
    advertisement_ms: float | None
    service_ms: float | None
    sent_up: int
    lost_up: int
    sent_down: int
    lost_down: int


@dataclass(frozen=True, slots=True)
class Told:
    """A message between two participants, for a sequence diagram.

    Attributes:
        time_ns: Nanoseconds since 1970.
        sender: Name of the participant that sent it.
        receiver: Name of the one that it went to.
        text: What it is.
        is_data: Whether it is a user packet.
    """

    time_ns: int
    sender: str
    receiver: str
    text: str
    is_data: bool = False


def gateway_name(number: int) -> str:
    """Name of a gateway as a participant."""
    return f"MAG{number + 1}"


def handoffs(run: DomainRun) -> list[Handoff]:
    """The moves of a run, the first attachment included."""
    told = list(messages(run))
    ends = [move.begin_ns for move in run.moves[1:]] + [END_OF_TIME]
    return [
        _handoff(move, end, told, run)
        for move, end in zip(run.moves, ends, strict=True)
    ]


def _handoff(move: Move, end_ns: int, told: Sequence[Told], run: DomainRun) -> Handoff:
    name = gateway_name(move.end)
    former = "" if move.start is None else gateway_name(move.start)
    mine = [each for each in told if move.begin_ns <= each.time_ns < end_ns]

    def first(
        sender: str, receiver: str, text: str, after: float | None
    ) -> float | None:
        if after is None:
            return None
        for each in mine:
            when = (each.time_ns - move.left_ns) / MILLISECOND_NS
            ends = (each.sender, each.receiver)
            is_it = ends == (sender, receiver) and each.text.startswith(text)
            if is_it and when >= after:
                return when
        return None

    begin = (move.begin_ns - move.left_ns) / MILLISECOND_NS
    asks, answers = (former, name) if run.mode is Mode.PREDICTIVE else (name, former)
    initiate = first(asks, answers, INITIATE, begin)
    request = first(name, LMA, REGISTRATION, 0)
    answer = first(LMA, name, ACCEPTANCE, request)
    came = [_first_service(stream, move, end_ns) for stream in (run.up, run.down)]
    known = [each for each in came if each is not None]
    served = move.start is not None and len(known) == len(came)
    sent_up, lost_up = _sent_and_lost(run.up, move.begin_ns, end_ns)
    sent_down, lost_down = _sent_and_lost(run.down, move.begin_ns, end_ns)
    return Handoff(
        start=former,
        end=name,
        initiate_ms=initiate,
        acknowledge_ms=first(answers, asks, ACKNOWLEDGE, initiate),
        link_ms=(move.arrived_ns - move.left_ns) / MILLISECOND_NS,
        request_ms=request,
        answer_ms=answer,
        advertisement_ms=first(name, MN, ADVERTISEMENT, answer),
        service_ms=(max(known) - move.left_ns) / MILLISECOND_NS if served else None,
        sent_up=sent_up,
        lost_up=lost_up,
        sent_down=sent_down,
        lost_down=lost_down,
    )


def _first_service(stream: Stream, move: Move, end_ns: int) -> int | None:
    """When the first datagram came that was sent after a move."""
    came = (
        when
        for number, when in stream.arrivals
        if move.arrived_ns <= stream.sent_ns[number] < end_ns
    )
    return min(came, default=None)


def _sent_and_lost(stream: Stream, begin_ns: int, end_ns: int) -> tuple[int, int]:
    sent = [n for n, when in enumerate(stream.sent_ns) if begin_ns <= when < end_ns]
    return len(sent), len(set(stream.lost()) & set(sent))


# ---- packets as messages ----------------------------------------------------------------

REGISTRATION, DEREGISTRATION = "PBU", "PBU (lifetime 0)"
ACCEPTANCE, ADVERTISEMENT = "PBA accepted", "RA"
INITIATE, ACKNOWLEDGE = "HI", "HAck"


def messages(run: DomainRun) -> Iterator[Told]:
    """The packets of a run as messages, each once; what says nothing is left out.

    The access link is watched at the node: its other end is where the node went last.
    """
    moves = list(run.moves)
    at = moves.pop(0) if moves else None
    for each in run.seen:
        while moves and moves[0].left_ns <= each.time_ns:
            at = moves.pop(0)
        if each.place.startswith("gateway"):
            number = int(each.place.removeprefix("gateway ")) - 1
            ends = (gateway_name(number), LMA)
            found = _in_network(each, *(ends if each.is_outbound else ends[::-1]))
        elif each.place == BETWEEN:
            ends = (gateway_name(0), gateway_name(1))
            found = _in_network(each, *(ends if each.is_outbound else ends[::-1]))
        elif each.place == NODE and at is not None:
            is_cut = at.left_ns <= each.time_ns < at.arrived_ns
            found = _on_access_link(each, gateway_name(at.end), is_cut=is_cut)
        else:
            found = _at_correspondent(each)
        if found is not None:
            yield found


def _in_network(each: Seen, sender: str, receiver: str) -> Told | None:
    """Signalling and tunnel packets between gateways and their anchor."""
    ends = (sender, receiver)
    clear = without_esp(each.packet)
    under = "" if clear == each.packet else ", under ESP"
    read = decode_packet(clear)
    if read is not None:
        match read[1].message:
            case ProxyBindingUpdate() as update:
                text = REGISTRATION if update.lifetime else DEREGISTRATION
                return Told(each.time_ns, *ends, text)
            case ProxyBindingAcknowledgement() as answer:
                text = ACCEPTANCE
                if answer.is_rejection:
                    status = named_ack_status(answer.status)
                    text = f"PBA {getattr(status, 'name', status)}"
                return Told(each.time_ns, *ends, text)
            case HandoverInitiate() as asked:
                flags = ", U" * asked.buffer + ", F" * asked.forward
                text = f"{INITIATE} (code {asked.code}{flags}{under})"
                return Told(each.time_ns, *ends, text)
            case HandoverAcknowledge(code=code):
                return Told(each.time_ns, *ends, f"{ACKNOWLEDGE} (code {code}{under})")
            case _:
                return Told(each.time_ns, *ends, "mobility message")
    header = decode_ipv6(each.packet)
    if header is None or header.next_header != 41:
        return None
    return Told(each.time_ns, *ends, "tunnelled data", is_data=True)


def _on_access_link(each: Seen, gateway: str, *, is_cut: bool) -> Told | None:
    """What node and gateway say to each other, or the node to a link that is cut."""
    ends = (MN, gateway) if each.is_outbound else (gateway, MN)
    read = decode_discovery_packet(each.packet)
    if read is None:
        header = decode_ipv6(each.packet)
        if (
            header is None
            or header.source.is_link_local
            or header.source == UNSPECIFIED
        ):
            return None
        if is_cut and each.is_outbound:
            return Told(each.time_ns, MN, MN, "data without a link", is_data=True)
        return Told(each.time_ns, *ends, "data", is_data=True)
    header, decoded = read
    match decoded.message:
        case RouterSolicitation():
            text = "RS"
        case RouterAdvertisement():
            text = ADVERTISEMENT
        case NeighborSolicitation(target=target) if header.source == UNSPECIFIED:
            text = f"NS: is {target} taken?"
        case NeighborSolicitation(target=target):
            text = f"NS: who has {target}?"
        case NeighborAdvertisement(target=target):
            text = f"NA: {target} is here"
        case None:
            text = "malformed"
    return Told(each.time_ns, *ends, text)


def _at_correspondent(each: Seen) -> Told | None:
    """User packets on the correspondent node's link, which its anchor routes."""
    header = decode_ipv6(each.packet)
    if header is None or header.next_header == 58:
        return None
    ends = (CN, LMA) if each.is_outbound else (LMA, CN)
    return Told(each.time_ns, *ends, "data", is_data=True)


def summarised(told: Sequence[Told]) -> list[Told]:
    """The same with user packets in a row as one message for each way that they go."""
    found: list[Told] = []
    for is_data, group in groupby(told, key=lambda each: each.is_data):
        if not is_data:
            found += group
            continue
        packets = list(group)
        for way in dict.fromkeys((p.sender, p.receiver, p.text) for p in packets):
            same = [p for p in packets if (p.sender, p.receiver, p.text) == way]
            count = len(same)
            text = f"{same[0].text} ({count} packet{'' if count == 1 else 's'})"
            found.append(Told(same[0].time_ns, way[0], way[1], text, is_data=True))
    return found


def longest_silence_ms(run: DomainRun) -> float:
    """The longest time between two datagrams of a stream that came, in either direction."""
    times = [[when for _, when in stream.arrivals] for stream in (run.up, run.down)]
    gaps = (later - earlier for each in times for earlier, later in pairwise(each))
    return max(gaps, default=0) / MILLISECOND_NS
