"""A run of a domain, read: packets with their headers and messages, and what bindings
the gateways had, as far as the packets on the links tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv6Network

from pmip6.conformance.domain.record import (
    HANDOVER_ASSOCIATIONS,
    NODE,
    PROXY_COAS,
    DomainRun,
    Seen,
    gateway_place,
)
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.messages import DiscoveryMessage
from pmip6.model.findings import FormatFinding
from pmip6.model.wire.abstraction import network
from pmip6.model.wire.esp import EspCheck, is_esp, unprotect
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, Ipv6Packet, decode_ipv6, decode_packet
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    MobilityMessage,
    ProxyBindingAcknowledgement,
    ProxyBindingUpdate,
    options_of,
)
from pmip6.model.wire.numbers import HandoverInitiateCode
from pmip6.model.wire.options import HomeNetworkPrefix


@dataclass(frozen=True)
class Sight:
    """A packet that was seen, read.

    Attributes:
        number: Its place in the run, from 1.
        seen: The packet.
        header: Its IPv6 header.
        message: The Neighbor Discovery message in it, None without one.
        signalling: The mobility message in it, None without one.
        findings: What is wrong with the message.
        is_protected: It came under ESP; header and message are those in it.
    """

    number: int
    seen: Seen
    header: Ipv6Packet
    message: DiscoveryMessage | None = None
    signalling: MobilityMessage | None = None
    findings: tuple[FormatFinding, ...] = ()
    is_protected: bool = False

    @property
    def time_ns(self) -> int:
        """When it was seen."""
        return self.seen.time_ns

    @property
    def inner(self) -> Ipv6Packet | None:
        """The header of the packet in a tunnel packet, None where it is none."""
        if self.header.next_header != IPPROTO_IPV6:
            return None
        return decode_ipv6(self.header.payload)


@dataclass(frozen=True)
class Binding:
    """A binding of the node at a gateway.

    Attributes:
        begin_ns: When the gateway had the accepting answer.
        end_ns: When it sent its de-registration, or the run ended.
        prefixes: The home network prefixes of the answer.
    """

    begin_ns: int
    end_ns: int
    prefixes: tuple[IPv6Network, ...]


class Observed:
    """A run with all that is read off it.

    Args:
        run: What happened.
    """

    def __init__(self, run: DomainRun) -> None:
        self.run = run
        self.sights = tuple(_read(number, each) for number, each in _numbered(run))

    def at(self, place: str, *, outbound: bool) -> Iterator[Sight]:
        """What the host of a place sent, or what came to it."""
        for sight in self.sights:
            if sight.seen.place == place and sight.seen.is_outbound == outbound:
                yield sight

    def at_node(self, *, outbound: bool) -> Iterator[Sight]:
        """What the mobile node sent, or what came to it."""
        return self.at(NODE, outbound=outbound)

    def serving_between(self, begin_ns: int, end_ns: int) -> int | None:
        """The gateway that the node is at all the time, None where it is at none."""
        moves = self.run.moves
        ends = [move.left_ns for move in moves[1:]] + [end_ns + 1]
        for move, left in zip(moves, ends, strict=True):
            if move.arrived_ns <= begin_ns and end_ns < left:
                return move.end
        return None

    def binding(self, gateway: int, time_ns: int) -> Binding | None:
        """The binding that a gateway has at a time."""
        for binding in self._bindings[gateway]:
            if binding.begin_ns <= time_ns < binding.end_ns:
                return binding
        return None

    def advertised(self, time_ns: int) -> tuple[IPv6Network, ...]:
        """The prefixes that the gateway to which the node went last may advertise.

        They are those of its binding; in a fast handover those of the context that it
        has got, until it has a binding (RFC 5949, section 5.2).
        """
        moves = [move for move in self.run.moves if move.left_ns <= time_ns]
        if not moves:
            return ()
        serving = moves[-1].end
        binding = self.binding(serving, time_ns)
        return self.context(serving, time_ns) if binding is None else binding.prefixes

    def context(self, gateway: int, time_ns: int) -> tuple[IPv6Network, ...]:
        """The prefixes that a gateway has been told of by the other one."""
        known: tuple[IPv6Network, ...] = ()
        for sight in self.sights:
            if sight.time_ns > time_ns:
                break
            if sight.header.destination != PROXY_COAS[gateway]:
                continue
            match sight.signalling:
                case HandoverInitiate(code=HandoverInitiateCode.FORWARDING_COMPLETE):
                    known = ()
                case HandoverInitiate() | HandoverAcknowledge() as message:
                    known = _prefixes_of(message) or known
                case _:
                    continue
        return known

    @cached_property
    def _bindings(self) -> tuple[tuple[Binding, ...], ...]:
        return tuple(tuple(self._of(number)) for number in range(len(PROXY_COAS)))

    def _of(self, gateway: int) -> Iterator[Binding]:
        """The bindings of one gateway, one after the other."""
        begin: tuple[int, tuple[IPv6Network, ...]] | None = None
        asked: ProxyBindingUpdate | None = None
        last = 0
        for sight in self.sights:
            last = sight.time_ns
            if sight.seen.place != gateway_place(gateway):
                continue
            match sight.signalling:
                case ProxyBindingUpdate() as request if sight.seen.is_outbound:
                    asked = request
                    if request.lifetime == 0 and begin is not None:
                        yield Binding(begin[0], last, begin[1])
                        begin = None
                case ProxyBindingAcknowledgement() as answer if asked is not None:
                    is_answer = answer.sequence == asked.sequence and asked.lifetime
                    if not is_answer or sight.seen.is_outbound:
                        continue
                    if begin is not None:
                        yield Binding(begin[0], last, begin[1])
                    begin = None
                    if not answer.is_rejection:
                        begin = (last, _prefixes_of(answer))
                case _:
                    continue
        if begin is not None:
            yield Binding(begin[0], last + 1, begin[1])


def _prefixes_of(message: MobilityMessage) -> tuple[IPv6Network, ...]:
    found = (network(option) for option in options_of(message, HomeNetworkPrefix))
    return tuple(sorted(each for each in found if each is not None))


def _numbered(run: DomainRun) -> Iterator[tuple[int, Seen]]:
    for number, each in enumerate(run.seen, 1):
        if decode_ipv6(each.packet) is not None:
            yield number, each


def without_esp(packet: bytes) -> bytes:
    """A packet as it was before it came under ESP between the gateways."""
    if not is_esp(packet):
        return packet
    associations = {one.spi: one for one in HANDOVER_ASSOCIATIONS}
    read = unprotect(packet, associations, {})
    return packet if isinstance(read, EspCheck) else read.packet


def _read(number: int, seen: Seen) -> Sight:
    packet = without_esp(seen.packet)
    sight = _read_clear(number, seen, packet)
    return replace(sight, is_protected=packet != seen.packet)


def _read_clear(number: int, seen: Seen, packet: bytes) -> Sight:
    header = decode_ipv6(packet)
    assert header is not None
    discovery = decode_discovery_packet(packet)
    if discovery is not None:
        _, decoded = discovery
        findings = decoded.findings
        return Sight(number, seen, header, decoded.message, None, findings)
    signalling = decode_packet(packet, proxy_expected=True)
    if signalling is not None:
        header, found = signalling
        findings = header.findings + found.findings
        return Sight(number, seen, header, None, found.message, findings)
    return Sight(number, seen, header)
