"""An anchor and two gateways in memory: every gateway is the same router to the node.

Wherever the node is, as long as its session lives, advertisements come from one link-local
address (RFC 5213, 6.8 and 6.9.3), whether it is fixed for the domain or the anchor says
it.  Only a gateway whose node has that address itself names another, which all gateways
have from then on.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator
from ipaddress import IPv6Address, IPv6Network

import pytest

from pmip6.conformance.lma.anchor import ReferenceAnchor
from pmip6.conformance.lma.faulty_peers import encoder_mutants
from pmip6.conformance.lma.settings import AnchorSettings, NodeSettings
from pmip6.conformance.mag.faulty_gateways import faulty_gateway
from pmip6.conformance.mag.gateway import ReferenceGateway
from pmip6.conformance.mag.port import Sent, ToNetwork
from pmip6.conformance.mag.settings import GatewaySettings, PolicyProfile
from pmip6.conformance.wire.link import MILLISECOND_NS, timestamp_of
from pmip6.conformance.wire.virtual import EPOCH_NS
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import RouterAdvertisement, RouterSolicitation
from pmip6.model.mag.advertisement_rules import offered_prefixes
from pmip6.model.wire.ipv6 import decode_ipv6
from pmip6.model.wire.messages import UNSPECIFIED

LMAA = IPv6Address("2001:db8:1::1")
PROXY_COAS = (IPv6Address("2001:db8:1::11"), IPv6Address("2001:db8:1::12"))
OWN = ("02:00:00:00:00:11", "02:00:00:00:00:12")
"""Link-layer addresses of the gateways, which differ: so do addresses made from them."""
FIXED = IPv6Address("fe80::1")
ALL_ROUTERS = IPv6Address("ff02::2")
NODE = bytes.fromhex("020000000101")
IDENTIFIER = "mn1@example.org"
LIFETIME_UNITS = 10
MINUTE_MS = 60_000
STEPS = 24
RUNS = range(40)


class Domain:
    """The three of them; packets take no time, and may be lost.

    Args:
        is_fixed: The address is fixed for the domain, else the anchor says it.
        anchor_fault, gateway_fault: Mutants that they are.

    Attributes:
        heard: For each RA of a session: its gateway, its source, and whose session it is.
        sessions: How many sessions there have been.
    """

    def __init__(
        self, *, is_fixed: bool, anchor_fault: str = "", gateway_fault: str = ""
    ) -> None:
        self.now_ms = 0
        self.here: int | None = None
        self.loses = 0
        self.heard: list[tuple[int, IPv6Address, int]] = []
        self.sessions = 0
        self._has_session = False
        self._network: deque[bytes] = deque()
        anchor = AnchorSettings(
            lma_address=LMAA,
            gateways=PROXY_COAS,
            nodes=(NodeSettings(identifier=IDENTIFIER),),
            prefix_pool=IPv6Network("2001:db8:100::/48"),
            maximum_lifetime_units=LIFETIME_UNITS,
        )
        wrong = encoder_mutants().get(anchor_fault)
        self._anchor = (
            ReferenceAnchor(anchor)
            if wrong is None
            else ReferenceAnchor(anchor, exchange_rules=wrong.exchange_rules)
        )
        self._gateways = [
            self._gateway(number, FIXED if is_fixed else UNSPECIFIED, gateway_fault)
            for number in range(2)
        ]

    @staticmethod
    def _gateway(number: int, fixed: IPv6Address, fault: str) -> ReferenceGateway:
        told = GatewaySettings(
            proxy_coa=PROXY_COAS[number],
            lma_address=LMAA,
            nodes=(
                PolicyProfile(identifier=IDENTIFIER, link_layer_address=NODE.hex(":")),
            ),
            access_technology=4,
            link_layer_address=OWN[number],
            fixed_mag_link_local_address=fixed,
            lifetime_units=LIFETIME_UNITS,
        )
        if not fault:
            return ReferenceGateway(told)
        wrong = faulty_gateway(fault)
        return ReferenceGateway(told, construction_rules=wrong.construction_rules)

    # ---- what happens ------------------------------------------------------------------

    def attach(self, number: int) -> None:
        """The node comes to a gateway, and leaves the other one unseen or not at all."""
        self.here = number
        self._take(number, self._gateways[number].attach(NODE, *self._clock()))

    def detach(self, number: int) -> None:
        """A gateway sees that the node is not there."""
        self.here = None if self.here == number else self.here
        self._take(number, self._gateways[number].detach(NODE, *self._clock()))

    def solicit(self, source: IPv6Address) -> None:
        """The node asks for an RA, from an address of its own."""
        if self.here is not None:
            packet = discovery_packet(RouterSolicitation(), source, ALL_ROUTERS)
            gateway = self._gateways[self.here]
            sent = gateway.receive_from_node(NODE, packet, *self._clock())
            self._take(self.here, sent)

    def wait(self, milliseconds: int) -> None:
        """Time passes."""
        until = self.now_ms + milliseconds
        while self.now_ms < until:
            everyone = (self._anchor, *self._gateways)
            dues = [d for each in everyone if (d := each.next_deadline()) is not None]
            self.now_ms = min([until, *(max(due, self.now_ms) for due in dues)])
            self._network.extend(self._anchor.advance(self.now_ms))
            self._note()
            for number, gateway in enumerate(self._gateways):
                self._take(number, gateway.advance(*self._clock()))
            self._deliver()

    # ---- what comes of it --------------------------------------------------------------

    @property
    def named(self) -> IPv6Address | None:
        """What the anchor has in the binding cache entry of the node."""
        entries = self._anchor.state()
        return entries[0].link_local_address if entries else None

    def _clock(self) -> tuple[int, int]:
        return self.now_ms, timestamp_of(EPOCH_NS + self.now_ms * MILLISECOND_NS)

    def _take(self, number: int, sent: list[Sent]) -> None:
        for each in sent:
            if isinstance(each, ToNetwork):
                self._network.append(each.packet)
            elif number == self.here:
                self._hear(number, each.packet)
        self._deliver()

    def _hear(self, number: int, packet: bytes) -> None:
        decoded = decode_discovery_packet(packet)
        if decoded is None:
            return
        header, told = decoded
        message = told.message
        if isinstance(message, RouterAdvertisement) and offered_prefixes(message):
            self.heard.append((number, header.source, self.sessions))

    def _deliver(self) -> None:
        while self._network:
            packet = self._network.popleft()
            if self.loses:
                self.loses -= 1
                continue
            header = decode_ipv6(packet)
            assert header is not None
            if header.destination == LMAA:
                self._network.extend(self._anchor.receive(packet, *self._clock()))
                self._note()
            else:
                number = PROXY_COAS.index(header.destination)
                gateway = self._gateways[number]
                self._take(number, gateway.receive_from_network(packet, *self._clock()))

    def _note(self) -> None:
        """Whether a session has begun or ended."""
        has_session = bool(self._anchor.state())
        self.sessions += has_session and not self._has_session
        self._has_session = has_session


def _roam(seed: int, make: Callable[[], Domain]) -> Domain:
    """A node that roams, with what may go wrong; the same for the same seed."""
    chance, domain = random.Random(seed), make()
    for _ in range(STEPS):
        number = chance.randrange(2)
        match chance.randrange(7):
            case 0 | 1:
                domain.attach(number)
            case 2:
                domain.detach(number)
            case 3:
                domain.solicit(UNSPECIFIED)
            case 4:
                domain.loses = chance.randrange(3)
            case 5:
                domain.wait(chance.choice((10, 1000, 5000)))
            case _:
                domain.wait(chance.choice((10, 1000, MINUTE_MS)))
        domain.wait(10)
    return domain


def _sources(domain: Domain) -> Iterator[tuple[set[int], list[IPv6Address]]]:
    """For each session: the gateways that the node heard, and the sources in turn."""
    for session in sorted({session for _, _, session in domain.heard}):
        own = [(g, source) for g, source, s in domain.heard if s == session]
        yield {g for g, _ in own}, [source for _, source in own]


@pytest.mark.parametrize("is_fixed", [True, False], ids=["fixed", "signalled"])
def test_all_advertisements_of_a_session_come_from_one_address(is_fixed: bool) -> None:
    handed_over, several = 0, set[IPv6Address]()
    for seed in RUNS:
        domain = _roam(seed, lambda: Domain(is_fixed=is_fixed))
        for gateways, sources in _sources(domain):
            assert len(set(sources)) == 1, f"seed {seed}: {sources}"
            handed_over += len(gateways) == 2
            several |= set(sources)
    assert handed_over > 10  # the premise: both gateways served one session
    assert several == {FIXED} if is_fixed else FIXED not in several


@pytest.mark.parametrize(
    ("anchor_fault", "gateway_fault"),
    [
        ("encoder.link-local-address.left-out", ""),
        ("", "encoder.link-local address of a request.left-out"),
    ],
)
def test_who_does_not_tell_the_address_is_another_router(
    anchor_fault: str, gateway_fault: str
) -> None:
    def make() -> Domain:
        return Domain(
            is_fixed=False, anchor_fault=anchor_fault, gateway_fault=gateway_fault
        )

    found = [len(set(s)) for seed in RUNS for _, s in _sources(_roam(seed, make))]
    assert 2 in found


def test_after_a_collision_both_gateways_have_the_new_address() -> None:
    domain = Domain(is_fixed=False)
    domain.attach(0)
    domain.wait(10)
    domain.solicit(UNSPECIFIED)
    domain.wait(10)
    first = domain.named
    assert first is not None
    domain.loses = 1  # so that the gateway knows the node's address before the anchor's
    domain.attach(1)
    domain.solicit(first)
    domain.wait(5000)
    assert domain.named not in (None, first)
    domain.solicit(UNSPECIFIED)
    domain.wait(5000)
    domain.detach(0)
    domain.attach(0)
    domain.wait(10)
    domain.solicit(UNSPECIFIED)
    domain.wait(5000)
    ((gateways, sources),) = _sources(domain)
    assert gateways == {0, 1} and sources[-1] == domain.named
    assert list(dict.fromkeys(sources)) == [first, domain.named], sources
