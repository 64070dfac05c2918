"""User packets of a case: made, and what became of them judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address

from pmip6.conformance.lma.declaration import Declaration
from pmip6.conformance.lma.oracle import Oracle, Passage
from pmip6.conformance.verdict import Finding, Layer, finding
from pmip6.conformance.wire.arrivals import MARK, Arrival
from pmip6.model.domain import Element
from pmip6.model.language.interpreter import Message, Value
from pmip6.model.wire.abstraction import networks_of
from pmip6.model.wire.icmp_errors import LEAST_MTU
from pmip6.model.wire.ipv6 import IPPROTO_IPV6, encode_ipv6
from pmip6.model.wire.numbers import IPPROTO_NONE, PACKET_TOO_BIG
from pmip6.model.wire.tunnel_packets import (
    ETHERNET_MTU,
    HEADER_SIZE,
)
from pmip6.model.wire.tunnel_rules import (
    INTO_TUNNEL,
    OUT_OF_TUNNEL,
    broken,
    into_tunnel,
    out_of_tunnel,
)
from pmip6.vectors.lma.forwarding_purposes import packet_message
from pmip6.vectors.lma.model import UNASSIGNED
from pmip6.vectors.lma.stimuli import Gateway, HomePrefix, Node, PacketForm, UserPacket

HOST = 0x5213
"""Interface identifier of the mobile nodes' addresses."""
HOPS = 60


@dataclass(frozen=True)
class PreparedPacket:
    """A user packet that is ready to go.

    Args:
        stimulus: The stimulus.
        original: The packet itself, as it comes to the anchor.
        outer: Its tunnel packet, before it is cut up; empty where it comes without.
        mark: The number by which it is known.
        message: What the rules of the model know of it.
    """

    stimulus: UserPacket
    original: bytes
    outer: bytes
    mark: int
    message: Message

    @property
    def packet(self) -> bytes:
        """What is sent."""
        return self.outer or self.original

    @property
    def may_arrive(self) -> bool:
        """Whether its octets let it go on, if the rules do."""
        return self.stimulus.form in (PacketForm.ORDINARY, PacketForm.CUT_UP)


class PacketMaker:
    """Makes the user packets of one case.

    Args:
        declaration: The implementation under test.
        next_mark: Gives a number that no other packet has.
    """

    def __init__(
        self, declaration: Declaration, *, next_mark: Callable[[], int]
    ) -> None:
        self._declared = declaration
        self._next_mark = next_mark
        self._prefixes: dict[Node, tuple[Element, Value]] = {}
        self._addresses = addresses_of(declaration)

    def remember(self, oracle: Oracle) -> None:
        """Keep the prefixes of the sessions, so that they are known when those are over."""
        for node in (Node.SERVED, Node.OTHER):
            known = [p for p in oracle.prefixes_of(node) if p[1] is not None]
            if known:
                self._prefixes[node] = min(known, key=str)

    def prepare(self, stimulus: UserPacket) -> PreparedPacket | None:
        """The packet; None where the node never had a prefix."""
        element, value = self._prefixes.get(stimulus.node, (None, None))
        if stimulus.prefix is HomePrefix.UNASSIGNED:
            element, value = UNASSIGNED, self._declared.prefixes.unassigned
        if element is None:
            return None
        home = networks_of(value)[0].network_address + HOST
        mark = self._next_mark()
        original = self._original(stimulus, home, mark)
        outer = b""
        if stimulus.gateway is not None:
            outer = self._outer(stimulus, original)
        message = packet_message(stimulus, element)
        return PreparedPacket(stimulus, original, outer, mark, message)

    def _original(self, stimulus: UserPacket, home: IPv6Address, mark: int) -> bytes:
        correspondent = self._declared.traffic.correspondent
        payload = MARK + mark.to_bytes(4)
        if stimulus.form is PacketForm.LARGE:
            payload = payload.ljust(ETHERNET_MTU - HEADER_SIZE, b"\0")
        if stimulus.form is PacketForm.CUT_UP:
            payload = payload.ljust(LEAST_MTU - HEADER_SIZE, b"\0")
        is_up = stimulus.gateway is not None
        return encode_ipv6(
            home if is_up else correspondent,
            correspondent if is_up else home,
            payload,
            next_header=IPPROTO_NONE,
            hop_limit=1 if stimulus.form is PacketForm.LAST_HOP else HOPS,
            traffic_class=int(stimulus.ecn),
        )

    def _outer(self, stimulus: UserPacket, original: bytes) -> bytes:
        """The tunnel packet, around the octets as they are."""
        assert stimulus.gateway is not None
        return encode_ipv6(
            self._addresses[stimulus.gateway],
            self._declared.lma_address,
            original,
            next_header=IPPROTO_IPV6,
            traffic_class=int(stimulus.tunnel_ecn),
        )


def addresses_of(declaration: Declaration) -> dict[Gateway, IPv6Address]:
    """The addresses of the gateways that the tester plays."""
    first, second = declaration.tester.proxy_coas
    stranger = declaration.tester.unlisted_proxy_coa
    return {Gateway.MAG1: first, Gateway.MAG2: second, Gateway.STRANGER: stranger}


# ---- judgement -----------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """What was found, and which of the things that may happen agree with what did."""

    findings: list[Finding]
    agreed: list[Passage]


def judge_packet(
    prepared: PreparedPacket,
    arrivals: Sequence[Arrival],
    passages: Sequence[Passage],
    declaration: Declaration,
    number: int,
) -> Judged:
    """Judge which way a packet went, and what became of its octets.

    Args:
        prepared: The packet.
        arrivals: What came of it.
        passages: What may become of it.
        declaration: The implementation under test.
        number: Of the last packet in the capture.
    """
    passed = [a for a in arrivals if a.icmpv6 is None]
    if not prepared.may_arrive:
        return _judge_lost(prepared, arrivals, passed, passages, number)
    seen: set[Element | None] = {None}
    if passed:
        seen = {_way(arrival, prepared, declaration) for arrival in passed}
    agreed = [p for p in passages if {_expected(p)} == seen]
    if not agreed:
        rules = dict.fromkeys(p.rule for p in passages)
        ids = dict.fromkeys(i for rule in rules for i in rule.requirements)
        wanted = " or ".join(dict.fromkeys(_words(_expected(p)) for p in passages))
        text = f"expected to go {wanted}, went {' and '.join(map(_words, seen))}"
        return Judged([finding(tuple(ids), text, number, Layer.BEHAVIOUR)], [])
    found = [f for a in passed for f in _judge_octets(prepared, a, number)]
    return Judged(found, agreed)


ONWARD: Element = "onward"
ASTRAY: Element = "astray"


def _expected(passage: Passage) -> Element | None:
    if not passage.is_sent_on:
        return None
    return ONWARD if passage.gateway is None else passage.gateway


def _way(
    arrival: Arrival, prepared: PreparedPacket, declaration: Declaration
) -> Element:
    """Where a packet went: to a gateway in a tunnel from the anchor, or onward."""
    packet = arrival.packet
    if packet is None or arrival.unprotected is not None:
        return ASTRAY
    if packet.next_header != IPPROTO_IPV6:
        is_up = prepared.stimulus.gateway is not None
        correspondent = declaration.traffic.correspondent
        is_there = is_up and packet.destination == correspondent
        return ONWARD if is_there else ASTRAY
    ends = {address: g for g, address in addresses_of(declaration).items()}
    is_from_anchor = packet.source == declaration.lma_address
    return ends.get(packet.destination, ASTRAY) if is_from_anchor else ASTRAY


def _words(way: Element | None) -> str:
    if way is None:
        return "nowhere"
    if way is ONWARD:
        return "to its destination"
    if way is ASTRAY:
        return "astray"
    return f"into the tunnel to {way}"


def _judge_octets(
    prepared: PreparedPacket, arrival: Arrival, number: int
) -> list[Finding]:
    """What is wrong with the octets of a packet that went the right way."""
    if prepared.stimulus.gateway is None:
        crossing = into_tunnel(prepared.original, arrival.data)
        rows = INTO_TUNNEL
    else:
        crossing = out_of_tunnel(prepared.original, prepared.outer, arrival.data)
        rows = OUT_OF_TUNNEL
    if crossing is None:
        text = "the tunnel packet holds no whole packet"
        ids = INTO_TUNNEL[0].requirements
        return [finding(ids, text, number, Layer.EXCHANGE)]
    return [
        finding(row.requirements, f"{row.name} is wrong", number, Layer.EXCHANGE)
        for row in broken(rows, crossing)
    ]


def _judge_lost(
    prepared: PreparedPacket,
    arrivals: Sequence[Arrival],
    passed: Sequence[Arrival],
    passages: Sequence[Passage],
    number: int,
) -> Judged:
    """A packet whose octets let it go nowhere; one that is too large is told of."""
    is_up = prepared.stimulus.gateway is not None
    ids = ("5213-5.6.2-6",) if is_up else ("5213-5.6.2-4",)
    text = ""
    if passed:
        text = f"{prepared.stimulus.form}: expected to go nowhere, got {passed[0]}"
    elif prepared.stimulus.form is PacketForm.LARGE:
        told = [a.icmpv6 for a in arrivals if a.icmpv6]
        mtus = [int.from_bytes(m[4:8]) for m in told if m[0] == PACKET_TOO_BIG]
        if not any(LEAST_MTU <= mtu < ETHERNET_MTU for mtu in mtus):
            text = f"too large: expected Packet Too Big, got {mtus or 'nothing'}"
    found = [finding(ids, text, number, Layer.EXCHANGE)] if text else []
    return Judged(found, list(passages))
