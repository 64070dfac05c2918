"""Context beyond the prefixes goes from gateway to gateway with the node (RFC 5949, 6.2)."""

from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Address

from pmip6.conformance.fast_handover.cast import ANCHOR, Cast, settings_of
from pmip6.conformance.fast_handover.gateway import FastHandoverGateway
from pmip6.conformance.fast_handover.packets import End, initiate, register
from pmip6.conformance.mag.port import Sent, ToNetwork, ToNode
from pmip6.conformance.mag.settings import FastHandoverSettings, GatewaySettings
from pmip6.model.discovery.decoding import decode_discovery_packet
from pmip6.model.discovery.encoding import discovery_packet
from pmip6.model.discovery.messages import (
    ALL_ROUTERS,
    RouterAdvertisement,
    RouterSolicitation,
    discovery_options_of,
)
from pmip6.model.discovery.options import PrefixInformation
from pmip6.model.fast_handover.options import (
    ContextRequest,
    Ipv4HomeAddressRequest,
    LocalMobilityAnchorAddress,
    MobileNodeLinkLocalAddressInterfaceIdentifier,
    RequestedContext,
    VendorSpecific,
)
from pmip6.model.wire.encoding import encode
from pmip6.model.wire.ipv6 import decode_packet, encode_ipv6
from pmip6.model.wire.messages import (
    HandoverAcknowledge,
    HandoverInitiate,
    MobilityMessage,
    option_of,
)
from pmip6.model.wire.options import (
    HomeNetworkPrefix,
    LinkLocalAddress,
    MobileNodeIdentifier,
)
from pmip6.vectors.fast_handover.model import HandoverScene
from pmip6.vectors.fast_handover.stimuli import Flags, Initiation, Registration, Said

NODE = Cast()
FIRST, SECOND, THIRD = (IPv6Address(f"2001:db8:1::{n}") for n in (11, 12, 13))
HOME = IPv4Interface("192.0.2.7/24")
NAMED = IPv6Address("fe80::77")
VENDOR = VendorSpecific(99999, 1, b"abc")


def _settings(own: IPv6Address, home: IPv4Interface | None) -> GatewaySettings:
    others = tuple(each for each in (FIRST, SECOND, THIRD) if each != own)
    base = settings_of(HandoverScene.FORWARDING, [NODE])
    (profile,) = base.nodes
    handover = FastHandoverSettings(
        gateways=others, access_points={str(each): each for each in others}
    )
    return base.model_copy(
        update={
            "proxy_coa": own,
            "nodes": (profile.model_copy(update={"ipv4_home_address": home}),),
            "fixed_mag_link_local_address": IPv6Address("::"),
            "fast_handover": handover,
        }
    )


@dataclass
class Domain:
    """Three gateways; the anchor registers at once, and names a link-local address."""

    gateways: dict[IPv6Address, FastHandoverGateway] = field(
        default_factory=lambda: {
            own: FastHandoverGateway(_settings(own, HOME if own == FIRST else None))
            for own in (FIRST, SECOND, THIRD)
        }
    )
    now: int = 10
    registers: bool = True
    messages: list[MobilityMessage] = field(default_factory=list[MobilityMessage])
    routers: list[IPv6Address] = field(default_factory=list[IPv6Address])

    def carry(self, own: IPv6Address, sent: list[Sent]) -> None:
        """Take each packet to where it goes."""
        self.now += 1
        for each in sent:
            if isinstance(each, ToNode):
                read = decode_discovery_packet(each.packet)
                if read and isinstance(read[1].message, RouterAdvertisement):
                    self.routers.append(read[0].source)
                continue
            to = IPv6Address(each.packet[24:40])
            decoded = decode_packet(each.packet)
            message = None if decoded is None else decoded[1].message
            if message is not None:
                self.messages.append(message)
            if to == ANCHOR and self.registers:
                self.deliver(own, self._answer(own, each))
            elif to in self.gateways:
                self.deliver(to, each.packet)

    def deliver(self, to: IPv6Address, packet: bytes) -> None:
        gateway = self.gateways[to]
        sent = gateway.receive_from_network(packet, self.now, self.now)
        self.carry(to, sent)

    def _answer(self, own: IPv6Address, request: ToNetwork) -> bytes:
        end = End()
        end.note(request)
        made = decode_packet(register(Registration(), end, NODE))
        assert made is not None and made[1].message is not None
        kept = (
            LinkLocalAddress(NAMED) if isinstance(option, LinkLocalAddress) else option
            for option in made[1].message.options
        )
        answer = made[1].message
        object.__setattr__(answer, "options", tuple(kept))
        return encode_ipv6(ANCHOR, own, encode(answer, ANCHOR, own))

    def attach(self, own: IPv6Address) -> None:
        gateway = self.gateways[own]
        self.carry(own, gateway.attach(NODE.link_layer, self.now, self.now))

    def hand_over(self, start: IPv6Address, end: IPv6Address) -> None:
        gateway, node = self.gateways[start], NODE.link_layer
        sent = gateway.indicate_handover(node, str(end), self.now, self.now)
        self.carry(start, sent)
        self.carry(start, gateway.detach(node, self.now, self.now))
        self.attach(end)

    def last(self, kind: type[MobilityMessage]) -> MobilityMessage:
        return [each for each in self.messages if isinstance(each, kind)][-1]


def test_the_offer_has_all_that_is_known_of_the_node() -> None:
    domain = Domain()
    domain.attach(FIRST)
    domain.hand_over(FIRST, SECOND)
    offer = domain.last(HandoverInitiate)
    home = option_of(offer, Ipv4HomeAddressRequest)
    assert (
        home is not None and IPv4Interface((home.address, home.prefix_length)) == HOME
    )
    assert option_of(offer, LinkLocalAddress) == LinkLocalAddress(NAMED)


def test_the_node_sees_the_same_router_before_it_is_registered() -> None:
    """RFC 5213, section 6.8: the link-local address of the gateway goes with the node."""
    domain = Domain()
    domain.attach(FIRST)
    domain.registers = False
    domain.routers.clear()
    domain.hand_over(FIRST, SECOND)
    assert domain.routers and set(domain.routers) == {NAMED}


def _fetch(domain: Domain, own: IPv6Address, *types: int) -> MobilityMessage:
    """What a gateway answers to the third one, which asks for context by types."""
    request = ContextRequest(tuple(RequestedContext(kind) for kind in types))
    options = (MobileNodeIdentifier(NODE.node), request)
    message = HandoverInitiate(9, 0, options, forward=True)
    packet = encode_ipv6(THIRD, own, encode(message, THIRD, own))
    domain.deliver(own, packet)
    return domain.last(HandoverAcknowledge)


def test_what_came_with_the_node_goes_on_with_it() -> None:
    domain = Domain()
    domain.attach(FIRST)
    domain.hand_over(FIRST, SECOND)
    wanted = (Ipv4HomeAddressRequest.TYPE, LinkLocalAddress.TYPE)
    answer = _fetch(domain, SECOND, *map(int, wanted))
    home = option_of(answer, Ipv4HomeAddressRequest)
    assert home is not None and home.address == HOME.ip
    assert option_of(answer, LinkLocalAddress) == LinkLocalAddress(NAMED)


def test_the_interface_identifier_of_the_node_is_told_to_who_asks_for_it() -> None:
    """RFC 5949, section 6.2.3: a node that has sent anything by its link-local address."""
    domain = Domain()
    domain.attach(FIRST)
    asked = discovery_packet(RouterSolicitation(), NODE.link_local, ALL_ROUTERS)
    gateway, now = domain.gateways[FIRST], domain.now
    domain.carry(FIRST, gateway.receive_from_node(NODE.link_layer, asked, now, now))
    kind = MobileNodeLinkLocalAddressInterfaceIdentifier
    told = option_of(_fetch(domain, FIRST, int(kind.TYPE)), kind)
    assert told == kind(NODE.link_local.packed[8:])


def test_what_a_vendor_adds_goes_on_too() -> None:
    domain = Domain()
    ends = (FIRST, SECOND)
    made = decode_packet(initiate(Initiation(Said.OFFER, Flags.FORWARD), 3, NODE))
    assert made is not None and isinstance(made[1].message, HandoverInitiate)
    offer = made[1].message
    offer = HandoverInitiate(3, 3, (*offer.options, VENDOR), forward=True)
    domain.deliver(SECOND, encode_ipv6(*ends, encode(offer, *ends)))
    domain.attach(SECOND)
    answer = _fetch(domain, SECOND, int(VendorSpecific.TYPE))
    assert option_of(answer, VendorSpecific) == VENDOR


def test_another_prefix_in_a_later_offer_withdraws_the_one_that_was_advertised() -> (
    None
):
    """RFC 5949, section 5.2; the registration itself is answered with the first one."""
    domain = Domain(registers=False)
    ends = (FIRST, SECOND)
    heard: list[dict[object, int]] = []
    for number in (1, 2):
        prefix = NODE.prefix(is_other=number == 2)
        options = (
            MobileNodeIdentifier(NODE.node),
            HomeNetworkPrefix(prefix.network_address, prefix.prefixlen),
            LocalMobilityAnchorAddress(ANCHOR),
        )
        offer = HandoverInitiate(number, 3, options, forward=True)
        packet = encode_ipv6(*ends, encode(offer, *ends))
        gateway = domain.gateways[SECOND]
        sent = gateway.receive_from_network(packet, domain.now, domain.now)
        if number == 1:
            sent += gateway.attach(NODE.link_layer, domain.now, domain.now)
        for each in sent:
            read = decode_discovery_packet(each.packet)
            if isinstance(each, ToNode) and read is not None:
                message = read[1].message
                assert isinstance(message, RouterAdvertisement)
                told = discovery_options_of(message, PrefixInformation)
                heard.append({o.prefix: o.valid_lifetime for o in told})
    before, after = (
        NODE.prefix().network_address,
        NODE.prefix(is_other=True).network_address,
    )
    assert list(heard[0]) == [before] and heard[0][before] > 0
    assert heard[-1][before] == 0 and heard[-1][after] > 0
