"""What the model says of the packets of a domain, on runs whose times are made up."""

from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address

from random_messages import (
    valid_acknowledgement,
    valid_handover_acknowledge,
    valid_initiate,
    valid_update,
)

from pmip6.conformance.domain.model import Bounds, Followed, Verdict
from pmip6.conformance.domain.record import (
    BETWEEN,
    LMAA,
    PROXY_COAS,
    DomainRun,
    Mode,
    Move,
    Seen,
    Stream,
    gateway_place,
)
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import encode_ipv6
from pmip6.model.wire.messages import MobilityMessage
from pmip6.model.wire.numbers import HandoverAcknowledgeCode, HandoverInitiateCode

MS = 10**6
FIRST, LEFT, ARRIVED, UNTIL = 1000, 2000, 2050, 3000
"""Milliseconds: the node comes in, leaves, is on the other link; the end."""
MAC = bytes.fromhex("020000000101")
NOTHING_LATE = Bounds(0, 0)


@dataclass
class Writer:
    """Writes down a run; times are milliseconds."""

    run: DomainRun = field(default_factory=DomainRun)

    def _see(
        self,
        when: int,
        place: str,
        out: bool,
        ends: tuple[IPv6Address, IPv6Address],
        octets: bytes,
    ) -> None:
        packet = encode_ipv6(*ends, octets)
        self.run.seen.append(Seen(when * MS, place, out, MAC, MAC, packet))

    def core(
        self, when: int, gateway: int, message: MobilityMessage, out: bool
    ) -> None:
        own = PROXY_COAS[gateway]
        ends = (own, LMAA) if out else (LMAA, own)
        self._see(when, gateway_place(gateway), out, ends, encode(message, *ends))

    def between(self, when: int, gateway: int, message: MobilityMessage) -> None:
        ends = (PROXY_COAS[gateway], PROXY_COAS[1 - gateway])
        self._see(when, BETWEEN, gateway == 0, ends, encode(message, *ends))

    def register(self, when: int, gateway: int) -> None:
        self.core(when, gateway, valid_update(), out=True)
        self.core(when + 1, gateway, valid_acknowledgement(), out=False)

    def end(self, when: int, gateway: int) -> None:
        self.core(when, gateway, replace(valid_update(), lifetime=0), out=True)

    def move(self, start: int | None, end: int, left: int, arrived: int) -> None:
        self.run.moves.append(Move(start, end, left * MS, arrived * MS, (), ()))


def _streams(run: DomainRun) -> None:
    """Datagrams each way, 10 ms apart; those outside the handoff need 1 ms."""
    for stream in (run.up, run.down):
        for number, when in enumerate(range(FIRST + 500, UNTIL, 10)):
            stream.sent_ns.append((when + 5) * MS)
            if not LEFT <= when < LEFT + 100:
                stream.arrivals.append((number, (when + 6) * MS))


def _begun(mode: Mode) -> Writer:
    writer = Writer(DomainRun(mode))
    writer.move(None, 0, FIRST, FIRST + 1)
    writer.register(FIRST + 5, 0)
    writer.move(0, 1, LEFT, ARRIVED)
    return writer


def _verdicts(writer: Writer) -> tuple[Verdict, Verdict]:
    _streams(writer.run)
    writer.run.seen.sort(key=lambda each: each.time_ns)
    followed = Followed(writer.run)
    assert followed.unexplained is None
    down = followed.verdict(writer.run.down, "down")
    up = followed.verdict(writer.run.up, "up")
    assert down is not None and up is not None
    return down, up


def test_without_fast_handover_all_is_lost_until_the_registration() -> None:
    writer = _begun(Mode.NONE)
    writer.end(LEFT + 2, 0)
    writer.core(LEFT + 3, 0, valid_acknowledgement(), out=False)
    writer.register(ARRIVED + 10, 1)
    expected = Verdict(Bounds(6, 6), NOTHING_LATE)
    assert _verdicts(writer) == (expected, expected)


def _initiate(code: HandoverInitiateCode) -> MobilityMessage:
    return replace(valid_initiate(), code=code, buffer=False, forward=True)


def _agreement() -> MobilityMessage:
    code = HandoverAcknowledgeCode.CONTEXT_ACCEPTED
    return replace(valid_handover_acknowledge(), code=code)


def _predictive() -> Writer:
    writer = _begun(Mode.PREDICTIVE)
    told = (LEFT - 30) * MS
    writer.run.moves[1] = replace(writer.run.moves[1], indicated_ns=told)
    writer.between(
        LEFT - 28, 0, _initiate(HandoverInitiateCode.ALL_CONTEXT_TRANSFERRED)
    )
    writer.between(LEFT - 26, 1, _agreement())
    return writer


def test_a_predictive_handover_loses_what_the_node_cannot_send_alone() -> None:
    writer = _predictive()
    writer.register(ARRIVED + 10, 1)
    down, up = _verdicts(writer)
    assert down == Verdict(Bounds(0, 0), NOTHING_LATE)
    assert up == Verdict(Bounds(5, 5), NOTHING_LATE)


def test_what_is_under_way_when_the_anchor_switches_may_be_overtaken() -> None:
    writer = _predictive()
    writer.register(ARRIVED + 3, 1)  # the answer comes 1 ms before a datagram is sent
    down, _ = _verdicts(writer)
    assert down == Verdict(Bounds(0, 0), Bounds(0, 1))


def test_a_reactive_handover_loses_what_comes_before_it_is_asked_for() -> None:
    writer = _begun(Mode.REACTIVE)
    writer.between(ARRIVED + 10, 1, _initiate(HandoverInitiateCode.DEFAULT))
    writer.between(ARRIVED + 11, 0, _agreement())
    writer.register(ARRIVED + 30, 1)
    down, up = _verdicts(writer)
    assert down.lost == up.lost == Bounds(6, 6)
    later = _begun(Mode.REACTIVE)
    later.between(ARRIVED + 20, 1, _initiate(HandoverInitiateCode.DEFAULT))
    later.between(ARRIVED + 21, 0, _agreement())
    later.register(ARRIVED + 30, 1)
    down, up = _verdicts(later)
    assert down.lost == up.lost == Bounds(7, 7)


def test_what_comes_near_a_step_is_within_the_bounds_both_ways() -> None:
    writer = _begun(Mode.REACTIVE)
    writer.between(ARRIVED + 14, 1, _initiate(HandoverInitiateCode.DEFAULT))
    writer.between(ARRIVED + 15, 0, _agreement())
    writer.register(ARRIVED + 30, 1)
    down, _ = _verdicts(writer)
    assert down.lost == Bounds(6, 7) and 6 in down.lost and 8 not in down.lost


def test_a_host_may_be_late() -> None:
    """The HI goes out once more before the gateway has looked for its answer."""
    writer = _begun(Mode.REACTIVE)
    for again in (0, 9):
        writer.between(ARRIVED + 10 + again, 1, _initiate(HandoverInitiateCode.DEFAULT))
        writer.between(ARRIVED + 11 + again, 0, _agreement())
    writer.register(ARRIVED + 30, 1)
    down, up = _verdicts(writer)
    assert down.lost == Bounds(6, 6)
    assert up.lost == Bounds(7, 7)  # it takes the first answer after the second HI


def test_what_the_model_does_not_do_is_told() -> None:
    writer = _begun(Mode.REACTIVE)
    writer.between(ARRIVED + 10, 0, _agreement())  # of an HI that nobody has sent
    _streams(writer.run)
    followed = Followed(writer.run)
    assert followed.unexplained == ("HAck", "mag1", "mag2", "agrees")
    assert followed.verdict(writer.run.down, "down") is None


def test_a_predictive_handover_is_no_run_without_fast_handover() -> None:
    writer = _predictive()
    writer.run.mode = Mode.NONE
    _streams(writer.run)
    assert Followed(writer.run).unexplained is not None


def test_losses_repetitions_and_order_are_counted() -> None:
    stream = Stream([0, 1, 2, 3, 4, 5], [(0, 10), (3, 11), (2, 12), (3, 13), (4, 14)])
    assert stream.lost() == [1, 5]
    assert stream.duplicated() == 1
    assert stream.reordered() == 1
    assert stream.first_arrivals()[3] == 11
